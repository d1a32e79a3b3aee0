"""Vitamin D before and under an antiresorptive (family VITD)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Missing, no, unknown, yes
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.repletion import Course, Level
from fhir_mappers.record.session import obtained
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, not_applicable

VITAMIN_D_TEST = "vitamin_d_test"


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
    reading = record.latest(c.VITAMIN_D, within=limits.freshness)
    ordered = [d for d in record.drafts if not d.stops and d.is_any(c.VITAMIN_D)]
    awaited = record.awaited(c.VITAMIN_D, limits.freshness)
    return judge(
        record.starts(draft) & ~record.emergency(draft),
        obtained(reading) | Answer(bool(ordered), tuple(d.evidence("draft_order") for d in ordered)),
        case="too_old" if isinstance(reading, Missing) and reading.why == TOO_OLD else "due",
        proposals=(NewService((VITAMIN_D_TEST,)),),
        notes=("awaited",) if awaited.is_yes else (),
        freshness=limits.freshness,
        last=reading.last if isinstance(reading, Missing) else None,
    )


@dataclass(frozen=True, slots=True)
class Repletion:
    """How old (d) a level may be to choose a course, the bands from low to high, the maintenance, and the target."""

    freshness: Quantity
    bands: tuple[Course, ...]
    target: Level
    maintenance_dose: Quantity
    maintenance_interval: Quantity


def repletion(record: PatientRecord, limits: Repletion) -> Verdict:
    """A low 25-OH vitamin D gets a loading course sized to the level, then maintenance.

    For whom  an oncology antiresorptive is drafted (start or renewal), or, with the chart open, the patient is treated;
              not an emergency; a level within ``freshness``
    Holds     the level, in the unit it was reported in, reaches the target, or the course was completed since; in
              progress is said; with corrected calcium above normal a deficiency is said without a course
    Units     ng/mL or nmol/L as reported (P6), [iU], days (UCUM d)
    Source    guidelines/vitamin_d.toml [VITD-REPL-01]
    """
    reading = record.latest(c.VITAMIN_D, within=limits.freshness)
    starting = record.starting()
    for_whom = record.under_review() & ~record.emergency_session()
    if isinstance(reading, Missing):
        return judge(for_whom & (no() if reading.why in (ABSENT, TOO_OLD) else unknown(reading)), yes())
    course = next((band for band in limits.bands if band.fits(reading.value)), None)
    if course is None:
        return judge(for_whom, yes(*reading.evidence))
    given = record.loading_doses(course.dose, since=reading.value.when)
    if given >= course.doses:
        return judge(for_whom, yes(*reading.evidence))
    hypercalcaemic = record.hypercalcaemia(record.conventions.calcium.recent)
    case = _repletion_case(starting, hypercalcaemic, record.loading_active(course.dose, since=reading.value.when))
    if case is None:
        return not_applicable(*hypercalcaemic.evidence)
    return judge(
        for_whom,
        no(*reading.evidence),
        case=case,
        proposals=_course(course, limits) if case in ("due", "on_treatment") else (),
        level=reading.value.raw,
        doses=course.doses,
        each=course.dose,
        every=course.interval,
        given=given,
        maintenance=limits.maintenance_dose,
        maintenance_every=limits.maintenance_interval,
    )


def _repletion_case(starting: Answer, hypercalcaemic: Answer, running: bool) -> str | None:
    if hypercalcaemic.is_yes:
        return "hypercalcaemia" if starting.is_yes else None
    if running:
        return "in_progress"
    return "due" if starting.is_yes else "on_treatment"


def _course(course: Course, limits: Repletion) -> tuple[Proposal, ...]:
    loading = NewMedication("cholecalciferol_loading", course.dose, interval=course.interval, count=course.doses)
    upkeep = NewMedication("cholecalciferol", limits.maintenance_dose, interval=limits.maintenance_interval)
    return (loading, upkeep, NewService((VITAMIN_D_TEST,)))
