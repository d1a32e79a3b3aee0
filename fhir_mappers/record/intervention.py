"""What an intervention on a bone asks the record: its day, until when a drug is taken before it, counts and survival.

Free functions over a record and, where an act is planned, its draft; they stand on ``ordered``.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, IMPRECISE, TOO_OLD, Answer, Evidence, Known, Missing, Reading, no, yes
from fhir_mappers.record.answer import unknown as not_known
from fhir_mappers.record.dates import PartialDate, of_day
from fhir_mappers.record.events import DraftOrder, Event, Measurement, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, OBSERVATIONS, ORDERS, STATEMENTS, Facts
from fhir_mappers.record.ordered import begins, hours_between, running
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity, Span

_NOT_TAKEN = frozenset({"not-taken", "intended"})
_BOOKED = frozenset({"booked", "pending", "proposed", "arrived", "checked-in"})
_NEARLY = Fraction(1, 10**9)
_MOST = Fraction(10**12)

Taken = TreatmentCourse | DraftOrder | Event


@dataclass(frozen=True, slots=True)
class Act:
    """When an act takes place: its moment, the first day it can mean, and whether anybody stated it."""

    when: PartialDate
    stated: bool

    @property
    def day(self) -> date:
        """The first day the act can take place on."""
        return self.when.first


@dataclass(frozen=True, slots=True)
class Intake:
    """Until when a drug is taken: up to the act (``endless``), or ``last``; else what is ``missing``, or not at all.

    ``sources`` are the orders, statements, doses or drafts that say so.
    """

    endless: bool = False
    last: PartialDate | None = None
    sources: tuple[Taken, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What says so, each under the name of its drug."""
        return tuple(dict.fromkeys(source.evidence() for source in self.sources))

    def is_of(self, drug: str) -> bool:
        """Whether one of the sources is of the drug."""
        return any(source.is_any(drug) for source in self.sources)


def act_of(record: Facts, draft: DraftOrder) -> Act:
    """When the act of a draft takes place; one without a date of its own is today's (convention of planned dates)."""
    when = begins(record, draft)
    return Act(when if when.is_day else of_day(max(when.first, record.as_of)), draft.occurs is not None)


def of_bone_disease(record: PatientRecord, draft: DraftOrder) -> Answer:
    """A cementoplasty of a metastasis: by this project's own code, or with malignant bone disease on file. The others
    may be for osteoporosis, of which the guideline says nothing.
    """
    return yes(draft.evidence("draft_order")) if draft.is_any("cementoplasty") else record.malignant_bone_disease()


def act_at_risk(record: Facts, draft: DraftOrder, wanted: tuple[str, ...]) -> Act | None:
    """The act the draft asks for; for any other draft (a drug) the next one booked, unless one is drafted beside it."""
    if draft.is_any(wanted):
        return act_of(record, draft)
    if any(other.is_any(wanted) and not other.stops for other in record.drafts):
        return None
    booked = [a.when for a in record.appointments if a.is_any(wanted) and a.status in _BOOKED and a.when is not None]
    ahead = [when for when in booked if when.first >= record.as_of]
    return Act(min(ahead, key=lambda when: when.earliest), stated=True) if ahead else None


def intake(
    record: Facts, drugs: tuple[str, ...], act: Act, recent: Quantity, *, but: str = "", on_the_day: bool = False
) -> Intake:
    """Until when one of the drugs (``but`` another) is taken before the act.

    An active order or statement without an end is taken up to the act, one of this session as well; one that begins
    on the day of the act (``on_the_day``: after it) does not count. An order halted within ``recent`` (d) without any
    later dose or end on file leaves it open.
    """
    courses = [one for one in record.courses if one.is_any(drugs) and one.status not in _NOT_TAKEN]
    drafts = [one for one in record.drafts if one.is_any(drugs) and not one.stops]
    both: tuple[TreatmentCourse | DraftOrder, ...] = (*courses, *drafts)
    orders = [one for one in both if not one.is_any(but)]
    before = [one for one in orders if not _begins_after(record, one.planned, act, on_the_day)]
    going_on = {one.source.resource for one in (*running(record, drugs), *drafts)}
    now = [one for one in before if one.source.resource in going_on]
    endless = tuple(one for one in now if one.until is None)
    if endless:
        return Intake(endless=True, sources=endless)
    courses = [one for one in before if isinstance(one, TreatmentCourse)]
    return _ended(record, drugs, courses, tuple(now), recent)


def gap(last: PartialDate, act: PartialDate) -> Span:
    """Hours without the drug (h): exact when both tell the time of day, else whole calendar days of 24 h."""
    if last.has_time and act.has_time:
        return hours_between(last, act)
    fewest, most = (act.first - last.last).days, (act.last - last.first).days
    return Span(Fraction(fewest) * 24, Fraction(most) * 24, "h")


def counted(
    record: Facts, concept: str, limit: Quantity, day: date, window: Quantity, *, strict: bool = False
) -> Answer:
    """Whether the newest result within ``window`` (d) before ``day`` is at or below the limit (``strict``: below).

    Of results that cannot be put in order the lowest counts. A preliminary one may be too low but never reassures (P1).
    """
    told = [m for m in record.results(concept) if m.problem != ABSENT]
    inside = [m for m in told if m.when.days_before(day).at_most(window)]
    final = [m for m in inside if not m.provisional]
    pivot = (final or inside)[:1]
    newest = [m for m in inside if any(m.when.overlaps(p.when) or m.when.is_later(p.when) for p in pivot)]
    low = [m for m in newest if _is_low(m, limit, strict)]
    if low:
        return yes(min(low, key=lambda m: m.value.value if m.value else 0).evidence())
    if not final:
        return not_known(_why_none(record, concept, told, inside))
    problem = next((m for m in newest if m.problem is not None or _is_low(m, limit, strict) is None), None)
    if problem is not None and not problem.provisional:
        return not_known(Missing(concept, problem.problem or IMPRECISE, problem.evidence()))
    return no(final[0].evidence())


def span_of(result: Measurement) -> Span | None:
    """A result as a span in its house unit: one point, or all that ``<`` and ``>`` leave open; None without a value."""
    if result.value is None:
        return None
    value, unit = Fraction(result.value.value), result.value.unit
    low = {"<": Fraction(0), "<=": Fraction(0), ">": value + _NEARLY}.get(result.comparator or "", value)
    high = {">": _MOST, ">=": _MOST, "<": value - _NEARLY}.get(result.comparator or "", value)
    return Span(min(low, high), high, unit)


def survival(record: Facts) -> Reading[Span]:
    """The newest recorded survival estimate (mo), a span where ``<`` or ``>`` leaves it open."""
    told = record.latest(*c.LIFE_EXPECTANCY)
    if isinstance(told, Missing):
        return told
    span = span_of(told.value)
    return Known(span, told.evidence) if span is not None else Missing(told.value.what, ABSENT, told.value.evidence())


def _begins_after(record: Facts, planned: PartialDate | None, act: Act, on_the_day: bool) -> bool:
    """Planned for after the act: resumed, not taken before it. What begins today or earlier never is."""
    if planned is None or planned.first <= record.as_of:
        return False
    return planned.first > act.day if on_the_day else planned.first >= act.day


def _ended(
    record: Facts, drugs: tuple[str, ...], courses: list[TreatmentCourse], now: tuple[Taken, ...], recent: Quantity
) -> Intake:
    """Until when, where nothing goes on without an end."""
    ends = [*_ends(record, drugs, courses, now), *_doses(record, drugs)]
    ongoing = {one.source.resource for one in now}
    halted = [c for c in courses if c.until is None and c.status != "active" and c.source.resource not in ongoing]
    open_ = [one for one in halted if _may_be_later(record, one, [when for when, _ in ends], recent)]
    gaps = tuple(Missing("last_dose", ABSENT, one.evidence()) for one in open_)
    gaps = gaps or record.looked(ORDERS, STATEMENTS, ADMINISTRATIONS, what=drugs[0]).missing
    if not ends:
        return Intake(sources=tuple(open_), missing=gaps)
    last = max((when for when, _ in ends), key=lambda when: (when.latest, when.earliest))
    return Intake(last=last, sources=tuple(source for when, source in ends if when == last), missing=gaps)


def _ends(
    record: Facts, drugs: tuple[str, ...], courses: list[TreatmentCourse], now: tuple[Taken, ...]
) -> list[tuple[PartialDate, Taken]]:
    """The ends that orders and statements state; one that is stopped in this session ends with its stop."""
    named = {one.source.resource for one in courses}
    ending = [one for one in record.drafts if one.stops and (one.is_any(drugs) or one.prior in named)]
    stops = [(one.until or of_day(record.as_of), one) for one in ending]
    going_on = {one.source.resource for one in now}
    left = [one for one in courses if one.status != "active" or one.source.resource in going_on or not stops]
    drafts = [one for one in now if isinstance(one, DraftOrder)]
    return [*stops, *((one.until, one) for one in (*left, *drafts) if one.until is not None)]


def _doses(record: Facts, drugs: tuple[str, ...]) -> list[tuple[PartialDate, Taken]]:
    """Doses given, with their moment."""
    given = (d for d in record.doses if d.status == "completed" and not d.handed_out and d.is_any(drugs))
    return [(d.when, d) for d in given if d.when is not None and not d.when.surely_after(record.as_of)]


def _may_be_later(record: Facts, course: TreatmentCourse, ends: list[PartialDate], recent: Quantity) -> bool:
    """Whether a halted order may have been taken lately: written within ``recent``, and no end or dose since."""
    if course.when is None:
        return not ends
    return record.within(course.when, recent) is not False and not any(one.last >= course.when.first for one in ends)


def _why_none(record: Facts, concept: str, told: list[Measurement], inside: list[Measurement]) -> Missing:
    if inside:
        return Missing(concept, ABSENT, inside[0].evidence())
    if told:
        return Missing(concept, TOO_OLD, told[0].evidence())
    gaps = record.looked(OBSERVATIONS, what=concept).missing
    return gaps[0] if gaps else Missing(concept, ABSENT)


def _is_low(result: Measurement, limit: Quantity, strict: bool) -> bool | None:
    span = span_of(result)
    if span is None:
        return None
    return span.below(limit) if strict else span.at_most(limit)
