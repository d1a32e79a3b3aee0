"""A Bundle and what may stand in it: the resources we read, and those a search may return beside them."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec

from fhir_mappers.datatypes import Resource, Shape
from fhir_mappers.shapes import (
    AllergyIntolerance,
    Appointment,
    CarePlan,
    Condition,
    DiagnosticReport,
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Observation,
    OperationOutcome,
    Patient,
    Procedure,
    ProcedureRequest,
    QuestionnaireResponse,
    ServiceRequest,
)

READ: tuple[type[Resource | Observation], ...] = (
    Patient, Observation, Condition, Medication, MedicationRequest, MedicationOrder, MedicationStatement,
    MedicationAdministration, MedicationDispense, Procedure, DiagnosticReport, ServiceRequest, ProcedureRequest,
    Appointment, CarePlan, AllergyIntolerance, QuestionnaireResponse, OperationOutcome,
)  # fmt: skip

# Types a search may return beside those asked for. Named here so that they do not force the slow way through a Bundle.
_UNREAD = (
    "Account", "Basic", "Binary", "BodyStructure", "CareTeam", "Claim", "Communication", "CommunicationRequest",
    "Composition", "Consent", "Coverage", "Device", "DeviceRequest", "DiagnosticOrder", "DocumentReference",
    "Encounter", "EpisodeOfCare", "ExplanationOfBenefit", "FamilyMemberHistory", "Flag", "Goal", "Group",
    "HealthcareService", "ImagingStudy", "Immunization", "Location", "Media", "NutritionOrder", "Organization",
    "Practitioner", "PractitionerRole", "Provenance", "Questionnaire", "RelatedPerson", "Schedule", "Slot",
    "Specimen", "Substance", "Task",
)  # fmt: skip

SHARED = ("code", "reference_range")
"""Elements of Observations that are the same on result after result: left as bytes first, see ``wire.Shared``."""

if TYPE_CHECKING:
    AnyResource = Resource | Observation
else:
    _left = [(name, msgspec.Raw, msgspec.Raw()) for name in SHARED]
    _as_sent = msgspec.defstruct(Observation.__name__, _left, bases=(Observation,))
    _unread = (msgspec.defstruct(name, (), bases=(Resource,)) for name in _UNREAD)
    AnyResource = reduce(or_, (_as_sent, *(kind for kind in READ if kind is not Observation), *_unread))

BY_NAME: dict[str, type[Resource | Observation]] = {kind.__name__: kind for kind in READ}


class Search(Shape):
    """``Bundle.entry.search``."""

    mode: str | None = None


class Entry(Shape):
    """``Bundle.entry``."""

    full_url: str | None = None
    resource: AnyResource | None = None
    search: Search | None = None


class Link(Shape):
    """``Bundle.link``."""

    relation: str | None = None


class Bundle(Resource):
    """A Bundle of any type."""

    link: list[Link] | None = None
    entry: list[Entry] | None = None
