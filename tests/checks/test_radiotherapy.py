"""RT-PAIN-01, RT-STER-01, RT-FXEXCL-01, RT-REIRR-01: whom to refer, and what comes before radiotherapy."""

import pytest

from fhir_mappers.record.proposals import NewService
from tests.support.assessed import MIRELS, assessed, items
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows
from tests.support.planned import planned

PAIN = """
score    | step | since | cared for               | patient-view    | app
---------+------+-------+-------------------------+-----------------+--------------------------------
4        | 2    | 2     |                         | info due        | info due
3        | 2    | 2     |                         | not-applicable  | not-applicable
4        | 1    | 2     |                         | not-applicable  | not-applicable
4        | 2    | 1     |                         | not-applicable  | not-applicable
10       | 3    | 20    |                         | info due        | info due
4        | 2    | 2     | done 30                 | satisfied       | satisfied
4        | 2    | 2     | done 31                 | info due        | info due
4        | 2    | 2     | booked                  | satisfied       | satisfied
4        | 2    | 2     | asked                   | satisfied       | satisfied
4 @ 31   | 2    | 2     |                         | not-applicable  | needs-data pain_score
         | 2    | 2     |                         | not-applicable  | needs-data pain_score
4        |      |       |                         | not-applicable  | needs-data analgesic_step,analgesic_step_since
4        | 1    |       |                         | not-applicable  | not-applicable                  # step 1 decides
"""


def in_pain(row: dict[str, str], moment: str) -> Bedside:
    patient = Bedside(moment=moment).ill("bone_metastasis")
    score, _, days = row["score"].partition(" @ ")
    if score:
        patient.observed("pain_score", f"{score} {{score}} @ {ago(days or 1)}")
    if row["step"]:
        patient.observed("analgesic_step", f"{row['step']} 1 @ {ago(1)}")
    if row["since"]:
        told = {"status": "final", "code": concept("analgesic_step_since"), "effectiveDateTime": ago(0)}
        patient.add("observations", "Observation", told | {"valueDateTime": ago(row["since"])})
    how, *days_ago = row["cared for"].split() or [""]
    if how == "done":
        patient.done("bone_radiotherapy", ago(days_ago[0]))
    elif how == "booked":
        booked(patient, "radiotherapy_consultation", ago(-5))
    elif how == "asked":
        asked = {"status": "active", "code": concept("radiotherapy_consultation"), "authoredOn": ago(5)}
        patient.add("serviceRequests", "ServiceRequest", asked)
    return patient


@pytest.mark.parametrize("moment", ["patient-view", "app"])
@pytest.mark.parametrize("row", rows(PAIN), ids=name)
def test_pain_that_resists_analgesics_is_referred(row: dict[str, str], moment: str) -> None:
    assert in_pain(row, moment).outcome("RT-PAIN-01") == row[moment]


def test_pain_without_a_bone_metastasis_is_nobody_s_business_here() -> None:
    row = rows(PAIN)[0]
    patient = in_pain(row, "patient-view")
    patient.resources["conditions"].clear()
    assert patient.outcome("RT-PAIN-01") == "not-applicable"
    assert in_pain(row, "patient-view").asks("RT-PAIN-01").verdict.proposals == (
        NewService(("radiotherapy_consultation",)),
    )


COVER = """
schedule | technique    | steroid          | outcome
---------+--------------+------------------+----------------
8 1      |              |                  | info due
6 1      |              |                  | info due
10 1     |              |                  | info due
5.9 1    |              |                  | not-applicable
10.1 1   |              |                  | not-applicable
8 2      |              |                  | not-applicable
8        |              |                  | not-applicable
8 1      | stereotactic |                  | not-applicable
8 1      |              | active           | satisfied
8 1      |              | stopped          | info due
8 1      |              | draft            | satisfied
8 1      |              | ?                | needs-data corticosteroid_systemic_any
"""


@pytest.mark.parametrize("row", rows(COVER), ids=name)
def test_a_single_large_fraction_is_given_under_a_corticosteroid(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["steroid"] == "draft":
        patient.drafts_order("dexamethasone", "4 mg")
    elif row["steroid"] == "?":
        patient.without("medicationRequests")
    elif row["steroid"]:
        patient.ordered("prednisone", ago(9), status=row["steroid"])
    dose, *count = row["schedule"].split()
    details = f"rt_total_dose {dose} Gy" + (f", rt_fractions {count[0]}" if count else "")
    details += f", rt_technique technique_{row['technique']}" if row["technique"] else ""
    assert (
        planned(patient, "bone_radiotherapy", site="site_femur", details=details).outcome("RT-STER-01")
        == row["outcome"]
    )


FIRST = """
site            | on file                 | outcome
----------------+-------------------------+-------------------------------------
site_femur      |                         | needs-data fracture_risk_assessment
site_humerus    |                         | needs-data fracture_risk_assessment
site_tibia      |                         | needs-data fracture_risk_assessment
site_acetabulum |                         | needs-data fracture_risk_assessment
site_rib        |                         | not-applicable
vertebra_t6     |                         | not-applicable
site_femur      | mirels 30               | satisfied
site_femur      | mirels 31               | needs-data fracture_risk_assessment
site_femur      | ct site_femur 30        | satisfied
site_femur      | ct site_femur 31        | needs-data fracture_risk_assessment
site_femur      | ct site_tibia 5         | needs-data fracture_risk_assessment   # another bone
site_femur      | opinion 30              | satisfied
site_femur      | ?                       | needs-data fracture_risk_assessment
site_femur      | form 30                 | satisfied                            # item by item
site_femur      | form 31                 | needs-data fracture_risk_assessment
site_femur      | open 3                  | needs-data fracture_risk_assessment
site_humerus    | form 3                  | needs-data fracture_risk_assessment   # of a lower limb
site_acetabulum | form 3                  | satisfied
site_acetabulum | mirels 3                | satisfied
"""


@pytest.mark.parametrize("row", rows(FIRST), ids=name)
def test_the_risk_of_fracture_is_assessed_first(row: dict[str, str]) -> None:
    patient, (what, *told) = Bedside(moment="order-select"), row["on file"].split() or [""]
    if what == "mirels":
        patient.observed("mirels_total", f"5 1 @ {ago(told[0])}")
    elif what in ("form", "open"):
        assessed(patient, items(MIRELS, "mirels_pain ?" if what == "open" else ""), int(told[0]))
    elif what == "ct":
        patient.done("bone_ct", ago(told[1]), bodySite=[concept(told[0])])
    elif what == "opinion":
        patient.done("surgical_opinion", ago(told[0]))
    elif what == "?":
        patient.without("procedures")
    assert planned(patient, "bone_radiotherapy", site=row["site"]).outcome("RT-FXEXCL-01") == row["outcome"]


EARLIER = """
before       | target      | order                          | dose     | outcome
-------------+-------------+--------------------------------+----------+------------------------------------
             | site_femur  | bone_radiotherapy              |          | not-applicable
site_femur   | site_femur  | bone_radiotherapy              |          | needs-data prior_rt_dose_summary
site_femur   | site_femur  | bone_stereotactic_radiotherapy |          | needs-data prior_rt_dose_summary
site_femur   | site_tibia  | bone_radiotherapy              |          | not-applicable
site_thorax  | vertebra_t6 | bone_radiotherapy              |          | needs-data prior_rt_dose_summary
site_thorax  | vertebra_t6 | bone_stereotactic_radiotherapy |          | not-applicable      # SBRT-REIRR-01 speaks
-            | site_femur  | bone_radiotherapy              |          | needs-data irradiated_site
site_femur   | site_femur  | bone_radiotherapy              | summary  | satisfied
site_femur   | site_femur  | bone_radiotherapy              | total    | satisfied
site_femur   | site_femur  | bone_radiotherapy              | report   | satisfied
site_femur   | site_femur  | bone_radiotherapy              | told     | satisfied
said         | site_femur  | bone_radiotherapy              |          | needs-data prior_rt_dose_summary
denied       | site_femur  | bone_radiotherapy              |          | not-applicable
?            | site_femur  | bone_radiotherapy              |          | needs-data radiotherapy
"""


@pytest.mark.parametrize("row", rows(EARLIER), ids=name)
def test_the_dose_of_an_earlier_irradiation_is_looked_up(row: dict[str, str]) -> None:
    patient, details = Bedside(), ""
    if row["before"] in ("said", "denied"):
        details = f"rt_reirradiation {str(row['before'] == 'said').lower()}"
    elif row["before"] == "?":
        patient.without("procedures")
    elif row["before"]:
        where = {} if row["before"] == "-" else {"bodySite": [concept(row["before"])]}
        patient.done("radiotherapy", ago(400), **where)
    if row["dose"] == "summary":
        patient.observed("prior_rt_dose_summary", f"true @ {ago(300)}")
    elif row["dose"] == "total":
        patient.observed("prior_rt_total_dose", f"30 Gy @ {ago(400)}")
    elif row["dose"] == "report":
        report = {"status": "final", "code": concept("prior_rt_dose_summary"), "effectiveDateTime": ago(300)}
        patient.add("diagnosticReports", "DiagnosticReport", report)
    elif row["dose"] == "told":
        details = "prior_rt_total_dose 30 Gy"
    assert planned(patient, row["order"], site=row["target"], details=details).outcome("RT-REIRR-01") == row["outcome"]
