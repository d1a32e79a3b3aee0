"""Drugs around radiotherapy, both ways round: an irradiation and the drugs of the record, a drug and the irradiations.

An *irradiation* is a span of days, from the draft, an open request, a booking or a course under way. A request without
days counts while it is at most ``scheduled`` (d) old, one with a first day only until ``course`` (d) after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from msgspec import structs

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, Evidence, Known, Missing
from fhir_mappers.record.dates import PartialDate, of_day
from fhir_mappers.record.events import DraftOrder, Event, Procedure, Request
from fhir_mappers.record.facts import APPOINTMENTS, PROCEDURES, SERVICES, Facts
from fhir_mappers.record.ordered import begins, completed, ends, last_taken, running
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.radiotherapy import is_radiotherapy

_PLANNED = frozenset({"active", "on-hold"})
_HALTED = frozenset({"stopped", "on-hold", "completed"})


@dataclass(frozen=True, slots=True)
class Irradiation:
    """The first and the last moment of a course, and what tells it."""

    first: PartialDate
    last: PartialDate
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """One drug as it stands before an irradiation: ``last`` is the latest dose it can have had (a day to come, for an
    order that goes on), ``goes_on`` whether a dose is possible once the course has begun.
    """

    drug: str
    last: PartialDate | None
    goes_on: bool
    evidence: tuple[Evidence, ...]


def drafted(record: Facts, draft: DraftOrder) -> Irradiation:
    """The irradiation a draft asks for."""
    return Irradiation(begins(record, draft), ends(record, draft), (draft.evidence("radiotherapy"),))


def planned(record: Facts, scheduled: Quantity, course: Quantity) -> tuple[Irradiation, ...]:
    """Every irradiation to come or under way: drafts of the session, open requests, bookings, courses in progress."""
    found = [drafted(record, draft) for draft in record.drafts if is_radiotherapy(draft)]
    asked = (r for r in record.requests if r.status in _PLANNED and r.is_any(c.RADIOTHERAPY))
    found += [one for r in asked if (one := _asked(record, r, scheduled, course)) is not None]
    visits = (a for a in record.appointments if a.status in ("booked", "arrived") and a.is_any(c.RADIOTHERAPY))
    found += [_of(a, a.when, a.until) for a in visits if a.when is not None and a.when.last >= record.as_of]
    acts = (p for p in record.procedures if p.status == "in-progress" and p.is_any(c.RADIOTHERAPY))
    return (*found, *(one for act in acts if (one := _under_way(record, act, course)) is not None))


def looked_for_irradiations(record: Facts) -> Answer:
    """No where requests, bookings and courses were all searched; else unknown."""
    return record.looked(SERVICES, APPOINTMENTS, PROCEDURES, what="radiotherapy")


def ended_within(record: Facts, window: Quantity) -> Answer:
    """A course that ended at most ``window`` (d) ago."""
    return record.recent(completed(record, c.RADIOTHERAPY), window, PROCEDURES, what="radiotherapy")


def exposure(record: Facts, drug: str, course: Irradiation, unsure: Quantity) -> Exposure | Missing | None:
    """How a drug of the record stands before an irradiation; None when it was never given or ordered, or begins after.

    An order that is active gives doses until its end; where that is not told, it goes on. Missing: an order of
    the last ``unsure`` (d) ended without one dose or day on file.
    """
    orders = [o for o in running(record, (drug,)) if o.planned is None or o.planned.first <= course.last.last]
    if orders:
        ends_on = [order.until for order in orders if order.until is not None]
        proof = tuple(order.evidence(drug) for order in orders)
        goes_on = len(ends_on) < len(orders) or any(end.last >= course.first.first for end in ends_on)
        return Exposure(drug, None if goes_on else max(ends_on, key=lambda day: day.latest), goes_on, proof)
    last_dose = last_taken(record, (drug,))
    if isinstance(last_dose, Known):
        return Exposure(drug, last_dose.value.when, False, (last_dose.value.evidence(drug),))
    run_out = [o for o in record.courses if o.status == "active" and o.is_any(drug) and _is_past(record, o.until)]
    if run_out:
        latest = max(run_out, key=lambda order: order.until.latest if order.until else 0)
        return Exposure(drug, latest.until, False, (latest.evidence(drug),))
    over = (o for o in record.courses if o.kind == "order" and o.is_any(drug) and o.status in _HALTED)
    halted = [o for o in over if record.within(o.until or o.when, unsure)]
    return structs.replace(last_dose, last=halted[0].evidence(drug)) if halted else None


def shown(day: PartialDate | None) -> PartialDate | date | None:
    """A day for the words: one of our own reckoning (today, a planned day) is no fact of the record."""
    return day.first if day is not None and day.is_day else day


def plain_names(drugs: Iterable[str]) -> tuple[str, ...]:
    """Each name once; the name of a class only where no drug of it is named."""
    names = tuple(dict.fromkeys(drugs))
    return tuple(name for name in names if not name.endswith("_any")) or names


def drafted_exposure(record: Facts, drug: str, draft: DraftOrder, course: Irradiation) -> Exposure | None:
    """How a drug being drafted stands before an irradiation; None when its first dose comes after the end.

    A draft of one dose is given on its day; one with an end until then; any other goes on.
    """
    first = begins(record, draft)
    if first.first > course.last.last:
        return None
    last = first if draft.count == 1 else draft.until
    goes_on = last is None or last.last >= course.first.first
    return Exposure(drug, None if goes_on else last, goes_on, (draft.evidence(drug), *course.evidence))


def _asked(record: Facts, request: Request, scheduled: Quantity, course: Quantity) -> Irradiation | None:
    if request.planned is None:
        fresh = record.within(request.when, scheduled)
        done = any(_ended_after(act, request.when) for act in completed(record, c.RADIOTHERAPY))
        today = of_day(record.as_of)
        return None if fresh is False or done else Irradiation(today, today, (request.evidence("radiotherapy"),))
    if any(_ended_after(act, request.planned) for act in completed(record, c.RADIOTHERAPY)):
        return None
    last = request.until or _after(request.planned, course)
    begun = request.planned.last < record.as_of
    return None if last.last < record.as_of else _of(request, request.planned, last if begun else request.until)


def _under_way(record: Facts, act: Procedure, course: Quantity) -> Irradiation | None:
    """A course in progress; one begun longer ago than a course lasts was never closed in the record."""
    first = act.began or act.when
    if first is None:
        return None
    last = act.when if act.when is not None and act.when.last >= record.as_of else _after(first, course)
    return None if last.last < record.as_of else Irradiation(first, last, (act.evidence("radiotherapy"),))


def _of(event: Event, first: PartialDate | None, last: PartialDate | None) -> Irradiation:
    assert first is not None, "only dated events"
    return Irradiation(first, last if last is not None else first, (event.evidence("radiotherapy"),))


def _after(day: PartialDate, course: Quantity) -> PartialDate:
    return of_day(day.last + timedelta(days=int(course.value)))


def _ended_after(act: Procedure, day: PartialDate | None) -> bool:
    return act.when is not None and day is not None and act.when.last >= day.first


def _is_past(record: Facts, day: PartialDate | None) -> bool:
    return day is not None and day.last < record.as_of
