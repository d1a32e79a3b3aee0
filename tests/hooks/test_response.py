"""What we answer keeps the specification's limits, whatever the cards were made from."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hooks.exact_json import dumps_exact, tidy
from hooks.response import (
    Action,
    ActionType,
    Card,
    Coding,
    Discovery,
    DiscoveryService,
    Indicator,
    Link,
    LinkType,
    OverrideReason,
    SelectionBehavior,
    Source,
    Suggestion,
    to_wire,
)

TOPIC = Coding(system="https://example.org/topics", code="A-01")
SOURCE = Source(label="Guideline, 2026", topic=TOPIC)
DRAFT = {"resourceType": "MedicationRequest", "id": "zol", "status": "draft"}
UPDATE = Action(type=ActionType.UPDATE, description="Give 3.3 mg", resource=DRAFT)
UUID_1 = UUID("d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")


def card(**changes: Any) -> Card:
    values: dict[str, Any] = {"summary": "Reduce the dose", "indicator": Indicator.INFO, "source": SOURCE}
    return Card(**values | changes)


def suggestion(**changes: Any) -> Suggestion:
    return Suggestion(**({"label": "Change the dose", "actions": [UPDATE]} | changes))


def wire(*cards: Card) -> list[dict[str, Any]]:
    return list(json.loads(to_wire(cards))["cards"])


def test_nothing_to_say() -> None:
    assert to_wire([]) == b'{"cards":[]}'


def test_a_small_card_has_only_what_it_needs() -> None:
    (sent,) = wire(card(uuid=UUID_1))
    assert sent == {
        "uuid": str(UUID_1),
        "summary": "Reduce the dose",
        "indicator": "info",
        "source": {"label": "Guideline, 2026", "topic": {"code": "A-01", "system": "https://example.org/topics"}},
    }


def test_a_full_card_has_the_names_of_the_specification() -> None:
    (sent,) = wire(
        card(
            detail="**Clearance** 42.0 mL/min",
            suggestions=[suggestion(is_recommended=True)],
            selection_behavior=SelectionBehavior.AT_MOST_ONE,
            override_reasons=[OverrideReason(code="x", system="http://y", display="Z")],
            links=[
                Link(label="App", url="https://a.example/launch", type=LinkType.SMART, app_context="c"),
                Link(label="Text", url="http://a.example", type=LinkType.ABSOLUTE, autolaunchable=False),
            ],
            extension={"com.example.a": {"b": 1}},
        )
    )
    assert list(sent) == [
        *("uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons"),
        *("links", "extension"),
    ]
    assert sent["selectionBehavior"] == "at-most-one"
    assert set(sent["suggestions"][0]) == {"label", "uuid", "isRecommended", "actions"}
    assert sent["suggestions"][0]["actions"] == [{"type": "update", "description": "Give 3.3 mg", "resource": DRAFT}]
    assert sent["links"][0]["appContext"] == "c"
    assert sent["links"][1]["autolaunchable"] is False


def test_empty_collections_are_left_out() -> None:
    (sent,) = wire(card(suggestions=[], links=(), override_reasons=[], extension={"a": {"b": []}}))
    assert set(sent) == {"uuid", "summary", "indicator", "source"}
    assert "actions" not in suggestion(actions=[]).model_dump(exclude_none=True)


@pytest.mark.parametrize("length", [1, 139])
def test_summary_within_the_limit(length: int) -> None:
    assert card(summary="é" * length).summary == "é" * length


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "x" * 140},
        {"summary": "\U0001f600" * 140},
        {"summary": ""},
        {"summary": " \u00a0"},
        {"summary": "two\nlines"},
        {"summary": "two\u2028lines"},
        {"summary": "two\x85lines"},
        {"summary": None},
        {"detail": ""},
        {"detail": "\n"},
        {"indicator": "hard-stop"},
        {"indicator": "INFO"},
        {"source": None},
        {"uuid": "abc"},
        {"suggestions": [suggestion()]},
        {"suggestions": [suggestion()], "selection_behavior": "all"},
        {"selection_behavior": "any"},
        {"suggestions": [suggestion(is_recommended=True)] * 2, "selection_behavior": "at-most-one"},
        {"override_reasons": [{"code": "x", "system": "y"}]},
        {"override_reasons": [OverrideReason(code="x", system="y", display="z")] * 2},
        {"extension": [{"url": "x"}]},
        {"extension": {"a": float("nan")}},
        {"hardStop": True},
    ],
)
def test_cards_beyond_the_limits_are_not_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        card(**change)


def test_french_spacing_is_one_line() -> None:
    assert card(summary="Clairance\u202f: 42\u00a0mL/min").summary.endswith("mL/min")


def test_two_recommendations_where_several_may_be_chosen() -> None:
    both = [suggestion(is_recommended=True), suggestion(is_recommended=True)]
    assert card(suggestions=both, selection_behavior="any").suggestions is not None


@pytest.mark.parametrize(
    "action",
    [
        {"type": "replace", "resource": DRAFT},
        {"type": "create"},
        {"type": "create", "resource": {}},
        {"type": "create", "resource": {"id": "1"}},
        {"type": "create", "resource": DRAFT, "resource_id": "MedicationRequest/zol"},
        {"type": "update", "resource": {"resourceType": "MedicationRequest"}},
        {"type": "update", "resource_id": "MedicationRequest/zol"},
        {"type": "delete"},
        {"type": "delete", "resource": DRAFT},
        {"type": "delete", "resource": DRAFT, "resource_id": "MedicationRequest/zol"},
        {"type": "delete", "resource_id": "zol"},
        {"type": "delete", "resource_id": "https://a.example/MedicationRequest/zol"},
        {"type": "update", "resource": DRAFT, "description": " "},
        {"type": "update", "resource": DRAFT | {"dose": Decimal("Infinity")}},
        {"type": "update", "resource": DRAFT | {"doses": [{"value": float("nan")}]}},
    ],
)
def test_actions_name_what_they_change(action: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Action(**({"description": "x"} | action))


def test_deleting_names_a_reference() -> None:
    action = Action(type=ActionType.DELETE, description="Stop", resource_id="MedicationRequest/zol")
    assert action.model_dump(by_alias=True, exclude_none=True)["resourceId"] == "MedicationRequest/zol"


@pytest.mark.parametrize("url", ["", "a.example", "ftp://a.example", "https://", "javascript:alert(1)", "https://a b"])
def test_links_are_absolute(url: str) -> None:
    with pytest.raises(ValidationError):
        Link(label="x", url=url, type=LinkType.ABSOLUTE)
    with pytest.raises(ValidationError):
        Source(label="x", url=url, topic=TOPIC)


def test_context_is_for_apps() -> None:
    with pytest.raises(ValidationError, match="smart links only"):
        Link(label="x", url="https://a.example", type=LinkType.ABSOLUTE, app_context="c")


def test_a_uuid_occurs_once() -> None:
    with pytest.raises(ValidationError, match="uuid occurs twice"):
        to_wire([card(uuid=UUID_1), card(uuid=UUID_1)])
    twice = [suggestion(uuid=UUID_1), suggestion(uuid=UUID_1)]
    with pytest.raises(ValidationError, match="uuid occurs twice"):
        to_wire([card(suggestions=twice, selection_behavior="any")])


@pytest.mark.parametrize(
    ("markdown", "sent"),
    [
        ("below 30 < 40 mL/min", "below 30 < 40 mL/min"),
        ("<30", "<30"),
        ("a <b>bold</b>", r"a \<b>bold\</b>"),
        ("<script>alert(1)</script>", r"\<script>alert(1)\</script>"),
        ("<!-- x -->", r"\<!-- x -->"),
        (r"\<b>", r"\<b>"),
        (r"\\<b>", r"\\\<b>"),
        (r"\\\<b>", r"\\\<b>"),
    ],
)
def test_markdown_holds_no_html(markdown: str, sent: str) -> None:
    assert card(detail=markdown).detail == sent


def test_an_ehr_draft_is_sent_back_without_its_emptiness_and_with_its_digits() -> None:
    draft = DRAFT | {
        "dose": Decimal("7.10"),
        "note": None,
        "text": " ",
        "identifier": [],
        "subject": {"reference": "Patient/1", "identifier": {"period": {}}},
        "category": [{}, {"text": "x"}],
        "given": [None, "B"],
        "_given": [{"id": "a"}, None],
        "flag": False,
        "zero": 0,
    }
    action = Action(type=ActionType.UPDATE, description="x", resource=draft)
    body = to_wire([card(suggestions=[suggestion(actions=[action])], selection_behavior="any")])
    assert b'"dose":7.10' in body
    assert json.loads(body)["cards"][0]["suggestions"][0]["actions"][0]["resource"] == DRAFT | {
        "dose": 7.1,
        "subject": {"reference": "Patient/1"},
        "category": [{"text": "x"}],
        "given": [None, "B"],
        "_given": [{"id": "a"}, None],
        "flag": False,
        "zero": 0,
    }


def test_nothing_left_is_nothing() -> None:
    assert tidy({"a": [None, {"b": ""}], "_c": [None]}) is None


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_keep_their_digits(number: Decimal) -> None:
    (again,) = json.loads(dumps_exact([number]), parse_float=Decimal, parse_int=Decimal)
    assert again.as_tuple() == number.as_tuple()


def test_what_is_no_json_is_not_written() -> None:
    with pytest.raises(TypeError, match="object is no JSON"):
        dumps_exact({"cards": [object()]})


def test_discovery_keeps_its_order_and_leaves_out_what_is_empty() -> None:
    first = DiscoveryService(
        hook="order-sign", id="b-1", title="T", description="D", prefetch={"z": "Patient/1", "a": "x"}
    )
    second = DiscoveryService(hook="patient-view", id="a-1", title="T", description="D", prefetch={})
    sent = json.loads(Discovery(services=(first, second)).to_wire())["services"]
    assert [service["id"] for service in sent] == ["b-1", "a-1"]
    assert list(sent[0]["prefetch"]) == ["z", "a"]
    assert set(sent[1]) == {"hook", "id", "title", "description", "version"}


@pytest.mark.parametrize("change", [{"id": "a b"}, {"id": "a/b"}, {"id": ""}, {"title": ""}, {"prefetch": {"a": ""}}])
def test_discovery_beyond_the_limits_is_not_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DiscoveryService(**({"hook": "order-sign", "id": "a", "title": "T", "description": "D"} | change))
