"""Whatever is sent to whatever address of the sandbox: what is answered is meant, never a stack trace."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.sandbox.fhir import faults
from tests.sandbox.desk import service_with_sandbox

SEGMENTS = ("Patient", "Observation", "syn-lung-zol-clearance-42", "lung-zol-clearance-42", "slow", "failing", "_search",
            "ehr.js", "v1", "..", "?", "é", "a/b")  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
BODIES = (b"", b"{}", b"[]", b"null", b"\xff", b'{"texts": ["a"]}', b'{"resourceType": "Bundle", "type": "transaction"}',
          b"grant_type=authorization_code&code=x", b"patient=nobody&url=javascript:1", b"decision=allow")  # fmt: skip
QUERIES = ("", "scenario=x&hook=y&lang=zz&fault=&edition=1", "patient=nobody&_count=x&_sort=-date", "_page=1", "hook=x",
           "response_type=code&client_id=x&redirect_uri=//elsewhere", "lang=fr&lang=en")  # fmt: skip
KINDS = ("application/json", "application/fhir+json", "application/x-www-form-urlencoded", "text/plain")
TRACE = re.compile(r"Traceback|File \"/|werkzeug|site-packages")


@pytest.fixture(scope="module")
def app() -> Flask:
    return service_with_sandbox().application


def addresses(app: Flask) -> list[str]:
    """Every address of the sandbox, and the shared files of pages."""
    found = {rule.rule for rule in app.url_map.iter_rules()}
    return sorted(each for each in found if each.startswith(("/sandbox", "/static/")))


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_address_breaks(app: Flask, monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    monkeypatch.setattr(faults, "SLOWNESS", 0.0)

    def drawn(options: Any) -> Any:
        return data.draw(st.sampled_from(options))

    path = re.sub(r"<[^>]+>", lambda _: quote(drawn(SEGMENTS)), drawn(addresses(app)))
    with app.test_client().open(
        path, method=drawn(METHODS), data=drawn(BODIES), query_string=drawn(QUERIES), content_type=drawn(KINDS)
    ) as answer:
        assert answer.status_code < 500 or "/faults/failing/" in path, answer.text
        assert not TRACE.search(answer.text)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.mimetype == "text/html" and answer.data and answer.status_code not in (302, 303):
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
