"""Spans for the stages of a call, with names and numbers of ours; the words of a patient or an error never."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cds_service.app import create_app
from cds_service.operations import tracing
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.settings import Settings
from hooks.services import services
from tests.service.calls import demo_app, post, valid_call, with_context

MAN = scenario("lung-zol-clearance-42")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.configure([*(service.id for service in services()), "demo-order-sign"], SimpleSpanProcessor(exporter))
    return exporter


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def everything(exporter: InMemorySpanExporter) -> str:
    return "".join(span.to_json() for span in exporter.get_finished_spans())


def test_a_call_is_one_trace_with_its_stages(exported: InMemorySpanExporter) -> None:
    client = create_app(Settings(), lambda: MAN.as_of).test_client()
    assert post(client, hook_request_bytes(MAN), "/cds-services/bone-order-sign").status_code == 200
    found = spans(exported)
    assert set(found) == {"request", "read", "ask", "show"}
    request = found.pop("request")
    assert request.parent is None
    assert dict(request.attributes or {}) == {
        "osteohooks.service": "bone-order-sign",
        "http.response.status_code": 200,
        "osteohooks.cards": 2,
        "osteohooks.fires": 2,
        "osteohooks.undecided": 0,
    }
    assert request.context is not None
    for stage in found.values():
        assert stage.parent is not None
        assert stage.parent.span_id == request.context.span_id
        assert not stage.attributes
    assert request.resource.attributes["service.name"] == "osteohooks"


def test_nothing_of_the_patient_is_in_it(exported: InMemorySpanExporter) -> None:
    client = create_app(Settings(), lambda: MAN.as_of).test_client()
    body = hook_request_bytes(MAN)
    post(client, body, "/cds-services/bone-order-sign?patient=Dupont-1950")
    post(client, body, "/cds-services/Dupont-1950")
    text = everything(exported)
    call = json.loads(body)
    for secret in ("Dupont", "syn-", call["hookInstance"], call["context"]["patientId"]):
        assert secret not in text


def test_an_error_leaves_its_kind_and_nothing_else(exported: InMemorySpanExporter) -> None:
    def fail(call: Any, *_: Any) -> Any:
        with tracing.span("read"):
            raise KeyError(f"patient {call.context.patient_id}")

    response = post(demo_app(fail).test_client(), with_context(patientId="Dupont-1950"))
    assert response.status_code == 500
    read = spans(exported)["read"]
    assert read.status.description == "KeyError"
    assert read.status.status_code.name == "ERROR"
    assert not read.events
    assert "Dupont" not in everything(exported)


def test_the_trace_of_the_caller_is_continued(exported: InMemorySpanExporter) -> None:
    post(demo_app().test_client(), valid_call(), headers={"traceparent": PARENT})
    request = spans(exported)["request"]
    assert request.context is not None
    assert request.parent is not None
    assert f"{request.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{request.parent.span_id:016x}" == PARENT.split("-")[2]


@pytest.mark.parametrize("header", ["Dupont-1950", "", "00-zz-zz-01", "é" * 300])
def test_a_trace_that_cannot_be_read_begins_anew(exported: InMemorySpanExporter, header: str) -> None:
    assert post(demo_app().test_client(), valid_call(), headers={"traceparent": header}).status_code == 200
    assert spans(exported)["request"].parent is None
    assert "Dupont" not in everything(exported)


def test_labels_are_those_of_the_list(exported: InMemorySpanExporter) -> None:
    def describing(call: Any, *_: Any) -> Any:
        tracing.describe("Dupont", {"osteohooks.cards": 1, "patient": 1, "osteohooks.fires": "Dupont"})  # type: ignore[dict-item]  # on purpose
        raise KeyError

    post(demo_app(describing).test_client(), valid_call())
    assert dict(spans(exported)["request"].attributes or {}) == {
        "osteohooks.cards": 1,
        "osteohooks.service": "demo-order-sign",
        "http.response.status_code": 500,
    }


def test_stages_outside_a_request_are_no_traces(exported: InMemorySpanExporter) -> None:
    with tracing.span("read"):
        pass
    assert not exported.get_finished_spans()


def test_switched_off_nothing_is_made() -> None:
    tracing.stop()
    with tracing.span("read") as nothing:
        assert nothing is None
    tracing.describe("x", {"osteohooks.cards": 1})
    assert post(demo_app().test_client(), valid_call()).status_code == 200


def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    tracing.require()
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"pip install 'osteohooks\[tracing\]'"):
        tracing.require()


def test_by_default_spans_go_to_the_collector_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    processor = tracing._exporting()
    assert isinstance(processor, BatchSpanProcessor)
    processor.shutdown()
