"""The FHIR resources we read, each with only the elements we look at (see ``datatypes``)."""

from fhir_mappers.datatypes import (
    Codes,
    Contained,
    Dispensing,
    Dosage,
    GivenDosage,
    Ingredient,
    Item,
    Named,
    OldProduct,
    Participant,
    Period,
    Quantity,
    Reaction,
    Reference,
    Resource,
    Shape,
    Valued,
)


class Patient(Resource):
    """The patient."""

    birth_date: str | None = None
    gender: str | None = None


class Observation(Valued, tag_field="resourceType"):
    """A result or finding."""

    id: str | None = None
    status: str | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    component: list[Valued] | None = None


class Condition(Resource):
    """A problem or diagnosis."""

    code: Codes | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    clinical_status: Named | str | None = None
    verification_status: Named | str | None = None
    body_site: list[Codes] | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    date_recorded: str | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_boolean: bool | None = None


class Medication(Resource):
    """A medication that others refer to."""

    code: Named | None = None
    ingredient: list[Ingredient] | None = None
    product: OldProduct | None = None


class Medicated(Resource):
    """What everything that names a drug has in common."""

    status: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    medication_codeable_concept: Named | None = None
    medication_reference: Reference | None = None
    contained: list[Contained] | None = None


class MedicationRequest(Medicated):
    """An order in the record."""

    do_not_perform: bool | None = None
    authored_on: str | None = None
    date_written: str | None = None
    category: list[Codes] | Codes | None = None
    course_of_therapy_type: Codes | None = None
    reason_code: list[Codes] | None = None
    reason_codeable_concept: Codes | None = None
    reason_reference: list[Reference] | Reference | None = None
    status_reason: Codes | None = None
    dosage_instruction: list[Dosage] | None = None
    dispense_request: Dispensing | None = None


class MedicationOrder(MedicationRequest):
    """An order of DSTU2."""


class MedicationStatement(Medicated):
    """What the patient is said to take."""

    was_not_taken: bool | None = None
    taken: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    dosage: list[Dosage] | None = None
    reason_code: list[Codes] | None = None
    status_reason: list[Codes] | None = None


class MedicationAdministration(Medicated):
    """A dose given, or not given."""

    was_not_given: bool | None = None
    not_given: bool | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_time_date_time: str | None = None
    effective_time_period: Period | None = None
    request: Reference | None = None
    prescription: Reference | None = None
    dosage: GivenDosage | None = None


class MedicationDispense(Medicated):
    """A drug handed out."""

    authorizing_prescription: list[Reference] | None = None
    quantity: Quantity | None = None
    when_handed_over: str | None = None
    when_prepared: str | None = None
    dosage_instruction: list[Dosage] | None = None


class Procedure(Resource):
    """A procedure."""

    status: str | None = None
    not_performed: bool | None = None
    not_done: bool | None = None
    code: Codes | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    body_site: list[Codes] | None = None
    outcome: Codes | None = None


class DiagnosticReport(Resource):
    """A report, read as a procedure that was done."""

    status: str | None = None
    code: Codes | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    conclusion_code: list[Codes] | None = None
    coded_diagnosis: list[Codes] | None = None


class ServiceRequest(Resource):
    """A service asked for."""

    status: str | None = None
    do_not_perform: bool | None = None
    code: Codes | None = None
    subject: Reference | None = None
    authored_on: str | None = None
    ordered_on: str | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    scheduled_date_time: str | None = None
    scheduled_period: Period | None = None
    body_site: list[Codes] | None = None


class ProcedureRequest(ServiceRequest):
    """A service asked for, before R4."""


class Appointment(Resource):
    """A visit."""

    status: str | None = None
    service_type: list[Codes] | None = None
    start: str | None = None
    end: str | None = None
    participant: list[Participant] | None = None


class CarePlan(Resource):
    """A plan such as comfort care only."""

    status: str | None = None
    category: list[Codes] | None = None
    subject: Reference | None = None
    period: Period | None = None
    created: str | None = None


class AllergyIntolerance(Resource):
    """An allergy or intolerance; ``substance`` and ``status`` in DSTU2."""

    code: Named | None = None
    substance: Named | None = None
    patient: Reference | None = None
    status: str | None = None
    type: str | None = None
    clinical_status: Named | str | None = None
    verification_status: Named | str | None = None
    onset_date_time: str | None = None
    onset: str | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    reaction: list[Reaction] | None = None


class QuestionnaireResponse(Resource):
    """The answers to one form."""

    status: str | None = None
    subject: Reference | None = None
    authored: str | None = None
    item: list[Item] | None = None


class Issue(Shape):
    """``OperationOutcome.issue``."""

    severity: str | None = None
    code: str | None = None


class OperationOutcome(Resource):
    """What a server says instead of, or beside, data."""

    issue: list[Issue] | None = None
