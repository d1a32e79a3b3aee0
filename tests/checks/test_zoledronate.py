"""ZOL-DOSE-01, ZOL-8MG-01, ZOL-PROD-01: the dose table, how far a dose is off, and which product is meant."""

import pytest

from hooks.limits import EDITIONS
from tests.support.drawn import name, rows
from tests.support.renal import advised, clearing, notes, said

BANDS = """
clearance | dose   | table | outcome             | ZOL-CI-01
----------+--------+-------+---------------------+-------------
97.2      | 4 mg   | 4.0   | satisfied           | satisfied
60.1      | 4 mg   | 4.0   | satisfied           | satisfied
60.0001   | 4 mg   | 4.0   | satisfied           | satisfied
60.0      | 4 mg   | 3.5   | warning above_table | satisfied     # exactly 60 belongs to 3.5 mg
60.0      | 3.5 mg | 3.5   | satisfied           | satisfied
59.9      | 3.5 mg | 3.5   | satisfied           | satisfied
50.0      | 3.5 mg | 3.5   | satisfied           | satisfied     # exactly 50 belongs to 3.5 mg
50.0      | 4 mg   | 3.5   | warning above_table | satisfied
49.9999   | 3.5 mg | 3.3   | warning above_table | satisfied
49.99     | 3.5 mg | 3.3   | warning above_table | satisfied     # between two printed rows: the lower dose
49.99     | 3.3 mg | 3.3   | satisfied           | satisfied
49.5      | 3.3 mg | 3.3   | satisfied           | satisfied
49.0      | 3.3 mg | 3.3   | satisfied           | satisfied
42.0      | 4 mg   | 3.3   | warning above_table | satisfied
40.0      | 3.3 mg | 3.3   | satisfied           | satisfied     # exactly 40 belongs to 3.3 mg
39.99     | 3.3 mg | 3.0   | warning above_table | satisfied
39.9      | 3.3 mg | 3.0   | warning above_table | satisfied
39.9      | 3.0 mg | 3.0   | satisfied           | satisfied
39.5      | 3.0 mg | 3.0   | satisfied           | satisfied
30.0      | 3.0 mg | 3.0   | satisfied           | satisfied     # exactly 30 is not contraindicated
30.0      | 3.3 mg | 3.0   | warning above_table | satisfied
29.9999   | 3.0 mg |       | not-applicable      | critical due
29.9      | 3.0 mg |       | not-applicable      | critical due
29.9      | 4 mg   |       | not-applicable      | critical due
15.0      | 3.0 mg |       | not-applicable      | critical due
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("row", rows(BANDS), ids=name)
def test_the_dose_follows_the_unrounded_clearance(row: dict[str, str], sex: str, edition: str) -> None:
    patient = clearing(row["clearance"], sex=sex).drafts_order("zometa", row["dose"])
    assert said(patient, "ZOL-DOSE-01", edition) == row["outcome"]
    assert advised(patient, edition) == row["table"]
    assert said(patient, "ZOL-CI-01", edition) == row["ZOL-CI-01"]


HOW_FAR = """
clearance | dose     | outcome                           | ZOL-8MG-01
----------+----------+-----------------------------------+---------------
80        | 4.05 mg  | satisfied                         | satisfied       # within 0.05 mg
80        | 4.06 mg  | critical above_limit              | critical due
80        | 4.1 mg   | critical above_limit              | critical due
80        | 5 mg     | critical above_limit              | critical due    # Zometa 5 mg is a dose error
80        | 8 mg     | critical above_limit              | critical due
80        | 40 mg    | critical above_limit              | critical due    # read although implausible
80        | 3.95 mg  | satisfied                         | satisfied
80        | 3.94 mg  | info below_table                  | satisfied
80        | 3 mg     | info below_table                  | satisfied
55        | 3.55 mg  | satisfied                         | satisfied
55        | 3.56 mg  | warning above_table               | satisfied
55        | 3.45 mg  | satisfied                         | satisfied
55        | 3.44 mg  | info below_table                  | satisfied
55        | 4.05 mg  | warning above_table               | satisfied
55        | 4.06 mg  | critical above_limit              | critical due
45        | 3.35 mg  | satisfied                         | satisfied
45        | 3.36 mg  | warning above_table               | satisfied
35        | 3.05 mg  | satisfied                         | satisfied
35        | 3.06 mg  | warning above_table               | satisfied
35        | 2.94 mg  | info below_table                  | satisfied
35        | 8 mg     | critical above_limit              | critical due
25        | 8 mg     | not-applicable                    | critical due    # ZOL-CI-01 speaks
          | 4.05 mg  | needs-data creatinine,weight      | satisfied
          | 4.06 mg  | critical above_limit              | critical due    # whatever the clearance
          | 8 mg     | critical above_limit              | critical due
80        | 4000 ug  | satisfied                         | satisfied
80        | 4060 ug  | critical above_limit              | critical due
55        | 4000 ug  | warning above_table               | satisfied
80        | 0.004 g  | satisfied                         | satisfied
55        | 0.0035 g | satisfied                         | satisfied
80        | 0.008 g  | critical above_limit              | critical due
80        | 0 mg     | info below_table                  | satisfied
80        | 5 mL     | needs-data dose                   | not-applicable  # a volume is no dose
80        |          | needs-data dose                   | not-applicable
          |          | needs-data creatinine,weight,dose | not-applicable
25        |          | not-applicable                    | not-applicable
"""


@pytest.mark.parametrize("row", rows(HOW_FAR), ids=name)
def test_how_far_the_dose_is_off_decides_the_severity(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"]).drafts_order("zometa", row["dose"] or None)
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]
    assert said(patient, "ZOL-8MG-01") == row["ZOL-8MG-01"]


HYPERCALCAEMIA = """
priority | reason                | calcium      | albumin | dose    | outcome
---------+-----------------------+--------------+---------+---------+-----------------------
         |                       |              |         | 4 mg    | warning above_table
stat     | hypercalcaemia        |              |         | 4 mg    | info in_hypercalcaemia
asap     | hypercalcaemia        |              |         | 4 mg    | info in_hypercalcaemia
urgent   | hypercalcaemia        |              |         | 4 mg    | info in_hypercalcaemia
routine  | hypercalcaemia        |              |         | 4 mg    | warning above_table
         | hypercalcaemia        | 3.00 @ 06-01 | 40      | 4 mg    | info in_hypercalcaemia
         | hypercalcaemia        | 2.99 @ 06-01 | 40      | 4 mg    | warning above_table
         | hypercalcaemia        | 3.00 @ 05-27 | 40      | 4 mg    | info in_hypercalcaemia  # 7 d
         | hypercalcaemia        | 3.00 @ 05-26 | 40      | 4 mg    | warning above_table     # 8 d
         |                       | 3.51 @ 06-01 | 40      | 4 mg    | info in_hypercalcaemia
         |                       | 3.50 @ 06-01 | 40      | 4 mg    | warning above_table     # not above 3.50
         |                       | 3.20 @ 06-01 | 28      | 4 mg    | warning above_table     # corrected 3.50
         |                       | 3.20 @ 06-01 | 27      | 4 mg    | info in_hypercalcaemia  # corrected 3.525
         |                       | 3.51 @ 05-27 | 40      | 4 mg    | info in_hypercalcaemia  # 7 d
         |                       | 3.51 @ 05-26 | 40      | 4 mg    | warning above_table     # 8 d
stat     | pathological_fracture |              |         | 4 mg    | warning above_table     # not calcium
stat     | cord_compression      |              |         | 4 mg    | warning above_table
stat     |                       |              |         | 4 mg    | warning above_table
stat     | hypercalcaemia        |              |         | 4.05 mg | info in_hypercalcaemia
stat     | hypercalcaemia        |              |         | 4.06 mg | critical above_limit    # never waived
stat     | hypercalcaemia        |              |         | 3.5 mg  | satisfied
stat     | hypercalcaemia        |              |         | 3 mg    | info below_table
"""


@pytest.mark.parametrize("row", rows(HYPERCALCAEMIA), ids=name)
def test_in_a_hypercalcaemic_emergency_the_monthly_table_only_informs(row: dict[str, str]) -> None:
    reason = f"emergency_{row['reason']}" if row["reason"] else None
    priority = {"priority": row["priority"]} if row["priority"] else {}
    patient = clearing("55").drafts_order("zometa", row["dose"], reason=reason, **priority)
    if row["calcium"]:
        value, _, day = row["calcium"].split()
        patient.observed("calcium_total", f"{value} mmol/L @ 2026-{day}")
        patient.observed("albumin_serum", f"{row['albumin']} g/L @ 2026-{day}")
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]


BASELINE = """
first | now | last dose  | dose    | table | outcome
------+-----+------------+---------+-------+-----------------------------
45    | 80  | 2026-05-04 | 4 mg    | 3.3   | info first_clearance_only     # A2: the lower of the two
45    | 80  | 2026-05-04 | 3.3 mg  | 3.3   | satisfied
45    | 80  | 2026-05-04 | 3.0 mg  | 3.3   | info below_table
45    | 80  | 2026-05-04 | 4.06 mg | 3.3   | critical above_limit
45    | 55  | 2026-05-04 | 3.5 mg  | 3.3   | info first_clearance_only
45    | 55  | 2026-05-04 | 4 mg    | 3.3   | warning above_table           # now asks for less too
80    | 45  | 2026-05-04 | 4 mg    | 3.3   | warning above_table           # the kidney got worse
80    | 25  | 2026-05-04 | 4 mg    |       | not-applicable                # ZOL-CI-01
60    | 80  | 2026-05-04 | 4 mg    | 3.5   | info first_clearance_only
60.1  | 80  | 2026-05-04 | 4 mg    | 4.0   | satisfied
30    | 80  | 2026-05-04 | 4 mg    | 3.0   | info first_clearance_only
29.9  | 80  | 2026-05-04 | 4 mg    | 3.0   | info first_clearance_only
29.9  | 80  | 2026-05-04 | 3 mg    | 3.0   | satisfied
29.9  | 35  | 2026-05-04 | 3.3 mg  | 3.0   | warning above_table
45    | 80  | 2025-12-05 | 4 mg    | 3.3   | info first_clearance_only     # 180 d: still on treatment
45    | 80  | 2025-12-04 | 4 mg    | 4.0   | satisfied                     # 181 d: a new start
45    | 80  |            | 4 mg    | 4.0   | satisfied
45    |     | 2026-05-04 | 4 mg    |       | needs-data creatinine,weight
"""


@pytest.mark.parametrize("row", rows(BASELINE), ids=name)
def test_the_lower_of_first_and_current_clearance_decides(row: dict[str, str]) -> None:
    patient = clearing(row["now"]).drafts_order("zometa", row["dose"])
    patient.observed("creatinine_clearance_at_first_dose", f"{row['first']} mL/min @ 2025-06-01")
    if row["last dose"]:
        patient.given("zometa", row["last dose"], "4 mg")
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]
    assert advised(patient) == row["table"]


@pytest.mark.parametrize(("first", "is_said"), [("29.9", True), ("30", False), ("45", False)])
def test_a_baseline_already_contraindicated_is_said(first: str, is_said: bool) -> None:
    patient = clearing("80").drafts_order("zometa", "4 mg").given("zometa", "2026-05-04", "4 mg")
    patient.observed("creatinine_clearance_at_first_dose", f"{first} mL/min @ 2025-06-01")
    assert ("first_clearance_severe" in notes(patient)) is is_said


def test_the_first_clearance_is_computed_from_the_results_of_that_time() -> None:
    patient = clearing("80").given("zometa", "2026-03-10", "4 mg").given("zometa", "2026-05-04", "4 mg")
    patient.observed("creatinine_serum", "176.8 umol/L @ 2026-03-08").observed("body_weight", "80 kg @ 2026-03-08")
    patient.drafts_order("zometa", "4 mg")
    assert said(patient, "ZOL-DOSE-01") == "info first_clearance_only"
    assert advised(patient) == "3.3"  # 40 mL/min then


def test_a_first_dose_without_results_of_that_time_is_left_aside() -> None:
    patient = clearing("80").given("zometa", "2026-03-10", "4 mg").drafts_order("zometa", "4 mg")
    patient.observed("creatinine_serum", "176.8 umol/L @ 2026-03-08")  # no weight then
    assert said(patient, "ZOL-DOSE-01") == "satisfied"


# Clearance now 80 as a man, 67.8 as a woman: 4 mg either way. The creatinine at the first dose, with 80 kg:
SEX_UNKNOWN = """
creatinine | table | outcome
-----------+-------+--------------------------
144        | 3.3   | info first_clearance_only  # 49.1 or 41.6
176.8      |       | needs-data sex             # 40.0 or 33.9
100        |       | needs-data sex             # 70.7 or 59.9
80         | 4.0   | satisfied                  # 88.4 or 74.9
"""


@pytest.mark.parametrize("row", rows(SEX_UNKNOWN), ids=name)
def test_the_first_clearance_counts_when_the_sex_is_not_recorded(row: dict[str, str]) -> None:
    patient = clearing("80").person(sex="unknown").drafts_order("zometa", "4 mg").given("zometa", "2026-05-04", "4 mg")
    patient.observed("creatinine_serum", f"{row['creatinine']} umol/L @ 2026-05-04")
    patient.observed("body_weight", "80 kg @ 2026-05-04")
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]
    if row["outcome"] != "needs-data sex":
        assert advised(patient) == row["table"]


def test_the_numbers_behind_the_advice_are_shown() -> None:
    figures = clearing("55").drafts_order("zometa", "4 mg").asks("ZOL-DOSE-01").verdict.figures
    assert figures["clearance"].span.low == 55
    assert figures["first_clearance"] is None
    patient = clearing("80").drafts_order("zometa", "4 mg").given("zometa", "2026-05-04", "4 mg")
    patient.observed("creatinine_clearance_at_first_dose", "45 mL/min @ 2025-06-01")
    verdict = patient.asks("ZOL-DOSE-01").verdict
    assert verdict.figures["first_clearance"].span.low == 45
    assert "creatinine_clearance_at_first_dose" in {proof.what for proof in verdict.evidence}
    assert {"creatinine_serum", "body_weight", "birth_date"} <= {proof.what for proof in verdict.evidence}


def test_an_input_that_is_not_exactly_known_is_said() -> None:
    assert notes(clearing("55").drafts_order("zometa", "4 mg")) == set()
    assert notes(clearing("55").person(born="1958").drafts_order("zometa", "4 mg")) == {"inputs_assumed"}


def test_a_presumed_patient_has_a_first_clearance_too() -> None:
    patient = clearing("80").drafts_order("zometa", "4 mg").ordered("zometa", "2026-01-10", "4 mg")
    patient.observed("creatinine_clearance_at_first_dose", "45 mL/min @ 2025-06-01")
    assert advised(patient) == "3.3"
