"""Feedback, where it is offered: what must be accepted, and what must be refused."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from cds_service.conformance.answers import CANARY
from cds_service.conformance.caller import Reply
from cds_service.conformance.target import Json, Target
from hooks.exact_json import dumps_exact

_WHEN = "2026-03-12T08:10:00Z"
_REASON: Json = {"code": "contraindicated", "system": "https://example.org/reasons"}


def check(target: Target, answered: Sequence[tuple[Json, Reply]]) -> None:
    """Report on cards the service has sent. ``answered`` pairs services with their answers."""
    offered = [(service, reply) for service, reply in answered if _is_offered(target, service)]
    if not offered:
        target.findings.skip_family("FB-", "feedback is not offered")
        return
    target.findings.note("FB-01", True, "")
    for service, reply in offered:
        cards = [card for card in reply.cards or () if isinstance(card, dict) and isinstance(card.get("uuid"), str)]
        if cards:
            _accepted(target, service, cards[0])
            _malformed(target, service, cards[0])
            break
    else:
        for row in ("FB-02", "FB-03", "FB-04", "FB-05", "FB-06", "FB-07", "FB-08", "FB-09", "FB-10"):
            target.findings.skip(row, "no card with a uuid was seen, to report on")
    _addresses(target, offered[0][0])


def _is_offered(target: Target, service: Json) -> bool:
    reply = _post(target, service, {"feedback": []})
    return reply.status not in (404, 405, 501, None)


def _post(target: Target, service: Json, body: Any) -> Reply:
    sent = body if isinstance(body, bytes) else dumps_exact(body)
    return target.caller.post(f"{target.address(service)}/feedback", sent)


def _accepted(target: Target, service: Json, card: Json) -> None:
    suggestions = card.get("suggestions")
    uuid = suggestions[0].get("uuid") if isinstance(suggestions, list) and suggestions else None
    overridden: Json = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": _WHEN}
    accepted = {**overridden, "outcome": "accepted", "acceptedSuggestions": [{"id": uuid or str(uuid4())}]}
    comment = {"userComment": "made by a conformance test"}
    sent: list[tuple[str, list[Json]]] = [
        ("FB-04", [overridden]),
        ("FB-05", [{**overridden, "overrideReason": {"reason": _REASON}}]),
        ("FB-05", [{**overridden, "overrideReason": comment}]),
        ("FB-05", [{**overridden, "overrideReason": {"reason": _REASON, **comment}}]),
        ("FB-06", [{**overridden, "outcomeTimestamp": "1985-04-12T23:20:50.52Z"}]),
        ("FB-07", [overridden]),
        ("FB-10", [{**overridden, "somethingNew": 1, "extension": {"org.example.x": 1}}]),
        ("FB-02", [overridden, {**overridden, "overrideReason": comment}]),
    ]
    if uuid:
        sent.append(("FB-03", [accepted]))
    else:
        target.findings.skip("FB-03", "the card reported on has no suggestions")
    for row, items in sent:
        reply = _post(target, service, {"feedback": items})
        fine = reply.status is not None and 200 <= reply.status < 300
        target.findings.note(row, fine, str(reply))
        if fine:
            target.findings.note("FB-08", reply.status in (200, 202, 204), str(reply))


def _malformed(target: Target, service: Json, card: Json) -> None:
    sound: Json = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": _WHEN}
    items: list[Any] = [
        *({name: value for name, value in sound.items() if name != gone} for gone in sound),
        {**sound, "outcome": CANARY},
        {**sound, "outcome": "accepted"},
        {**sound, "outcome": "accepted", "acceptedSuggestions": [{}]},
        {**sound, "outcomeTimestamp": CANARY},
        {**sound, "overrideReason": "x"},
        {**sound, "overrideReason": {}},
        {**sound, "card": 7},
        "x",
    ]
    bodies: list[Any] = [b"", b"{", b"[]", b"null", {}, {"feedback": "x"}, {"feedback": {}}]
    for body in [*bodies, *({"feedback": [item]} for item in items)]:
        reply = _post(target, service, body)
        what = body[:20].decode() if isinstance(body, bytes) else dumps_exact(body).decode()[:120]
        target.findings.note("FB-09", reply.is_refused, f"{reply}: {what}")


def _addresses(target: Target, service: Json) -> None:
    unknown = target.caller.post(f"{target.discovery}/{CANARY}/feedback", dumps_exact({"feedback": []}))
    target.findings.note("FB-13", unknown.status == 404, f"{unknown}: unknown id")
    read = target.caller.get(f"{target.address(service)}/feedback")
    target.findings.note("FB-13", read.status == 405, f"{read}")
