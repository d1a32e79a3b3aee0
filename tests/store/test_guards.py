"""The database itself refuses to change what was logged; by accident nobody can."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cds_service.store.chain import CALLS
from cds_service.store.purge import purge, span
from cds_service.store.store import Store
from tests.store.answers import note
from tests.store.test_verify import filled

REFUSED = [
    "UPDATE calls SET client = 'x' WHERE seq = 1",
    "UPDATE decisions SET severity = 'info' WHERE call_seq = 1",
    "UPDATE cards SET shown = false WHERE call_seq = 1",
    "UPDATE feedback SET outcome = 'accepted' WHERE seq = 1",
    "UPDATE feedback SET comment = 'other' WHERE seq = 1",
    "UPDATE feedback SET comment = NULL, outcome = 'accepted' WHERE seq = 1",
    "DELETE FROM calls WHERE seq = 5",
    "DELETE FROM decisions WHERE call_seq = 1",
    "DELETE FROM cards WHERE call_seq = 1",
    "DELETE FROM feedback WHERE seq = 1",
    "DELETE FROM chains",
    "DELETE FROM anchors",
    "UPDATE anchors SET seq = 99",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_was_logged_stays(store: Store, statement: str) -> None:
    filled(store)
    with store.database.snapshot() as connection:
        first = span(connection, CALLS, store.clock() + timedelta(seconds=30))
    if "anchors" in statement:
        purge(store.database, store.ring.current, first, store.clock(), store.clock())
        assert first.entries == 1
    with pytest.raises(DBAPIError, match="append-only"), store.database.writing() as connection:
        connection.execute(text(statement))


def test_tables_cannot_be_emptied_at_once(store: Store) -> None:
    if store.database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    note(store)
    for table in ("calls", "decisions", "cards", "feedback"):
        with pytest.raises(DBAPIError, match="append-only"), store.database.writing() as connection:
            connection.execute(text(f"TRUNCATE {table} CASCADE"))


def test_a_comment_may_be_erased_and_nothing_be_put_in_its_place(store: Store) -> None:
    filled(store)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE feedback SET comment = NULL WHERE seq = 1"))
    with pytest.raises(DBAPIError, match="append-only"), store.database.writing() as connection:
        connection.execute(text("UPDATE feedback SET comment = 'later' WHERE seq = 1"))
