"""SURG-PROPH-01, SURG-PAIN-01, SURG-ACET-01: which pain and which lesion is operated on."""

import pytest

from tests.support.assessed import MIRELS, MIRELS_LADDER, assessed, items
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows


def form(**told: str) -> Bedside:
    """Answers of the form: yes, no, a number with its unit, or a coded value; a blank one was not given."""
    patient = Bedside(moment="app").ill("bone_metastasis")
    for what, value in told.items():
        said = {"yes": "true", "no": "false"}.get(value, value)
        patient.observed(what, f"{said} @ {ago(3)}") if value else None
    return patient


PREVENTIVE = """
lesion_site       | mirels_site        | pain_mechanism     | outcome
------------------+--------------------+--------------------+-----------------------
site-femur        |                    | pain-mechanical    | warning due
site-tibia        |                    | pain-load-increased | warning due
site-trochanteric |                    | pain-mechanical    | warning due
                  | mirels-lower-limb  | pain-mechanical    | warning due
                  | mirels-trochanteric | pain-mechanical   | warning due
site-femur        |                    | pain-nocturnal     | satisfied
site-femur        |                    | pain-none          | satisfied
site-femur        |                    |                    | needs-data pain_mechanism
site-humerus      |                    | pain-mechanical    | not-applicable
                  | mirels-upper-limb  | pain-mechanical    | not-applicable
                  |                    | pain-mechanical    | not-applicable
"""


@pytest.mark.parametrize("row", rows(PREVENTIVE), ids=name)
def test_mechanical_pain_of_a_lower_limb_is_discussed(row: dict[str, str]) -> None:
    patient = form(**{key: row[key] for key in ("lesion_site", "mirels_site", "pain_mechanism")})
    assert patient.outcome("SURG-PROPH-01") == row["outcome"]
    assert patient.asks("SURG-PROPH-01").verdict.said_by is None


@pytest.mark.parametrize(("score", "day", "said_by"), [("9", 3, "FRAC-MIRELS-04"), ("8", 3, None), ("9", 31, None)])
def test_a_high_mirels_score_is_said_by_its_own_rule(score: str, day: int, said_by: str | None) -> None:
    patient = form(lesion_site="site-femur", pain_mechanism="pain-mechanical")
    patient.observed("mirels_total", f"{score} @ {ago(day)}")
    assert patient.asks("SURG-PROPH-01").verdict.said_by == said_by


@pytest.mark.parametrize(("score", "said_by"), [("8", None), ("9", "FRAC-MIRELS-04"), ("open", None)])
def test_a_high_score_told_item_by_item_is_said_by_its_own_rule(score: str, said_by: str | None) -> None:
    patient = form(lesion_site="site-femur", pain_mechanism="pain-mechanical")
    assessed(patient, items(MIRELS, MIRELS_LADDER[score]))
    assert patient.asks("SURG-PROPH-01").verdict.said_by == said_by


RESISTING = """
lesion_site | failed_medical_treatment | failed_cementoplasty | pain_score | outcome
------------+--------------------------+----------------------+------------+-------------------------
site-femur  | yes                      | yes                  | 7 {score}  | info due
site-femur  | yes                      | yes                  | 6.9 {score} | satisfied
site-femur  | no                       | yes                  | 9 {score}  | satisfied
site-femur  | yes                      | no                   | 9 {score}  | satisfied
site-femur  |                          | yes                  | 9 {score}  | needs-data failed_medical_treatment
site-femur  | yes                      | yes                  |            | needs-data pain_score
site-femur  | yes                      |                      | 9 {score}  | not-applicable
site-spine  | yes                      | yes                  | 9 {score}  | not-applicable
            | yes                      | yes                  | 9 {score}  | not-applicable
"""


@pytest.mark.parametrize("row", rows(RESISTING), ids=name)
def test_pain_that_resists(row: dict[str, str]) -> None:
    told = {key: value for key, value in row.items() if key not in ("outcome", "#")}
    assert form(**told).outcome("SURG-PAIN-01") == row["outcome"]


def test_a_patient_who_is_not_fit_is_said_to_be_so() -> None:
    told = {"lesion_site": "site-femur", "failed_medical_treatment": "yes", "failed_cementoplasty": "yes",
            "pain_score": "8 {score}"}  # fmt: skip
    assert form(**told, fit_for_surgery="no").asks("SURG-PAIN-01").verdict.notes == ("unfit",)
    assert form(**told, fit_for_surgery="yes").asks("SURG-PAIN-01").verdict.notes == ()


ACETABULUM = """
stable | medical | rays | cement | fit | outcome
-------+---------+------+--------+-----+------------------------------------
yes    | no      | no   | no     |     | info medical
no     | no      | no   | no     |     | info percutaneous
yes    | yes     | no   | no     |     | info percutaneous
yes    | no      | yes  | no     |     | info percutaneous
       | yes     |      | no     |     | info percutaneous
yes    | yes     | yes  | yes    | yes | info surgery
yes    | yes     | yes  | yes    | no  | info unfit
yes    | yes     | yes  | yes    |     | needs-data fit_for_surgery
yes    | yes     | yes  |        |     | needs-data failed_cementoplasty
       | no      | no   | no     |     | needs-data acetabulum_stable
yes    | no      |      | no     |     | needs-data failed_radiotherapy
"""


@pytest.mark.parametrize("row", rows(ACETABULUM), ids=name)
def test_the_acetabulum_is_treated_step_by_step(row: dict[str, str]) -> None:
    told = {"acetabulum_stable": row["stable"], "failed_medical_treatment": row["medical"],
            "failed_radiotherapy": row["rays"], "failed_cementoplasty": row["cement"],
            "fit_for_surgery": row["fit"]}  # fmt: skip
    assert form(lesion_site="site-acetabulum", **told).outcome("SURG-ACET-01") == row["outcome"]
    assert form(lesion_site="site-femur", **told).outcome("SURG-ACET-01") == "not-applicable"
