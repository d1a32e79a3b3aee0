"""The log for others: lines of JSON, and FHIR R4 that its own models accept."""

import json
from datetime import timedelta
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.guidanceresponse import GuidanceResponse

from cds_service.sandbox.scenarios import scenarios
from cds_service.store import export, export_fhir
from cds_service.store.export import Period
from cds_service.store.feedback import Outcome, Report
from cds_service.store.store import Store
from hooks.exact_json import dumps_exact
from tests.store.answers import ANYONE, DAY, NORTH, note
from tests.store.test_verify import filled

EVER = Period()
MODELS = {"AuditEvent": AuditEvent, "GuidanceResponse": GuidanceResponse}


def lines(store: Store, period: Period = EVER, **options: Any) -> list[dict[str, Any]]:
    with store.database.snapshot() as connection:
        logged = list(export.entries(connection, period))
        assert len(logged) == export.count(connection, period)
    return [json.loads(dumps_exact(row), parse_float=str) for one in logged for row in export.rows(one, **options)]


def resources(store: Store) -> list[dict[str, Any]]:
    with store.database.snapshot() as connection:
        made = [row for logged in export.entries(connection, Period()) for row in export_fhir.resources(logged)]
    return [json.loads(dumps_exact(row)) for row in made]


def test_each_call_is_a_line_with_its_decisions_and_cards(store: Store) -> None:
    filled(store)
    rows = lines(store)
    assert [row["kind"] for row in rows] == ["call"] * 5 + ["feedback"] * 5
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5] * 2
    assert [row["rule"] for row in rows[0]["decisions"]] == ["ZOL-DOSE-01", "AR-DENTAL-01"]
    assert rows[0]["decisions"][0]["figures"]["advised"] == {"value": "3.3", "unit": "mg"}
    assert len(rows[0]["cards"]) == 2
    assert rows[0]["at"].endswith("+00:00")
    assert rows[5]["card"] == rows[0]["cards"][0]["uuid"]


def test_what_users_typed_is_left_out_unless_asked_for(store: Store) -> None:
    filled(store)
    assert not any("comment" in row for row in lines(store))
    assert [row["comment"] for row in lines(store, comments=True)[5:]] == [f"said {at}" for at in range(5)]


def test_a_period_has_a_first_moment_and_ends_before_its_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_PAGE", 2)
    start = store.clock()
    filled(store)
    assert [row["seq"] for row in lines(store, Period(start + timedelta(minutes=1)))[:4]] == [2, 3, 4, 5]
    assert [row["seq"] for row in lines(store, Period(None, start + timedelta(minutes=1)))[:1]] == [1]
    both = lines(store, Period(start + timedelta(minutes=1), start + timedelta(minutes=3)))
    assert [row["seq"] for row in both] == [2, 3]


def test_fhir_resources_are_valid_and_say_what_was_decided(store: Store) -> None:
    every = [one.id for one in scenarios()]
    noted = note(store, *every, caller=NORTH)
    shown = noted[every.index("lung-zol-clearance-42")]
    card = shown.reply.cards[0]
    store.feedback.store(
        NORTH,
        shown.service,
        [
            Report(0, card.uuid, Outcome.ACCEPTED, store.clock(), tuple(one.uuid for one in card.suggestions or ())),
            Report(1, card.uuid, Outcome.OVERRIDDEN, store.clock(), reason=("s", "c"), comment="typed"),
        ],
        DAY,
    )
    made = resources(store)
    for row in made:
        MODELS[row["resourceType"]].model_validate(row)
    calls = [row for row in made if row.get("subtype", [{}])[0].get("code") == "call"]
    decisions = [row for row in made if row["resourceType"] == "GuidanceResponse"]
    assert len(calls) == len(every)
    assert len(decisions) == sum(len(one.findings) for each in noted for one in each.reply.shown)
    assert {row["status"] for row in decisions} == {"success", "data-required"}
    ids = [row["id"] for row in made]
    assert len(set(ids)) == len(ids)
    referred = {entity["what"].get("reference") for row in calls for entity in row["entity"]} - {None}
    assert referred == {f"GuidanceResponse/{row['id']}" for row in decisions}
    assert "typed" not in json.dumps(made)
    accepted, overridden = [row for row in made if row.get("subtype", [{}])[0].get("code") == "feedback"]
    assert accepted["agent"][0]["who"] == {"display": "north/n1"}
    assert {"type": "accepted", "valueString": str((card.suggestions or ())[0].uuid)} in accepted["entity"][0]["detail"]
    assert {"type": "reason_code", "valueString": "c"} in overridden["entity"][0]["detail"]


def test_a_decision_outside_of_cards_and_a_call_without_user_are_valid_too(store: Store) -> None:
    from dataclasses import replace

    from tests.store.answers import answer

    made = answer(store)
    bare = replace(made.reply, shown=(), cards=[])
    store.decisions.note(replace(made, caller=ANYONE, reply=bare, whose=replace(made.whose, user=None)))
    assert store.flush(20)
    rows = resources(store)
    assert [row["resourceType"] for row in rows] == ["AuditEvent", "GuidanceResponse", "GuidanceResponse"]
    for row in rows:
        MODELS[row["resourceType"]].model_validate(row)
    assert len(rows[0]["agent"]) == 1
    assert "identifier" not in rows[1]
