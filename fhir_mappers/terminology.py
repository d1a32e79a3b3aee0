"""What a code means: (system, code) or free text to the project's own concept names.

The tables are the CSV files of ``fhir_mappers/valuesets`` (why CSV: docs/adr/0003). A concept is a plain name such as
``"creatinine_serum"``; a code may mean several (a drug and its class), and a code without a system means nothing.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from io import StringIO
from itertools import combinations, islice
from types import MappingProxyType

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CCAM = "https://smt.esante.gouv.fr/terminologie-ccam"
CDT = "http://www.ada.org/cdt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
BRAND_SYSTEM = "urn:x-brand-name"
LOCAL_SYSTEM = "https://osteohooks.github.io/fhir/CodeSystem/bone"

TABLES = ("labs", "vitals", "surveys", "drugs", "conditions", "procedures", "sites", "routes")
_CAPITALS = frozenset({LOINC, ATC, CCAM, CDT, HCPCS})
_MATCHES = frozenset({"exact", "prefix", "except"})
LONGEST_CODE, _LONGEST_MEMORISED_TEXT = 64, 200
_ICD_DECORATION = re.compile(r"[.†‡*\s]|\+.*$", re.DOTALL)  # dot, dagger, asterisk, French PMSI "+n"
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. ``match``: ``exact``, ``prefix``, or ``except`` (prefix rows of the concept stop here)."""

    concept: str
    system: str
    code: str
    display: str
    match: str = "exact"
    confidence: str = "high"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code as it is written in a search or in an outgoing order."""

    system: str
    code: str
    display: str


class Terminology:
    """The tables, indexed. Never changes after it is built; safe to share between threads.

    Raises:
        ValueError: when a row has an unknown ``match``, or lacks its concept, system or code.
    """

    __slots__ = (
        "__dict__",
        "_by_concept",
        "_exact",
        "_except",
        "_memo",
        "_names",
        "_names_by_word",
        "_prefix",
        "_rows",
        "_text_memo",
    )

    def __init__(self, rows: Iterable[Row], names: Iterable[tuple[str, str]] = ()) -> None:
        self._rows = tuple(rows)
        self._names = tuple(names)
        self._exact: dict[tuple[str, str], tuple[str, ...]] = {}
        self._prefix: dict[str, dict[str, tuple[str, ...]]] = {}
        self._except: dict[str, dict[str, tuple[str, ...]]] = {}
        self._by_concept: dict[str, list[Row]] = {}
        self._names_by_word: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for row in self._rows:
            self._enter(row)
        self._index_names()
        self._memo = lru_cache(8192)(self._look_up)
        self._text_memo = lru_cache(2048)(self._read)

    def concepts(self, system: str | None, code: str | None) -> tuple[str, ...]:
        """Every concept this code means, exact rows before class rows; empty without a system, a code or a match.

        Aliases of the system, ICD dots, daggers, asterisks and ``+n`` are understood; ICD and ATC also match by prefix.
        """
        if not system or not code or len(code) > LONGEST_CODE or len(system) > _LONGEST_MEMORISED_TEXT:
            return ()
        return self._memo(system, code)

    def in_text(self, text: str | None) -> tuple[str, ...]:
        """Every drug whose brand or non-proprietary name stands in the text as whole words, in the order of the text.

        English and French; case and accents do not matter; the longest name wins where two begin at the same word.
        """
        if not text:
            return ()
        return self._text_memo(text) if len(text) <= _LONGEST_MEMORISED_TEXT else self._read(text)

    def codings(self, concept: str) -> tuple[Coding, ...]:
        """The codes of a concept, best first: preferred system, exact before class, well attested before less so."""
        rows = sorted((r for r in self._by_concept.get(concept, ()) if r.system != BRAND_SYSTEM), key=_preference)
        return tuple(Coding(row.system, row.code, row.display) for row in rows)

    def codes(self, concepts: Iterable[str], system: str) -> tuple[str, ...]:
        """The codes of these concepts in one system (aliases accepted), each once, as printed in the tables."""
        wanted = canonical_system(system)
        found = (row.code for concept in concepts for row in self._by_concept.get(concept, ()) if row.system == wanted)
        return tuple(dict.fromkeys(found))

    @property
    def known(self) -> frozenset[str]:
        """Every concept name the tables define."""
        return frozenset(self._by_concept) | {concept for _, concept in self._names}

    def extended(self, rows: Iterable[Row]) -> "Terminology":
        """A copy with more rows; `local_codes.with_local_codes` checks those of a site first."""
        return Terminology((*self._rows, *rows), self._names)

    @cached_property
    def companions(self) -> frozenset[frozenset[str]]:
        """Pairs of concepts that one code may mean at once, as some code of the tables does: a drug and its class."""
        meanings = (self._look_up(*key) for key in self._exact)
        return frozenset(frozenset(pair) for found in meanings for pair in combinations(found, 2))

    def _enter(self, row: Row) -> None:
        if row.match not in _MATCHES or not (row.concept and row.system and row.code):
            raise ValueError(f"value set row {row!r}: needs concept, system, code and match exact, prefix or except")
        code = normal_code(row.system, row.code)
        if row.match == "exact":
            key = (row.system, code)
            self._exact[key] = (*self._exact.get(key, ()), row.concept)
        else:
            by_system = (self._prefix if row.match == "prefix" else self._except).setdefault(row.system, {})
            by_system[code] = (*by_system.get(code, ()), row.concept)
        if row.match != "except":
            self._by_concept.setdefault(row.concept, []).append(row)

    def _index_names(self) -> None:
        brands = ((row.code, row.concept) for row in self._rows if row.system == BRAND_SYSTEM)
        for name, concept in (*brands, *self._names):
            words = _words(name)
            self._names_by_word.setdefault(words[0], []).append((words, concept))
        for candidates in self._names_by_word.values():
            candidates.sort(key=lambda candidate: -len(candidate[0]))

    def _look_up(self, system: str, code: str) -> tuple[str, ...]:
        system = canonical_system(system)
        code = normal_code(system, code)
        if not system or not code:
            return ()
        classes = self._prefix.get(system, {})
        stopped = {c for row in _beginnings(self._except.get(system, {}), code) for c in row}
        inherited = [c for row in _beginnings(classes, code) for c in row if c not in stopped] if classes else []
        return tuple(dict.fromkeys((*self._exact.get((system, code), ()), *inherited)))

    def _read(self, text: str) -> tuple[str, ...]:
        words, found, at = _words(text), [], 0
        while at < len(words):
            for name, concept in self._names_by_word.get(words[at], ()):
                if words[at : at + len(name)] == name:
                    found.append(concept)
                    at += len(name) - 1
                    break
            at += 1
        return tuple(dict.fromkeys(found))


@cache
def default_terminology() -> Terminology:
    """The tables shipped with the product, read once."""
    standard = (Row(r[0], r[1], r[2], r[3], r[4], r[7]) for table in TABLES for r in read_table(table))
    local = (Row(r[0], LOCAL_SYSTEM, r[1], r[2]) for r in read_table("local"))
    return Terminology((*standard, *local), [(name, concept) for concept, _, name in read_table("names")])


def read_table(name: str) -> Iterator[list[str]]:
    """The lines of ``valuesets/<name>.csv`` without its heading."""
    text = (files("fhir_mappers") / "valuesets" / f"{name}.csv").read_text(encoding="utf-8")
    return islice(csv.reader(StringIO(text)), 1, None)


def canonical_system(system: str) -> str:
    """The URI under which the tables know a code system, from any alias; http or https and case do not matter."""
    return _aliases().get(_system_key(system), system.strip().rstrip("/"))


def normal_code(system: str, code: str) -> str:
    """The code as the index spells it: no outer blanks, capitals where usual, ICD without dot, †, * or +n."""
    bare = code.strip()
    if system in (ICD10, ICD10CM):
        return _ICD_DECORATION.sub("", bare).upper()
    if system == BRAND_SYSTEM:
        return bare.casefold()
    return bare.upper() if system in _CAPITALS else bare


@cache
def _aliases() -> MappingProxyType[str, str]:
    spellings = ((spelling, system) for system, alias, _ in read_table("systems") for spelling in (system, alias))
    return MappingProxyType({_system_key(spelling): system for spelling, system in spellings if spelling})


@cache
def _system_ranks() -> MappingProxyType[str, int]:
    ordered = dict.fromkeys(line[0] for line in read_table("systems"))
    return MappingProxyType({system: rank for rank, system in enumerate(ordered)})


def _preference(row: Row) -> tuple[int, bool, bool]:
    ranks = _system_ranks()
    rank = ranks.get(
        row.system, ranks[BRAND_SYSTEM]
    )  # a site's own system: after the standards, before our local codes
    return rank, row.match != "exact", row.confidence != "high"


def _system_key(system: str) -> str:
    return system.strip().rstrip("/").casefold().removeprefix("https://").removeprefix("http://")


def _beginnings(table: dict[str, tuple[str, ...]], code: str) -> Iterator[tuple[str, ...]]:
    """The entries whose key begins the code, longest first."""
    return (table[code[:length]] for length in range(len(code), 0, -1) if code[:length] in table)


def _words(text: str) -> tuple[str, ...]:
    # NFD, not NFKD: the compatibility form would turn "Xgeva™" into one word "XgevaTM".
    letters = unicodedata.normalize("NFD", text.casefold())
    return tuple(_WORD.findall("".join(c for c in letters if not unicodedata.combining(c))))
