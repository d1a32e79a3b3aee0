"""The mouth before the first dose: examination, repair, panoramic X-ray, extraction (family AR)."""

from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappers.record.answer import ABSENT, UNAVAILABLE, Answer, Known, Missing, no, unknown, yes
from fhir_mappers.record.proposals import Annotate, HoldDraft, NewService, PostponeDraft, Proposal
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, Outcome, PatientRecord, Unlimited, Verdict, judge, undecided

DENTAL, PANORAMIC = "dental_consultation", "panoramic_xray"
REPAIR_FIRST = Annotate(DENTAL, ("dental_repair",))


@dataclass(frozen=True, slots=True)
class DentalExam:
    """How old (d) the last dental examination may be, and the panoramic X-ray that goes with it."""

    freshness: Quantity
    panoramic: Quantity


def dental_exam(record: PatientRecord, limits: DentalExam, draft: DraftOrder) -> Verdict:
    """A dentist has examined the mouth, and repaired it, before the first antiresorptive dose.

    For whom  an oncology antiresorptive is being started, and it is not an emergency
    Holds     as_of minus last completed dental examination <= freshness, and no treatment left to do
    Units     days (UCUM d)
    Unknown   procedures were not available; or treatment seems already started elsewhere (one line asks the dates)
    Source    guidelines/mouth.toml [AR-DENTAL-01]
    """
    presumed = record.presumed()
    if presumed.is_yes:
        return undecided((Missing("first_and_last_dose", ABSENT),), case="presumed", evidence=presumed.evidence)
    reading = record.last_dental_examination()
    fresh, needed = record.fresh(reading, limits.freshness), record.dental_treatment_needed()
    case = "repair" if fresh.is_yes and needed.is_yes else ("overdue" if isinstance(reading, Known) else "due")
    verdict = judge(
        record.starts(draft) & ~record.emergency(draft),
        fresh & ~needed,
        case=case,
        proposals=(_examination(record, limits), *((REPAIR_FIRST,) if case == "repair" else ()), HoldDraft(draft)),
        freshness=limits.freshness,
        last=reading.evidence[0] if isinstance(reading, Known) else None,
    )
    return _or_perhaps_presumed(presumed, verdict)


def _or_perhaps_presumed(presumed: Answer, verdict: Verdict) -> Verdict:
    """Where all is well, and only data that were not sent leave it open whether treatment seems already started, that
    is what is open.
    """
    is_quiet = verdict.outcome in (Outcome.SATISFIED, Outcome.NOT_APPLICABLE)
    unsent = any(gap.why in UNAVAILABLE for gap in presumed.missing)
    return judge(presumed, no()) if is_quiet and unsent else verdict


def _examination(record: PatientRecord, limits: DentalExam) -> NewService:
    imaged = record.panoramic_within(limits.panoramic).is_yes
    return NewService((DENTAL,) if imaged else (DENTAL, PANORAMIC))


def dental_repair(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Dental repair is finished before the first dose.

    For whom  an oncology antiresorptive is being started, it is no emergency, and an examination outcome is known
    Holds     the newest outcome does not say that treatment is needed
    Source    guidelines/mouth.toml [AR-DENTCARE-01]
    """
    for_whom = record.starts(draft) & ~record.emergency(draft)
    needed = record.dental_treatment_needed()
    return judge(for_whom & needed, ~needed, said_by="AR-DENTAL-01", proposals=(REPAIR_FIRST,))


@dataclass(frozen=True, slots=True)
class Panoramic:
    """How old (d) the panoramic X-ray and the examination it goes with may be."""

    freshness: Quantity
    examination: Quantity


def panoramic(record: PatientRecord, limits: Panoramic, draft: DraftOrder) -> Verdict:
    """The pre-start dental examination comes with a panoramic X-ray.

    For whom  an oncology antiresorptive is being started, no emergency, and the dental examination is fresh
    Holds     a panoramic X-ray within ``freshness``
    Units     days (UCUM d)
    Source    guidelines/mouth.toml [AR-OPG-01]
    """
    examined = record.fresh(record.last_dental_examination(), limits.examination)
    for_whom = record.starts(draft) & ~record.emergency(draft) & examined
    done = record.panoramic_within(limits.freshness)
    return judge(for_whom, done, proposals=(NewService((PANORAMIC,)),), freshness=limits.freshness)


@dataclass(frozen=True, slots=True)
class Extraction:
    """Look-back for an extraction, the minimum wait and the month after which only the paperwork is missing (d)."""

    look_back: Quantity
    minimum: Quantity
    month: Quantity


def extraction(record: PatientRecord, limits: Extraction, draft: DraftOrder) -> Verdict:
    """After a tooth extraction the first dose waits for healing and the dentist's go-ahead.

    For whom  an oncology antiresorptive is being started, no emergency, and a tooth was extracted in the look-back
    Holds     at least ``minimum`` has passed and a clearance is documented on or after the extraction
    Units     days (UCUM d); an imprecise extraction date counts as the most recent day it can mean
    Source    guidelines/mouth.toml [AR-EXTRACT-01]
    """
    for_whom = record.starts(draft) & ~record.emergency(draft)
    found = record.last_extraction(limits.look_back)
    if isinstance(found, Missing):
        return judge(for_whom & no(), yes()) if found.why == ABSENT else judge(for_whom, unknown(found))
    span = record.days_since(found.value.when)
    days = Quantity.of(f"{span.low if span else 0} d")
    too_early = days < limits.minimum
    cleared = no(*found.evidence) if too_early else record.cleared_after(found.value)
    case = "too_early" if too_early else ("not_cleared" if days < limits.month else "paperwork")
    ready = record.as_of + timedelta(days=max(0, int(limits.month.value - days.value)))
    return judge(
        for_whom & yes(*found.evidence),
        cleared,
        case=case,
        proposals=_until_healed(draft, ready) if days < limits.month else (NewService((DENTAL,)),),
        days=days,
        minimum=limits.minimum,
        extracted=found.value.when,
    )


def _until_healed(draft: DraftOrder, ready: date) -> tuple[Proposal, ...]:
    """The order waits, and a dentist looks by then; a request, because a booking needs a slot that we do not know."""
    return (PostponeDraft(draft, ready), NewService((DENTAL,), on=ready))
