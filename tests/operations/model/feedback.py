"""Feedback as the specification has it, for the model; ``slack`` names what it then does wrong."""

import json
import re
from datetime import datetime
from typing import Any

from flask import Flask, Response, request

from cds_service.errors import Refusal, UnknownService


def add_feedback(app: Flask, services: set[str], slack: Any) -> None:
    """``slack`` is True, or a set of: ``strict`` (wants a reason, refuses repeats, comments, unknown members, fractions),
    ``lax`` (takes everything), ``created`` (201), ``found`` (any id), ``empty``.
    """
    wrong = slack if isinstance(slack, set) else set()
    seen: set[str] = set()

    @app.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        if service_id not in services and "found" not in wrong:
            raise UnknownService
        body = request.get_data()
        if "lax" not in wrong:
            check(body, wrong, seen)
        return Response(b"", status=201 if "created" in wrong else 200, content_type="application/json")


def check(body: bytes, wrong: set[str], seen: set[str]) -> None:
    try:
        batch = json.loads(body)["feedback"]
        if not isinstance(batch, list):
            raise ValueError
        for item in batch:
            check_item(item, wrong)
            if "repeats" in wrong and item["card"] in seen:
                raise ValueError
            seen.add(item["card"])
        if "single" in wrong and len(batch) > 1:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal("The feedback is malformed.", "It cannot be stored.", "Send it as specified.") from None


def check_item(item: Any, wrong: set[str]) -> None:
    if item["outcome"] not in ("accepted", "overridden") or not isinstance(item["card"], str):
        raise ValueError
    when = item["outcomeTimestamp"]
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}(\.\d+)?Z", when) or ("fraction" in wrong and "." in when):
        raise ValueError
    datetime.fromisoformat(when)
    if item["outcome"] == "accepted":
        if "accepted" in wrong or not all(each["id"] for each in item["acceptedSuggestions"]):
            raise ValueError
    elif "overrideReason" in item:
        reason = item["overrideReason"]
        if not (reason.get("reason") or reason.get("userComment")) or ("comment" in wrong and not reason.get("reason")):
            raise ValueError
    elif "reason" in wrong:
        raise ValueError
    if "unknown" in wrong and item.keys() - {
        "card",
        "outcome",
        "outcomeTimestamp",
        "acceptedSuggestions",
        "overrideReason",
    }:
        raise ValueError
