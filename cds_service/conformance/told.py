"""What an answer says, apart from what is new in every answer: for comparing two."""

from typing import Any

from cds_service.conformance.caller import Reply


def said(reply: Reply) -> tuple[int | None, Any]:
    """Status and cards without uuids, and without extensions, which may hold trace data."""
    return reply.status, _plain(reply.cards)


def same(first: Reply, second: Reply) -> bool:
    """Whether both say the same."""
    return said(first) == said(second)


def is_silent(reply: Reply) -> bool:
    """200 with no cards: nothing to say."""
    return reply.cards == []


def in_time(reply: Reply) -> bool:
    """An answer by the rules: cards, or 412 for data that are missing."""
    return reply.status in (200, 412)


def harmless(reply: Reply) -> bool:
    """Accepted or refused, but no fault."""
    return reply.status is not None and reply.status < 500


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if name not in ("uuid", "extension")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
