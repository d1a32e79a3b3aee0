"""The shipped scenarios over HTTP: each can be fetched and posted, moved to today; nothing else is there."""

import json
from datetime import date

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.sandbox.scenarios import Scenario, scenario, scenarios
from cds_service.settings import Settings
from hooks.texts import LANGUAGES

TODAY = date(2027, 2, 28)
SMALL = [each for each in scenarios() if "history" not in each.id]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(Settings(), lambda: TODAY).test_client()


def test_the_list_names_every_scenario_and_where_its_request_is(client: FlaskClient) -> None:
    response = client.get("/sandbox/requests")
    assert response.content_type == "application/json"
    rows = json.loads(response.data)["scenarios"]
    assert [row["id"] for row in rows] == [each.id for each in scenarios()]
    for row, each in zip(rows, scenarios(), strict=True):
        assert set(row["title"]) == set(row["shows"]) == set(LANGUAGES)
        assert row["service"] == each.service
        assert row["request"] == f"/sandbox/requests/{each.id}"


@pytest.mark.parametrize("each", SMALL, ids=lambda each: each.id)
def test_a_request_can_be_posted_to_the_service_it_names(client: FlaskClient, each: Scenario) -> None:
    row = next(row for row in json.loads(client.get("/sandbox/requests").data)["scenarios"] if row["id"] == each.id)
    body = client.get(row["request"])
    assert (body.status_code, body.content_type) == (200, "application/json")
    answer = client.post(f"/cds-services/{row['service']}", data=body.data, content_type="application/json")
    assert answer.status_code == 200


def test_a_request_is_moved_to_today(client: FlaskClient) -> None:
    each = scenario("lung-zol-clearance-42")
    text = client.get(f"/sandbox/requests/{each.id}").get_data(as_text=True)
    assert f'"authoredOn":"{TODAY}' in text
    assert str(each.as_of) not in text


def test_an_unknown_scenario_is_not_found_and_not_repeated(client: FlaskClient) -> None:
    response = client.get("/sandbox/requests/nobody<script>")
    assert response.status_code == 404
    assert json.loads(response.data)["resourceType"] == "OperationOutcome"
    assert b"nobody" not in response.data


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_the_pages_are_read_only(client: FlaskClient, method: str) -> None:
    for path in ("/sandbox/requests", "/sandbox/requests/lung-zol-clearance-42"):
        assert getattr(client, method)(path).status_code == 405


def test_where_the_sandbox_is_off_there_is_nothing() -> None:
    closed = create_app(Settings(sandbox=False), lambda: TODAY).test_client()
    assert closed.get("/sandbox/requests").status_code == 404
    assert closed.get("/cds-services").status_code == 200
