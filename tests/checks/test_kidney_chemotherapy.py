"""NEPH-CHEMO-01 and NEPH-TKI-01: chemotherapy doses and kinase inhibitors in severe renal impairment."""

import pytest

from fhir_mappers.record.proposals import NewService, SetDose
from tests.support.bedside import Bedside
from tests.support.chart import LUNG, stops
from tests.support.drawn import name, rows
from tests.support.renal import BORN, clearing, notes, said

CHEMO, TKI = "NEPH-CHEMO-01", "NEPH-TKI-01"
EARLIER = ("aura-intermediate", "aura-earlier")  # the chapter is not in those files

CLEARANCE = """
clearance | creatinine | weight     | chemotherapy                  | kinase inhibitor
----------+------------+------------+-------------------------------+------------------
80        | 2026-06-01 | 2026-06-01 | satisfied                     | satisfied
30.0001   | 2026-06-01 | 2026-06-01 | satisfied                     | satisfied
30.0      | 2026-06-01 | 2026-06-01 | satisfied                     | satisfied         # exactly 30 is not severe
29.9999   | 2026-06-01 | 2026-06-01 | warning due                   | warning due
29.9      | 2026-06-01 | 2026-06-01 | warning due                   | warning due
29.9      | 2026-05-04 | 2026-06-01 | warning due                   | warning due       # 30 d
29.9      | 2026-05-03 | 2026-06-01 | needs-data creatinine         | warning due       # 31 d
80        | 2026-05-03 | 2026-06-01 | needs-data creatinine         | satisfied
29.9      | 2026-03-05 | 2026-06-01 | needs-data creatinine         | warning due       # 90 d
29.9      | 2026-03-04 | 2026-06-01 | needs-data creatinine         | satisfied         # 91 d: silent
29.9      | 2026-06-01 | 2026-03-05 | warning due                   | warning due       # weight of 90 d
29.9      | 2026-06-01 | 2026-03-04 | needs-data weight             | satisfied         # 91 d
          |            |            | needs-data creatinine,weight  | satisfied
"""


@pytest.mark.parametrize(
    ("drug", "rule"),
    [("cisplatin", CHEMO), ("carboplatin", CHEMO), ("pemetrexed", CHEMO), ("osimertinib", TKI), ("crizotinib", TKI)],
)
@pytest.mark.parametrize("row", rows(CLEARANCE), ids=name)
def test_below_thirty_the_order_is_reviewed(row: dict[str, str], drug: str, rule: str) -> None:
    patient = clearing(row["clearance"], creatinine=row["creatinine"], weight=row["weight"]).ill("lung_cancer")
    patient.drafts_order(drug)
    assert said(patient, rule) == row["chemotherapy" if rule == CHEMO else "kinase inhibitor"]
    for edition in EARLIER:
        finding = patient.asks(rule, edition)
        assert (finding.status, finding.because) == ("silent", "not-in-edition")


DRUGS = """
draft          | disease         | clearance | NEPH-CHEMO-01                | NEPH-TKI-01
---------------+-----------------+-----------+------------------------------+---------------
cisplatin      | lung_cancer     | 25        | warning due                  | not-applicable
cisplatin      | bone_metastasis |           | needs-data creatinine,weight | not-applicable
cisplatin      |                 |           | not-applicable               | not-applicable # not this guideline
cisplatin      |                 | 25        | warning due                  | not-applicable # often not coded
cisplatin      |                 | 30        | not-applicable               | not-applicable
oxaliplatin    | lung_cancer     | 25        | warning due                  | not-applicable
gemcitabine    | lung_cancer     | 25        | not-applicable               | not-applicable # named in the text only
osimertinib    | lung_cancer     | 25        | not-applicable               | warning due
osimertinib    |                 | 25        | not-applicable               | warning due    # made for lung cancer
egfr inhibitor |                 | 25        | not-applicable               | warning due
selpercatinib  | lung_cancer     | 25        | not-applicable               | warning due    # RET, coded by class
selpercatinib  |                 | 25        | not-applicable               | not-applicable
selpercatinib  | ?               | 25        | not-applicable               | needs-data lung_cancer
palbociclib    | lung_cancer     | 25        | not-applicable               | not-applicable # breast
sunitinib      | lung_cancer     | 25        | not-applicable               | not-applicable # anti-angiogenic
bevacizumab    | lung_cancer     | 25        | not-applicable               | not-applicable
pembrolizumab  | lung_cancer     | 25        | not-applicable               | not-applicable
"""


@pytest.mark.parametrize("row", rows(DRUGS), ids=name)
def test_which_drugs_and_which_patients(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"]).drafts_order(row["draft"])
    if row["disease"]:
        patient.without("conditions") if row["disease"] == "?" else patient.ill(row["disease"])
    for rule in (CHEMO, TKI):
        assert said(patient, rule) == row[rule]


OTHER = """
what                         | clearance | NEPH-CHEMO-01                  | NEPH-TKI-01
-----------------------------+-----------+--------------------------------+----------------------------------
dialysis                     | 80        | warning dialysis               | warning dialysis
dialysis                     |           | warning dialysis               | warning dialysis
session 2026-03-05           | 80        | warning dialysis               | warning dialysis                 # 90 d
session 2026-03-04           | 80        | satisfied                      | satisfied                        # 91 d
procedures unsent            | 80        | needs-data dialysis_dependence | needs-data dialysis_dependence
observations unsent          |           | needs-data creatinine,weight   | needs-data creatinine,weight
preliminary 400 @ 2026-06-02 | 80        | warning due                    | warning due                      # worse
preliminary 400 @ 2026-06-02 | 0         | warning due                    | warning due
preliminary 100 @ 2026-06-02 | 0         | needs-data creatinine          | satisfied                        # silent
egfr 29 @ 2026-06-01         | 0         | needs-data creatinine          | needs-data creatinine            # A28
egfr 30 @ 2026-06-01         | 0         | needs-data creatinine          | satisfied
egfr 29 @ 2026-06-01         | 80        | satisfied                      | satisfied                        # A28
"""


@pytest.mark.parametrize("row", rows(OTHER), ids=name)
def test_dialysis_and_results_of_other_kinds(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN).ill("lung_cancer").drafts_order("cisplatin").drafts_order("osimertinib")
    if row["clearance"] == "0":
        patient.observed("body_weight", "80 kg @ 2026-06-01")
    else:
        clearing(row["clearance"], bedside=patient)
    _add(patient, row["what"])
    for rule in (CHEMO, TKI):
        assert said(patient, rule) == row[rule]
        asks = row["what"].startswith("egfr 29") and row["clearance"] == "0"
        assert notes(patient, rule) == ({"egfr_low"} if asks else set())


def _add(patient: Bedside, what: str) -> None:
    kind, _, more = what.partition(" ")
    value, _, day = more.partition(" @ ")
    if more == "unsent":
        patient.without(kind)
    elif kind == "dialysis":
        patient.ill("dialysis_dependence")
    elif kind == "session":
        patient.done("dialysis_session", more)
    elif kind == "preliminary":
        patient.observed("creatinine_serum", f"{value} umol/L @ {day}", status="preliminary")
    else:
        patient.observed("egfr_ckdepi_2021", f"{value} mL/min/{{1.73_m2}} @ {day}")


def test_each_drug_is_named_and_no_dose_is_ever_proposed() -> None:
    patient = clearing("25").ill("lung_cancer").drafts_order("carboplatin", "450 mg").drafts_order("pemetrexed")
    found = [f for f in patient.findings().speaking if f.rule.id == CHEMO]
    assert [f.verdict.figures["drug"].keys for f in found] == [("carboplatin",), ("pemetrexed",)]
    proposals = [p for f in found for p in f.verdict.proposals]
    assert all(isinstance(p, NewService) for p in proposals)
    assert not any(isinstance(p, SetDose) for p in proposals)


@pytest.mark.parametrize(
    ("drug", "named"), [("osimertinib", "osimertinib"), ("selpercatinib", "protein_kinase_inhibitor_any")]
)
def test_a_kinase_inhibitor_is_named_by_its_drug_else_by_its_class(drug: str, named: str) -> None:
    finding = clearing("25").ill("lung_cancer").drafts_order(drug).asks(TKI)
    assert finding.verdict.figures["drug"].keys == (named,)


def test_the_missing_creatinine_is_asked_once() -> None:
    patient = Bedside().ill(LUNG[0]).ill(LUNG[1]).drafts_order("zometa", "4 mg").drafts_order("cisplatin")
    assert patient.asks("AR-RENAL-01").speaks
    assert patient.asks(CHEMO).verdict.said_by == "AR-RENAL-01"


def test_a_drug_that_is_being_stopped_needs_no_review() -> None:
    for drug, rule in (("cisplatin", CHEMO), ("osimertinib", TKI)):
        assert said(stops(clearing("25").ill("lung_cancer"), drug), rule) == "not-applicable"
