"""What the service may draft, read once from ``formulary.toml``: drugs, services, routes, reasons and their codes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from fhir_mappers.record.quantity import Quantity
from fhir_mappers.terminology import ATC, RXNORM, Terminology, default_terminology, read_table

LANGUAGES = ("en", "fr")


class BadFormulary(ValueError):
    """The table does not fit its mould, or names a code or concept the value sets lack; the message says which."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing with its codings (system, code, display or None; best first) and its words by language."""

    codings: tuple[tuple[str, str, str | None], ...]
    text: Mapping[str, str]

    def codeable(self, language: str) -> dict[str, Any]:
        """A CodeableConcept, new for every call: nothing is shared between two answers."""
        coding = [{"system": s, "code": c, "display": d} if d else {"system": s, "code": c} for s, c, d in self.codings]
        text = self.text.get(language, self.text["en"])
        return {"coding": coding, "text": text} if coding else {"text": text}


@dataclass(frozen=True, slots=True)
class MedicationItem:
    """A drug as we draft it: ``frequency`` doses every ``interval`` (d), over ``infusion`` (min), for ``lasts`` (d).

    ``dose`` is None where it depends on the patient. An order for one of the reasons ``once_for`` holds one dose.
    ``course`` is the type of therapy, ``instruction`` what the patient is told, by language.
    """

    term: Term
    route: Term
    dose: Quantity | None
    frequency: int
    interval: Quantity
    infusion: Quantity | None
    lasts: Quantity | None
    once_for: frozenset[str]
    course: Term | None = None
    instruction: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """A service as we ask for it. ``same`` are the concepts of drafts and open requests that make it needless;
    ``priority`` is FHIR's, where it is not routine.
    """

    key: str
    term: Term
    category: Term
    instruction: Mapping[str, str] | None
    same: frozenset[str]
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class Formulary:
    """Everything the service may draft. ``services`` gives the requests of a proposal's item, several for a panel;
    ``notes`` and ``remarks``: sentences by language, for requests of ours and drafted ones; ``details``: answers.
    """

    medications: Mapping[str, MedicationItem]
    services: Mapping[str, tuple[ServiceItem, ...]]
    routes: Mapping[str, Term]
    reasons: Mapping[str, Term]
    conditions: Mapping[str, Term]
    notes: Mapping[str, Mapping[str, str]]
    pending: Quantity
    details: Mapping[str, Term]
    remarks: Mapping[str, Mapping[str, str]]


@cache
def default_formulary() -> Formulary:
    """The formulary shipped with the product."""
    text = (files("fhir_mappers") / "formulary.toml").read_text(encoding="utf-8")
    return load_formulary(tomllib.loads(text), default_terminology())


def load_formulary(table: Mapping[str, Any], terminology: Terminology) -> Formulary:
    """Fill the mould from a table, taking systems and displays from the value sets.

    Raises:
        BadFormulary: a key is missing, surplus or malformed, or a code does not belong to its concept.
    """
    try:
        sheet = msgspec.convert(table, _Sheet)
        routes = {key: _term(entry, terminology) for key, entry in sheet.routes.items()}
        courses = {key: _term(entry, terminology) for key, entry in sheet.courses.items()}
        categories = {key: _term(entry, terminology) for key, entry in sheet.categories.items()}
        single = {key: _service(key, entry, categories, terminology) for key, entry in sheet.services.items()}
        return Formulary(
            MappingProxyType(
                {k: _medication(entry, routes, courses, terminology) for k, entry in sheet.medications.items()}
            ),
            MappingProxyType(
                {k: (item,) for k, item in single.items()}
                | {k: tuple(single[part] for part in parts) for k, parts in sheet.panels.items()}
            ),
            MappingProxyType(routes),
            MappingProxyType({key: _term(entry, terminology) for key, entry in sheet.reasons.items()}),
            MappingProxyType({key: _term(entry, terminology) for key, entry in sheet.conditions.items()}),
            MappingProxyType({key: text.by_language() for key, text in sheet.notes.items()}),
            Quantity.of(sheet.pending),
            MappingProxyType({key: _term(entry, terminology) for key, entry in sheet.details.items()}),
            MappingProxyType({key: text.by_language() for key, text in sheet.remarks.items()}),
        )
    except (ValueError, LookupError, ArithmeticError) as error:
        raise BadFormulary(str(error)) from None


@cache
def substance(concept: str) -> Term | None:
    """A drug by its ingredient, whatever the presentation: RxNorm and ATC code, first name; None without a code."""
    best = {coding.system: coding for coding in reversed(default_terminology().codings(concept))}
    codings = tuple((c.system, c.code, c.display) for system in (RXNORM, ATC) if (c := best.get(system)) is not None)
    names = {language: name for key, language, name in reversed(list(read_table("names"))) if key == concept}
    if not codings:
        return None
    text = {language: names.get(language, names.get("en", str(codings[0][2]))) for language in LANGUAGES}
    return Term(codings, MappingProxyType(text))


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A table of the file: a key it does not know is refused."""


class _Text(_Strict):
    en: str
    fr: str

    def by_language(self) -> Mapping[str, str]:
        return MappingProxyType({"en": self.en, "fr": self.fr})


class _Code(_Strict):
    concept: str
    code: str
    bare: bool = False


class _Standard(_Strict):
    system: str
    code: str
    display: str


class _Named(_Strict, kw_only=True):
    text: _Text
    codes: list[_Code] = []
    standard: _Standard | None = None


class _Drug(_Named, kw_only=True):
    route: str
    interval: str
    source: str
    dose: str | None = None
    frequency: int = 1
    infusion: str | None = None
    lasts: str | None = None
    once_for: list[str] = []
    course: str | None = None
    instruction: _Text | None = None


class _Request(_Named, kw_only=True):
    category: str
    instruction: _Text | None = None
    also: list[str] = []
    priority: Literal["urgent", "asap", "stat"] | None = None


class _Sheet(_Strict, kw_only=True):
    pending: str
    medications: dict[str, _Drug]
    routes: dict[str, _Named]
    reasons: dict[str, _Named]
    courses: dict[str, _Named] = {}
    categories: dict[str, _Named]
    services: dict[str, _Request]
    conditions: dict[str, _Named]
    notes: dict[str, _Text]
    details: dict[str, _Named] = {}
    remarks: dict[str, _Text] = {}
    panels: dict[str, list[str]]


def _term(entry: _Named, terminology: Terminology) -> Term:
    codings = [_coding(code, terminology) for code in entry.codes]
    if entry.standard is not None:
        codings.insert(0, (entry.standard.system, entry.standard.code, entry.standard.display))
    return Term(tuple(codings), entry.text.by_language())


def _coding(wanted: _Code, terminology: Terminology) -> tuple[str, str, str | None]:
    found = [c for c in terminology.codings(wanted.concept) if c.code == wanted.code]
    if len(found) != 1:
        raise BadFormulary(f"{wanted.code} is not one code of {wanted.concept}")
    return found[0].system, found[0].code, None if wanted.bare else found[0].display


def _medication(
    entry: _Drug, routes: Mapping[str, Term], courses: Mapping[str, Term], terminology: Terminology
) -> MedicationItem:
    return MedicationItem(
        _term(entry, terminology),
        routes[entry.route],
        _quantity(entry.dose),
        entry.frequency,
        Quantity.of(entry.interval),
        _quantity(entry.infusion),
        _quantity(entry.lasts),
        frozenset(entry.once_for),
        courses[entry.course] if entry.course is not None else None,
        entry.instruction.by_language() if entry.instruction is not None else None,
    )


def _quantity(text: str | None) -> Quantity | None:
    return None if text is None else Quantity.of(text)


def _service(key: str, entry: _Request, categories: Mapping[str, Term], terminology: Terminology) -> ServiceItem:
    unknown = set(entry.also) - terminology.known
    if unknown:
        raise BadFormulary(f"{key}: {sorted(unknown)} are no concepts")
    return ServiceItem(
        key,
        _term(entry, terminology),
        categories[entry.category],
        entry.instruction.by_language() if entry.instruction is not None else None,
        frozenset((*entry.also, *(code.concept for code in entry.codes))),
        entry.priority,
    )
