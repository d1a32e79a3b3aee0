"""Denosumab: dose, kidney, product (family DMAB). Its rhythm stands in ``denosumab_rhythm``."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Known, Missing, no, unknown, yes
from fhir_mappers.record.drafting import is_denosumab_oncology
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, Use
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, RemoveDraft, SetDose
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, grade, judge, not_applicable, undecided

WORK_UP = ("pth", "bone_alkaline_phosphatase", "phosphate", "calcium_albumin")


@dataclass(frozen=True, slots=True)
class DenosumabDose:
    """The dose (mg) with its tolerance, the shortest interval and the usual one (d)."""

    dose: Quantity
    tolerance: Quantity
    shortest: Quantity
    usual: Quantity


def dose(record: PatientRecord, limits: DenosumabDose, draft: DraftOrder) -> Verdict:
    """The oncology product is given at 120 mg under the skin, once a month.

    For whom  the oncology product is drafted
    Holds     dose within tolerance, route subcutaneous when stated, interval >= shortest when stated, and the last
              completed dose >= shortest before the planned one
    Units     mg, days (UCUM d)
    Source    guidelines/denosumab.toml [DMAB-DOSE-01]
    """
    proof = (draft.evidence("draft_order"),)
    if isinstance(draft.dose, Missing):
        return undecided((draft.dose,), evidence=proof)
    since = record.interval_since_last(draft, DENOSUMAB_INGREDIENT)
    case = _dose_case(limits, draft, since)
    if case is None and isinstance(since, Missing) and since.why != ABSENT:
        return judge(yes(*proof), unknown(since))
    return grade(
        yes(*proof),
        case,
        (*proof, *(since.evidence if isinstance(since, Known) and case == "too_soon" else ())),
        proposals=_right_order(limits, draft, case),
        dose=draft.dose,
        advised=limits.dose,
        interval=draft.interval,
        days=since.value if isinstance(since, Known) else None,
        shortest=limits.shortest,
    )


def _dose_case(limits: DenosumabDose, draft: DraftOrder, since: Known[Quantity] | Missing) -> str | None:
    if isinstance(draft.dose, Quantity) and abs(draft.dose.value - limits.dose.value) > limits.tolerance.value:
        return "due"
    if draft.routes and c.ROUTE_SC not in draft.routes:
        return "route"
    if draft.interval is not None and draft.interval < limits.shortest:
        return "interval"
    return "too_soon" if isinstance(since, Known) and since.value < limits.shortest else None


def _right_order(limits: DenosumabDose, draft: DraftOrder, case: str | None) -> tuple[Proposal, ...]:
    if case == "due":
        return (SetDose(draft, limits.dose),)
    if case == "route":
        return (SetDose(draft, route=c.ROUTE_SC),)
    return (SetDose(draft, interval=limits.usual),) if case == "interval" else ()


@dataclass(frozen=True, slots=True)
class NoReduction:
    """The full dose with its tolerance (mg), and the clearance (mL/min) under which less looks like an adjustment."""

    dose: Quantity
    tolerance: Quantity
    clearance: Quantity


def no_renal_reduction(record: PatientRecord, limits: NoReduction, draft: DraftOrder) -> Verdict:
    """Denosumab is not reduced for renal function.

    For whom  the oncology product drafted below its dose
    Holds     clearance >= clearance limit, or not known (DMAB-DOSE-01 speaks anyway)
    Units     mg, mL/min
    Source    guidelines/denosumab.toml [DMAB-RENAL-01]
    """
    if not isinstance(draft.dose, Quantity) or draft.dose >= limits.dose - limits.tolerance:
        return not_applicable()
    now = record.clearance(record.conventions.clearance.creatinine_denosumab)
    low = now.below(limits.clearance)
    return judge(
        yes(draft.evidence("draft_order")),
        ~low if not low.is_unknown else yes(),
        said_by="DMAB-DOSE-01",
        clearance=now,
        dose=limits.dose,
    )


@dataclass(frozen=True, slots=True)
class Adynamic:
    """The clearance (mL/min) below which adynamic bone is considered."""

    below: Quantity


def adynamic_bone(record: PatientRecord, limits: Adynamic, draft: DraftOrder) -> Verdict:
    """In severe renal failure the bone may be adynamic: a caution, neither a contraindication nor a dose change.

    For whom  the oncology product; an unidentified one in malignant bone disease
    Holds     clearance >= below and no dialysis; a creatinine that is merely absent or old is silent (AR-RENAL-01 asks)
    Units     mL/min
    Source    guidelines/denosumab.toml [DMAB-ADYN-01]
    """
    proof = (draft.evidence("draft_order"),)
    for_whom = yes(*proof) if is_denosumab_oncology(draft) else record.malignant_bone_disease()
    now = record.clearance(record.conventions.clearance.creatinine_denosumab)
    low = now.below(limits.below)
    if low.is_unknown and all(m.why in (ABSENT, TOO_OLD) for m in low.missing):
        low = no()
    on_dialysis = record.dialysis()
    return judge(
        for_whom,
        ~(on_dialysis | low),
        case="dialysis" if on_dialysis.is_yes else "due",
        proposals=(NewService(WORK_UP), NewService(("nephrology_referral",))),
        clearance=now if now.span is not None else None,
        below=limits.below,
    )


def product(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """The 60 mg osteoporosis product, or one that cannot be told, is not ordered for malignant bone disease.

    For whom  denosumab that is not the oncology product is drafted in malignant bone disease
    Holds     never: either it is the osteoporosis product (due), or brand and dose do not tell (undecided)
    Source    guidelines/denosumab.toml [DMAB-PROD-01]
    """
    ill = record.malignant_bone_disease()
    proof = draft.evidence("draft_order")
    if draft.product is not None and draft.product.use is Use.UNIDENTIFIED:
        return (
            undecided((Missing("product", ABSENT, proof),), evidence=ill.evidence) if ill.is_yes else judge(ill, no())
        )
    instead = (RemoveDraft(draft, NewMedication("denosumab")),)
    return judge(ill, no(proof), proposals=instead).resting_on(*ill.evidence)
