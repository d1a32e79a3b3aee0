"""New orders in FHIR R4, filled from the formulary as plain dicts: what they hold, and when one is needless."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from fhir_mappers.draft_edits import UCUM
from fhir_mappers.formulary import MedicationItem, ServiceItem, default_formulary, substance
from fhir_mappers.rates import exactly
from fhir_mappers.record.events import DraftOrder, Request, TreatmentCourse
from fhir_mappers.record.proposals import NewCondition, NewMedication, NewService, RecordTaking
from fhir_mappers.record.quantity import Quantity

Json = dict[str, Any]

_MAY_REQUEST = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Organization", "Device")
_MAY_RECORD = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_OPEN = frozenset({"draft", "active", "on-hold"})
_PRESENT = _OPEN | {"proposed", "pending", "booked"}  # the last three: appointments


@dataclass(frozen=True, slots=True)
class OrderContext:
    """Whom, by whom and when: ids as CDS Hooks sends them. ``requests`` are the open requests of the record."""

    patient_id: str
    user_id: str | None
    encounter_id: str | None
    as_of: date
    language: str
    drafts: tuple[DraftOrder, ...] = ()
    requests: tuple[Request, ...] = ()


def medication_order(proposal: NewMedication, dose: Quantity | None, context: OrderContext) -> Json:
    """A drafted drug of the formulary. Without a dose none is guessed: the prescriber enters it.

    Raises:
        KeyError: the formulary has no such item or reason.
    """
    book = default_formulary()
    item = book.medications[proposal.item]
    order = _order(context, "MedicationRequest", "draft")
    order["medicationCodeableConcept"] = item.term.codeable(context.language)
    order["dosageInstruction"] = [_dosage(item, proposal, dose, context.language)]
    if item.course is not None:
        order["courseOfTherapyType"] = item.course.codeable(context.language)
    if proposal.reason is not None:
        order["reasonCode"] = [book.reasons[proposal.reason].codeable(context.language)]
    if proposal.on is not None:
        order["dispenseRequest"] = {"validityPeriod": {"start": proposal.on.isoformat()}}
    return order


def statement(proposal: RecordTaking, context: OrderContext) -> Json:
    """What the patient is said to take already, in whatever dose.

    Raises:
        KeyError: the formulary has no such item.
    """
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": default_formulary().medications[proposal.item].term.codeable(context.language),
        "subject": {"reference": f"Patient/{context.patient_id}"},
        "dateAsserted": context.as_of.isoformat(),
        "informationSource": {"reference": f"Patient/{context.patient_id}"},
    }


def service_order(item: ServiceItem, proposal: NewService, context: OrderContext) -> Json:
    """A drafted request for one service of the formulary."""
    order = _order(context, "ServiceRequest", "draft")
    order["category"] = [item.category.codeable(context.language)]
    order["code"] = item.term.codeable(context.language)
    if item.instruction is not None:
        order["patientInstruction"] = item.instruction.get(context.language, item.instruction["en"])
    if proposal.on is not None:
        order["occurrenceDateTime"] = proposal.on.isoformat()
    if item.priority is not None:
        order["priority"] = item.priority
    book = default_formulary()
    if notes := [book.notes[key] for each in proposal.notes if each.item == item.key for key in each.notes]:
        order["note"] = [{"text": " ".join(note.get(context.language, note["en"]) for note in notes)}]
    return order


def condition(proposal: NewCondition, context: OrderContext) -> Json:
    """A diagnosis for the problem list, recorded by the user.

    Raises:
        KeyError: the formulary has no such diagnosis.
    """
    written: Json = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": f"{_TERMINOLOGY}/condition-clinical", "code": "active"}]},
        "verificationStatus": {
            "coding": [{"system": f"{_TERMINOLOGY}/condition-ver-status", "code": proposal.certainty}]
        },
        "category": [{"coding": [{"system": f"{_TERMINOLOGY}/condition-category", "code": "problem-list-item"}]}],
        "code": default_formulary().conditions[proposal.item].codeable(context.language),
        "subject": {"reference": f"Patient/{context.patient_id}"},
        "recordedDate": context.as_of.isoformat(),
    }
    if proposal.onset is not None:
        onset = proposal.onset
        written["onsetDateTime"] = onset.first.isoformat() if onset.is_day else onset.text
    if context.encounter_id:
        written["encounter"] = {"reference": f"Encounter/{context.encounter_id}"}
    if context.user_id and context.user_id.partition("/")[0] in _MAY_RECORD:
        written["recorder"] = {"reference": context.user_id}
    return written


def stop_order(running: TreatmentCourse, context: OrderContext) -> tuple[str, Json] | None:
    """An order that says *stopped* and refers to the running one, with the concept of its drug; None when that has no
    code. We hold no whole resource of a running order, and an update would need it.
    """
    names = (running.product.substance, *running.concepts) if running.product is not None else running.concepts
    found = next(((name, term) for name in names if (term := substance(name)) is not None), None)
    if found is None:
        return None
    order = _order(context, "MedicationRequest", "stopped")
    order["medicationCodeableConcept"] = found[1].codeable(context.language)
    if running.source.resource.startswith("MedicationRequest/"):
        order["priorPrescription"] = {"reference": running.source.resource}
    return found[0], order


def is_asked_for(item: ServiceItem, context: OrderContext) -> bool:
    """Drafted in this session, or asked for so recently that the request is still open."""
    drafted = any(not d.stops and d.status in _PRESENT and item.same & set(d.concepts) for d in context.drafts)
    return drafted or any(
        request.status in _OPEN and item.same & set(request.concepts) and _is_recent(request, context.as_of)
        for request in context.requests
    )


def _order(context: OrderContext, kind: str, status: str) -> Json:
    """What every order of ours begins with."""
    order: Json = {
        "resourceType": kind,
        "status": status,
        "intent": "order",
        "subject": {"reference": f"Patient/{context.patient_id}"},
        "authoredOn": context.as_of.isoformat(),
    }
    if context.encounter_id:
        order["encounter"] = {"reference": f"Encounter/{context.encounter_id}"}
    if context.user_id and context.user_id.partition("/")[0] in _MAY_REQUEST:
        order["requester"] = {"reference": context.user_id}
    return order


def _dosage(item: MedicationItem, proposal: NewMedication, dose: Quantity | None, language: str) -> Json:
    repeat: Json = {}
    if item.lasts is not None:
        repeat["boundsDuration"] = _quantity(item.lasts)
    if item.infusion is not None:
        repeat |= {"duration": item.infusion.value, "durationUnit": item.infusion.unit}
    if proposal.reason in item.once_for and proposal.interval is None:
        repeat["count"] = 1
    else:
        interval = proposal.interval or item.interval
        repeat |= {"frequency": item.frequency, "period": interval.value, "periodUnit": interval.unit}
        repeat |= {"count": proposal.count} if proposal.count is not None else {}
    dosage: Json = {"timing": {"repeat": repeat}, "route": item.route.codeable(language)}
    if item.instruction is not None:
        dosage["patientInstruction"] = item.instruction.get(language, item.instruction["en"])
    if dose is not None:
        dosage["doseAndRate"] = [{"doseQuantity": _quantity(dose)}]
    return dosage


def _quantity(quantity: Quantity) -> Json:
    """A FHIR Quantity without trailing zeros: 3.0 mg is misread tenfold."""
    value = exactly(Fraction(quantity.value))
    return {"value": value, "unit": quantity.unit, "system": UCUM, "code": quantity.unit}


def _is_recent(request: Request, day: date) -> bool:
    return request.when is not None and (day - request.when.last).days <= default_formulary().pending.value
