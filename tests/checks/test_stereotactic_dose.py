"""SBRT-DOSE-01, SBRT-SINGLE-01, SBRT-VCF-01, SBRT-ESO-01, SBRT-SYST-01: doses, the vertebra, the oesophagus, drugs."""

import pytest

from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

RANGES = """
site        | dose | fractions | outcome
------------+------+-----------+---------------------------
vertebra_t6 | 18   | 1         | satisfied
vertebra_t6 | 17.9 | 1         | info due
vertebra_t6 | 24   | 2         | satisfied
vertebra_t6 | 24.1 | 2         | info due
vertebra_t6 | 27   | 3         | satisfied
vertebra_t6 | 26.9 | 3         | info due
vertebra_t6 | 30   | 3         | satisfied
vertebra_t6 | 30.1 | 3         | info due
vertebra_t6 | 30   | 5         | satisfied
vertebra_t6 | 35   | 5         | satisfied
vertebra_t6 | 35.1 | 5         | info due
vertebra_t6 | 30   | 4         | info due                 # not listed
vertebra_t6 | 35   | 7         | info due                 # perhaps a misprint
site_sacrum | 24   | 3         | satisfied
site_sacrum | 40   | 5         | satisfied
site_sacrum | 40.1 | 5         | info due
site_sacrum | 20   | 1         | info due
site_femur  | 15   | 1         | satisfied
site_femur  | 25.1 | 1         | info due
site_femur  | 24   | 3         | satisfied
site_femur  | 50   | 5         | satisfied
site_femur  | 50.1 | 5         | info due
site_femur  | 24   | 2         | info due
            | 24   | 2         | needs-data lesion_site
site_femur  |      | 3         | needs-data rt_total_dose
site_femur  |      |           | not-applicable           # a referral
"""


def stereotactic(site: str, dose: str, fractions: str, patient: Bedside | None = None) -> Bedside:
    told = [f"rt_total_dose {dose} Gy"] if dose else []
    told += [f"rt_fractions {fractions}"] if fractions else []
    return planned(patient or Bedside(), "bone_stereotactic_radiotherapy", site=site, details=", ".join(told))


@pytest.mark.parametrize("row", rows(RANGES), ids=name)
def test_doses_keep_to_the_ranges(row: dict[str, str]) -> None:
    patient = stereotactic(row["site"], row["dose"], row["fractions"])
    assert patient.outcome("SBRT-DOSE-01") == row["outcome"]
    notes = ("misprint",) if (row["dose"], row["fractions"]) == ("35", "7") else ()
    assert patient.asks("SBRT-DOSE-01").verdict.notes == notes


SINGLE = """
fractions | before       | outcome
----------+--------------+-----------------
1         |              | info due
2         |              | satisfied
3         |              | satisfied
1         | vertebra_t6  | warning again
2         | vertebra_t6  | satisfied
1         | site_femur   | info due
3         | vertebra_t6  | satisfied
"""


@pytest.mark.parametrize("row", rows(SINGLE), ids=name)
def test_one_stereotactic_fraction_is_for_particular_cases(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["before"]:
        patient.done("radiotherapy", ago(400), bodySite=[concept(row["before"])])
    assert stereotactic("vertebra_t6", "24", row["fractions"], patient).outcome("SBRT-SINGLE-01") == row["outcome"]
    assert stereotactic("vertebra_t6", "", "").outcome("SBRT-SINGLE-01") == "not-applicable"


VERTEBRA = """
level        | type         | body | per fraction | collapse        | oesophagus
-------------+--------------+------+--------------+-----------------+----------------
vertebra_t9  |              |      |              | satisfied       | info due
vertebra_t10 |              |      |              | info due        | info due
vertebra_s1  |              |      |              | info due        | satisfied
vertebra_c5  |              |      |              | satisfied       | info due
vertebra_c4  |              |      |              | satisfied       | satisfied
vertebra_t11 |              |      |              | info due        | satisfied
vertebra_t6  | lesion_lytic |      |              | info due        | info due
vertebra_t6  | lesion_blastic |    |              | satisfied       | info due
vertebra_t6  |              | 20   |              | satisfied       | info due
vertebra_t6  |              | 21   |              | info due        | info due
vertebra_t6  |              |      | 20           | satisfied       | info due
vertebra_t6  |              |      | 20.1         | info due        | info due
vertebra_t12 | lesion_lytic |      |              | info several    | satisfied
vertebra_t6  | lesion_lytic | 30   | 24           | info several    | info due
site_femur   | lesion_lytic |      |              | not-applicable  | not-applicable
"""


@pytest.mark.parametrize("row", rows(VERTEBRA), ids=name)
def test_the_vertebra_and_the_oesophagus(row: dict[str, str]) -> None:
    patient = Bedside(moment="app").observed("rt_technique", f"technique_stereotactic @ {ago(1)}")
    place = "vertebral_level" if row["level"].startswith("vertebra") else "lesion_site"
    facts = {place: row["level"], "lesion_type": row["type"], "vertebral_body_involvement": row["body"] and f"{row['body']} %",
             "dose_per_fraction": row["per fraction"] and f"{row['per fraction']} Gy"}  # fmt: skip
    for what, fact in facts.items():
        if fact:
            patient.observed(what, f"{fact} @ {ago(1)}")
    assert patient.outcome("SBRT-VCF-01") == row["collapse"]
    assert patient.outcome("SBRT-ESO-01") == row["oesophagus"]


def test_a_request_for_stereotactic_radiotherapy_opens_the_question_in_the_app_alone() -> None:
    def asked(moment: str) -> Bedside:
        patient = Bedside(moment=moment).observed("vertebral_level", f"vertebra_t6 @ {ago(1)}")
        request = {"status": "active", "code": concept("bone_stereotactic_radiotherapy"), "authoredOn": ago(9)}
        return patient.add("serviceRequests", "ServiceRequest", request)

    assert asked("app").outcome("SBRT-ESO-01") == "info due"
    assert asked("order-sign").outcome("SBRT-ESO-01") == "not-applicable"


SYSTEMIC = """
drug        | how      | outcome
------------+----------+---------------
cisplatin   | active   | info due
cisplatin   | given 30 | info due
cisplatin   | given 31 | not-applicable
paracetamol | active   | not-applicable
"""


@pytest.mark.parametrize("row", rows(SYSTEMIC), ids=name)
def test_any_systemic_treatment_calls_for_precaution(row: dict[str, str]) -> None:
    how, *days = row["how"].split()
    patient = Bedside().given(row["drug"], ago(days[0])) if days else Bedside().ordered(row["drug"], ago(9), status=how)
    finding = stereotactic("vertebra_t6", "27", "3", patient).asks("SBRT-SYST-01")
    said = f"{finding.severity.value} {finding.verdict.case}" if finding.speaks else finding.verdict.outcome.value
    assert said == row["outcome"]
    assert not finding.speaks or finding.verdict.said_by == "RT-CONC-03"
