"""What Prometheus reads: right counts, and labels that no caller can add to."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from cds_service import pipeline
from cds_service.app import create_app
from cds_service.client_token import Reason
from cds_service.operations.metrics import COUNTERS, Metrics
from cds_service.pipeline import build_parts
from cds_service.sandbox.scenarios import hook_request, hook_request_bytes, scenario
from cds_service.settings import Settings
from hooks.exact_json import dumps_exact
from hooks.registry import CHECKS
from hooks.request import HookRequest
from hooks.services import services
from tests.service.calls import demo_app, post, valid_call

MAN = scenario("lung-zol-clearance-42")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(page: bytes) -> Samples:
    families = text_string_to_metric_families(page.decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    return found[f"osteohooks_{name}", frozenset(labels.items())]


def app_of(**options: Any) -> Any:
    return create_app(Settings(**options), lambda: MAN.as_of)


def test_a_call_is_counted_with_what_it_found() -> None:
    client = app_of().test_client()
    for _ in range(2):
        assert post(client, hook_request_bytes(MAN), "/cds-services/bone-order-sign").status_code == 200
    page = client.get("/metrics")
    assert (page.status_code, page.mimetype) == (200, "text/plain")
    found = samples(page.data)
    told = {"service": "bone-order-sign", "status": "200"}
    assert value(found, "requests_total", client="development", **told) == 2
    assert value(found, "request_duration_seconds_count", **told) == 2
    assert 0 < value(found, "request_duration_seconds_sum", **told) < 10
    assert value(found, "findings_total", rule="ZOL-DOSE-01", status="fires") == 2
    assert value(found, "findings_total", rule="AR-DENTAL-01", status="fires") == 2
    assert value(found, "cards_shown_total", service="bone-order-sign", indicator="warning") == 4


def test_why_rules_could_not_be_decided_is_counted() -> None:
    client, call = app_of().test_client(), hook_request(MAN)
    call["prefetch"] = {"patient": call["prefetch"]["patient"]}
    assert post(client, dumps_exact(call), "/cds-services/bone-order-sign").status_code == 200
    found = samples(client.get("/metrics").data)
    assert value(found, "undecided_total", reason="not-fetched") > 0
    assert value(found, "findings_total", rule="ZOL-DOSE-01", status="needs-data") == 1


def test_a_broken_check_is_counted_by_its_rule() -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    parts = build_parts(lambda: MAN.as_of, "aura-2026")
    broken = [replace(c, judge=fail) if c.id == "AR-DENTAL-01" else c for c in CHECKS]
    app = create_app(Settings(), lambda: MAN.as_of, parts)
    service = next(s for s in services() if s.id == "bone-order-sign")
    asked = replace(service, checks=tuple(c for c in broken if c.id in {each.id for each in service.checks}))
    reply = pipeline.advise(HookRequest.parse(hook_request_bytes(MAN), "order-sign"), asked, parts, "en")
    app.extensions["osteohooks.watch"].answered(service.id, reply)
    found = samples(app.test_client().get("/metrics").data)
    assert value(found, "checks_failed_total", rule="AR-DENTAL-01") == 1


def test_rules_that_never_fire_are_seen_as_zero() -> None:
    found = samples(app_of().test_client().get("/metrics").data)
    for check in CHECKS:
        for status in ("fires", "needs-data"):
            assert value(found, "findings_total", rule=check.id, status=status) == 0
    assert value(found, "undecided_total", reason="too-old") == 0
    assert value(found, "cards_shown_total", service="bone-patient-view", indicator="critical") == 0


def test_what_is_running() -> None:
    found = samples(app_of(edition="aura-earlier").test_client().get("/metrics").data)
    (labels,) = [dict(labels) for name, labels in found if name == "osteohooks_build_info"]
    assert labels["edition"] == "aura-earlier"
    assert labels["editions"] == "aura-2026,aura-intermediate,aura-earlier"
    assert labels["version"]


def test_refusals_are_counted_by_service_and_status() -> None:
    client = demo_app().test_client()
    post(client, b"x")
    post(client, valid_call(), "/cds-services/Dupont-1950")
    client.get("/Dupont-1950")
    client.get("/cds-services/Dupont-1950?patient=Dupont-1950")
    page = client.get("/metrics").data
    found = samples(page)
    assert value(found, "requests_total", service="demo-order-sign", status="400", client="development") == 1
    assert value(found, "requests_total", service="none", status="404", client="development") == 1
    assert value(found, "requests_total", service="none", status="404", client="none") == 1
    assert value(found, "requests_total", service="none", status="405", client="none") == 1
    assert b"Dupont" not in page


def test_what_other_parts_count() -> None:
    metrics = Metrics(["s"], ["north"], ["R"])
    metrics.fetched("timed-out")
    metrics.token_refused(Reason.EXPIRED)
    metrics.decision_not_logged()
    metrics.line_lost()
    metrics.code_unmatched("medications")
    found = samples(metrics.page())
    assert value(found, "fetches_total", outcome="timed-out") == 1
    assert value(found, "tokens_refused_total", reason="expired") == 1
    assert value(found, "decision_log_failures_total") == 1
    assert value(found, "log_lines_lost_total") == 1
    assert value(found, "codes_unmatched_total", kind="medications") == 1
    assert value(found, "codes_unmatched_total", kind="tests") == 0


@given(st.text(), st.integers())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_word_from_outside_becomes_a_label(text: str, number: int) -> None:
    metrics = Metrics(["s"], ["north"], ["R"])
    before = set(samples(metrics.page()))
    metrics.request(text, 200, text, 0.1)
    metrics.fetched(text)
    metrics.answered(text, (), (), ())
    known = {"s", "north", "R", "other", "none", ""}
    for _name, labels in set(samples(metrics.page())) - before:
        for label, word in labels:
            assert word in known or label in ("status", "le") or (label in ("outcome", "reason") and word == text)


def test_every_counter_is_named_and_explained() -> None:
    page = Metrics(["s"], ["c"], ["R"]).page().decode()
    for name, (text, _) in COUNTERS.items():
        assert f"# HELP osteohooks_{name}_total {text}" in page


def test_the_page_is_served_only_where_the_settings_say_so() -> None:
    assert demo_app().test_client().get("/metrics").status_code == 200
    assert demo_app(host="0.0.0.0").test_client().get("/metrics").status_code == 404
    assert demo_app(host="0.0.0.0", metrics=True).test_client().get("/metrics").status_code == 200


@pytest.mark.parametrize("installations", [2])
def test_two_applications_in_one_process_count_apart(installations: int) -> None:
    clients = [demo_app().test_client() for _ in range(installations)]
    post(clients[0], valid_call())
    told = {"service": "demo-order-sign", "status": "200", "client": "development"}
    assert value(samples(clients[0].get("/metrics").data), "requests_total", **told) == 1
    assert ("osteohooks_requests_total", frozenset(told.items())) not in samples(clients[1].get("/metrics").data)
