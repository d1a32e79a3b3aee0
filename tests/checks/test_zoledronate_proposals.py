"""What the zoledronic acid rules propose: the dose of the table, a slower infusion, another rhythm, another drug."""

import pytest

from fhir_mappers.record.proposals import (
    NewMedication,
    NewService,
    Proposal,
    RemoveDraft,
    SetDose,
    SetInfusionTime,
)
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import clearing


def proposed(patient: Bedside, rule: str, edition: str = "aura-2026") -> list[str]:
    """The proposals of a rule in a few words each; every one is about the draft of the patient."""
    return [_in_words(p) for p in patient.asks(rule, edition).verdict.proposals]


def _in_words(proposal: Proposal) -> str:
    match proposal:
        case SetDose(dose=dose, interval=interval) if dose or interval:
            return f"dose {dose}" if dose else f"every {interval}"
        case SetInfusionTime(time=time):
            return f"over {time}"
        case RemoveDraft(instead=None):
            return "remove"
        case RemoveDraft(instead=NewMedication(item=item, dose=dose)):
            return f"replace by {item} {dose or ''}".strip()
        case NewMedication(item=item, on=on):
            return f"add {item} on {on}"
        case NewService(items=items):
            return f"order {','.join(items)}"
    raise AssertionError(proposal)


DOSE = """
clearance | first | dose | proposed
----------+-------+------+------------
60.0      |       | 4 mg | dose 3.5 mg
49.99     |       | 4 mg | dose 3.3 mg
39.9      |       | 4 mg | dose 3.0 mg
80        |       | 3 mg | dose 4.0 mg
80        |       | 8 mg | dose 4.0 mg
45        |       | 8 mg | dose 3.3 mg
80        | 45    | 4 mg | dose 3.3 mg
80        | 45    | 8 mg | dose 3.3 mg  # never above the dose of the start
80        | 45    | 3 mg | dose 3.3 mg
80        | 25    | 4 mg | dose 3.0 mg
          |       | 8 mg |              # no clearance, no dose
          |       | 4 mg |
"""


@pytest.mark.parametrize("row", rows(DOSE), ids=name)
def test_the_dose_proposed_is_that_of_the_table(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"]).drafts_order("zometa", row["dose"])
    if row["first"]:
        patient.given("zometa", "2026-05-04", "4 mg")
        patient.observed("creatinine_clearance_at_first_dose", f"{row['first']} mL/min @ 2025-06-01")
    assert ", ".join(proposed(patient, "ZOL-DOSE-01")) == row["proposed"]


PRODUCT = """
clearance | first | dialysis | proposed
----------+-------+----------+----------------------------------
80        |       |          | replace by zoledronic_acid 4.0 mg
45        |       |          | replace by zoledronic_acid 3.3 mg
80        | 45    |          | replace by zoledronic_acid 3.3 mg
29.9      |       |          |                                    # contraindicated
80        |       | yes      |
          |       |          |                                    # no clearance, no dose
"""


@pytest.mark.parametrize("row", rows(PRODUCT), ids=name)
def test_the_yearly_product_is_replaced_at_the_dose_of_the_table(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"]).ill("bone_metastasis").drafts_order("aclasta", "5 mg")
    if row["dialysis"]:
        patient.ill("dialysis_dependence")
    if row["first"]:
        patient.given("zometa", "2026-05-04", "4 mg")
        patient.observed("creatinine_clearance_at_first_dose", f"{row['first']} mL/min @ 2025-06-01")
    assert ", ".join(proposed(patient, "ZOL-PROD-01")) == row["proposed"]


def test_a_contraindicated_order_is_removed_or_replaced() -> None:
    patient = clearing("25").drafts_order("zometa", "3 mg")
    tests = ["order creatinine_test", "order nephrology_referral"]
    assert proposed(patient, "ZOL-CI-01") == ["remove", "replace by denosumab", *tests]


@pytest.mark.parametrize("edition", ["aura-2026", "aura-intermediate"])
def test_thirty_minutes_are_proposed(edition: str) -> None:
    for time in ("10 min", "15 min"):
        assert proposed(Bedside().drafts_order("zometa", "4 mg", over=time), "ZOL-INFUS-01", edition) == ["over 30 min"]


def test_four_weeks_are_proposed_for_a_shorter_interval() -> None:
    assert proposed(Bedside().drafts_order("zometa", "4 mg", every="14 d"), "ZOL-FREQ-01") == ["every 28 d"]


@pytest.mark.parametrize(
    ("extent", "every", "change"),
    [("oligometastatic", "28 d", "every 90 d"), ("multimetastatic", "90 d", "every 28 d")],
)
def test_the_other_rhythm_is_proposed(extent: str, every: str, change: str) -> None:
    patient = Bedside().ill("lung_cancer").observed("disease_extent", f"{extent} @ 2026-06-01")
    patient.observed("oncological_response", "stable_disease @ 2026-06-01").drafts_order("zometa", "4 mg", every=every)
    assert proposed(patient, "ZOL-SPACE-01") == [change]


def test_paracetamol_is_proposed_for_the_planned_day() -> None:
    patient = Bedside().drafts_order("zometa", "4 mg", starts="2026-06-20")
    assert proposed(patient, "ZOL-PARA-01") == ["add paracetamol on 2026-06-20"]
