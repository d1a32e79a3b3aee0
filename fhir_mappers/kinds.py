"""Which resource types belong to which kind of data, how each is read, and whether a kind was searched completely."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappers.bundles import AnyResource
from fhir_mappers.clerk import OTHER_PATIENT, Clerk, Place
from fhir_mappers.problems import read_allergy, read_problem
from fhir_mappers.procedures import read_procedure, read_report
from fhir_mappers.record import facts
from fhir_mappers.record.answer import NOT_FETCHED, UNREADABLE
from fhir_mappers.record.events import Event, Gap
from fhir_mappers.requests import read_appointment, read_care_plan, read_service
from fhir_mappers.shapes import (
    AllergyIntolerance,
    Appointment,
    CarePlan,
    Condition,
    DiagnosticReport,
    MedicationAdministration,
    MedicationDispense,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
    ProcedureRequest,
    QuestionnaireResponse,
    ServiceRequest,
)
from fhir_mappers.treatments import read_administration, read_dispense, read_order, read_statement
from fhir_mappers.wire import Found


@dataclass(frozen=True, slots=True)
class Reader:
    """How one type of resource is read: its kind of data, the field of the record, the function."""

    kind: str
    field: str
    read: Callable[[Any, Place, Clerk], Event | None]


# In this order: orders refer to conditions, doses to orders.
READERS: Mapping[type[Any], Reader] = {
    Condition: Reader(facts.CONDITIONS, "problems", read_problem),
    MedicationRequest: Reader(facts.ORDERS, "courses", read_order),
    MedicationOrder: Reader(facts.ORDERS, "courses", read_order),
    MedicationStatement: Reader(facts.STATEMENTS, "courses", read_statement),
    MedicationAdministration: Reader(facts.ADMINISTRATIONS, "doses", read_administration),
    MedicationDispense: Reader(facts.ADMINISTRATIONS, "doses", read_dispense),
    Procedure: Reader(facts.PROCEDURES, "procedures", read_procedure),
    DiagnosticReport: Reader(facts.REPORTS, "procedures", read_report),
    ServiceRequest: Reader(facts.SERVICES, "requests", read_service),
    ProcedureRequest: Reader(facts.SERVICES, "requests", read_service),
    Appointment: Reader(facts.APPOINTMENTS, "appointments", read_appointment),
    CarePlan: Reader(facts.CARE_PLANS, "care_plans", read_care_plan),
    AllergyIntolerance: Reader(facts.ALLERGIES, "allergies", read_allergy),
}

KIND_OF: Mapping[type[Any], str] = {
    Patient: facts.PATIENT,
    Observation: facts.OBSERVATIONS,
    QuestionnaireResponse: facts.ANSWERS,
    **{kind: reader.kind for kind, reader in READERS.items()},
}
KIND_OF_NAME: Mapping[str, str] = {kind.__name__: name for kind, name in KIND_OF.items()}

KINDS: tuple[str, ...] = tuple(dict.fromkeys(KIND_OF.values()))
"""The kinds of data the readers know: the prefetch keys. Values under other keys are not looked at."""


def looked_for(
    found: Mapping[str, Found], sent: Iterable[str], failures: Mapping[str, str], clerk: Clerk
) -> dict[str, str | None]:
    """For each kind None when it was searched and read completely, else why absence proves nothing.

    Args:
        found: what each prefetch key held.
        sent: the kind of every resource that came, this patient's or not.
        failures: why a key that was asked for could not be had.
        clerk: knows what could not be read; is told where the type asked for did not come at all.
    """
    answers = {kind: failures.get(kind) or _why(kind, found.get(kind), clerk) for kind in KINDS}
    came = Counter(sent)
    others = Counter(gap.kind for gap in clerk.gaps if gap.why == OTHER_PATIENT)
    for kind, why in answers.items():
        if why is None and others[kind] and others[kind] == came[kind]:
            answers[kind] = UNREADABLE if kind == facts.PATIENT else NOT_FETCHED
    return answers


def _why(kind: str, value: Found | None, clerk: Clerk) -> str | None:
    """Why absence proves nothing for a kind of data; None when it was read and is complete."""
    if value is None:
        return NOT_FETCHED
    if kind in clerk.unreadable:
        return UNREADABLE
    if value.why is None and _are_others(kind, value):
        clerk.gaps.append(Gap(kind, kind, UNREADABLE, "no resource of the type asked for"))
        return UNREADABLE
    return value.why


def _are_others(kind: str, value: Found) -> bool:
    """Whether resources came, and none of the kind that was asked for."""
    if value.observations and kind == facts.OBSERVATIONS:
        return False
    return bool(value.observations or value.others) and not any(_is_of(kind, one) for _, _, one in value.others)


def _is_of(kind: str, resource: AnyResource) -> bool:
    return KIND_OF.get(type(resource)) == kind
