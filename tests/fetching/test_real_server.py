"""A FHIR R4 server that nobody here wrote (sekmet-fhir, its hospital simulator off) holds the shipped patients.

`make test` installs it into an environment of its own and names it in FHIR_SERVER. Without it these tests are skipped.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from cds_service.clients import DEVELOPMENT
from cds_service.prefetch import Completed
from cds_service.sandbox.scenarios import record, scenario, scenarios
from fhir_mappers.record.answer import REFUSED
from hooks.exact_json import dumps_exact
from hooks.request import HookRequest
from tests.fetching.desk import KEYS, MAN, SERVICES, fetcher, product
from tests.fetching.test_parity import ask, body, said
from tests.service.calls import post
from tests.support.ehr import FHIR_JSON, calling

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("FHIR_SERVER", ROOT / ".venv/fhir/bin/sekmet"))
# This server does not search the answers of forms by patient, and would give everybody those of everybody: rightly, the
# service then believes none of them. So only patients without forms are loaded.
NAMES = [
    each.id
    for each in scenarios()
    if each.id != "breast-long-history" and not any(r["resourceType"] == "QuestionnaireResponse" for r in record(each))
]
TOKEN = "a-token-of-the-ehr"
FEW = {"client_id": "few", "client_secret": "for-tests", "scopes": "system/Patient.read system/Condition.read"}

pytestmark = pytest.mark.skipif(
    "FHIR_SERVER" not in os.environ and not PROGRAM.exists(), reason="needs the FHIR server that `make test` installs"
)


@dataclass(frozen=True)
class Hospital:
    """Where the server is, and a token that opens two types only."""

    root: str
    narrow: str

    @property
    def fhir(self) -> str:
        return f"{self.root}/fhir"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder, port = tmp_path_factory.mktemp("fhir-server"), _free_port()
    root = f"http://127.0.0.1:{port}"
    access = {"types": ["bearer", "smart"], "tokens": [TOKEN], "smart_clients": [FEW]}
    settings = {"base_url": f"{root}/fhir", "host": "127.0.0.1", "port": port, "server_auth": access}
    settings |= {"simulator": {"enabled": False}, "validation": {"inbound": "strict"}, "log_inbound": False}
    (folder / "settings.yaml").write_text(json.dumps(settings))  # JSON is YAML
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([PROGRAM.resolve(), "serve"], cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"{root}/fhir/metadata", server)
        _load(f"{root}/fhir")
        yield Hospital(root, _narrow_token(root))
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert server.poll() is None, "the FHIR server ended"
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the FHIR server did not start")


def _load(fhir: str) -> None:
    """All shipped patients in one transaction, each resource validated by the server's own models."""
    held = {(r["resourceType"], r["id"]): r for name in NAMES for r in record(scenario(name))}
    entries = [
        {"resource": resource, "request": {"method": "PUT", "url": f"{kind}/{name}"}}
        for (kind, name), resource in held.items()
    ]
    sent = dumps_exact({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": FHIR_JSON}
    answer = requests.post(fhir, data=sent, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text[:2000]
    assert {entry["response"]["status"] for entry in answer.json()["entry"]} == {"201 Created"}


def _narrow_token(root: str) -> str:
    asked = {"grant_type": "client_credentials"}
    answer = requests.post(f"{root}/auth/token", data=asked, auth=("few", FEW["client_secret"]), timeout=30)
    return str(answer.json()["access_token"])


def fetch(hospital: Hospital, name: str, page_size: int, token: str = TOKEN) -> tuple[HookRequest, Completed]:
    own = fetcher(deadline=60.0, page_size=page_size)
    service = SERVICES[scenario(name).service]
    call = HookRequest.parse(dumps_exact(calling(body(name), hospital.fhir, token)), service.hook)
    try:
        return call, own.complete(call, service, DEVELOPMENT)
    finally:
        own.close()


@pytest.mark.parametrize("page_size", [500, 4], ids=["one page", "many pages"])
def test_the_same_cards_as_by_prefetch(hospital: Hospital, page_size: int) -> None:
    for name in NAMES:
        service = SERVICES[scenario(name).service]
        call, data = fetch(hospital, name, page_size)
        assert (data.failures, set(data.origins)) == ({}, set(service.prefetch)), name
        whole = HookRequest.parse(dumps_exact(body(name)), service.hook)
        assert said(ask(name, service.id, call, data)) == said(ask(name, service.id, whole)), name


def test_it_did_give_pages(hospital: Hospital) -> None:
    url = f"{hospital.fhir}/Observation?patient=syn-{MAN.id}&_count=4"
    answer = requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).json()
    assert "next" in [link["relation"] for link in answer["link"]]
    assert len(answer["entry"]) == 4


def test_a_wrong_token_is_refused(hospital: Hospital) -> None:
    _, data = fetch(hospital, MAN.id, 500, token="somebody-elses")
    assert data.failures == dict.fromkeys(KEYS, REFUSED)
    response = post(product(), calling(body(MAN.id), hospital.fhir, "somebody-elses"), f"/cds-services/{MAN.service}")
    assert response.status_code == 412
    assert "refused access" in json.loads(response.data)["issue"][0]["diagnostics"]


def test_a_token_for_two_types_gets_two_types(hospital: Hospital) -> None:
    call, data = fetch(hospital, MAN.id, 500, token=hospital.narrow)
    assert set(data.origins) == {"patient", "conditions"}
    assert data.failures == dict.fromkeys(set(KEYS) - {"patient", "conditions"}, REFUSED)
    reply = ask(MAN.id, MAN.service, call, data)
    assert "the record system refused access" in "\n".join(card.detail or "" for card in reply.cards)
