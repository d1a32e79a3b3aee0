import pytest
from flask.testing import FlaskClient

from tests.service.calls import demo_app


@pytest.fixture
def client() -> FlaskClient:
    return demo_app().test_client()
