"""Everything the FHIR server begins a day with: the shipped records, and the people and stays that calls refer to."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from cds_service.sandbox.fhir.kinds import KINDS, Resource
from cds_service.sandbox.scenarios import Scenario, record, scenarios

HOSPITAL: Resource = {
    "resourceType": "Organization",
    "id": "syn-hospital",
    "active": True,
    "name": "Hôpital fictif",
}
PRESCRIBER: Resource = {
    "resourceType": "Practitioner",
    "id": "syn-prescriber",
    "active": True,
    "name": [{"use": "official", "family": "Testprescriber", "given": ["Camille"], "prefix": ["Dr"]}],
}


@lru_cache(maxsize=2)
def shipped(day: date) -> tuple[Resource, ...]:
    """Every resource, moved to ``day``; nobody may change one. Two scenarios may share a record: it is there once."""
    found = [HOSPITAL, PRESCRIBER]
    for each in _one_for_each_record():
        resources = record(each, day)
        found += (resource for resource in resources if resource["resourceType"] in KINDS)
        found.append(_stay(resources[0]["id"], day))
    return tuple(found)


def stay_of(patient_id: str) -> str:
    """The id of the stay from which the patient is discharged (`moments.context`)."""
    return f"{patient_id}-stay"


def _one_for_each_record() -> list[Scenario]:
    return list({each.patient: each for each in reversed(scenarios())}.values())[::-1]


def _stay(patient_id: str, day: date) -> dict[str, Any]:
    """A stay in hospital that began three days ago."""
    act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Encounter",
        "id": stay_of(patient_id),
        "status": "in-progress",
        "class": {"system": act, "code": "IMP", "display": "inpatient encounter"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "period": {"start": (day - timedelta(days=3)).isoformat()},
        "serviceProvider": {"reference": "Organization/syn-hospital"},
    }
