"""Denosumab: dose, rhythm, kidney, product, overdue injection (family DMAB)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Known, Missing, at_most, no, unknown, yes
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.drafting import is_denosumab_oncology
from fhir_mappers.record.facts import ORDERS
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Use
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, RemoveDraft, SetDose
from fhir_mappers.record.quantity import Quantity, Span
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, grade, judge, not_applicable, undecided


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
class DenosumabSpacing:
    """The longest interval still called monthly, and the usual one (d)."""

    monthly: Quantity
    usual: Quantity


def spacing(record: PatientRecord, limits: DenosumabSpacing, draft: DraftOrder) -> Verdict:
    """Denosumab is not spaced out: too few data, whatever the response.

    For whom  lung cancer, the oncology product drafted with an interval
    Holds     interval <= monthly
    Units     days (UCUM d)
    Source    guidelines/denosumab.toml [DMAB-SPACE-01]
    """
    if draft.interval is None:
        return not_applicable()
    right = Answer(draft.interval <= limits.monthly, (draft.evidence("draft_order"),))
    change = (SetDose(draft, interval=limits.usual),)
    return judge(record.has(c.LUNG_CANCER), right, proposals=change, interval=draft.interval, monthly=limits.monthly)


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
        proposals=(NewService(("pth", "bone_alkaline_phosphatase", "phosphate", "calcium_albumin")),),
        clearance=now if now.span is not None else None,
        below=limits.below,
    )


@dataclass(frozen=True, slots=True)
class Overdue:
    """Days after the last injection that make the next overdue, those that call for a re-evaluation, and how near an
    appointment must be (d).
    """

    overdue: Quantity
    lapsed: Quantity
    appointment: Quantity


def overdue(record: PatientRecord, limits: Overdue) -> Verdict:
    """Denosumab has no inertia: an injection is not late.

    For whom  an oncology denosumab order is active and begun, and no injection visit is booked in the coming days
    Holds     days since the last completed dose <= overdue; never recorded (and the order old enough) is undecided
    Units     days (UCUM d)
    Source    guidelines/denosumab.toml [DMAB-ADH-01]
    """
    running = [o for o in record.orders(DENOSUMAB_INGREDIENT) if o.planned is None or o.planned.first <= record.as_of]
    active = record.any_of(running, ORDERS, what="antiresorptive_order")
    for_whom = active & ~record.visit_booked(c.INJECTION_VISIT, limits.appointment)
    last = record.last_given(DENOSUMAB_INGREDIENT)
    if isinstance(last, Missing):
        begun = any(record.within(o.when, limits.overdue) is not True for o in running)
        if last.why == ABSENT and for_whom.is_yes and begun:
            return undecided((last,), case="never_recorded", evidence=for_whom.evidence)
        # Whether there is an order, or a visit, may itself not be known: then nothing on file is no all-clear.
        open_question = for_whom.is_unknown and (begun or not running)
        gaps = (last,) if last.why != ABSENT else for_whom.missing if open_question else ()
        return judge(for_whom, unknown(*gaps) if gaps else yes())
    since = record.days_since(last.value.when) or Span.exactly(0, "d")
    days = Quantity.of(f"{since.low} d")
    on_time = at_most(Known(since, last.evidence), limits.overdue)
    verdict = judge(
        for_whom,
        on_time,
        case="lapsed" if days > limits.lapsed else "due",
        proposals=(NewService(("denosumab_injection",)),),
        days=days,
        last=last.value.when,
        overdue=limits.overdue,
    )
    return verdict.resting_on(*last.evidence)


@dataclass(frozen=True, slots=True)
class Quarterly:
    """The rhythm (d) the guideline names for oligometastatic disease, and the dose table of its drug."""

    quarterly: Quantity
    dosing: ZoledronateDose


def oligometastatic(record: PatientRecord, limits: Quarterly, draft: DraftOrder) -> Verdict:
    """For oligometastatic lung cancer the guideline names quarterly zoledronic acid, not denosumab.

    For whom  lung cancer, the oncology product drafted
    Holds     the recorded extent is not oligometastatic (not known is silent)
    Source    guidelines/denosumab.toml [DMAB-OLIGO-01]
    """
    few = record.coded(c.DISEASE_EXTENT, c.OLIGOMETASTATIC, within=record.conventions.answers.extent)
    few = no() if few.is_unknown else few
    advised = limits.dosing.table.dose_for(record.clearance(record.conventions.clearance.creatinine_zoledronate))
    other: tuple[Proposal, ...] = ()
    if advised is not None and record.dialysis().is_no:
        other = (RemoveDraft(draft, NewMedication(ZOLEDRONATE, advised, interval=limits.quarterly)),)
    return judge(record.has(c.LUNG_CANCER), ~few, proposals=other, quarterly=limits.quarterly)


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
