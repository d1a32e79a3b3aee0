"""The kidney under a running bisphosphonate (family NEPH)."""

from dataclasses import dataclass

from fhir_mappers.record.answer import ABSENT, TOO_OLD, no, yes
from fhir_mappers.record.facts import ORDERS
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.products import Use
from fhir_mappers.record.proposals import NewMedication, NewService, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import Outcome, PatientRecord, Verdict, judge


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
