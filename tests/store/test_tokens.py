"""A token is used once: by whichever thread, process or machine is first, also after a restart."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.store.engine import Database, Unavailable
from cds_service.store.keys import Ring
from cds_service.store.schema import seen_tokens
from cds_service.store.store import Store, open_store
from cds_service.store.tokens import SqlTokens
from tests.store.answers import SECRET
from tests.store.conftest import Clock

ROOT = Path(__file__).parents[2]
RACE = """
import sys
from datetime import datetime, timedelta, UTC
from cds_service.store.engine import Database
from cds_service.store.tokens import SqlTokens
now = datetime.now(UTC)
tokens = SqlTokens(Database(sys.argv[1]), lambda: now)
print("ready", flush=True)
sys.stdin.readline()
print(sum(tokens.first_use("iss", f"jti-{n}", now + timedelta(minutes=5)) for n in range(100)))
"""


def test_once_for_each_issuer_and_identifier(store: Store) -> None:
    soon = store.clock() + timedelta(minutes=5)
    assert store.tokens.first_use("iss", "a", soon)
    assert not store.tokens.first_use("iss", "a", soon)
    assert store.tokens.first_use("iss", "b", soon)
    assert store.tokens.first_use("other", "a", soon)


def test_also_after_a_restart_and_under_a_new_secret(
    store: Store, database_url: str, tmp_path: Path, clock: Clock
) -> None:
    assert store.tokens.first_use("iss", "a", clock() + timedelta(minutes=5))
    store.close()
    again = open_store(database_url, Ring("a new secret of the tests, which is long enough", SECRET), tmp_path, clock)
    assert not again.tokens.first_use("iss", "a", clock() + timedelta(minutes=5))
    again.close()


def test_of_many_threads_one_is_first(store: Store) -> None:
    soon = store.clock() + timedelta(minutes=5)
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda n: store.tokens.first_use("iss", f"jti-{n % 20}", soon), range(160)))
    assert sum(first) == 20


def test_of_many_processes_one_is_first(database_url: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, database_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=60)[0]) for process in started) == 100


def test_nothing_of_the_token_is_kept(store: Store) -> None:
    store.tokens.first_use("iss", "the identifier of a token", store.clock())
    store.tokens.first_use("iss", "odd \ud800 \x00", store.clock())
    with store.database.reading() as connection:
        rows = connection.execute(select(seen_tokens)).all()
    assert len(rows) == 2
    assert not any("identifier" in str(row) for row in rows)


def test_where_it_cannot_be_said_it_is_not_said(clock: Clock) -> None:
    tokens = SqlTokens(Database("postgresql://nobody@127.0.0.1:1/nothing"), clock)
    for _ in range(4):
        with pytest.raises(Unavailable) as why:
            tokens.first_use("iss", "a", clock())
    assert "trying again soon" in why.value.reason  # and nobody waits for a connection any more
