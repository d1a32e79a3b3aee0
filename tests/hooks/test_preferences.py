"""What a caller may ask for: every shape it is sent in, and that nothing it sends makes a call fail or hides more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.preferences import CRD, CRD_OPTIONS, PDDI, PDDI_IN_PROSE, Preferences, offered, preferences
from hooks.services import services

CACHE, FILTER = "cache-for-order-sign-filtering", "filter-out-repeated-alerts"
DEFAULT = Preferences()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([CACHE, "alert-non-serious"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)

SHAPES: dict[str, Any] = {
    "an object, as the reference implementation reads it": {"alert-non-serious": False},
    "spelt as a string": {"alert-non-serious": "false"},
    "a list of codes and values": [{"code": "alert-non-serious", "value": False}],
    "a list of codes and FHIR values": [{"code": "alert-non-serious", "valueBoolean": False}],
    "one code and value": {"code": "alert-non-serious", "value": False},
    "a list of objects": [{"show-evidence-support": True}, {"alert-non-serious": False}],
    "as it is described in discovery": [
        {"code": "alert-non-serious", "type": "boolean", "name": "n", "description": "d", "value": False}
    ],
    "beside items nobody knows": {"x": 1, "alert-non-serious": False, "": None},
}


@pytest.mark.parametrize("name", [PDDI, PDDI_IN_PROSE])
@pytest.mark.parametrize("shape", SHAPES)
def test_items_are_understood_in_every_shape_under_both_names(shape: str, name: str) -> None:
    assert preferences({name: SHAPES[shape]}, "patient-view") == Preferences(non_serious=False)


@pytest.mark.parametrize(
    "sent",
    [
        *(None, 0, "", "alert-non-serious", True, [], {}, [None], [[{"alert-non-serious": False}]]),
        *({"alert-non-serious": value} for value in (None, 0, 1, "no", "False ", [], {}, {"value": False})),
        *([{"code": code, "value": False}] for code in (None, 1, ["alert-non-serious"], "Alert-Non-Serious")),
        [{"code": "alert-non-serious"}],
        [{"code": "alert-non-serious", "value": False}, {"code": "alert-non-serious", "value": True}],
    ],
)
def test_what_is_malformed_or_contradictory_is_ignored(sent: Any) -> None:
    assert preferences({PDDI: sent}, "order-sign") == DEFAULT


def test_the_two_names_say_more_together_and_nothing_against_each_other() -> None:
    both = {PDDI: {"alert-non-serious": False}, PDDI_IN_PROSE: {"show-evidence-support": False}}
    assert preferences(both, "order-sign") == Preferences(non_serious=False, evidence=False)
    against = {PDDI: {"alert-non-serious": False}, PDDI_IN_PROSE: {"alert-non-serious": True}}
    assert preferences(against, "order-sign") == DEFAULT


def test_remembering_belongs_to_selecting_and_leaving_out_to_signing() -> None:
    both = {PDDI: {CACHE: True, FILTER: True}}
    assert preferences(both, "order-select") == Preferences(remember_shown=True)
    assert preferences(both, "order-sign") == Preferences(drop_repeated=True)
    assert preferences(both, "patient-view") == DEFAULT
    assert preferences({PDDI: {CACHE: False, FILTER: False}}, "order-sign") == DEFAULT


@pytest.mark.parametrize(
    ("sent", "most"),
    [(1, 1), (2, 2), (99, 99), (0, None), (-1, None), (True, None), ("2", None), (2.0, None), (None, None), ([], None)],
)
def test_a_maximum_is_a_whole_number_from_one(sent: Any, most: int | None) -> None:
    assert preferences({CRD: {"max-cards": sent}}, "order-sign").max_cards == most


def test_kinds_are_switched_off_by_false_and_nothing_else() -> None:
    sent = {"jaw": False, "kidney": True, "calcium": "false", "vitamin-d": 0, "coverage-info": False, "max-cards": 3}
    assert preferences({CRD: sent}, "order-sign") == Preferences(
        max_cards=3, switched_off=frozenset({"jaw", "coverage-info"})
    )
    for odd in (None, [], [{"jaw": False}], "jaw", False):
        assert preferences({CRD: odd}, "order-sign") == DEFAULT


@given(st.dictionaries(st.sampled_from([PDDI, PDDI_IN_PROSE, CRD, "x"]), JSON), st.sampled_from(["order-sign", "x"]))
def test_no_extension_makes_a_call_fail(extension: dict[str, Any], hook: str) -> None:
    wanted = preferences(extension, hook)
    assert wanted.max_cards is None or wanted.max_cards >= 1


@pytest.mark.parametrize("service", services(), ids=lambda service: service.id)
def test_discovery_offers_what_this_service_can_do(service: Any) -> None:
    items, options = service.extension[PDDI], service.extension[CRD_OPTIONS]
    for listed in (items, options):
        assert all(list(one) == ["code", "type", "name", "description"] for one in listed)
        for member in ("code", "name", "description"):
            assert len({one[member] for one in listed}) == len(listed), "the guides want them unique"
    assert {one["code"] for one in options} == {check.card for check in service.checks} | {"max-cards"}
    assert {one["type"] for one in options if one["code"] != "max-cards"} == {"boolean"}
    only_here = {"order-select": {CACHE}, "order-sign": {FILTER}}.get(service.hook, set())
    assert {one["code"] for one in items} == {"alert-non-serious", "show-evidence-support"} | only_here


def test_everything_offered_is_read() -> None:
    """Each offered option, sent back as discovery names it, changes what the caller gets."""
    for hook in ("order-select", "order-sign", "patient-view"):
        told = offered(hook, [("jaw", "Jaw")])
        for item in told[PDDI]:
            said = {value: preferences({PDDI: {item["code"]: value}}, hook) for value in (True, False)}
            assert said[True] != said[False]
        for option in told[CRD_OPTIONS]:
            value = {"boolean": False, "integer": 1}[option["type"]]
            assert preferences({CRD: {option["code"]: value}}, hook) != DEFAULT
