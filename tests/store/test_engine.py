"""Connections: what SQLite and PostgreSQL are told, how long a call waits, and what is retried."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from cds_service.store.columns import Instant, Json
from cds_service.store.engine import Database, Unavailable, reason
from cds_service.store.store import Store
from tests.store.test_writer import locked


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


def asked(connection: Connection, *settings: str) -> dict[str, object]:
    show = "PRAGMA" if connection.dialect.name == "sqlite" else "SHOW"
    return {name: connection.execute(text(f"{show} {name}")).scalar() for name in settings}


def test_what_connections_are_told(database: Database) -> None:
    with database.reading() as connection:
        if database.is_sqlite:
            told = asked(connection, "journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete")
            assert list(told.values()) == ["wal", 1, 1500, 1, 1]
        else:
            told = asked(connection, "lock_timeout", "statement_timeout", "application_name")
            assert list(told.values()) == ["1500ms", "5s", "osteohooks"]


def test_a_call_waits_for_a_lock_so_long_and_no_longer(store: Store) -> None:
    with locked(store):
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"OperationalError|LockNotAvailable"):
            store.database.write(_lock)
        assert 1 < time.monotonic() - started < 20
    assert store.database.write(_lock) is None


def _lock(connection: Connection) -> None:
    connection.execute(text("SELECT name FROM chains" + ("" if connection.dialect.name == "sqlite" else " FOR UPDATE")))


def test_a_connection_that_was_lost_is_replaced(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server to lose")
    assert database.read(lambda connection: connection.scalar(text("SELECT 1"))) == 1
    with database.reading() as connection:
        mine = connection.scalar(text("SELECT pg_backend_pid()"))
    other = Database(database.url.render_as_string(hide_password=False))
    with other.writing() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend({mine})"))
    other.close()
    time.sleep(0.2)
    assert database.read(lambda connection: connection.scalar(text("SELECT 2"))) == 2


def test_what_fails_again_and_again_is_left_alone_for_a_while(database: Database) -> None:
    calls = []

    def failing(connection: Connection) -> None:
        calls.append(1)
        connection.execute(text("SELECT * FROM nowhere"))

    for _ in range(5):
        with pytest.raises(Unavailable) as why:
            database.read(failing)
    assert len(calls) == 2
    assert "trying again soon" in why.value.reason


def test_a_mistake_of_ours_is_no_outage(database: Database) -> None:
    def twice(connection: Connection) -> None:
        connection.execute(text("INSERT INTO chains SELECT * FROM chains"))

    for _ in range(5):
        with pytest.raises(IntegrityError):
            database.write(twice)
    assert database.read(lambda connection: connection.scalar(text("SELECT 1"))) == 1


def test_the_kind_of_an_error_holds_no_value(database: Database) -> None:
    with pytest.raises(DBAPIError) as error, database.reading() as connection:
        connection.execute(text("SELECT 'the name of a patient' FROM nowhere"))
    assert "patient" not in reason(error.value)
    assert reason(error.value).split()[0] in ("OperationalError", "UndefinedTable")


def test_moments_are_utc_and_nothing_else(database: Database) -> None:
    dialect = database.engine.dialect
    assert Instant().process_bind_param(None, dialect) is None
    assert Instant().process_result_value(None, dialect) is None
    assert Json().process_result_value(None, dialect) is None
    with pytest.raises(ValueError, match="without time zone"):
        Instant().process_bind_param(datetime(2026, 3, 12), dialect)
