"""Proves the chains: each link is computed again from the rows as they stand, and the first that does not fit is named.

Found are entries, decisions, cards and reports that were altered, removed, added or put in another order, and an end
that was cut off. What cannot be found is that a whole database was replaced by an older copy of itself: note the end
that is printed somewhere else from time to time, and give it to a later run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from cds_service.store.chain import (
    CALL,
    CALLS,
    CARD,
    DECISION,
    FEEDBACK,
    FORM,
    REPORT,
    End,
    call_line,
    hashed,
    link,
    raw,
    report_line,
    sign_end,
)
from cds_service.store.feedback import comment_hash
from cds_service.store.keys import Keys, Ring
from cds_service.store.purge import Anchor, last_anchor
from cds_service.store.schema import calls, cards, chains, decisions, feedback

_PAGE = 500
TABLES = {CALLS: calls, FEEDBACK: feedback}
"""The table of each chain."""


class Broken(Exception):
    """The first link that does not fit: its place, and what is wrong in a sentence."""

    def __init__(self, chain: str, seq: int, what: str) -> None:
        super().__init__(f"{chain}, entry {seq}: {what}")
        self.chain, self.seq, self.what = chain, seq, what


@dataclass(frozen=True, slots=True)
class Proven:
    """A chain that holds.

    Attributes:
        entries: links that were checked.
        end: the last one.
        anchor: what stands for the purged beginning, if there is one.
        erased: reports whose comment was erased.
    """

    chain: str
    entries: int
    end: End
    anchor: Anchor | None
    erased: int = 0


Progress = Callable[[int], None]
"""Called with the number of links that were just checked."""


def verify(
    connection: Connection,
    ring: Ring,
    chain: str,
    *,
    upto: int | None = None,
    noted: End | None = None,
    progress: Progress = lambda links: None,
) -> Proven:
    """Prove one chain, within one snapshot.

    Args:
        upto: check links up to this place only, and not the end.
        noted: an end that was printed earlier: it must still be a link.

    Raises:
        Broken: it does not hold.
    """
    anchor = _anchor(connection, ring, chain)
    start = End(anchor.seq, anchor.hash) if anchor else End()
    _refuse_rows_before(connection, chain, start.seq)
    end, entries, erased = start, 0, 0
    for page in _pages(connection, chain, start.seq, upto):
        lines = _lines(connection, chain, page, end.seq)
        for row in page:
            end = _checked(chain, end, row, lines.get(row.seq), ring)
            erased += _comment(chain, row, ring)
            _compare(chain, end, noted)
        entries += len(page)
        progress(len(page))
    if upto is None:
        _check_end(connection, ring, chain, end)
        if noted is not None and noted.seq > end.seq:
            raise Broken(chain, noted.seq, "the end that was noted earlier is not there any more.")
    return Proven(chain, entries, end, anchor, erased)


def _anchor(connection: Connection, ring: Ring, chain: str) -> Anchor | None:
    anchor = last_anchor(connection, chain)
    if anchor is not None and not anchor.is_signed(_keys(chain, anchor.seq, anchor.key_id, ring)):
        raise Broken(chain, anchor.seq, "the anchor of the purged span was altered or forged.")
    return anchor


def _refuse_rows_before(connection: Connection, chain: str, start: int) -> None:
    table = TABLES[chain]
    first = connection.scalar(select(func.min(table.c.seq)).where(table.c.seq <= start))
    if first is not None:
        raise Broken(chain, first, f"everything up to entry {start} was purged, and this one is there: purge again.")


def _pages(connection: Connection, chain: str, after: int, upto: int | None) -> Iterator[Sequence[Row[Any]]]:
    table = TABLES[chain]
    query = select(*raw(table)).order_by(table.c.seq).limit(_PAGE)
    if upto is not None:
        query = query.where(table.c.seq <= upto)
    while page := connection.execute(query.where(table.c.seq > after)).all():
        yield page
        after = page[-1].seq


def _lines(connection: Connection, chain: str, page: Sequence[Row[Any]], after: int) -> Mapping[int, bytes]:
    """What was hashed for each entry of a page, made again from the rows."""
    if chain == FEEDBACK:
        return {row.seq: report_line(hashed(row, REPORT)) for row in page}
    decided, shown = (_parts(connection, table, after, page[-1].seq) for table in (decisions, cards))
    known = {row.seq for row in page}
    for seq in sorted({*decided, *shown} - known):
        raise Broken(chain, seq, "there are decisions or cards of an entry that is missing.")
    return {
        row.seq: call_line(
            hashed(row, CALL),
            [hashed(part, DECISION) for part in _in_order(decided.get(row.seq, []))],
            [hashed(part, CARD) for part in _in_order(shown.get(row.seq, []))],
        )
        for row in page
    }


def _parts(connection: Connection, table: Table, after: int, last: int) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    here = select(*raw(table)).where(table.c.call_seq > after, table.c.call_seq <= last)
    for row in connection.execute(here.order_by(table.c.call_seq, table.c.position)):
        found.setdefault(row.call_seq, []).append(row)
    return found


def _in_order(rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """As they were numbered; a row whose number does not fit its place makes the entry differ from what was hashed."""
    return rows if [row.position for row in rows] == list(range(len(rows))) else ()


def _checked(chain: str, end: End, row: Row[Any], line: bytes | None, ring: Ring) -> End:
    if row.seq != end.seq + 1:
        missing = f"entry {end.seq + 1} is" if row.seq == end.seq + 2 else f"entries {end.seq + 1} to {row.seq - 1} are"
        raise Broken(chain, end.seq + 1, f"{missing} missing: removed, or never written by us.")
    if row.form != FORM:
        raise Broken(chain, row.seq, "it was written by another version of Osteohooks: verify with that one.")
    if row.previous_hash != end.hash:
        raise Broken(chain, row.seq, "it does not follow the entry before it: put in another order, added or replaced.")
    keys = _keys(chain, row.seq, row.key_id, ring)
    if line is None or link(chain, row.seq, end.hash, line, keys) != row.hash:
        raise Broken(chain, row.seq, "it is not what was written: altered, or a part of it removed or added.")
    return End(row.seq, row.hash)


def _comment(chain: str, row: Row[Any], ring: Ring) -> int:
    """1 when the comment of a report was erased."""
    if chain != FEEDBACK or (row.comment_hash is None and row.comment is None):
        return 0
    if row.comment is None:
        return 1
    if comment_hash(row.comment, _keys(chain, row.seq, row.key_id, ring)) != row.comment_hash:
        raise Broken(chain, row.seq, "its comment was altered.")
    return 0


def _compare(chain: str, end: End, noted: End | None) -> None:
    if noted is not None and noted.seq == end.seq and noted.hash != end.hash:
        raise Broken(chain, end.seq, "it is not the entry that was noted earlier: the chain was written anew.")


def _check_end(connection: Connection, ring: Ring, chain: str, end: End) -> None:
    row = connection.execute(select(chains).where(chains.c.name == chain)).one_or_none()
    if row is None:
        raise Broken(chain, end.seq, "the record of its end is missing.")
    if row.seq > end.seq:
        raise Broken(chain, end.seq + 1, f"entries {end.seq + 1} to {row.seq} are missing: the end was cut off.")
    if row.seq < end.seq or row.hash != end.hash:
        raise Broken(chain, end.seq, "the record of its end does not fit: entries were added, or the record altered.")
    if end.seq and row.signature != sign_end(chain, end, _keys(chain, end.seq, row.key_id, ring)):
        raise Broken(chain, end.seq, "the signature of its end was altered or forged.")
    beyond = [connection.scalar(select(func.max(table.c.call_seq))) for table in (decisions, cards)]
    if chain == CALLS and any(seq is not None and seq > end.seq for seq in beyond):
        raise Broken(chain, end.seq + 1, "there are decisions or cards of an entry that is missing.")


def _keys(chain: str, seq: int, key_id: str, ring: Ring) -> Keys:
    keys = ring.find(key_id)
    if keys is None:
        raise Broken(chain, seq, f"it was written under another secret ({key_id}): give that one too.")
    return keys
