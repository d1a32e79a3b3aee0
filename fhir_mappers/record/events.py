"""One dated fact each, with the resource it came from. Nothing here knows FHIR."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from msgspec import Struct, structs

from fhir_mappers.record.answer import Evidence, Missing
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.products import Product
from fhir_mappers.record.quantity import Quantity

ONGOING = frozenset({"active", "recurrence", "relapse"})


class Source(Struct, frozen=True):
    """Where a fact stands: ``Observation/42``, the code that was understood, and how it reached us."""

    resource: str
    code: str | None = None
    origin: str = "prefetch"


class Measurement(Struct, frozen=True):
    """An observation in its house unit (``value``) and as it was sent (``raw``).

    ``problem`` is set when the result exists but cannot be used; then ``value`` is None. ``concepts`` holds a coded
    value, ``flag`` a boolean one, ``moment_value`` a date; ``ceiling`` and ``floor`` are the laboratory's own limits in
    the house unit. ``told``: it says anything at all, be it a text, of which nothing else is kept.
    """

    source: Source
    what: str
    when: PartialDate
    value: Quantity | None = None
    raw: Quantity | None = None
    provisional: bool = False
    comparator: str | None = None
    concepts: tuple[str, ...] = ()
    flag: bool | None = None
    floor: Quantity | None = None
    ceiling: Quantity | None = None
    problem: str | None = None
    moment_value: PartialDate | None = None
    told: bool = False

    def evidence(self) -> Evidence:
        """This result as evidence."""
        told = self.concepts[0] if self.concepts else _flag_text(self.flag)
        if told is None and self.moment_value is not None:
            told = self.moment_value.text
        shown = str(self.raw.value) if self.raw else told
        return Evidence(
            self.source.resource,
            self.what,
            self.source.code,
            f"{self.comparator or ''}{shown}" if shown is not None else None,
            self.raw.unit if self.raw else None,
            self.value,
            self.when,
            self.source.origin,
            "provisional" if self.provisional else None,
        )


def _flag_text(flag: bool | None) -> str | None:
    return None if flag is None else ("true" if flag else "false")


class Event(Struct, frozen=True):
    """What problems, procedures, doses, courses, requests and appointments have in common."""

    source: Source
    concepts: tuple[str, ...]
    status: str
    when: PartialDate | None = None
    until: PartialDate | None = None

    def evidence(self, what: str | None = None) -> Evidence:
        """This event as evidence for ``what`` (default: its first concept)."""
        name = what or (self.concepts[0] if self.concepts else "unrecognised")
        return Evidence(
            self.source.resource, name, self.source.code, self.status, date=self.when, origin=self.source.origin
        )

    def at_its_end(self) -> Self:
        """The same event on the day it ended, where it has lasted."""
        return self if self.until is None else structs.replace(self, when=self.until)

    def is_any(self, wanted: tuple[str, ...] | str) -> bool:
        """True when one of the wanted concepts is among its own."""
        return wanted in self.concepts if isinstance(wanted, str) else any(map(wanted.__contains__, self.concepts))


class Problem(Event, frozen=True):
    """A condition: ``when`` is its onset (else the day it was recorded), ``status`` its clinical status."""

    certain: bool = True
    sites: tuple[str, ...] = ()

    @property
    def is_ongoing(self) -> bool:
        """Active, recurrent or relapsed (catalogue P1); a record without a clinical status counts as active."""
        return self.status in ONGOING


class Procedure(Event, frozen=True):
    """A procedure or imaging report; ``status`` is ``completed`` when it was done. ``when`` is its end where one is
    told, ``began`` its beginning.
    """

    sites: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    began: PartialDate | None = None


class Dose(Event, frozen=True):
    """A drug given or handed out: only status ``completed`` counts as given (catalogue P1).

    ``amount`` is what was given in the house unit of the drug, or the pieces handed out; ``each`` one dose of those.
    """

    product: Product | None = None
    amount: Quantity | None = None
    order: str | None = None
    handed_out: bool = False
    each: Quantity | None = None


class TreatmentCourse(Event, frozen=True):
    """An order or a statement in the record (not a draft): ``when`` authored or started, ``until`` its end.

    ``dose`` is one dose in the house unit of the drug (mg, [iU]); ``count`` how many were ordered (a course).
    """

    product: Product | None = None
    kind: str = "order"
    reasons: tuple[str, ...] = ()
    stop_reasons: tuple[str, ...] = ()
    planned: PartialDate | None = None
    interval: Quantity | None = None
    dose: Quantity | None = None
    count: int | None = None


class Request(Event, frozen=True):
    """A service request or appointment in the record: ordered, booked or planned, not done. ``when`` is the day it was
    written (an appointment: its beginning), ``planned`` to ``until`` when the act is to take place, ``sites`` where.
    """

    sites: tuple[str, ...] = ()
    planned: PartialDate | None = None


class Allergy(Event, frozen=True):
    """An allergy or intolerance with its manifestations; ``days_to_onset`` after the first dose, when recorded."""

    manifestations: tuple[str, ...] = ()
    unrecognised_manifestations: bool = False
    kind: str = ""
    onset: PartialDate | None = None


class DraftOrder(Event, frozen=True):
    """An order or appointment being drafted. ``raw`` is the JSON the EHR sent, kept for editing; never rebuilt from a
    model. ``occurs`` is the moment the act is said to take place, ``sites`` the parts of the body it names, ``details``
    what the order itself tells about it: by concept the first of several, all of them in ``every_detail``.
    """

    kind: str = "MedicationRequest"
    raw: Mapping[str, Any] = {}
    stops: bool = False
    selected: bool = True
    product: Product | None = None
    dose: Quantity | Missing | None = None
    interval: Quantity | None = None
    infusion: Quantity | None = None
    routes: tuple[str, ...] = ()
    priority: str = ""
    reasons: tuple[str, ...] = ()
    has_reason: bool = False
    stop_reasons: tuple[str, ...] = ()
    prior: str | None = None
    planned: PartialDate | None = None
    count: int | None = None
    occurs: PartialDate | None = None
    details: Mapping[str, Measurement] = {}
    every_detail: tuple[Measurement, ...] = ()
    sites: tuple[str, ...] = ()

    def evidence(self, what: str | None = None) -> Evidence:
        """The draft as evidence: the dose it states, or that it stops a treatment."""
        dose = self.dose if isinstance(self.dose, Quantity) else None
        value = str(dose.value) if dose else ("stopped" if self.stops else None)
        return Evidence(
            self.source.resource,
            what or "draft_order",
            self.source.code,
            value,
            dose.unit if dose else None,
            date=self.when,
            origin=self.source.origin,
        )

    def is_reason(self, wanted: tuple[str, ...]) -> bool:
        """True when one of the coded reasons of the order is among the wanted concepts."""
        return not set(wanted).isdisjoint(self.reasons)

    def __hash__(self) -> int:
        return hash((self.source.resource, self.kind, self.status))


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A code that means nothing to us although its words name something we know (``likes``); its words are not kept."""

    kind: str
    system: str
    code: str
    likes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A resource or element that could not be read: which kind of data, where, and why."""

    kind: str
    resource: str
    why: str
    detail: str = ""
