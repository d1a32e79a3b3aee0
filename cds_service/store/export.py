"""The log as lines of JSON: one per call with its decisions and cards, one per report, in the order of their chains."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select

from cds_service.store.chain import CALLS, FEEDBACK, hashed
from cds_service.store.schema import calls, cards, decisions, feedback

_PAGE = 500
_DATED = {CALLS: (calls, calls.c.at), FEEDBACK: (feedback, feedback.c.received_at)}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` on, before ``until``; None is open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """One call with its decisions and cards, or one report of feedback, as rows with JSON columns decoded."""

    kind: str
    row: dict[str, Any]
    decisions: Sequence[dict[str, Any]] = ()
    cards: Sequence[dict[str, Any]] = ()


def entries(connection: Connection, period: Period) -> Iterator[Logged]:
    """Calls, then reports."""
    for page in _pages(connection, CALLS, period):
        seqs = [row.seq for row in page]
        decided, shown = (_parts(connection, table, seqs) for table in (decisions, cards))
        for row in page:
            yield Logged("call", _plain(row), decided.get(row.seq, ()), shown.get(row.seq, ()))
    for page in _pages(connection, FEEDBACK, period):
        yield from (Logged("feedback", _plain(row)) for row in page)


def count(connection: Connection, period: Period) -> int:
    """How many entries `entries` will give."""
    totals = (connection.scalar(_within(select(func.count()), chain, period)) for chain in _DATED)
    return sum(total or 0 for total in totals)


def rows(logged: Logged, *, comments: bool = False) -> Iterator[dict[str, Any]]:
    """An entry as it is stored. What users typed is left out unless asked for: it may name a patient."""
    kept = {name: value for name, value in logged.row.items() if name != "comment" or comments}
    parts = {"decisions": list(logged.decisions), "cards": list(logged.cards)} if logged.kind == "call" else {}
    yield {"kind": logged.kind, **kept, **parts}


def _pages(connection: Connection, chain: str, period: Period) -> Iterator[Sequence[Row[Any]]]:
    table, _ = _DATED[chain]
    query, after = _within(select(table), chain, period).order_by(table.c.seq).limit(_PAGE), 0
    while page := connection.execute(query.where(table.c.seq > after)).all():
        yield page
        after = page[-1].seq


def _within(query: Select[Any], chain: str, period: Period) -> Select[Any]:
    table, when = _DATED[chain]
    query = query.select_from(table)
    if period.since is not None:
        query = query.where(when >= period.since)
    return query if period.until is None else query.where(when < period.until)


def _parts(connection: Connection, table: Table, seqs: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    query = select(table).where(table.c.call_seq.in_(seqs)).order_by(table.c.call_seq, table.c.position)
    for row in connection.execute(query):
        found.setdefault(row.call_seq, []).append(_plain(row, skip=("call_seq", "position")))
    return found


def _plain(row: Row[Any], skip: Iterable[str] = ()) -> dict[str, Any]:
    names = [name for name in row._fields if name not in skip]
    return dict(zip(names, hashed(row, names), strict=True))
