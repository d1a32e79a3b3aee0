"""The sandbox cannot be had where other machines could reach it, nor beside real EHRs, and answers to this machine only."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.sandbox.guard import SandboxRefused, refusal
from cds_service.server import run
from cds_service.settings import Settings

ADDRESSES = ("/sandbox", "/sandbox/requests", "/sandbox/fhir/metadata", "/sandbox/faults/slow/fhir/Patient",
             "/sandbox/auth/jwks", "/sandbox/static/ehr.js", "/sandbox/start/lung-zol-clearance-42")  # fmt: skip


def settings(**more: Any) -> Any:
    return SimpleNamespace(**({"sandbox": True, "host": "127.0.0.1", "clients": None, "workers": 1} | more))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"host": "0.0.0.0"}, "OSTEOHOOKS_HOST"),
        ({"host": "192.168.1.7"}, "OSTEOHOOKS_HOST"),
        ({"host": "cds.example.org"}, "OSTEOHOOKS_HOST"),
        ({"clients": "clients.toml"}, "OSTEOHOOKS_CLIENTS"),
        ({"workers": 2}, "OSTEOHOOKS_WORKERS"),
    ],
)
def test_where_it_may_not_run(more: dict[str, Any], named: str) -> None:
    said = refusal(settings(**more))
    assert said is not None
    assert named in said
    assert "OSTEOHOOKS_SANDBOX" in said
    assert refusal(settings(sandbox=False, **more)) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_where_it_may(host: str) -> None:
    assert refusal(settings(host=host)) is None


def test_nothing_is_served_where_it_may_not() -> None:
    with pytest.raises(SandboxRefused, match="OSTEOHOOKS_SANDBOX"):
        create_app(Settings(host="0.0.0.0", sandbox=True), date.today)
    with pytest.raises(SystemExit, match="OSTEOHOOKS_SANDBOX"):
        run(Settings(host="0.0.0.0", sandbox=True, allow_unauthenticated=True))


@pytest.mark.parametrize("address", ADDRESSES)
def test_off_means_that_nothing_is_there(address: str) -> None:
    client = create_app(Settings(sandbox=False), date.today).test_client()
    assert client.get(address).status_code == 404


def test_off_means_that_no_call_chooses_its_edition() -> None:
    on, off = (create_app(Settings(sandbox=which), date.today).test_client() for which in (True, False))
    body = on.get("/sandbox/requests/lung-zol-kidney-failing").data

    def summaries(client: FlaskClient, query: str) -> Any:
        answer = client.post(f"/cds-services/bone-patient-view{query}", data=body, content_type="application/json")
        return [card["detail"] for card in answer.get_json()["cards"]]

    assert summaries(off, "?edition=aura-earlier") == summaries(off, "")
    assert summaries(off, "?edition=nonsense") == summaries(off, "")
    assert summaries(on, "?edition=aura-earlier") != summaries(on, "")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "host",
    [
        "cds.example.org",
        "127.0.0.1.example.org",
        "192.168.1.7:8080",
        "localhost.evil.example",
        "[::ffff:10.0.0.1]",
        "%00",
    ],
)
def test_it_answers_to_the_names_of_this_machine_only(client: FlaskClient, address: str, host: str) -> None:
    response = client.get(address, headers={"Host": host})
    assert response.status_code in (400, 404)
    assert response.get_json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
def test_and_to_all_of_them(client: FlaskClient, host: str) -> None:
    assert client.get("/sandbox/fhir/metadata", headers={"Host": host}).status_code == 200
