"""The database of one installation: SQLite on this machine, or PostgreSQL for several workers and machines.

Connections are made after a fork, never shared across one. SQLite runs in WAL mode: readers never wait, and a commit
survives the death of the process.
"""

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pybreaker
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError

T = TypeVar("T")

LOCK_MS = 1500  # how long a call waits for the lock of another writer
STATEMENT_MS = 5000
CONNECT_S = 2
_OURS = (IntegrityError, DataError)  # a mistake of ours, and no outage
_FAILURES, _PAUSE_S = 2, 5  # so many failures in a row, and for so long nobody waits for the database

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={LOCK_MS}", "foreign_keys=ON", "secure_delete=ON")


class Forgetful(Protocol):
    """Owns something that a fork spoils: connections, threads, locks, open journals.

    gunicorn makes the application once and forks its workers from it. A connection used by two processes mixes their
    answers, a thread does not survive the fork, and a lock that another thread held stays locked for ever.
    """

    def forget(self) -> None:
        """Let go without closing, since the parent still uses it; what is needed is made anew later."""


_owners: "weakref.WeakSet[Forgetful]" = weakref.WeakSet()


def forget_after_fork(owner: Forgetful) -> None:
    """Call ``owner.forget()`` in the child of every later fork, as long as it lives."""
    _owners.add(owner)


def _forget_all() -> None:
    for owner in tuple(_owners):
        owner.forget()


os.register_at_fork(after_in_child=_forget_all)


class Unavailable(Exception):
    """The database cannot be used now; ``reason`` names the kind of error and no value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _CannotOpen(SQLAlchemyError):
    """The file of a SQLite database cannot be made or opened."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror)
        self.orig = error


class Database:
    """Connections to one database, made anew in each process.

    Raises:
        ValueError: the address is not one of a database we can use; the message never repeats it.
    """

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine: Engine | None = None
        self._breaker: Any = None
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """Leave the connections to the process that made them."""
        if self._engine is not None:
            self._engine.dispose(close=False)
        self._engine = None
        self._breaker = pybreaker.CircuitBreaker(fail_max=_FAILURES, reset_timeout=_PAUSE_S, exclude=_OURS)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        if self._engine is not None:
            self._engine.dispose()
        self._engine = None

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        made = self._engine
        if made is None:
            with self._lock:
                made = self._engine = self._engine or (_sqlite(self.url) if self.is_sqlite else _postgresql(self.url))
        return made

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes. SQLite takes the write lock at once, so that it cannot fail half-way."""
        with self.engine.execution_options(osteohooks_writes=True).begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that reads."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One transaction that reads, and sees nothing that is written meanwhile, however long it takes."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.execution_options(**options).begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do ``work`` in one transaction on behalf of a call, within bounds of time.

        It is done again when the connection turns out to have been lost, so it must stand being repeated. After several
        failures nobody waits any more, for some seconds.

        Raises:
            Unavailable: it could not be done.
        """
        return self._bounded(lambda: self._once(self.writing, work))

    def read(self, work: Callable[[Connection], T]) -> T:
        """The same for reading.

        Raises:
            Unavailable: it could not be read.
        """
        return self._bounded(lambda: self._once(self.reading, work))

    def _bounded(self, attempt: Callable[[], T]) -> T:
        try:
            result: T = self._breaker.call(attempt)
        except pybreaker.CircuitBreakerError:
            raise Unavailable("the database failed repeatedly; trying again soon") from None
        except _OURS:
            raise
        except SQLAlchemyError as error:
            raise Unavailable(reason(error)) from None
        return result

    def _once(self, transaction: Callable[[], Any], work: Callable[[Connection], T]) -> T:
        try:
            with transaction() as connection:
                return work(connection)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        with transaction() as connection:
            return work(connection)


def reason(error: BaseException) -> str:
    """The kind of an error, never its message, which may repeat statements and values."""
    original = getattr(error, "orig", None)
    state = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    name = type(original or error).__name__
    return f"{name} ({state})" if state else name


def _checked(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("not a database URL") from None
    if url.get_backend_name() in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise ValueError("neither SQLite nor PostgreSQL")
    if not url.database or url.database == ":memory:":
        raise ValueError("a SQLite database without a file")
    return url.set(drivername="sqlite+pysqlite")


def _sqlite(url: URL) -> Engine:
    _make_file(Path(str(url.database)))
    engine = create_engine(url, pool_timeout=CONNECT_S, connect_args={"timeout": LOCK_MS / 1000})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("osteohooks_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_file(path: Path) -> None:
    """What is decided about patients is not for everyone's eyes."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _CannotOpen(error) from None


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_S,
        pool_recycle=1800,
        connect_args={"connect_timeout": CONNECT_S, "application_name": "osteohooks"},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        bounds = {"lock_timeout": LOCK_MS, "statement_timeout": STATEMENT_MS}
        with connection.cursor() as cursor:
            for name, milliseconds in bounds.items():
                cursor.execute(f"SET {name} = {milliseconds}")
        connection.commit()

    return engine
