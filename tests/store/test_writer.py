"""The way to the database: no call waits for it, nothing is lost while it is away, and it is said loudly."""

import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import func, make_url, select, text

from cds_service.store import migrate, writer
from cds_service.store.chain import CALLS
from cds_service.store.engine import Database
from cds_service.store.entries import entry
from cds_service.store.keys import Ring
from cds_service.store.schema import calls, decisions
from cds_service.store.store import Store, open_store
from cds_service.store.verify import verify
from tests.store.answers import SECRET, thought_of
from tests.store.postgres import Postgres

ROOT = Path(__file__).parents[2]
AT_ONCE = 1.0  # seconds: a call that waited for the database would take longer
COUNT = 6


def noted(store: Store, count: int = COUNT) -> list[str]:
    """Note calls; each of them must come back at once."""
    made = thought_of(store, count)
    for each in made:
        started = time.monotonic()
        store.decisions.note(each)
        assert time.monotonic() - started < AT_ONCE
    return [str(each.id) for each in made]


def stored(store: Store) -> list[str]:
    with store.database.reading() as connection:
        return list(connection.scalars(select(calls.c.id).order_by(calls.c.seq)))


def holds(store: Store) -> int:
    with store.database.snapshot() as connection:
        return verify(connection, store.ring, CALLS).entries


def until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]  # a function
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Somebody else holds what a writer needs."""
    other = Database(store.database.url.render_as_string(hide_password=False))
    with other.writing() as connection:
        if not other.is_sqlite:
            connection.execute(text("LOCK TABLE chains IN ACCESS EXCLUSIVE MODE"))
        yield
    other.close()


def test_what_is_noted_is_soon_in_the_database(store: Store) -> None:
    ids = noted(store)
    until(lambda: stored(store) == ids)
    assert (holds(store), store.healthy().waiting) == (COUNT, 0)
    assert store.healthy(ask=True).ok


def test_while_the_database_is_locked_answers_go_on_and_nothing_is_lost(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    first = noted(store, 1)
    assert store.flush(20)
    with caplog.at_level(logging.WARNING, "osteohooks"):
        with locked(store):
            ids = noted(store)
            until(lambda: not store.healthy().ok)
            health = store.healthy()
            assert health.reason is not None
            assert health.reason.startswith("database: Operational") or health.reason.startswith("database: LockNot")
            assert health.waiting > 0
            assert stored(store) == first
        until(lambda: store.healthy().ok)
    assert store.flush(20)
    assert stored(store) == first + ids
    assert holds(store) == COUNT + 1
    assert store.healthy().lost == 0
    said = [record.getMessage() for record in caplog.records]
    assert sum("cannot be written (database)" in line for line in said) == 1
    assert sum("is written again (database)" in line for line in said) == 1
    assert not any(str(one) in line for line in said for one in ids)


def test_a_database_that_is_away_comes_back(postgres: Postgres, tmp_path: Path, ring: Ring) -> None:
    with postgres.database("template1") as url:
        name = make_url(url).database
        store = open_store(url, ring, tmp_path)
        migrate.upgrade(store.database)
        first = noted(store, 2)
        assert store.flush(20)
        postgres.run(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        ids = noted(store)
        until(lambda: not store.healthy().ok)
        assert not store.healthy(ask=True).ok
        assert not store.flush(0.1)
        postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        until(lambda: store.healthy(ask=True).ok)
        assert store.flush(20)
        assert stored(store) == first + ids
        assert holds(store) == COUNT + 2
        store.close()


def test_a_file_that_cannot_be_opened_is_written_when_it_can(sqlite_template: Path, tmp_path: Path, ring: Ring) -> None:
    path = tmp_path / "store.sqlite3"
    path.mkdir()
    store = open_store(f"sqlite:///{path}", ring, tmp_path / "state")
    ids = noted(store)
    until(lambda: not store.healthy().ok)
    path.rmdir()
    shutil.copy(sqlite_template, path)
    until(lambda: store.healthy().ok)
    assert store.flush(20)
    assert stored(store) == ids
    store.close()


def test_nothing_is_written_to_tables_of_another_version(tmp_path: Path, ring: Ring) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'empty.sqlite3'}", ring, tmp_path / "state")
    ids = noted(store)
    until(lambda: not store.healthy().ok)
    assert "osteohooks database upgrade" in str(store.healthy().reason)
    migrate.upgrade(store.database)
    assert store.flush(30)
    assert stored(store) == ids
    store.close()


def test_what_a_killed_process_left_is_carried_over(store: Store, database_url: str, tmp_path: Path) -> None:
    lines = [entry(one, store.ring.current) for one in thought_of(store, 3)]
    left = store.journal.open()
    for line in lines:
        left.append(line)
    left.leave(remove=False)  # as the death of its process does
    store.start()
    until(lambda: len(stored(store)) == 3)
    assert holds(store) == 3
    until(lambda: not list(store.journal.folder.glob("*.ndjson")))


def test_what_was_stored_before_its_process_died_is_not_stored_again(store: Store) -> None:
    made = thought_of(store, 2)
    for each in made:
        store.decisions.note(each)
    assert store.flush(20)
    left = store.journal.open()
    for each in (*made, replace(thought_of(store, 1)[0], id=uuid4())):
        left.append(entry(each, store.ring.current))
    left.leave(remove=False)
    store._writer._orphans_at = 0.0
    until(lambda: len(stored(store)) == 3)
    assert holds(store) == 3


def test_an_entry_the_database_will_never_take_does_not_stop_the_others(store: Store) -> None:
    before, bad, after = (entry(one, store.ring.current) for one in thought_of(store, 3))
    impossible = orjson.loads(bad)
    impossible[1][1] = "yesterday"
    twice = orjson.loads(before)
    twice[1][0] = str(uuid4())  # another call with the same cards
    for line in (b"[torn", b'["other/1"]', b"{}", before, orjson.dumps(impossible), orjson.dumps(twice), after):
        store._writer.put(line)
    assert store.flush(20)
    assert len(stored(store)) == holds(store) == 2
    assert store.healthy().lost == 5
    aside = (store.journal.folder / "unusable.lines").read_bytes().splitlines()
    assert aside == [b"[torn", b'["other/1"]', b"{}", orjson.dumps(impossible), orjson.dumps(twice)]


def test_where_the_journal_cannot_be_written_entries_go_by_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    store.journal.folder.write_text("in the way")
    monkeypatch.setattr(writer, "_IN_MEMORY", 3)
    with locked(store):
        ids = noted(store, 5)
        health = store.healthy()
        assert (health.ok, health.lost) == (False, 2)
        assert str(health.reason).startswith(
            "database" if "database" in str(health.reason) else "journal: FileExistsError"
        )
    store.journal.folder.unlink()
    until(lambda: stored(store) == ids[:3])
    noted(store, 1)
    until(lambda: store.healthy().ok)
    assert store.healthy().lost == 2


def test_failures_are_told_to_the_metrics(store: Store) -> None:
    told = []
    store.on_failure(lambda: told.append(1))
    store._writer.put(b"[torn")
    assert store.flush(20)
    assert (len(told), store.healthy().failures) == (1, 1)


def test_many_threads_note_at_once(store: Store) -> None:
    made = thought_of(store, 10)
    again = [replace(one, id=uuid4(), reply=thought_of(store, 1)[0].reply) for one in made for _ in range(4)]
    portions = [again[start::8] for start in range(8)]
    threads = [
        threading.Thread(target=lambda some=some: [store.decisions.note(one) for one in some]) for some in portions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.flush(20)
    assert holds(store) == len(again) == 40


def test_what_is_left_at_the_end_is_written_before_closing(store: Store, database_url: str, tmp_path: Path) -> None:
    ids = noted(store)
    store.close()
    other = open_store(database_url, Ring(SECRET), tmp_path / "other")
    assert stored(other) == ids
    assert not list(store.journal.folder.glob("*"))
    other.close()


def test_old_tokens_and_memories_are_dropped_now_and_then(store: Store) -> None:
    from datetime import timedelta

    from cds_service.store.schema import memory, seen_tokens

    now = store.clock()
    assert store.tokens.first_use("iss", "old", now - timedelta(hours=2))
    assert store.tokens.first_use("iss", "new", now + timedelta(minutes=5))
    row = {
        "tenant_key": "t",
        "patient_key": "p",
        "rule": "r",
        "fingerprint": "f",
        "kind": "shown",
        "severity": "info",
        "hook": "h",
    }
    with store.database.writing() as connection:
        connection.execute(memory.insert(), [{**row, "day": (now - timedelta(days=age)).date()} for age in (401, 399)])
    store.start()

    def left(table: object) -> int:
        with store.database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]  # a table

    until(lambda: (left(seen_tokens), left(memory)) == (1, 1))


@pytest.mark.parametrize("script", ["forking", "full_disk"])
def test_in_a_process_of_its_own(database_url: str, tmp_path: Path, script: str, ring: Ring) -> None:
    """Forks and full disks are no thing to try within the process of the tests."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"tests.store.{script}", database_url, str(tmp_path / "state")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("noted ")]
    store = open_store(database_url, ring, tmp_path / "state")
    store.start()
    until(lambda: set(stored(store)) >= set(expected))
    assert holds(store) == len(expected) > 0
    with store.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(decisions)) == 2 * len(expected)
    store.close()
