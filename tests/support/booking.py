"""Drafts that are no drugs: services asked for and appointments being booked."""

from typing import Any

from tests.support.bedside import Bedside, concept

PATIENT = {"reference": "Patient/p1"}


def requested(patient: Bedside, what: str, **extra: Any) -> Bedside:
    """A service request being drafted."""
    row = {"resourceType": "ServiceRequest", "id": f"s{len(patient.drafts)}", "status": "draft", "intent": "order"}
    patient.drafts.append({**row, "subject": PATIENT, "code": concept(what), **extra})
    return patient


def proposed(patient: Bedside, what: str, start: str = "2026-06-10T08:00:00+02:00", **extra: Any) -> Bedside:
    """An appointment being booked."""
    row = {"resourceType": "Appointment", "id": f"v{len(patient.drafts)}", "status": "proposed", "start": start}
    patient.drafts.append({**row, "participant": [{"actor": PATIENT}], "serviceType": [concept(what)], **extra})
    return patient
