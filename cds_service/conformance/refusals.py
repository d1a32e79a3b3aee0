"""Calls that must be refused, or survived: wrong hook, wrong patient id, repeated keys, too deep, wrong address."""

from typing import Any
from uuid import uuid4

from cds_service.conformance import synthetic
from cds_service.conformance.answers import CANARY
from cds_service.conformance.target import Json, Target
from cds_service.conformance.told import harmless
from hooks.exact_json import dumps_exact
from hooks.request import HOOKS

GRANTED: Json = {
    "access_token": f"opaque-{CANARY}",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/Observation.rs patient/Patient.read",
    "subject": "conformance",
}
SERVER = "https://ehr.conformance.invalid/fhir"  # .invalid never resolves
_BAD_IDS = ("../Patient", "1&_count=1000", "Patient/1", "1?x", "1#x", "1%2f", "a" * 65, "", f"{CANARY} {CANARY}")


def check(target: Target, service: Json, body: Json) -> None:
    """Refusals that concern the envelope of one service's call."""
    _hook(target, service, body)
    _context(target, service, body)
    _authorization(target, service, body)
    _text(target, service, body)


def addresses(target: Target) -> None:
    """Wrong addresses, methods and media types; once for the whole service."""
    note, caller = target.findings.note, target.caller
    reply = caller.post(f"{target.discovery}/{CANARY}", b"{}")
    note("HTTP-07", reply.status == 404, f"{reply}: unknown id")
    for service, _ in list(target.each())[:1]:
        for method in ("GET", "PUT", "DELETE"):
            reply = caller.send(method, target.address(service))
            allowed = reply.status == 405 and "POST" in reply.headers.get("allow", "").upper()
            note("HTTP-07", allowed, f"{reply}: not 405 with Allow: POST")
    reply = caller.send("DELETE", target.discovery)
    note("HTTP-07", reply.status == 405, f"{reply}: discovery")


def _refused(target: Target, service: Json, row: str, body: Json | bytes, what: str) -> None:
    reply = target.call(service, body)
    target.findings.note(row, reply.is_refused, f"{reply}: {what}")


def _hook(target: Target, service: Json, body: Json) -> None:
    listed = {each["hook"] for each in target.services if each["id"] == service["id"]}
    other = next((hook for hook in HOOKS if hook not in listed), CANARY)
    for value, what in (
        (other, "another hook"),
        (CANARY, "an unknown hook"),
        (None, "hook null"),
        (7, "hook a number"),
    ):
        _refused(target, service, "REQ-02", body | {"hook": value}, what)
    _refused(target, service, "REQ-02", synthetic.without(body, "hook"), "no hook")
    _refused(target, service, "REQ-03", synthetic.without(body, "hookInstance"), "no hookInstance")
    for value in (None, "", 7, CANARY):
        _refused(target, service, "REQ-03", body | {"hookInstance": value}, f"hookInstance {type(value).__name__}")
    upper = target.call(service, body | {"hookInstance": str(uuid4()).upper()})
    target.findings.note("REQ-03", upper.status == 200, f"{upper}: with hookInstance in upper case")


def _context(target: Target, service: Json, body: Json) -> None:
    shape = HOOKS[service["hook"]]
    required = ["patientId", *shape.reference_lists, *shape.references]
    required += ["userId"] if shape.users and shape.user_required else []
    required += ["encounterId"] if shape.encounter_required else []
    required += [shape.bundle] if shape.bundle else []
    for name in required:
        _refused(target, service, "REQ-04", synthetic.without(body, "context", name), f"no context.{name}")
    for value in _BAD_IDS:
        _refused(
            target,
            service,
            "REQ-11",
            synthetic.replaced(body, value, "context", "patientId"),
            "patientId that is no id",
        )


def _authorization(target: Target, service: Json, body: Json) -> None:
    _refused(target, service, "REQ-05", body | {"fhirAuthorization": GRANTED}, "fhirAuthorization without fhirServer")
    odd: list[Any] = ["x", [], 7, {**GRANTED, "expires_in": "soon"}, {**GRANTED, "access_token": ["x"]}]
    for value in [*odd, synthetic.without(GRANTED, "access_token"), synthetic.without(GRANTED, "scope")]:
        reply = target.call(service, body | {"fhirServer": SERVER, "fhirAuthorization": value})
        target.findings.note("REQ-06", harmless(reply), f"{reply}: fhirAuthorization malformed")
    target.tokens.append(GRANTED["access_token"])
    for server in ("file:///etc/passwd", "ftp://x.invalid/", "javascript:1", "http://169.254.169.254/latest/meta-data"):
        reply = target.call(service, body | {"fhirServer": server, "fhirAuthorization": GRANTED})
        fine = reply.is_refused or (reply.status == 200 and "root:" not in reply.body.decode("utf-8", "replace"))
        target.findings.note("FHIR-10", fine, f"{reply}: fhirServer {server}")


def _text(target: Target, service: Json, body: Json) -> None:
    text = dumps_exact(body)
    for member in (b'"hook":"%s"' % service["hook"].encode(), b'"context":{"patientId":"%s"}' % CANARY.encode()):
        _refused(target, service, "REQ-12", text[:-1] + b"," + member + b"}", "a key twice on top")
    twice = text.replace(b'"patientId":', b'"patientId":"%s","patientId":' % CANARY.encode(), 1)
    _refused(target, service, "REQ-12", twice, "patientId twice")
    deep = b"[" * 100_000 + b"]" * 100_000
    for name in (b"somethingNew", b"extension"):
        _refused(target, service, "REQ-13", text[:-1] + b',"%s":%s}' % (name, deep), "100,000 levels")
    inside = text.replace(b'"context":{', b'"context":{"somethingNew":%s,' % deep, 1)
    _refused(target, service, "REQ-13", inside, "100,000 levels in the context")
    number = text[:-1] + b',"somethingNew":' + b"9" * 5000 + b"}"
    reply = target.call(service, number)
    target.findings.note("REQ-13", harmless(reply), f"{reply}: a number of 5,000 digits")
