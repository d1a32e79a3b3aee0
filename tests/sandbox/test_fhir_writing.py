"""What is written is stored, valid, versioned, and gone after a reset; what is not valid changes nothing."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.sandbox.desk import MAN, everything, get, is_valid, observation, outcome, parsed, resources, sandbox, send

OBSERVATIONS = "/sandbox/fhir/Observation"


def bundle(kind: str, *entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(resource: Any, **more: Any) -> dict[str, Any]:
    return {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}, **more}


def count(client: FlaskClient) -> int:
    return int(get(client, f"{OBSERVATIONS}?patient={MAN}&_count=0")["total"])


def test_created_read_changed_and_deleted(fresh: FlaskClient) -> None:
    response = send(fresh, "POST", OBSERVATIONS, observation(id="chosen-by-the-caller"))
    made = parsed(response.data)
    assert (response.status_code, made["meta"]["versionId"], response.headers["ETag"]) == (201, "1", 'W/"1"')
    assert made["id"] != "chosen-by-the-caller"
    assert is_valid(made)
    assert get(fresh, response.headers["Location"].removeprefix("http://localhost")) == made
    address = f"{OBSERVATIONS}/{made['id']}"
    changed = send(fresh, "PUT", address, {**made, "status": "amended"}, If_Match='W/"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
    assert get(fresh, address)["status"] == "amended"
    assert send(fresh, "DELETE", address, b"").status_code == 204
    assert outcome(fresh.get(address), 410)["code"] == "deleted"
    assert send(fresh, "DELETE", address, b"").status_code == 204  # again: nothing happens
    assert made["id"] not in [each["id"] for each in everything(fresh, f"{OBSERVATIONS}?patient={MAN}")]


def test_digits_are_kept(fresh: FlaskClient) -> None:
    body = b"""{"resourceType":"Observation","status":"final","code":{"text":"x"},
        "subject":{"reference":"Patient/p"},"valueQuantity":{"value":63.00}}"""
    made = send(fresh, "POST", OBSERVATIONS, body)
    assert b'"value":63.00' in made.data
    assert b'"value":63.00' in fresh.get(f"{OBSERVATIONS}/{parsed(made.data)['id']}").data


def test_the_first_thing_that_happens_may_be_a_write(fresh: FlaskClient) -> None:
    made = send(fresh, "POST", OBSERVATIONS, observation()).get_json()
    assert get(fresh, f"{OBSERVATIONS}/{made['id']}")["id"] == made["id"]


def test_a_put_of_what_is_not_there_makes_it(fresh: FlaskClient) -> None:
    response = send(fresh, "PUT", f"{OBSERVATIONS}/mine", observation(id="mine"))
    assert response.status_code == 201
    assert get(fresh, f"{OBSERVATIONS}/mine/_history/1")["id"] == "mine"
    outcome(fresh.get(f"{OBSERVATIONS}/mine/_history/2"), 404)


def test_a_change_of_what_has_changed_is_refused(fresh: FlaskClient) -> None:
    send(fresh, "PUT", f"{OBSERVATIONS}/mine", observation(id="mine"))
    send(fresh, "PUT", f"{OBSERVATIONS}/mine", observation(id="mine", status="amended"))
    late = send(fresh, "PUT", f"{OBSERVATIONS}/mine", observation(id="mine", status="cancelled"), If_Match='W/"1"')
    assert outcome(late, 412)["code"] == "conflict"
    assert get(fresh, f"{OBSERVATIONS}/mine")["status"] == "amended"
    absent = send(fresh, "PUT", f"{OBSERVATIONS}/other", observation(id="other"), If_Match='W/"1"')
    outcome(absent, 412)
    outcome(send(fresh, "PUT", f"{OBSERVATIONS}/mine", observation(id="mine"), If_Match="1"), 422)


def test_a_minimal_answer_on_request(fresh: FlaskClient) -> None:
    response = send(fresh, "POST", OBSERVATIONS, observation(), Prefer="return=minimal")
    assert (response.status_code, response.data) == (201, b"")
    assert response.headers["Location"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"resourceType": 5}', 400),
        (b'{"resourceType": "Observation", "valueInteger": NaN}', 400),
        (b"[" * 5000, 400),
        (b"\xff", 400),
        (b'{"resourceType": "Observation"}', 422),
        (b'{"resourceType": "Patient"}', 400),
        (b'{"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "colour": "red"}', 422),
    ],
)
def test_what_is_no_valid_observation_is_refused(fresh: FlaskClient, body: bytes, status: int) -> None:
    before = count(fresh)
    outcome(send(fresh, "POST", OBSERVATIONS, body), status)
    assert count(fresh) == before


def test_the_wrong_elements_are_named_and_no_value_is_repeated(fresh: FlaskClient) -> None:
    sent = observation(valueQuantity={"value": "secret-value"}, effectiveDateTime="yesterday")
    response = send(fresh, "POST", OBSERVATIONS, sent)
    places = outcome(response, 422)["expression"]
    assert any("valueQuantity.value" in place for place in places)
    assert any("effectiveDateTime" in place for place in places)
    assert b"secret-value" not in response.data
    assert b"yesterday" not in response.data


def test_the_id_must_be_that_of_the_address(fresh: FlaskClient) -> None:
    for identifier, body in (("a", observation(id="b")), ("a", observation()), ("a_b", observation(id="a_b"))):
        outcome(send(fresh, "PUT", f"{OBSERVATIONS}/{identifier}", body), 422)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_people_stay_as_they_are_shipped(fresh: FlaskClient, method: str) -> None:
    address = "/sandbox/fhir/Patient" + ("" if method == "POST" else f"/{MAN}")
    response = send(fresh, method, address, {"resourceType": "Patient", "id": MAN})
    outcome(response, 405)
    assert "GET" in response.headers["Allow"]
    assert get(fresh, f"/sandbox/fhir/Patient/{MAN}")["meta"]["versionId"] == "1"


def test_what_is_not_there(fresh: FlaskClient) -> None:
    outcome(fresh.get("/sandbox/fhir/Observation/nobody"), 404)
    outcome(fresh.get("/sandbox/fhir/Basic/1"), 404)
    outcome(fresh.get("/sandbox/fhir/Basic?patient=1"), 404)
    outcome(fresh.get("/sandbox/fhir/Observation/1/2/3"), 404)
    outcome(send(fresh, "DELETE", "/sandbox/fhir/Observation/nobody", b""), 404)
    outcome(send(fresh, "POST", "/sandbox/fhir/Basic", {"resourceType": "Basic"}), 404)
    outcome(send(fresh, "PUT", "/sandbox/fhir/Observation", observation()), 405)


# --- transactions and batches ---


def test_a_transaction_resolves_its_temporary_references(fresh: FlaskClient) -> None:
    answered = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": {"reference": f"Patient/{MAN}"},
    }
    derived = observation(derivedFrom=[{"reference": "urn:uuid:aaaa"}])
    body = bundle("transaction", post(answered, fullUrl="urn:uuid:aaaa"), post(derived, fullUrl="urn:uuid:bbbb"))
    answer = send(fresh, "POST", "/sandbox/fhir", body)
    told = parsed(answer.data)
    assert (answer.status_code, told["type"]) == (200, "transaction-response")
    assert is_valid(told)
    assert [entry["response"]["status"] for entry in told["entry"]] == ["201", "201"]
    form, found = resources(told)
    assert found["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{form['id']}"}]
    assert get(fresh, f"/sandbox/fhir/Observation/{found['id']}") == found
    listed = everything(fresh, f"/sandbox/fhir/QuestionnaireResponse?patient={MAN}")
    assert form["id"] in [each["id"] for each in listed]


def test_a_transaction_is_done_as_a_whole_or_not_at_all(fresh: FlaskClient) -> None:
    before = everything(fresh, f"{OBSERVATIONS}?patient={MAN}")
    known = before[0]["id"]
    removal = {"request": {"method": "DELETE", "url": f"Observation/{known}"}}
    change = {
        "resource": {**before[1], "status": "amended"},
        "request": {"method": "PUT", "url": f"Observation/{before[1]['id']}"},
    }
    body = bundle("transaction", removal, change, post(observation()), post({"resourceType": "Observation"}))
    outcome(send(fresh, "POST", "/sandbox/fhir/", body), 422)
    assert everything(fresh, f"{OBSERVATIONS}?patient={MAN}") == before
    body["entry"].pop()
    assert send(fresh, "POST", "/sandbox/fhir/", body).status_code == 200
    after = everything(fresh, f"{OBSERVATIONS}?patient={MAN}")
    assert len(after) == len(before)
    assert known not in [each["id"] for each in after]


def test_a_batch_does_what_it_can(fresh: FlaskClient) -> None:
    before = count(fresh)
    body = bundle(
        "batch", post(observation()), post({"resourceType": "Observation"}), post({"resourceType": "Patient"})
    )
    told = parsed(send(fresh, "POST", "/sandbox/fhir", body).data)
    assert [entry["response"]["status"] for entry in told["entry"]] == ["201", "422", "405"]
    assert told["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert is_valid(told)
    assert count(fresh) == before + 1


def test_a_temporary_address_cannot_name_what_is_there(fresh: FlaskClient) -> None:
    """A create never writes over another resource, whatever its fullUrl says."""
    known = everything(fresh, f"{OBSERVATIONS}?patient={MAN}")[0]
    told = parsed(
        send(
            fresh,
            "POST",
            "/sandbox/fhir",
            bundle("transaction", post(observation(), fullUrl=f"Observation/{known['id']}")),
        ).data
    )
    assert resources(told)[0]["id"] != known["id"]
    assert get(fresh, f"{OBSERVATIONS}/{known['id']}") == known


@pytest.mark.parametrize(
    "body",
    [
        bundle("collection"),
        {"resourceType": "Bundle", "type": "transaction", "entry": {}},
        observation(),
        bundle("transaction", {}),
        bundle("transaction", "text"),
        bundle("transaction", {"request": {"method": "GET", "url": "Observation"}}),
        bundle("transaction", {"request": {"method": "POST", "url": "Observation"}}),
        bundle("transaction", {"resource": observation(), "request": {"method": "POST", "url": "Condition"}}),
        bundle("transaction", {"resource": observation(), "request": {"method": "POST", "url": "Observation", "ifNoneExist": "x"}}),
    ],
)  # fmt: skip
def test_what_is_no_transaction_is_refused(fresh: FlaskClient, body: Any) -> None:
    outcome(send(fresh, "POST", "/sandbox/fhir", body), 422)


def test_an_empty_transaction(fresh: FlaskClient) -> None:
    assert parsed(send(fresh, "POST", "/sandbox/fhir", bundle("transaction")).data) == {
        "resourceType": "Bundle", "type": "transaction-response",
    }  # fmt: skip


# --- beginning again ---


def test_a_reset_puts_everything_back(fresh: FlaskClient) -> None:
    before = everything(fresh, f"{OBSERVATIONS}?patient={MAN}")
    made = send(fresh, "POST", OBSERVATIONS, observation()).get_json()
    send(fresh, "DELETE", f"{OBSERVATIONS}/{before[0]['id']}", b"")
    assert fresh.post("/sandbox/reset").status_code == 204
    after = everything(fresh, f"{OBSERVATIONS}?patient={MAN}")
    assert [each["id"] for each in after] == [each["id"] for each in before]
    outcome(fresh.get(f"{OBSERVATIONS}/{made['id']}"), 404)


def test_another_day_begins_with_patients_of_that_day() -> None:
    days = [date(2026, 6, 1)]
    client = sandbox(lambda: days[0])
    first = get(client, f"/sandbox/fhir/Patient/{MAN}")["birthDate"]
    made = send(client, "POST", OBSERVATIONS, observation()).get_json()
    days[0] = date(2026, 6, 2)
    assert (
        date.fromisoformat(get(client, f"/sandbox/fhir/Patient/{MAN}")["birthDate"]).toordinal()
        == date.fromisoformat(first).toordinal() + 1
    )
    outcome(client.get(f"{OBSERVATIONS}/{made['id']}"), 404)
