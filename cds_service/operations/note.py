"""The note of one request: filled by whoever learns something while it is answered, written by `operations.watch`.

Kept apart from it because everybody may note something, and nobody else needs metrics or a log for that.
"""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid4

from flask import g, has_request_context


@dataclass(slots=True)
class Note:
    """What is known of the request at hand.

    Attributes:
        id: made here; the answer names it in ``X-Request-Id`` and the decision log may use it. The EHR's hookInstance
            stands in no log: it would tie a line to a session, and so to a patient.
        service, client: ids of ours; None as long as the request has named, or proved, none.
    """

    id: UUID = field(default_factory=uuid4)
    began: float = field(default_factory=time.perf_counter)
    service: str | None = None
    hook: str | None = None
    client: str | None = None
    edition: str | None = None
    language: str | None = None
    cards: int | None = None
    fires: int | None = None
    undecided: int | None = None
    broken: int | None = None
    withheld: int | None = None
    fetched: int | None = None
    unfetched: int | None = None
    error: type[BaseException] | None = None
    refused: StrEnum | None = None


def current() -> Note:
    """The note of the request at hand; outside a request one that nobody reads."""
    if not has_request_context():
        return Note()
    note: Note | None = g.get("note")
    if note is None:
        note = g.note = Note()
    return note
