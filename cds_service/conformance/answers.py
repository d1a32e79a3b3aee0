"""What holds for every answer whatever was asked: JSON, refusals, headers, time, no token in it."""

import re
from collections.abc import Iterable
from typing import Any

from cds_service.conformance import strict
from cds_service.conformance.caller import Reply
from cds_service.conformance.results import Findings

CANARY = "Zwxq1950"
"""Sent as patient, field and user in malformed requests: must not come back in a refusal."""
SLOW = 5.0  # seconds
_INTERNAL = re.compile(
    r"<html|<!doctype|Traceback \(most recent|\bat [\w.$]+\([\w]+\.(java|kt|js|ts):\d+|File \""
    r"|\.(py|java|rb|cs)[:\"' ](line )?\d+"
    r"|/(usr|home|app|opt|var|node_modules|site-packages)/|[A-Z]:\\\\|Exception in thread|stack ?trace",
    re.IGNORECASE,
)
_PUBLISHED = {"pddi-configuration-items"}  # named by an HL7 guide before the rule
_MEMBER = re.compile(r"[a-z][a-z0-9-]*(\.[A-Za-z0-9_-]+)+")


def judge(reply: Reply, origin: str, tokens: Iterable[str], findings: Findings, *, stranger: bool = False) -> None:
    """Note what one answer shows.

    Args:
        reply: the answer.
        origin: the web origin that was sent with the request.
        tokens: secrets that were sent so far.
        findings: where it is noted.
        stranger: the origin is not one that the service has to allow.
    """
    findings.note("HTTP-07", reply.status is not None and reply.status < 500, str(reply))
    findings.note("PERF-02", reply.seconds <= SLOW, f"{reply} after {reply.seconds:.1f} s")
    text = reply.body.decode("utf-8", "replace")
    findings.note("SEC-04", not any(token in text for token in tokens), f"{reply}: the answer repeats a token")
    if reply.status is None or reply.method in ("OPTIONS", "HEAD"):
        return
    allowed = reply.headers.get("access-control-allow-origin")
    if not stranger:
        said = f"{reply}: Access-Control-Allow-Origin {allowed or 'missing'}"
        findings.note("CORS-02", allowed in ("*", origin), said)
    _credentials(reply, allowed, origin, findings)
    if 200 <= reply.status < 300:
        _accepted(reply, findings)
    else:
        _refused(reply, text, findings)


def well_formed(value: Any, where: object, findings: Findings) -> None:
    """The rules of CDS Hooks for any JSON it defines."""
    for row, search in (("JSON-02", strict.nulls), ("JSON-03", strict.empties), ("JSON-04", strict.blanks)):
        places = list(search(value))
        findings.note(row, not places, f"{where}: {', '.join(places[:3])}")
    for path, extension in strict.extensions(value):
        is_object = findings.note("EXT-01", isinstance(extension, dict), f"{where}: {path} is no object")
        names = [name for name in extension if not _MEMBER.fullmatch(name)] if is_object else []
        names = [name for name in names if name not in _PUBLISHED]
        findings.note("EXT-02", not names, f"{where}: {path} has members without a reverse domain name")


def _accepted(reply: Reply, findings: Findings) -> None:
    if not reply.body:
        return  # 204, or an answer to feedback: CDS Hooks defines no body there
    findings.note("HTTP-06", _is_json(reply), f"{reply}: Content-Type {reply.headers.get('content-type', 'missing')!r}")
    found = _strict(reply, findings)
    if found is not None and not reply.url.endswith("/feedback"):  # of which CDS Hooks defines no answer
        well_formed(found, reply, findings)


def _refused(reply: Reply, text: str, findings: Findings) -> None:
    found = reply.json
    is_outcome = (
        isinstance(found, dict) and found.get("resourceType") == "OperationOutcome" and bool(found.get("issue"))
    )
    findings.note("HTTP-04", is_outcome, f"{reply}: no OperationOutcome")
    leak = _INTERNAL.search(text) or re.search(CANARY, text)
    findings.note("HTTP-05", _is_json(reply) and isinstance(found, dict), f"{reply}: the body is not a JSON object")
    findings.note("HTTP-05", leak is None, f"{reply}: the body holds internals, or repeats the request")
    if _is_json(reply) and reply.body:
        found = _strict(reply, findings)
        if found is not None:
            well_formed(found, reply, findings)


def _strict(reply: Reply, findings: Findings) -> Any:
    try:
        found = strict.read(reply.body)
    except strict.NotJson as error:
        findings.note("JSON-01", False, f"{reply}: {error}")
        return None
    findings.note("JSON-01", True, "")
    return found


def _is_json(reply: Reply) -> bool:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().casefold()
    return kind in ("application/json", "application/fhir+json", "application/problem+json")


def _credentials(reply: Reply, allowed: str | None, origin: str, findings: Findings) -> None:
    credentials = reply.headers.get("access-control-allow-credentials", "").casefold() == "true"
    findings.note("CORS-03", not (credentials and allowed == "*"), f"{reply}: credentials for any origin")
    if allowed == origin:
        vary = [name.strip().casefold() for name in reply.headers.get("vary", "").split(",")]
        findings.note("CORS-03", "origin" in vary, f"{reply}: an origin is echoed without Vary: Origin")
