"""The OpenAPI document is true: what it allows is accepted, and what we answer fits it; never a 5xx."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection

from cds_service.app import create_app
from cds_service.operations.openapi import document
from cds_service.operations.shapes import SERVER, name
from cds_service.sandbox.scenarios import hook_request, hook_request_bytes, scenarios
from cds_service.settings import Settings
from cds_service.store.installation import open_installation
from hooks.context import HOOKS
from hooks.exact_json import dumps_exact
from hooks.services import services
from tests.service.calls import post

DAY = scenarios()[0].as_of
APP = create_app(Settings(), lambda: DAY)
DOCUMENT: dict[str, Any] = json.loads(APP.test_client().get("/openapi.json").data)
OPERATIONS = [
    (path, method)
    for path, methods in document(tuple(services()))["paths"].items()
    for method in methods
    if not path.endswith("/feedback") or "order-sign" in path  # they are all alike
]

# A valid call without data may be answered 412, feedback on a card nobody was sent 404; what the document does not allow may still be forgiven: tolerant in.
CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 404, 412]}}}
)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The whole service, with a store, so that feedback is taken."""
    settings_here = Settings(state_dir=tmp_path_factory.mktemp("var"))
    store = open_installation(settings_here, development=True)
    store.start()
    yield schemathesis.openapi.from_wsgi(
        "/openapi.json", create_app(settings_here, lambda: DAY, store=store), config=CONFIG
    )
    store.close(5)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_does_what_it_says(described: Any, path: str, method: str) -> None:
    @given(described[path][method].as_strategy())
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def generated(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=[negative_data_rejection])

    generated()


def validator(schema_name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(DOCUMENT | {"$ref": f"#/components/schemas/{schema_name}"})


@pytest.mark.parametrize("case", scenarios()[::2], ids=lambda case: case.id)
def test_shipped_calls_and_their_answers_fit_the_document(case: Any) -> None:
    body = hook_request_bytes(case, DAY)
    validator(name(case.hook)).validate(json.loads(body))
    answer = post(APP.test_client(), body, f"/cds-services/{case.service}")
    validator("Answer").validate(json.loads(answer.data))


def test_answers_hold_nothing_empty() -> None:
    answer = validator("Answer")
    source = {"label": "x", "topic": {"code": "x", "system": "x"}}
    card = {"uuid": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "summary": "x", "indicator": "info", "source": source}
    assert answer.is_valid({"cards": []})
    assert answer.is_valid({"cards": [card]})
    for change in ({"detail": ""}, {"detail": None}, {"links": []}, {"indicator": "hard-stop"}, {"summary": "x" * 140}):
        assert not answer.is_valid({"cards": [card | change]}), change
    for member in card:
        assert not answer.is_valid({"cards": [{k: v for k, v in card.items() if k != member}]}), member


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_described(hook: str) -> None:
    """Also those no service has yet: each field of the table is there, and required where the hook demands it."""
    from cds_service.operations.shapes import schemas

    context = schemas([hook])[name(hook)]["properties"]["context"]
    shape = HOOKS[hook]
    assert "patientId" in context["required"]
    assert ("userId" in context["required"]) == (bool(shape.users) and shape.user_required)
    assert ("encounterId" in context["required"]) == shape.encounter_required
    for field in (*shape.reference_lists, *shape.references, *((shape.bundle,) if shape.bundle else ())):
        assert field in context["required"]


def test_a_call_that_is_not_allowed_by_the_document() -> None:
    call = json.loads(dumps_exact(hook_request(scenarios()[0], DAY)))
    sign = validator("CallOrderSign")
    assert sign.is_valid(call)
    assert not sign.is_valid(call | {"hook": "patient-view"})
    assert not sign.is_valid(call | {"hookInstance": "1"})
    assert not sign.is_valid(call | {"context": {**call["context"], "patientId": "Patient/1"}})
    token = {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}
    assert not sign.is_valid(call | {"fhirAuthorization": token})
    assert sign.is_valid(call | {"fhirAuthorization": token, "fhirServer": "https://ehr.example.org/fhir"})


def test_the_document_is_openapi_with_sound_schemas() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    for schema_name in DOCUMENT["components"]["schemas"]:
        validator(schema_name)
    ids = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)
    assert not _dangling(DOCUMENT, DOCUMENT)


def _dangling(part: Any, whole: dict[str, Any]) -> list[str]:
    if isinstance(part, dict):
        target = part.get("$ref")
        missing = (
            [target] if isinstance(target, str) and target.split("/")[-1] not in whole["components"]["schemas"] else []
        )
        return missing + [each for value in part.values() for each in _dangling(value, whole)]
    return [each for value in part for each in _dangling(value, whole)] if isinstance(part, list) else []


@pytest.mark.parametrize(
    ("port", "valid"),
    [(0, False), (1, True), (9999, True), (10_000, True), (59_999, True), (60_000, True), (64_999, True), (65_499, True),
     (65_500, True), (65_529, True), (65_530, True), (65_535, True), (65_536, False), (70_000, False), (100_000, False)],
)  # fmt: skip
def test_a_fhir_server_may_have_any_port_there_is(port: int, valid: bool) -> None:
    assert bool(re.search(SERVER, f"http://127.0.0.1:{port}/fhir")) == valid


def test_feedback_is_described_where_it_is_taken() -> None:
    listed = tuple(services())
    described = document(listed)
    assert "/cds-services/bone-order-sign/feedback" in described["paths"]
    assert not any("feedback" in path for path in document(listed, feedback=False)["paths"])
    taken = any(rule.rule.endswith("/feedback") for rule in APP.url_map.iter_rules())
    assert any("feedback" in path for path in DOCUMENT["paths"]) is taken


FEEDBACK = {
    "card": "5d1c3a52-8a51-4f0e-9d0c-0f3b1c1a6b1e",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-03-12T08:10:00.5Z",
}


@pytest.mark.parametrize(
    ("item", "valid"),
    [
        (FEEDBACK, True),
        (
            FEEDBACK | {"outcome": "accepted", "acceptedSuggestions": [{"id": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}]},
            True,
        ),
        (FEEDBACK | {"outcome": "accepted"}, False),
        (FEEDBACK | {"outcome": "ignored"}, False),
        (FEEDBACK | {"overrideReason": {"userComment": "x"}}, True),
        (FEEDBACK | {"overrideReason": {"reason": {"code": "c", "system": "s"}}}, True),
        (FEEDBACK | {"overrideReason": {"reason": {"code": "c"}}}, False),
        (FEEDBACK | {"overrideReason": {}}, False),
        ({"card": FEEDBACK["card"], "outcome": "overridden"}, False),
        (FEEDBACK | {"card": "c"}, False),
    ],
)
def test_feedback_is_as_the_specification_has_it(item: dict[str, Any], valid: bool) -> None:
    described = document(tuple(services()))
    feedback = jsonschema_rs.validator_for(described | {"$ref": "#/components/schemas/Feedback"})
    assert feedback.is_valid({"feedback": [item]}) is valid


def test_the_public_address_is_the_server() -> None:
    assert document((), "https://cds.example.org/bone")["servers"] == [{"url": "https://cds.example.org/bone"}]
    assert DOCUMENT["servers"] == [{"url": "/"}]
