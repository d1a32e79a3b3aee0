"""The service in OpenAPI 3.1, for people and programs that connect an EHR: `/openapi.json` and ``osteohooks openapi``.

One path for each CDS service, so that the context of its hook is described exactly.
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from cds_service.hooks_api import Service
from cds_service.operations import openapi_fhir
from cds_service.operations.shapes import Schema, name, ref, schemas
from hooks.exact_json import dumps_exact

JSON = "application/json"
_ABOUT = (
    "Guideline advice on bone metastases for electronic health records, as CDS Hooks 2.0.1. Every refusal is a FHIR "
    "OperationOutcome. Not a medical device."
)
_MEANING = {
    400: "The request cannot be accepted; which element, why, and what to do.",
    401: "The caller is not known; the same answer for every reason.",
    404: "There is no service of this id.",
    405: "This address does not have this method.",
    412: "Data without which nothing can be said came neither with the call nor from the FHIR server.",
    413: "The body is too large.",
    415: "The body is not sent as plain JSON.",
    429: "The client calls more often than agreed; Retry-After says when to try again.",
    500: "A fault of the service; the incident number is in its log.",
    503: "The service cannot answer at the moment.",
}


def describe(services: Iterable[Service], public_url: str | None = None, *, feedback: bool = True) -> bytes:
    """The document as JSON.

    Args:
        services: what discovery lists.
        public_url: the address EHRs use, if it is known.
        feedback: whether the application takes feedback.
    """
    return dumps_exact(document(tuple(services), public_url, feedback=feedback))


def document(services: tuple[Service, ...], public_url: str | None = None, *, feedback: bool = True) -> dict[str, Any]:
    """The document as data."""
    paths: dict[str, Any] = {"/cds-services": {"get": _discovery()}}
    for service in services:
        paths[f"/cds-services/{service.id}"] = {"post": _call(service)}
        if feedback:
            paths[f"/cds-services/{service.id}/feedback"] = {"post": _feedback(service)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Osteohooks",
            "version": version("osteohooks"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/"}],
        "paths": paths | openapi_fhir.paths() | _health(),
        "components": {
            "schemas": schemas(service.hook for service in services),
            "securitySchemes": {"client": _token()},
        },
        "tags": [{"name": tag} for tag in ("CDS Hooks", "Forms", "Knowledge", "Operations")],
    }


def _discovery() -> dict[str, Any]:
    return {
        "operationId": "discover",
        "tags": ["CDS Hooks"],
        "summary": "What the service offers",
        "security": [],
        "responses": _answered("Discovery", "The services, in a stable order."),
    }


def _call(service: Service) -> dict[str, Any]:
    return {
        "operationId": f"call-{service.id}",
        "tags": ["CDS Hooks"],
        "summary": service.title,
        "description": service.description,
        "security": [{"client": []}, {}],
        "parameters": [_language()],
        "requestBody": _takes(name(service.hook)),
        "responses": _answered(
            "Answer", "The cards, most urgent first; none when there is nothing to say.",
            400, 401, 412, 413, 415, 429, 500, 503,
        ),
    }  # fmt: skip


def _feedback(service: Service) -> dict[str, Any]:
    text = "Every sound report is stored. An empty object, or naming each report that was refused, by its place."
    stored = {
        "description": text,
        **_content({"anyOf": [ref("OperationOutcome"), {"type": "object", "maxProperties": 0}]}),
    }
    return {
        "operationId": f"feedback-{service.id}",
        "tags": ["CDS Hooks"],
        "summary": f"What became of the cards: {service.title}",
        "security": [{"client": []}, {}],
        "requestBody": _takes("Feedback"),
        "responses": {"200": stored, **_refused(400, 401, 404, 405, 413, 415, 429, 500, 503)},
    }


def _health() -> dict[str, Any]:
    alive = {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}
    text = {"description": "Prometheus text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    ready = {**_content(ref("Readiness")), "description": "Calls can be answered; each part with its state."}
    unready = {**_content(ref("Readiness")), "description": "Calls cannot be answered; the part that failed says why."}
    whole = {**_content({"type": "object"}), "description": "This document."}
    live = {**_content(alive), "description": "The process answers."}
    return {
        "/livez": {"get": _probe("live", "Is the process alive?", {"200": live})},
        "/readyz": {"get": _probe("ready", "Can calls be answered?", {"200": ready, "503": unready})},
        "/metrics": {
            "get": _probe("metrics", "Counts for Prometheus, where switched on", {"200": text, **_refused(404)})
        },
        "/openapi.json": {"get": _probe("openapi", "This document", {"200": whole})},
    }


def _probe(operation: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": operation,
        "tags": ["Operations"],
        "summary": summary,
        "security": [],
        "responses": responses,
    }


def _language() -> dict[str, Any]:
    return {
        "name": "Accept-Language",
        "in": "header",
        "description": "English or French; the installation's language otherwise.",
        "schema": {"type": "string"},
        "example": "fr",
    }


def _takes(schema: str) -> dict[str, Any]:
    return {"required": True, **_content(ref(schema))}


def _answered(schema: str, description: str, *refusals: int) -> dict[str, Any]:
    return {"200": {"description": description, **_content(ref(schema))}, **_refused(*refusals)}


def _refused(*statuses: int) -> dict[str, Any]:
    return {str(status): {"description": _MEANING[status], **_content(ref("OperationOutcome"))} for status in statuses}


def _content(schema: Schema) -> dict[str, Any]:
    return {"content": {JSON: {"schema": schema}}}


def _token() -> dict[str, Any]:
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The CDS client's JWT (ES384 or RS384), as CDS Hooks 2.0.1, Trusting CDS Clients. "
        "Required unless the service runs in development mode.",
    }
