"""The public CDS Hooks sandbox, with its preset: its preflights, its token, its malformed drafts, its feedback.

It signs with a published key of its own; here another key stands in for it, under the same name.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from cds_service.app import create_app
from cds_service.auth import utc_now
from cds_service.clients_file import load_clients
from cds_service.sandbox.scenarios import hook_request, scenario
from cds_service.settings import Settings
from cds_service.store.installation import open_installation
from hooks.exact_json import dumps_exact
from tests.auth.ehr import claims, jwks, token

HERE, SANDBOX = "http://127.0.0.1:8080", "https://sandbox.cds-hooks.org"
MAN = scenario("lung-zol-clearance-42")
SELECT, SIGN = "/cds-services/bone-order-select", "/cds-services/bone-order-sign"
KID = "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f"
KEY = ECKey.generate_key("P-384", {"kid": KID})
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
CLIENT = '[client.sandbox]\npreset = "cds-hooks-sandbox"\njwks_file = "stand-in.json"\n'


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "stand-in.json").write_bytes(jwks(KEY, use="sig", alg="ES384"))
    (folder / "sandbox.toml").write_text(CLIENT)
    here = Settings(clients=folder / "sandbox.toml", public_url=HERE, state_dir=folder)
    store = open_installation(here, development=True)
    store.start()
    yield create_app(here, lambda: MAN.as_of, store=store).test_client()
    store.close(5)


def headers(path: str) -> dict[str, str]:
    """As its code makes them: a token of five minutes for the very address, and where its keys are."""
    told = claims(utc_now(), iss=SANDBOX, aud=f"{HERE}{path}")
    jku = f"{SANDBOX}/.well-known/jwks.json"
    return {"Authorization": f"Bearer {token(KEY, told, alg='ES384', jku=jku)}", "Origin": SANDBOX}


def posted(client: FlaskClient, path: str, body: Any) -> Any:
    answer = client.post(path, data=dumps_exact(body), content_type="application/json", headers=headers(path))
    assert answer.status_code == 200, answer.data
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    return json.loads(answer.data) if answer.data else None


def drafted(hook: str, **order: Any) -> Any:
    """A request as the sandbox writes it: a Bundle without a type, an order without intent, category as an object."""
    body = hook_request(MAN, hook=hook)
    bundle = body["context"]["draftOrders"]
    bundle.pop("type", None)
    draft = bundle["entry"][0]["resource"]
    draft.pop("intent", None)
    draft["category"] = {
        "coding": [{"system": "http://hl7.org/fhir/medication-request-category", "code": "outpatient"}]
    }
    draft |= order
    bundle["entry"][0]["resource"] = {name: value for name, value in draft.items() if value is not None}
    return body


@pytest.mark.parametrize("path", ["/cds-services", SELECT, SIGN, f"{SIGN}/feedback"])
def test_its_preflights_are_answered(client: FlaskClient, path: str) -> None:
    asked = {"Origin": SANDBOX, "Access-Control-Request-Method": "GET" if path == "/cds-services" else "POST"}
    wanted = {"Access-Control-Request-Headers": "authorization,content-type"}
    answer = client.options(path, headers=asked | wanted)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed


def test_it_finds_the_services(client: FlaskClient) -> None:
    answer = client.get("/cds-services", headers=headers("/cds-services"))
    ids = [each["id"] for each in answer.get_json()["services"]]
    assert {"bone-order-select", "bone-order-sign", "bone-patient-view"} <= set(ids)
    assert len(ids) == len(set(ids)), "it knows services by their address: of two with one id it would keep the last"


def test_before_a_medication_is_picked_there_is_nothing_to_say(client: FlaskClient) -> None:
    assert posted(client, SELECT, drafted("order-select", medicationCodeableConcept=None))["cards"] == []


def test_its_malformed_order_is_answered_and_feedback_taken(client: FlaskClient) -> None:
    cards = posted(client, SIGN, drafted("order-sign"))["cards"]
    dose = next(card for card in cards if "3.3 mg" in card["summary"])
    accepted = {"id": dose["suggestions"][0]["uuid"]}
    told = {"card": dose["uuid"], "outcome": "accepted", "acceptedSuggestions": [accepted],
            "outcomeTimestamp": "2026-03-16T10:00:00Z"}  # fmt: skip
    assert posted(client, f"{SIGN}/feedback", {"feedback": [told]}) == {}


def test_by_default_it_speaks_dstu2_of_tablets(client: FlaskClient) -> None:
    old = {"resourceType": "MedicationOrder", "id": "request-123", "status": "draft", "dateWritten": "2026-03-16",
           "patient": {"reference": f"Patient/syn-{MAN.patient}"},
           "medicationCodeableConcept": {"text": "Alendronate 70 MG Oral Tablet", "coding": [
               {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "904396", "display": "Alendronate 70 MG"}]},
           "dosageInstruction": [{"doseQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "{pill}"}}]}  # fmt: skip
    body = drafted("order-select")
    body["context"]["draftOrders"]["entry"] = [{"resource": old}]
    body["context"]["selections"] = ["MedicationOrder/request-123"]
    assert isinstance(posted(client, SELECT, body)["cards"], list)


def test_the_five_lines_of_the_readme_let_both_public_tools_in(tmp_path: Path) -> None:
    (block,) = re.findall(r"```sh\n(printf .*?)\n```", README, re.DOTALL)
    lines = block.splitlines()
    assert len(lines) == 5
    written = "\n".join(line for line in lines if not line.startswith((".venv", "export")))
    run(["/bin/sh", "-eu", "-c", written], cwd=tmp_path, check=True)
    found = load_clients(tmp_path / "public.toml").agreements
    assert [each.client.id for each in found] == ["sandbox", "launcher"]
    assert found[1].client.smart is not None
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    settings = dict(re.findall(r"(OSTEOHOOKS_[A-Z_]+)=(\S+)", block))
    assert settings == {"OSTEOHOOKS_CLIENTS": "public.toml", "OSTEOHOOKS_SECRET_FILE": "secret",
                        "OSTEOHOOKS_PUBLIC_URL": HERE}  # fmt: skip


def test_without_its_token_it_is_refused(client: FlaskClient) -> None:
    answer = client.post(SIGN, data=dumps_exact(drafted("order-sign")), content_type="application/json")
    assert answer.status_code == 401
