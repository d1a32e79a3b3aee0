"""What is known about a planned act: what the order tells about itself, what was done, asked for or booked before it,
which drugs the patient takes and when the last dose was.

The shared base of the local treatments (radiotherapy, cementoplasty, surgery, imaging, biopsy). Free functions over a
record and, where an act is planned, its draft; ``None`` for the draft where a form alone is asked (``app``).

Details   :func:`detail` reads one: the order's own wins over the record (convention of order details); a result or a
          form answer counts while it is at most ``within`` old (P17: 30 d unless the rule says otherwise).
          :func:`said` and :func:`flag` ask what it says; never asked is no, or unknown with ``required``.
          :func:`number` gives a number as a span, so that ``<5 mm`` is compared rightly.
Sites     :func:`sites_of` the draft (``bodySite``, else its details); ``record.sites`` compares them.
Days      :func:`begins` and :func:`ends`: planned dates; an act without one starts today.
Acts      :func:`done`, :func:`requested`, :func:`booked`, each with the sites it must touch.
Drugs     :func:`taken_now`, :func:`last_taken`, :func:`hours_between` (hours, worst case of what is written) and
          :func:`days_between` (calendar days).

What each reads, for ``Check.reads``: a detail ``observations:<concept>``; acts PROCEDURES and REPORTS, SERVICES,
APPOINTMENTS; drugs ORDERS, STATEMENTS, ADMINISTRATIONS.
"""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Known, Missing, Reading, no, unknown, yes
from fhir_mappers.record.dates import PartialDate, of_day
from fhir_mappers.record.events import DraftOrder, Event, Measurement, Procedure, Request, TreatmentCourse
from fhir_mappers.record.facts import (
    ADMINISTRATIONS,
    APPOINTMENTS,
    ORDERS,
    PROCEDURES,
    REPORTS,
    SERVICES,
    STATEMENTS,
    Facts,
)
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.sites import overlap

_NEARLY = Fraction(1, 10**9)
_HOUR = Fraction(3600)
_OPEN = frozenset({"active", "draft", "on-hold"})
_BOOKED = frozenset({"booked", "pending", "proposed", "arrived", "checked-in", "fulfilled"})


def detail(
    record: Facts, draft: DraftOrder | None, concept: str, within: Quantity | None = None
) -> Reading[Measurement]:
    """One detail of a planned act: told by the order itself, else the newest result or answer at most ``within`` (d)
    old. One that the order says is unknown, or that cannot be read, is Missing: nothing older stands in for it.
    """
    own = draft.details.get(concept) if draft is not None else None
    if own is None:
        return record.latest(concept, within=within or record.conventions.answers.form)
    if own.problem is not None:
        return Missing(concept, own.problem, own.evidence())
    return Known(own, (own.evidence(),))


def said(
    record: Facts,
    draft: DraftOrder | None,
    concept: str,
    *values: str,
    within: Quantity | None = None,
    required: bool = False,
) -> Answer:
    """Whether a coded detail is one of ``values``, however often it is repeated. Not told, or told too long ago: no,
    or unknown when the answer is ``required`` (a question of a form).
    """
    told = every(record, draft, concept, within)
    if isinstance(told, Missing):
        return _untold(told, required)
    meant = {value for one in told.value for value in one.concepts}
    return Answer(not meant.isdisjoint(values), told.evidence)


def flag(
    record: Facts, draft: DraftOrder | None, concept: str, within: Quantity | None = None, *, required: bool = False
) -> Answer:
    """Whether a yes-or-no detail says yes; not told as in :func:`said`."""
    told = detail(record, draft, concept, within)
    if isinstance(told, Missing):
        return _untold(told, required)
    if told.value.flag is None:
        return unknown(Missing(concept, ABSENT, told.value.evidence()))
    return Answer(told.value.flag, told.evidence)


def every(
    record: Facts, draft: DraftOrder | None, concept: str, within: Quantity | None = None
) -> Reading[tuple[Measurement, ...]]:
    """All values of a repeated detail: those of the order, else those given at the same time as the newest."""
    newest = detail(record, draft, concept, within)
    if isinstance(newest, Missing):
        return newest
    own = tuple(one for one in draft.every_detail if one.what == concept) if draft is not None else ()
    same = own or tuple(
        one
        for one in record.results(concept)
        if one.when == newest.value.when and not one.provisional and one.problem is None
    )
    return Known(same, tuple(one.evidence() for one in same))


def number(record: Facts, draft: DraftOrder | None, concept: str, within: Quantity | None = None) -> Reading[Span]:
    """A numeric detail as a span in its house unit: one point, or all that ``<`` and ``>`` leave open."""
    told = detail(record, draft, concept, within)
    if isinstance(told, Missing):
        return told
    value = told.value.value
    if value is None:
        return Missing(concept, ABSENT, told.value.evidence())
    return Known(_span(Fraction(value.value), value.unit, told.value.comparator), told.evidence)


def sites_of(draft: DraftOrder) -> tuple[str, ...]:
    """The parts of the body the draft names: ``bodySite`` and its details ``lesion_site`` and ``vertebral_level``."""
    told = (site for one in draft.every_detail if one.what in _SITE_DETAILS for site in one.concepts)
    return tuple(dict.fromkeys((*draft.sites, *told)))


def begins(record: Facts, draft: DraftOrder) -> PartialDate:
    """When the act is to begin; a draft without a date of its own, or with one that is past, begins today."""
    planned = draft.planned
    return of_day(record.as_of) if planned is None or planned.last < record.as_of else planned


def ends(record: Facts, draft: DraftOrder) -> PartialDate:
    """When the act is to end, as far as the draft says; else its beginning."""
    first = begins(record, draft)
    return first if draft.until is None or draft.until.last < first.first else draft.until


def done(
    record: Facts,
    wanted: tuple[str, ...],
    window: Quantity,
    *kinds: str,
    at: Iterable[str] | None = None,
    since: PartialDate | None = None,
) -> Answer:
    """An act completed within the window (d). ``kinds`` are PROCEDURES and REPORTS unless given; ``at`` leaves out acts
    known to lie elsewhere; ``since`` those surely before it.
    """
    where = tuple(at) if at is not None else None
    acts = (act for act in completed(record, wanted) if where is None or overlap(act.sites, where) is not False)
    later = (act for act in acts if since is None or act.when is None or not since.is_later(act.when))
    return record.recent(later, window, *(kinds or (PROCEDURES, REPORTS)), what=wanted[0])


def completed(record: Facts, wanted: tuple[str, ...]) -> tuple[Procedure, ...]:
    """The completed acts of the concepts that do not lie in the future."""
    return tuple(
        act
        for act in record.procedures
        if act.status == "completed"
        and act.is_any(wanted)
        and (act.when is None or not act.when.surely_after(record.as_of))
    )


def requested(record: Facts, wanted: tuple[str, ...], window: Quantity, since: PartialDate | None = None) -> Answer:
    """An open request on file written within the window (d), or a draft of this session."""
    drafts = tuple(d.evidence(wanted[0]) for d in record.drafts if not d.stops and d.is_any(wanted))
    if drafts:
        return yes(*drafts)
    open_ = (r for r in record.requests if r.status in _OPEN and r.is_any(wanted))
    later = (r for r in open_ if since is None or r.when is None or not since.is_later(r.when))
    return record.recent(later, window, SERVICES, what=wanted[0])


def booked(record: Facts, wanted: tuple[str, ...], within: Quantity | None = None) -> Answer:
    """An appointment for one of the concepts from today on, at most ``within`` (d) ahead."""
    visits = (a for a in record.appointments if a.status in _BOOKED and a.is_any(wanted) and _ahead(record, a, within))
    return record.any_of(visits, APPOINTMENTS, what=wanted[0])


def taken_now(record: Facts, drugs: tuple[str, ...]) -> Answer:
    """An order or statement of one of the drugs is active and has not ended."""
    return record.any_of(running(record, drugs), ORDERS, STATEMENTS, what=drugs[0])


def running(record: Facts, drugs: tuple[str, ...]) -> tuple[TreatmentCourse, ...]:
    """The active orders and statements of the drugs whose end, where one is told, is not past; those that are being
    stopped in this session left out.
    """
    stopped = {d.prior for d in record.drafts if d.stops and d.prior is not None}
    unnamed = {concept for d in record.drafts if d.stops and d.prior is None for concept in d.concepts}
    return tuple(
        course
        for course in record.courses
        if course.status == "active"
        and course.is_any(drugs)
        and (course.until is None or course.until.last >= record.as_of)
        and course.source.resource not in stopped
        and unnamed.isdisjoint(course.concepts)
    )


def last_taken(record: Facts, drugs: tuple[str, ...]) -> Reading[Event]:
    """The latest dose or intake of one of the drugs: a completed administration, or the end of a statement."""
    given: list[Event] = [d for d in record.doses if d.status == "completed" and not d.handed_out and d.is_any(drugs)]
    told = (s for s in record.courses if s.kind == "statement" and s.is_any(drugs) and s.status != "not-taken")
    given += [Event(s.source, s.concepts, s.status, s.until) for s in told if s.until is not None]
    return record.last(given, ADMINISTRATIONS, STATEMENTS, what="last_dose")


def hours_between(earlier: PartialDate, later: PartialDate) -> Span:
    """Hours from one moment to another (h): exact when both tell the time of day, else from the fewest to the most they
    can be. Never below 0.
    """
    fewest = _seconds(later.earliest, earlier.latest) / _HOUR
    most = _seconds(later.latest, earlier.earliest) / _HOUR
    return Span(max(fewest, Fraction(0)), max(most, Fraction(0)), "h")


def days_between(earlier: PartialDate, later: PartialDate) -> Span:
    """Whole calendar days from one date to another (d); a date known to the month is from the fewest to the most."""
    fewest, most = (later.first - earlier.last).days, (later.last - earlier.first).days
    return Span(Fraction(max(fewest, 0)), Fraction(max(most, 0)), "d")


_SITE_DETAILS = frozenset({"lesion_site", "vertebral_level"})


def _untold(told: Missing, required: bool) -> Answer:
    """No where nobody asked; unknown where an answer is required, or stands there and cannot be used."""
    return unknown(told) if required or told.why not in (ABSENT, TOO_OLD) else no()


def _span(value: Fraction, unit: str, comparator: str | None) -> Span:
    low = {"<": Fraction(0), "<=": Fraction(0), ">": value + _NEARLY}.get(comparator or "", value)
    high = {">": Fraction(10**12), ">=": Fraction(10**12), "<": value - _NEARLY}.get(comparator or "", value)
    return Span(min(low, high), high, unit)


def _ahead(record: Facts, visit: Request, within: Quantity | None) -> bool:
    if visit.when is None or visit.when.last < record.as_of:
        return False
    return within is None or (visit.when.first - record.as_of).days <= within.value


def _seconds(later: datetime, earlier: datetime) -> Fraction:
    difference = later - earlier
    return Fraction(difference.days * 86_400 + difference.seconds) + Fraction(difference.microseconds, 10**6)
