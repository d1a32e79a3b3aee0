"""Whatever is posted: never a 5xx, always JSON with cards or an OperationOutcome, nothing empty in it."""

import copy
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.calls import blanks, post, valid_call

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
VALID = json.dumps(valid_call()).encode()
FRAGMENTS = [*(bytes([byte]) for byte in b'{}[]",:-\\\x00\xff'), b"null", b"NaN", rb"\u", rb"\ud800", b"1e9"]
DEFINED = ("fhirServer", "fhirAuthorization", "extension")  # optional members that are not unknown

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(client: FlaskClient, body: bytes) -> int:
    response = post(client, body)
    assert response.content_type == "application/json"
    answer = json.loads(response.data)
    assert blanks(answer) == []
    if response.status_code == 200:
        assert list(answer) == ["cards"]
    else:
        assert 400 <= response.status_code < 500
        assert answer["resourceType"] == "OperationOutcome"
    return response.status_code


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, member in items for place in places(member, (*path, key)))]


@fuzz
@given(st.binary())
def test_random_bytes(client: FlaskClient, body: bytes) -> None:
    check(client, body)


@fuzz
@given(ANY_JSON)
def test_random_json(client: FlaskClient, value: Any) -> None:
    check(client, json.dumps(value).encode())


@fuzz
@given(st.sampled_from(places(valid_call())[1:]), ANY_JSON)
def test_a_valid_call_with_one_value_replaced(client: FlaskClient, place: tuple[Any, ...], value: Any) -> None:
    call = copy.deepcopy(valid_call())
    target: Any = call
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    check(client, json.dumps(call).encode())


@fuzz
@given(st.integers(0, len(VALID)), st.integers(0, 8), st.sampled_from(FRAGMENTS))
def test_a_valid_call_with_some_bytes_replaced(client: FlaskClient, start: int, cut: int, fragment: bytes) -> None:
    check(client, VALID[:start] + fragment + VALID[start + cut :])


@fuzz
@given(st.dictionaries(st.text().filter(lambda name: name not in DEFINED), ANY_JSON))
def test_unknown_members_change_nothing(client: FlaskClient, extra: dict[str, Any]) -> None:
    call = extra | valid_call()
    status = check(client, json.dumps(call).encode())
    try:
        json.dumps(call, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, UnicodeEncodeError):
        assert status == 400  # NaN, or half of a surrogate pair
    else:
        too_long = any(abs(number) >= 2**63 for number in extra.values() if isinstance(number, int))
        assert status == 200 or too_long


@fuzz
@given(st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
def test_any_accept_language(client: FlaskClient, header: str) -> None:
    response = post(client, VALID, headers={"Accept-Language": header})
    assert response.status_code == 200
    assert response.headers["Content-Language"] in ("en", "fr")


@pytest.mark.parametrize("place", places(valid_call())[1:], ids=lambda place: ".".join(map(str, place)))
@pytest.mark.parametrize("value", [None, True, 0, 1.5, "", " ", [], {}, [None], {"": None}, "x" * 10_000], ids=repr)
def test_every_value_in_every_place(client: FlaskClient, place: tuple[Any, ...], value: Any) -> None:
    call = valid_call()
    target: Any = call
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    check(client, json.dumps(call).encode())
