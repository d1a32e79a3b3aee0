"""MDT-OOS-01, MDT-OOS-02: who is sent to the bone tumour board, and what the request tells. MDT-OOS-04: who is not."""

import pytest

from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.proposals import NewService
from hooks.evaluate import Findings, Guideline, evaluate
from hooks.registry import CHECKS
from tests.support.asked import ask, finding, patient
from tests.support.bedside import RULES
from tests.support.drawn import name, rows

ALL = tuple(f"{item} told" for item in i.BOARD_ITEMS)
FIVE = ", ".join(f"text {item} 5" for item in i.BOARD_ITEMS if item.partition("_")[2] not in
                 ("pain", "current_drugs", "bone_drug", "anticoagulants"))  # fmt: skip

ITEMS = """
MDT-OOS-02 on file                                                                             | missing
-----------------------------------------------------------------------------------------------+---------------------------------------------------
                                                                                               | all
text board_circumstances 5                                                                     | stage_and_response pain current_drugs local_treatments bone_drug anticoagulants prognosis_and_project
FIVE                                                                                           | pain current_drugs bone_drug anticoagulants
FIVE, says pain_mechanism pain_none 5                                                          | current_drugs bone_drug anticoagulants   # no pain is an answer
FIVE, says pain_mechanism pain_neuropathic 31                                                  | pain current_drugs bone_drug anticoagulants
FIVE, ordered paracetamol 9                                                                    | pain bone_drug anticoagulants
FIVE, told paracetamol 9                                                                       | pain bone_drug anticoagulants
FIVE, ordered xgeva 9, given xgeva 9                                                           | pain anticoagulants
FIVE, text board_pain 30, text board_current_drugs 30, text board_bone_drug 30, text board_anticoagulants 30 | none
FIVE, text board_pain 30, text board_current_drugs 30, text board_bone_drug 30, text board_anticoagulants 31 | anticoagulants
"""

REFERRED = """
MDT-OOS-01 on file                                                                    | order                                     | who speaks
--------------------------------------------------------------------------------------+-------------------------------------------+-----------------------
ill lung_cancer, given zometa 200 4, given zometa 28 4, ordered zometa 200            | stop zometa                               | DUR-STOP-01 MDT-OOS-01
ill lung_cancer, given zometa 200 4, ordered zometa 200, asked bone_tumour_board_request 60 | stop zometa                         | DUR-STOP-01
ill lung_cancer, given zometa 200 4, ordered zometa 200, asked bone_tumour_board_request 61 | stop zometa                         | DUR-STOP-01 MDT-OOS-01
ill lung_cancer, given zometa 200 4, ordered zometa 200                               | stop zometa; bone_tumour_board_request    | DUR-STOP-01
ill lung_cancer, given zometa 200 4, ordered zometa 200, without serviceRequests      | stop zometa                               | DUR-STOP-01 MDT-OOS-01
ill lung_cancer, given zometa 800 4, given zometa 28 4, ordered zometa 800            | zometa                                    | DUR-24M-01              # asks the board itself
ill lung_cancer, ill bone_metastasis, given zometa 200 4                              | zometa                                    |                         # a simple case
"""


@pytest.mark.parametrize("row", rows(ITEMS), ids=name)
def test_the_request_tells_eight_things(row: dict[str, str]) -> None:
    missing = row["missing"].replace("all", " ".join(item.partition("_")[2] for item in i.BOARD_ITEMS))
    wanted = [] if missing == "none" else [f"board_{item}" for item in missing.split()]
    outcome = f"needs-data {','.join(wanted)}" if wanted else "satisfied"
    facts = row["MDT-OOS-02 on file"].replace("FIVE", FIVE)
    assert ask("MDT-OOS-02", facts, "bone_tumour_board_request") == outcome


def test_an_item_may_be_told_by_the_request_itself() -> None:
    bedside = patient(FIVE, "bone_tumour_board_request: board_pain true, board_bone_drug unknown")
    details = bedside.drafts[0]["contained"]
    details[0] |= {"valueString": "neuropathic, at night"}
    del details[0]["valueBoolean"]
    found = evaluate((_check("MDT-OOS-02"),), bedside.record(), Guideline(RULES, "aura-2026")).all[0]
    assert [gap.what for gap in found.verdict.missing] == [
        "board_current_drugs",
        "board_bone_drug",
        "board_anticoagulants",
    ]
    details[0]["valueString"] = "  "
    found = evaluate((_check("MDT-OOS-02"),), bedside.record(), Guideline(RULES, "aura-2026")).all[0]
    assert found.verdict.missing[0].what == "board_pain"


def test_an_anticoagulant_on_file_answers_for_itself() -> None:
    bedside = patient(f"{FIVE}, text board_pain 5, text board_bone_drug 5", "bone_tumour_board_request")
    row = {"status": "active", "intent": "order", "medicationCodeableConcept": {"text": "Apixaban 5 mg"}}
    bedside.add("medicationRequests", "MedicationRequest", row | {"authoredOn": "2026-05-01"})
    found = evaluate((_check("MDT-OOS-02"),), bedside.record(), Guideline(RULES, "aura-2026")).all[0]
    assert found.verdict.outcome == "satisfied"


@pytest.mark.parametrize("row", rows(REFERRED), ids=name)
def test_advice_that_is_the_boards_says_so(row: dict[str, str]) -> None:
    orders = [order.strip() for order in row["order"].split(";")]
    bedside = patient(row["MDT-OOS-01 on file"], "; ".join(order for order in orders if order != "zometa"))
    if "zometa" in orders:
        bedside.drafts_order("zometa", "4 mg")
    found = evaluate(CHECKS, bedside.record(), Guideline(RULES, "aura-2026"))
    about = ("DUR-STOP-01", "DUR-24M-01", "MDT-OOS-01")
    assert [f.rule.id for f in found.speaking if f.rule.id in about] == row["who speaks"].split()
    for mine in (f for f in found.speaking if f.rule.id == "MDT-OOS-01" and f.status == "fires"):
        assert (mine.verdict.case, mine.verdict.said_by) == ("due", "DUR-STOP-01")
        assert mine.verdict.proposals == (NewService(("bone_tumour_board",)),)


def test_without_a_reason_nothing_speaks_of_the_board() -> None:
    found = evaluate(CHECKS, patient("ill lung_cancer, ill bone_metastasis").record(), Guideline(RULES, "aura-2026"))
    proposed = [p for f in found.speaking for p in f.verdict.proposals if isinstance(p, NewService)]
    assert not any("bone_tumour_board" in p.items for p in proposed)
    assert not [f for f in found.speaking if f.rule.id.startswith("MDT-")]
    assert _check("MDT-OOS-01").judge(patient("").record(), None, Findings()).outcome == "not-applicable"


@pytest.mark.parametrize("rule", ["MDT-OOS-02"])
def test_the_chapter_stands_in_one_edition_only(rule: str) -> None:
    found = finding(rule, "", "bone_tumour_board_request", edition="aura-earlier")
    assert (found.speaks, found.because) == (False, "not-in-edition")


def _check(rule: str):  # type: ignore[no-untyped-def]  # a Check of the list
    return next(check for check in CHECKS if check.id == rule)
