"""What a scope gives, in both versions of SMART, and that the FHIR server gives no more."""

import pytest
from flask.testing import FlaskClient

from cds_service.sandbox.scopes import EVERYTHING, Access, data_scope, granted
from tests.sandbox.app import App, bearer
from tests.sandbox.desk import MAN, observation, send
from tests.sandbox.test_authorization import OTHER


@pytest.mark.parametrize(
    ("scope", "interactions"),
    [
        ("patient/Observation.read", "rs"),
        ("patient/Observation.write", "cud"),
        ("patient/Observation.*", "cruds"),
        ("patient/Observation.rs", "rs"),
        ("user/Observation.cruds", "cruds"),
        ("patient/*.c", "c"),
        ("patient/Observation.", None),
        ("patient/Observation.sr", None),
        ("patient/Observation.rs?category=laboratory", None),
        ("system/Observation.rs", None),
        ("patient/observation.rs", None),
        ("launch/patient", None),
    ],
)
def test_scopes_of_both_versions(scope: str, interactions: str | None) -> None:
    found = data_scope(scope)
    assert (found.interactions if found else None) == interactions


def test_only_what_is_known_is_granted_once() -> None:
    asked = "openid patient/*.rs  openid system/*.rs offline_access x patient/*.rs"
    assert granted(asked) == "openid patient/*.rs offline_access"


@pytest.mark.parametrize(
    ("scopes", "interaction", "kind", "patient", "allowed"),
    [
        ("patient/*.rs", "r", "Observation", "p1", True),
        ("patient/*.rs", "r", "Observation", "p2", False),
        ("patient/*.rs", "c", "Observation", "p1", False),
        ("patient/*.rs", "r", "Practitioner", None, True),
        ("patient/*.cruds", "c", "Medication", None, False),
        ("patient/Observation.rs", "s", "Condition", "p1", False),
        ("user/*.rs", "r", "Observation", "p2", True),
        ("patient/Condition.rs patient/Observation.write", "u", "Observation", "p1", True),
        ("openid launch", "r", "Patient", "p1", False),
    ],
)
def test_access(scopes: str, interaction: str, kind: str, patient: str | None, allowed: bool) -> None:
    assert Access.of(scopes.split(), "p1").permits(interaction, kind, patient) is allowed


def test_without_a_token_the_sandbox_is_open() -> None:
    assert all(EVERYTHING.permits(each, "Observation", "p1") and EVERYTHING.names(each, "Patient") for each in "cruds")


def token(client: FlaskClient, scope: str) -> dict[str, str]:
    app = App(client)
    return bearer(app.redeem(app.launch(f"launch {scope}", patient=MAN)["code"]).get_json()["access_token"])


def test_a_token_to_read_cannot_write(fresh: FlaskClient) -> None:
    headers = token(fresh, "patient/*.read")
    assert fresh.get(f"/sandbox/fhir/Patient/{MAN}", headers=headers).status_code == 200
    assert fresh.get(f"/sandbox/fhir/Patient/{OTHER}", headers=headers).status_code == 403
    found = fresh.get("/sandbox/fhir/Patient", headers=headers).get_json()
    assert (found["total"], found["entry"][0]["resource"]["id"]) == (1, MAN)
    for method, path in (("POST", "Observation"), ("PUT", "Observation/x"), ("DELETE", "Observation/syn-l42-weight-1")):
        body = observation(id="x") if method != "DELETE" else b""
        assert send(fresh, method, f"/sandbox/fhir/{path}", body, **headers).status_code == 403


def test_a_token_to_write_writes_for_its_patient_only(fresh: FlaskClient) -> None:
    headers = token(fresh, "patient/Observation.cud patient/QuestionnaireResponse.write")
    assert send(fresh, "POST", "/sandbox/fhir/Observation", observation(), **headers).status_code == 201
    assert send(fresh, "POST", "/sandbox/fhir/Observation", observation(OTHER), **headers).status_code == 403
    assert fresh.get("/sandbox/fhir/Observation", headers=headers).status_code == 403
    entry = {"resource": observation(OTHER), "request": {"method": "POST", "url": "Observation"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert send(fresh, "POST", "/sandbox/fhir", bundle, **headers).status_code == 403


def test_pages_of_others_stay_closed(fresh: FlaskClient) -> None:
    page = fresh.get("/sandbox/fhir/Observation?_count=5").get_json()
    following = next(link["url"] for link in page["link"] if link["relation"] == "next").removeprefix(
        "http://localhost"
    )
    headers = token(fresh, "patient/*.rs")
    seen = fresh.get(following, headers=headers).get_json().get("entry", [])
    assert all(entry["resource"]["subject"]["reference"] == f"Patient/{MAN}" for entry in seen)


@pytest.mark.parametrize("sent", ["Bearer made-up", "Bearer", "Basic abc", "", "bearer  "])
def test_a_token_that_is_not_good_is_refused(client: FlaskClient, sent: str) -> None:
    response = client.get(f"/sandbox/fhir/Patient/{MAN}", headers={"Authorization": sent})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
