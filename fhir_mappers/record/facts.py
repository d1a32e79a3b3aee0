"""The facts of one patient on one day, filed by kind and concept, and the simplest questions about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from fhir_mappers.record.answer import (
    ABSENT,
    IMPRECISE,
    NOT_FETCHED,
    TOO_OLD,
    UNREADABLE,
    Answer,
    Evidence,
    Known,
    Missing,
    Reading,
    no,
    unknown,
    yes,
)
from fhir_mappers.record.answer import at_most as span_at_most
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import (
    Allergy,
    Dose,
    DraftOrder,
    Event,
    Gap,
    Measurement,
    Problem,
    Procedure,
    Request,
    TreatmentCourse,
    Unmatched,
)
from fhir_mappers.record.history import newest_first
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.remembering import remembered

T = TypeVar("T")
E = TypeVar("E", bound=Event)

OBSERVATIONS, CONDITIONS, PROCEDURES, REPORTS = "observations", "conditions", "procedures", "diagnosticReports"
ORDERS, STATEMENTS, ADMINISTRATIONS = "medicationRequests", "medicationStatements", "medicationAdministrations"
SERVICES, APPOINTMENTS, ALLERGIES, CARE_PLANS = "serviceRequests", "appointments", "allergies", "carePlans"
ANSWERS, PATIENT = "questionnaireResponses", "patient"


@dataclass(frozen=True, slots=True)
class Person:
    """Who the patient is: civil birth date and sex for Cockcroft-Gault (``male``, ``female`` or None)."""

    source: str = "Patient"
    born: PartialDate | None = None
    sex: str | None = None
    origin: str = "prefetch"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything read about one patient ``as_of`` one day. ``looked_for`` maps each kind of data to None when it was
    searched and read completely, else to the reason (see ``answer.REASONS``) why absence proves nothing. ``moment``
    is the hook that is asked: what is said when a chart opens differs from what is said when an order is signed.
    """

    as_of: date
    conventions: Conventions
    person: Person = Person()
    looked_for: Mapping[str, str | None] = field(default_factory=dict)
    measurements: Mapping[str, Sequence[Measurement]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    doses: tuple[Dose, ...] = ()
    courses: tuple[TreatmentCourse, ...] = ()
    requests: tuple[Request, ...] = ()
    appointments: tuple[Request, ...] = ()
    care_plans: tuple[Event, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    drafts: tuple[DraftOrder, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    moment: str = "order-sign"
    _memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def looked(self, *kinds: str, what: str) -> Answer:
        """*No* when every kind was searched completely: absence then means absence. Else unknown, naming ``what``."""
        told = [self.looked_for.get(kind, NOT_FETCHED) for kind in kinds]
        if told.count(None) == len(told):
            return no()
        return unknown(*dict.fromkeys(Missing(what, why or ABSENT) for why in told if why is not None))

    def any_of(self, events: Iterable[E], *kinds: str, what: str) -> Answer:
        """Yes with the events as evidence; else what :meth:`looked` says."""
        found = tuple(event.evidence(what) for event in events)
        return yes(*found) if found else self.looked(*kinds, what=what)

    def days_since(self, when: PartialDate | None) -> Span | None:
        """Days between a date and today (unit d); None without a date or when it lies in the future."""
        if when is None or when.surely_after(self.as_of):
            return None
        span = when.days_before(self.as_of)
        return Span(max(span.low, 0), span.high, "d") if span.low < 0 else span

    def within(self, when: PartialDate | None, window: Quantity) -> bool | None:
        """Whether a past date lies within the window (inclusive, d); None when its precision does not tell."""
        span = self.days_since(when)
        return False if span is None else span.at_most(window)

    def recent(self, events: Iterable[E], window: Quantity, *kinds: str, what: str) -> Answer:
        """Whether any of the events lies within the window; an event whose date does not tell leaves it unknown."""
        doubtful: list[Missing] = []
        for event in events:
            fresh = self.within(event.when, window)
            if fresh:
                return yes(event.evidence(what))
            if fresh is None or event.when is None:
                doubtful.append(Missing(what, IMPRECISE, event.evidence(what)))
        return unknown(*doubtful) if doubtful else self.looked(*kinds, what=what)

    def last(self, events: Iterable[E], *kinds: str, what: str) -> Reading[E]:
        """The latest dated event that is not in the future, or what is missing."""
        dated = [e for e in events if e.when is not None and not e.when.surely_after(self.as_of)]
        if dated:
            event = max(dated, key=lambda e: (e.when.latest, e.when.earliest) if e.when else ())
            return Known(event, (event.evidence(what),))
        answer = self.looked(*kinds, what=what)
        return answer.missing[0] if answer.missing else Missing(what, ABSENT)

    @remembered
    def results(self, *concepts: str) -> Sequence[Measurement]:
        """All results of the concepts up to today, newest first; provisional and unusable ones included.

        Each is read when it is looked at: who wants the newest should stop there.
        """
        return newest_first((self.measurements.get(concept, ()) for concept in concepts), self.as_of)

    @remembered
    def latest(self, *concepts: str, within: Quantity | None = None) -> Reading[Measurement]:
        """The newest final result, if readable and fresh; an unreadable newest one is Missing, not skipped.

        One that says it has no value (dataAbsentReason) is no result: the one before it counts.
        """
        newest = next((m for m in self.results(*concepts) if not m.provisional and m.problem != ABSENT), None)
        what = concepts[0]
        if newest is None:
            answer = self.looked(OBSERVATIONS, what=what)
            return answer.missing[0] if answer.missing else Missing(what, ABSENT)
        if newest.problem is not None:
            return Missing(what, newest.problem, newest.evidence())
        if within is not None:
            fresh = self.within(newest.when, within)
            if not fresh:
                return Missing(what, TOO_OLD if fresh is False else IMPRECISE, newest.evidence())
        return Known(newest, (newest.evidence(),))

    def coded(self, concept: str, *values: str, within: Quantity | None = None) -> Answer:
        """Whether the newest coded result of ``concept`` is one of ``values``."""
        reading = self.latest(concept, within=within)
        if isinstance(reading, Missing):
            return no() if reading.why in (ABSENT, TOO_OLD) else unknown(reading)
        return Answer(not set(values).isdisjoint(reading.value.concepts), reading.evidence)

    def flagged(self, concept: str) -> Answer:
        """Whether the newest boolean result of ``concept`` says true; never recorded is no where we looked."""
        reading = self.latest(concept)
        if isinstance(reading, Missing):
            return no() if reading.why == ABSENT else unknown(reading)
        return Answer(reading.value.flag is True, reading.evidence)

    def fresh(self, reading: Reading[E], limit: Quantity) -> Answer:
        """Whether the event read is at most ``limit`` days old."""
        if isinstance(reading, Missing):
            return no() if reading.why == ABSENT else unknown(reading)
        span = self.days_since(reading.value.when)
        return (
            unknown(Missing("date", UNREADABLE)) if span is None else span_at_most(Known(span, reading.evidence), limit)
        )


def evidence_of(events: Iterable[Event], what: str) -> tuple[Evidence, ...]:
    """The events as evidence for ``what``."""
    return tuple(event.evidence(what) for event in events)
