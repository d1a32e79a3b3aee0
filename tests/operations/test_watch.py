"""Every request leaves one line with numbers and words of ours, and a number of its own in the answer."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.operations import logs
from cds_service.operations.note import current
from cds_service.sandbox.scenarios import hook_request, hook_request_bytes, scenario
from cds_service.settings import Settings
from tests.operations.conftest import Lines
from tests.service.calls import demo_app, post, valid_call, with_context

MAN = scenario("lung-zol-clearance-42")
SIGN = "/cds-services/demo-order-sign"


def test_the_line_of_a_call(lines: Lines) -> None:
    client = create_app(Settings(), lambda: MAN.as_of).test_client()
    body = hook_request_bytes(MAN)
    response = post(client, body, "/cds-services/bone-order-sign", headers={"Accept-Language": "fr"})
    (line,) = lines()
    assert line.pop("ms") > 0
    assert line.pop("time")
    assert line == {
        "level": "info",
        "event": "request",
        "call": response.headers["X-Request-Id"],
        "client": "development",
        "service": "bone-order-sign",
        "hook": "order-sign",
        "language": "fr",
        "cards": 2,
        "fires": 2,
        "undecided": 0,
        "method": "POST",
        "route": "hooks_api.call",
        "status": 200,
        "bytes": len(body),
    }


def test_the_number_of_a_request_is_ours_and_new(lines: Lines) -> None:
    client = demo_app().test_client()
    sent = {"X-Request-Id": "Dupont-1950"}
    found = {post(client, valid_call(), headers=sent).headers["X-Request-Id"] for _ in range(3)}
    assert len({UUID(one) for one in found}) == 3
    instance = valid_call()["hookInstance"]
    assert not any(instance in str(line) or "Dupont" in str(line) for line in lines())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", SIGN, b"x", 400, {"error": "BadRequest", "service": "demo-order-sign", "route": "hooks_api.call"}),
        ("POST", "/cds-services/Dupont-1950", b"", 404, {"error": "UnknownService", "route": "hooks_api.call"}),
        ("GET", "/Dupont-1950?name=Dupont-1950", b"", 404, {"error": "NotFound"}),
        ("PUT", SIGN, b"", 405, {"error": "MethodNotAllowed", "method": "PUT"}),
        ("POST", SIGN, b" " * 5000, 413, {"error": "TooLarge", "bytes": 5000}),
        ("GET", "/cds-services", b"", 200, {"route": "hooks_api.discover"}),
    ],
)
def test_refusals_are_logged_by_kind(
    lines: Lines, method: str, path: str, body: bytes, status: int, told: dict[str, Any]
) -> None:
    client = demo_app(max_body_bytes=4096).test_client()
    response = client.open(path, method=method, data=body, content_type="application/json")
    (line,) = lines()
    assert (response.status_code, line["status"], line["level"]) == (status, status, "info")
    assert line.items() >= told.items()
    assert "Dupont" not in str(line)
    assert "refused" not in line


def test_methods_nobody_knows_are_not_repeated(lines: Lines) -> None:
    demo_app().test_client().open("/cds-services", method="DUPONT")
    (line,) = lines()
    assert "DUPONT" not in str(line)
    assert line["status"] == 405


def test_our_own_failure_is_an_incident_and_a_request_with_its_kind(lines: Lines) -> None:
    def fail(call: Any, *_: Any) -> Any:
        raise KeyError(f"patient {call.context.patient_id}")

    response = post(demo_app(fail).test_client(), with_context(patientId="Dupont-1950"))
    incident, line = lines()
    assert (incident["event"], incident["error"], incident["level"]) == ("incident", "KeyError", "error")
    assert incident["incident"] in response.text
    assert incident["place"][0].startswith("tests/operations/test_watch.py:")
    assert (line["status"], line["level"], line["error"]) == (500, "error", "KeyError")
    assert "Dupont" not in str((incident, line))


def test_probes_are_logged_only_when_they_fail_or_someone_looks(lines: Lines) -> None:
    client = demo_app().test_client()
    for path in ("/livez", "/readyz", "/metrics"):
        client.get(path)
    assert [line["level"] for line in lines()] == ["debug"] * 3
    client.post("/livez")
    assert lines()[-1]["level"] == "info"


def test_the_note_outside_a_request_is_nobodys() -> None:
    current().service = "x"
    assert current().service is None


@pytest.fixture
def closed() -> Iterator[Flask]:
    import io

    app = demo_app()
    stream = io.BytesIO()
    watch = app.extensions["osteohooks.watch"]
    logs.configure(watch.vocabulary(app), "info", "json", stream, watch.metrics.line_lost)
    stream.close()
    return app


def test_a_log_that_cannot_be_written_loses_no_answer_and_is_counted(closed: Flask) -> None:
    client = closed.test_client()
    assert post(client, valid_call()).status_code == 200
    assert b"osteohooks_log_lines_lost_total 1.0" in client.get("/metrics").data


def test_the_vocabulary_knows_every_route_of_the_application() -> None:
    app = create_app(Settings(), lambda: MAN.as_of)
    words = app.extensions["osteohooks.watch"].vocabulary(app, ["0.1.0"])
    assert {"hooks_api.call", "operations.ready", "sandbox.one_request"} <= words.routes
    assert {"0.1.0", "rules", "log", "canaries"} == words.extra
    assert "ZOL-DOSE-01" in words.rules


# ---- headers ---------------------------------------------------------------------------------------------------------


def test_every_answer_is_kept_safe() -> None:
    client = demo_app().test_client()
    for response in (client.get("/readyz"), client.get("/metrics"), client.get("/openapi.json"), client.get("/x")):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize(
    ("url", "sent"),
    [(None, False), ("http://127.0.0.1:8080", False), ("https://cds.example.org/osteohooks", True)],
)
def test_browsers_are_told_to_use_tls_where_the_public_address_does(url: str | None, sent: bool) -> None:
    from cds_service.app import _secured

    response = _secured(url)(Flask("x").response_class())
    assert ("Strict-Transport-Security" in response.headers) is sent


def test_a_request_with_missing_data_is_logged_as_such(lines: Lines) -> None:
    client, call = create_app(Settings(), lambda: MAN.as_of).test_client(), hook_request(MAN)
    body = json.dumps(
        {name: call[name] for name in ("hook", "hookInstance")} | {"context": call["context"]}, default=str
    )
    response = post(client, body.encode(), "/cds-services/bone-order-sign")
    assert response.status_code in (200, 412)
    (line,) = lines()
    assert line["status"] == response.status_code
    assert "syn-" not in str(line)
