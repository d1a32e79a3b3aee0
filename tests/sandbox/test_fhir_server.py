"""What the FHIR server says of itself, its faulty twins, and that it feeds the service as the shipped requests do."""

import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.sandbox.fhir import faults
from cds_service.sandbox.fhir.faults import FAULTS
from cds_service.sandbox.fhir.kinds import KINDS
from cds_service.sandbox.fhir.search import parameters_of
from cds_service.sandbox.scenarios import Scenario, hook_request, scenarios
from hooks.exact_json import dumps_exact
from hooks.services import services
from tests.sandbox.desk import BASE, MAN, TODAY, fetched, get, is_valid, outcome, parsed

SERVICES = {service.id: service for service in services()}


def test_the_capability_statement_is_valid_and_true(client: FlaskClient) -> None:
    statement = get(client, "/sandbox/fhir/metadata")
    assert is_valid(statement)
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == BASE
    told = {each["type"]: each for each in statement["rest"][0]["resource"]}
    assert set(told) == set(KINDS)
    for name, kind in KINDS.items():
        assert {each["name"] for each in told[name]["searchParam"]} == set(parameters_of(kind))
        writes = {"create", "update", "delete"} & {each["code"] for each in told[name]["interaction"]}
        assert bool(writes) is kind.writable


def test_apps_find_the_authorization_server(client: FlaskClient) -> None:
    response = client.get("/sandbox/fhir/.well-known/smart-configuration")
    told = response.get_json()
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert told["authorization_endpoint"] == "http://localhost/sandbox/auth/authorize"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert {"launch-ehr", "launch-standalone", "sso-openid-connect", "permission-v1", "permission-v2"} <= set(
        told["capabilities"]
    )
    for name in ("jwks_uri", "issuer", "token_endpoint", "revocation_endpoint"):
        assert told[name].startswith("http://localhost/sandbox/auth")


@pytest.mark.parametrize(
    "base",
    [
        "/sandbox/fhir",
        "/sandbox/visits/abc/fhir",
        "/sandbox/faults/missing/fhir",
        "/sandbox/visits/abc/faults/missing/fhir",
    ],
)
def test_addresses_in_answers_are_those_that_were_asked(client: FlaskClient, base: str) -> None:
    page = get(client, f"{base}/Condition?patient={MAN}&_count=1")
    assert page["entry"][0]["fullUrl"].startswith(f"http://localhost{base}/Condition/")
    assert all(link["url"].startswith(f"http://localhost{base}/Condition?") for link in page["link"])
    assert get(client, f"{base}/metadata")["implementation"]["url"] == f"http://localhost{base}"


def test_no_error_is_html_and_none_is_cached(client: FlaskClient) -> None:
    for path in (
        "/sandbox/fhir/Basic",
        "/sandbox/fhir/Patient/x",
        "/sandbox/faults/nonsense/fhir/Patient",
        "/sandbox/fhir/x/y/z",
    ):
        response = client.get(path)
        outcome(response, 404)
        assert response.headers["Cache-Control"] == "no-store"


# --- not well ---


def test_every_fault_still_says_who_it_is(client: FlaskClient) -> None:
    for fault in FAULTS:
        assert get(client, f"/sandbox/faults/{fault}/fhir/metadata")["resourceType"] == "CapabilityStatement"


def test_a_server_that_refuses_the_token(client: FlaskClient) -> None:
    response = client.get(f"/sandbox/faults/unauthorised/fhir/Patient/{MAN}")
    assert outcome(response, 401)["code"] == "login"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_server_that_lacks_results(client: FlaskClient) -> None:
    for kind in faults.LACKING:
        outcome(client.get(f"/sandbox/faults/missing/fhir/{kind}?patient={MAN}"), 404)
    assert get(client, f"/sandbox/faults/missing/fhir/Condition?patient={MAN}")["total"] > 0


def test_a_server_that_fails(client: FlaskClient) -> None:
    outcome(client.get("/sandbox/faults/failing/fhir/Condition?patient=x"), 500)
    outcome(client.post("/sandbox/faults/failing/fhir/Condition", data=b"{}"), 500)


def test_a_server_that_breaks_off(client: FlaskClient) -> None:
    for answer in (
        client.get("/sandbox/faults/garbled/fhir/Condition?patient=x"),
        client.get("/sandbox/faults/garbled/fhir/Patient/x"),
    ):
        assert answer.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.data)


def test_a_slow_server_is_slow_with_results_only(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SLOWNESS", 0.3)
    begun = time.monotonic()
    assert get(client, f"/sandbox/faults/slow/fhir/Observation?patient={MAN}")["total"] > 0
    assert time.monotonic() - begun >= 0.3


def test_it_is_slower_than_a_service_may_wait() -> None:
    assert faults.SLOWNESS > 3


# --- the same patients as in the requests ---


def resources_of(value: Any) -> set[str]:
    found = (
        [value] if value.get("resourceType") != "Bundle" else [entry["resource"] for entry in value.get("entry", [])]
    )
    return {f"{each['resourceType']}/{each['id']}" for each in found}


@pytest.mark.parametrize("each", scenarios()[1::2], ids=lambda each: each.id)
def test_prefetch_from_this_server_gives_the_cards_of_the_shipped_request(client: FlaskClient, each: Scenario) -> None:
    shipped, service = hook_request(each, TODAY), SERVICES[each.service]
    own = {key: fetched(client, template, shipped["context"]) for key, template in service.prefetch.items()}
    for key, value in own.items():
        assert resources_of(value) <= resources_of(shipped["prefetch"][key])
    answers = []
    for prefetch in (shipped["prefetch"], own):
        body = dumps_exact({**shipped, "prefetch": prefetch})
        answer = client.post(f"/cds-services/{each.service}", data=body, content_type="application/json")
        cards = parsed(answer.data)["cards"]
        answers.append([(card["indicator"], card["summary"], card["detail"]) for card in cards])
    assert answers[0] == answers[1]
