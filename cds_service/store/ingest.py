"""From lines of the journal to rows of the database: one transaction for many lines, whatever was there before.

Lines are JSON lists that begin with their kind: ``call/1`` (`cds_service.store.chain`), ``memo/1``, ``seen/1``
(`cds_service.store.memory`) and ``capture/1`` (`cds_service.store.captures`). A line that was stored already, by a
process that died before it could say so, changes nothing.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Table, insert, select

from cds_service.store.chain import CALL, CALLS, CARD, DECISION, FORM, lock_end, move_end, stored
from cds_service.store.columns import inserting
from cds_service.store.keys import Keys
from cds_service.store.schema import calls, captures, cards, decisions, memory, memos

MEMO = ("card", "tenant_key", "patient_key", "user_key", "day", "service", "hook", "traces", "suggestions")
SEEN = ("tenant_key", "patient_key", "rule", "fingerprint", "kind", "severity", "day", "hook", "draft", "user_key")
CAPTURE = ("call", "at", "key_id", "ciphertext")

Line = tuple[bytes, list[Any]]


class Unreadable(ValueError):
    """A line is not one of ours."""


def read(line: bytes) -> list[Any]:
    """The values of a line.

    Raises:
        Unreadable: it is torn, or of a kind this version does not know.
    """
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise Unreadable("no JSON") from None
    if not isinstance(values, list) or not values or values[0] not in _STORES:
        raise Unreadable("of no known kind")
    return values


def ingest(connection: Connection, lines: Iterable[Line], keys: Keys) -> None:
    """Store lines, in their order. The connection is in a writing transaction."""
    kinds: dict[str, list[Line]] = {}
    for line in lines:
        kinds.setdefault(line[1][0], []).append(line)
    for kind, found in kinds.items():
        _STORES[kind](connection, found, keys)


def _store_calls(connection: Connection, lines: Sequence[Line], keys: Keys) -> None:
    """Add links for the calls that are not in the chain yet."""
    end = lock_end(connection, CALLS)
    ids = [values[1][0] for _, values in lines]
    known = set(connection.scalars(select(calls.c.id).where(calls.c.id.in_(ids))))
    rows: dict[Table, list[dict[str, Any]]] = {calls: [], decisions: [], cards: []}
    for line, (_, call, decided, shown) in lines:
        if call[0] in known:
            continue
        known.add(call[0])
        previous, end = end, end.next(CALLS, line, keys)
        place = {"form": FORM, "key_id": keys.id, "seq": end.seq, "previous_hash": previous.hash, "hash": end.hash}
        rows[calls].append(stored(calls, CALL, call) | place)
        rows[decisions] += _numbered(decisions, DECISION, decided, end.seq)
        rows[cards] += _numbered(cards, CARD, shown, end.seq)
    for table, made in rows.items():
        if made:
            connection.execute(_INSERT[table], made)
    if rows[calls]:
        move_end(connection, CALLS, end, keys)


def _numbered(table: Table, names: Sequence[str], lists: Sequence[Any], seq: int) -> list[dict[str, Any]]:
    return [stored(table, names, one) | {"call_seq": seq, "position": at} for at, one in enumerate(lists)]


def _store_memos(connection: Connection, lines: Sequence[Line], keys: Keys) -> None:
    """Keep what was shown to whom; a memo that is there stays as it is."""
    _add(connection, memos, [stored(memos, MEMO, row) for _, values in lines for row in values[1]])


def _store_seen(connection: Connection, lines: Sequence[Line], keys: Keys) -> None:
    connection.execute(_INSERT[memory], [stored(memory, SEEN, row) for _, values in lines for row in values[1]])


def _store_captures(connection: Connection, lines: Sequence[Line], keys: Keys) -> None:
    rows = [stored(captures, CAPTURE, values[1]) for _, values in lines]
    _add(connection, captures, [row | {"ciphertext": base64.b64decode(row["ciphertext"])} for row in rows])


def _add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(_adding(connection.dialect.name, table), rows)


_Store = Callable[[Connection, Sequence[Line], Keys], None]
_STORES: Mapping[str, _Store] = {
    f"call/{FORM}": _store_calls,
    "memo/1": _store_memos,
    "seen/1": _store_seen,
    "capture/1": _store_captures,
}
_INSERT = {table: insert(table) for table in (calls, decisions, cards, memory)}


@cache
def _adding(dialect: str, table: Table) -> Any:
    return inserting(dialect, table).on_conflict_do_nothing()
