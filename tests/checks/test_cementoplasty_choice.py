"""CEM-IND-01, CEM-NON-01, CEM-LONG-01: whether a cementoplasty is the right act."""

import pytest

from fhir_mappers.record.proposals import Names
from tests.support.acts import act, details
from tests.support.bedside import RULES, Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows

ANSWERS = {"yes": True, "no": False}

INDICATIONS = """
pain | opioids | impossible | imaging | outcome              | met
-----+---------+------------+---------+----------------------+------------------------------------
4    | no      | no         | yes     | info due             | pain_uncontrolled
3    | no      | no         | yes     | info none            |
3    | yes     | no         | yes     | info due             | opioid_intolerance
3    | no      | yes        | yes     | info due             | surgery_or_reirradiation_impossible
8    | yes     | yes        | no      | info not_concordant  |
8    |         |            | yes     | info due             | pain_uncontrolled
8    | no      | no         |         | needs-data pain_matches_imaging |
     | no      | no         | yes     | needs-data pain_score |
3    |         | no         | yes     | needs-data opioid_intolerance |
     | yes     |            | yes     | info due             | opioid_intolerance
"""


def answered(**told: str) -> dict[str, bool]:
    names = {"opioids": "opioid_intolerance", "impossible": "surgery_or_reirradiation_impossible",
             "imaging": "pain_matches_imaging"}  # fmt: skip
    return {names[key]: ANSWERS[value] for key, value in told.items() if key in names and value}


@pytest.mark.parametrize("drafted", [True, False])
@pytest.mark.parametrize("row", rows(INDICATIONS), ids=name)
def test_indications_are_weighed_in_the_app(row: dict[str, str], drafted: bool) -> None:
    patient = Bedside(moment="app")
    if row["pain"]:
        patient.observed("pain_score", f"{row['pain']} {{score}} @ {ago(2)}")
    told = answered(**row)
    if drafted:
        act(patient, "cementoplasty", "3", **details(**told))
    else:
        for what, value in told.items():
            patient.observed(what, f"{str(value).lower()} @ {ago(2)}")
    assert patient.outcome("CEM-IND-01") == row["outcome"]
    if row["met"]:
        assert patient.asks("CEM-IND-01").verdict.figures["met"] == Names((row["met"],))
    assert RULES["CEM-IND-01"].hooks == ("app",)


def test_nobody_asked_is_not_applicable() -> None:
    patient = Bedside(moment="app").observed("pain_score", f"8 {{score}} @ {ago(2)}")
    assert patient.outcome("CEM-IND-01") == "not-applicable"


CONTROLLED = """
pain      | aim | outcome
----------+-----+----------------------
3 @ 2     | no  | info due
3 @ 2     | yes | satisfied
3 @ 2     |     | needs-data mechanical_aim
3.5 @ 2   | no  | not-applicable
4 @ 2     | no  | not-applicable
0 @ 2     | no  | info due
          | no  | not-applicable          # no score: silent
3 @ 30    | no  | info due
3 @ 31    | no  | not-applicable
"""


@pytest.mark.parametrize("row", rows(CONTROLLED), ids=name)
def test_controlled_pain_needs_no_cement(row: dict[str, str]) -> None:
    patient = Bedside(moment="order-select")
    if row["pain"]:
        score, _, days = row["pain"].partition(" @ ")
        patient.observed("pain_score", f"{score} {{score}} @ {ago(days)}")
    aim = details(mechanical_aim=ANSWERS[row["aim"]]) if row["aim"] else {}
    assert act(patient, "cementoplasty", "3", **aim).outcome("CEM-NON-01") == row["outcome"]


LONG = """
site         | candidate | fit | beside                  | outcome
-------------+-----------+-----+-------------------------+-------------------
femur        | yes       |     |                         | warning due
humerus      | yes       | yes |                         | warning due
tibia        | yes       |     |                         | warning due
fibula       | yes       |     |                         | warning due
forearm      | yes       |     |                         | warning due
femur        | no        |     |                         | satisfied
femur        | yes       | no  |                         | satisfied
femur        |           | no  |                         | satisfied
femur        |           | yes |                         | needs-data osteosynthesis_candidate
femur        |           |     |                         | needs-data osteosynthesis_candidate
femur        | yes       |     | prophylactic_fixation   | not-applicable      # combined
femur        | yes       |     | bone_metastasis_surgery | not-applicable
spine        | yes       |     |                         | not-applicable
acetabulum   | yes       |     |                         | not-applicable
clavicle     | yes       |     |                         | not-applicable
             | yes       |     |                         | not-applicable
"""


@pytest.mark.parametrize("where", ["bodySite", "detail"])
@pytest.mark.parametrize("row", rows(LONG), ids=name)
def test_cement_alone_in_a_long_bone(row: dict[str, str], where: str) -> None:
    told: dict[str, bool | str] = {}
    told |= {"osteosynthesis_candidate": ANSWERS[row["candidate"]]} if row["candidate"] else {}
    told |= {"fit_for_surgery": ANSWERS[row["fit"]]} if row["fit"] else {}
    site = f"site_{row['site']}" if row["site"] else ""
    told |= {"lesion_site": site} if site and where == "detail" else {}
    extra = {"bodySite": [concept(site)]} if site and where == "bodySite" else {}
    patient = Bedside(moment="order-select")
    if row["beside"]:
        act(patient, row["beside"], "3")
    assert act(patient, "cementoplasty", "3", **details(**told), **extra).outcome("CEM-LONG-01") == row["outcome"]
