"""Starting an antiresorptive: whether one is under way already, and the ways to begin (family AR)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, either
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal
from fhir_mappers.record.quantity import Quantity


@dataclass(frozen=True, slots=True)
class StartAfterEvent:
    """Adult age (a), look-back for the event and for doses (d), and the dose table."""

    adult: Quantity
    event: Quantity
    recent: Quantity
    dosing: ZoledronateDose


BEFORE_START = ("vitamin_d_test", "creatinine_test", "dental_consultation", "panoramic_xray")


def under_way(record: PatientRecord, recent: Quantity) -> Answer:
    """An antiresorptive of any use is drafted, active, or was given within ``recent`` (d)."""
    drafts = Answer(any(d.product is not None and not d.stops for d in record.drafts))
    active = record.any_of(record.orders(use=None), ORDERS, what="antiresorptive_order")
    given = record.recent(record.given(use=None), recent, ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    return either((drafts, active, given))


def adult_with_bone_metastasis(record: PatientRecord, adult: Quantity) -> Answer:
    """Lung cancer with a bone metastasis in an adult (a), not pregnant: whom the start is advised to."""
    return record.lung_bone_metastasis() & ~record.age_below(adult) & ~record.pregnant()


def lacks_one(record: PatientRecord, limits: StartAfterEvent) -> Answer:
    """Whoever is advised to start and has not, does not decline it, and is not in comfort-only care."""
    against = record.flagged(c.ANTIRESORPTIVE_DECLINED) | record.comfort_care() | under_way(record, limits.recent)
    return adult_with_bone_metastasis(record, limits.adult) & ~against


def dosing_clearance(record: PatientRecord, dosing: ZoledronateDose) -> Clearance | None:
    """The clearance that tells a dose of zoledronic acid; None without one, or where dialysis is not excluded."""
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    return now if record.dialysis().is_no and dosing.table.dose_for(now) else None


def ways_to_start(dosing: ZoledronateDose, now: Clearance | None) -> tuple[Proposal, ...]:
    """Zoledronic acid where the clearance tells its dose, denosumab, and what comes before the first dose."""
    advised = dosing.table.dose_for(now) if now else None
    zoledronate = (NewMedication(ZOLEDRONATE, advised),) if advised else ()
    return (*zoledronate, NewMedication(DENOSUMAB_INGREDIENT), NewService(BEFORE_START))
