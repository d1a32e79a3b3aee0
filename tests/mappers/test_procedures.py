"""Procedures, reports, service requests, appointments, care plans."""

from typing import Any

import pytest

from fhir_mappers.record.answer import UNREADABLE
from tests.support import fhir
from tests.support.drawn import name, rows

EXAM = "sct|34043003"
PANORAMIC = "local|bone-radiograph"


def test_a_procedure_with_site_and_outcome() -> None:
    sent = fhir.procedure(
        EXAM, bodySite=[fhir.concept("local|site-mandible")], outcome=fhir.concept("local|dental-treatment-needed")
    )
    (read,) = fhir.record_of(sent).procedures
    assert (read.concepts, read.status) == (("dental_examination",), "completed")
    assert (read.sites, read.outcome) == (("site_mandible",), ("dental_treatment_needed",))


PROCEDURES = rows(
    """
    status           | flag         | read
    -----------------+--------------+------------
    completed        |              | completed
    in-progress      |              | in-progress
    not-done         |              | not-done
    completed        | notPerformed | not-done       # DSTU2
    completed        | notDone      | not-done       # STU3
    stopped          |              | stopped
    unknown          |              | unknown
    entered-in-error |              |
    """
)


@pytest.mark.parametrize("row", PROCEDURES, ids=name)
def test_procedure_statuses(row: dict[str, str]) -> None:
    more: dict[str, Any] = {row["flag"]: True} if row["flag"] else {}
    procedures = fhir.record_of(fhir.procedure(EXAM, status=row["status"], **more)).procedures
    assert [p.status for p in procedures] == ([row["read"]] if row["read"] else [])


DATES = [
    ({"performedDateTime": "2026-03"}, "2026-03"),
    ({"performedPeriod": {"start": "2026-03-01", "end": "2026-03-09"}}, "2026-03-09"),
    ({"performedPeriod": {"start": "2026-03-01"}}, "2026-03-01"),
    ({"performedString": "last year"}, None),
]


@pytest.mark.parametrize(("dates", "expected"), DATES)
def test_when_a_procedure_was_done(dates: dict[str, Any], expected: str | None) -> None:
    (read,) = fhir.record_of(fhir.procedure(EXAM, **{"on": None, **dates})).procedures
    assert (read.when.text if read.when else None) == expected


REPORTS = [("final", "completed"), ("amended", "completed"), ("corrected", "completed"), ("preliminary", "preliminary"),
           ("registered", "registered"), ("cancelled", None), ("entered-in-error", None)]  # fmt: skip


@pytest.mark.parametrize(("status", "expected"), REPORTS)
def test_a_final_report_is_a_procedure_that_was_done(status: str, expected: str | None) -> None:
    sent = fhir.resource("DiagnosticReport", id="dr", status=status, code=fhir.concept(PANORAMIC), subject=fhir.PATIENT,
                         effectivePeriod={"end": "2026-02-01"})  # fmt: skip
    record = fhir.record_of(sent)
    assert [p.status for p in record.procedures] == ([expected] if expected else [])
    assert record.looked_for["diagnosticReports"] is None


@pytest.mark.parametrize("element", ["conclusionCode", "codedDiagnosis"])
def test_the_conclusion_of_a_report_is_its_outcome(element: str) -> None:
    conclusion = {element: [fhir.concept("local|lung-adenocarcinoma-on-bone")]}
    sent = fhir.resource("DiagnosticReport", id="dr", status="final", issued="2026-02-01", **conclusion)
    (read,) = fhir.record_of(sent).procedures
    assert read.outcome == ("lung_adenocarcinoma_on_bone",)
    assert read.when is not None


SERVICES = rows(
    """
    kind             | status           | read
    -----------------+------------------+----------
    ServiceRequest   | active           | active
    ServiceRequest   | draft            | draft       # asked for, though not signed
    ServiceRequest   | completed        | completed
    ProcedureRequest | requested        | active      # DSTU2
    ProcedureRequest | in-progress      | active
    ProcedureRequest | rejected         |
    ServiceRequest   | revoked          |
    ServiceRequest   | cancelled        |
    ServiceRequest   | entered-in-error |
    """
)


@pytest.mark.parametrize("row", SERVICES, ids=name)
def test_services_asked_for(row: dict[str, str]) -> None:
    sent = {**fhir.service(EXAM, status=row["status"]), "resourceType": row["kind"]}
    record = fhir.record_of(sent)
    assert [r.status for r in record.requests] == ([row["read"]] if row["read"] else [])
    assert not fhir.record_of({**sent, "doNotPerform": True}).requests
    assert record.looked_for["serviceRequests"] is None


ASKED = [
    ({"authoredOn": "2026-05-01", "occurrenceDateTime": "2026-07-01"}, "2026-05-01"),
    ({"orderedOn": "2026-05-02"}, "2026-05-02"),
    ({"occurrencePeriod": {"start": "2026-07-01"}}, "2026-07-01"),
    ({"scheduledDateTime": "2026-07-02"}, "2026-07-02"),
    ({"scheduledPeriod": {"start": "2026-07-03"}}, "2026-07-03"),
    ({}, None),
]


@pytest.mark.parametrize(("dates", "expected"), ASKED)
def test_when_a_service_was_asked_for(dates: dict[str, Any], expected: str | None) -> None:
    (read,) = fhir.record_of(fhir.service(EXAM, **{"on": None, **dates})).requests
    assert (read.when.text if read.when else None) == expected


def visit(**more: Any) -> fhir.Json:
    kind = [fhir.concept("local|denosumab-injection-visit")]
    base = {"id": "v", "status": "booked", "start": "2026-07-01T09:00:00Z", "serviceType": kind}
    return fhir.resource("Appointment", **{**base, **more})


def plan(**more: Any) -> fhir.Json:
    base = {"id": "cp", "status": "active", "category": [fhir.concept("local|comfort-care-only")]}
    return fhir.resource("CarePlan", **{**base, "subject": fhir.PATIENT, "period": {"start": "2026-05-01"}, **more})


def test_visits_and_plans() -> None:
    record = fhir.record_of(visit(), plan(), plan(id="cp2", status="revoked"), visit(id="v2", status="noshow"))
    (booked,), (cared,) = record.appointments, record.care_plans
    assert (booked.concepts, booked.status) == (("denosumab_injection_visit",), "booked")
    assert (cared.concepts, cared.status) == (("comfort_care_only",), "active")
    assert cared.when is not None
    assert record.comfort_care().is_yes


NAMELESS = [
    ("procedures", fhir.procedure(EXAM, status=None)),
    ("serviceRequests", fhir.service(EXAM, status=None)),
    ("appointments", visit(status=None)),
    ("carePlans", plan(status=None)),
    ("diagnosticReports", fhir.resource("DiagnosticReport", id="dr", code=fhir.concept(PANORAMIC))),
]


@pytest.mark.parametrize(("kind", "sent"), NAMELESS)
def test_without_a_status_nobody_knows_whether_it_counts(kind: str, sent: fhir.Json) -> None:
    record = fhir.record_of(sent)
    assert not (*record.procedures, *record.requests, *record.appointments, *record.care_plans)
    assert record.looked_for[kind] == UNREADABLE


STRANGERS = [
    fhir.procedure("sct|80146002"),
    fhir.procedure("sct|80146002", status=None),
    fhir.service("sct|1"),
    visit(serviceType=[{}]),
    plan(category=None),
    fhir.resource("DiagnosticReport", id="dr"),
]


@pytest.mark.parametrize("sent", STRANGERS)
def test_what_we_never_ask_for_leaves_no_trace(sent: fhir.Json) -> None:
    record = fhir.record_of(sent)
    assert not (*record.procedures, *record.requests, *record.appointments, *record.care_plans, *record.gaps)
    assert not [why for why in record.looked_for.values() if why]
