"""Retention: what is old goes for good, the rest of the chain still proves, and nobody can pretend a purge."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cds_service.store import purge as purging
from cds_service.store.chain import CALLS, FEEDBACK, End
from cds_service.store.purge import last_anchor, purge, purge_rest, span
from cds_service.store.schema import anchors, calls, captures, cards, decisions, memory, memos
from cds_service.store.store import Store
from cds_service.store.verify import Broken, verify
from tests.store.answers import note, thought_of
from tests.store.tamper import tamper
from tests.store.test_verify import FILLED, broken, filled, proven


def cut(store: Store, chain: str, day: datetime, **options: Any) -> purging.Span:
    with store.database.snapshot() as connection:
        found = span(connection, chain, day)
    purge(store.database, store.ring.current, found, day, store.clock(), **options)
    return found


def third(store: Store) -> datetime:
    """The moment of the third call: two are older."""
    with store.database.reading() as connection:
        when: datetime = connection.scalar(select(calls.c.at).where(calls.c.seq == 3))
    return when


def count(store: Store, table: Any) -> int:
    with store.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_what_is_older_goes_with_all_its_parts_and_the_rest_holds(store: Store) -> None:
    filled(store)
    found = cut(store, CALLS, third(store))
    assert (found.entries, found.late, found.end.seq) == (2, 0, 2)
    assert (count(store, calls), count(store, decisions), count(store, cards)) == (FILLED - 2, 6, 6)
    whole = proven(store, CALLS)
    assert (whole.entries, whole.end.seq) == (FILLED - 2, FILLED)
    assert whole.anchor is not None
    assert (whole.anchor.seq, whole.anchor.entries, whole.anchor.intact) == (2, 2, True)
    assert proven(store, FEEDBACK).entries == FILLED


def test_the_log_goes_on_after_a_purge_of_everything(store: Store) -> None:
    filled(store)
    later = store.clock() + timedelta(days=400)
    for chain in (CALLS, FEEDBACK):
        assert cut(store, chain, later).entries == FILLED
        assert proven(store, chain).entries == 0
    filled(store)
    for chain in (CALLS, FEEDBACK):
        assert (proven(store, chain).entries, proven(store, chain).end.seq) == (FILLED, 2 * FILLED)
    cut(store, CALLS, later)
    assert proven(store, CALLS).end.seq == 2 * FILLED
    assert count(store, anchors) == 3


def test_nothing_old_nothing_gone(store: Store) -> None:
    filled(store)
    assert cut(store, CALLS, store.clock() - timedelta(days=1)).entries == 0
    assert (count(store, calls), count(store, anchors)) == (FILLED, 0)


def test_an_old_entry_behind_a_young_one_goes_later(store: Store) -> None:
    """It was late on its way to the database: a chain can lose its beginning only."""
    late = thought_of(store, 1)[0]
    filled(store)
    store.decisions.note(late)  # of the same moment as the first one
    assert store.flush(20)
    found = cut(store, CALLS, third(store))
    assert (found.entries, found.late) == (2, 1)
    assert cut(store, CALLS, store.clock() + timedelta(days=1)).late == 0
    assert count(store, calls) == 0


def test_an_interrupted_purge_is_finished_by_the_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(store)
    monkeypatch.setattr(purging, "_PORTION", 1)

    def interrupted(entries: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut(store, CALLS, third(store), progress=interrupted)
    assert count(store, calls) == FILLED - 1
    found = broken(store, CALLS)
    assert (found.seq, "purge again" in found.what) == (2, True)
    purging.finish(store.database, CALLS)
    assert count(store, calls) == FILLED - 2
    assert proven(store, CALLS).entries == FILLED - 2


def test_two_purges_at_once_are_one(store: Store) -> None:
    filled(store)
    with store.database.snapshot() as connection:
        found = span(connection, CALLS, third(store))
    for _ in range(2):
        purge(store.database, store.ring.current, found, store.clock(), store.clock())
    assert (count(store, anchors), proven(store, CALLS).entries) == (1, FILLED - 2)


@pytest.mark.parametrize(
    "forged",
    [
        "seq = 3, hash = (SELECT hash FROM calls WHERE seq = 3)",
        "entries = 1",
        "intact = true",
        "older_than = purged_at",
    ],
)
def test_an_anchor_cannot_be_forged(store: Store, forged: str) -> None:
    filled(store)
    cut(store, CALLS, third(store), intact=False)
    store.clock.now += timedelta(days=3)  # type: ignore[attr-defined]  # the clock of the tests
    tamper(store.database, f"UPDATE anchors SET {forged}")
    assert "altered or forged" in broken(store, CALLS).what


def test_a_beginning_that_was_cut_off_without_an_anchor_is_missed(store: Store) -> None:
    filled(store)
    tamper(
        store.database,
        *(
            f"DELETE FROM {t} WHERE {k} < 3"
            for t, k in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
        ),
    )
    assert (broken(store, CALLS).seq, "entries 1 to 2 are missing" in broken(store, CALLS).what) == (1, True)


def test_a_purge_of_a_broken_span_says_so_for_ever(store: Store) -> None:
    filled(store)
    tamper(store.database, "UPDATE calls SET client = 'x' WHERE seq = 1")
    cut(store, CALLS, third(store), intact=False)
    anchor = proven(store, CALLS).anchor
    assert anchor is not None
    assert not anchor.intact


def test_a_noted_end_that_was_purged_is_not_missed(store: Store) -> None:
    end = proven(filled(store), CALLS).end
    cut(store, CALLS, store.clock() + timedelta(days=1))
    assert proven(store, CALLS, noted=End(2, "0" * 64)).end == end


def test_memory_and_captured_requests_go_too(store: Store) -> None:
    made = note(store)[0]
    store.memory.keep(made.whose, made.reply.memos, store.clock().date() - timedelta(days=50))
    row = {
        "tenant_key": "t",
        "patient_key": "p",
        "rule": "r",
        "fingerprint": "f",
        "kind": "shown",
        "severity": "info",
        "hook": "h",
    }
    old, young = store.clock() - timedelta(days=40), store.clock()
    with store.database.writing() as connection:
        connection.execute(memory.insert(), [{**row, "day": day.date()} for day in (old, young)])
        connection.execute(
            captures.insert(),
            [
                {"call": str(made.id)[:-1] + end, "at": at, "key_id": "k", "ciphertext": b"x"}
                for end, at in (("0", old), ("1", young))
            ],
        )
    before = count(store, memory), count(store, memos)
    assert purge_rest(store.database, store.clock() - timedelta(days=30)) >= 2
    assert (count(store, memory), count(store, captures)) == (before[0] - 1, 1)


def test_what_was_purged_is_not_in_the_files_any_more(store: Store) -> None:
    if not store.database.is_sqlite:
        pytest.skip("of PostgreSQL, VACUUM decides")
    made = note(store)[0]
    key = made.whose.patient.encode()
    assert key in _files(store)
    later = store.clock() + timedelta(days=400)
    cut(store, CALLS, later)
    purge_rest(store.database, later)
    assert key not in _files(store)


def _files(store: Store) -> bytes:
    name = str(store.database.url.database)
    return b"".join(Path(name + end).read_bytes() for end in ("", "-wal"))


def test_a_page_can_be_verified_before_it_is_purged(store: Store) -> None:
    filled(store)
    tamper(store.database, "UPDATE calls SET client = 'x' WHERE seq = 4")
    with store.database.snapshot() as connection:
        found = span(connection, CALLS, third(store))
        assert verify(connection, store.ring, CALLS, upto=found.end.seq).entries == 2
        with pytest.raises(Broken):
            verify(connection, store.ring, CALLS)
        assert last_anchor(connection, CALLS) is None
