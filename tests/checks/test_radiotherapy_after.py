"""RT-POSTOP-01, RT-REOSS-01: radiotherapy after an operation, and the bone after radiotherapy."""

from datetime import date

import pytest

from fhir_mappers.record.proposals import NewService
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, care_plan
from tests.support.drawn import name, rows
from tests.support.planned import planned

OPERATED = """
operation                      | since                | discharge      | chart
-------------------------------+----------------------+----------------+----------------
bone_metastasis_surgery 60     |                      | warning due    | info open_chart
bone_metastasis_surgery 61     |                      | not-applicable | not-applicable
bone_metastasis_surgery 1      |                      | warning due    | info open_chart
spine_surgery 10               |                      | warning due    | info open_chart
prophylactic_fixation 10       |                      | warning due    | info open_chart
vertebroplasty 10              |                      | not-applicable | not-applicable
cementoplasty 10               |                      | not-applicable | not-applicable
bone_biopsy 10                 |                      | not-applicable | not-applicable
                               |                      | not-applicable | not-applicable
bone_metastasis_surgery 20     | asked 20             | satisfied      | satisfied        # the same day
bone_metastasis_surgery 20     | asked 21             | warning due    | info open_chart  # before the operation
bone_metastasis_surgery 20     | consulted 5          | satisfied      | satisfied
bone_metastasis_surgery 20     | booked               | satisfied      | satisfied
bone_metastasis_surgery 40     | irradiated 5         | satisfied      | satisfied
bone_metastasis_surgery 20     | irradiated 300       | info irradiated | info irradiated
bone_metastasis_surgery 20     | elsewhere 300        | warning due    | info open_chart
bone_metastasis_surgery 20     | comfort              | not-applicable | not-applicable
bone_metastasis_surgery 20     | ?                    | needs-data radiotherapy | needs-data radiotherapy
"""


def operated(row: dict[str, str], moment: str) -> Bedside:
    patient = Bedside(moment=moment).ill("bone_metastasis")
    if row["operation"]:
        what, days = row["operation"].split()
        patient.done(what, ago(days), bodySite=[concept("site_femur")])
    how, *told = row["since"].split() or [""]
    if how in ("asked", "consulted"):
        code = "bone_radiotherapy" if how == "asked" else "radiotherapy_consultation"
        asked = {"status": "active", "code": concept(code), "authoredOn": ago(told[0])}
        patient.add("serviceRequests", "ServiceRequest", asked)
    elif how == "booked":
        booked(patient, "bone_radiotherapy", ago(-5))
    elif how in ("irradiated", "elsewhere"):
        site = "site_femur" if how == "irradiated" else "site_rib"
        patient.done("bone_radiotherapy", ago(told[0]), bodySite=[concept(site)])
    elif how == "comfort":
        care_plan(patient, "comfort_care_only")
    elif how == "?":
        patient.without("serviceRequests")
    return patient


@pytest.mark.parametrize("row", rows(OPERATED), ids=name)
def test_radiotherapy_follows_an_operation(row: dict[str, str]) -> None:
    assert operated(row, "encounter-discharge").outcome("RT-POSTOP-01").startswith(row["discharge"].split("radio")[0])
    assert operated(row, "patient-view").outcome("RT-POSTOP-01").startswith(row["chart"].split("radio")[0])


def test_fixation_without_a_malignant_bone_disease_is_ordinary_surgery() -> None:
    patient = Bedside(moment="encounter-discharge").done("prophylactic_fixation", ago(10))
    assert patient.outcome("RT-POSTOP-01") == "not-applicable"
    assert Bedside().done("bone_metastasis_surgery", ago(10)).outcome("RT-POSTOP-01") == "info open_chart"


def test_an_operation_without_a_date_is_not_asked_about_for_ever() -> None:
    assert Bedside().done("bone_metastasis_surgery", None).outcome("RT-POSTOP-01") == "not-applicable"


def test_radiotherapy_is_proposed_from_the_fifteenth_day() -> None:
    patient = Bedside(moment="encounter-discharge").done("bone_metastasis_surgery", ago(3))
    assert patient.asks("RT-POSTOP-01").verdict.proposals == (NewService(("bone_radiotherapy",), date(2026, 6, 15)),)


CONSOLIDATION = """
lytic | ended | since        | outcome
------+-------+--------------+---------------
true  | 60    |              | info due
true  | 59    |              | not-applicable
true  | 120   |              | info due
true  | 121   |              | not-applicable
false | 90    |              | not-applicable
      | 90    |              | not-applicable
true  | 90    | ct 80        | satisfied
true  | 90    | ct 91        | info due         # before the radiotherapy ended
true  | 90    | draft        | satisfied
"""


@pytest.mark.parametrize("row", rows(CONSOLIDATION), ids=name)
def test_consolidation_is_followed_by_ct(row: dict[str, str]) -> None:
    patient = Bedside(moment="app").done("bone_radiotherapy", ago(row["ended"]))
    if row["lytic"]:
        patient.observed("weight_bearing_lytic", f"{row['lytic']} @ {ago(5)}")
    if row["since"] == "draft":
        planned(patient, "bone_ct")
    elif row["since"]:
        patient.done("bone_ct", ago(row["since"].split()[1]))
    assert patient.outcome("RT-REOSS-01") == row["outcome"]
    if row["outcome"] == "info due":
        assert patient.asks("RT-REOSS-01").verdict.proposals == (NewService(("bone_ct",)),)
