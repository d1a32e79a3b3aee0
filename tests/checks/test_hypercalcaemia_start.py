"""HCAL-WARN-01 and HCAL-CRISIS-01: which antiresorptive they offer, now that AR-START-02 is silent beside them."""

import pytest

from fhir_mappers.record.proposals import NewMedication, NewService
from fhir_mappers.record.starting import BEFORE_START
from tests.hooks.said import cards_of, led_by
from tests.support.bedside import Bedside
from tests.support.chart import ago, care_plan, lung_patient
from tests.support.drawn import name, rows
from tests.support.renal import clearing

BEGIN = """
calcium | but                              | offered instead of AR-START-02
--------+----------------------------------+--------------------------------------------------
2.61    |                                  | zoledronic_acid 4 mg, denosumab, before the start
3.50    |                                  | zoledronic_acid 4 mg, denosumab, before the start
2.60    |                                  |
3.00    | clears 42                        | zoledronic_acid 3.3 mg, denosumab, before the start
3.00    | clears 25                        | denosumab, before the start
3.00    | dialysis                         | denosumab, before the start
3.00    | fracture                         |                     # AR-START-02 speaks itself
3.00    | given                            |
3.00    | declined                         |
3.00    | comfort care                     |
3.00    | 8 days ago                       |                     # an old result asks for a repeat
"""


@pytest.mark.parametrize("row", rows(BEGIN), ids=name)
def test_hypercalcaemia_offers_the_start_where_it_is_the_only_event(row: dict[str, str]) -> None:
    patient = hypercalcaemic(row["calcium"], row["but"])
    offered = patient.asks("HCAL-WARN-01").verdict.proposals
    if row["calcium"] == "2.60":
        assert patient.outcome("HCAL-WARN-01") == "satisfied"
        return
    assert offered[0] == NewService(("calcium_albumin", "creatinine_test", "pth"))
    assert ", ".join(map(_begins, offered[1:])) == row["offered instead of AR-START-02"]


def hypercalcaemic(value: str, but: str) -> Bedside:
    crcl = but.removeprefix("clears ") if but.startswith("clears") else "80"
    patient = clearing(crcl, bedside=lung_patient())
    patient.moment = "patient-view"
    day = ago(8 if but == "8 days ago" else 1)
    patient.observed("calcium_total", f"{value} mmol/L @ {day}").observed("albumin_serum", f"40 g/L @ {day}")
    match but:
        case "dialysis":
            patient.ill("dialysis_dependence")
        case "fracture":
            patient.ill("pathological_fracture_neoplastic", ago(5))
        case "given":
            patient.given("zometa", ago(60), "4 mg")
        case "declined":
            patient.observed("antiresorptive_declined", f"true @ {ago(5)}")
        case "comfort care":
            care_plan(patient, "comfort_care_only")
    return patient


def _begins(proposal: object) -> str:
    if isinstance(proposal, NewMedication):
        return f"{proposal.item} {proposal.dose.value.normalize()} mg" if proposal.dose else proposal.item
    return "before the start" if proposal == NewService(BEFORE_START) else str(proposal)


CRISIS = """
who        | but          | offered besides the work-up
-----------+--------------+------------------------------
lung       |              | zoledronic_acid, one, no dose
lung       | clears 30    | zoledronic_acid, one, no dose
lung       | clears 29.99 |                               # after the renal check
lung       | unknown      |
lung       | dialysis     |
lung       | given        |
lung       | comfort care |
lung       | child        |
breast     |              |                               # no malignant bone disease on record
"""


@pytest.mark.parametrize("row", rows(CRISIS), ids=name)
def test_a_crisis_offers_an_infusion_without_a_dose_after_the_renal_check(row: dict[str, str]) -> None:
    patient = hypercalcaemic("3.60", row["but"])
    if row["but"] == "unknown":
        patient.resources["observations"] = [r for r in patient.resources["observations"] if "kg" not in str(r)]
    elif row["but"] == "child":
        patient.person(born="2012-01-01")
    if row["who"] == "breast":
        patient.resources["conditions"] = []
        patient.ill("breast_cancer")
    referral, tests, *more = patient.asks("HCAL-CRISIS-01").verdict.proposals
    assert referral == NewService(("emergency_referral",))
    assert tests.items[0] == "electrocardiogram"
    offered = [f"{p.item}, one, no dose" for p in more if p.dose is None and p.reason == "emergency_hypercalcaemia"]
    assert ", ".join(offered) == row["offered besides the work-up"]
    assert len(offered) == len(more)


def test_the_card_of_a_crisis_refers_at_once() -> None:
    card = led_by(cards_of(hypercalcaemic("3.60", "")), "HCAL-CRISIS-01")
    labels = [suggestion.label for suggestion in card.suggestions or ()]
    assert labels[0] == "Order emergency admission"
    assert labels[1].startswith("Order ECG, ionised calcium, ")
    assert labels[2] == "Draft zoledronic acid"
    orders = [action.resource or {} for suggestion in card.suggestions or () for action in suggestion.actions or ()]
    assert [order.get("priority") for order in orders[:2]] == ["stat", "stat"]
    assert "doseAndRate" not in orders[-1]["dosageInstruction"][0]
    assert orders[-1]["dosageInstruction"][0]["timing"]["repeat"]["count"] == 1
