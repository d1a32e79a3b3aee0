"""A small CDS service that does everything right, and switches to do each thing wrong: what the conformance tests ask.

It advises on nothing: its cards count what it was sent. It parses and refuses as our own street does.
"""

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as Answer

from cds_service.app import build_app
from cds_service.errors import MissingData
from cds_service.settings import Settings
from hooks.request import HookRequest
from hooks.response import (
    Action,
    ActionType,
    Card,
    Coding,
    Indicator,
    Link,
    LinkType,
    OverrideReason,
    SelectionBehavior,
    Source,
    Suggestion,
)
from tests.operations.model.feedback import add_feedback
from tests.operations.model.fetcher import Fetcher
from tests.service.calls import DemoReply, DemoService

PATIENT = "{{context.patientId}}"
SIGN = DemoService(
    "model-order-sign",
    "order-sign",
    prefetch={
        "patient": f"Patient/{PATIENT}",
        "conditions": f"Condition?patient={PATIENT}",
        "observations": f"Observation?patient={PATIENT}",
    },
)
KINDS = {"patient": "Patient", "conditions": "Condition", "observations": "Observation"}
TOPIC = Coding(system="https://example.org/topics", code="MODEL-01", display="Counting")
SOURCE = Source(label="Model", url="https://example.org/g", icon="https://example.org/i.png", topic=TOPIC)

Break = Callable[[Request, Answer], Answer | None]
"""Looks at a request and the right answer to it; gives a wrong one, or None to leave it."""


@dataclass
class Model:
    """The service. ``breaks`` spoil answers on their way out; ``fetcher``, ``guard`` and ``feedback`` have switches."""

    breaks: list[Break] = field(default_factory=list)
    fetcher: Fetcher = field(default_factory=Fetcher)
    guard: Any = None
    feedback: Any = True
    advise: Callable[..., DemoReply] | None = None
    services: tuple[DemoService, ...] = (SIGN,)

    def app(self) -> Flask:
        app = build_app(Settings(), self.services, self.advise or self.count)
        if self.feedback:
            add_feedback(app, {service.id for service in self.services}, self.feedback)
        if self.guard is not None:
            app.before_request(self.guard.check)
        return app

    def count(self, call: HookRequest, service: DemoService, *_: Any) -> DemoReply:
        values = {key: self.value(call, key, template) for key, template in service.prefetch.items()}
        found = {key: value for key, value in values.items() if value is not None}
        gaps = [key for key in values if key not in found]
        if len(gaps) == len(values):
            raise MissingData(tuple(gaps))
        cards = [self.card(call, found)] if "patient" in found else []
        return DemoReply([*cards, *([gap_card(gaps)] if gaps else [])])

    def value(self, call: HookRequest, key: str, template: str) -> Any:
        """The resources under a key; an empty list where there are none, None where it is not known."""
        habits = self.fetcher.habits
        if key not in call.prefetch or "all keys" in habits:
            return self.fetcher.read(call, KINDS[key], template)
        sent = call.prefetch[key]
        if sent is None and "null again" in habits:
            return self.fetcher.read(call, KINDS[key], template)
        if sent is None:
            return None if key == "patient" else []
        anyone = "any patient" in habits
        return resources(json.loads(sent), KINDS[key], None if anyone else call.context.patient_id)

    def card(self, call: HookRequest, found: Mapping[str, list[Any]]) -> Card:
        counted = ", ".join(f"{len(values)} {key}" for key, values in found.items())
        suggestions = [suggestion for suggestion in (self.order(call), self.change(call)) if suggestion]
        return Card(
            summary=f"Patient {call.context.patient_id}: {counted}",
            detail="Counted, **not** understood.",
            indicator=Indicator.INFO,
            source=SOURCE,
            suggestions=tuple(suggestions),
            selection_behavior=SelectionBehavior.AT_MOST_ONE,
            override_reasons=tuple(
                OverrideReason(code=c, system="https://example.org/r", display=c.title()) for c in ("later", "other")
            ),
            links=(
                Link(label="Read", url="https://example.org/read", type=LinkType.ABSOLUTE, autolaunchable=False),
                Link(label="App", url="https://example.org/app", type=LinkType.SMART, app_context="x"),
            ),
            extension={"org.example.model": {"counted": counted}},
        )

    def order(self, call: HookRequest) -> Suggestion:
        subject = {"reference": f"Patient/{call.context.patient_id}"}
        resource = {"resourceType": "ServiceRequest", "status": "draft", "intent": "order", "subject": subject}
        create = Action(type=ActionType.CREATE, description="Order", resource=resource)
        return Suggestion(label="Order it", is_recommended=True, actions=(create,))

    def change(self, call: HookRequest) -> Suggestion | None:
        entries = (call.context.draft_orders or {}).get("entry")
        drafts = (
            [entry.get("resource") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        )
        for draft in drafts:
            if isinstance(draft, dict) and draft.get("resourceType") == "MedicationRequest" and draft.get("id"):
                update = Action(type=ActionType.UPDATE, description="Change", resource=draft)
                target = f"MedicationRequest/{draft['id']}"
                delete = Action(type=ActionType.DELETE, description="Withdraw", resource_id=target)
                return Suggestion(label="Change it", actions=(update, delete))
        return None


def gap_card(gaps: list[str]) -> Card:
    return Card(summary=f"Not checked: {', '.join(gaps)}", indicator=Indicator.INFO, source=SOURCE)


def resources(value: Any, kind: str, patient: str | None) -> list[Any] | None:
    """The resources of a kind in a value; None where it is not what was asked for."""
    if not isinstance(value, dict):
        return None
    if kind == "Patient":
        is_meant = value.get("resourceType") == "Patient" and patient in (None, value.get("id"))
        return [value] if is_meant else None
    if value.get("resourceType") != "Bundle":
        return None
    entries = value.get("entry") if isinstance(value.get("entry"), list) else []
    held = [entry.get("resource") for entry in entries or [] if isinstance(entry, dict)]
    return [each for each in held if isinstance(each, dict) and each.get("resourceType") == kind]


class Lasting(WSGIRequestHandler):
    """Keeps connections, as web servers do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


@contextmanager
def serving(model: Model) -> Iterator[str]:
    """The model on a port of its own; its base address."""
    app = model.app()

    def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        asked = Request(environ)
        body = asked.get_data()  # kept, so that breaks can look at it
        asked.environ["wsgi.input"] = io.BytesIO(body)
        answer = Answer.from_app(app, asked.environ, buffered=True)
        for each in model.breaks:
            answer = each(asked, answer) or answer
        return answer(environ, start_response)

    server = make_server("127.0.0.1", 0, broken, threaded=True, request_handler=Lasting)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of socketserver
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


__all__ = ["SIGN", "Break", "Model", "Response", "request", "serving"]
