"""The kidney under a running bisphosphonate (family NEPH)."""

from dataclasses import dataclass

from fhir_mappers.record.answer import ABSENT, TOO_OLD, no, yes
from fhir_mappers.record.facts import ORDERS
from fhir_mappers.record.products import Use
from fhir_mappers.record.proposals import NewMedication, NewService, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import PatientRecord, Verdict, judge


@dataclass(frozen=True, slots=True)
class StopBelow:
    """The clearance (mL/min) below which the bisphosphonate stops, and how old (d) a creatinine may be to say so."""

    below: Quantity
    old: Quantity


def stop_bisphosphonate(record: PatientRecord, limits: StopBelow) -> Verdict:
    """When clearance falls below 30 mL/min the intravenous bisphosphonate stops.

    For whom  an intravenous bisphosphonate order is active: an oncology product, or any in malignant bone disease
    Holds     no dialysis, and clearance >= below from a creatinine up to ``old``; one older than the dosing window is
              quoted as old. No creatinine is silent here (AR-RENAL-01 asks at the order)
    Units     mL/min, days (UCUM d)
    Source    guidelines/kidney.toml [NEPH-STOP-01]
    """
    running = tuple(
        o for o in record.orders(use=None) if o.product and o.product.intravenous and o.product.is_bisphosphonate
    )
    oncology = tuple(o for o in running if o.product and o.product.use is Use.ONCOLOGY)
    ordered = record.any_of(running, ORDERS, what="bisphosphonate_order")
    for_whom = ordered & (yes() if oncology else record.malignant_bone_disease())
    fresh = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    now = fresh if fresh.span is not None else record.clearance(limits.old)
    low = now.below(limits.below)
    if low.is_unknown and all(m.why in (ABSENT, TOO_OLD) for m in low.missing):
        low = no()
    on_dialysis = record.dialysis()
    case = "dialysis" if on_dialysis.is_yes else ("due" if now is fresh else "old_value")
    return judge(
        for_whom,
        ~(on_dialysis | low),
        case=case,
        proposals=(
            StopOrder(running),
            StopOrder(running, NewMedication("denosumab")),
            NewService(("creatinine_test",)),
        ),
        clearance=now if now.span is not None else None,
        below=limits.below,
    )
