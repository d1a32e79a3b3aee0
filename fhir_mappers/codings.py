"""Codes, references and quantities of resources, understood: concept names, ``Type/id``, UCUM values."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from fhir_mappers import units
from fhir_mappers.datatypes import Code, Codes, Labelled, Named, Period, Quantity
from fhir_mappers.record.answer import IMPLAUSIBLE, UNIT_MISSING, UNIT_UNKNOWN, UNREADABLE
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.terminology import Terminology

_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]{0,63}/[A-Za-z0-9\-._]{1,64})(?:/_history/[^/]*)?$")

REFUSALS = {
    "unit-missing": UNIT_MISSING,
    "unit-unknown": UNIT_UNKNOWN,
    "implausible": IMPLAUSIBLE,
    "not-a-number": UNREADABLE,
}
"""Reasons of ``units.Refusal`` in the words of the record."""


class Understood(NamedTuple):
    """The concepts of a CodeableConcept, and the code (``system|code``) that told the first of them."""

    concepts: tuple[str, ...] = ()
    token: str | None = None


_NOTHING = Understood()


class Coder:
    """Looks codes up, each once per request."""

    __slots__ = ("_known", "_terminology")

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology
        self._known: dict[tuple[str | None, str | None], Understood] = {}

    def code(self, code: Code) -> Understood:
        """One code of one system."""
        key = (code.system, code.code)
        found = self._known.get(key)
        if found is None:
            concepts = self._terminology.concepts(code.system, code.code)
            found = self._known[key] = Understood(concepts, f"{code.system}|{code.code}") if concepts else _NOTHING
        return found

    def codes(self, sent: Codes | Labelled | Named | None) -> Understood:
        """A CodeableConcept by its codes."""
        if sent is None or not sent.coding:
            return _NOTHING
        if len(sent.coding) == 1:
            return self.code(sent.coding[0])
        return _merged([self.code(code) for code in sent.coding])

    def names(self, sent: Named | None) -> Understood:
        """A CodeableConcept by its codes, and by the drug names in its text and displays."""
        if sent is None:
            return _NOTHING
        displays = [code.display for code in sent.coding or ()]
        told = [Understood(self._terminology.in_text(text)) for text in (sent.text, *displays)]
        return _merged([self.codes(sent), *told])

    def all(self, sent: Iterable[Codes | Named] | Codes | Named | None) -> tuple[str, ...]:
        """The concepts of several CodeableConcepts (or of one, where a list was meant)."""
        if sent is None:
            return ()
        many = [sent] if isinstance(sent, Codes | Named) else sent
        return _merged([self.codes(one) for one in many]).concepts


def _merged(parts: list[Understood]) -> Understood:
    known = [part for part in parts if part.concepts]
    if len(known) <= 1:
        return known[0] if known else _NOTHING
    token = next((part.token for part in known if part.token), None)
    return Understood(tuple(dict.fromkeys(c for part in known for c in part.concepts)), token)


def plain_code(sent: Named | str | None) -> str | None:
    """A status that is a code in DSTU2 and STU3 and a CodeableConcept in R4, in lower case."""
    if sent is None or isinstance(sent, str):
        return sent.strip().lower() if sent else None
    code = next((c.code for c in sent.coding or () if c.code), None) or sent.text
    return code.strip().lower() if code else None


def relative(reference: str | None) -> str | None:
    """``Type/id`` of a relative, absolute or versioned reference; None for ``#id``, URNs and anything else."""
    match = _REFERENCE.search(reference) if reference and len(reference) < 2048 else None
    return match[1] if match else None


def date_of(*candidates: str | None) -> PartialDate | None:
    """The first of the dates that is given and can be read."""
    return next((date for text in candidates if text and (date := parse_date(text)) is not None), None)


def end_or_start(period: Period | None) -> tuple[str | None, str | None]:
    """Both ends of a period, the end first."""
    return (None, None) if period is None else (period.end, period.start)


def start(period: Period | None) -> str | None:
    """The start of a period."""
    return None if period is None else period.start


def end(period: Period | None) -> str | None:
    """The end of a period."""
    return None if period is None else period.end


def convert(concept: str, sent: Quantity, *, check_range: bool = True) -> units.Converted | units.Refusal:
    """A quantity with a value in the house unit of the concept, or why not."""
    if sent.value is None:
        return units.Refusal("not-a-number", "")
    return units.convert(concept, sent.value, sent.unit, sent.code, check_range=check_range)
