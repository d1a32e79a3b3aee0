"""Guideline numbers: a misspelt, missing or surplus key, or a number of the wrong kind, stops the start."""

import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.record.quantity import Quantity
from hooks.check import Severity, Unlimited
from hooks.limits import DEFAULT_EDITION, EDITIONS, BadTable, fill, load_editions, load_rules, table_names
from hooks.registry import CHECKS


@dataclass(frozen=True, slots=True)
class Inner:
    """A table within a table."""

    floors: tuple[Quantity, ...]
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Mould:
    """Every kind of number a check may declare."""

    below: Quantity
    inner: Inner


RULE: dict[str, Any] = {
    "title": {"en": "T", "fr": "T"},
    "class": "C",
    "hooks": ["order-sign"],
    "severity": {"due": "critical"},
    "strength": "stated",
    "edition": [
        {
            "id": "aura-2026",
            "below": "30 mL/min",
            "inner": {"floors": ["50 mL/min", "40 mL/min"], "factor": "0.85"},
            "source": {"en": "S", "fr": "S"},
        },
        {
            "id": "aura-earlier",
            "below": "25 mL/min",
            "inner": {"floors": [], "factor": "1"},
            "source": {"en": "S", "fr": "S"},
        },
    ],
}


def table(**changes: Any) -> dict[str, Any]:
    """The rule with other members, or with other numbers in its first edition (``edition__below``)."""
    made = copy.deepcopy(RULE)
    for key, value in changes.items():
        place, name = (made["edition"][0], key.removeprefix("edition__")) if "__" in key else (made, key)
        if value is None:
            del place[name]
        else:
            place[name] = value
    return made


def test_each_edition_keeps_its_own_numbers() -> None:
    rule = fill({"X-1": Mould}, {"X-1": table()})["X-1"]
    assert rule.numbers["aura-2026"] == Mould(
        Quantity.of("30 mL/min"), Inner((Quantity.of("50 mL/min"), Quantity.of("40 mL/min")), Decimal("0.85"))
    )
    assert rule.numbers["aura-earlier"].below == Quantity.of("25 mL/min")
    assert set(rule.sources) == {"aura-2026", "aura-earlier"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"edition__below": None}, r"X-1 aura-2026: missing \['below'\]"),
        ({"edition__belwo": "30 mL/min"}, r"X-1 aura-2026: .*surplus \['belwo'\]"),
        ({"edition__below": "30"}, "X-1 aura-2026 below: '30' is no Quantity"),
        ({"edition__below": "thirty mL/min"}, "is no Quantity"),
        ({"edition__below": 30}, "30 is no Quantity"),
        ({"edition__below": ["30 mL/min"]}, "is no Quantity"),
        ({"edition__inner": "50 mL/min"}, "X-1 aura-2026 inner: '50 mL/min' is no table"),
        ({"edition__inner": {"floors": []}}, r"X-1 aura-2026 inner: missing \['factor'\]"),
        ({"edition__inner": {"floors": ["50"], "factor": "1"}}, "inner floors: '50' is no Quantity"),
        ({"edition__inner": {"floors": [], "factor": "much"}}, "inner factor: 'much' is no Decimal"),
        ({"edition__inner": {"floors": "50 mL/min", "factor": "1"}}, "inner floors"),
        ({"edition__id": "aura-2062"}, r"unknown editions \['aura-2062'\]"),
        ({"edition__below": "@Y-1.below"}, "nothing at @Y-1.below in aura-2026"),
        ({"edition__below": "@X-1.beneath"}, "nothing at @X-1.beneath in aura-2026"),
        ({"hooks": ["order-singn"]}, "unknown hooks"),
        ({"sevrity": {"due": "info"}}, r"surplus keys \['sevrity'\]"),
        ({"class": "I", "severity": None}, "class I must not have a check"),
    ],
)
def test_a_table_that_does_not_fit_stops_the_start(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadTable, match=complaint):
        fill({"X-1": Mould}, {"X-1": table(**changes)})


def test_a_check_without_a_table_stops_the_start() -> None:
    with pytest.raises(BadTable, match=r"\['X-1'\]: a check but no table"):
        fill({"X-1": Mould}, {})


def test_a_computable_rule_without_a_check_stops_the_start() -> None:
    with pytest.raises(BadTable, match="X-1: class C needs a check"):
        fill({}, {"X-1": table()})


def test_a_severity_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(BadTable, match="X-1: severity must be one of"):
        fill({"X-1": Mould}, {"X-1": table(severity={"due": "grave"})})


def test_a_reference_takes_the_number_of_another_rule_in_the_same_edition() -> None:
    other = copy.deepcopy(RULE)
    for row in other["edition"]:
        row |= {"below": "@X-1.below", "inner": "@X-1.inner"}
    filled = fill({"X-1": Mould, "X-2": Mould}, {"X-1": table(), "X-2": other})
    assert filled["X-2"].numbers == filled["X-1"].numbers
    assert filled["X-2"].numbers["aura-earlier"].below == Quantity.of("25 mL/min")


def test_a_reference_to_a_whole_rule_fills_a_mould_within() -> None:
    @dataclass(frozen=True, slots=True)
    class Outer:
        dosing: Mould

    rows = [{"id": edition, "dosing": "@X-1", "source": {}} for edition in ("aura-2026", "aura-earlier")]
    filled = fill({"X-1": Mould, "X-2": Outer}, {"X-1": table(), "X-2": table(edition=rows)})
    assert filled["X-2"].numbers["aura-earlier"].dosing == filled["X-1"].numbers["aura-earlier"]


def test_a_reference_into_an_edition_that_the_other_rule_lacks_stops_the_start() -> None:
    other = table(edition=[{**RULE["edition"][0], "id": "aura-intermediate", "below": "@X-1.below"}])
    with pytest.raises(BadTable, match=r"nothing at @X-1\.below in aura-intermediate"):
        fill({"X-1": Mould, "X-2": Mould}, {"X-1": table(), "X-2": other})


@pytest.mark.parametrize(
    ("severities", "case", "expected"),
    [
        ({"due": "critical"}, "due", Severity.CRITICAL),
        ({"due": "critical"}, "undecided", Severity.WARNING),  # P16: capped at warning
        ({"due": "warning"}, "undecided", Severity.WARNING),
        ({"due": "info"}, "undecided", Severity.INFO),
        ({"due": "info", "high": "critical"}, "undecided", Severity.WARNING),
        ({"due": "critical", "undecided": "info"}, "undecided", Severity.INFO),  # its own wins
    ],
)
def test_a_needs_data_case_is_capped_at_warning(severities: dict[str, str], case: str, expected: Severity) -> None:
    rule = fill({"X-1": Mould}, {"X-1": table(severity=severities)})["X-1"]
    assert rule.severity_of(case) is expected


def test_severities_are_ranked() -> None:
    assert [s.rank for s in (Severity.INFO, Severity.WARNING, Severity.CRITICAL)] == [0, 1, 2]


def test_the_shipped_tables_fit_their_checks() -> None:
    rules = load_rules(CHECKS)
    assert {check.id for check in CHECKS} == {rule.id for rule in rules.values() if rule.numbers}
    for rule in rules.values():
        assert set(rule.sources) <= set(EDITIONS), rule.id
        assert all({"en", "fr"} == set(source) for source in rule.sources.values()), rule.id


def test_a_mould_without_numbers_takes_an_empty_row() -> None:
    rows = [{"id": "aura-2026", "source": {"en": "S", "fr": "S"}}]
    assert fill({"X-1": Unlimited}, {"X-1": table(edition=rows)})["X-1"].numbers == {"aura-2026": Unlimited()}


def test_the_editions() -> None:
    assert tuple(load_editions()) == EDITIONS
    assert DEFAULT_EDITION == "aura-2026"
    assert all({"en", "fr"} == set(edition.label) for edition in load_editions().values())
    assert "editions.toml" not in table_names()
