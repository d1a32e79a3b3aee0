"""The hash chain: what is hashed, how links are added, and how rows become again what was hashed.

A link is HMAC-SHA256 over chain, place, previous link and the canonical form of the entry, with a key derived from the
secret: without the secret nobody can write one that fits. The canonical form is JSON of lists in a fixed order::

    ["call/1", [<CALL>], [[<DECISION>], ...], [[<CARD>], ...]]
    ["feedback/1", [<FEEDBACK>]]

Moments are UTC with six decimals, uuids and dates text, JSON columns the very text that is stored. The comment of a
user is covered by its own keyed hash, so that it can be erased.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Date, Row, Table, Text, bindparam, select, type_coerce, update

from cds_service.store.columns import Instant, Json
from cds_service.store.keys import Keys
from cds_service.store.schema import chains, metadata

CALLS, FEEDBACK = "calls", "feedback"
BEGINNING = "0" * 64
FORM = 1

CALL = (
    *("id", "at", "as_of", "client", "tenant", "service", "hook", "hook_instance", "patient_key", "user_key", "ward"),
    *("edition", "language", "config_version", "software_version", "policy_version", "duration_us", "checks"),
    *("unanswered", "broken", "silent", "cards_shown", "cards_withheld"),
)
DECISION = (
    *("rule", "case", "status", "severity", "draft_key", "fingerprint", "figures", "evidence_hashes", "missing"),
    *("card", "shown", "withheld_because"),
)
CARD = ("uuid", "client", "tenant", "service", "indicator", "rules", "suggestions", "reasons", "shown")
REPORT = (
    *("id", "card", "client", "tenant", "service", "received_at", "outcome_at", "outcome", "accepted"),
    *("reason_system", "reason_code", "comment_hash", "digest"),
)


@dataclass(frozen=True, slots=True)
class End:
    """The last link of a chain: its place, counted from 1 (0 for an empty chain), and its hash."""

    seq: int = 0
    hash: str = BEGINNING

    def next(self, chain: str, line: bytes, keys: Keys) -> "End":
        """The end once ``line`` is added."""
        return End(self.seq + 1, link(chain, self.seq + 1, self.hash, line, keys))


def link(chain: str, seq: int, previous: str, line: bytes, keys: Keys) -> str:
    """The hash of one entry at its place."""
    return keys.sign(b"%s %d %s " % (chain.encode(), seq, previous.encode()) + line)


def lock_end(connection: Connection, chain: str) -> End:
    """The end of a chain; until the transaction ends nobody else adds to it.

    PostgreSQL locks the row; in SQLite a writing transaction has the whole file.
    """
    row = connection.execute(_LOCKED, {"chain": chain}).one()
    return End(row.seq, row.hash)


def move_end(connection: Connection, chain: str, end: End, keys: Keys) -> None:
    """Say where the chain ends now, signed."""
    signed = {"seq": end.seq, "hash": end.hash, "key_id": keys.id, "signature": sign_end(chain, end, keys)}
    connection.execute(_MOVE, {"chain": chain, **signed})


def sign_end(chain: str, end: End, keys: Keys) -> str:
    """The signature of the end of a chain."""
    return keys.sign(f"end {chain} {end.seq} {end.hash}".encode())


def call_line(call: Sequence[Any], decided: Sequence[Sequence[Any]], shown: Sequence[Sequence[Any]]) -> bytes:
    """The canonical form of a call, from values in the order of `CALL`, `DECISION` and `CARD`."""
    return orjson.dumps([f"call/{FORM}", call, decided, shown])


def report_line(report: Sequence[Any]) -> bytes:
    """The canonical form of a report, from values in the order of `REPORT`."""
    return orjson.dumps([f"feedback/{FORM}", report])


def stored(table: Table, names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """Values of a canonical form as the columns want them."""
    row = dict(zip(names, values, strict=True))
    for name, read in _READERS[table.name].items():
        if row.get(name) is not None:
            row[name] = read(row[name])
    return row


def hashed(row: Row[Any], names: Iterable[str]) -> list[Any]:
    """A row that was selected with `raw`, as it was hashed."""
    return [_plain(getattr(row, name)) for name in names]


def raw(table: Table) -> list[ColumnElement[Any]]:
    """The columns of a table with JSON left as the text it is."""
    return [type_coerce(c, Text).label(c.name) if isinstance(c.type, Json) else c for c in table.c]


def moment(when: datetime) -> str:
    """A moment in its canonical form: ``2026-03-12T08:30:00.000000+00:00``."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else value


def _readers(table: Table) -> Mapping[str, Any]:
    return {
        column.name: datetime.fromisoformat if isinstance(column.type, Instant) else date.fromisoformat
        for column in table.c
        if isinstance(column.type, Instant | Date)
    }


_READERS = {name: _readers(table) for name, table in metadata.tables.items()}
_LOCKED = select(chains.c.seq, chains.c.hash).where(chains.c.name == bindparam("chain")).with_for_update()
_MOVE = update(chains).where(chains.c.name == bindparam("chain"))
