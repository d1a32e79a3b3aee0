"""A database of each kind, empty and up to date, for everything that reads the decision log."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.store import migrate
from cds_service.store.engine import Database
from tests.store.postgres import Postgres, started


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> tuple[Postgres, str]:
    server = started()
    name = f"osteohooks_site_{tmp_path_factory.getbasetemp().name.replace('-', '_')}"
    server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    database = Database(server.url(name))
    migrate.upgrade(database)
    database.close()
    return server, name


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.sqlite3")
        opened = Database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
        yield opened
        opened.close()
        return
    server, template = request.getfixturevalue("postgres")
    with server.database(template) as url:
        opened = Database(url)
        yield opened
        opened.close()
