"""Zoledronic acid: dose, contraindication, product (family ZOL). How it is given stands in ``zoledronate_use``."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, IMPRECISE, UNAVAILABLE, Answer, Missing, no, yes
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.drafting import is_zoledronate_oncology
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.products import ZOLEDRONATE, Use
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, RemoveDraft, SetDose
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, grade, judge, not_applicable, undecided

CREATININE_TEST = "creatinine_test"


def dose(record: PatientRecord, limits: ZoledronateDose, draft: DraftOrder) -> Verdict:
    """The dose of the oncology product follows the creatinine clearance.

    For whom  the oncology product is drafted, no dialysis, current clearance not below the contraindication
    Holds     |dose - dose of the table| <= tolerance; the table is entered with the lower of current and first-dose
              clearance (A2), unrounded, in exact arithmetic
    Units     mg; clearance in mL/min
    Unknown   no dose in the order; creatinine, weight, sex or age unknown and not every value gives the same dose
    Source    guidelines/zoledronate.toml [ZOL-DOSE-01], 2026 edition Table 2
    """
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    if record.dialysis().is_yes or now.below(limits.table.contraindicated_below).is_yes:
        return not_applicable(*now.evidence)
    first = _first_clearance(record, now)
    if isinstance(draft.dose, Quantity) and draft.dose > limits.highest:
        return _too_much(limits, draft, now, limits.table.dose_for(now, first))
    advised = limits.table.dose_for(now, first)
    if not isinstance(draft.dose, Quantity) or advised is None:
        return _dose_unknown(record, draft, now, advised)
    proof = (draft.evidence("draft_order"), *now.evidence, *(first.evidence if first is not now else ()))
    return grade(
        yes(draft.evidence("draft_order")),
        _dose_case(record, limits, draft, now, advised),
        proof,
        proposals=(SetDose(draft, advised),),
        notes=_dose_notes(now, first, limits),
        dose=draft.dose,
        advised=advised,
        clearance=now,
        first_clearance=first if first is not now else None,
    )


def _first_clearance(record: PatientRecord, now: Clearance) -> Clearance:
    """Clearance at the first dose when it is known and the patient is on zoledronic acid; else the current one.

    One whose weight or age was not known then is left aside: it would leave every dose open.
    """
    if not record.treated(ZOLEDRONATE).is_yes:
        return now
    first = record.first_given(ZOLEDRONATE)
    then = record.clearance_at(first.when if first is not None else None)
    unknown_then = [m for m in then.missing if m.what != "sex" and m.why != IMPRECISE]
    return now if then.span is None or unknown_then else then


def _dose_case(
    record: PatientRecord, limits: ZoledronateDose, draft: DraftOrder, now: Clearance, advised: Quantity
) -> str | None:
    if not isinstance(draft.dose, Quantity) or abs(draft.dose.value - advised.value) <= limits.tolerance.value:
        return None
    if draft.dose < advised:
        return "below_table"
    current = limits.table.dose_for(now)
    if current is not None and current >= draft.dose:
        return "first_clearance_only"
    return "in_hypercalcaemia" if record.hypercalcaemic_emergency(draft).is_yes else "above_table"


def _dose_notes(now: Clearance, first: Clearance, limits: ZoledronateDose) -> tuple[str, ...]:
    floor = limits.table.contraindicated_below
    found = {
        "sex_unknown": now.sex is None,
        "several_creatinines": now.several,
        "provisional_creatinine": now.provisional,
        "first_clearance_severe": first is not now and first.below(floor).is_yes,
        "inputs_assumed": bool([m for m in now.missing if m.what != "sex"]),
    }
    return tuple(name for name, holds in found.items() if holds)


def _too_much(limits: ZoledronateDose, draft: DraftOrder, now: Clearance, advised: Quantity | None) -> Verdict:
    proof = (draft.evidence("draft_order"), *now.evidence)
    proposals = (SetDose(draft, advised),) if advised else ()
    figures = {"dose": draft.dose, "advised": advised, "highest": limits.table.full, "clearance": now}
    return grade(yes(proof[0]), "above_limit", proof, proposals=proposals, **figures)


def _dose_unknown(record: PatientRecord, draft: DraftOrder, now: Clearance, advised: Quantity | None) -> Verdict:
    missing = now.missing if advised is None else ()
    if not isinstance(draft.dose, Quantity):
        stated = draft.dose or Missing("dose", ABSENT, draft.evidence("draft_order"))
        missing = (*missing, stated)
    severe = record.egfr_below(record.conventions.clearance.severe)
    only_creatinine = now.span is None and {m.what for m in missing} == {c.CREATININE} and not severe.is_yes
    return undecided(
        missing,
        said_by="AR-RENAL-01" if only_creatinine else None,
        evidence=(draft.evidence("draft_order"), *now.evidence, *(severe.evidence if severe.is_yes else ())),
        notes=("egfr_low",) if severe.is_yes else (),
        egfr=severe.evidence[0].converted if severe.is_yes else None,
    )


@dataclass(frozen=True, slots=True)
class HighestDose:
    """The dose (mg) above which the order is wrong whatever the clearance, and the dose of the product."""

    highest: Quantity
    product: Quantity


def never_eight(record: PatientRecord, limits: HighestDose, draft: DraftOrder) -> Verdict:
    """The oncology product is never given above its dose (8 mg did more harm than good).

    For whom  the oncology product is drafted with a dose
    Holds     dose <= highest
    Units     mg
    Source    guidelines/zoledronate.toml [ZOL-8MG-01]
    """
    if not isinstance(draft.dose, Quantity):
        return not_applicable()
    right = Answer(draft.dose <= limits.highest, (draft.evidence("draft_order"),))
    return judge(yes(*right.evidence), right, said_by="ZOL-DOSE-01", dose=draft.dose, product=limits.product)


@dataclass(frozen=True, slots=True)
class Contraindication:
    """The clearance (mL/min) below which the drug is contraindicated (strictly)."""

    below: Quantity


def contraindicated(record: PatientRecord, limits: Contraindication, draft: DraftOrder) -> Verdict:
    """No zoledronic acid, nor another intravenous bisphosphonate, in severe renal failure or on dialysis.

    For whom  the oncology product; any other zoledronic acid or intravenous bisphosphonate in malignant bone disease
    Holds     no dialysis, and clearance >= below over every value the unknown inputs could take; a preliminary
              creatinine may contraindicate but never reassures
    Units     mL/min
    Source    guidelines/zoledronate.toml [ZOL-CI-01]
    """
    for_whom = yes(draft.evidence("draft_order")) if is_zoledronate_oncology(draft) else record.malignant_bone_disease()
    window = record.conventions.clearance.creatinine_zoledronate
    now, early = record.clearance(window), record.provisional_clearance(window)
    on_dialysis, low = record.dialysis(), now.below(limits.below)
    provisional = early.below(limits.below) if early.span is not None else no()
    harmful = on_dialysis | low | (provisional if provisional.is_yes else no())
    used = early if provisional.is_yes and not low.is_yes else now
    case = "dialysis" if on_dialysis.is_yes else ("provisional" if used.provisional else "due")
    verdict = judge(
        for_whom,
        ~harmful,
        case=case,
        said_by=_who_asks(draft, now) if harmful.is_unknown else None,
        proposals=_instead(draft),
        clearance=used if used.span is not None else None,
        below=limits.below,
    )
    severe = record.egfr_below(limits.below)
    return verdict.resting_on(*severe.evidence) if harmful.is_unknown and severe.is_yes else verdict


def _who_asks(draft: DraftOrder, now: Clearance) -> str | None:
    """The finding that already names the missing input: no second line for the same gap."""
    if not any(m.why in UNAVAILABLE for m in now.missing) and now.missing:
        return "AR-RENAL-01" if now.span is None else ("ZOL-DOSE-01" if is_zoledronate_oncology(draft) else None)
    return None


def _instead(draft: DraftOrder) -> tuple[Proposal, ...]:
    removed = (RemoveDraft(draft), RemoveDraft(draft, NewMedication("denosumab")))
    return (*removed, NewService((CREATININE_TEST,)), NewService(("nephrology_referral",)))


@dataclass(frozen=True, slots=True)
class Product:
    """The dose table for the order proposed instead."""

    dosing: ZoledronateDose


def product(record: PatientRecord, limits: Product, draft: DraftOrder) -> Verdict:
    """The yearly osteoporosis product, or one that cannot be told, is not ordered for malignant bone disease.

    For whom  zoledronic acid that is not the oncology product is drafted in malignant bone disease
    Holds     never: either it is the osteoporosis product (due), or brand and dose are missing (undecided)
    Source    guidelines/zoledronate.toml [ZOL-PROD-01]
    """
    ill = record.malignant_bone_disease()
    if draft.product is not None and draft.product.use is Use.UNIDENTIFIED:
        if not ill.is_yes:
            return judge(ill, no())
        return undecided((Missing("product", ABSENT, draft.evidence("draft_order")),), evidence=ill.evidence)
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    advised = limits.dosing.table.dose_for(now, _first_clearance(record, now)) if record.dialysis().is_no else None
    instead = (RemoveDraft(draft, NewMedication("zoledronic_acid", advised)),) if advised else ()
    shown = now if advised else None
    verdict = judge(ill, no(draft.evidence("draft_order")), proposals=instead, advised=advised, clearance=shown)
    return verdict.resting_on(*ill.evidence, *(now.evidence if advised else ()))
