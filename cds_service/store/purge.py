"""Retention: what is older than a day goes, and a signed anchor stands for it, so that the rest of the chain holds.

A chain can only lose its beginning. It is cut before its first entry that is young enough: an older one behind it,
which was late on its way, goes with a later purge.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from cds_service.store.chain import CALLS, FEEDBACK, End, moment
from cds_service.store.engine import Database
from cds_service.store.keys import Keys
from cds_service.store.schema import anchors, calls, captures, cards, chains, decisions, feedback, memory, memos

_PORTION = 500  # entries removed in one transaction: others write in between
_DATED = {CALLS: (calls, calls.c.at), FEEDBACK: (feedback, feedback.c.received_at)}


@dataclass(frozen=True, slots=True)
class Anchor:
    """What stands for everything up to entry ``seq``, whose hash the next entry continues.

    Attributes:
        older_than: what was purged was older.
        entries: how many entries that were, in this purge.
        intact: the chain held up to there when it was purged.
    """

    chain: str
    seq: int
    hash: str
    older_than: datetime
    purged_at: datetime
    entries: int
    intact: bool
    key_id: str
    signature: str = ""

    def signed(self, keys: Keys) -> str:
        """Its signature."""
        dates = f"{moment(self.older_than)} {moment(self.purged_at)}"
        what = f"anchor {self.chain} {self.seq} {self.hash} {dates} {self.entries} {self.intact}"
        return keys.sign(what.encode())

    def is_signed(self, keys: Keys) -> bool:
        """Whether it was signed with these keys."""
        return self.signature == self.signed(keys)


@dataclass(frozen=True, slots=True)
class Span:
    """What a purge would take from a chain: entries up to ``end``; ``late`` older ones stay behind it."""

    chain: str
    end: End
    entries: int
    late: int


def last_anchor(connection: Connection, chain: str) -> Anchor | None:
    """What stands for the purged beginning of a chain."""
    row = connection.execute(
        select(anchors).where(anchors.c.chain == chain).order_by(anchors.c.seq.desc()).limit(1)
    ).one_or_none()
    return Anchor(**row._mapping) if row is not None else None


def span(connection: Connection, chain: str, older_than: datetime) -> Span:
    """What would be purged."""
    table, when = _DATED[chain]
    first = connection.scalar(select(func.min(table.c.seq)).where(when >= older_than))
    old = table.c.seq < first if first is not None else table.c.seq > 0
    newest = select(table.c.seq, table.c.hash).where(old).order_by(table.c.seq.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    entries = connection.scalar(select(func.count()).select_from(table).where(old)) or 0
    all_old = connection.scalar(select(func.count()).select_from(table).where(when < older_than)) or 0
    return Span(chain, End(last.seq, last.hash) if last else End(), entries, all_old - entries)


def purge(
    database: Database,
    keys: Keys,
    found: Span,
    older_than: datetime,
    now: datetime,
    *,
    intact: bool = True,
    progress: Callable[[int], None] = lambda entries: None,
) -> None:
    """Remove a span, and sign for it first: what is interrupted is `finish`ed by the next purge.

    Args:
        intact: whether the span was proven (`cds_service.store.verify`) before.
        progress: called with the number of entries that were just removed.
    """
    if found.entries:
        anchor = Anchor(found.chain, found.end.seq, found.end.hash, older_than, now, found.entries, intact, keys.id)
        names = ("chain", "seq", "hash", "older_than", "purged_at", "entries", "intact", "key_id")
        row = {name: getattr(anchor, name) for name in names} | {"signature": anchor.signed(keys)}
        with database.writing() as connection:
            connection.execute(select(chains.c.seq).where(chains.c.name == found.chain).with_for_update())
            if (last := last_anchor(connection, found.chain)) is None or last.seq < anchor.seq:
                connection.execute(insert(anchors), row)
    for removed in _removed(database, found.chain):
        progress(removed)


def finish(database: Database, chain: str) -> None:
    """Remove what an interrupted purge has signed for and left."""
    for _ in _removed(database, chain):
        pass


def purge_rest(database: Database, older_than: datetime) -> int:
    """Remove what is in no chain: captured requests, and the memory of what was said. Returns how many rows."""
    with database.writing() as connection:
        gone = [
            connection.execute(delete(captures).where(captures.c.at < older_than)),
            connection.execute(delete(memory).where(memory.c.day < older_than.date())),
            connection.execute(delete(memos).where(memos.c.day < older_than.date())),
        ]
    if database.is_sqlite:
        _empty_log(database)
    return sum(result.rowcount for result in gone)


def _empty_log(database: Database) -> None:
    """Rows that were removed from a SQLite file still stand in its write-ahead log."""
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _removed(database: Database, chain: str) -> Iterator[int]:
    """Remove what an anchor stands for, portion by portion."""
    table, _ = _DATED[chain]
    while True:
        with database.writing() as connection:
            anchor = last_anchor(connection, chain)
            portion = select(table.c.seq).where(table.c.seq <= (anchor.seq if anchor else 0))
            seqs = list(connection.scalars(portion.order_by(table.c.seq).limit(_PORTION)))
            if not seqs:
                return
            if chain == CALLS:
                for part in (decisions, cards):
                    connection.execute(delete(part).where(part.c.call_seq <= seqs[-1]))
            connection.execute(delete(table).where(table.c.seq <= seqs[-1]))
        yield len(seqs)
