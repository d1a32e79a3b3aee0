"""The memory of `hooks.quiet` in the database: what was shown, overridden or dismissed, so that it is not said again.

It is no record: rows are dropped when nothing can depend on them any more, and losing it only means that a card is
shown once more. So a call never waits for it: what a call adds goes through the journal, and where the database cannot
be read nothing is remembered.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from cds_service.store import health
from cds_service.store.columns import encoded
from cds_service.store.engine import Database, Unavailable
from cds_service.store.schema import memory, memos
from cds_service.store.writer import Writer
from hooks.check import Severity
from hooks.quiet import CardMemo, Kind, Memory, Remembered, Trace, Whose

KEPT = timedelta(days=400)  # longer than anything a rule may be snoozed for

_OF_PATIENT = select(memory).where(
    memory.c.tenant_key == bindparam("tenant"),
    memory.c.patient_key == bindparam("patient"),
    memory.c.day >= bindparam("since"),
)
_OF_CARD = select(memos).where(memos.c.card == bindparam("uuid"), memos.c.tenant_key == bindparam("tenant"))


class SqlMemory(Memory):
    """Keeps everything for `KEPT`, for every worker and after a restart."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database, self._writer = database, writer

    def recall(self, whose: Whose, day: date) -> tuple[Remembered, ...]:
        """Every row of this patient; none when the database cannot be read, which is counted and said."""
        asked = {"tenant": whose.tenant, "patient": whose.patient, "since": day - KEPT}
        try:
            rows = self._database.read(lambda connection: connection.execute(_OF_PATIENT, asked).all())
        except Unavailable as error:
            self._writer.watch.failed(health.MEMORY, error.reason)
            return ()
        self._writer.watch.works(health.MEMORY)
        return tuple(dict.fromkeys(map(_remembered, rows)))  # the same may have been shown twice that day

    def remember(self, whose: Whose, rows: Iterable[Remembered]) -> None:
        """Add rows; they can be recalled a moment later."""
        made = [_values(whose, row) for row in rows]
        if made:
            self._writer.put(orjson.dumps(["seen/1", made]))

    def keep(self, whose: Whose, memos: Iterable[CardMemo], day: date) -> None:
        """Keep which cards were shown; they can be found a moment later."""
        made = [_memo(whose, memo, day) for memo in memos]
        if made:
            self._writer.put(orjson.dumps(["memo/1", made]))

    def find(self, tenant: str, card: UUID) -> tuple[Whose, CardMemo] | None:
        """The card with this uuid, if it was shown to this tenant.

        Raises:
            Unavailable: the database cannot be read.
        """
        return self._database.read(lambda connection: find(connection, tenant, card))


def find(connection: Connection, tenant: str, card: UUID) -> tuple[Whose, CardMemo] | None:
    """The same within a transaction."""
    row = connection.execute(_OF_CARD, {"uuid": str(card), "tenant": tenant}).one_or_none()
    if row is None:
        return None
    traces = tuple(Trace(rule, facts, Severity(severity), draft) for rule, facts, severity, draft in row.traces)
    memo = CardMemo(card, row.service, row.hook, traces, tuple(map(UUID, row.suggestions)))
    return Whose(tenant, row.patient_key, row.user_key), memo


def add(connection: Connection, whose: Whose, rows: Iterable[Remembered]) -> None:
    """Remember within a transaction."""
    made = [
        {
            **{"tenant_key": whose.tenant, "patient_key": whose.patient, "rule": row.rule, "kind": row.kind.value},
            **{"fingerprint": row.fingerprint, "severity": row.severity.value, "day": row.on, "hook": row.hook},
            **{"draft": row.draft, "user_key": row.user},
        }
        for row in rows
    ]
    if made:
        connection.execute(insert(memory), made)


def forget(connection: Connection, today: date) -> int:
    """Drop what nothing can depend on any more; returns how many rows."""
    gone = [
        connection.execute(delete(table).where(table.c.day < bindparam("since")), {"since": today - KEPT})
        for table in (memory, memos)
    ]
    return sum(each.rowcount for each in gone)


def _remembered(row: Row[Any]) -> Remembered:
    return Remembered(
        *(row.rule, row.fingerprint, Kind(row.kind), Severity(row.severity)),
        *(row.day, row.hook, row.draft, row.user_key),
    )


def _values(whose: Whose, row: Remembered) -> list[str | None]:
    """In the order of `ingest.SEEN`."""
    return [
        *(whose.tenant, whose.patient, row.rule, row.fingerprint, row.kind.value, row.severity.value),
        *(row.on.isoformat(), row.hook, row.draft, row.user),
    ]


def _memo(whose: Whose, memo: CardMemo, day: date) -> list[str | None]:
    """In the order of `ingest.MEMO`."""
    traces = [[trace.rule, trace.fingerprint, trace.severity.value, trace.draft] for trace in memo.traces]
    return [
        *(str(memo.card), whose.tenant, whose.patient, whose.user, day.isoformat(), memo.service, memo.hook),
        *(encoded(traces), encoded([str(uuid) for uuid in memo.suggestions])),
    ]
