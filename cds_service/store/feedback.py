"""Feedback on cards, stored with the card it answers: each report checked against its card, stored once, or refused.

Reports of one batch stand and fall alone. All that stand are stored in one transaction, linked into their own chain,
and an override becomes memory in the same transaction, so that an acknowledged report is never half known.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, select

from cds_service.clients import Caller
from cds_service.store import memory
from cds_service.store.chain import FEEDBACK, FORM, REPORT, lock_end, moment, move_end, report_line, stored
from cds_service.store.columns import encoded
from cds_service.store.engine import Database
from cds_service.store.keys import Keys
from cds_service.store.schema import cards, feedback
from hooks.quiet import Kind

_PATIENCE_S = 1.5  # for a card that may still be on its way to the database
_PORTION = 500

_CARDS = select(cards.c.uuid, cards.c.suggestions, cards.c.reasons).where(
    cards.c.uuid.in_(bindparam("uuids", expanding=True)),
    cards.c.client == bindparam("client"),
    cards.c.tenant == bindparam("tenant"),
    cards.c.service == bindparam("service"),
    cards.c.shown,
)
_DIGESTS = select(feedback.c.digest).where(feedback.c.card.in_(bindparam("uuids", expanding=True)))


class Outcome(StrEnum):
    """What a user did with a card."""

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


class Why(StrEnum):
    """Why a report is refused, or what is odd about one that was stored."""

    UNKNOWN_CARD = "unknown-card"
    UNKNOWN_SUGGESTION = "unknown-suggestion"
    REASON_NOT_OFFERED = "reason-not-offered"


@dataclass(frozen=True, slots=True)
class Report:
    """One report, well formed. ``at`` is its place in the batch; ``reason`` is (system, code)."""

    at: int
    card: UUID
    outcome: Outcome
    outcome_at: datetime
    accepted: tuple[UUID, ...] = ()
    reason: tuple[str, str] | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a batch: places of the reports that were refused, and of those stored with a remark."""

    refused: Mapping[int, Why]
    remarks: Mapping[int, Why]


@dataclass(frozen=True, slots=True)
class _Offered:
    """What a card offered: suggestions and reasons to override it."""

    suggestions: frozenset[str]
    reasons: frozenset[tuple[str, str]]


class Feedback:
    """The reports of an installation.

    Args:
        on_its_way: bytes in the journals of this machine that are not in the database yet; those of this process are
            hurried.
    """

    def __init__(
        self, database: Database, keys: Keys, clock: Callable[[], datetime], on_its_way: Callable[[], int]
    ) -> None:
        self._database, self._keys, self._clock, self._on_its_way = database, keys, clock, on_its_way

    def store(self, caller: Caller, service: str, reports: Sequence[Report], today: date) -> Judged:
        """Store what can be stored. A report that is there already is not stored again, and not refused.

        A card counts as unknown when it was shown to another client or tenant, by another service, or not at all.

        Raises:
            Unavailable: nothing was stored.
        """
        known = self._patiently(caller, service, [report.card for report in reports])
        refused = {report.at: why for report in reports if (why := _refusal(report, known.get(report.card)))}
        fine = [report for report in reports if report.at not in refused]
        if fine:
            self._database.write(lambda connection: self._add(connection, caller, service, fine, today))
        odd = [report.at for report in fine if report.reason and report.reason not in known[report.card].reasons]
        return Judged(refused, dict.fromkeys(odd, Why.REASON_NOT_OFFERED))

    def _patiently(self, caller: Caller, service: str, uuids: Sequence[UUID]) -> dict[UUID, _Offered]:
        """The cards; one that is missing is looked for again while entries are on their way."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            under_way = self._on_its_way()  # asked first: what arrives in between is found
            found = self._database.read(lambda connection: _find(connection, caller, service, uuids))
            if len(found) == len(set(uuids)) or not under_way or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def _add(
        self, connection: Connection, caller: Caller, service: str, reports: Iterable[Report], today: date
    ) -> None:
        end, now, rows = lock_end(connection, FEEDBACK), self._clock(), []
        reports = list(reports)
        known = _digests(connection, reports)
        for report in reports:
            digest = self._digest(report)
            if digest in known:
                continue
            known.add(digest)
            values = self._values(report, caller, service, now, digest)
            previous, end = end, end.next(FEEDBACK, report_line(values), self._keys)
            place = {"seq": end.seq, "previous_hash": previous.hash, "hash": end.hash}
            more = {"form": FORM, "key_id": self._keys.id, "comment": report.comment}
            rows.append(stored(feedback, REPORT, values) | place | more)
            _remember(connection, caller, report, today)
        if rows:
            connection.execute(insert(feedback), rows)
            move_end(connection, FEEDBACK, end, self._keys)

    def _values(self, report: Report, caller: Caller, service: str, now: datetime, digest: str) -> list[Any]:
        """In the order of `chain.REPORT`."""
        system, code = report.reason or (None, None)
        return [
            *(str(uuid4()), str(report.card), caller.client.id, caller.tenant or "", service),
            *(moment(now), moment(report.outcome_at), report.outcome.value),
            encoded([str(suggestion) for suggestion in report.accepted]),
            *(system, code, comment_hash(report.comment, self._keys), digest),
        ]

    def _digest(self, report: Report) -> str:
        accepted = sorted(str(suggestion) for suggestion in report.accepted)
        what = [str(report.card), report.outcome.value, moment(report.outcome_at), accepted, report.reason]
        return self._keys.sign(b"report " + orjson.dumps([*what, report.comment]))


def comment_hash(comment: str | None, keys: Keys) -> str | None:
    """What stays of a comment in the chain."""
    return keys.sign(b"comment " + comment.encode()) if comment is not None else None


def _find(connection: Connection, caller: Caller, service: str, uuids: Sequence[UUID]) -> dict[UUID, _Offered]:
    whose = {"client": caller.client.id, "tenant": caller.tenant or "", "service": service}
    rows: list[Row[Any]] = []
    for some in _portions(uuids):
        rows += connection.execute(_CARDS, {"uuids": some} | whose)
    return {
        UUID(row.uuid): _Offered(frozenset(row.suggestions), frozenset((s, c) for s, c in row.reasons)) for row in rows
    }


def _digests(connection: Connection, reports: Sequence[Report]) -> set[str]:
    portions = _portions([report.card for report in reports])
    return {digest for some in portions for digest in connection.scalars(_DIGESTS, {"uuids": some})}


def _portions(uuids: Sequence[UUID]) -> Iterable[list[str]]:
    """Databases take so many parameters and no more."""
    distinct = list(dict.fromkeys(map(str, uuids)))
    return (distinct[start : start + _PORTION] for start in range(0, len(distinct), _PORTION))


def _refusal(report: Report, offered: _Offered | None) -> Why | None:
    if offered is None:
        return Why.UNKNOWN_CARD
    accepted = {str(suggestion) for suggestion in report.accepted}
    return None if accepted <= offered.suggestions else Why.UNKNOWN_SUGGESTION


def _remember(connection: Connection, caller: Caller, report: Report, today: date) -> None:
    """An override keeps the card away for a while; without reason or comment it was only closed."""
    found = memory.find(connection, caller.key, report.card) if report.outcome is Outcome.OVERRIDDEN else None
    if found is not None:
        whose, memo = found
        kind = Kind.OVERRIDDEN if report.reason or report.comment else Kind.DISMISSED
        memory.add(connection, whose, memo.rows(kind, today, whose.user))
