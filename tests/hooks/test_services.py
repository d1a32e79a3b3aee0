"""The services and their prefetch templates: derived from what the checks read, within what EHRs must support."""

import ast
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from fhir_mappers.record import concepts as c
from fhir_mappers.record.facts import SERVICES
from fhir_mappers.record.proposals import NewService
from fhir_mappers.terminology import LOCAL_SYSTEM, LOINC, default_terminology
from hooks.check import Check
from hooks.limits import HOOK_NAMES, in_use
from hooks.registry import CHECKS
from hooks.services import Service, prefetch_templates, services
from tests.hooks.told_by_checks import closure
from tests.support.bedside import KINDS, RULES

TOKEN = "{{context.patientId}}"
TYPES = {
    "patient": "Patient",
    "conditions": "Condition",
    "observations": "Observation",
    "medicationRequests": "MedicationRequest",
    "medicationStatements": "MedicationStatement",
    "medicationAdministrations": "MedicationAdministration",
    "procedures": "Procedure",
    "serviceRequests": "ServiceRequest",
    "allergies": "AllergyIntolerance",
    "appointments": "Appointment",
    "carePlans": "CarePlan",
    "questionnaireResponses": "QuestionnaireResponse",
    "diagnosticReports": "DiagnosticReport",
}
BASE = set(list(TYPES)[:9])
each_service = pytest.mark.parametrize("service", services(), ids=lambda service: service.id)
EVERYTHING = prefetch_templates([replace(CHECKS[0], reads=(*KINDS, f"observations:{c.CREATININE}"))])
TEMPLATES = {(s.id, key): template for s in services() for key, template in s.prefetch.items()}
TEMPLATES |= {("everything", key): template for key, template in EVERYTHING.items()}


def by_id(service_id: str) -> Service:
    return next(service for service in services() if service.id == service_id)


def reading(*reads: str) -> Check:
    return replace(CHECKS[0], reads=reads)


def test_the_services_are_distinct_and_each_has_its_hook() -> None:
    assert [(service.id, service.hook) for service in services()] == [
        ("bone-order-sign", "order-sign"),
        ("bone-order-select", "order-select"),
        ("bone-patient-view", "patient-view"),
        ("bone-encounter-discharge", "encounter-discharge"),
        ("bone-appointment-book", "appointment-book"),
        ("bone-medication-refill", "medication-refill"),
    ]
    for field in ("id", "hook", "title", "description"):
        assert len({getattr(service, field) for service in services()}) == len(services())
    assert all(service.hook in HOOK_NAMES and service.usage_requirements for service in services())
    assert services() is services(), "built once"


@each_service
def test_a_service_asks_the_rules_of_its_hook_and_no_other(service: Service) -> None:
    assert service.checks == tuple(c for c in in_use(CHECKS, RULES) if service.hook in RULES[c.id].hooks)
    assert service.checks


def test_every_rule_that_computes_is_asked_by_a_service() -> None:
    asked = {check.id for service in services() for check in service.checks}
    computed = {rule.id: set(rule.hooks) for rule in RULES.values() if rule.severity and rule.is_in_force}
    assert asked == {rule for rule, hooks in computed.items() if hooks != {"app"}}
    in_the_app = {rule for rule, hooks in computed.items() if hooks == {"app"}}
    assert computed.keys() - asked == in_the_app
    assert {"DUR-BR-01", "SBRT-RELCI-01", "FRAC-MIRELS-01", "FRAC-SINS-01"} <= in_the_app, "forms and the checklist"


def test_signing_has_the_nine_base_keys() -> None:
    assert set(by_id("bone-order-sign").prefetch) >= BASE


@each_service
def test_the_keys_are_exactly_what_the_checks_read(service: Service) -> None:
    read = {name.partition(":")[0] for check in service.checks for name in check.reads} | {"patient"}
    answered = {"questionnaireResponses"} if "observations" in read else set()
    assert read <= set(service.prefetch) <= read | answered
    assert list(service.prefetch) == [key for key in TYPES if key in service.prefetch], "always in the same order"


@pytest.mark.parametrize(("where", "template"), TEMPLATES.items(), ids=["-".join(where) for where in TEMPLATES])
def test_a_template_keeps_to_the_subset_of_the_specification(where: tuple[str, str], template: str) -> None:
    assert len(template) < 4096
    assert set(re.findall(r"\{\{.*?\}\}", template)) == {TOKEN}
    assert re.fullmatch(r"[A-Za-z0-9/?=&,{}.\-]+", template), "nothing that needs encoding"
    kind = TYPES[where[1]]
    if kind == "Patient":
        assert template == f"Patient/{TOKEN}"
        return
    path, _, query = template.partition("?")
    parameters = dict(parse_qsl(query, strict_parsing=True))
    assert path == kind
    assert parameters.pop("patient") == TOKEN
    assert set(parameters) == ({"code"} if kind == "Observation" else set())


@each_service
def test_observations_are_asked_for_by_the_codes_of_the_concepts_read(service: Service) -> None:
    wanted = [r.split(":")[1] for check in service.checks for r in check.reads if r.startswith("observations:")]
    terminology = default_terminology()
    codes = service.prefetch["observations"].partition("&code=")[2].split(",")
    assert set(codes) == {*terminology.codes(wanted, LOINC), *terminology.codes(wanted, LOCAL_SYSTEM)}
    assert len(codes) == len(set(codes))
    assert all(terminology.codings(concept) for concept in wanted), "every concept read has a code"


def test_a_check_that_reads_more_changes_the_template() -> None:
    before = prefetch_templates([reading("observations:creatinine_serum")])
    after = prefetch_templates([reading("observations:creatinine_serum"), reading("observations:calcium_total")])
    assert before["observations"] != after["observations"]
    assert set(before["observations"].split(",")) < set(after["observations"].split(","))
    assert "serviceRequests" not in before
    assert prefetch_templates([reading(SERVICES)]) == {
        "patient": f"Patient/{TOKEN}",
        "serviceRequests": f"ServiceRequest?patient={TOKEN}",
    }
    assert list(prefetch_templates([])) == ["patient"]


def test_the_answers_of_our_forms_are_read_with_the_observations_they_stand_for() -> None:
    assert "questionnaireResponses" in prefetch_templates([reading(f"observations:{c.DISEASE_EXTENT}")])
    assert "questionnaireResponses" not in prefetch_templates([reading(f"observations:{c.CREATININE}")])


def test_every_kind_of_data_has_a_template() -> None:
    assert list(EVERYTHING) == list(TYPES)


def test_what_nobody_knows_stops_the_start() -> None:
    with pytest.raises(ValueError, match="no prefetch template for shoeSizes"):
        prefetch_templates([reading("shoeSizes", "conditions")])
    with pytest.raises(ValueError, match="no code to ask for shoe_size"):
        prefetch_templates([reading("observations:creatinine_serum", "observations:shoe_size")])


def proposes_services(rule: str) -> bool:
    """Whether the source of the check, or the names it uses, mention a new service request."""
    return any(
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == NewService.__name__
        for function in closure(rule)
        for node in ast.walk(function)
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_who_proposes_a_service_reads_what_was_requested_already(check: Check) -> None:
    assert (SERVICES in check.reads) >= proposes_services(check.id)


def test_some_checks_do_and_some_do_not_propose_services() -> None:
    assert proposes_services("AR-DENTAL-01")
    assert proposes_services("BRIDGE-01")
    assert not proposes_services("ZOL-DOSE-01")
