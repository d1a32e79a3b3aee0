"""A database of each kind, empty and up to date, for everything that reads the decision log."""

from collections.abc import Iterator

import pytest

from cds_service.store.engine import Database
from tests.store.conftest import database_url, postgres, sqlite_template

__all__ = ["database", "database_url", "postgres", "sqlite_template"]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:  # a fixture is asked for by its name
    opened = Database(database_url)
    yield opened
    opened.close()
