"""Whatever is posted as feedback, the answer is no fault of ours, and only sound reports are stored."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.chain import FEEDBACK
from cds_service.store.schema import feedback
from cds_service.store.store import Store
from cds_service.store.verify import verify
from tests.service.calls import blanks, post
from tests.store.answers import DAY, note, offered, parts

PATH = "/cds-services/bone-order-sign/feedback"
MEMBERS = ("card", "outcome", "acceptedSuggestions", "overrideReason", "outcomeTimestamp")
INNER = ("id", "reason", "userComment", "code", "system", "display", "extension")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
thorough = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def client(store: Store) -> FlaskClient:
    made = create_app(Settings(), lambda: DAY, parts(), store=store)
    made.testing = False
    return made.test_client()


@pytest.fixture
def sound(store: Store) -> dict[str, Any]:
    """A report that can be stored, with everything a report may hold."""
    card = offered(note(store)[0])[0]
    reason = {"reason": card["overrideReasons"][0], "userComment": "seen"}
    taken = [{"id": card["suggestions"][0]["uuid"]}]
    return {
        **{"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-03-12T09:30:00Z"},
        **{"overrideReason": reason, "acceptedSuggestions": taken},
    }


def count(store: Store) -> int:
    with store.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(feedback)) or 0


def test_no_report_breaks_the_service_or_the_chain(client: FlaskClient, sound: dict[str, Any], store: Store) -> None:
    @thorough
    @given(
        changes=st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=3),
        inside=json_values,
        accept=st.booleans(),
    )
    def bend(changes: dict[str, Any], inside: Any, accept: bool) -> None:
        whole = sound | ({"outcome": "accepted"} if accept else {})
        for item in (whole | changes, whole | {"overrideReason": sound["overrideReason"] | {"userComment": inside}}):
            before = count(store)
            response = post(client, {"feedback": [item]}, PATH)
            answer = json.loads(response.data)
            assert response.status_code in (200, 400, 404), answer
            assert answer == {} or blanks(answer) == []
            assert count(store) - before <= (response.status_code == 200)

    bend()
    with store.database.snapshot() as connection:
        assert verify(connection, store.ring, FEEDBACK).entries == count(store) > 0


def test_no_body_breaks_the_service(client: FlaskClient) -> None:
    @thorough
    @given(
        sent=st.binary(max_size=60)
        | json_values.map(lambda value: json.dumps(value).encode())
        | json_values.map(lambda value: json.dumps({"feedback": value}).encode())
    )
    def bend(sent: bytes) -> None:
        response = post(client, sent, PATH)
        assert response.status_code in (200, 400, 404), response.data

    bend()
