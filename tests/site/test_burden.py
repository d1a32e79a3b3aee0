"""The burden of alerts, counted by hand and by the report, on both databases."""

from datetime import date, timedelta

import pytest

from cds_service.site.burden import Report, RuleLine, burden, per_100
from cds_service.site.burden_data import Scope
from cds_service.site.burden_privacy import OTHER_WARDS, hidden, masked, pool
from cds_service.site.burden_rows import as_rows
from cds_service.store.engine import Database
from hooks.services import services
from tests.site.log import DAY, SIGN, VIEW, Log, Said, write

DENTAL, DOSE, OVERDUE = "AR-DENTAL-01", "ZOL-DOSE-01", "DMAB-ADH-01"
WEEK = Scope(DAY, DAY + timedelta(days=6))


def report_of(database: Database, scope: Scope = WEEK, smallest: int = 1) -> Report:
    with database.reading() as connection:
        return burden(connection, scope, smallest)


def rule(report: Report, wanted: str) -> RuleLine:
    return next(line for line in report.rules if line.rule == wanted)


def hand_counted(log: Log) -> None:
    """Ten calls to sign, of which four spoke; two charts opened, of which one spoke.

    DENTAL  3 calls: 2 shown (one accepted, one overridden), 1 silent         asked in 10 -> 30 per 100
    DOSE    2 calls: 1 shown (on DENTAL's overridden card), 1 snoozed and needing data      -> 20 per 100
    OVERDUE 1 chart, shown and ignored                                        asked in 2  -> 50 per 100
    """
    first = log.call([Said(DENTAL)], patient="a")
    second = log.call([Said(DENTAL), Said(DOSE)], patient="b")
    log.call([Said(DENTAL, card=None, because="silent")], patient="b")
    log.call([Said(DOSE, card=None, because="snoozed", status="needs-data")], patient="c")
    for number in range(6):
        log.call(patient=f"d{number}")
    log.call([Said(OVERDUE)], service=VIEW, patient="a")
    log.call(service=VIEW, patient="b")
    log.report(first["card"], "overridden", after=1)
    log.report(first["card"], "accepted", after=2)  # what was said last counts
    log.report(second["card"], "overridden", after=1, reason_code="comfort-care", reason_system="https://x")


def test_the_report_says_what_was_counted_by_hand(database: Database) -> None:
    with write(database) as log:
        hand_counted(log)
    report = report_of(database)
    assert report.calls == 12
    dental, dose, overdue = (rule(report, wanted) for wanted in (DENTAL, DOSE, OVERDUE))
    assert (dental.asked, dental.calls, dental.per_100, dental.needs_data) == (10, 3, 30.0, 0)
    assert (dental.shown, dental.shown_per_100, dental.patients) == (2, 20.0, 2)
    assert (dental.cards, dental.accepted, dental.overridden, dental.ignored) == (2, 1, 1, 0)
    assert (dental.withheld, dental.reasons) == ({"silent": 1}, (("https://x", "comfort-care", 1),))
    assert (dose.asked, dose.calls, dose.per_100, dose.needs_data, dose.patients) == (10, 2, 20.0, 1, 2)
    assert (dose.cards, dose.accepted, dose.overridden, dose.withheld) == (1, 0, 1, {"snoozed": 1})
    assert (overdue.asked, overdue.per_100, overdue.cards, overdue.ignored) == (2, 50.0, 1, 1)
    sign, view = report.services
    assert (sign.name, sign.calls, sign.patients, sign.speaking, sign.speaking_per_100) == (SIGN, 10, 9, 4, 40.0)
    assert (sign.shown, sign.shown_per_100) == (2, 20.0)
    assert (view.name, view.calls, view.speaking, view.shown) == (VIEW, 2, 1, 1)
    assert [line.rule for line in report.rules[:3]] == [OVERDUE, DENTAL, DOSE]


def test_a_rule_that_never_spoke_is_told_with_its_zeros_and_one_nobody_asked_is_not(database: Database) -> None:
    with write(database) as log:
        log.call(service=VIEW)
    report = report_of(database)
    asked = {check.id for service in services() if service.id == VIEW for check in service.checks}
    assert {line.rule for line in report.rules} == asked
    assert {(line.asked, line.calls, line.per_100, line.patients) for line in report.rules} == {(1, 0, 0.0, 0)}


def test_an_empty_period_says_so(database: Database) -> None:
    report = report_of(database)
    assert (report.calls, report.rules, report.services, report.weeks, report.first_call) == (0, (), (), (), None)


@pytest.mark.parametrize(
    ("first", "last", "calls"),
    [
        (DAY, DAY, 1),
        (DAY - timedelta(days=1), DAY, 2),
        (DAY + timedelta(days=1), DAY + timedelta(days=1), 0),
        (DAY - timedelta(days=1), DAY - timedelta(days=1), 1),
    ],
)
def test_both_ends_of_the_period_count(database: Database, first: date, last: date, calls: int) -> None:
    with write(database) as log:
        log.call(day=DAY)
        log.call(day=DAY - timedelta(days=1))
    assert report_of(database, Scope(first, last)).calls == calls


def test_a_client_is_told_alone(database: Database) -> None:
    with write(database) as log:
        log.call([Said(DENTAL)])
        log.call([Said(DENTAL)], client="other")
        log.call(client="other")
    assert [report_of(database, Scope(DAY, DAY, client)).calls for client in (None, "ehr", "other", "none")] == [
        3,
        1,
        2,
        0,
    ]
    assert rule(report_of(database, Scope(DAY, DAY, "other")), DENTAL).per_100 == 50.0


def test_weeks_begin_on_monday(database: Database) -> None:
    with write(database) as log:
        for day, said in (
            (DAY - timedelta(days=1), [Said(DENTAL)]),
            (DAY, []),
            (DAY + timedelta(days=6), [Said(DOSE)]),
        ):
            log.call(said, day=day)
    report = report_of(database, Scope(DAY - timedelta(days=7), DAY + timedelta(days=6)))
    assert [(week.monday, week.calls, week.spoke, week.shown) for week in report.weeks] == [
        (DAY - timedelta(days=7), 1, {DENTAL: 1}, {DENTAL: 1}),
        (DAY, 2, {DOSE: 1}, {DOSE: 1}),
    ]


def test_a_change_of_version_is_noticed(database: Database) -> None:
    with write(database) as log:
        log.call()
        assert log.call(policy_version="site/2026-11-02/abc") == {}
    report = report_of(database)
    assert (report.versions, report.first_call) == (2, DAY)


def test_wards_with_few_patients_are_pooled_and_small_cells_hidden(database: Database) -> None:
    with write(database) as log:
        for number in range(8):
            spoke = [Said(DENTAL)] if number < 6 else []
            log.call(spoke, ward="onco", patient=f"o{number}")
        for number in range(6):
            spoke = [Said(DENTAL)] if number < 5 else [Said(DOSE)]
            log.call(spoke, ward="pneumo", patient=f"n{number}")
        for number in range(3):
            log.call([Said(DENTAL)], ward="derm", patient=f"d{number}")
        for number in range(2):
            log.call([], ward=None, patient=f"u{number}")
    report = report_of(database, smallest=5)
    assert {(line.name, line.calls, line.patients) for line in report.wards} == {
        ("onco", 8, 8),
        ("pneumo", 6, 6),
        (OTHER_WARDS, 5, 5),
    }
    assert {ward: report.cells[DENTAL, ward] for ward in ("onco", "pneumo", OTHER_WARDS)} == {
        "onco": 6,
        "pneumo": None,  # or the sum would tell the next
        OTHER_WARDS: None,
    }
    assert report.cells[DOSE, "pneumo"] is None
    told = {line.name: (line.speaking, line.shown) for line in report.wards}
    assert told == {"onco": (None, None), "pneumo": (6, 6), OTHER_WARDS: (None, None)}
    assert rule(report, DOSE).patients is None
    assert "derm" not in str(as_rows(report))
    assert {row["hidden"] for row in as_rows(report)["wards-by-rule"]} == {True, False}


def test_one_ward_alone_is_no_table(database: Database) -> None:
    with write(database) as log:
        for number in range(6):
            log.call([Said(DENTAL)], patient=f"p{number}")
    report = report_of(database, smallest=5)
    assert (report.wards, report.cells) == ((), {})


@pytest.mark.parametrize(
    ("people", "pooled"),
    [
        ({"a": 5, "b": 5}, set()),
        ({"a": 5, "b": 4}, {"a", "b"}),  # four alone would be told by difference: the next joins them
        ({"a": 9, "b": 4, "c": 4}, {"b", "c"}),
        ({"a": 9, "b": 5, "c": 4}, {"b", "c"}),
        ({"a": 4}, {"a"}),
        ({}, set()),
    ],
)
def test_the_pool_is_large_enough(people: dict[str | None, int], pooled: set[str]) -> None:
    assert {ward for ward, name in pool(people, 5).items() if name == OTHER_WARDS} == pooled


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ({"a": 5, "b": 6}, {"a", "b"}),
        ({"a": 4, "b": 6, "c": 7}, {"c"}),
        ({"a": 4, "b": 3, "c": 7}, {"c"}),
        ({"a": 4, "b": 0, "c": 7, "d": 8}, {"b", "d"}),  # nobody at all hides nothing
    ],
)
def test_no_hidden_number_can_be_computed_from_the_sum(people: dict[str | None, int], shown: set[str]) -> None:
    told = hidden(people, people, 5)
    assert {ward for ward, count in told.items() if count is not None} == shown


def test_small_numbers_of_patients_are_masked() -> None:
    assert [masked(count, 5) for count in (0, 1, 4, 5)] == [0, None, None, 5]
    assert [per_100(count, of) for count, of in ((1, 3), (0, 3), (1, 0), (None, 3))] == [33.3, 0.0, None, None]
