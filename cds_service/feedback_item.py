"""One report of a batch of feedback, from the JSON an EHR sent: read, or refused with the place of its fault.

The shapes are those of CDS Hooks 2.0.1, "Feedback"; unknown members are ignored. No value of the report is repeated in
a refusal.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from cds_service.store.feedback import Outcome, Report
from hooks import strict_json
from hooks.refusal import BadRequest, missing, wrong_shape

COMMENT_LIMIT = 4000  # characters
CODE_LIMIT = 255
WHOLE = "the report"

_UUID = re.compile(r"(urn:uuid:)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read_report(at: int, sent: bytes | msgspec.Raw) -> tuple[Report, BadRequest | None]:
    """A report, and a remark where it was stored otherwise than sent.

    Args:
        at: its place in the batch.
        sent: sound JSON (`strict_json.members` has looked).

    Raises:
        BadRequest: it cannot be used; ``field`` is the place within the report.
    """
    item = strict_json.loads(sent, WHOLE)
    if not isinstance(item, Mapping):
        raise wrong_shape(WHOLE, "an object")
    card = _uuid(item.get("card"), "card")
    outcome = _outcome(item)
    outcome_at = _moment(item.get("outcomeTimestamp"))
    if outcome is Outcome.ACCEPTED:
        return Report(at, card, outcome, outcome_at, _accepted(item.get("acceptedSuggestions"))), None
    reason, comment = _override(item.get("overrideReason"))
    report = Report(at, card, outcome, outcome_at, (), reason, comment and comment[:COMMENT_LIMIT])
    return report, _too_long() if comment and len(comment) > COMMENT_LIMIT else None


def _outcome(item: Mapping[str, object]) -> Outcome:
    value = item.get("outcome")
    if value is None:
        raise missing("outcome", "It says what became of the card.")
    if value not in tuple(Outcome):
        raise BadRequest(
            "outcome",
            "outcome is neither accepted nor overridden.",
            "CDS Hooks knows these two; an ignored card is not reported.",
            "Send accepted or overridden.",
        )
    return Outcome(str(value))


def _uuid(value: object, field: str) -> UUID:
    if value is None:
        raise missing(field, "It says what the report is about.")
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise BadRequest(
            field,
            f"{field} is not a UUID.",
            "We gave every card and every suggestion one.",
            "Send the uuid as it was answered.",
        )
    return UUID(value)


def _moment(value: object) -> datetime:
    """RFC 3339: ``1985-04-12T23:20:50.52Z``. Digits beyond microseconds go, a leap second counts as the one before."""
    if value is None:
        raise missing("outcomeTimestamp", "It says when the user acted, and puts reports of one card in order.")
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        day, minute, second, fraction, zone = found.groups()
        second = "59" if second == "60" else second
        text = f"{day}T{minute}:{second}.{(fraction or '0')[:6].ljust(6, '0')}{zone.upper().replace('Z', '+00:00')}"
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise BadRequest(
        "outcomeTimestamp",
        "outcomeTimestamp is not a moment.",
        "CDS Hooks writes moments as RFC 3339 has them, with a time zone.",
        "Send for example 1985-04-12T23:20:50.52Z.",
    )


def _accepted(value: object) -> tuple[UUID, ...]:
    why = "An accepted card names the suggestions that were taken."
    if value is None or value == []:
        raise missing("acceptedSuggestions", why)
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise wrong_shape("acceptedSuggestions", "an array of objects")
    ids = [_uuid(one.get("id"), f"acceptedSuggestions[{place}].id") for place, one in enumerate(value)]
    return tuple(dict.fromkeys(ids))


def _override(value: object) -> tuple[tuple[str, str] | None, str | None]:
    """Reason and comment; a card may be overridden without either, but not with an empty overrideReason."""
    if value is None:
        return None, None
    if not isinstance(value, Mapping):
        raise wrong_shape("overrideReason", "an object")
    comment, reason = _comment(value.get("userComment")), _reason(value.get("reason"))
    if comment is None and reason is None:
        raise missing("overrideReason.reason", "A reason that is given has a code or a comment.")
    return reason, comment


def _reason(value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise wrong_shape("overrideReason.reason", "an object")
    return _word(value, "system"), _word(value, "code")


def _word(coding: Mapping[str, object], name: str) -> str:
    field, value = f"overrideReason.reason.{name}", coding.get(name)
    if value is None:
        raise missing(field, "Reports count reasons by system and code.")
    if not isinstance(value, str) or not value.strip() or len(value) > CODE_LIMIT or _CONTROLS.search(value):
        raise wrong_shape(field, f"a string of 1 to {CODE_LIMIT} characters")
    return value


def _comment(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong_shape("overrideReason.userComment", "a string")
    return _CONTROLS.sub(" ", value).strip() or None


def _too_long() -> BadRequest:
    return BadRequest(
        "overrideReason.userComment",
        f"userComment was cut to {COMMENT_LIMIT} characters.",
        "Comments are for a sentence or two.",
        "Send shorter comments if every word must be kept.",
        "too-long",
    )
