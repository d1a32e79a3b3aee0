"""VITD-CHECK-01: 25-OH vitamin D is known before the first antiresorptive dose."""

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.vitamins import calcium, level

KNOWN = """
order           | level       | days    | VITD-CHECK-01
----------------+-------------+---------+------------------------------------
zometa          |             |         | warning due
xgeva           |             |         | warning due
pamidronate     |             |         | warning due
zometa          | 35 ng/mL    | 0       | satisfied
zometa          | 35 ng/mL    | 180     | satisfied                          # the last good day
zometa          | 35 ng/mL    | 181     | warning too_old
xgeva           | 35 ng/mL    | 181     | warning too_old
zometa          | 35 ng/mL    | -1      | warning due                        # tomorrow
zometa          | 8 ng/mL     | 180     | satisfied                          # known: VITD-REPL-01 takes over
zometa          | 200 ng/mL   | 180     | satisfied                          # VITD-TOX-01 takes over
zometa          | 35          | 10      | warning unusable                   # without a unit
zometa          | 35 mg/L     | 10      | warning unusable
zometa          | 35 ng/mL    | 2026-01 | satisfied                          # 123 to 153 days
zometa          | 35 ng/mL    | 2025-12 | warning unusable                   # 154 to 184
zometa          | 35 ng/mL    | 2025-11 | warning too_old
zometa          | ?           |         | needs-data vitamin_d_25oh_total
aclasta         |             |         | not-applicable                     # osteoporosis products
prolia          |             |         | not-applicable
zoledronic acid |             |         | not-applicable                     # cannot be told
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(KNOWN), ids=name)
def test_the_level_is_known_before_the_first_dose(row: dict[str, str], edition: str) -> None:
    patient = calcium(Bedside(), "2.40").drafts_order(row["order"])
    if row["level"] == "?":
        # one observation that cannot be read: it may be the level
        patient.resources["observations"].append({"resourceType": "Observation", "id": "x", "status": 7})
    elif row["level"]:
        level(patient, row["level"], row["days"])
    assert patient.outcome("VITD-CHECK-01", edition) == row["VITD-CHECK-01"]


@pytest.mark.parametrize("status", ["preliminary", "entered-in-error", "cancelled", "registered"])
def test_only_a_final_result_is_a_result(status: str) -> None:
    patient = level(Bedside(), "35 ng/mL", 10, status=status).drafts_order("zometa")
    assert patient.outcome("VITD-CHECK-01") == "warning due"
    assert level(patient, "35 ng/mL", 20, status="amended").outcome("VITD-CHECK-01") == "satisfied"


def test_a_result_under_the_code_of_d3_counts_when_it_is_the_newest() -> None:
    patient = Bedside().drafts_order("zometa").observed("vitamin_d_25oh_d3", f"35 ng/mL @ {ago(10)}")
    assert patient.outcome("VITD-CHECK-01") == "satisfied"
    assert level(patient, "35", 5).outcome("VITD-CHECK-01") == "warning unusable"


def test_nothing_was_sent_is_no_result_missing() -> None:
    patient = Bedside().drafts_order("zometa").without("observations")
    assert "vitamin_d_25oh_total" in patient.outcome("VITD-CHECK-01")
    assert patient.outcome("VITD-CHECK-01").startswith("needs-data")


STATE = """
before                | order  | VITD-CHECK-01
----------------------+--------+----------------
180 given zometa      | zometa | not-applicable   # on treatment
181 given zometa      | zometa | warning due      # a restart
180 given zometa      | xgeva  | not-applicable   # a change of drug is no start
180 given aclasta     | zometa | warning due      # another use
34 ordered xgeva      | xgeva  | warning due
35 ordered xgeva      | xgeva  | not-applicable   # presumed: the dates are asked instead
"""


@pytest.mark.parametrize("row", rows(STATE), ids=name)
def test_only_a_start_asks_for_the_level(row: dict[str, str]) -> None:
    days, how, product = row["before"].split()
    patient = calcium(Bedside(), "2.40").drafts_order(row["order"])
    before = patient.given(product, ago(days)) if how == "given" else patient.ordered(product, ago(days))
    assert before.outcome("VITD-CHECK-01") == row["VITD-CHECK-01"]


EMERGENCY = """
calcium | priority | reason         | VITD-CHECK-01
--------+----------+----------------+---------------
3.50    |          |                | warning due
3.51    |          |                | not-applicable
2.40    | urgent   | hypercalcaemia | not-applicable
2.99    |          | hypercalcaemia | warning due
3.00    |          | hypercalcaemia | not-applicable
2.40    | stat     | lung_cancer    | not-applicable
2.40    | asap     | lung_cancer    | warning due
"""


@pytest.mark.parametrize("row", rows(EMERGENCY), ids=name)
def test_an_emergency_waives_the_level(row: dict[str, str]) -> None:
    extra = {"priority": row["priority"]} if row["priority"] else {}
    patient = calcium(Bedside(), row["calcium"]).drafts_order("zometa", reason=row["reason"] or None, **extra)
    assert patient.outcome("VITD-CHECK-01") == row["VITD-CHECK-01"]


def asked(patient: Bedside, days: int, status: str = "active", what: str = "vitamin_d_25oh_total") -> Bedside:
    row = {"status": status, "intent": "order", "code": concept(what), "authoredOn": ago(days)}
    return patient.add("serviceRequests", "ServiceRequest", row)


def test_the_test_among_the_drafts_is_enough() -> None:
    patient = Bedside().drafts_order("zometa")
    row = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    }
    for what, outcome in (("calcium_total", "warning due"), ("vitamin_d_25oh_d3", "satisfied")):
        patient.drafts.append({**row, "id": what, "code": concept(what)})
        assert patient.outcome("VITD-CHECK-01") == outcome


PENDING = """
asked       | level days | note
------------+------------+--------
30 active   |            | awaited
31 active   |            |
10 on-hold  |            | awaited
10 completed |           |
10 revoked  |            |
10 active   | 200        | awaited   # the old result is not the answer
0 active    | 0          |
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(PENDING), ids=name)
def test_a_pending_test_is_named_as_awaited(row: dict[str, str], edition: str) -> None:
    days, status = row["asked"].split()
    patient = asked(Bedside().drafts_order("zometa"), int(days), status)
    if row["level days"] == "0":  # asked for and resulted today, in a unit that is not understood
        level(patient, "35 mg/L", 0)
    elif row["level days"]:
        level(patient, "35 ng/mL", row["level days"])
    finding = patient.asks("VITD-CHECK-01", edition)
    assert finding.verdict.outcome == "due"
    assert finding.verdict.notes == ((row["note"],) if row["note"] else ())


def test_a_missing_level_proposes_the_test_and_quotes_an_old_result() -> None:
    finding = level(Bedside(), "12 ng/mL", 181).drafts_order("zometa").asks("VITD-CHECK-01")
    assert finding.verdict.proposals[0].items == ("vitamin_d_test",)
    assert finding.verdict.figures["last"].value == "12"


def test_a_child_is_outside() -> None:
    finding = Bedside().person(born="2010-01-01").drafts_order("zometa").asks("VITD-CHECK-01")
    assert (finding.status, finding.because) == ("silent", "muted by AR-SCOPE-01")
