"""The proof of the chains: a whole log holds, and whatever is done to it without the secret is found at its first place."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from cds_service.store.chain import BEGINNING, CALLS, FEEDBACK, End
from cds_service.store.feedback import Outcome, Report
from cds_service.store.keys import Ring
from cds_service.store.store import Store, open_store
from cds_service.store.verify import Broken, Proven, verify
from tests.store.answers import ANYONE, DAY, SECRET, note, thought_of
from tests.store.conftest import Clock
from tests.store.tamper import copied, tamper

FILLED = 5


def filled(store: Store) -> Store:
    """Five calls, with two cards each, and a report on the first card of each."""
    noted = thought_of(store, FILLED)
    for each in noted:
        store.decisions.note(each)
    assert store.flush(20)
    reports = [
        Report(at, one.reply.cards[0].uuid, Outcome.OVERRIDDEN, store.clock(), comment=f"said {at}")
        for at, one in enumerate(noted)
    ]
    judged = store.feedback.store(ANYONE, "bone-order-sign", reports, DAY)
    assert not judged.refused
    return store


def proven(store: Store, chain: str, **options: End) -> Proven:
    with store.database.snapshot() as connection:
        return verify(connection, store.ring, chain, **options)


def broken(store: Store, chain: str, **options: End) -> Broken:
    with pytest.raises(Broken) as found:
        proven(store, chain, **options)
    return found.value


def test_a_whole_log_holds(store: Store) -> None:
    filled(store)
    for chain in (CALLS, FEEDBACK):
        whole = proven(store, chain)
        assert (whole.entries, whole.end.seq, whole.anchor) == (FILLED, FILLED, None)
        assert whole.end.hash != BEGINNING


def test_an_empty_log_holds(store: Store) -> None:
    assert proven(store, CALLS) == Proven(CALLS, 0, End(), None)


ALTERED, NOT_FOLLOWING = "it is not what was written", "it does not follow the entry before it"
SECOND_CARD = "uuid = (SELECT uuid FROM cards WHERE call_seq = 3 AND position = 1)"
CASES = {
    "another severity": (
        CALLS,
        3,
        ALTERED,
        ["UPDATE decisions SET severity = 'info' WHERE call_seq = 3 AND position = 0"],
    ),
    "another figure": (
        CALLS,
        3,
        ALTERED,
        [
            """UPDATE decisions SET figures = REPLACE(figures, '"value":4', '"value":3') WHERE call_seq = 3 AND position = 0"""
        ],
    ),
    "another patient": (CALLS, 2, ALTERED, [f"UPDATE calls SET patient_key = '{'0' * 64}' WHERE seq = 2"]),
    "another moment": (CALLS, 2, ALTERED, ["UPDATE calls SET at = (SELECT at FROM calls WHERE seq = 3) WHERE seq = 2"]),
    "a card said to be shown was not": (CALLS, 3, ALTERED, [f"UPDATE cards SET shown = false WHERE {SECOND_CARD}"]),
    "another hash": (CALLS, 4, ALTERED, [f"UPDATE calls SET hash = '{'0' * 64}' WHERE seq = 4"]),
    "a decision gone": (CALLS, 3, ALTERED, ["DELETE FROM decisions WHERE call_seq = 3 AND position = 1"]),
    "a card gone": (CALLS, 3, ALTERED, [f"DELETE FROM cards WHERE {SECOND_CARD}"]),
    "a decision more": (CALLS, 3, ALTERED, [copied("decisions", "call_seq = 3 AND position = 1", position="2")]),
    "decisions in another order": (
        CALLS,
        3,
        ALTERED,
        [
            f"UPDATE decisions SET position = {to} WHERE call_seq = 3 AND position = {at}"
            for at, to in ((0, 9), (1, 0), (9, 1))
        ],
    ),
    "a number skipped": (CALLS, 3, ALTERED, ["UPDATE decisions SET position = 7 WHERE call_seq = 3 AND position = 1"]),
    "an entry gone": (
        CALLS,
        3,
        "entry 3 is missing",
        [
            f"DELETE FROM {table} WHERE {key} = 3"
            for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
        ],
    ),
    "an entry gone, its decisions left": (CALLS, 3, "of an entry that is missing", ["DELETE FROM calls WHERE seq = 3"]),
    "entries gone": (
        CALLS,
        2,
        "entries 2 to 4 are missing",
        [
            f"DELETE FROM {table} WHERE {key} IN (2, 3, 4)"
            for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
        ],
    ),
    "the end cut off": (
        CALLS,
        5,
        "entries 5 to 5 are missing: the end was cut off",
        [
            f"DELETE FROM {table} WHERE {key} = 5"
            for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
        ],
    ),
    "the end cut off, its decisions left": (CALLS, 5, "the end was cut off", ["DELETE FROM calls WHERE seq = 5"]),
    "the end cut off, and said to be it": (
        CALLS,
        4,
        "signature of its end",
        [
            *(
                f"DELETE FROM {table} WHERE {key} = 5"
                for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
            ),
            "UPDATE chains SET seq = 4, hash = (SELECT hash FROM calls WHERE seq = 4) WHERE name = 'calls'",
        ],
    ),
    "the record of the end altered": (
        CALLS,
        5,
        "the record of its end does not fit",
        [f"UPDATE chains SET hash = '{'0' * 64}' WHERE name = 'calls'"],
    ),
    "the record of the end set back": (
        FEEDBACK,
        5,
        "the record of its end does not fit",
        ["UPDATE chains SET seq = 4 WHERE name = 'feedback'"],
    ),
    "the record of the end gone": (
        CALLS,
        5,
        "the record of its end is missing",
        ["DELETE FROM chains WHERE name = 'calls'"],
    ),
    "closed up after a removal": (
        CALLS,
        3,
        NOT_FOLLOWING,
        [
            *(
                f"DELETE FROM {table} WHERE {key} = 3"
                for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
            ),
            *(
                f"UPDATE {table} SET {key} = {key} - 1 WHERE {key} = {seq}"
                for seq in (4, 5)
                for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
            ),
        ],
    ),
    "two in another order": (
        CALLS,
        2,
        NOT_FOLLOWING,
        [
            f"UPDATE {table} SET {key} = {to} WHERE {key} = {at}"
            for at, to in ((2, 99), (3, 2), (99, 3))
            for table, key in (("decisions", "call_seq"), ("cards", "call_seq"), ("calls", "seq"))
        ],
    ),
    "one written at the end": (
        CALLS,
        6,
        ALTERED,
        [copied("calls", "seq = 5", seq="6", id=f"'{uuid4().hex}'", previous_hash="hash")],
    ),
    "one written elsewhere": (
        CALLS,
        6,
        "entries 6 to 8 are missing",
        [copied("calls", "seq = 5", seq="9", id=f"'{uuid4().hex}'")],
    ),
    "a decision of nothing": (
        CALLS,
        6,
        "of an entry that is missing",
        [copied("decisions", "call_seq = 5 AND position = 0", call_seq="8")],
    ),
    "one before the first": (
        CALLS,
        0,
        "everything up to entry 0 was purged",
        [copied("calls", "seq = 1", seq="0", id=f"'{uuid4().hex}'")],
    ),
    "another outcome": (FEEDBACK, 2, ALTERED, ["UPDATE feedback SET outcome = 'accepted' WHERE seq = 2"]),
    "another comment": (FEEDBACK, 4, "its comment was altered", ["UPDATE feedback SET comment = 'fine' WHERE seq = 4"]),
    "a comment never made": (
        FEEDBACK,
        3,
        ALTERED,
        ["UPDATE feedback SET comment_hash = NULL WHERE seq = 3"],
    ),
    "a report gone": (FEEDBACK, 1, "entry 1 is missing", ["DELETE FROM feedback WHERE seq = 1"]),
    "the last report gone": (FEEDBACK, 5, "the end was cut off", ["DELETE FROM feedback WHERE seq = 5"]),
    "reports in another order": (
        FEEDBACK,
        1,
        NOT_FOLLOWING,
        [f"UPDATE feedback SET seq = {to} WHERE seq = {at}" for at, to in ((1, 99), (2, 1), (99, 2))],
    ),
    "of another version": (FEEDBACK, 2, "written by another version", ["UPDATE feedback SET form = 2 WHERE seq = 2"]),
    "of an unknown secret": (CALLS, 2, "under another secret (abc)", ["UPDATE calls SET key_id = 'abc' WHERE seq = 2"]),
}


@pytest.mark.parametrize(("chain", "seq", "what", "statements"), CASES.values(), ids=CASES.keys())
def test_what_was_done_to_the_log_is_found(
    store: Store, chain: str, seq: int, what: str, statements: list[str]
) -> None:
    filled(store)
    tamper(store.database, *statements)
    found = broken(store, chain)
    assert (found.chain, found.seq) == (chain, seq)
    assert what in found.what
    other = FEEDBACK if chain == CALLS else CALLS
    assert proven(store, other).entries == FILLED


def test_a_log_that_was_written_anew_is_not_the_one_that_was_noted(store: Store) -> None:
    """Whoever has the secret too can write a chain that holds; an end that was kept elsewhere gives it away."""
    end = proven(filled(store), CALLS).end
    assert proven(store, CALLS, noted=end).end == end
    assert "written anew" in broken(store, CALLS, noted=replace(end, hash="0" * 64)).what
    assert "not there any more" in broken(store, CALLS, noted=replace(end, seq=end.seq + 1)).what


def test_a_log_goes_on_under_a_new_secret(store: Store, database_url: str, tmp_path: Path, clock: Clock) -> None:
    filled(store)
    changed = open_store(database_url, Ring("a new secret of the tests, which is long enough", SECRET), tmp_path, clock)
    filled(changed)
    assert proven(changed, CALLS).entries == 2 * FILLED
    found = broken(store, CALLS)  # the old secret alone does not know the new one
    assert (found.seq, "under another secret" in found.what) == (FILLED + 1, True)
    changed.close()


def test_a_comment_can_be_erased(store: Store) -> None:
    filled(store)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE feedback SET comment = NULL WHERE seq = 2"))
    assert proven(store, FEEDBACK).erased == 1


def test_a_long_log_is_proven_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.store.verify._PAGE", 2)
    seen: list[int] = []
    filled(store)
    with store.database.snapshot() as connection:
        assert verify(connection, store.ring, CALLS, progress=seen.append).entries == FILLED
        assert verify(connection, store.ring, CALLS, upto=3).end.seq == 3
    assert seen == [2, 2, 1]
    tamper(store.database, "DELETE FROM decisions WHERE call_seq = 4 AND position = 0")
    assert broken(store, CALLS).seq == 4


def test_what_is_written_meanwhile_does_not_look_like_a_fault(store: Store) -> None:
    filled(store)
    with store.database.snapshot() as connection:
        assert verify(connection, store.ring, CALLS).entries == FILLED
        store.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]  # the clock of the tests
        note(store)
        assert verify(connection, store.ring, CALLS).entries == FILLED
    assert proven(store, CALLS).entries == FILLED + 1
