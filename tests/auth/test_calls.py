"""The whole service behind its door: two EHRs with different agreements, strangers, and what each of them sees."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.auth import utc_now
from cds_service.memory import InMemory
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.settings import Settings
from hooks.services import services
from tests.auth.ehr import BASE, NORTH, SOUTH, claims, ec, jwks, rsa, token
from tests.service.test_http import refused

MAN = scenario("lung-zol-clearance-42")
BODY = hook_request_bytes(MAN)
SIGN = "/cds-services/bone-order-sign"
NORTH_KEY, SOUTH_KEY = ec("n1"), rsa("s1")

CLIENTS = f"""
[client.north]
issuer = "{NORTH}"
jwks_file = "north.json"
languages = ["fr"]
edition = "aura-earlier"
services = ["bone-order-sign", "bone-patient-view"]
cors_origins = ["{NORTH}"]
silent.rules = ["ZOL-DOSE-01"]

[client.south]
issuer = "{SOUTH}"
jwks_file = "south.json"
tenants = ["east", "west"]
silent.services = ["bone-patient-view"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clients")
    (made / "north.json").write_bytes(jwks(NORTH_KEY))
    (made / "south.json").write_bytes(jwks(SOUTH_KEY))
    (made / "clients.toml").write_text(CLIENTS)
    return made


def service(folder: Path, **more: Any) -> Flask:
    app = create_app(Settings(**{"clients": folder / "clients.toml", "public_url": BASE} | more), lambda: MAN.as_of)
    app.testing = False
    return app


@pytest.fixture(scope="module")
def app(folder: Path) -> Flask:
    return service(folder)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as made:
        yield made


def north(path: str = SIGN, **changes: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now(), **{'aud': BASE + path} | changes))}"}


def south(path: str = SIGN, **changes: Any) -> dict[str, str]:
    body = claims(utc_now(), **{"iss": SOUTH, "aud": BASE + path, "tenant": "east"} | changes)
    return {"Authorization": f"Bearer {token(SOUTH_KEY, body)}"}


def call(
    client: FlaskClient, headers: dict[str, str], path: str = SIGN, body: bytes = BODY, **more: Any
) -> TestResponse:
    return client.post(path, data=body, headers=headers, **{"content_type": "application/json"} | more)


def topics(response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.data
    return [card["source"]["topic"]["code"] for card in json.loads(response.data)["cards"]]


# ---- two agreements --------------------------------------------------------------------------------------------------


def test_each_client_is_answered_as_agreed(client: FlaskClient) -> None:
    southern = call(client, south())
    assert "ZOL-DOSE-01" in topics(southern)
    assert southern.headers["Content-Language"] == "en"
    northern = call(client, north() | {"Accept-Language": "en"})
    assert northern.headers["Content-Language"] == "fr", "its only language"
    assert "ZOL-DOSE-01" not in topics(northern), "silent"
    assert topics(northern) == [rule for rule in topics(call(client, south())) if rule != "ZOL-DOSE-01"]
    editions = [json.loads(each.data)["cards"][-1]["source"]["label"] for each in (southern, northern)]
    assert editions[0] != editions[1]


def test_each_client_and_tenant_has_a_memory_of_its_own(folder: Path) -> None:
    memory = InMemory()
    chosen = Settings(clients=folder / "clients.toml", public_url=BASE)
    asked = create_app(chosen, lambda: MAN.as_of, memory=memory).test_client()
    owners = ["north", "south/east", "south/west"]
    for owner, headers in zip(owners, (north(), south(), south(tenant="west")), strict=True):
        for card in json.loads(call(asked, headers).data)["cards"]:
            found = [other for other in owners if memory.find(other, UUID(card["uuid"])) is not None]
            assert found == [owner]


def test_a_silent_service_has_no_cards(client: FlaskClient) -> None:
    view = "/cds-services/bone-patient-view"
    body = hook_request_bytes(scenario("lung-bone-metastases-untreated"), MAN.as_of)
    assert topics(call(client, north(view), view, body))
    assert call(client, south(view), view, body).data == b'{"cards":[]}'


def test_a_service_that_is_off_does_not_exist(client: FlaskClient) -> None:
    off = "/cds-services/bone-encounter-discharge"
    there_is_none = call(client, north("/cds-services/nobody"), "/cds-services/nobody")
    assert call(client, north(off), off).data == there_is_none.data
    assert refused(there_is_none, 404, "not-found")
    assert call(client, south(off), off).status_code != 404


def test_discovery_is_open_and_a_client_sees_what_is_on(client: FlaskClient) -> None:
    def listed(headers: dict[str, str]) -> list[str]:
        response = client.get("/cds-services", headers=headers)
        assert response.status_code == 200
        return [each["id"] for each in json.loads(response.data)["services"]]

    every = [each.id for each in services()]
    assert listed({}) == every
    assert listed(south("/cds-services")) == every
    assert listed(north("/cds-services")) == ["bone-order-sign", "bone-patient-view"]
    assert client.get("/cds-services", headers=north()).status_code == 401, "a token for another address"
    assert client.head("/cds-services", headers=north("/cds-services")).status_code == 200


def test_discovery_can_be_closed(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "clients.toml").write_text("open_discovery = false\n" + CLIENTS)
    closed = service(tmp_path).test_client()
    assert closed.get("/cds-services").status_code == 401
    assert closed.get("/cds-services", headers=north("/cds-services")).status_code == 200
    assert closed.get("/livez").status_code == 200


# ---- who is refused --------------------------------------------------------------------------------------------------


def attempts() -> dict[str, dict[str, str]]:
    """One request for each reason there is to refuse it."""
    now = int(utc_now().timestamp())
    stranger = token(ec("stranger"), claims(utc_now(), aud=BASE + SIGN), kid="n1")
    return {
        "no token": {},
        "another scheme": {"Authorization": "Basic YTpi"},
        "garbage": {"Authorization": "Bearer a.b.c"},
        "too large": {"Authorization": "Bearer " + "a" * 9000},
        "no algorithm": {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now()), alg='none')}"},
        "no type": {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now()), typ=...)}"},
        "critical": {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now()), crit=['x'])}"},
        "unknown issuer": north(iss="https://evil.example"),
        "unknown tenant": south(tenant="nowhere"),
        "unknown key": {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now(), aud=BASE + SIGN), kid='x')}"},
        "another's key": {"Authorization": f"Bearer {stranger}"},
        "another's issuer": north(iss=SOUTH, tenant="east"),
        "another address": north("/cds-services/bone-patient-view"),
        "discovery's address": north("/cds-services"),
        "feedback's address": north(f"{SIGN}/feedback"),
        "expired": north(exp=now - 61),
        "not yet": north(nbf=now + 120),
        "long-lived": north(exp=now + 7200),
        "no jti": north(jti=...),
        "no iat": north(iat=...),
    }


def headers_of(response: TestResponse) -> list[tuple[str, str]]:
    """All of them but the number of the request, which is new each time."""
    numbers = response.headers.getlist("X-Request-Id")
    assert len({UUID(number) for number in numbers}) == 1
    return [(name, value) for name, value in response.headers if value not in numbers]


@pytest.mark.parametrize("body", [BODY, b"", b"{", b"x" * 100_000], ids=["call", "nothing", "no JSON", "much"])
def test_every_refusal_looks_the_same(client: FlaskClient, body: bytes) -> None:
    """Byte for byte, headers and all, and whatever the body is: it was not even read."""
    used = north()
    assert call(client, used).status_code == 200
    tried = attempts() | {"replayed": used}
    answers = {name: call(client, headers, body=body) for name, headers in tried.items()}
    answers["unknown service"] = call(client, {}, "/cds-services/nobody", body)
    answers["another type"] = call(client, {}, content_type="text/plain", body=body)
    seen = {(each.status, each.data, tuple(sorted(headers_of(each)))) for each in answers.values()}
    assert len(seen) == 1
    first = next(iter(answers.values()))
    issue = refused(first, 401, "login")
    assert first.headers["WWW-Authenticate"] == "Bearer"
    assert issue["details"]["text"] == "The caller is not known."


def test_every_refusal_may_be_read_by_the_page_of_a_client(client: FlaskClient) -> None:
    for headers in attempts().values():
        response = call(client, headers | {"Origin": NORTH})
        assert response.status_code == 401
        assert response.headers["Access-Control-Allow-Origin"] == NORTH
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "Origin" in response.vary


def test_other_origins_get_no_leave(client: FlaskClient) -> None:
    response = call(client, north() | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Origin" in response.vary


@pytest.mark.parametrize("path", ["/cds-services", SIGN, "/cds-services/bone-encounter-discharge"])
def test_preflight_needs_no_token(client: FlaskClient, path: str) -> None:
    asked = {
        "Origin": NORTH,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    response = client.options(path, headers=asked)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == NORTH
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed


def test_wrong_methods_are_no_way_in(client: FlaskClient) -> None:
    assert client.get(SIGN).status_code == 405
    assert client.put(SIGN, data=BODY).status_code == 405


# ---- the address of a call -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["cds.example.org", "internal:8080", "evil.example", "127.0.0.1", "a b", ""])
def test_the_public_address_counts_whatever_host_says(client: FlaskClient, host: str) -> None:
    assert call(client, north(), environ_overrides={"HTTP_HOST": host}).status_code == 200
    wrong = {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now(), aud=f'http://{host}{SIGN}'))}"}
    assert call(client, wrong, environ_overrides={"HTTP_HOST": host}).status_code == 401


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8080", True),
        ("localhost:8080", True),
        ("[::1]:8080", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("10.0.0.1:8080", False),
        *(
            (odd, False)
            for odd in ("[", "[x]", "[::1", "a@127.0.0.1", "127.0.0.1@evil.example", "127.0.0.1/x", "localhost\\@evil")
        ),
    ],
)
def test_without_a_public_address_only_this_machine_is_one(
    folder: Path, host: str, known: bool, caplog: pytest.LogCaptureFixture
) -> None:
    asked = service(folder, public_url=None).test_client()
    headers = {"Authorization": f"Bearer {token(NORTH_KEY, claims(utc_now(), aud=f'http://{host}{SIGN}'))}"}
    response = call(asked, headers, environ_overrides={"HTTP_HOST": host})
    assert response.status_code == (200 if known else 401)
    assert known or "OSTEOHOOKS_PUBLIC_URL is not set" in caplog.text


def test_a_public_address_with_a_path(folder: Path) -> None:
    asked = service(folder, public_url=f"{BASE}/bones/").test_client()
    assert call(asked, north(f"/bones{SIGN}")).status_code == 200
    assert call(asked, north()).status_code == 401
    assert call(asked, north(f"/bones{SIGN}/"), f"{SIGN}/").status_code == 200
    assert call(asked, north(f"/bones{SIGN}"), f"{SIGN}?a=b").status_code == 200


# ---- what may be learnt ----------------------------------------------------------------------------------------------


class NoStore:
    """Used tokens cannot be looked up."""

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        raise ConnectionError("no route to secret-host")


def test_a_store_that_fails_lets_nobody_in(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    chosen = Settings(clients=folder / "clients.toml", public_url=BASE)
    asked = create_app(chosen, lambda: MAN.as_of, tokens=NoStore()).test_client()
    response = call(asked, north())
    refused(response, 503, "transient")
    assert response.headers["Retry-After"] == "5"
    assert call(asked, {}).status_code == 401
    assert "secret-host" not in caplog.text + response.text


def test_tokens_are_in_no_log_and_no_answer(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    marks = {"jti": "mark-jti", "sub": "mark-sub"}
    tried = [north(**marks), north(**marks), north(**marks | {"iss": "mark-iss"}), north(**marks | {"aud": "mark-aud"})]
    answers = [call(client, headers) for headers in tried]
    assert [answer.status_code for answer in answers] == [200, 401, 401, 401]
    told = caplog.text + "".join(f"{answer.headers}{answer.text}" for answer in answers)
    assert "mark-" not in told
    assert not any(part in told for headers in tried for part in headers["Authorization"][7:].split("."))
    assert caplog.text.count("caller refused") == 3


def test_development_mode_takes_everyone_and_looks_at_no_token() -> None:
    asked = create_app(Settings(), lambda: MAN.as_of).test_client()
    for headers in ({}, north(), {"Authorization": "Bearer a.b.c"}):
        assert call(asked, headers).status_code == 200
        assert asked.get("/cds-services", headers=headers).status_code == 200


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60), good=st.booleans())
def test_any_header_is_answered_without_a_fault(app: Flask, header: str, good: bool) -> None:
    asked = app.test_client()
    value = f"{north()['Authorization']}{header}" if good else f"Bearer {header}"
    response = call(asked, {}, environ_overrides={"HTTP_AUTHORIZATION": value})
    assert response.status_code == (200 if good and not header.strip(" \t") else 401)
