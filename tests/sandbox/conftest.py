"""A whole service with its sandbox, on a fixed day; each test that writes gets its own."""

import pytest
from flask.testing import FlaskClient

from tests.sandbox.desk import sandbox, service_with_sandbox


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    """For tests that only read."""
    return service_with_sandbox()


@pytest.fixture
def fresh() -> FlaskClient:
    """For tests that write."""
    return sandbox()
