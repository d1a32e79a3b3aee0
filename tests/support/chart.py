"""Facts of a chart that the bedside has no word for. Days are counted back from today unless they are dates.

In the tables a blank cell is not recorded, ``?`` was not fetched, a number is days ago, anything else a FHIR date.
"""

from datetime import timedelta
from typing import Any

from tests.support.bedside import PRODUCTS, TODAY, Bedside, concept

LUNG = ("lung_cancer", "bone_metastasis")


def ago(cell: str | int) -> str:
    """The date a cell means: ``183`` days ago, ``-7`` in a week, ``2026-05`` as it stands."""
    text = str(cell)
    return text if "-" in text[1:] or len(text.lstrip("-")) == 4 else (TODAY - timedelta(days=int(text))).isoformat()


def lung_patient(*, certain: str = "confirmed") -> Bedside:
    """A man of 70 with lung cancer and a bone metastasis, nothing else on file."""
    status = {"verificationStatus": {"coding": [{"code": certain}]}}
    return Bedside().ill("lung_cancer", "2025-01-10", **status).ill("bone_metastasis", "2025-01-10", **status)


def dispensed(bedside: Bedside, product: str, day: str, *, status: str = "completed") -> Bedside:
    """A dispense; it travels with the administrations."""
    row = {"status": status, "medicationCodeableConcept": PRODUCTS[product], "whenHandedOver": day}
    return bedside.add("medicationAdministrations", "MedicationDispense", row)


def booked(bedside: Bedside, what: str, day: str, *, status: str = "booked") -> Bedside:
    """An appointment of a kind."""
    participant = [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}]
    row = {"status": status, "serviceType": [concept(what)], "start": f"{day}T09:00:00+02:00"}
    return bedside.add("appointments", "Appointment", row | {"participant": participant})


def care_plan(bedside: Bedside, what: str, *, status: str = "active") -> Bedside:
    """A care plan of a category."""
    return bedside.add("carePlans", "CarePlan", {"status": status, "intent": "plan", "category": [concept(what)]})


def reported(bedside: Bedside, what: str, day: str, *, status: str = "final", **extra: Any) -> Bedside:
    """A diagnostic report."""
    row = {"status": status, "code": concept(what), "effectiveDateTime": day, **extra}
    return bedside.add("diagnosticReports", "DiagnosticReport", row)


def asked_for(bedside: Bedside, what: str, day: str, *, status: str = "active") -> Bedside:
    """A request in the record for a test, a visit or an advice."""
    row = {"status": status, "intent": "order", "code": concept(what), "authoredOn": day}
    return bedside.add("serviceRequests", "ServiceRequest", row)


def order_id(bedside: Bedside, index: int = -1) -> str:
    """``MedicationRequest/x`` of an order on file, the last one by default."""
    return f"MedicationRequest/{bedside.resources['medicationRequests'][index]['id']}"


def stops(bedside: Bedside, product: str | None, how: str = "stopped", *, prior: str | None = None) -> Bedside:
    """A draft that ends a therapy: ``stopped``, ``cancelled`` for a reason, ``do not perform``, ``discontinuation``."""
    if how == "discontinuation":
        row = {"resourceType": "ServiceRequest", "id": f"s{len(bedside.drafts)}", "status": "draft", "intent": "order"}
        row |= {"subject": {"reference": "Patient/p1"}, "code": concept("antiresorptive_discontinuation")}
        bedside.drafts.append(row)
        return bedside
    assert product is not None
    extra: dict[str, Any] = {"priorPrescription": {"reference": prior}} if prior else {}
    if how == "do not perform":
        return bedside.drafts_order(product, doNotPerform=True, **extra)
    reason = {} if how == "stopped" else {"statusReason": concept("stop_patient_choice")}
    return bedside.drafts_order(product, status=how, **reason, **extra)


def missing(bedside: Bedside, rule: str, edition: str = "") -> str:
    """What a needs-data finding lacks."""
    return ",".join(gap.what for gap in bedside.asks(rule, edition).verdict.missing)
