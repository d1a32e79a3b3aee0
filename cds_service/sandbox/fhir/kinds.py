"""Which types the FHIR server of the sandbox has, and where the searchable elements of each stand (FHIR R4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of resource.

    Attributes:
        patient: where the reference to the patient stands; None for what belongs to nobody.
        code: the element that the search parameter ``code`` looks at; None where R4 has no such parameter.
        date: the search parameter that dates it, and the elements it looks at, best first.
        writable: whether callers may create, change and delete it.
    """

    patient: str | None = "subject"
    code: str | None = "code"
    date: tuple[str, tuple[str, ...]] | None = None
    writable: bool = True


KINDS: Mapping[str, Kind] = {
    "Patient": Kind(patient=None, code=None, date=("birthdate", ("birthDate",)), writable=False),
    "Condition": Kind(date=("recorded-date", ("recordedDate", "onsetDateTime", "onsetPeriod"))),
    "Observation": Kind(date=("date", ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"))),
    "MedicationRequest": Kind(code="medicationCodeableConcept", date=("authoredon", ("authoredOn",))),
    "MedicationStatement": Kind(
        code="medicationCodeableConcept", date=("effective", ("effectiveDateTime", "effectivePeriod"))
    ),
    "MedicationAdministration": Kind(
        code="medicationCodeableConcept", date=("effective-time", ("effectiveDateTime", "effectivePeriod"))
    ),
    "Procedure": Kind(date=("date", ("performedDateTime", "performedPeriod", "performedString"))),
    "ServiceRequest": Kind(date=("authored", ("authoredOn", "occurrenceDateTime"))),
    "AllergyIntolerance": Kind(patient="patient", date=("date", ("recordedDate",))),
    "Appointment": Kind(patient="participant.actor", code=None, date=("date", ("start",))),
    "CarePlan": Kind(code=None, date=("date", ("period", "created"))),
    "QuestionnaireResponse": Kind(code=None, date=("authored", ("authored",))),
    "DiagnosticReport": Kind(date=("date", ("effectiveDateTime", "effectivePeriod", "issued"))),
    "Medication": Kind(patient=None, writable=False),
    "Encounter": Kind(code=None, date=("date", ("period",)), writable=False),
    "Practitioner": Kind(patient=None, code=None, writable=False),
    "Organization": Kind(patient=None, code=None, writable=False),
}


def reference_of(resource: Resource) -> str:
    """``Type/id``."""
    return f"{resource['resourceType']}/{resource['id']}"


def patient_of(resource: Resource) -> str | None:
    """The id of the patient a resource is about; None for what belongs to nobody."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    path = KINDS[resource["resourceType"]].patient
    for reference in _at(resource, path.split(".")) if path else ():
        kind, _, identifier = str(reference.get("reference", "")).rpartition("/")
        if kind == "Patient" or kind.endswith("/Patient"):
            return identifier
    return None


def _at(value: Any, path: list[str]) -> list[Resource]:
    """The objects at a path, whether or not there are lists on the way."""
    if isinstance(value, list):
        return [found for item in value for found in _at(item, path)]
    if not isinstance(value, dict):
        return []
    return _at(value.get(path[0]), path[1:]) if path else [value]
