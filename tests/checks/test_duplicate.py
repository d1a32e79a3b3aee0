"""AR-DUP-01: two antiresorptives do not run together, save a declared switch or bridge."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago, order_id, stops
from tests.support.drawn import name, rows

RUNNING = """
draft           | running            | last dose | outcome
----------------+--------------------+-----------+------------------------------
zometa          |                    |           | satisfied
zometa          | xgeva              | 58        | warning due      # 28 d and a month
zometa          | xgeva              | 59        | satisfied
zometa          | xgeva every 84 d   | 114       | warning due      # its own interval and a month
zometa          | xgeva every 84 d   | 115       | satisfied
xgeva           | zometa             | 58        | warning due
xgeva           | zometa             | 59        | satisfied
xgeva           | zometa every 90 d  | 120       | warning due
xgeva           | zometa every 90 d  | 121       | satisfied
zometa          | prolia             | 213       | warning due      # 183 d and a month
zometa          | prolia             | 214       | satisfied
zometa          | prolia every 26 wk | 212       | warning due
zometa          | prolia every 26 wk | 213       | satisfied
xgeva           | prolia             | 213       | warning due      # labels forbid two denosumabs
xgeva           | prolia             | 214       | satisfied
xgeva           | aclasta            | 395       | warning due      # a year and a month
xgeva           | aclasta            | 396       | satisfied
zometa          | aclasta            | 395       | warning due
zometa          | alendronate        | 60        | warning due
zometa          | alendronate        | 61        | satisfied
zometa          | pamidronate        | 58        | warning due
xgeva           | xgeva              | 28        | satisfied        # a renewal
zometa          | zometa             | 28        | satisfied
xgeva           | wyost              | 28        | satisfied        # the same product by another name
zometa          | xgeva stopped      | 28        | satisfied
zometa          | xgeva on-hold      | 28        | satisfied
zometa          | xgeva completed    | 28        | satisfied
zometa          | xgeva              | 2026-04   | warning due      # 34 to 63 days: may be within
aclasta         | xgeva              | 28        | not-applicable   # no oncology product drafted
prolia          | zometa             | 28        | not-applicable
zoledronic acid | xgeva              | 28        | not-applicable
"""


AGAIN = """
first  | second | second starts | outcome
-------+--------+---------------+--------------------
zometa | zometa |               | warning same_twice      # both for today: the doses add up
zometa | zometa | -20           | warning same_twice
zometa | zometa | -21           | satisfied               # the next course, planned ahead
xgeva  | wyost  |               | warning same_twice      # one product, two names
zometa | xgeva  |               | warning drafted_twice
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(AGAIN), ids=name)
def test_the_same_product_is_not_drafted_twice_for_one_time(row: dict[str, str], edition: str) -> None:
    starts = ago(row["second starts"]) if row["second starts"] else None
    patient = Bedside().drafts_order(row["first"], "4 mg").drafts_order(row["second"], "4 mg", starts=starts)
    assert patient.outcome("AR-DUP-01", edition) == row["outcome"]


def test_the_other_drug_is_named() -> None:
    running = Bedside().ordered("xgeva", ago(60)).given("xgeva", ago(20)).drafts_order("zometa", "4 mg")
    assert running.asks("AR-DUP-01").verdict.figures["other"].keys == ("denosumab",)
    drafted = Bedside().drafts_order("zometa", "4 mg").drafts_order("xgeva", "120 mg")
    assert drafted.asks("AR-DUP-01").verdict.figures["other"].keys == ("denosumab",)


def test_the_doses_of_the_session_are_added_up_when_all_are_stated() -> None:
    stated = Bedside().drafts_order("zometa", "4 mg").drafts_order("zometa", "3.5 mg").asks("AR-DUP-01")
    assert str(stated.verdict.figures["total"]) == "7.5 mg"
    unstated = Bedside().drafts_order("zometa", "4 mg").drafts_order("zometa").asks("AR-DUP-01")
    assert unstated.verdict.figures["total"] is None


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(RUNNING), ids=name)
def test_another_product_with_a_recent_dose_is_a_duplicate(row: dict[str, str], edition: str) -> None:
    patient = Bedside()
    if row["running"]:
        product, _, how = row["running"].partition(" ")
        extra: dict[str, Any] = {"every": how.removeprefix("every ")} if how.startswith("every") else {}
        status = how if how and not extra else "active"
        patient.ordered(product, ago(500), status=status, **extra).given(product, ago(row["last dose"]))
    assert patient.drafts_order(row["draft"]).outcome("AR-DUP-01", edition) == row["outcome"]


NEVER_DOSED = """
running         | written | outcome
----------------+---------+----------------------
xgeva           | 5       | warning due           # a dose is due or was just given
xgeva           | 58      | warning due
xgeva           | 59      | needs-data last_dose  # presumed running: doses given elsewhere?
xgeva           | 730     | needs-data last_dose
xgeva           | 731     | satisfied
alendronate     | 100     | needs-data last_dose  # tablets leave no record of doses
xgeva -30       | 5       | satisfied             # planned, not begun
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(NEVER_DOSED), ids=name)
def test_a_running_order_without_any_dose(row: dict[str, str], edition: str) -> None:
    product, _, begins = row["running"].partition(" ")
    extra: dict[str, Any] = {"starts": ago(begins)} if begins else {}
    patient = Bedside().ordered(product, ago(row["written"]), **extra).drafts_order("zometa")
    assert patient.outcome("AR-DUP-01", edition) == row["outcome"]


EXCUSES = """
excuse                            | outcome
----------------------------------+----------------------
none                              | warning due
reason antiresorptive_switch      | satisfied
reason denosumab_zoledronate_bridge | satisfied
reason bone_metastasis            | warning due
stopped by name                   | satisfied
stopped by product                | satisfied
stopped do not perform            | satisfied
stopped discontinuation           | satisfied
stopped another order             | warning due
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(EXCUSES), ids=name)
def test_what_excuses_the_other_drug(row: dict[str, str], edition: str) -> None:
    patient = Bedside().ordered("zometa", ago(500), status="stopped").ordered("xgeva", ago(100))
    patient.given("xgeva", ago(28))
    how, _, rest = row["excuse"].partition(" ")
    extra = {"reason": rest} if how == "reason" else {}
    if rest == "by name":
        stops(patient, "xgeva", prior=order_id(patient))
    elif rest == "another order":
        stops(patient, "zometa", prior=order_id(patient, 0))
    elif how == "stopped":
        stops(patient, "xgeva", "stopped" if rest == "by product" else rest)
    patient.drafts_order("zometa", **extra)
    finding = next(f for f in patient.findings(edition).all if f.rule.id == "AR-DUP-01")
    said = f"{finding.severity} {finding.verdict.case}" if finding.speaks else finding.verdict.outcome
    assert said == row["outcome"] if row["outcome"] != "satisfied" else not finding.speaks


def test_an_old_order_of_another_product_is_not_kept_alive_by_doses_of_this_one() -> None:
    patient = Bedside().ordered("prolia", ago(720)).given("prolia", ago(700)).given("xgeva", ago(28))
    assert patient.drafts_order("xgeva").outcome("AR-DUP-01") == "satisfied"


def test_an_order_that_does_not_say_which_denosumab_may_be_the_same_one() -> None:
    patient = Bedside().ordered("denosumab", ago(100)).given("xgeva", ago(28)).drafts_order("xgeva")
    assert patient.outcome("AR-DUP-01") == "needs-data product"
    assert Bedside().ordered("denosumab", ago(20)).drafts_order("zometa").outcome("AR-DUP-01") == "warning due"


def test_an_order_without_any_date_is_asked_about() -> None:
    patient = Bedside().ordered("xgeva", ago(100)).drafts_order("zometa")
    patient.resources["medicationRequests"][0].pop("authoredOn")
    assert patient.outcome("AR-DUP-01") == "needs-data last_dose"


def test_what_the_patient_takes_at_home_counts() -> None:
    assert Bedside().stated("alendronate", ago(20)).drafts_order("zometa").outcome("AR-DUP-01") == "warning due"
    patient = Bedside().stated("alendronate", ago(20), status="stopped").drafts_order("zometa")
    assert patient.outcome("AR-DUP-01") == "satisfied"


def test_two_products_in_one_signature() -> None:
    patient = Bedside().drafts_order("zometa").drafts_order("xgeva")
    assert patient.outcome("AR-DUP-01") == "warning drafted_twice"
    bridge = Bedside().drafts_order("xgeva").drafts_order("zometa", reason="denosumab_zoledronate_bridge")
    assert {f.verdict.outcome for f in bridge.findings().all if f.rule.id == "AR-DUP-01"} <= {
        "satisfied",
        "not-applicable",
    }


def test_the_other_order_is_proposed_for_stopping() -> None:
    patient = Bedside().ordered("xgeva", ago(100)).given("xgeva", ago(28)).drafts_order("zometa")
    (stop,) = patient.asks("AR-DUP-01").verdict.proposals
    assert [o.source.resource for o in stop.orders] == [order_id(patient)]


@pytest.mark.parametrize("kind", ["medicationRequests", "medicationStatements"])
def test_orders_that_were_not_fetched_are_not_taken_for_none(kind: str) -> None:
    assert Bedside().without(kind).drafts_order("zometa").outcome("AR-DUP-01") == "needs-data other_antiresorptive"
