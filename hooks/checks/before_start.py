"""What must be done before the first dose of an oncology antiresorptive (family AR, precautions)."""

from dataclasses import dataclass
from datetime import timedelta

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, Known, Missing, no, yes
from fhir_mappers.record.products import ZOLEDRONATE
from fhir_mappers.record.proposals import Annotate, Names, NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.session import obtained
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable

DENTAL, PANORAMIC, CREATININE_TEST, VITAMIN_D_TEST = (
    "dental_consultation",
    "panoramic_xray",
    "creatinine_test",
    "vitamin_d_test",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The age (a) from which the guideline speaks."""

    adult: Quantity


def scope(record: PatientRecord, limits: Scope, draft: DraftOrder) -> Verdict:
    """Outside the guideline: a child or a pregnancy; no advice is given then.

    For whom  an oncology antiresorptive is drafted
    Holds     age >= adult and no pregnancy
    Units     years (UCUM a)
    Source    guidelines/before_start.toml [AR-SCOPE-01]
    """
    child, pregnant = record.age_below(limits.adult), record.pregnant()
    case = "child" if child.is_yes else "pregnancy"
    return judge(yes(draft.evidence("draft_order")), ~(child | pregnant), case=case, adult=limits.adult)


def renal_function(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """A recent creatinine is on file. Never waived, not even in an emergency.

    For whom  zoledronic acid, start or renewal; denosumab when it is started or presumed started
    Holds     a usable creatinine within the window of the drug
    Units     days (UCUM d)
    Unknown   observations were not available
    Source    guidelines/before_start.toml [AR-RENAL-01], windows in conventions.toml [clearance]
    """
    n = record.conventions.clearance
    zoledronate = draft.product is not None and draft.product.substance == ZOLEDRONATE
    window = n.creatinine_zoledronate if zoledronate else n.creatinine_denosumab
    reading = record.creatinine(window)
    for_whom = _identified(record, draft) & (
        yes(draft.evidence("draft_order")) if zoledronate else ~record.on_treatment()
    )
    last = record.last_known_clearance()
    low = isinstance(reading, Missing) and last.below(n.severe).is_yes
    return judge(
        for_whom,
        obtained(reading),
        case="last_below" if low else _absence_case(reading),
        proposals=(NewService((CREATININE_TEST,)),),
        window=window,
        last=reading.last if isinstance(reading, Missing) else None,
        clearance=last if low else None,
    )


@dataclass(frozen=True, slots=True)
class Deferred:
    """Freshness of the steps an emergency defers, how long an extraction heals at least, when to propose them (d)."""

    dental: Quantity
    panoramic: Quantity
    vitamin_d: Quantity
    extraction: Quantity
    healing: Quantity
    after_acute_phase: Quantity


def emergency_start(record: PatientRecord, limits: Deferred, draft: DraftOrder) -> Verdict:
    """In an emergency the vitamin D and dental steps do not delay treatment; they are listed and planned.

    For whom  an oncology antiresorptive is being started in an emergency
    Holds     no step is left to do
    Source    guidelines/before_start.toml [AR-EMERG-01]
    """
    for_whom = record.starts(draft) & record.emergency(draft)
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    steps = _steps_left(record, limits)
    left = tuple(name for name, done in steps if not done.is_yes)
    incomplete = Answer(bool(left))
    orders = tuple(dict.fromkeys(_ORDER_FOR[name] for name in left if name in _ORDER_FOR))
    later = record.as_of + timedelta(days=int(limits.after_acute_phase.value))
    return judge(
        for_whom,
        ~incomplete,
        proposals=(NewService(orders, on=later),) if orders else (),
        steps=Names(left),
    )


_ORDER_FOR = {
    c.DENTAL_EXAMINATION: DENTAL,
    c.PANORAMIC_XRAY: PANORAMIC,
    c.VITAMIN_D: VITAMIN_D_TEST,
    c.DENTAL_CLEARANCE: DENTAL,
}


def _steps_left(record: PatientRecord, limits: Deferred) -> tuple[tuple[str, Answer], ...]:
    examined = record.fresh(record.last_dental_examination(), limits.dental)
    vitamin_d = record.latest(*c.VITAMIN_D_LEVELS, within=limits.vitamin_d)
    return (
        (c.DENTAL_EXAMINATION, examined & ~record.dental_treatment_needed()),
        (c.PANORAMIC_XRAY, record.panoramic_within(limits.panoramic)),
        (c.VITAMIN_D, Answer(isinstance(vitamin_d, Known))),
        (c.DENTAL_CLEARANCE, record.healed_within(limits.extraction, limits.healing)),
    )


@dataclass(frozen=True, slots=True)
class JawRisk:
    """Look-back (d) for anti-angiogenic drugs and for radiotherapy of the head and neck."""

    anti_angiogenic: Quantity
    radiotherapy: Quantity


def jaw_risk(record: PatientRecord, limits: JawRisk, draft: DraftOrder) -> Verdict:
    """Treatments that add to the risk of jaw osteonecrosis are taken into account at the start.

    For whom  an oncology antiresorptive is being started, and it is not an emergency
    Holds     no systemic corticosteroid, anti-angiogenic drug or radiotherapy of the head and neck; the dentist who is
              asked for on the same card is told of them
    Units     days (UCUM d)
    Source    guidelines/before_start.toml [AR-CONC-01]
    """
    given = record.recent(
        record.doses_of(c.ANTI_ANGIOGENICS),
        limits.anti_angiogenic,
        "medicationAdministrations",
        what=c.ANTI_ANGIOGENICS[0],
    )
    irradiated = (
        p for p in record.procedures if p.is_any(c.RADIOTHERAPY) and not set(p.sites).isdisjoint(c.HEAD_AND_NECK)
    )
    found = {
        "corticosteroid": record.taking(*c.CORTICOSTEROIDS),
        "anti_angiogenic": record.taking(*c.ANTI_ANGIOGENICS) | given,
        "head_neck_radiotherapy": record.recent(
            (p for p in irradiated if p.status in ("completed", "in-progress")),
            limits.radiotherapy,
            "procedures",
            what="head_neck_radiotherapy",
        ),
    }
    present = no()
    for answer in found.values():
        present = present | answer
    names = Names(tuple(name for name, answer in found.items() if answer.is_yes))
    note = Annotate(DENTAL, names.keys)
    return judge(record.starts(draft) & ~record.emergency(draft), ~present, proposals=(note,), risks=names)


def _identified(record: PatientRecord, draft: DraftOrder) -> Answer:
    """An oncology product, or one that cannot be told in a patient with malignant bone disease (P7)."""
    if draft.product is not None and draft.product.use == "oncology":
        return yes(draft.evidence("draft_order"))
    return record.malignant_bone_disease()


def _absence_case(reading: object) -> str:
    if isinstance(reading, Missing) and reading.last is not None:
        return "too_old" if reading.why == "too-old" else "unusable"
    return "due"
