"""What the service refuses to start with, and how it runs with clients: a real process, asked over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cds_service.auth import utc_now
from cds_service.settings import load_settings
from cds_service.trial_keys import make_pair, make_token
from tests.service.test_server import free_port, refused_to_start, serving

ISSUER = "https://ehr.north.example"
SECRET = "a secret for tests only, long enough to be taken for one".replace(" ", "-")


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    make_pair("north", tmp_path)
    file = tmp_path / "clients.toml"
    file.write_text(f'[client.north]\nissuer = "{ISSUER}"\njwks_file = "north.jwks.json"\n')
    return file


def test_known_callers_only(clients: Path) -> None:
    with serving(OSTEOHOOKS_CLIENTS=str(clients), OSTEOHOOKS_SECRET=SECRET) as running:
        url = f"{running.url}/cds-services"
        assert running.get("/cds-services")[0] == 200
        token = make_token(clients.parent / "north.private.json", ISSUER, url, utc_now())
        believed = {"Authorization": f"Bearer {token}"}
        assert running.get("/cds-services", **believed)[0] == 200
        assert running.get("/cds-services", **believed)[0] == 401
        status, headers, _ = running.get("/cds-services/bone-order-sign", b"{}", Origin="https://ehr.example")
        assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "Access-Control-Allow-Origin" not in headers
        assert running.get("/sandbox/requests")[0] == 404
        written = running.written()
    assert "Callers are authenticated." in written
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    refused = [(line.get("client"), line["reason"]) for line in lines if line["event"] == "caller refused"]
    assert refused == [("north", "replayed"), (None, "no-token")]
    assert token.split(".")[1] not in written


def test_a_token_is_used_once_by_all_workers_and_after_a_restart(clients: Path) -> None:
    url = "https://cds.example.org/cds-services"
    token = make_token(clients.parent / "north.private.json", ISSUER, url, utc_now())
    believed = {"Authorization": f"Bearer {token}"}
    settings = {
        "OSTEOHOOKS_CLIENTS": str(clients),
        "OSTEOHOOKS_SECRET": SECRET,
        "OSTEOHOOKS_PUBLIC_URL": "https://cds.example.org",
        "OSTEOHOOKS_STATE_DIR": str(clients.parent / "state"),
        "OSTEOHOOKS_WORKERS": "2",
    }
    with serving(**settings) as running, ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(lambda _: running.get("/cds-services", **believed)[0], range(24)))
    assert told == [200] + 23 * [401]
    with serving(**settings) as again:
        assert again.get("/cds-services", **believed)[0] == 401


def test_other_machines_may_call_a_service_that_knows_them(clients: Path) -> None:
    settings = {"OSTEOHOOKS_HOST": "0.0.0.0", "OSTEOHOOKS_CLIENTS": str(clients), "OSTEOHOOKS_SECRET": SECRET}
    with serving(**settings, OSTEOHOOKS_PUBLIC_URL="https://cds.example.org") as running:
        assert running.get("/cds-services/bone-order-sign", b"{}")[0] == 401


def test_other_machines_need_an_address_to_make_tokens_for(clients: Path) -> None:
    told = refused_to_start("--port", str(free_port()), OSTEOHOOKS_HOST="0.0.0.0", OSTEOHOOKS_CLIENTS=str(clients))
    assert "OSTEOHOOKS_PUBLIC_URL is not set" in told


def test_a_wrong_clients_file_stops_the_start(clients: Path) -> None:
    clients.write_text(clients.read_text().replace("issuer", "isuer"))
    settings = {"OSTEOHOOKS_CLIENTS": str(clients), "OSTEOHOOKS_SECRET": SECRET}
    told = refused_to_start("--port", str(free_port()), **settings, OSTEOHOOKS_STATE_DIR=str(clients.parent))
    assert told.startswith("Osteohooks cannot start.\nThe clients file ")
    assert 'client "north", isuer: is not a key of a client: did you mean issuer?' in told


def test_all_that_is_wrong_is_told_at_once(clients: Path) -> None:
    clients.write_text(clients.read_text().replace("issuer", "isuer"))
    settings = {"OSTEOHOOKS_CLIENTS": str(clients), "OSTEOHOOKS_STATE_DIR": str(clients.parent)}
    told = refused_to_start("--port", str(free_port()), **settings)
    assert "OSTEOHOOKS_SECRET" in told
    assert "did you mean issuer?" in told
    assert told.count("cannot start") == 1


@pytest.mark.parametrize("address", ["mine.example", "http://mine.example", "https://a@b", "https://mine?x"])
def test_a_wrong_public_address_stops_the_start(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("OSTEOHOOKS_PUBLIC_URL", address)
    with pytest.raises(SystemExit, match="OSTEOHOOKS_PUBLIC_URL must be the address EHRs call") as stop:
        load_settings()
    assert address not in str(stop.value)


def test_with_clients_nothing_else_is_open(monkeypatch: pytest.MonkeyPatch, clients: Path) -> None:
    monkeypatch.setenv("OSTEOHOOKS_CLIENTS", str(clients))
    monkeypatch.setenv("OSTEOHOOKS_PUBLIC_URL", "https://cds.example.org/")
    settings = load_settings()
    assert (settings.sandbox, settings.cors_origins) == (False, ())
    assert (settings.clients, settings.public_url) == (clients, "https://cds.example.org")
