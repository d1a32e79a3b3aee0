"""BRIDGE-01 with several orders, and BRIDGE-02: denosumab ended some time ago and nothing followed."""

from datetime import timedelta
from typing import Any

import pytest

from fhir_mappers.record.proposals import NewMedication
from hooks.limits import EDITIONS
from tests.checks.test_bridge import besides
from tests.support.bedside import TODAY, Bedside
from tests.support.chart import ago, order_id, stops
from tests.support.drawn import name, rows
from tests.support.renal import clearing

ORDERS = """
stopped              | outcome
---------------------+----------------
first                | not-applicable    # the other order goes on
second               | not-applicable
first, second        | warning due       # both end
all                  | warning due       # without a name all orders of the drug are meant
first, all           | warning due
elsewhere            | warning due       # the order named is not on file
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(ORDERS), ids=name)
def test_a_second_order_goes_on_or_not(row: dict[str, str], edition: str) -> None:
    patient = clearing("80").given("xgeva", ago(28)).ordered("xgeva", ago(200)).ordered("wyost", ago(60))
    named = {"first": order_id(patient, 0), "second": order_id(patient, 1), "elsewhere": "MedicationRequest/x"}
    for one in row["stopped"].split(", "):
        stops(patient, "xgeva", prior=named.get(one))
    assert patient.outcome("BRIDGE-01", edition) == row["outcome"]


def test_zoledronic_acid_of_before_is_no_bridge_when_the_last_dose_is_unknown() -> None:
    patient = clearing("80").given("zometa", ago(500)).ordered("xgeva", ago(300))
    assert stops(patient, "xgeva").outcome("BRIDGE-01") == "warning due"
    assert stops(patient.given("zometa", ago(20)), "xgeva").outcome("BRIDGE-01") == "satisfied"


ENDED = """
order       | end  | last dose | besides               | outcome
------------+------+-----------+-----------------------+--------------------------------
completed   |      | 59        |                       | not-applicable
completed   |      | 60        |                       | warning due
completed   |      | 548       |                       | warning due
completed   |      | 549       |                       | not-applicable
stopped     |      | 60        |                       | warning due
on-hold     |      | 100       |                       | not-applicable
cancelled   |      | 100       |                       | not-applicable
            |      | 100       |                       | not-applicable
completed   | 60   |           |                       | warning due         # the end of the order stands in
completed   | 59   |           |                       | not-applicable
completed   | 548  |           |                       | warning due
completed   | 549  |           |                       | not-applicable
stopped     | 100  |           |                       | warning due
stopped     | -30  |           |                       | not-applicable      # its end is not a day of the past
completed   |      |           |                       | not-applicable      # no day at all
completed   | 20   | 100       |                       | warning due         # the dose counts, not the order
completed   | 100  | ?         |                       | needs-data last_dose
completed   |      | 2026-04   |                       | needs-data last_dose  # 34 to 63 days
completed   |      | 2026-03   |                       | warning due
active      |      | 100       |                       | not-applicable      # still running (DMAB-ADH-01)
completed   |      | 100       | xgeva ordered         | not-applicable      # a new order
completed   |      | 100       | alendronate ordered   | not-applicable      # an antiresorptive runs
completed   |      | 100       | zometa ordered        | not-applicable
completed   |      | 100       | zometa given 99       | satisfied
completed   |      | 100       | zometa given 100      | warning due
completed   |      | 100       | aclasta given 50      | satisfied
completed   |      | 100       | zometa given 300      | warning due
completed   |      | 100       | zometa not-done 50    | warning due
completed   |      | 100       | comfort plan          | not-applicable
completed   |      | 100       | hospice plan          | not-applicable
completed   |      | 100       | survival 2.9          | not-applicable
completed   |      | 100       | survival 2.9, pembrolizumab | warning due
completed   |      | 100       | survival 3            | warning due
completed   |      | 100       | ? carePlans           | needs-data comfort_care_only
completed   |      | 100       | ? medicationRequests  | needs-data antiresorptive_order,zoledronic_acid
"""


def ended(row: dict[str, str]) -> Bedside:
    """The order of the row, its end, its last dose and one more fact."""
    patient = clearing("80")
    if row["order"]:
        validity = {"validityPeriod": {"start": ago(700), "end": ago(row["end"])}} if row["end"] else None
        extra: dict[str, Any] = {"dispenseRequest": validity} if validity else {}
        patient.ordered("xgeva", ago(700), status=row["order"], **extra)
    if row["last dose"] == "?":
        patient.without("medicationAdministrations")
    elif row["last dose"]:
        patient.given("xgeva", ago(row["last dose"]), "120 mg")
    return besides(patient, row["besides"]) if row["besides"] else patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(ENDED), ids=name)
def test_an_end_without_a_bridge_is_caught_up(row: dict[str, str], edition: str) -> None:
    assert ended(row).outcome("BRIDGE-02", edition) == row["outcome"]


@pytest.mark.parametrize("product", ["prolia", "denosumab", "zometa"])
def test_only_the_oncology_product_is_caught_up(product: str) -> None:
    patient = clearing("80").ordered(product, ago(400), status="completed").given(product, ago(100))
    assert patient.outcome("BRIDGE-02") == "not-applicable"


@pytest.mark.parametrize("end", [None, 100])
def test_a_delay_told_by_the_order_is_marked_approximate(end: int | None) -> None:
    row = {"order": "completed", "end": str(end or ""), "last dose": "" if end else "100", "besides": ""}
    verdict = ended(row).asks("BRIDGE-02").verdict
    assert ("approximate" in verdict.notes) == (end is not None)
    (bridge,) = (p for p in verdict.proposals if isinstance(p, NewMedication))
    assert bridge.on in (None, TODAY)
    assert str(verdict.figures["days"]) == "100 d"


KIDNEY = """
clearance | BRIDGE-02
----------+-----------------------
42        | warning due
29.9      | warning impossible
          | warning kidney_unknown
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(KIDNEY), ids=name)
def test_catching_up_depends_on_the_kidney_too(row: dict[str, str], edition: str) -> None:
    patient = clearing(row["clearance"]).ordered("xgeva", ago(400), status="completed").given("xgeva", ago(70))
    assert patient.outcome("BRIDGE-02", edition) == row["BRIDGE-02"]
    bridges = [p for p in patient.asks("BRIDGE-02", edition).verdict.proposals if isinstance(p, NewMedication)]
    assert [b.on for b in bridges] == [TODAY + timedelta(days=20)] * (row["BRIDGE-02"] == "warning due")
