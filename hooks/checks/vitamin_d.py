"""Vitamin D before and under an antiresorptive: level, loading course, maintenance (family VITD)."""

from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Evidence, Known, Missing, unknown, yes
from fhir_mappers.record.dates import add_months
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.facts import ADMINISTRATIONS
from fhir_mappers.record.proposals import (
    HoldDraft,
    Names,
    NewMedication,
    NewService,
    Proposal,
    RecordTaking,
    Together,
)
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.repletion import Course, Level, Loading
from fhir_mappers.record.session import obtained
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, not_applicable

VITAMIN_D_TEST = "vitamin_d_test"
SIGNATURE = "order-sign"


@dataclass(frozen=True, slots=True)
class Measured:
    """How old (d) a 25-OH vitamin D may be before the first dose."""

    freshness: Quantity


def measured(record: PatientRecord, limits: Measured, draft: DraftOrder) -> Verdict:
    """25-OH vitamin D is known before the first antiresorptive dose.

    For whom  an oncology antiresorptive is being started, and it is not an emergency
    Holds     a usable result within ``freshness``, or the test is among the drafts of this session
    Units     days (UCUM d)
    Unknown   observations were not available
    Source    guidelines/vitamin_d.toml [VITD-CHECK-01]
    """
    reading = record.latest(*c.VITAMIN_D_LEVELS, within=limits.freshness)
    return judge(
        record.starts(draft) & ~record.emergency(draft),
        obtained(reading) | record.drafted_any(*c.VITAMIN_D_LEVELS),
        case=_absence_case(reading),
        proposals=(NewService((VITAMIN_D_TEST,)), HoldDraft(draft)),
        freshness=limits.freshness,
        last=reading.last if isinstance(reading, Missing) else None,
    )


def _absence_case(reading: Known[Measurement] | Missing) -> str:
    if isinstance(reading, Known) or reading.last is None:
        return "due"
    return "too_old" if reading.why == TOO_OLD else "unusable"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The maintenance dose ([iU]) and its interval (mo); how recent (d) a dose given or handed out still counts, and
    how old (d) the level may be that speaks against more: the one above which intoxication is possible.
    """

    dose: Quantity
    interval: Quantity
    recent: Quantity
    freshness: Quantity
    toxic: Level


def maintenance(record: PatientRecord, limits: Maintenance) -> Verdict:
    """Vitamin D goes on for as long as the antiresorptive does.

    For whom  an oncology antiresorptive is drafted, or, when the patient leaves, was given recently; not an emergency,
              no calcium above normal, no level at which intoxication is possible
    Holds     any vitamin D is active, drafted, or was given or handed out recently, whatever its rhythm (A4); counting
              a recent dose besides orders and statements is OUR choice: what is dispensed often has no order here
    Units     days (UCUM d), months (UCUM mo), [iU]
    Unknown   drugs, calcium or level were not available: vitamin D is not proposed blindly
    Source    guidelines/vitamin_d.toml [VITD-MAINT-01]
    """
    emergency = record.emergency_session()
    if emergency.is_yes:
        return not_applicable(*emergency.evidence)
    level = record.latest(*c.VITAMIN_D_LEVELS, within=limits.freshness)
    toxic = Answer(limits.toxic.exceeded_by(level.value)) if isinstance(level, Known) else obtained(level)
    harmful = record.hypercalcaemia(record.conventions.calcium.recent) | toxic
    under = record.under_review() if record.is_ordering else record.on_treatment()
    handed = record.recent(
        record.doses_of(c.VITAMIN_D_DRUGS), limits.recent, ADMINISTRATIONS, what=c.VITAMIN_D_DRUGS[0]
    )
    return judge(
        under & _adult(record) & ~harmful,
        record.drafted_any(*c.VITAMIN_D_DRUGS) | record.taking(*c.VITAMIN_D_DRUGS) | handed,
        proposals=(
            NewMedication("cholecalciferol", limits.dose, interval=limits.interval),
            RecordTaking("cholecalciferol"),
        ),
        dose=limits.dose,
        interval=limits.interval,
    )


@dataclass(frozen=True, slots=True)
class Repletion:
    """How old (d) a level may be to choose a course, the level below which table 1 says deficiency, the bands from low
    to high, the target, what makes an order a loading course, and the maintenance that follows.
    """

    freshness: Quantity
    deficiency: Level
    bands: tuple[Course, ...]
    target: Level
    loading: Loading
    maintenance: Maintenance


def repletion(record: PatientRecord, limits: Repletion) -> Verdict:
    """A low 25-OH vitamin D gets a loading course sized to the level, then maintenance.

    For whom  an oncology antiresorptive is drafted (start or renewal), or, with the chart open, the patient is treated;
              not an emergency; a level within ``freshness``. At a start without a usable level VITD-CHECK-01 speaks
    Holds     the level, in the unit it was reported in, reaches the highest band's end, or the course was taken since;
              a course in progress is said; with calcium above normal a deficiency is said at a start, without a course
    Units     ng/mL or nmol/L as reported (P6), [iU], days (UCUM d)
    Unknown   observations or doses were not available; a start that cannot be told counts as a start
    Source    guidelines/vitamin_d.toml [VITD-REPL-01]
    """
    emergency = record.emergency_session()
    if emergency.is_yes:
        return not_applicable(*emergency.evidence)
    reading = record.latest(*c.VITAMIN_D_LEVELS, within=limits.freshness)
    if isinstance(reading, Missing):
        return _without_level(record, reading)
    course = next((band for band in limits.bands if band.fits(reading.value)), None)
    if course is None:
        return judge(record.under_review(), yes(*reading.evidence))
    return _low(record, limits, reading, course)


def _without_level(record: PatientRecord, reading: Missing) -> Verdict:
    """At a certain start VITD-CHECK-01 says that the level is wanting; later an old or absent one is silent."""
    starting = record.starting()
    if reading.why in (ABSENT, TOO_OLD) or (starting.is_yes and obtained(reading).is_no):
        return not_applicable()
    asker = None if starting.is_no else "VITD-CHECK-01"
    return judge(record.under_review() & _adult(record), unknown(reading), said_by=asker)


def _low(record: PatientRecord, limits: Repletion, reading: Known[Measurement], course: Course) -> Verdict:
    level = reading.value
    case, because = _low_case(record, limits.loading, level)
    if case is None:
        return not_applicable(*because)
    given = record.loading_doses(course.dose, level.when)
    for_whom = record.under_review() & _adult(record) & yes(*reading.evidence)
    repleted = record.repleted(course, level.when)
    certain = (for_whom & ~repleted).is_yes
    calcium = record.calcium(record.conventions.calcium.recent)
    verdict = judge(
        for_whom,
        repleted,
        case=case,
        proposals=_proposals(record, limits, course, case, given) if certain else (),
        level=level.raw or level.value,
        label=Names(("insufficiency" if limits.deficiency.reached_by(level) else "deficiency",)),
        called=Names(("deficiency" if course.deficiency else "insufficiency",)),
        doses=course.doses,
        each=course.dose,
        every=course.interval,
        given=given,
        upkeep=limits.maintenance.dose,
        upkeep_every=limits.maintenance.interval,
        target=limits.target.beside(level),
        calcium=calcium.value.value if isinstance(calcium, Known) else None,
    )
    return verdict.resting_on(*because)


def _low_case(record: PatientRecord, loading: Loading, level: Measurement) -> tuple[str | None, tuple[Evidence, ...]]:
    """The case, and what it rests on besides the level; no case when calcium is too high and nothing starts."""
    starting = not record.starting().is_no
    high = record.hypercalcaemia(record.conventions.calcium.recent)
    if high.is_yes:
        return "hypercalcaemia" if starting else None, high.evidence
    running = record.loading_running(loading, level.when)
    if running.is_yes:
        return "in_progress", running.evidence
    return "due" if starting else "on_treatment", ()


def _proposals(record: PatientRecord, limits: Repletion, course: Course, case: str, given: int) -> tuple[Proposal, ...]:
    """The doses that are left, the maintenance unless some vitamin D runs already, and a new level: one suggestion."""
    if case == "hypercalcaemia":
        return (NewService(("calcium_albumin", "calcium_ionised")),)
    if case == "in_progress":
        return ()
    left = course.doses - given
    item = NewMedication("cholecalciferol_loading", course.dose, interval=course.interval, count=left)
    over = record.as_of + timedelta(days=int(course.interval.value) * left)
    parts: tuple[Proposal, ...] = (item,)
    if not (record.taking(*c.VITAMIN_D_DRUGS) | record.drafted_any(*c.VITAMIN_D_DRUGS)).is_yes:
        last = over - timedelta(days=int(course.interval.value))
        parts = (*parts, _upkeep(limits.maintenance, last))
    return (Together((*parts, NewService((VITAMIN_D_TEST,), on=over)), "label-vitamin-d-course"),)


def _upkeep(after: Maintenance, last: date) -> NewMedication:
    """The first maintenance dose comes one maintenance interval after the last loading dose (OUR reading of *then*)."""
    first = add_months(last, int(after.interval.value))
    return NewMedication("cholecalciferol", after.dose, on=first, interval=after.interval)


def _adult(record: PatientRecord) -> Answer:
    """Neither a child nor pregnant (P3). At the signature AR-SCOPE-01 says so and silences this family."""
    outside = record.age_below(record.conventions.age.adult) | record.pregnant()
    return yes() if record.moment == SIGNATURE else ~outside
