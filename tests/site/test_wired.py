"""The whole service with its store: a call leaves its ward, the policy it was answered by, and the codes it brought."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from cds_service.app import create_app
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.settings import Settings
from cds_service.site.burden_privacy import WARD_EXTENSION
from cds_service.site.sightings import counted
from cds_service.site.watchdog import look, told
from cds_service.store.keys import Ring
from cds_service.store.schema import calls
from cds_service.store.store import Store, open_store
from tests.auth.test_key_source import wait_for
from tests.site.policies import VERSION, written
from tests.store.answers import SECRET

MAN = scenario("lung-zol-clearance-42")
LOCAL = {"base_url": "http://127.0.0.1:8080"}


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Any:
    opened = open_store(database_url, Ring(SECRET), tmp_path / "state")
    yield opened
    opened.close()


def service(store: Store, tmp_path: Path, **settings: Any) -> Flask:
    path = written(tmp_path, VERSION + '[[version.limit]]\nname = "AR-DENTAL-01.freshness"\nvalue = "120 d"\n')
    return create_app(Settings(policy=path, **settings), lambda: MAN.as_of, store=store)


def body(ward: object = "onco-2", code: str = "9230421") -> bytes:
    sent = json.loads(hook_request_bytes(MAN))
    (order,) = (entry["resource"] for entry in sent["context"]["draftOrders"]["entry"])
    coding = {"system": "urn:oid:1.2.250.1", "code": code, "display": "ZOMETA 4 mg/5 ml pour Madame Dupont"}
    order["medicationCodeableConcept"] = {"coding": [coding]}
    return json.dumps(sent | {"hookInstance": str(uuid4()), "extension": {WARD_EXTENSION: ward}}).encode()


def post(app: Flask, sent: bytes) -> Any:
    return app.test_client().post("/cds-services/bone-order-sign", data=sent, content_type="application/json", **LOCAL)


def test_a_call_leaves_its_ward_and_the_version_of_the_policy(store: Store, tmp_path: Path) -> None:
    app = service(store, tmp_path)
    for ward in ("onco-2", "Madame Dupont"):
        assert post(app, body(ward)).status_code == 200
    assert store.flush()
    with store.database.reading() as connection:
        rows = [
            tuple(row) for row in connection.execute(select(calls.c.ward, calls.c.policy_version).order_by(calls.c.seq))
        ]
    assert [ward for ward, _ in rows] == ["onco-2", None]
    assert all(version.startswith("site/2026-01-01/") for _, version in rows)


def test_a_code_that_matches_nothing_is_counted_without_its_words(store: Store, tmp_path: Path) -> None:
    app = service(store, tmp_path)
    for _ in range(3):
        answer = post(app, body())
    assert "give 3.3 mg" in answer.json["cards"][0]["summary"]  # by its name the drug was known all the same
    app.extensions["osteohooks.advisor"].close()
    with store.database.reading() as connection:
        seen = counted(connection, MAN.as_of, MAN.as_of)
        text = told(look(connection, MAN.as_of + timedelta(days=1)))
    assert [(one.code, one.concept, count) for one, count in seen.items()] == [("9230421", "zoledronic_acid_4mg", 3)]
    assert "1 order code looks like bisphosphonates and matches no concept (seen 3 times):" in text
    assert "Dupont" not in str(seen)
    metrics = app.test_client().get("/metrics", **LOCAL).text
    assert 'osteohooks_codes_unmatched_total{kind="medications"} 3.0' in metrics


def test_the_report_is_served_in_development(store: Store, tmp_path: Path) -> None:
    app = service(store, tmp_path)
    post(app, body())
    assert store.flush()
    page = app.test_client().get("/report?from=2026-03-16&to=2026-03-16", **LOCAL)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "1 calls in all" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["Cache-Control"] == "no-store"
    elsewhere = app.test_client().get("/report", headers={"X-Forwarded-For": "10.0.0.1"}, **LOCAL)
    assert elsewhere.status_code == 403


def test_the_report_needs_the_token_where_one_is_set(store: Store, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-the-tests-0123456789")
    app = service(store, tmp_path, operator_token_file=tmp_path / "token")
    assert app.test_client().get("/report", **LOCAL).status_code == 401
    bearer = {"Authorization": "Bearer a-token-of-the-tests-0123456789"}
    assert app.test_client().get("/report", headers=bearer, **LOCAL).status_code == 200


def test_without_a_store_there_is_no_report() -> None:
    assert create_app(Settings(), lambda: MAN.as_of).test_client().get("/report", **LOCAL).status_code == 404


def test_readiness_asks_the_canaries_under_the_policy(store: Store, tmp_path: Path) -> None:
    ready = service(store, tmp_path).test_client()
    wait_for(lambda: ready.get("/readyz", **LOCAL).json["parts"]["canaries"] == {"status": "ok"})
