"""Edits of the EHR's own draft: the change asked for and nothing else, in every shape an order is written in."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappers.build import build_record
from fhir_mappers.conventions import default_conventions
from fhir_mappers.orders import OrderContext, Step, steps
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.proposals import Names, PostponeDraft, Proposal, SetDose, SetInfusionTime
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.terminology import default_terminology
from hooks.exact_json import dumps_exact

TODAY = date(2026, 6, 3)
LATER = date(2026, 7, 1)
CONTEXT = OrderContext("p1", None, None, TODAY, "en")
MG = {"unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
ORDER = """{"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "intent": "order",
  "extension": [{"url": "http://ehr.example/batch", "valueDecimal": 4.00}],
  "medicationCodeableConcept": {"text": "Zometa 4 mg/5 mL"}, "subject": {"reference": "Patient/p1"},
  "dispenseRequest": {"quantity": {"value": 1.0, "unit": "vial"}},
  "dosageInstruction": [{"sequence": 1, "timing": {"repeat": {"duration": 10, "durationUnit": "min", "frequency": 1,
     "period": 28, "periodUnit": "d"}}, "route": {"text": "IV"},
     "doseAndRate": [{"type": {"text": "ordered"}, "doseQuantity": {"value": 4.00, "unit": "mg", "code": "mg"}}],
     "maxDosePerAdministration": {"value": 4.000, "unit": "mg"}}]}"""
Json = dict[str, Any]
DOSAGE = ("dosageInstruction", 0)
DOSE = (*DOSAGE, "doseAndRate", 0, "doseQuantity", "value")
REPEAT = (*DOSAGE, "timing", "repeat")


def order(**changes: Any) -> Json:
    sent: Json = json.loads(ORDER, parse_float=Decimal)
    return sent | changes


def zometa(*dosages: Json, **changes: Any) -> Json:
    sent = order(dosageInstruction=list(dosages), **changes)
    return sent


def old_order(*dosages: Json) -> Json:
    return {
        "resourceType": "MedicationOrder",
        "id": "d2",
        "status": "draft",
        "patient": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "Zometa"},
        "dosageInstruction": list(dosages),
    }


def read(raw: Json) -> DraftOrder:
    drafts = {"resourceType": "Bundle", "entry": [{"resource": raw}]}
    terminology, conventions = default_terminology(), default_conventions()
    record = build_record({}, drafts, None, "p1", TODAY, terminology=terminology, conventions=conventions)
    return record.drafts[0]


def edited(raw: Json, make: Callable[[DraftOrder], Proposal]) -> Step:
    (step,) = steps(make(read(raw)), CONTEXT)
    assert (step.type, step.reference) == ("update", None)
    return step


def dose(text: str) -> Callable[[DraftOrder], Proposal]:
    return lambda draft: SetDose(draft, Quantity.of(text))


def interval(text: str) -> Callable[[DraftOrder], Proposal]:
    return lambda draft: SetDose(draft, interval=Quantity.of(text))


def minutes(text: str) -> Callable[[DraftOrder], Proposal]:
    return lambda draft: SetInfusionTime(draft, Quantity.of(text))


def subcutaneous(draft: DraftOrder) -> Proposal:
    return SetDose(draft, route="route_sc")


def later(draft: DraftOrder) -> Proposal:
    return PostponeDraft(draft, LATER)


def after(raw: Json, make: Callable[[DraftOrder], Proposal]) -> Json:
    resource = edited(raw, make).resource
    assert resource is not None
    return resource


def cannot(raw: Json, make: Callable[[DraftOrder], Proposal]) -> bool:
    return steps(make(read(raw)), CONTEXT) == ()


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], str]:
    """Every leaf by its path, numbers with the digits they have."""
    if isinstance(value, dict):
        return {p: v for key, member in value.items() for p, v in leaves(member, (*path, key)).items()}
    if isinstance(value, list):
        return {p: v for i, member in enumerate(value) for p, v in leaves(member, (*path, i)).items()}
    return {path: f"{type(value).__name__ if isinstance(value, bool) else ''}{value}"}


def changed(before: Json, now: Json) -> set[tuple[str | int, ...]]:
    old, new = leaves(before), leaves(now)
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


def ratio(over: str, under: str, unit: str = "min", over_unit: str = "mg") -> Json:
    return {
        "numerator": {"value": Decimal(over), "unit": over_unit},
        "denominator": {"value": Decimal(under), "unit": unit},
    }


def stated(value: str, **more: Any) -> Json:
    return {"doseQuantity": {"value": Decimal(value), **MG}, **more}


# -- dose


def test_only_the_dose_changes_and_every_other_digit_is_kept() -> None:
    before = order()
    now = after(before, dose("3.3 mg"))
    assert changed(before, now) == {DOSE}
    sent = dumps_exact(now)
    assert b'"valueDecimal":4.00}' in sent
    assert b'"value":4.000' in sent
    assert b'"value":3.3,' in sent
    assert before == order(), "the draft that was sent is not touched"
    MedicationRequest.model_validate(now)


@pytest.mark.parametrize(
    ("was", "unit", "becomes"),
    [
        ("4", "mg", "3.3"),
        ("0.004", "g", "0.0033"),
        ("4000", "ug", "3300"),
        ("4000", "µg", "3300"),
        ("4.0", " mg ", "3.3"),
    ],
)
def test_the_dose_stays_in_the_unit_of_the_draft(was: str, unit: str, becomes: str) -> None:
    before = zometa({"doseAndRate": [{"doseQuantity": {"value": Decimal(was), "unit": unit}}]})
    now = after(before, dose("3.3 mg"))
    assert now["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] == {"value": Decimal(becomes), "unit": unit}
    assert str(now["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]) == becomes


def test_a_dose_never_ends_in_zeros() -> None:
    assert leaves(after(order(), dose("3.0 mg")))[DOSE] == "3"


@pytest.mark.parametrize("make", [order, lambda: old_order(stated("4", text="4 mg"))])
def test_every_shape_of_order_is_read_back_with_its_new_dose(make: Callable[[], Json]) -> None:
    assert read(after(make(), dose("3.3 mg"))).dose == Quantity.of("3.3 mg")


def test_dstu2_and_stu3_doses_stand_on_the_dosage() -> None:
    for before in (old_order(stated("4")), zometa(stated("4"))):
        now = after(before, dose("3.5 mg"))
        assert changed(before, now) == {(*DOSAGE, "doseQuantity", "value")}


def test_an_object_where_a_list_belongs_stays_one() -> None:
    before = order(dosageInstruction={"doseAndRate": stated("4")})
    assert changed(before, after(before, dose("3.5 mg"))) == {
        ("dosageInstruction", "doseAndRate", "doseQuantity", "value")
    }


def test_every_instruction_that_states_the_dose_is_changed() -> None:
    before = zometa({"doseAndRate": [stated("4"), stated("4.0")]}, {"text": "x"}, stated("4"))
    now = leaves(after(before, dose("3.3 mg")))
    assert [value for path, value in now.items() if path[-2:] == ("doseQuantity", "value")] == ["3.3", "3.3", "3.3"]


def test_a_missing_dose_is_added_where_such_orders_have_it() -> None:
    quantity = {"value": Decimal("3.3"), **MG}
    assert after(zometa({"text": "IV"}), dose("3.3 mg"))["dosageInstruction"] == [
        {"text": "IV", "doseAndRate": [{"doseQuantity": quantity}]}
    ]
    assert after(zometa({"doseAndRate": [{"type": {"text": "t"}}]}), dose("3.3 mg"))["dosageInstruction"] == [
        {"doseAndRate": [{"type": {"text": "t"}, "doseQuantity": quantity}]}
    ]
    assert after(old_order({"text": "IV"}), dose("3.3 mg"))["dosageInstruction"][0]["doseQuantity"] == quantity
    bare = order()
    del bare["dosageInstruction"]
    assert after(bare, dose("3.3 mg"))["dosageInstruction"] == [{"doseAndRate": [{"doseQuantity": quantity}]}]


@pytest.mark.parametrize(
    "dosages",
    [
        [stated("4"), stated("3")],
        [{}, {}],
        [{"doseAndRate": [{"doseRange": {"low": {"value": 3, **MG}, "high": {"value": 4, **MG}}}]}],
        [{"doseQuantity": {"value": 1, "unit": "vial"}}],
        [{"doseQuantity": {"value": 4}}],
        [{"doseQuantity": {"value": "four", **MG}}],
        [{"doseQuantity": {"value": True, **MG}}],
        [{"doseQuantity": {"value": Decimal("1E+40"), **MG}}],
        [{"doseQuantity": {"value": 0, **MG}}],
        [{"doseQuantity": "4 mg"}],
        [{"doseQuantity": {"value": [4], **MG}}],
        [stated("4", doseRange={"low": {"value": 3, **MG}})],
        ["4 mg"],
    ],
    ids=str,
)
def test_a_dose_that_cannot_be_placed_with_certainty_is_not_edited(dosages: list[Any]) -> None:
    assert cannot(zometa(*dosages), dose("3.3 mg"))


def test_the_dose_it_has_already_is_no_change() -> None:
    assert cannot(order(), dose("4 mg"))


@pytest.mark.parametrize("known", [None, "", " ", 7])
def test_an_order_without_an_id_cannot_be_updated(known: object) -> None:
    assert cannot(order(id=known), dose("3.3 mg"))


def test_another_kind_of_order_has_no_dose() -> None:
    assert cannot({"resourceType": "Task", "id": "s", "subject": {"reference": "Patient/p1"}}, later)


def test_the_draft_of_another_patient_is_not_edited() -> None:
    draft = read(order())
    assert steps(SetDose(draft, Quantity.of("3.3 mg")), OrderContext("p2", None, None, TODAY, "en")) == ()


# -- rates go with the dose


@pytest.mark.parametrize(
    ("over", "under", "unit", "becomes"),
    [
        ("4", "15", "min", ("3.3", "15")),
        ("16", "1", "h", ("13.2", "1")),
        ("0.2", "1", "min", ("0.165", "1")),
    ],
)
def test_a_rate_in_mg_keeps_its_time_when_the_dose_changes(
    over: str, under: str, unit: str, becomes: tuple[str, str]
) -> None:
    before = zometa({"doseAndRate": [stated("4", rateRatio=ratio(over, under, unit))]})
    now = after(before, dose("3.3 mg"))
    rate = now["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]
    assert (str(rate["numerator"]["value"]), str(rate["denominator"]["value"])) == becomes
    assert read(now).infusion == read(before).infusion


def test_a_ratio_without_a_finite_decimal_is_kept_exactly() -> None:
    before = zometa({"doseAndRate": [stated("3.5", rateRatio=ratio("10", "1", "h"))]})
    rate = after(before, dose("3.3 mg"))["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]
    assert Fraction(rate["numerator"]["value"]) / Fraction(rate["denominator"]["value"]) == Fraction(66, 7)


def test_a_rate_quantity_and_a_range_go_with_the_dose_and_a_volume_does_not() -> None:
    rates = {
        "rateQuantity": {"value": Decimal("16"), "unit": "mg/h"},
        "rateRange": {
            "low": {"value": Decimal("8"), "unit": "mg/h"},
            "high": {"value": Decimal("400"), "unit": "mL/h"},
        },
    }
    now = after(zometa({"doseAndRate": [stated("4", **rates)]}), dose("3 mg"))["dosageInstruction"][0]["doseAndRate"][0]
    assert (now["rateQuantity"]["value"], now["rateRange"]["low"]["value"]) == (12, 6)
    assert now["rateRange"]["high"]["value"] == 400


# -- infusion time


def test_only_the_duration_changes() -> None:
    before = order()
    now = after(before, minutes("30 min"))
    assert changed(before, now) == {(*REPEAT, "duration")}
    assert read(now).infusion == Quantity.of("30 min")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ({"duration": Decimal("0.25"), "durationUnit": "h"}, {"duration": Decimal("0.5"), "durationUnit": "h"}),
        ({"duration": 600, "durationUnit": "s"}, {"duration": 1800, "durationUnit": "s"}),
        ({"duration": 10, "durationUnits": "min"}, {"duration": 30, "durationUnits": "min"}),
        (
            {"duration": 10, "durationMax": 20, "durationUnit": "min"},
            {"duration": 30, "durationMax": 30, "durationUnit": "min"},
        ),
        (
            {"duration": 10, "durationMax": 45, "durationUnit": "min"},
            {"duration": 30, "durationMax": 45, "durationUnit": "min"},
        ),
    ],
)
def test_the_duration_stays_in_its_unit(was: Json, becomes: Json) -> None:
    now = after(zometa({"timing": {"repeat": was}}), minutes("30 min"))
    assert now["dosageInstruction"][0]["timing"]["repeat"] == becomes


def test_a_time_without_a_finite_decimal_is_written_in_minutes() -> None:
    was = {"duration": Decimal("0.25"), "durationMax": Decimal("0.5"), "durationUnit": "h"}
    now = after(zometa({"timing": {"repeat": was}}), minutes("20 min"))
    assert now["dosageInstruction"][0]["timing"]["repeat"] == {"duration": 20, "durationMax": 30, "durationUnit": "min"}


def test_a_time_told_by_a_rate_alone_changes_the_rate_alone() -> None:
    before = zometa({"doseAndRate": [stated("4", rateRatio=ratio("4", "10"))]})
    now = after(before, minutes("20 min"))
    assert changed(before, now) == {(*DOSAGE, "doseAndRate", 0, "rateRatio", "denominator", "value")}
    assert read(now).infusion == Quantity.of("20 min")


@pytest.mark.parametrize(
    ("rate", "path", "becomes"),
    [
        ({"rateRatio": ratio("24", "1", "h")}, ("rateRatio", "numerator", "value"), "12"),
        ({"rateRatio": ratio("0.4", "1")}, ("rateRatio", "numerator", "value"), "0.2"),
        ({"rateRatio": ratio("4", "600", "s")}, ("rateRatio", "denominator", "value"), "1200"),
        ({"rateRatio": ratio("400", "1", "h", "mL")}, ("rateRatio", "numerator", "value"), "200"),
        ({"rateRatio": ratio("100", "10", "min", "mL")}, ("rateRatio", "denominator", "value"), "20"),
        ({"rateQuantity": {"value": 600, "unit": "mL/h"}}, ("rateQuantity", "value"), "300"),
        ({"rateQuantity": {"value": Decimal("0.4"), "code": "mg/min"}}, ("rateQuantity", "value"), "0.2"),
    ],
)
def test_duration_and_rate_go_together(rate: Json, path: tuple[str, ...], becomes: str) -> None:
    timing = {"repeat": {"duration": 10, "durationUnit": "min"}}
    before = zometa({"timing": timing, "doseAndRate": [stated("4", **rate)]})
    now = after(before, minutes("20 min"))
    assert changed(before, now) == {(*REPEAT, "duration"), (*DOSAGE, "doseAndRate", 0, *path)}
    assert leaves(now)[(*DOSAGE, "doseAndRate", 0, *path)] == becomes


def test_a_time_that_its_unit_cannot_write_changes_the_amount_instead() -> None:
    before = zometa({"doseAndRate": [stated("4", rateRatio=ratio("4", "0.25", "h"))]})
    now = after(before, minutes("20 min"))
    assert changed(before, now) == {(*DOSAGE, "doseAndRate", 0, "rateRatio", "numerator", "value")}
    assert read(now).infusion == Quantity.of("20 min")


def test_a_rate_quantity_is_rounded_down_so_that_nothing_is_faster_than_asked() -> None:
    before = zometa({"doseAndRate": [stated("4", rateQuantity={"value": Decimal("0.4"), "unit": "mg/min"})]})
    now = after(before, minutes("15 min"))
    assert leaves(now)[(*DOSAGE, "doseAndRate", 0, "rateQuantity", "value")] == "0.266666"
    slower = read(now).infusion
    assert slower is not None
    assert Decimal(15) <= slower.value < Decimal("15.001")


def test_a_denominator_without_a_value_is_one() -> None:
    rate = {"numerator": {"value": Decimal("24"), "unit": "mg"}, "denominator": {"unit": "h"}}
    before = zometa(
        {"timing": {"repeat": {"duration": 10, "durationUnit": "min"}}, "doseAndRate": [stated("4", rateRatio=rate)]}
    )
    now = after(before, minutes("20 min"))
    assert now["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]["numerator"]["value"] == 12


def test_a_slow_instruction_is_left_alone_and_nothing_is_made_faster() -> None:
    fast, slow = ({"timing": {"repeat": {"duration": d, "durationUnit": "min"}}} for d in (10, 45))
    before = zometa(fast, slow)
    assert changed(before, after(before, minutes("20 min"))) == {(*REPEAT, "duration")}
    assert cannot(zometa(slow), minutes("20 min"))
    assert cannot(zometa(slow | {"doseAndRate": [stated("4", rateRatio=ratio("4", "10"))]}), minutes("20 min"))
    contradictory = {"timing": fast["timing"], "doseAndRate": [stated("4", rateRatio=ratio("4", "30"))]}
    before = zometa(contradictory)
    assert changed(before, after(before, minutes("20 min"))) == {(*REPEAT, "duration")}


def test_a_missing_time_is_added() -> None:
    now = after(zometa({"doseAndRate": [stated("4")]}), minutes("30 min"))
    assert now["dosageInstruction"][0]["timing"] == {"repeat": {"duration": 30, "durationUnit": "min"}}
    now = after(old_order({}), minutes("30 min"))
    assert now["dosageInstruction"][0]["timing"] == {"repeat": {"duration": 30, "durationUnits": "min"}}


@pytest.mark.parametrize(
    "dosages",
    [
        [{}, {}],
        [{"doseAndRate": [{"rateQuantity": {"value": 100, "unit": "mL/h"}}]}],
        [{"timing": {"repeat": {"duration": 10}}}],
        [{"timing": "at noon"}],
        [stated("4", rateRatio={"numerator": {"unit": "mg"}, "denominator": {"value": 10, "unit": "min"}})],
        [stated("4", rateRatio=ratio("0", "10"))],
        [stated("4", rateRatio=ratio("4", "10", "fortnight"))],
        [stated("4", rateQuantity={"value": 4, "unit": 7})],
        [stated("4", rateRatio=ratio("4", "0"))],
    ],
    ids=str,
)
def test_a_time_that_cannot_be_placed_with_certainty_is_not_edited(dosages: list[Json]) -> None:
    assert cannot(zometa(*dosages), minutes("30 min"))


def test_a_rate_that_cannot_be_read_is_left_as_it_is() -> None:
    timing = {"repeat": {"duration": 10, "durationUnit": "min"}}
    for rate in ({"rateQuantity": {"unit": "mL/h"}}, {"rateRatio": {"numerator": "?"}}, {"rateRange": {"low": "?"}}):
        before = zometa({"timing": timing, "doseAndRate": [stated("4", **rate)]})
        assert changed(before, after(before, minutes("20 min"))) == {(*REPEAT, "duration")}


def test_dose_and_time_are_merged_on_one_order() -> None:
    before = zometa({"doseAndRate": [stated("4", rateRatio=ratio("4", "10"))]})
    now = after(after(before, dose("3.3 mg")), minutes("20 min"))
    again = read(now)
    assert (again.dose, again.infusion) == (Quantity.of("3.3 mg"), Quantity.of("20 min"))


# -- interval


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (
            {"frequency": 1, "period": 14, "periodUnit": "d"},
            {"frequency": 1, "period": 28, "periodUnit": "d"},
        ),
        ({"period": 2, "periodUnit": "wk"}, {"period": 4, "periodUnit": "wk"}),
        ({"frequency": 2, "period": 28, "periodUnit": "d"}, {"frequency": 1, "period": 28, "periodUnit": "d"}),
        ({"frequency": 1, "period": 3, "periodUnit": "mo"}, {"frequency": 1, "period": 28, "periodUnit": "d"}),
        ({"period": 3, "periodMax": 4, "periodUnit": "mo"}, {"period": 28, "periodUnit": "d"}),
        ({"frequency": 1, "period": 2, "periodUnits": "wk"}, {"frequency": 1, "period": 4, "periodUnits": "wk"}),
    ],
)
def test_only_the_interval_changes_in_its_unit_where_that_is_exact(was: Json, becomes: Json) -> None:
    kept = {"duration": 30, "durationUnit": "min", "boundsPeriod": {"start": "2026-06-03"}}
    before = zometa({"timing": {"repeat": was | kept}})
    now = after(before, interval("28 d"))
    assert now["dosageInstruction"] == [{"timing": {"repeat": becomes | kept}}]
    assert read(now).interval == Quantity.of("28 d")


def test_a_code_that_restates_the_old_timing_goes() -> None:
    before = zometa({"timing": {"code": {"text": "Q2W"}, "repeat": {"period": 2, "periodUnit": "wk"}}})
    assert after(before, interval("28 d"))["dosageInstruction"][0]["timing"] == {
        "repeat": {"period": 4, "periodUnit": "wk"}
    }


def test_an_instruction_without_an_interval_keeps_its_timing() -> None:
    once = {"timing": {"code": {"text": "once"}}}
    before = zometa(once, {"timing": {"repeat": {"period": 2, "periodUnit": "wk"}}})
    now = after(before, interval("28 d"))
    assert now["dosageInstruction"] == [once, {"timing": {"repeat": {"period": 4, "periodUnit": "wk"}}}]


def test_a_missing_interval_is_added() -> None:
    now = after(zometa({"doseAndRate": [stated("4")]}), interval("90 d"))
    assert now["dosageInstruction"][0]["timing"] == {"repeat": {"frequency": 1, "period": 90, "periodUnit": "d"}}
    now = after(old_order({}), interval("90 d"))
    assert now["dosageInstruction"][0]["timing"] == {"repeat": {"frequency": 1, "period": 90, "periodUnits": "d"}}


@pytest.mark.parametrize(
    "repeats",
    [
        [{"period": 14, "periodUnit": "d"}, {"period": 1, "periodUnit": "a"}],
        [{"period": 14}],
        [{"period": 14, "periodUnit": "d", "frequency": 0}],
        [{}, {}],
    ],
    ids=str,
)
def test_an_interval_that_cannot_be_placed_with_certainty_is_not_edited(repeats: list[Json]) -> None:
    assert cannot(zometa(*({"timing": {"repeat": repeat}} for repeat in repeats)), interval("28 d"))


def test_a_timing_of_another_shape_is_not_edited() -> None:
    assert cannot(zometa({"timing": ["daily"]}), interval("28 d"))


# -- route, several changes, units of ours


def test_only_the_route_changes() -> None:
    before = order()
    now = after(before, subcutaneous)
    assert {path[:3] for path in changed(before, now)} == {(*DOSAGE, "route")}
    assert read(now).routes == ("route_sc",)
    step = edited(before, subcutaneous)
    assert (step.words, step.figures["route"]) == ("action-route", Names(("route_sc",)))
    assert read(after(zometa({}), subcutaneous)).routes == ("route_sc",)
    assert cannot(zometa({}, {}), subcutaneous)


def test_several_changes_are_one_update() -> None:
    step = edited(order(), lambda draft: SetDose(draft, Quantity.of("3.3 mg"), Quantity.of("90 d"), "route_sc"))
    assert step.resource is not None
    again = read(step.resource)
    assert (again.dose, again.interval, again.routes) == (Quantity.of("3.3 mg"), Quantity.of("90 d"), ("route_sc",))
    assert step.words == "action-change"
    assert set(step.figures) == {"dose", "interval", "route", "text_to_check"}


@pytest.mark.parametrize("make", [dose("3 kg"), interval("4 wk"), minutes("1 h")])
def test_our_own_numbers_come_in_the_house_units(make: Callable[[DraftOrder], Proposal]) -> None:
    assert cannot(order(), make)


# -- postponing


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        (
            {"dispenseRequest": {"validityPeriod": {"start": "2026-06-10"}}},
            ("dispenseRequest", "validityPeriod", "start"),
        ),
        (
            {"dispenseRequest": {"validityPeriod": {"end": "2026-12-31"}}},
            ("dispenseRequest", "validityPeriod", "start"),
        ),
        ({"dispenseRequest": {"quantity": {"value": 1}}}, ("dispenseRequest", "validityPeriod", "start")),
        ({"dispenseRequest": {"validityPeriod": {"start": "2026-07"}}}, None),
        ({}, ("dispenseRequest", "validityPeriod", "start")),
        (
            {"dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"start": "2026-06-03T08:00:00+02:00"}}}}]},
            (*REPEAT, "boundsPeriod", "start"),
        ),
    ],
)
def test_the_first_day_is_no_earlier_than_asked(sent: Json, path: tuple[str | int, ...] | None) -> None:
    before = order(**{"dispenseRequest": None, **sent})
    del before["dispenseRequest"]
    before |= {key: value for key, value in sent.items() if key == "dispenseRequest"}
    if path is None:
        assert cannot(before, later)
        return
    now = after(before, later)
    assert changed(before, now) == {path}
    assert leaves(now)[path] == "2026-07-01"
    planned = read(now).planned
    assert planned is not None
    assert planned.first == LATER
    assert edited(before, later).figures["to"] == LATER


def test_events_before_the_day_become_the_day() -> None:
    before = zometa({"timing": {"event": ["2026-06-10", "2026-06-20", "2026-07-15", "soon"]}})
    assert after(before, later)["dosageInstruction"][0]["timing"]["event"] == ["2026-07-01", "2026-07-15", "soon"]


@pytest.mark.parametrize(
    "sent",
    [
        {"dispenseRequest": {"validityPeriod": {"start": "2026-06-10", "end": "2026-06-30"}}},
        {"dispenseRequest": {"validityPeriod": {"start": "2026-07-01"}}},
        {"dispenseRequest": {"validityPeriod": {"start": "2026-08-01T10:00:00Z"}}},
        {"dispenseRequest": ["?"]},
    ],
)
def test_an_order_that_begins_later_or_ends_before_is_not_postponed(sent: Json) -> None:
    assert cannot(order(**sent), later)


# -- free text


@pytest.mark.parametrize(
    ("sent", "to_check"),
    [
        ({}, False),
        ({"dosageInstruction": [{"text": "4 mg IV", "doseAndRate": [stated("4")]}]}, True),
        ({"dosageInstruction": [{"patientInstruction": "4.0 MG in the drip", "doseAndRate": [stated("4")]}]}, True),
        ({"note": [{"text": "give 4,0mg"}]}, True),
        ({"note": "give 4 mg"}, True),
        ({"note": [{"text": "14 mg, 4 mg/kg, 4.5 mg, 0.4 mg, 4 mgr"}]}, False),
        ({"medicationCodeableConcept": {"text": "Zometa", "coding": [{"display": "zoledronate 4 mg"}]}}, True),
        ({"medicationCodeableConcept": {"text": "Zometa 4 mg / 100 mL", "coding": [{"code": "1"}]}}, False),
    ],
)
def test_words_that_may_tell_the_old_dose_are_left_and_pointed_at(sent: Json, to_check: bool) -> None:
    before = order(**sent)
    step = edited(before, dose("3.3 mg"))
    assert step.figures["text_to_check"] is to_check
    assert step.resource is not None
    assert all(path[-1] == "value" for path in changed(before, step.resource))


def test_a_dose_with_decimals_is_found_in_words() -> None:
    before = zometa(stated("3.5"), note=[{"text": "3,50 mg as agreed"}])
    assert edited(before, dose("3.3 mg")).figures["text_to_check"] is True


def test_without_a_known_dose_only_the_dosage_text_is_looked_at() -> None:
    assert edited(zometa({}, note=[{"text": "4 mg"}]), dose("3.3 mg")).figures["text_to_check"] is False


# -- any order

SCALARS = st.one_of(
    st.text(max_size=8), st.booleans(), st.integers(-5, 500), st.decimals(-99, 99, allow_nan=False, places=3)
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
ELSEWHERE = st.dictionaries(st.sampled_from(["note", "extension", "insurance", "_status", "x-ehr"]), ANYTHING)
DOSES = st.decimals(Decimal("0.001"), 20, allow_nan=False, places=3)


@given(ELSEWHERE, st.dictionaries(st.sampled_from(["site", "additionalInstruction", "id"]), ANYTHING), DOSES, DOSES)
def test_whatever_else_the_order_holds_is_kept(more: Json, dosage: Json, was: Decimal, wanted: Decimal) -> None:
    before = order(**more)
    before["dosageInstruction"][0] |= dosage
    before["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = was
    sent = deepcopy(before)
    made = steps(SetDose(read(before), Quantity(wanted, "mg")), CONTEXT)
    assert leaves(before) == leaves(sent)
    if was == wanted:
        assert made == ()
        return
    resource = made[0].resource
    assert resource is not None
    assert changed(before, resource) == {DOSE}
    assert resource["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == wanted


@given(
    st.sampled_from(["mg", "g", "ug"]),
    DOSES,
    DOSES,
    st.integers(1, 400),
    st.integers(1, 90),
    st.sampled_from(["min", "h", "s"]),
)
def test_dose_and_ratio_always_agree(
    unit: str, was: Decimal, wanted: Decimal, over: int, under: int, time_unit: str
) -> None:
    in_unit = was / {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}[unit]
    quantity = {"value": in_unit, "unit": unit}
    before = zometa({"doseAndRate": [{"doseQuantity": quantity, "rateRatio": ratio(str(over), str(under), time_unit)}]})
    made = steps(SetDose(read(before), Quantity(wanted, "mg")), CONTEXT)
    entry = (made[0].resource if made and made[0].resource else before)["dosageInstruction"][0]["doseAndRate"][0]
    new = entry["rateRatio"]
    speed = Fraction(new["numerator"]["value"]) / Fraction(new["denominator"]["value"])
    assert Fraction(wanted) / speed == Fraction(was) / Fraction(over, under)


@given(
    st.integers(1, 59),
    st.integers(60, 120),
    st.sampled_from(["mg", "mL"]),
    st.sampled_from([4, 7]),
    st.sampled_from([("min", Fraction(1)), ("s", Fraction(1, 60)), ("h", Fraction(60))]),
)
def test_an_infusion_takes_exactly_the_time_asked_for(
    was: int, wanted: int, unit: str, over: int, per: tuple[str, Fraction]
) -> None:
    """4 of the unit run through in ``was`` minutes, however the ratio is written; then in ``wanted``."""
    name, minute = per
    over, under = (
        (60 * over, was * over / Decimal(4)) if name == "h" else (over, was * over * int(1 / minute) / Decimal(4))
    )
    rate = {"numerator": {"value": over, "unit": unit}, "denominator": {"value": round(under, 6), "unit": name}}
    timing = {"repeat": {"duration": was, "durationUnit": "min"}}
    before = zometa({"timing": timing, "doseAndRate": [stated("4", rateRatio=rate)]})
    now = after(before, minutes(f"{wanted} min"))["dosageInstruction"][0]
    assert now["timing"]["repeat"]["duration"] == wanted
    new = now["doseAndRate"][0]["rateRatio"]
    per_minute = Fraction(new["numerator"]["value"]) / Fraction(new["denominator"]["value"]) / minute
    assert 4 / per_minute == wanted
