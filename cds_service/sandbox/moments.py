"""The context of a call at each hook for the same patient: what the user of an EHR would have on the screen.

Pure: resources in, resources out.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from fhir_mappers.build import build_record
from hooks.exact_json import dumps_exact

Resource = dict[str, Any]

PRACTITIONER = "Practitioner/syn-prescriber"
FHIR_BASE = "https://ehr.example.org/fhir"  # only inside fullUrl: reserved for examples, never called
ORDERING = ("order-sign", "order-select")
# What a renewal writes anew; what was said of the earlier prescription and its own numbers do not pass on.
_RENEWED = ("resourceType", "medicationCodeableConcept", "medicationReference", "subject", "requester", "reasonCode",
            "reasonReference", "dosageInstruction")  # fmt: skip


def context(
    hook: str, patient: Resource, orders: list[Resource], chosen: Iterable[str], prefetch: Resource, day: date
) -> Resource:
    """The fields that ``hook`` defines.

    orders    what is being written, with resources it refers to; ``chosen`` are the ids of the orders themselves; an
              appointment among them is what is being booked, and no order
    prefetch  the record, for the running treatment that is renewed where nothing is being written
    """
    patient_id, wanted = patient["id"], set(chosen)
    visits = [order for order in orders if order["resourceType"] == "Appointment"]
    orders = [order for order in orders if order not in visits]
    written = [order for order in orders if order["id"] in wanted]
    found: Resource = {"userId": PRACTITIONER, "patientId": patient_id}
    if hook == "order-select":
        found["selections"] = [reference(order) for order in written]
    if hook in ORDERING:
        found["draftOrders"] = _collection(orders)
    if hook == "encounter-discharge":
        found["encounterId"] = f"{patient_id}-stay"
    if hook == "medication-refill":
        renewed = [order for order in orders if _is_drug(order) and order.get("status") != "stopped"]
        found["medications"] = _collection(renewed or _renewals(prefetch, patient_id, day))
    if hook == "appointment-book":
        found["appointments"] = _collection(visits or [_visit(patient_id, day)])
    return found


def reference(resource: Resource) -> str:
    """``Type/id``."""
    return f"{resource['resourceType']}/{resource['id']}"


def full_url(resource: Resource) -> str:
    """The absolute address of a resource."""
    return f"{FHIR_BASE}/{reference(resource)}"


def _is_drug(resource: Resource) -> bool:
    return resource["resourceType"] in ("MedicationRequest", "Medication")


def _collection(resources: list[Resource]) -> Resource:
    bundle: Resource = {"resourceType": "Bundle", "type": "collection"}
    entries = [{"fullUrl": full_url(resource), "resource": resource} for resource in resources]
    return bundle | ({"entry": entries} if entries else {})


def _renewals(prefetch: Mapping[str, Any], patient_id: str, day: date) -> list[Resource]:
    """The running antiresorptives once more, as drafts of this day, with the Medications they name."""
    sent = {key: dumps_exact(value) for key, value in prefetch.items()}
    running = {order.source.resource for order in build_record(sent, None, None, patient_id, day).orders(use=None)}
    held = [entry["resource"] for entry in prefetch["medicationRequests"].get("entry", [])]
    renewed = [_renewal(resource, day) for resource in held if reference(resource) in running]
    named = {order.get("medicationReference", {}).get("reference") for order in renewed}
    return [*renewed, *(resource for resource in held if reference(resource) in named)]


def _renewal(order: Resource, day: date) -> Resource:
    kept = {name: order[name] for name in _RENEWED if name in order}
    state = {"id": f"{order['id']}-renewal", "status": "draft", "intent": "order", "authoredOn": day.isoformat()}
    return kept | state | {"priorPrescription": {"reference": reference(order)}}


def _visit(patient_id: str, day: date) -> Resource:
    """A visit to the ward, proposed for the day itself."""
    return {
        "resourceType": "Appointment",
        "id": f"{patient_id}-visit",
        "status": "proposed",
        "description": "Consultation",
        "start": f"{day.isoformat()}T14:00:00+01:00",
        "end": f"{day.isoformat()}T14:30:00+01:00",
        "participant": [{"actor": {"reference": f"Patient/{patient_id}"}, "status": "needs-action"}],
    }
