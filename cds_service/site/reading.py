"""The decision log of an installation, opened to be read: by reports and by the watchdog, beside a running service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.settings import Settings
from cds_service.store import migrate
from cds_service.store.engine import Database, Unavailable, reason

_FILE = "osteohooks.sqlite3"
_PATIENCE_MS = 60_000  # a report reads months of a log; a call never waits for it


class NoLog(Exception):
    """There is no decision log to be read; the message says why and what to do."""


def database_of(settings: Settings) -> Database:
    """The database that the settings name. Nothing is opened yet.

    Raises:
        NoLog: the address is of no database we can use.
    """
    url = settings.database.get_secret_value() if settings.database else ""
    try:
        return Database(url or f"sqlite:///{settings.state_dir.resolve() / _FILE}")
    except ValueError as error:
        raise NoLog(f"OSTEOHOOKS_DATABASE is {error}.") from None


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """One view of the log that nothing written meanwhile disturbs.

    Raises:
        NoLog: it is not there, not of this version, or cannot be read.
    """
    _require(database)
    try:
        with database.snapshot() as connection:
            if not database.is_sqlite:
                connection.execute(text(f"SET LOCAL statement_timeout = {_PATIENCE_MS}"))
            yield connection
    except SQLAlchemyError as error:
        raise NoLog(f"The decision log cannot be read: {reason(error)}.") from None


@contextmanager
def asked(connection: Connection, advance: Callable[[int], None]) -> Iterator[None]:
    """Each question that the log is asked meanwhile is one step of a bar."""

    def answered(*_: object) -> None:
        advance(1)

    event.listen(connection, "after_cursor_execute", answered)
    try:
        yield
    finally:
        event.remove(connection, "after_cursor_execute", answered)


def _require(database: Database) -> None:
    """Never make a database by looking for one."""
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        raise NoLog("There is no decision log yet: OSTEOHOOKS_STATE_DIR or OSTEOHOOKS_DATABASE names no existing one.")
    try:
        migrate.check(database)
    except migrate.WrongSchema as error:
        raise NoLog(str(error)) from None
    except Unavailable as error:
        raise NoLog(f"The decision log cannot be read: {error.reason}.") from None
