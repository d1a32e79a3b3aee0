"""Whatever is sent to whatever address: never a 5xx, always JSON with the same headers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cds_service.app import create_app
from cds_service.fhir_api import shelves
from cds_service.sandbox.scenarios import scenarios
from cds_service.settings import Settings
from cds_service.store.installation import open_installation

ADDRESSES = ("/cds-services", "/cds-services/<service_id>", "/cds-services/<service_id>/feedback", "/livez", "/readyz",
             "/metrics", "/openapi.json", "/sandbox/requests", "/sandbox/requests/<scenario_id>",
             "/report", "/fhir/metadata", *(f"/fhir/{kind}{end}" for kind in shelves() for end in ("", "/<resource_id>")))  # fmt: skip
PAGES = ("/app", "/app/reference", "/app/reference/<chapter>", "/smart/launch", "/smart/standalone", "/smart/callback",
         "/smart/arrived", "/smart/close", "/smart/jwks.json")  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "DUPONT")
WORDS = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Content-Type",
            "Content-Encoding",
            "Accept",
            "Accept-Language",
            "Authorization",
            "Origin",
            "traceparent",
            "Cookie",
            "Access-Control-Request-Method",
            "Access-Control-Request-Headers",
            "If-None-Match",
            "Range",
            "X-Forwarded-For",
        ]
    ),
    WORDS | st.sampled_from(["application/json", "Bearer a.b.c", "*/*", "gzip", "fr;q=1e9"]),
    max_size=5,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    here = Settings(state_dir=tmp_path_factory.mktemp("var"))
    store = open_installation(here, development=True)
    store.start()
    yield create_app(here, lambda: scenarios()[0].as_of, store=store)
    store.close(5)


def address(rule: str, segment: str) -> str:
    for name in ("<service_id>", "<scenario_id>", "<chapter>", "<resource_id>"):
        rule = rule.replace(name, segment.replace("?", "%3F"))  # the test client takes the query apart from the path
    return rule


@given(
    st.sampled_from((*ADDRESSES, *PAGES)),
    st.sampled_from(["bone-order-sign", "bone-patient-view", "lung-zol-8mg", ".."]) | st.text(min_size=1, max_size=20),
    st.sampled_from(METHODS),
    HEADERS,
    st.binary(max_size=50) | st.sampled_from([b"{}", b"[]", b'{"hook":"order-sign"}', b'{"feedback":[]}', b"null"]),
    WORDS,
)
@example("/readyz", "x", "GET", {}, b"", "")
@example("/metrics", "x", "HEAD", {"Accept": "application/openmetrics-text"}, b"", "x[]=1&name=é")
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_endpoint_breaks(
    app: Flask, rule: str, segment: str, method: str, headers: dict[str, Any], body: bytes, query: str
) -> None:
    response = app.test_client().open(
        address(rule, segment), method=method, headers=headers, data=body, query_string=query
    )
    assert response.status_code < 500, response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-Id"]
    if rule in ("/report", *PAGES) and response.mimetype in ("text/plain", "text/html"):  # read in a browser
        return
    if method not in ("HEAD", "OPTIONS") and response.status_code != 200:
        assert response.content_type in ("application/json", "application/fhir+json")
        assert json.loads(response.data)["resourceType"] == "OperationOutcome"


def test_every_address_is_among_them(app: Flask) -> None:
    others = ("/static/", "/sandbox", "/app/forms")  # what a browser opens: tests/sandbox, tests/forms
    found = {rule.rule for rule in app.url_map.iter_rules()}
    here = {each for each in found if each.startswith("/sandbox/requests") or not each.startswith(others)}
    assert here == {*ADDRESSES, *PAGES}
