"""JSON Schemas of what we take and what we answer, derived from the types that read and write it.

Answers come from the pydantic models of `hooks.response`, calls from the table of hooks in `hooks.context`; feedback,
whose reader is of another part of the house, is described as CDS Hooks 2.0.1 has it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from hooks.context import HOOKS, HookFields
from hooks.request import FhirAuthorization
from hooks.response import Answer, Discovery

Schema = dict[str, Any]

ID = r"^[A-Za-z0-9\-.]{1,64}$"
UUID = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
REFERENCE = r"^[A-Z][A-Za-z]{0,63}/[A-Za-z0-9\-._]{1,64}$"
SAID = r"[^\s\x00-\x1f\x7f-\x9f]"  # something that can be read; what counts as blank differs from language to language
PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
SERVER = rf"^https?://[A-Za-z0-9\-.]+(:({PORT}))?(/[A-Za-z0-9\-._~/]*)?$"
WORD = r"^[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
OBJECT: Schema = {"type": "object"}
RESOURCE: Schema = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(hooks: Iterable[str]) -> dict[str, Schema]:
    """Every schema of the document, by name; one ``Call`` for each of the hooks."""
    return {**_answers(), **_shared(), **{name(hook): _call(hook) for hook in dict.fromkeys(hooks)}}


def name(hook: str) -> str:
    """The name of the schema of a call: ``order-sign`` is ``CallOrderSign``."""
    return "Call" + "".join(part.capitalize() for part in hook.split("-"))


def _answers() -> dict[str, Schema]:
    """Our own models as they leave the house: what may be None is absent then, everything else is always there."""
    _, found = models_json_schema(
        [(Discovery, "serialization"), (Answer, "serialization")], ref_template="#/components/schemas/{model}"
    )
    return {key: _sent(schema) for key, schema in found["$defs"].items()}


def _sent(schema: Schema) -> Schema:
    if "properties" not in schema:
        return schema
    members = schema["properties"]
    required = [key for key, member in members.items() if not _may_be_null(member)]
    return {**schema, "properties": {key: _filled(member) for key, member in members.items()}, "required": required}


def _filled(member: Schema) -> Schema:
    """Nothing empty leaves the house: no null, no blank string, no empty list where it could be absent."""
    filled = _without_null(member)
    if filled.get("type") == "array" and _may_be_null(member):
        return {**filled, "minItems": 1}
    if filled.get("type") == "string" and not filled.keys() & {"pattern", "format"}:
        return {**filled, "pattern": SAID}
    return filled


def _may_be_null(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _without_null(schema: Schema) -> Schema:
    kept = {key: value for key, value in schema.items() if key not in ("default", "anyOf", "title")}
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    return {**kept, **(choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})}


def _call(hook: str) -> Schema:
    """The body of a call of one hook. Other members are ignored, so that later versions of the hook can be sent."""
    return {
        "type": "object",
        "required": ["hook", "hookInstance", "context"],
        "properties": {
            "hook": {"const": hook},
            "hookInstance": {"type": "string", "pattern": UUID},
            "context": _context(HOOKS[hook]),
            "prefetch": {**OBJECT, "description": "Values by key of discovery; null where nothing was found."},
            "fhirServer": {"type": "string", "format": "uri", "pattern": SERVER},
            "fhirAuthorization": ref("FhirAuthorization"),
            "extension": OBJECT,
        },
        "dependentRequired": {"fhirAuthorization": ["fhirServer"]},
    }  # fmt: skip


def _context(hook: HookFields) -> Schema:
    members: dict[str, Schema] = {"patientId": {"type": "string", "pattern": ID}}
    required = ["patientId"]
    if hook.users:
        kinds = "|".join(hook.users)
        members["userId"] = {"type": "string", "pattern": rf"^({kinds})/[A-Za-z0-9\-._]{{1,64}}$"}
        required += ["userId"] if hook.user_required else []
        members["encounterId"] = {"type": "string", "pattern": ID}
        required += ["encounterId"] if hook.encounter_required else []
    if hook.bundle:
        members[hook.bundle] = ref("CollectionBundle")
        required.append(hook.bundle)
    for field in hook.reference_lists:
        members[field] = {"type": "array", "items": {"type": "string", "pattern": REFERENCE}}
        required.append(field)
    for field in hook.references:
        members[field] = {"type": "string", "pattern": REFERENCE}
        required.append(field)
    return {"type": "object", "required": required, "properties": members}


def _shared() -> dict[str, Schema]:
    return {
        "FhirAuthorization": _authorization(),
        "CollectionBundle": _bundle(),
        "OperationOutcome": _outcome(),
        "Feedback": _feedback(),
        "Readiness": _readiness(),
    }


def _authorization() -> Schema:
    """What `HookRequest` reads, with the checks it makes by hand."""
    found = TypeAdapter(FhirAuthorization).json_schema()
    checks: Mapping[str, Schema] = {
        "expires_in": {"minimum": 0},
        "access_token": {"pattern": "^[!-~]+$"},
        "patient": {"pattern": SAID},
    }
    members = {
        key: {"pattern": SAID} | _without_null(member) if member.get("type") == "string" else _without_null(member)
        for key, member in found["properties"].items()
    }
    return {**found, "properties": {key: member | checks.get(key, {}) for key, member in members.items()}}


def _bundle() -> Schema:
    entry = {"type": "object", "properties": {"fullUrl": {"type": "string"}, "resource": RESOURCE}}
    members = {
        "resourceType": {"const": "Bundle"},
        "type": {"type": "string"},
        "entry": {"type": "array", "items": entry},
    }
    return {"type": "object", "required": ["resourceType"], "properties": members}


def _outcome() -> Schema:
    text = {"type": "string", "minLength": 1}
    issue = {
        "type": "object",
        "required": ["severity", "code", "details", "diagnostics"],
        "properties": {
            "severity": {"enum": ["fatal", "error", "warning", "information"]},
            "code": text,
            "details": {"type": "object", "required": ["text"], "properties": {"text": text}},
            "diagnostics": text,
            "expression": {"type": "array", "minItems": 1, "items": text},
        },
    }
    members = {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {"type": "array", "minItems": 1, "items": issue},
    }
    return {"type": "object", "required": ["resourceType", "issue"], "properties": members}


def _feedback() -> Schema:
    """CDS Hooks 2.0.1, "Feedback"."""
    word = {"type": "string", "pattern": WORD, "maxLength": 255}
    coding = {"type": "object", "required": ["code", "system"], "properties": {"code": word, "system": word}}
    reason = {
        "type": "object",
        "properties": {"reason": coding, "userComment": {"type": "string", "pattern": SAID}},
        "anyOf": [{"required": ["reason"]}, {"required": ["userComment"]}],
    }
    uuid = {"type": "string", "pattern": UUID}
    taken = {"type": "object", "required": ["id"], "properties": {"id": uuid}}
    item = {
        "type": "object",
        "required": ["card", "outcome", "outcomeTimestamp"],
        "properties": {
            "card": uuid,
            "outcome": {"enum": ["accepted", "overridden"]},
            "outcomeTimestamp": {"type": "string", "format": "date-time"},
            "acceptedSuggestions": {"type": "array", "minItems": 1, "items": taken},
            "overrideReason": reason,
        },
        "if": {"properties": {"outcome": {"const": "accepted"}}},
        "then": {"required": ["acceptedSuggestions"]},
    }
    members = {"feedback": {"type": "array", "items": item}}
    return {"type": "object", "required": ["feedback"], "properties": members}


def _readiness() -> Schema:
    state = {"enum": ["ok", "degraded", "failed"]}
    part = {"type": "object", "required": ["status"], "properties": {"status": state, "note": {"type": "string"}}}
    members = {
        "status": state,
        "parts": {"type": "object", "additionalProperties": part},
        "version": {"type": "string"},
    }
    return {"type": "object", "required": ["status", "parts", "version"], "properties": members}
