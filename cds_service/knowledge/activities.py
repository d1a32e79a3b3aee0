"""What may be proposed, as ActivityDefinitions: drugs and services of the formulary, as they would be drafted."""

from datetime import date
from functools import cache

from cds_service.fhir_search import Shelf
from cds_service.knowledge.canonical import Json, resource, slug
from fhir_mappers.formulary import MedicationItem, ServiceItem, default_formulary
from fhir_mappers.new_orders import OrderContext, medication_order
from fhir_mappers.record.proposals import NewMedication

_NO_DOSE = "No dose is proposed here: it depends on the patient, or the prescriber enters it."
# Drafts are made for a patient on a day; neither shows in what is taken from them.
_ANYONE = OrderContext("anyone", None, None, date(2000, 1, 1), "en")


@cache
def activities() -> Shelf:
    """Every drug and every service of the formulary by its id."""
    book = default_formulary()
    drugs = [_drug(key, item) for key, item in book.medications.items()]
    services = {item.key: item for items in book.services.values() for item in items}
    return {made["id"]: made for made in (*drugs, *(_service(item) for item in services.values()))}


def _drug(key: str, item: MedicationItem) -> Json:
    draft = medication_order(NewMedication(key), item.dose, _ANYONE)
    return resource(
        "ActivityDefinition",
        slug(f"medication-{key}"),
        item.term.text,
        kind="MedicationRequest",
        intent="proposal",
        description=None if item.dose is not None else _NO_DOSE,
        productCodeableConcept=draft["medicationCodeableConcept"],
        dosage=draft["dosageInstruction"],
    )


def _service(item: ServiceItem) -> Json:
    return resource(
        "ActivityDefinition",
        slug(f"service-{item.key}"),
        item.term.text,
        kind="ServiceRequest",
        intent="proposal",
        description=item.instruction["en"] if item.instruction else None,
        code=item.term.codeable("en"),
        priority=item.priority,
    )
