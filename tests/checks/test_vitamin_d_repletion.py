"""VITD-REPL-01: the loading course by level, edition, calcium and what was taken since the sample."""

import pytest

from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.vitamins import calcium, level

BANDS = """
level        | 2026 and intermediate | earlier     | table 1       | box 2026      | box earlier
-------------+-----------------------+-------------+---------------+---------------+--------------
<4 ng/mL     | 8 x 50000             | 4 x 100000  | deficiency    | deficiency    | deficiency
9.9 ng/mL    | 8 x 50000             | 4 x 100000  | deficiency    | deficiency    | deficiency
10.0 ng/mL   | 8 x 50000             | 3 x 100000  | insufficiency | deficiency    | insufficiency
15 ng/mL     | 8 x 50000             | 3 x 100000  | insufficiency | deficiency    | insufficiency   # A3: both words
19.99 ng/mL  | 8 x 50000             | 3 x 100000  | insufficiency | deficiency    | insufficiency
20.0 ng/mL   | 4 x 50000             | 3 x 100000  | insufficiency | insufficiency | insufficiency   # A5: the larger
20.1 ng/mL   | 4 x 50000             | 2 x 100000  | insufficiency | insufficiency | insufficiency
29.99 ng/mL  | 4 x 50000             | 2 x 100000  | insufficiency | insufficiency | insufficiency
30.0 ng/mL   |                       |             |               |               |
24.9 nmol/L  | 8 x 50000             | 4 x 100000  | deficiency    | deficiency    | deficiency
25.0 nmol/L  | 8 x 50000             | 3 x 100000  | insufficiency | deficiency    | insufficiency
49.99 nmol/L | 8 x 50000             | 3 x 100000  | insufficiency | deficiency    | insufficiency
50.0 nmol/L  | 4 x 50000             | 3 x 100000  | insufficiency | insufficiency | insufficiency
50.1 nmol/L  | 4 x 50000             | 2 x 100000  | insufficiency | insufficiency | insufficiency
74.9 nmol/L  | 4 x 50000             | 2 x 100000  | insufficiency | insufficiency | insufficiency   # 30.01 ng/mL
75.0 nmol/L  |                       |             |               |               |
30 ug/L      |                       |             |               |               |
2999 ng/dL   | 4 x 50000             | 2 x 100000  | insufficiency | insufficiency | insufficiency
75000 pmol/L |                       |             |               |               |
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(BANDS), ids=name)
def test_the_course_follows_the_level_in_its_own_unit(row: dict[str, str], edition: str) -> None:
    finding = level(Bedside(), row["level"]).drafts_order("zometa").asks("VITD-REPL-01", edition)
    earlier = edition == "aura-earlier"
    course = row["earlier" if earlier else "2026 and intermediate"]
    assert finding.verdict.outcome == ("due" if course else "satisfied")
    if course:
        said = finding.verdict.figures
        assert f"{said['doses']} x {said['each'].value}" == course
        assert said["every"] == Quantity.of("15 d" if earlier else "7 d")
        assert said["label"].keys == (row["table 1"],)
        assert said["called"].keys == (row["box earlier" if earlier else "box 2026"],)
        assert said["upkeep"] == Quantity.of("100000 [iU]" if earlier else "50000 [iU]")
        assert str(said["target"]) == ("75 nmol/L" if "mol" in row["level"] else "30 ng/mL")


def patient_at(moment: str, treated: str) -> Bedside:
    """Someone with a level of 15 ng/mL; ``treated``: blank, ``given`` or ``presumed``."""
    patient = level(Bedside(moment=moment), "15 ng/mL")
    if treated == "given":
        patient.given("zometa", ago(30))
    return patient.ordered("zometa", ago(40)) if treated == "presumed" else patient


MOMENTS = """
moment              | treated  | draft   | VITD-REPL-01
--------------------+----------+---------+-------------------
order-sign          |          | zometa  | warning due
order-sign          | given    | zometa  | info on_treatment
order-sign          | presumed | zometa  | info on_treatment
order-sign          | given    |         | not-applicable      # nothing is being ordered
order-sign          |          | aclasta | not-applicable
medication-refill   | given    | xgeva   | info on_treatment
medication-refill   | given    |         | not-applicable
patient-view        | given    |         | info on_treatment
patient-view        | presumed |         | info on_treatment
patient-view        |          |         | not-applicable
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(MOMENTS), ids=name)
def test_a_start_warns_and_a_treatment_informs(row: dict[str, str], edition: str) -> None:
    patient = patient_at(row["moment"], row["treated"])
    if row["draft"]:
        patient.drafts_order(row["draft"])
    assert patient.outcome("VITD-REPL-01", edition) == row["VITD-REPL-01"]


FRESH = """
level     | days | start                              | on treatment
----------+------+------------------------------------+--------------------------------
15 ng/mL  | 180  | warning due                        | info on_treatment
15 ng/mL  | 181  | not-applicable                     | not-applicable                   # to be measured anew
          |      | not-applicable                     | not-applicable
15        | 10   | not-applicable                     | needs-data vitamin_d_25oh_total  # unit unknown
"""


@pytest.mark.parametrize("row", rows(FRESH), ids=name)
def test_only_a_fresh_and_readable_level_chooses_a_course(row: dict[str, str]) -> None:
    start = level(Bedside(), row["level"], row["days"]).drafts_order("zometa")
    assert start.outcome("VITD-REPL-01") == row["start"]
    treated = level(Bedside(moment="patient-view"), row["level"], row["days"]).given("zometa", ago(30))
    assert treated.outcome("VITD-REPL-01") == row["on treatment"]


def test_a_start_that_cannot_be_told_counts_as_a_start() -> None:
    patient = level(Bedside(), "15 ng/mL").given("denosumab", ago(30)).drafts_order("xgeva")
    assert patient.asks("VITD-CHECK-01").verdict.outcome == "satisfied"
    assert patient.outcome("VITD-REPL-01") == "warning due"


def test_a_level_that_was_not_sent_is_asked_for_by_the_check_before_the_start() -> None:
    start = Bedside().drafts_order("zometa").without("observations").asks("VITD-REPL-01")
    assert (start.status, start.verdict.said_by) == ("needs-data", "VITD-CHECK-01")
    treated = Bedside(moment="patient-view").given("zometa", ago(30)).without("observations").asks("VITD-REPL-01")
    assert (treated.status, treated.verdict.said_by) == ("needs-data", None)


def test_a_level_that_cannot_be_used_is_said_where_nobody_knows_whether_treatment_starts() -> None:
    patient = level(Bedside(moment="medication-refill"), "15", 10).given("xgeva", ago(30)).drafts_order("xgeva")
    assert patient.outcome("VITD-REPL-01") == "needs-data vitamin_d_25oh_total"
    assert patient.without("medicationAdministrations").outcome("VITD-REPL-01").startswith("needs-data")


def test_a_later_level_cancels_the_earlier_one() -> None:
    patient = level(level(Bedside(), "15 ng/mL", 90), "31 ng/mL", 5).drafts_order("zometa")
    assert patient.outcome("VITD-REPL-01") == "satisfied"
    assert level(patient, "12 ng/mL", 2).outcome("VITD-REPL-01") == "warning due"
    assert level(patient, "40 ng/mL", 1, status="preliminary").outcome("VITD-REPL-01") == "warning due"


HIGH = """
calcium | days | albumin | start                  | on treatment
--------+------+---------+------------------------+------------------
2.60    | 3    |         | warning due            | info on_treatment
2.61    | 3    |         | warning hypercalcaemia | not-applicable
2.61    | 30   |         | warning hypercalcaemia | not-applicable
2.61    | 31   |         | warning due            | info on_treatment
2.50    | 3    | 36      | warning due            | info on_treatment  # corrected 2.60
2.51    | 3    | 36      | warning hypercalcaemia | not-applicable     # corrected 2.61
        |      |         | warning due            | info on_treatment
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(HIGH), ids=name)
def test_no_course_while_calcium_is_high_yet_a_start_hears_of_the_deficiency(row: dict[str, str], edition: str) -> None:
    for moment, expected in (("order-sign", row["start"]), ("patient-view", row["on treatment"])):
        patient = calcium(level(Bedside(moment=moment), "15 ng/mL"), row["calcium"], row["days"])
        if row["albumin"]:
            patient.observed("albumin_serum", f"{row['albumin']} g/L @ {ago(row['days'])}")
        patient.drafts_order("zometa") if moment == "order-sign" else patient.given("zometa", ago(30))
        assert patient.outcome("VITD-REPL-01", edition) == expected
        if "hypercalcaemia" in expected:
            assert patient.asks("VITD-REPL-01").verdict.proposals == (
                NewService(("calcium_albumin", "calcium_ionised")),
            )


def test_an_emergency_is_silent() -> None:
    patient = calcium(level(Bedside(), "15 ng/mL"), "3.51").drafts_order("zometa")
    assert patient.outcome("VITD-REPL-01") == "not-applicable"


def test_a_child_and_a_pregnant_woman_get_no_course() -> None:
    assert patient_at("patient-view", "given").person(born="2008-06-04").outcome("VITD-REPL-01") == "not-applicable"
    assert patient_at("patient-view", "given").person(born="2008-06-03").outcome("VITD-REPL-01") == "info on_treatment"
    woman = patient_at("patient-view", "given").person(sex="female")
    assert woman.outcome("VITD-REPL-01") == "info on_treatment"
    assert woman.ill("pregnancy", ago(30)).outcome("VITD-REPL-01") == "not-applicable"
