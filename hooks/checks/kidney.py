"""The kidney under bisphosphonates, chemotherapy and targeted therapy (family NEPH)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, no, yes
from fhir_mappers.record.drafting import is_intravenous_bisphosphonate
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.products import ZOLEDRONATE, Use
from fhir_mappers.record.proposals import Names, NewMedication, NewService, Proposal, RemoveDraft, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, Outcome, PatientRecord, Verdict, judge, not_applicable

NEPHROTOXIC = (*c.PLATINUM, c.PEMETREXED)


@dataclass(frozen=True, slots=True)
class StopBelow:
    """The clearance (mL/min) below which the bisphosphonate stops, and how old (d) a creatinine may be to say so."""

    below: Quantity
    old: Quantity


def stop_bisphosphonate(record: PatientRecord, limits: StopBelow) -> Verdict:
    """When clearance falls below 30 mL/min the intravenous bisphosphonate stops.

    For whom  an intravenous bisphosphonate order is active: an oncology product, or any in malignant bone disease
    Holds     no dialysis, and clearance >= below from a creatinine up to ``old``; one older than the dosing window is
              quoted as old, a preliminary one may stop but never reassures. What is not recorded is silent here
              (AR-RENAL-01 asks at the order), unless the estimated filtration rate is below too
    Units     mL/min, days (UCUM d)
    Source    guidelines/kidney.toml [NEPH-STOP-01]
    """
    running = tuple(
        o for o in record.orders(use=None) if o.product and o.product.intravenous and o.product.is_bisphosphonate
    )
    oncology = tuple(o for o in running if o.product and o.product.use is Use.ONCOLOGY)
    ordered = record.any_of(running, ORDERS, what="bisphosphonate_order")
    for_whom = ordered & (yes() if oncology else record.malignant_bone_disease())
    now, case = _newest_clearance(record, limits)
    low, severe, on_dialysis = now.below(limits.below), record.egfr_below(limits.below), record.dialysis()
    if low.is_unknown and not severe.is_yes and all(m.why in (ABSENT, TOO_OLD) for m in low.missing):
        low = no()
    verdict = judge(
        for_whom,
        ~(on_dialysis | low),
        case="dialysis" if on_dialysis.is_yes else case,
        proposals=(
            StopOrder(running),
            StopOrder(running, NewMedication("denosumab")),
            NewService(("creatinine_test",)),
        ),
        clearance=now if now.span is not None else None,
        below=limits.below,
    )
    return verdict.resting_on(*severe.evidence) if verdict.outcome is Outcome.UNDECIDED else verdict


def _newest_clearance(record: PatientRecord, limits: StopBelow) -> tuple[Clearance, str]:
    """The clearance to judge by and the case: a fresh creatinine, else a low preliminary one, else an old one."""
    window = record.conventions.clearance.creatinine_zoledronate
    fresh, early = record.clearance(window), record.provisional_clearance(window)
    if fresh.span is not None:
        return fresh, "due"
    return (early, "due") if early.below(limits.below).is_yes else (record.clearance(limits.old), "old_value")


@dataclass(frozen=True, slots=True)
class Cumulative:
    """How long (d) a dose of platinum or pemetrexed counts, and the clearance (mL/min) below which it is a warning."""

    window: Quantity
    reduced: Quantity


def cumulative_toxicity(record: PatientRecord, limits: Cumulative) -> Verdict:
    """Platinum, pemetrexed and an intravenous bisphosphonate add up on the kidney.

    For whom  an intravenous bisphosphonate is drafted (oncology product, or any in malignant bone disease) and platinum
              or pemetrexed is drafted too, runs, or was given within ``window``; or one of them is drafted while an
              intravenous bisphosphonate runs or is presumed to (P8) and is not being stopped. All drafts of the
              session are seen together
    Holds     never: the combination is routine, so one line of information; below ``reduced`` or on dialysis a
              warning. A clearance that is not known is information. Silent when ZOL-CI-01 fires
    Units     mL/min, days (UCUM d)
    Source    guidelines/kidney.toml [NEPH-CUM-01]
    """
    drafts = tuple(d for d in record.live_drafts() if is_intravenous_bisphosphonate(d))
    drafted = record.drafted_any(*NEPHROTOXIC)
    both = _in_scope(record, drafts) & (drafted | _chemotherapy(record, limits.window))
    for_whom = both | (drafted & _on_bisphosphonate(record))
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    used, low = _clearance_below(record, limits.reduced, record.conventions.clearance.creatinine_zoledronate)
    case = "dialysis" if record.dialysis().is_yes else ("reduced" if low.is_yes else "due")
    verdict = judge(
        for_whom,
        no(),
        case=case,
        proposals=(NewService(("creatinine_test",)), *(_denosumab_instead(drafts) if case != "due" else ())),
        notes=("clearance_unknown",) if used.span is None else (),
        clearance=used if used.span is not None else None,
        reduced=limits.reduced,
        window=limits.window,
    )
    return verdict.resting_on(*used.evidence) if verdict.outcome is Outcome.DUE else verdict


def _in_scope(record: PatientRecord, drafts: tuple[DraftOrder, ...]) -> Answer:
    """An intravenous bisphosphonate is drafted for the bones of a cancer (P12)."""
    proof = tuple(d.evidence("draft_order") for d in drafts)
    oncology = any(d.product is not None and d.product.use is Use.ONCOLOGY for d in drafts)
    return Answer(bool(drafts), proof) & (yes() if oncology else record.malignant_bone_disease())


def _chemotherapy(record: PatientRecord, window: Quantity) -> Answer:
    """Platinum or pemetrexed runs, or was given or reported within the window."""
    known = [course for course in record.courses if course.is_any(NEPHROTOXIC)]
    running = [course for course in known if course.status == "active"]
    told = [course for course in known if course.kind == "statement" and course.status == "completed"]
    what = "nephrotoxic_chemotherapy"
    given = record.recent([*record.doses_of(NEPHROTOXIC), *told], window, ADMINISTRATIONS, STATEMENTS, what=what)
    return record.any_of(running, ORDERS, STATEMENTS, what=what) | given


def _on_bisphosphonate(record: PatientRecord) -> Answer:
    """An intravenous bisphosphonate of oncology runs or is presumed to; one that cannot be told counts in malignant
    bone disease; one that a draft of the session stops does not.
    """
    if any(d.stops and d.product is not None and d.product.intravenous for d in record.drafts):
        return no()
    products = (*(dose.product for dose in record.doses), *(course.product for course in record.courses))
    found = (p.substance for p in products if p is not None and p.intravenous and p.is_bisphosphonate)
    substances = tuple(dict.fromkeys((ZOLEDRONATE, *found)))
    unclear = record.given(*substances, use=Use.UNIDENTIFIED)
    window, what = record.conventions.treatment.recent, "antiresorptive_doses"
    either = record.recent(unclear, window, ADMINISTRATIONS, STATEMENTS, what=what) & record.malignant_bone_disease()
    return record.treated(*substances) | either


def _denosumab_instead(drafts: tuple[DraftOrder, ...]) -> tuple[Proposal, ...]:
    return tuple(RemoveDraft(draft, NewMedication("denosumab")) for draft in drafts)


def _clearance_below(record: PatientRecord, limit: Quantity, window: Quantity) -> tuple[Clearance, Answer]:
    """The clearance to judge by and whether it is below; a preliminary creatinine may alarm but never reassures."""
    now, early = record.clearance(window), record.provisional_clearance(window)
    low, feared = now.below(limit), early.below(limit)
    return (early, feared) if feared.is_yes and not low.is_yes else (now, low)


@dataclass(frozen=True, slots=True)
class ChemotherapyDose:
    """The clearance (mL/min) below which chemotherapy doses are reviewed."""

    below: Quantity


def chemotherapy_dose(record: PatientRecord, limits: ChemotherapyDose, draft: DraftOrder) -> Verdict:
    """Below 30 mL/min lower chemotherapy doses are considered; the guideline gives no figure, so none is proposed.

    For whom  platinum or pemetrexed is drafted, in lung cancer or malignant bone disease; in anybody once the clearance
              is known to be below (safer reading: the disease is often not coded)
    Holds     no dialysis, and clearance >= below, from a creatinine of the dosing window (30 d)
    Units     mL/min
    Unknown   creatinine, weight, sex or age; the estimated filtration rate only asks for them (A28)
    Source    guidelines/kidney.toml [NEPH-CHEMO-01]
    """
    used, low = _clearance_below(record, limits.below, record.conventions.clearance.creatinine_zoledronate)
    on_dialysis, severe = record.dialysis(), record.egfr_below(limits.below)
    harmful = on_dialysis | low
    concerned = yes() if harmful.is_yes else record.has(c.LUNG_CANCER) | record.malignant_bone_disease()
    verdict = judge(
        yes(draft.evidence("draft_order")) & concerned,
        ~harmful,
        case="dialysis" if on_dialysis.is_yes else "due",
        said_by="AR-RENAL-01" if harmful.is_unknown else None,
        proposals=(NewService(("pharmacist_review",)), NewService(("creatinine_test",))),
        notes=("egfr_low",) if harmful.is_unknown and severe.is_yes else (),
        drug=_drug(draft, ("cisplatin", "carboplatin", c.PEMETREXED)),
        clearance=used if used.span is not None else None,
        below=limits.below,
    )
    return verdict.resting_on(*severe.evidence) if verdict.notes else verdict


@dataclass(frozen=True, slots=True)
class KinaseInhibitor:
    """The clearance (mL/min) that is severe impairment, and how old (d) a creatinine may be to say so."""

    below: Quantity
    old: Quantity


def kinase_inhibitor(record: PatientRecord, limits: KinaseInhibitor, draft: DraftOrder) -> Verdict:
    """A tyrosine kinase inhibitor is not advised in severe renal impairment (class statement, A32: labels differ).

    For whom  an EGFR or ALK inhibitor is drafted; another kinase inhibitor in lung cancer (ROS1, MET, RET ... have no
              codes of their own)
    Holds     no dialysis, and clearance >= below from a creatinine up to ``old``; no such creatinine is silent, unless
              the estimated filtration rate is below too
    Units     mL/min, days (UCUM d)
    Source    guidelines/kidney.toml [NEPH-TKI-01]
    """
    used, low = _clearance_below(record, limits.below, limits.old)
    on_dialysis, severe = record.dialysis(), record.egfr_below(limits.below)
    if low.is_unknown and not severe.is_yes and all(m.why in (ABSENT, TOO_OLD) for m in low.missing):
        low = no()
    harmful = on_dialysis | low
    verdict = judge(
        yes(draft.evidence("draft_order"))
        & (yes() if draft.is_any(c.KINASE_INHIBITORS) else record.has(c.LUNG_CANCER)),
        ~harmful,
        case="dialysis" if on_dialysis.is_yes else "due",
        proposals=(NewService(("pharmacist_review",)), NewService(("nephrology_referral",))),
        notes=("egfr_low",) if harmful.is_unknown and severe.is_yes else (),
        drug=_drug(draft, tuple(name for name in c.KINASE_INHIBITORS if not name.endswith("_any"))),
        clearance=used if used.span is not None else None,
        below=limits.below,
    )
    return verdict.resting_on(*severe.evidence) if verdict.notes else verdict


def _drug(draft: DraftOrder, known: tuple[str, ...]) -> Names:
    """The name of the drug ordered, else of its class."""
    return Names(tuple(name for name in known if draft.is_any(name)) or draft.concepts[:1])
