"""What somebody could do to the log who owns the database, but not the secret."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from cds_service.store.engine import Database
from cds_service.store.schema import metadata


@contextmanager
def unguarded(database: Database) -> Iterator[Connection]:
    """A transaction without triggers and references."""
    if not database.is_sqlite:
        with database.writing() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield connection
        return
    other = create_engine(database.url)  # whose connections do not know of our pragmas: references are not kept
    try:
        with other.begin() as connection:
            guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in guards:
                connection.execute(text(f"DROP TRIGGER {name}"))
            yield connection
            for _, made in guards:
                connection.exec_driver_sql(made)
    finally:
        other.dispose()


def tamper(database: Database, *statements: str) -> None:
    with unguarded(database) as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount, f"nothing changed: {statement}"


def copied(table: str, where: str, **changes: str) -> str:
    """An INSERT that repeats a row with other values in some columns."""
    names = [f'"{column.name}"' for column in metadata.tables[table].c]
    values = [changes.get(name.strip('"'), name) for name in names]
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} WHERE {where}"
