"""One hospital and one product for each test; the tables are made once."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cds_service.fetching.transport import tls_context
from cds_service.store import migrate
from cds_service.store.engine import Database
from tests.smart.desk import Desk, product
from tests.smart.hospital import Hospital, open_hospital


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("smart") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """They take a tenth of a second, and each product here would read them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cds_service.smart.outgoing.tls_context", cache(tls_context))
        yield


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(template, tmp_path / "store.sqlite3")
    made = Database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    yield made
    made.close()


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with open_hospital() as running:
        yield running


@pytest.fixture
def desk(hospital: Hospital, database: Database) -> Desk:
    return product(hospital, database)
