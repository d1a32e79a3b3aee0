"""NEPH-CUM-01: platinum, pemetrexed and an intravenous bisphosphonate add up on the kidney."""

import pytest

from fhir_mappers.record.proposals import NewService, RemoveDraft
from tests.support.bedside import Bedside
from tests.support.chart import ago, dispensed, stops
from tests.support.drawn import name, rows
from tests.support.renal import BORN, clearing, notes, said

RULE = "NEPH-CUM-01"

CLEARANCE = """
clearance | creatinine | outcome
----------+------------+-----------------
60.1      | 2026-06-01 | info due
60.0      | 2026-06-01 | info due         # exactly 60 is not reduced
59.9999   | 2026-06-01 | warning reduced
59.9      | 2026-06-01 | warning reduced
30.0      | 2026-06-01 | warning reduced
59.9      | 2026-05-04 | warning reduced  # 30 d
59.9      | 2026-05-03 | info due         # 31 d: not known
          |            | info due
"""


@pytest.mark.parametrize("order", ["zometa", "pamidronate"])
@pytest.mark.parametrize("row", rows(CLEARANCE), ids=name)
def test_one_line_of_information_and_a_warning_below_sixty(row: dict[str, str], order: str) -> None:
    patient = clearing(row["clearance"], creatinine=row["creatinine"]).drafts_order(order).drafts_order("cisplatin")
    assert said(patient, RULE) == row["outcome"]
    for edition in ("aura-intermediate", "aura-earlier"):  # the chapter is not in those files
        finding = patient.asks(RULE, edition)
        assert (finding.status, finding.because) == ("silent", "not-in-edition")


@pytest.mark.parametrize(("clearance", "status"), [("30.0", "fires"), ("29.9", "silent")])
def test_a_contraindicated_bisphosphonate_speaks_alone(clearance: str, status: str) -> None:
    finding = clearing(clearance).drafts_order("zometa").drafts_order("cisplatin").asks(RULE)
    assert (finding.status, finding.because) == (status, None if status == "fires" else "muted by ZOL-CI-01")


CHEMOTHERAPY = """
draft       | record                 | outcome
------------+------------------------+----------------------------------
            |                        | not-applicable
cisplatin   |                        | info due              # both drafted in one session
carboplatin |                        | info due
oxaliplatin |                        | info due              # a platinum salt
pemetrexed  |                        | info due
gemcitabine |                        | not-applicable
            | cisplatin ordered      | info due
            | pemetrexed ordered     | info due
            | carboplatin stopped    | not-applicable
            | carboplatin completed  | not-applicable        # the order ended, no dose recorded
            | cisplatin taken 400    | info due              # an active statement
            | cisplatin told 42      | info due
            | cisplatin told 43      | not-applicable
            | cisplatin given 42     | info due
            | cisplatin given 43     | not-applicable
            | cisplatin not-done 5   | not-applicable
            | cisplatin error 5      | not-applicable
            | pemetrexed handed 42   | info due
            | cisplatin given 2026-04 | needs-data nephrotoxic_chemotherapy  # some day of April
            | gemcitabine given 5    | not-applicable
            | ?                      | needs-data nephrotoxic_chemotherapy
pemetrexed  | ?                      | info due
"""


@pytest.mark.parametrize("row", rows(CHEMOTHERAPY), ids=name)
def test_platinum_or_pemetrexed_drafted_running_or_recent(row: dict[str, str]) -> None:
    patient = clearing("80").drafts_order("zometa", "4 mg")
    if row["draft"]:
        patient.drafts_order(row["draft"])
    _chart(patient, row["record"])
    assert said(patient, RULE) == row["outcome"]


def _chart(patient: Bedside, record: str) -> None:
    if record in ("", "?"):
        patient.without(*(("medicationRequests", "medicationAdministrations") if record else ()))
        return
    drug, how, *day = record.split()
    when = ago(day[0]) if day else "2026-05-01"
    if how == "given":
        patient.given(drug, when)
    elif how in ("not-done", "error"):
        patient.given(drug, when, status="entered-in-error" if how == "error" else how)
    elif how == "handed":
        dispensed(patient, drug, when)
    elif how in ("taken", "told"):
        patient.stated(drug, when, status="active" if how == "taken" else "completed")
    else:
        patient.ordered(drug, when, status="active" if how == "ordered" else how)


BISPHOSPHONATE = """
order           | disease         | outcome
----------------+-----------------+---------------------
zometa          |                 | info due                 # an oncology product says what it is for
zoledronic acid | bone_metastasis | info due                 # either product harms the kidney
zoledronic acid |                 | not-applicable
aclasta         | bone_metastasis | info due
aclasta         |                 | not-applicable           # osteoporosis, out of scope
aclasta         | ?               | needs-data bone
alendronate     | bone_metastasis | not-applicable           # by mouth
xgeva           | bone_metastasis | not-applicable
prolia          |                 | not-applicable
"""


@pytest.mark.parametrize("row", rows(BISPHOSPHONATE), ids=name)
def test_an_intravenous_bisphosphonate_of_oncology_is_drafted(row: dict[str, str]) -> None:
    patient = clearing("80").ordered("pemetrexed", "2026-05-01").drafts_order(row["order"])
    _ill(patient, row["disease"])
    assert said(patient, RULE) == row["outcome"]


RUNNING = """
record                  | disease         | outcome
------------------------+-----------------+------------------------------
zometa given 180        |                 | info due
zometa given 181        |                 | not-applicable
zometa told 180         |                 | info due
pamidronate given 28    |                 | info due
zometa ordered 35       |                 | info due                   # presumed given elsewhere
zometa ordered 34       |                 | not-applicable
zoledronic given 28     | bone_metastasis | info due
zoledronic given 28     |                 | needs-data product
aclasta given 100       |                 | not-applicable             # osteoporosis
aclasta given 100       | bone_metastasis | not-applicable
xgeva given 28          | bone_metastasis | not-applicable
alendronate ordered 90  | bone_metastasis | not-applicable
none                    | bone_metastasis | not-applicable
"""


@pytest.mark.parametrize("chemotherapy", ["carboplatin", "pemetrexed"])
@pytest.mark.parametrize("row", rows(RUNNING), ids=name)
def test_chemotherapy_is_drafted_under_a_running_bisphosphonate(row: dict[str, str], chemotherapy: str) -> None:
    patient = clearing("80").drafts_order(chemotherapy)
    if row["record"] != "none":
        drug, how, day = row["record"].split()
        drug = "zoledronic acid" if drug == "zoledronic" else drug
        if how == "ordered":
            patient.ordered(drug, ago(day))
        else:
            (patient.given if how == "given" else patient.stated)(drug, ago(day))
    _ill(patient, row["disease"])
    assert said(patient, RULE) == row["outcome"]


def _ill(patient: Bedside, disease: str) -> None:
    if disease:
        patient.without("conditions") if disease == "?" else patient.ill(disease)


def test_a_bisphosphonate_that_is_being_stopped_adds_nothing() -> None:
    patient = clearing("80").given("zometa", ago(28)).drafts_order("cisplatin")
    assert said(patient, RULE) == "info due"
    assert said(stops(patient, "zometa"), RULE) == "not-applicable"


def test_a_stop_of_chemotherapy_is_no_chemotherapy() -> None:
    assert said(stops(clearing("80").drafts_order("zometa"), "cisplatin"), RULE) == "not-applicable"


def test_dialysis_is_a_warning_under_a_running_bisphosphonate() -> None:
    patient = clearing("80").given("zometa", ago(28)).drafts_order("cisplatin").ill("dialysis_dependence")
    assert said(patient, RULE) == "warning dialysis"


@pytest.mark.parametrize(("value", "outcome"), [("400", "warning reduced"), ("60", "info due")])
def test_a_preliminary_creatinine_may_alarm_but_never_reassures(value: str, outcome: str) -> None:
    patient = Bedside().person(born=BORN).observed("body_weight", "80 kg @ 2026-06-01").given("zometa", ago(28))
    patient.observed("creatinine_serum", f"{value} umol/L @ 2026-06-02", status="preliminary")
    assert said(patient.drafts_order("cisplatin"), RULE) == outcome


def test_an_unknown_clearance_is_named_and_denosumab_proposed_only_when_it_is_reduced() -> None:
    blank = Bedside().drafts_order("zometa").drafts_order("cisplatin").asks(RULE)
    assert blank.verdict.notes == ("clearance_unknown",)
    assert [type(p) for p in blank.verdict.proposals] == [NewService]
    patient = clearing("50").drafts_order("zometa").drafts_order("cisplatin")
    assert notes(patient, RULE) == set()
    assert [type(p) for p in patient.asks(RULE).verdict.proposals] == [NewService, RemoveDraft]


def test_several_drafts_are_one_finding_at_order_sign_only() -> None:
    patient = clearing("80").drafts_order("zometa").drafts_order("carboplatin").drafts_order("pemetrexed")
    found = [f for f in patient.findings().speaking if f.rule.id == RULE]
    assert [f.rule.hooks for f in found] == [("order-sign",)]
