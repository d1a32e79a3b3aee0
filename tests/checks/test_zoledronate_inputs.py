"""ZOL-DOSE-01 with inputs in other units, old, vague or missing: the same band, or which element is missing."""

import pytest

from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import BORN, advised, clearing, notes, said

UNITS = """
sex    | creatinine          | weight       | table | outcome
-------+---------------------+--------------+-------+--------------------
male   | 88.4 umol/L         | 60 kg        | 3.5   | warning above_table  # exactly 60
male   | 88.4 µmol/L         | 60 kg        | 3.5   | warning above_table
male   | 0.0884 mmol/L       | 60 kg        | 3.5   | warning above_table
male   | 1 mg/dL             | 60 kg        | 3.5   | warning above_table
male   | 1.0 mg/dl           | 60 kg        | 3.5   | warning above_table
male   | 10 mg/L             | 60 kg        | 3.5   | warning above_table
male   | 88.4 umol/L         | 60000 g      | 3.5   | warning above_table
male   | 1 mg/dL             | 60001 g      | 4.0   | satisfied
male   | 88.39 umol/L        | 60 kg        | 4.0   | satisfied
male   | 10 mg/L             | 60.1 kg      | 4.0   | satisfied
male   | 80.195131016 umol/L | 100 [lb_av]  | 3.5   | warning above_table  # exactly 50
male   | 80.195131017 umol/L | 100 lb       | 3.3   | warning above_table
male   | 80.195131016 umol/L | 45.359237 kg | 3.5   | warning above_table
male   | 0.85 mg/dL          | 51 kg        | 3.5   | warning above_table  # exactly 60 again
female | 0.85 mg/dL          | 60 kg        | 3.5   | warning above_table  # A34: 60 in one form, 59.79 in the other
female | 75.14 umol/L        | 60 kg        | 3.5   | warning above_table  # the same in umol/L
female | 74.88 umol/L        | 60 kg        | 3.5   | warning above_table  # the smaller form is exactly 60
female | 74.88 umol/L        | 60.1 kg      | 4.0   | satisfied
female | 75.14 umol/L        | 50 kg        | 3.3   | warning above_table  # 50 in one form, 49.83 in the other
female | 8.5 mg/L            | 30 kg        |       | not-applicable       # 30 in one form, 29.90: contraindicated
"""


@pytest.mark.parametrize("row", rows(UNITS), ids=name)
def test_every_unit_leads_to_the_same_band(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN, sex=row["sex"]).drafts_order("zometa", "4 mg")
    patient.observed("creatinine_serum", f"{row['creatinine']} @ 2026-06-01")
    patient.observed("body_weight", f"{row['weight']} @ 2026-06-01")
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]
    assert advised(patient) == row["table"]


MISSING = """
born       | sex     | creatinine           | weight           | outcome
-----------+---------+----------------------+------------------+----------------------
1958-01-01 | male    | 88.4 @ 05-04         | 80 kg @ 06-01    | satisfied              # 30 d
1958-01-01 | male    | 88.4 @ 05-03         | 80 kg @ 06-01    | needs-data creatinine  # 31 d
1958-01-01 | male    |                      | 80 kg @ 06-01    | needs-data creatinine
1958-01-01 | male    | 88.4 @ 06-04         | 80 kg @ 06-01    | needs-data creatinine  # tomorrow
1958-01-01 | male    | 88.4 @ 06-01         | 80 kg @ 03-05    | satisfied              # 90 d
1958-01-01 | male    | 88.4 @ 06-01         | 80 kg @ 03-04    | needs-data weight      # 91 d
1958-01-01 | male    | 88.4 @ 06-01         |                  | needs-data weight
1958-01-01 | male    | 88.4 no-unit @ 06-01 | 80 kg @ 06-01    | needs-data creatinine  # no unit
1958-01-01 | male    | 88.4 mg/kg @ 06-01   | 80 kg @ 06-01    | needs-data creatinine  # unknown unit
1958-01-01 | male    | 88.4 @ 06-01         | 80 st @ 06-01    | needs-data weight
1958-01-01 | male    | 88.4 @ 06-01         | 80 @ 06-01       | needs-data weight
1958-01-01 | male    | 20 @ 06-01           | 80 kg @ 06-01    | satisfied              # plausible from 20
1958-01-01 | male    | 19.9 @ 06-01         | 80 kg @ 06-01    | needs-data creatinine
1958-01-01 | male    | 2000 @ 06-01         | 300 kg @ 06-01   | not-applicable         # up to 2000
1958-01-01 | male    | 2000.1 @ 06-01       | 300 kg @ 06-01   | needs-data creatinine
1958-01-01 | male    | 88.4 @ 06-01         | 300 kg @ 06-01   | satisfied              # up to 300 kg
1958-01-01 | male    | 88.4 @ 06-01         | 300.1 kg @ 06-01 | needs-data weight
1958-01-01 | male    | 88.4 @ 06-01         | 25 kg @ 06-01    | not-applicable         # from 25 kg
1958-01-01 | male    | 88.4 @ 06-01         | 24.9 kg @ 06-01  | needs-data weight
1958-01-01 | male    | 26.52 @ 06-01        |                  | satisfied              # even 25 kg gives 83
1958-01-01 | male    | <45 @ 06-01          | 80 kg @ 06-01    | satisfied              # at least 157
1958-01-01 | male    | <130 @ 06-01         | 80 kg @ 06-01    | needs-data creatinine  # 54 or more
1958-01-01 | male    | >150 @ 06-01         | 80 kg @ 06-01    | needs-data creatinine  # 47 or less
1958-01-01 | male    | >400 @ 06-01         | 80 kg @ 06-01    | not-applicable         # 18 or less
1958-01-01 | unknown | 88.4 @ 06-01         | 80 kg @ 06-01    | satisfied              # 80 or 67.8
1958-01-01 | other   | 88.4 @ 06-01         | 80 kg @ 06-01    | satisfied
1958-01-01 |         | 88.4 @ 06-01         | 80 kg @ 06-01    | satisfied
1958-01-01 | unknown | 88.4 @ 06-01         | 65 kg @ 06-01    | needs-data sex         # 65 or 55.1
1958-01-01 | other   | 88.4 @ 06-01         | 65 kg @ 06-01    | needs-data sex
1958-01-01 |         | 88.4 @ 06-01         | 65 kg @ 06-01    | needs-data sex
1958-01-01 | unknown | 88.4 @ 06-01         | 59 kg @ 06-01    | needs-data sex         # 59 or 49.98
1958-01-01 | unknown | 88.4 @ 06-01         | 35 kg @ 06-01    | needs-data sex         # 35 or 29.6
1958-01-01 | unknown | 88.4 @ 06-01         | 29.9 kg @ 06-01  | not-applicable         # below 30 in both
1958       | male    | 88.4 @ 06-01         | 80 kg @ 06-01    | satisfied              # 67 or 68 years
1958       | male    | 88.4 @ 06-01         | 59.9 kg @ 06-01  | needs-data birth       # 59.9 or 60.7
1958-06    | male    | 88.4 @ 06-01         | 59.9 kg @ 06-01  | needs-data birth       # birthday this month
1958-05    | male    | 88.4 @ 06-01         | 60.0 kg @ 06-01  | warning above_table    # 68 for certain
           | male    | 88.4 @ 06-01         | 80 kg @ 06-01    | needs-data birth
           | male    | 40 @ 06-01           | 150 kg @ 06-01   | satisfied              # even at 120 years
"""


@pytest.mark.parametrize("row", rows(MISSING), ids=name)
def test_what_is_missing_is_named_unless_every_value_gives_the_same_dose(row: dict[str, str]) -> None:
    patient = somebody(row["born"], row["sex"]).drafts_order("zometa", "4 mg")
    if row["creatinine"]:
        patient.observed("creatinine_serum", _with_unit(row["creatinine"]))
    if row["weight"]:
        patient.observed("body_weight", row["weight"].replace("@ ", "@ 2026-"))
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]


def _with_unit(cell: str) -> str:
    """``88.4 @ 06-01`` is in umol/L; ``no-unit`` leaves the unit out."""
    value, *unit, _, day = cell.split()
    shown = " ".join(unit or ["umol/L"]).replace("no-unit", "")
    return f"{value} {shown} @ 2026-{day}"


@pytest.mark.parametrize(("day", "case"), [("2026-05-03", "warning too_old"), ("", "warning due")])
def test_without_a_fresh_creatinine_renal_function_is_asked_for(day: str, case: str) -> None:
    patient = clearing("80", creatinine=day) if day else clearing("")
    patient.drafts_order("zometa", "4 mg")
    assert said(patient, "AR-RENAL-01") == case
    assert said(patient, "ZOL-DOSE-01").startswith("needs-data creatinine")


def somebody(born: str, sex: str) -> Bedside:
    """A patient of whom a blank is not recorded."""
    told = {"birthDate": born, "gender": sex}
    return Bedside(patient={"resourceType": "Patient", "id": "p1", **{k: v for k, v in told.items() if v}})


def test_a_patient_of_whom_nothing_is_known() -> None:
    patient = somebody("", "").drafts_order("zometa", "4 mg")
    assert said(patient, "ZOL-DOSE-01") == "needs-data creatinine,weight,birth,sex"
    assert said(patient, "ZOL-CI-01") == "needs-data creatinine,weight,birth,sex"


def test_no_dose_is_stated_when_something_is_missing() -> None:
    patient = somebody(BORN, "").drafts_order("zometa", "4 mg").observed("creatinine_serum", "88.4 umol/L @ 2026-06-01")
    patient.observed("body_weight", "65 kg @ 2026-06-01")
    verdict = patient.asks("ZOL-DOSE-01").verdict
    assert "advised" not in verdict.figures
    assert verdict.proposals == ()


def test_an_unknown_sex_that_does_not_matter_is_said() -> None:
    patient = somebody(BORN, "unknown").drafts_order("zometa", "4 mg")
    patient.observed("creatinine_serum", "88.4 umol/L @ 2026-06-01").observed("body_weight", "59.1 kg @ 2026-06-01")
    assert said(patient, "ZOL-DOSE-01") == "warning above_table"
    assert advised(patient) == "3.5"
    assert "sex_unknown" in notes(patient)


NOT_FETCHED = """
not sent     | ZOL-DOSE-01                  | why
-------------+------------------------------+------------
patient      | needs-data birth,sex         | not-fetched
observations | needs-data creatinine,weight | not-fetched
"""


@pytest.mark.parametrize("row", rows(NOT_FETCHED), ids=name)
def test_data_that_were_not_sent_are_not_absent(row: dict[str, str]) -> None:
    patient = clearing("80").drafts_order("zometa", "4 mg").without(row["not sent"])
    assert said(patient, "ZOL-DOSE-01") == row["ZOL-DOSE-01"]
    assert {gap.why for gap in patient.asks("ZOL-DOSE-01").verdict.missing} == {row["why"]}


EGFR = """
egfr                         | weight | outcome           | remark
-----------------------------+--------+-------------------+---------
29 mL/min/{1.73_m2} @ 06-01  |        | needs-data weight | egfr_low
29 mL/min/{1.73_m2} @ 05-04  |        | needs-data weight | egfr_low  # 30 d
29 mL/min/{1.73_m2} @ 05-03  |        | needs-data weight |
30 mL/min/{1.73_m2} @ 06-01  |        | needs-data weight |
<30 mL/min/{1.73_m2} @ 06-01 |        | needs-data weight | egfr_low
<15 mL/min/{1.73_m2} @ 06-01 |        | needs-data weight | egfr_low
>60 mL/min/{1.73_m2} @ 06-01 |        | needs-data weight |
29 mL/min/{1.73_m2} @ 06-01  | 80     | satisfied         |           # never in place of Cockcroft-Gault
"""


@pytest.mark.parametrize("row", rows(EGFR), ids=name)
def test_a_low_egfr_is_said_and_never_used(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN).drafts_order("zometa", "4 mg")
    patient.observed("creatinine_serum", "88.4 umol/L @ 2026-06-01")
    patient.observed("egfr_ckdepi_2021", row["egfr"].replace("@ ", "@ 2026-"))
    if row["weight"]:
        patient.observed("body_weight", f"{row['weight']} kg @ 2026-06-01")
    assert said(patient, "ZOL-DOSE-01") == row["outcome"]
    assert ("egfr_low" in notes(patient)) is (row["remark"] == "egfr_low")
