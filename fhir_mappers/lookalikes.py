"""Codes that mean nothing to the value sets although the words beside them name a drug or a laboratory test we know.

A hospital that renumbers its drugs or tests silences rules without any error: this is how it is noticed. Only the code,
its system and the concepts its words resemble are kept; the words themselves may be free text and are dropped here.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache

from fhir_mappers.datatypes import Coding, Labelled
from fhir_mappers.record.events import Unmatched
from fhir_mappers.terminology import LONGEST_CODE, canonical_system, read_table

MEDICATIONS, TESTS = "medications", "tests"
_LONGEST_SYSTEM, _LONGEST_TEXT, _MOST = 200, 200, 200
_PLAIN_CODE = re.compile(r"[!-~]+")  # FHIR codes may hold blanks: such a one may be a sentence, and is not kept
_WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Lookalikes:
    """Collects them for one call, each code once."""

    _seen: set[tuple[str | None, str | None]] = field(default_factory=set)
    _found: dict[Unmatched, None] = field(default_factory=dict)

    def test(self, sent: Labelled) -> None:
        """Look at the words of a test whose codes mean nothing; each code once."""
        for coding in sent.coding or ():
            key = (coding.system, coding.code)
            if key not in self._seen:
                self._seen.add(key)
                self._note(TESTS, (coding,), _tests_in(coding.display or sent.text))

    def drug(self, codings: Iterable[Coding], named: tuple[str, ...]) -> None:
        """A drug that only its words told: ``named`` is what they say."""
        self._note(MEDICATIONS, codings, named)

    def found(self) -> tuple[Unmatched, ...]:
        """What was collected, in a fixed order."""
        return tuple(sorted(self._found, key=lambda one: (one.kind, one.system, one.code)))

    def _note(self, kind: str, codings: Iterable[Coding], likes: tuple[str, ...]) -> None:
        for coding in codings if likes else ():
            system, code = canonical_system(coding.system or ""), (coding.code or "").strip()
            if not system or len(system) > _LONGEST_SYSTEM or len(code) > LONGEST_CODE or len(self._found) >= _MOST:
                continue
            if _PLAIN_CODE.fullmatch(code) and _PLAIN_CODE.fullmatch(system):
                self._found[Unmatched(kind, system, code, likes)] = None


def _tests_in(text: str | None) -> tuple[str, ...]:
    return _read(text) if text and len(text) <= _LONGEST_TEXT else ()


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[str, ...]:
    """The test a text names, the longest name first; none where a word beside it says that it is another."""
    words = _words(text)
    for name, concept, unless in _names():
        starts = (at for at in range(len(words) - len(name) + 1) if words[at : at + len(name)] == name)
        if next(starts, None) is not None and unless.isdisjoint(words):
            return (concept,)
    return ()


@cache
def _names() -> tuple[tuple[tuple[str, ...], str, frozenset[str]], ...]:
    """Each name with its concept and the words that rule the concept out, in whichever language; longest first."""
    table = [tuple(row) for row in read_table("lab_names")]
    ruled_out: dict[str, set[str]] = {}
    for concept, _, _, unless in table:
        ruled_out.setdefault(concept, set()).update(_words(unless))
    rows = [(_words(name), concept, frozenset(ruled_out[concept])) for concept, _, name, _ in table]
    return tuple(sorted(rows, key=lambda row: -len(row[0])))


def _words(text: str) -> tuple[str, ...]:
    letters = unicodedata.normalize("NFD", text.casefold())
    return tuple(_WORD.findall("".join(c for c in letters if not unicodedata.combining(c))))
