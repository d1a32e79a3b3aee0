"""SMART App Launch against the authorization server of the sandbox: both launches, PKCE, tokens, and what is refused."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet

from cds_service.sandbox.authorization.held import (
    ACCESS_LASTS,
    CODE_LASTS,
    LAUNCH_LASTS,
    REFRESH_LASTS,
    Code,
    Decision,
    Held,
    Launch,
    Token,
)
from cds_service.sandbox.authorization.oauth import SECRETS
from cds_service.sandbox.scopes import Access
from tests.sandbox.app import DATA, REDIRECT, App, bearer, came_back
from tests.sandbox.desk import BASE, MAN, observation, send

OTHER = "syn-lung-zol-clearance-28"
STANDALONE = f"launch/patient openid fhirUser {DATA}"


@pytest.fixture
def app(fresh: FlaskClient) -> App:
    return App(fresh)


def tokens(app: App, **fields: str) -> dict[str, Any]:
    answer = app.redeem(app.launch(patient=MAN, **fields)["code"])
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


# --- the EHR opens the app ---


def test_a_launch_gives_a_token_with_its_context(app: App) -> None:
    back = app.launch(patient=MAN, appContext="rule=ZOL-DOSE-01", intent="order-sign")
    assert back["state"] == app.state
    answer = app.redeem(back["code"])
    told = answer.get_json()
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (told["token_type"], told["expires_in"]) == ("Bearer", ACCESS_LASTS)
    assert (told["patient"], told["encounter"]) == (MAN, f"{MAN}-stay")
    assert (told["appContext"], told["intent"], told["need_patient_banner"]) == ("rule=ZOL-DOSE-01", "order-sign", True)
    assert told["scope"].split() == ["launch", "openid", "fhirUser", "offline_access", DATA]
    assert told["refresh_token"]


def test_the_id_token_says_who_and_for_whom(app: App) -> None:
    handle = app.client.post("/sandbox/auth/launch", data={"patient": MAN}).get_json()["launch"]
    back = came_back(app.ask(f"launch openid fhirUser {DATA}", launch=handle, nonce="n-0S6"))
    token = app.redeem(back["code"]).get_json()["id_token"]
    keys = KeySet.import_key_set(app.client.get("/sandbox/auth/jwks").get_json())
    read = jwt.decode(token, keys, algorithms=["RS256"])
    assert read.header["kid"]
    assert read.claims["iss"] == "http://localhost/sandbox/auth"
    assert (read.claims["aud"], read.claims["nonce"]) == (app.client_id, "n-0S6")
    assert read.claims["fhirUser"] == f"{BASE}/Practitioner/syn-prescriber"
    assert read.claims["sub"] == "syn-prescriber"
    assert app.client.get(read.claims["fhirUser"].removeprefix("http://localhost")).status_code == 200
    told = app.client.get("/sandbox/auth/.well-known/openid-configuration").get_json()
    assert (told["issuer"], told["jwks_uri"]) == (read.claims["iss"], "http://localhost/sandbox/auth/jwks")


def test_without_openid_there_is_no_id_token_and_without_offline_no_refresh(app: App) -> None:
    told = app.redeem(app.launch(f"launch {DATA}", patient=MAN)["code"]).get_json()
    assert "id_token" not in told
    assert "refresh_token" not in told


def test_the_page_of_the_ehr_sends_the_browser_to_the_app(app: App) -> None:
    url = "http://127.0.0.1:9/smart/launch?ehr=sandbox"
    answer = app.client.post("/sandbox/auth/launch", data={"url": url, "patient": MAN})
    where = urlsplit(answer.headers["Location"])
    query = parse_qs(where.query)
    assert (answer.status_code, where.netloc, where.path) == (303, "127.0.0.1:9", "/smart/launch")
    assert (query["ehr"], query["iss"]) == (["sandbox"], [BASE])
    told = app.redeem(came_back(app.ask(f"launch {DATA}", launch=query["launch"][0]))["code"]).get_json()
    assert told["patient"] == MAN


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/launch", "javascript:alert(1)", "//elsewhere.example", "file:///etc"]
)
def test_no_launch_leaves_this_machine(client: FlaskClient, url: str) -> None:
    answer = client.post("/sandbox/auth/launch", data={"url": url, "patient": MAN})
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_a_launch_that_is_not_known_is_an_error_for_the_app(app: App) -> None:
    for launch in ("made-up", None):
        back = came_back(app.ask(f"launch {DATA}", launch=launch))
        assert (back["error"], back["state"]) == ("invalid_request", app.state)


def test_authorization_may_be_asked_for_by_post(app: App) -> None:
    handle = app.client.post("/sandbox/auth/launch", data={"patient": MAN}).get_json()["launch"]
    answer = app.client.post("/sandbox/auth/authorize", data=app.parameters(f"launch {DATA}", launch=handle))
    assert came_back(answer)["code"]


# --- the user opens the app ---


def test_a_standalone_launch_asks_for_the_patient(app: App) -> None:
    page = app.ask(STANDALONE)
    text = page.get_data(as_text=True)
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert f'<option value="{MAN}">' in text
    assert DATA in text
    assert "form-action 'self' http://127.0.0.1:9;" in page.headers["Content-Security-Policy"]
    told = app.redeem(came_back(app.decide(STANDALONE, OTHER))["code"]).get_json()
    assert told["patient"] == OTHER
    assert "encounter" not in told


def test_an_encounter_is_given_when_it_is_asked_for(app: App) -> None:
    scope = f"launch/patient launch/encounter {DATA}"
    told = app.redeem(came_back(app.decide(scope, OTHER))["code"]).get_json()
    assert told["encounter"] == f"{OTHER}-stay"
    assert (
        app.client.get(f"/sandbox/fhir/Encounter/{OTHER}-stay", headers=bearer(told["access_token"])).status_code == 200
    )


def test_the_user_may_refuse(app: App) -> None:
    back = came_back(app.decide(STANDALONE, MAN, "deny"))
    assert (back["error"], back["state"]) == ("access_denied", app.state)
    assert came_back(app.decide(STANDALONE, "nobody"))["error"] == "access_denied"
    assert came_back(app.decide(STANDALONE, None))["error"] == "access_denied"


def test_an_app_of_the_user_needs_no_patient(app: App) -> None:
    assert "<select" not in app.ask("user/*.rs").get_data(as_text=True)
    told = app.redeem(came_back(app.decide("user/*.rs", None))["code"]).get_json()
    assert "patient" not in told
    assert app.client.get(f"/sandbox/fhir/Patient/{MAN}", headers=bearer(told["access_token"])).status_code == 200


def test_what_the_app_sends_cannot_become_part_of_the_page(app: App) -> None:
    page = app.ask(f"{STANDALONE} <script>x</script>", state='"><script>alert(1)</script>').get_data(as_text=True)
    assert "<script>" not in page


# --- what is refused before anybody is sent anywhere ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redirect_uri", "https://elsewhere.example/callback"),
        ("redirect_uri", "http://127.0.0.1.elsewhere.example/callback"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", f"{REDIRECT}#x"),
        ("redirect_uri", None),
        ("client_id", None),
        ("client_id", "<script>"),
    ],
)
def test_nobody_is_sent_to_a_place_that_cannot_be_trusted(app: App, name: str, value: str | None) -> None:
    page = app.ask(STANDALONE, **{name: value})
    assert (page.status_code, page.headers.get("Location")) == (400, None)
    assert page.content_type.startswith("text/html")
    assert b"<script" not in page.data


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"aud": "http://localhost/sandbox/../fhir-elsewhere"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_what_is_not_in_order_is_told_to_the_app(app: App, changes: dict[str, Any], error: str) -> None:
    assert came_back(app.ask(STANDALONE, **changes))["error"] == error


# --- codes ---


def test_a_code_is_good_once_and_its_theft_ends_everything(app: App) -> None:
    code = app.launch(patient=MAN)["code"]
    told = app.redeem(code).get_json()
    renewed = app.refresh(told["refresh_token"]).get_json()
    assert app.redeem(code).get_json()["error"] == "invalid_grant"
    for each in (told, renewed):
        assert app.client.get(f"/sandbox/fhir/Patient/{MAN}", headers=bearer(each["access_token"])).status_code == 401
    assert app.refresh(renewed["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"redirect_uri": "http://127.0.0.1:10/other"},
        {"redirect_uri": None},
        {"client_id": "another-app"},
        {"code": "made-up"},
        {"code": None},
        {"grant_type": "password"},
        {"grant_type": None},
    ],
)
def test_a_code_is_good_for_its_app_only(app: App, changes: dict[str, Any]) -> None:
    answer = app.redeem(app.launch(patient=MAN)["code"], **changes)
    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.get_json()


def test_everything_ends() -> None:
    clock = [1000.0]
    held = Held(lambda: clock[0])
    decision = Decision("Practitioner/x", Launch("p"), BASE)
    handle = held.launch(Launch("p"))
    held.keep_code(Code("c", "app", REDIRECT, DATA, decision, "x", "S256", None, 1000))
    held.keep_token(Token("a", "r", "app", DATA, decision))
    clock[0] += CODE_LASTS - 1
    assert held.access("a") == Access.of([DATA], "p")
    clock[0] += 1
    assert held.take_code("c") is None
    assert held.launched(handle) is not None
    clock[0] += max(LAUNCH_LASTS, ACCESS_LASTS)
    assert (held.launched(handle), held.access("a")) == (None, None)
    assert held.refreshable("r") is not None
    clock[0] += REFRESH_LASTS
    assert held.refreshable("r") is None


def test_what_is_held_does_not_grow_without_end() -> None:
    held = Held()
    first = held.launch(Launch("p"))
    for _ in range(1000):
        last = held.launch(Launch("p"))
    assert held.launched(first) is None
    assert held.launched(last) is not None


# --- tokens ---


def test_a_refresh_token_is_used_once(app: App) -> None:
    told = tokens(app)
    renewed = app.refresh(told["refresh_token"]).get_json()
    assert renewed["access_token"] != told["access_token"]
    assert (renewed["patient"], renewed["scope"]) == (MAN, told["scope"])
    assert app.refresh(told["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert app.refresh(renewed["refresh_token"]).status_code == 200


def test_a_refresh_may_ask_for_less_but_not_for_more(app: App) -> None:
    told = tokens(app)
    assert app.refresh(told["refresh_token"], scope="user/*.cruds").get_json()["error"] == "invalid_scope"
    less = app.refresh(told["refresh_token"], scope=DATA).get_json()
    assert less["scope"] == DATA


def test_a_refresh_token_is_good_for_its_app_only(app: App) -> None:
    told = tokens(app)
    assert App(app.client, "another-app").refresh(told["refresh_token"]).status_code == 400
    assert app.refresh(told["refresh_token"]).status_code == 200


def test_tokens_can_be_given_back(app: App) -> None:
    told = tokens(app)
    assert App(app.client, "another-app").revoke(told["access_token"]).status_code == 400
    assert app.revoke("made-up").status_code == 200  # RFC 7009: what is not there is revoked
    assert app.revoke(told["access_token"]).status_code == 200
    assert app.client.get(f"/sandbox/fhir/Patient/{MAN}", headers=bearer(told["access_token"])).status_code == 401
    renewed = app.refresh(told["refresh_token"]).get_json()
    assert app.revoke(renewed["refresh_token"]).status_code == 200
    assert app.client.get(f"/sandbox/fhir/Patient/{MAN}", headers=bearer(renewed["access_token"])).status_code == 401
    assert app.refresh(renewed["refresh_token"]).status_code == 400


def test_an_app_with_a_secret_must_use_it(fresh: FlaskClient) -> None:
    name, secret = next(iter(SECRETS.items()))
    good, wrong, none = App(fresh, name, secret), App(fresh, name, "guess"), App(fresh, name)
    back = good.launch(patient=MAN)
    assert wrong.redeem(back["code"], code_verifier=good.verifier).status_code == 401
    assert none.redeem(back["code"], code_verifier=good.verifier).status_code == 401
    assert good.redeem(back["code"]).get_json()["patient"] == MAN


def test_the_token_of_the_service_reads_its_patient(fresh: FlaskClient) -> None:
    told = fresh.post("/sandbox/auth/service-token", data={"patient": MAN}).get_json()
    assert set(told) == {"access_token", "token_type", "expires_in", "scope", "subject", "patient"}
    headers = bearer(told["access_token"])
    assert fresh.get(f"/sandbox/visits/a/fhir/Observation?patient={MAN}", headers=headers).get_json()["total"] > 5
    assert fresh.get(f"/sandbox/fhir/Observation?patient={OTHER}", headers=headers).get_json()["total"] == 0
    assert fresh.get(f"/sandbox/fhir/Patient/{OTHER}", headers=headers).status_code == 403
    assert send(fresh, "POST", "/sandbox/fhir/Observation", observation(), **headers).status_code == 403


def test_no_secret_is_in_an_id_token(app: App) -> None:
    payload = tokens(app)["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert set(claims) == {"iss", "aud", "iat", "exp", "auth_time", "at_hash", "sub", "fhirUser"}
