"""IMG-SCINT-01, IMG-SCINT-02, IMG-FIELD-01: which bone scan and which FDG-PET is worth it in lung cancer."""

import pytest

from fhir_mappers.record.proposals import RemoveDraft, SetDetail
from hooks.evaluate import Guideline, evaluate
from tests.support.asked import CHECK, ask, finding, patient
from tests.support.bedside import RULES, Bedside, concept
from tests.support.drawn import name, rows

AFTER_PET = """
IMG-SCINT-01 on file                                | order                                | outcome
----------------------------------------------------+--------------------------------------+------------------------------------
ill lung_cancer, done fdg_pet 60                    | bone_scan for reason_staging         | info due                             # the last day
ill lung_cancer, done fdg_pet 61                    | bone_scan for reason_staging         | satisfied
ill lung_cancer, done fdg_pet 0                     | bone_scan                            | info due
ill lung_cancer, done fdg_pet -1                    | bone_scan                            | satisfied                            # tomorrow's
ill lung_cancer, report fdg_pet 30                  | bone_scan                            | info due
ill lung_cancer, done fdg_pet_to_mid_thigh 30       | bone_scan                            | info due
ill lung_cancer, done pet_any 30                    | bone_scan                            | info due                             # no tracer coded
ill lung_cancer, done bone_pet_naf 30               | bone_scan                            | satisfied
ill lung_cancer, asked fdg_pet 5                    | bone_scan                            | satisfied                            # not done yet
ill lung_cancer                                     | bone_scan for reason_staging         | satisfied
maybe lung_cancer, done fdg_pet 30                  | bone_scan                            | info due                             # being staged
ill prostate_cancer, done fdg_pet 30                | bone_scan                            | not-applicable                       # blastic
done fdg_pet 30                                     | bone_scan                            | not-applicable
ill lung_cancer, done fdg_pet 30                    | bone_scan for reason_follow_up       | info due
ill lung_cancer, done fdg_pet 30                    | bone_scan for reason_specific_question | not-applicable
ill lung_cancer, done fdg_pet 30                    | bone_scan for reason_new_bone_pain   | not-applicable
ill lung_cancer, done fdg_pet 30                    | bone_scan for reason_spinal_metastasis | not-applicable
ill lung_cancer, done fdg_pet 30, ill new_bone_pain | bone_scan                            | not-applicable
ill lung_cancer, done fdg_pet 30, says new_bone_pain true 30 | bone_scan                   | not-applicable
ill lung_cancer, done fdg_pet 30, says new_bone_pain true 31 | bone_scan                   | info due                             # too old to be new
ill lung_cancer, done fdg_pet 30, says new_bone_pain false 1 | bone_scan                   | info due
ill lung_cancer, done fdg_pet 30                    | bone_scan: imaging_reason reason_specific_question | not-applicable
ill lung_cancer, done fdg_pet 30                    | fdg_pet                              | not-applicable
ill lung_cancer, done fdg_pet 30                    |                                      | not-applicable
ill lung_cancer, done fdg_pet 2026-04               | bone_scan                            | needs-data fdg_pet                   # 34 to 63 days
ill lung_cancer, without procedures                 | bone_scan                            | needs-data fdg_pet
ill lung_cancer, report fdg_pet 30, without procedures | bone_scan                         | info due                             # one is enough
without conditions, done fdg_pet 30                 | bone_scan                            | needs-data lung_cancer,new_bone_pain
"""

ROUTINE = """
IMG-SCINT-02 on file                                | order                                | at           | outcome
----------------------------------------------------+--------------------------------------+--------------+--------------------------
ill lung_cancer                                     | bone_scan for reason_follow_up       | order-sign   | info due
ill lung_cancer                                     | bone_scan for reason_follow_up       | order-select | info due
ill lung_cancer                                     | bone_scan for reason_staging         | order-sign   | satisfied
ill lung_cancer, done bone_scan 400                 | bone_scan for reason_staging         | order-sign   | satisfied     # said to be staging
ill lung_cancer                                     | bone_scan                            | order-select | needs-data imaging_reason
ill lung_cancer                                     | bone_scan                            | order-sign   | not-applicable
ill lung_cancer                                     | bone_scan for lung_cancer            | order-sign   | satisfied     # nothing to follow
ill lung_cancer, done bone_scan 400                 | bone_scan for lung_cancer            | order-sign   | info due
ill lung_cancer, report fdg_pet 400                 | bone_scan for lung_cancer            | order-sign   | info due
ill lung_cancer, without diagnosticReports          | bone_scan for lung_cancer            | order-sign   | needs-data bone_scan
ill lung_cancer                                     | bone_scan for reason_new_bone_pain   | order-sign   | not-applicable
ill lung_cancer, ill new_bone_pain                  | bone_scan for reason_follow_up       | order-sign   | not-applicable
ill lung_cancer                                     | bone_scan for reason_specific_question | order-sign | not-applicable
ill breast_cancer                                   | bone_scan for reason_follow_up       | order-sign   | not-applicable
                                                    | bone_scan                            | order-select | not-applicable
"""

FIELD = """
IMG-FIELD-01 on file                      | order                                          | outcome
------------------------------------------+------------------------------------------------+---------------------------
ill lung_cancer, ill bone_metastasis      | fdg_pet: pet_field pet_skull_base_to_mid_thigh | info due
ill lung_cancer, ill bone_metastasis      | fdg_pet: pet_field pet_femurs_excluded         | info due
ill lung_cancer, ill bone_metastasis      | fdg_pet: pet_field pet_femurs_included         | satisfied
ill lung_cancer, ill bone_metastasis      | fdg_pet: pet_field pet_whole_body              | satisfied
ill lung_cancer, ill bone_metastasis      | fdg_pet: pet_field unknown                     | needs-data pet_field
ill lung_cancer, ill bone_metastasis      | fdg_pet                                        | needs-data pet_field
ill lung_cancer, ill bone_metastasis      | pet_any                                        | needs-data pet_field
ill lung_cancer, ill bone_metastasis      | fdg_pet_to_mid_thigh                           | info due        # told by the code
ill lung_cancer, ill bone_metastasis      | fdg_pet_head_neck                              | info due
ill lung_cancer, ill bone_metastasis      | fdg_pet_whole_body                             | satisfied
ill lung_cancer, ill bone_metastasis      | fdg_pet_to_mid_thigh: pet_field pet_femurs_included | satisfied  # the detail wins
ill lung_cancer, maybe bone_metastasis    | fdg_pet_to_mid_thigh                           | info due        # suspected
ill lung_cancer                           | fdg_pet_to_mid_thigh for reason_new_bone_pain  | info due
ill lung_cancer, ill new_bone_pain        | fdg_pet_to_mid_thigh                           | info due
ill lung_cancer                           | fdg_pet_to_mid_thigh                           | not-applicable  # no bone in question
ill breast_cancer, ill bone_metastasis    | fdg_pet_to_mid_thigh                           | not-applicable
ill lung_cancer, ill bone_metastasis      | bone_scan                                      | not-applicable
ill lung_cancer, ill bone_metastasis, says pet_field pet_femurs_included 30 | fdg_pet      | satisfied       # told in the form
ill lung_cancer, ill bone_metastasis, says pet_field pet_femurs_included 31 | fdg_pet      | needs-data pet_field
ill lung_cancer, ill bone_metastasis, says pet_field pet_femurs_included 5 | fdg_pet_to_mid_thigh | info due # the order is newer
ill lung_cancer, ill bone_metastasis      | fdg_pet_to_mid_thigh: pet_field unknown        | info due
"""


@pytest.mark.parametrize("row", rows(AFTER_PET), ids=name)
def test_after_a_pet_no_bone_scan_is_needed_for_staging(row: dict[str, str]) -> None:
    assert ask("IMG-SCINT-01", row["IMG-SCINT-01 on file"], row["order"]) == row["outcome"]


@pytest.mark.parametrize("row", rows(ROUTINE), ids=name)
def test_a_bone_scan_is_no_routine(row: dict[str, str]) -> None:
    assert ask("IMG-SCINT-02", row["IMG-SCINT-02 on file"], row["order"], row["at"]) == row["outcome"]


@pytest.mark.parametrize("row", rows(FIELD), ids=name)
def test_the_femurs_are_in_the_field(row: dict[str, str]) -> None:
    assert ask("IMG-FIELD-01", row["IMG-FIELD-01 on file"], row["order"], "order-select") == row["outcome"]


@pytest.mark.parametrize("edition", ["aura-intermediate", "aura-earlier"])
@pytest.mark.parametrize("rule", ["IMG-SCINT-01", "IMG-SCINT-02", "IMG-FIELD-01"])
def test_the_chapter_stands_in_one_edition_only(rule: str, edition: str) -> None:
    found = finding(rule, "ill lung_cancer, done fdg_pet 5", "bone_scan for reason_follow_up; fdg_pet", edition=edition)
    assert (found.speaks, found.because) == (False, "not-in-edition")


def test_a_pet_without_tracer_is_told_as_such() -> None:
    facts = "ill lung_cancer, done {} 30"
    assert finding("IMG-SCINT-01", facts.format("pet_any"), "bone_scan").verdict.notes == ("tracer",)
    assert finding("IMG-SCINT-01", facts.format("fdg_pet"), "bone_scan").verdict.notes == ()


def test_the_proposals_remove_the_scan_or_widen_the_field() -> None:
    scan = finding("IMG-SCINT-01", "ill lung_cancer, done fdg_pet 5", "bone_scan")
    assert scan.verdict.proposals == (RemoveDraft(scan.draft),) if scan.draft else False
    pet = finding("IMG-FIELD-01", "ill lung_cancer, ill bone_metastasis", "fdg_pet_to_mid_thigh")
    assert pet.draft is not None
    assert pet.verdict.proposals == (SetDetail(pet.draft, "pet_field", "pet_femurs_included"),)


def test_of_two_reasons_against_a_scan_the_pet_speaks() -> None:
    record = patient("ill lung_cancer, done fdg_pet 5", "bone_scan for reason_follow_up").record()
    both = tuple(CHECK[rule] for rule in ("IMG-SCINT-01", "IMG-SCINT-02"))
    assert [f.rule.id for f in evaluate(both, record, Guideline(RULES, "aura-2026")).speaking] == ["IMG-SCINT-01"]


def test_a_detail_may_stand_in_the_order_as_a_code() -> None:
    bedside: Bedside = patient("ill lung_cancer, ill bone_metastasis", "fdg_pet", "order-select")
    bedside.drafts[0]["orderDetail"] = [concept("pet_femurs_included")]
    found = evaluate((CHECK["IMG-FIELD-01"],), bedside.record(), Guideline(RULES, "aura-2026"))
    assert found.all[0].verdict.outcome == "satisfied"
