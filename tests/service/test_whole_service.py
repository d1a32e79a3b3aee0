"""The real pipeline behind the street: shipped patients, bent in every way, never break it."""

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.app import create_app
from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenarios
from cds_service.settings import Settings
from hooks.services import services
from tests.service.calls import blanks, post

ODD: list[Any] = [None, True, 0, -1.5, "", " ", "x", "é" * 300, "1950-13-45", "\u0000", "NaN"]
ODD += [[], {}, [None], {"reference": 5}, [[{}]]]
DAY = scenarios()[0].as_of
fuzz = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def whole_service() -> FlaskClient:
    return create_app(Settings(), lambda: DAY).test_client()


@cache
def body(number: int) -> bytes:
    return hook_request_bytes(scenarios()[number], DAY)


def ask(each: Scenario, sent: bytes, **options: Any) -> Any:
    return post(whole_service(), sent, f"/cds-services/{each.service}", **options)


def check(response: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(response.data)
    assert response.status_code < 500, answer
    assert blanks(answer) == []
    assert list(answer) == (["cards"] if response.status_code == 200 else ["resourceType", "issue"])
    return answer


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in items:
        yield from places(member, (*path, key))


def replaced(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    value = copy.deepcopy(value)
    target = value
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = odd
    return value


SMALL = [number for number in range(len(scenarios())) if len(body(number)) < 200_000]


def test_discovery_lists_the_services() -> None:
    found = check_discovery()
    assert [service["id"] for service in found] == [service.id for service in services()]


def check_discovery() -> list[dict[str, Any]]:
    answer = json.loads(whole_service().get("/cds-services").data)
    assert blanks(answer) == []
    return list(answer["services"])


@pytest.mark.parametrize("number", range(len(scenarios())), ids=lambda number: scenarios()[number].id)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_shipped_patient_is_answered(number: int, language: str) -> None:
    response = ask(scenarios()[number], body(number), headers={"Accept-Language": language})
    assert response.status_code == 200
    check(response)


@fuzz
@given(st.sampled_from(SMALL), st.data())
def test_one_value_bent(number: int, data: st.DataObject) -> None:
    call = json.loads(body(number))
    section = data.draw(st.sampled_from([call["prefetch"][key] for key in call["prefetch"]] + [call["context"]]))
    inner = [place for place in places(section) if place]
    if inner:
        place = data.draw(st.sampled_from(inner))
        bent = replaced(section, place, data.draw(st.sampled_from(ODD)))
        section.clear()
        section.update(bent)
    check(ask(scenarios()[number], json.dumps(call).encode()))


@fuzz
@given(st.sampled_from(SMALL), st.data())
def test_prefetch_keys_bent(number: int, data: st.DataObject) -> None:
    call = json.loads(body(number))
    for key in data.draw(st.sets(st.sampled_from(sorted(call["prefetch"])))):
        call["prefetch"][key] = data.draw(st.sampled_from([*ODD, {"resourceType": "OperationOutcome", "issue": []}]))
    check(ask(scenarios()[number], json.dumps(call).encode()))


@pytest.mark.parametrize("number", SMALL[::2], ids=lambda number: scenarios()[number].id)
def test_without_data_it_never_looks_as_if_all_were_well(number: int) -> None:
    each, call = scenarios()[number], json.loads(body(number))
    with_data = check(ask(each, body(number)))
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    for prefetch in (None, {}, dict.fromkeys(call["prefetch"], failed)):
        response = ask(each, json.dumps(call | {"prefetch": prefetch}).encode())
        answer = check(response)
        if with_data["cards"]:
            assert response.status_code == 412 or answer["cards"]


@pytest.mark.parametrize("number", ["1e5000000000", "-1e999999", "0." + "0" * 5000 + "1", "9" * 5000, "1e-5000000000"])
def test_numbers_no_measurement_can_have(number: str) -> None:
    """Inside a large prefetch value numbers are bounded by their readers."""
    each = next(each for each in scenarios() if each.hook == "order-sign")
    call = json.loads(body(scenarios().index(each)))
    observations = call["prefetch"]["observations"]
    observations["padding"] = "x" * 10_000
    values = [entry["resource"].get("valueQuantity") for entry in observations["entry"]]
    for value in filter(None, values):
        value["value"] = "HERE"
    check(ask(each, json.dumps(call).replace('"HERE"', number).encode()))


@pytest.mark.parametrize("levels", [60, 200, 600, 900, 950, 980])
def test_nesting_deep_inside_a_large_value(levels: int) -> None:
    each = next(each for each in scenarios() if each.hook == "order-sign")
    call = json.loads(body(scenarios().index(each)))
    observations = call["prefetch"]["observations"]
    observations["padding"] = "x" * 10_000
    observations["entry"][0]["resource"]["extension"] = "HERE"
    check(ask(each, json.dumps(call).replace('"HERE"', "[" * levels + "]" * levels).encode()))


def test_simultaneous_calls_get_their_own_answers() -> None:
    chosen = SMALL[:8]

    def cards(number: int) -> list[str]:
        answer = check(ask(scenarios()[number], body(number)))
        return [card["summary"] + card["detail"] for card in answer["cards"]]

    alone = {number: cards(number) for number in chosen}
    with ThreadPoolExecutor(16) as pool:
        for number, together in zip(chosen * 10, pool.map(cards, chosen * 10), strict=True):
            assert together == alone[number]
