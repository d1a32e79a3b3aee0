"""Everything about the store is shown on both databases: ``database_url`` is one of each, empty and up to date."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.store import migrate
from cds_service.store.engine import Database
from cds_service.store.keys import Ring
from cds_service.store.store import Store, open_store
from tests.store.answers import SECRET
from tests.store.postgres import TEMPLATE, Postgres, started

KINDS = ("sqlite", "postgresql")
WRITING = ("fsync", "full_page_writes", "autovacuum")
HASTY = (*(f"ALTER SYSTEM SET {name} = off" for name in WRITING), "SELECT pg_reload_conf()")
"""The machine under this server does not lose power before the test ends."""


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 12, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server with an up-to-date database to copy from, each worker its own."""
    server = started()
    server.run(*HASTY)
    name = template_name(tmp_path_factory)
    server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    database = Database(server.url(name))
    migrate.upgrade(database)
    database.close()
    yield server
    server.leave()


def template_name(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"{TEMPLATE}_{tmp_path_factory.getbasetemp().name.replace('-', '_')}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.sqlite3")
        yield f"sqlite:///{tmp_path / 'store.sqlite3'}"
        return
    server = request.getfixturevalue("postgres")
    with server.database(template_name(request.getfixturevalue("tmp_path_factory"))) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring() -> Ring:
    return Ring(SECRET)


@pytest.fixture
def store(database_url: str, ring: Ring, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = open_store(database_url, ring, tmp_path / "state", clock)
    yield opened
    opened.close()
