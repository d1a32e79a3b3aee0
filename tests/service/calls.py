"""A valid call, two services and a pipeline that answers without thinking, for the tests of the street."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app import build_app
from cds_service.clients import Caller
from cds_service.settings import Settings
from hooks.request import HookRequest
from hooks.response import Card, Coding, Indicator, Source

TOPIC = Coding(system="https://example.org/topics", code="DEMO-01")


@dataclass(frozen=True)
class DemoService:
    id: str
    hook: str
    title: str = "Demonstration"
    description: str = "Repeats whom it was asked about"
    usage_requirements: str = "FHIR R4"
    prefetch: Mapping[str, str] = field(
        default_factory=lambda: {"patient": "Patient/{{context.patientId}}", "aged": "Observation?x"}
    )
    extension: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DemoReply:
    cards: list[Card]
    extension: Mapping[str, Any] | None = None


SIGN = DemoService("demo-order-sign", "order-sign")
VIEW = DemoService("demo-patient-view", "patient-view", usage_requirements="")


def repeat_patient(call: HookRequest, service: DemoService, language: str, caller: Caller) -> DemoReply:
    """One card that names the patient: enough to see whether two calls were mixed up."""
    summary = f"{call.context.patient_id} {language}"
    return DemoReply([Card(summary=summary, indicator=Indicator.INFO, source=Source(label="Demo", topic=TOPIC))])


def demo_app(advise: Any = repeat_patient, **settings: Any) -> Flask:
    app = build_app(Settings(**settings), (SIGN, VIEW), advise)
    app.testing = False  # errors must leave as they would in production
    return app


def valid_call(**changes: Any) -> dict[str, Any]:
    """An order-sign call; ``changes`` replace top-level members, a value of ``...`` removes one."""
    call = {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/abc",
            "patientId": "1288992",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": {"resourceType": "MedicationRequest", "id": "zol", "status": "draft"}}],
            },
        },
        "prefetch": {"patient": {"resourceType": "Patient", "id": "1288992", "birthDate": "1950"}, "procedures": None},
    }
    return {name: value for name, value in (call | changes).items() if value is not ...}


def with_context(**changes: Any) -> dict[str, Any]:
    context = valid_call()["context"] | changes
    return valid_call(context={name: value for name, value in context.items() if value is not ...})


def post(client: FlaskClient, body: Any, path: str = "/cds-services/demo-order-sign", **options: Any) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    options.setdefault("content_type", "application/json")
    return client.post(path, data=data, **options)


def blanks(value: Any, path: str = "$") -> list[str]:
    """Places of a response where the specification forbids emptiness: nulls, blank strings, empty lists and objects."""
    if isinstance(value, dict) and value:
        return [
            place
            for key, member in value.items()
            if not (path == "$" and key in ("cards", "services") and member == [])
            for place in blanks(member, f"{path}.{key}")
        ]
    if isinstance(value, list) and value:
        return [place for index, item in enumerate(value) for place in blanks(item, f"{path}[{index}]")]
    empty = value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())
    return [path] if empty else []
