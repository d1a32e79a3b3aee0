"""SURG-FX-01, SURG-LE-01, SURG-ARTH-01: the fractured limb, and what the expected survival allows."""

from typing import Any

import pytest

from fhir_mappers.record.proposals import NewService
from tests.support.acts import act
from tests.support.bedside import RULES, Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago, asked_for, booked, care_plan
from tests.support.drawn import name, rows

SNOMED = "http://snomed.info/sct"

FRACTURES = """
fracture                            | site       | metastasis | also                              | outcome
------------------------------------+------------+------------+-----------------------------------+----------------
pathological_fracture_neoplastic    | femur      | yes        |                                   | warning due
pathological_fracture_neoplastic    | humerus    |            |                                   | warning due       # says its cause
pathological_fracture_neoplastic    | trochanteric |          |                                   | warning due
pathological_fracture_neoplastic    | spine      | yes        |                                   | not-applicable
pathological_fracture_neoplastic    |            | yes        |                                   | not-applicable    # where is not known
vertebral_collapse_neoplastic       |            | yes        |                                   | not-applicable
pathological_fracture_unspecified   | femur      | yes        |                                   | warning due
pathological_fracture_unspecified   | femur      |            |                                   | not-applicable
11309921000119106                   |            |            |                                   | warning due       # left femur, by its code
409666003                           |            | yes        |                                   | warning due       # neck of the femur
pathological_fracture_neoplastic    | femur      | yes        | asked orthopaedic_referral 3      | satisfied
pathological_fracture_neoplastic    | femur      | yes        | asked orthopaedic_referral 40     | warning due       # before the fracture
pathological_fracture_neoplastic    | femur      | yes        | booked bone_metastasis_surgery -3 | satisfied
pathological_fracture_neoplastic    | femur      | yes        | done bone_metastasis_surgery 2    | satisfied
pathological_fracture_neoplastic    | femur      | yes        | done prophylactic_fixation 2      | satisfied
pathological_fracture_neoplastic    | femur      | yes        | done prophylactic_fixation 90     | warning due
pathological_fracture_neoplastic    | femur      | yes        | draft orthopaedic_referral        | satisfied
pathological_fracture_neoplastic    | femur      | yes        | ill unfit_for_anaesthesia         | not-applicable
pathological_fracture_neoplastic    | femur      | yes        | flag unfit_for_anaesthesia        | not-applicable
pathological_fracture_neoplastic    | femur      | yes        | plan comfort_care_only            | not-applicable
pathological_fracture_neoplastic    | femur      | yes        | without procedures                | needs-data orthopaedic_referral
pathological_fracture_neoplastic    | femur      | yes        | resolved                          | not-applicable
pathological_fracture_neoplastic    | femur      | yes        | suspected                         | not-applicable
"""


def broken(row: dict[str, str]) -> Bedside:
    patient = Bedside(moment="patient-view")
    how, _, rest = row["also"].partition(" ")
    code: Any = concept(row["fracture"]) if not row["fracture"].isdigit() else {
        "coding": [{"system": SNOMED, "code": row["fracture"]}]}  # fmt: skip
    extra: dict[str, Any] = {"bodySite": [concept(f"site_{row['site']}")]} if row["site"] else {}
    extra |= {"verificationStatus": {"coding": [{"code": "provisional"}]}} if how == "suspected" else {}
    patient.ill("lung_cancer", ago(300))
    status = {"coding": [{"code": "resolved" if how == "resolved" else "active"}]}
    patient.add("conditions", "Condition", {"code": code, "clinicalStatus": status, "onsetDateTime": ago(20), **extra})
    if row["metastasis"]:
        patient.ill("bone_metastasis", ago(300))
    what, _, day = rest.partition(" ")
    if how == "asked":
        asked_for(patient, what, ago(day))
    elif how == "booked":
        booked(patient, what, ago(day))
    elif how == "done":
        patient.done(what, ago(day))
    elif how == "draft":
        act(patient, what, "")
    elif how == "ill":
        patient.ill(what)
    elif how == "flag":
        patient.observed(what, f"true @ {ago(2)}")
    elif how == "plan":
        care_plan(patient, what)
    elif how == "without":
        patient.without(what)
    return patient


@pytest.mark.parametrize("row", rows(FRACTURES), ids=name)
def test_a_broken_limb_goes_to_a_surgeon(row: dict[str, str]) -> None:
    assert broken(row).outcome("SURG-FX-01") == row["outcome"]


def test_an_urgent_referral_is_offered() -> None:
    row = rows(FRACTURES)[0]
    finding = broken(row).asks("SURG-FX-01")
    assert finding.verdict.proposals == (NewService(("orthopaedic_referral_urgent",)),)
    assert set(RULES["SURG-FX-01"].hooks) == {"patient-view", "encounter-discharge"}


SURVIVAL = """
survival  | drafted                 | site       | surgery              | arthroplasty
----------+-------------------------+------------+----------------------+-------------------------
5.9 wk    | bone_metastasis_surgery |            | info too_short       | not-applicable
6 wk      | bone_metastasis_surgery |            | info fixation        | not-applicable           # exactly: in between
41 d      | bone_metastasis_surgery |            | info too_short       | not-applicable
42 d      | bone_metastasis_surgery |            | info fixation        | not-applicable
1.4 mo    | prophylactic_fixation   |            | info fixation        | not-applicable
1.3 mo    | prophylactic_fixation   |            | info too_short       | not-applicable
12 mo     | bone_metastasis_surgery |            | info fixation        | not-applicable
12.1 mo   | bone_metastasis_surgery |            | info resection       | not-applicable
2 a       | bone_metastasis_surgery |            | info resection       | not-applicable
          | bone_metastasis_surgery |            | needs-data life_expectancy | not-applicable
<3 mo     | bone_metastasis_surgery |            | needs-data survival_estimate | not-applicable
<1 mo     | bone_metastasis_surgery |            | info too_short       | not-applicable
>12 mo    | bone_metastasis_surgery |            | info resection       | not-applicable
5.9 mo    |                         | acetabulum | not-applicable       | info against
6 mo      |                         | acetabulum | not-applicable       | info board
12 mo     |                         | femoral_head_neck | info fixation | info board
12.1 mo   |                         | femoral_head_neck | info resection | info eligible
9 mo      |                         | glenoid    | info fixation        | info board
          |                         | glenoid    | needs-data life_expectancy | needs-data life_expectancy
>3 mo     |                         | glenoid    | needs-data survival_estimate | needs-data survival_estimate
9 mo      |                         | humerus    | info fixation        | not-applicable
9 mo      |                         | spine      | not-applicable       | not-applicable
9 mo      | spine_surgery           |            | not-applicable       | not-applicable
9 mo      |                         |            | not-applicable       | not-applicable
"""


@pytest.mark.parametrize("row", rows(SURVIVAL), ids=name)
def test_survival_chooses_the_operation(row: dict[str, str]) -> None:
    patient = Bedside(moment="app").ill("bone_metastasis")
    if row["survival"]:
        patient.observed("survival_estimate", f"{row['survival']} @ {ago(5)}")
    if row["site"]:
        patient.observed("lesion_site", f"site-{row['site'].replace('_', '-')} @ {ago(5)}")
    if row["drafted"]:
        act(patient, row["drafted"], "5")
    assert patient.outcome("SURG-LE-01") == row["surgery"]
    assert patient.outcome("SURG-ARTH-01") == row["arthroplasty"]


def test_these_lines_belong_to_the_app() -> None:
    assert {RULES[r].hooks for r in ("SURG-LE-01", "SURG-ARTH-01", "SURG-PROPH-01", "SURG-PAIN-01")} == {("app",)}
    visit = proposed(Bedside(moment="appointment-book"), "bone_metastasis_surgery")
    assert visit.outcome("SURG-LE-01") == "needs-data life_expectancy"
