"""BIOP-WHEN-01, BIOP-FIX-01, BIOP-DECAL-01, BIOP-PREOP-01: when a bone is biopsied, and how the sample is kept."""

import pytest

from fhir_mappers.record.proposals import NewService, SetDetail
from hooks.evaluate import Guideline, evaluate
from tests.support.asked import CHECK, ask, finding, patient, said
from tests.support.bedside import RULES, Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows

WHEN = """
BIOP-WHEN-01 histology | accessible | fragile | risky | besides                    | outcome
-----------------------+------------+---------+-------+----------------------------+------------------------------------
non_contributive       | true       |         |       |                            | info due
non_contributive       | true       | false   | false |                            | info due          # no diagnosis so far
absent                 | true       | true    |       |                            | info due
absent                 | true       |         | true  |                            | info due
absent                 | true       |         |       |                            | info due
absent                 | true       | false   | false |                            | not-applicable    # bronchoscopy will do
absent                 | true       | false   | true  |                            | info due
contributive           | true       | true    | true  |                            | not-applicable
non_contributive       | false      |         |       |                            | satisfied
non_contributive       |            |         |       |                            | needs-data bone_lesion_accessible
absent                 |            | true    |       |                            | needs-data bone_lesion_accessible
                       | true       | true    | true  |                            | not-applicable
non_contributive       | true       |         |       | done bone_biopsy 60        | satisfied
non_contributive       | true       |         |       | done bone_biopsy 61        | info due
non_contributive       | true       |         |       | asked bone_biopsy 60       | satisfied
non_contributive       | true       |         |       | asked bone_biopsy 61       | info due
non_contributive       |            |         |       | done bone_biopsy 5         | satisfied
"""

FIXED = """
BIOP-FIX-01 in the form or order                            | at          | outcome
------------------------------------------------------------+-------------+------------------------------
decalcification_planned true, fixation_duration 6 h         | app         | satisfied                    # six hours suffice
decalcification_planned true, fixation_duration 5.9 h       | app         | warning due
decalcification_planned true, fixation_duration 359 min     | app         | warning due
decalcification_planned true, fixation_duration <6 h        | app         | warning due
decalcifier decalcifier_edta, fixation_duration 4 h         | app         | warning due                  # being decalcified
decalcification_planned false, fixation_duration 4 h        | app         | not-applicable
fixation_duration 4 h                                       | app         | not-applicable
decalcification_planned true                                | app         | needs-data fixation_duration
decalcification_planned true                                | order: sign | not-applicable               # not sampled yet
decalcification_planned true, fixation_duration 4 h         | order: sign | warning due
decalcification_planned true, fixation_duration 6 h         | order: sign | satisfied
decalcification_planned true, fixation_duration unknown     | app         | needs-data fixation_duration
"""

HOURS = """
BIOP-FIX-01 start         | end                       | outcome
--------------------------+---------------------------+------------------------------
2026-06-02T08:00:00+02:00 | 2026-06-02T14:00:00+02:00 | satisfied
2026-06-02T08:00:00+02:00 | 2026-06-02T13:59:00+02:00 | warning due
2026-06-02T08:00:00+02:00 | 2026-06-02T13:00:00+01:00 | satisfied                      # another offset
2026-06-02                | 2026-06-03                | needs-data fixation_duration   # without hours
2026-06-02T14:00:00+02:00 | 2026-06-02T08:00:00+02:00 | needs-data fixation_duration   # the wrong way round
2026-06-02T08:00:00+02:00 |                           | needs-data fixation_duration
"""

ACID = """
BIOP-DECAL-01 on file       | order                                                                               | outcome
----------------------------+-------------------------------------------------------------------------------------+------------------
                            | bone_biopsy_pathology: decalcifier decalcifier_nitric_acid                          | warning due
                            | bone_biopsy_pathology: decalcifier decalcifier_hydrochloric_acid                    | warning due
                            | bone_biopsy_pathology: decalcifier decalcifier_strong_acid                          | warning due
                            | bone_biopsy_pathology: decalcifier decalcifier_rapid_acid                           | warning due
                            | bone_biopsy: decalcifier decalcifier_nitric_acid                                    | warning due
                            | bone_biopsy_pathology: decalcifier decalcifier_edta                                 | satisfied
                            | bone_biopsy_pathology: decalcifier decalcifier_formic_acid                          | satisfied       # A16
                            | bone_biopsy_pathology: decalcifier decalcifier_nitric_acid, molecular_testing_possible false | not-applicable
                            | bone_biopsy_pathology: decalcifier decalcifier_nitric_acid, molecular_testing_possible true | warning due
                            | bone_biopsy_pathology: decalcifier decalcifier_nitric_acid, molecular_testing_possible unknown | warning due
ill lung_cancer             | bone_biopsy                                                                         | needs-data decalcifier
ill bone_metastasis         | bone_biopsy_pathology                                                               | needs-data decalcifier
maybe lung_cancer           | bone_biopsy                                                                         | needs-data decalcifier
                            | bone_biopsy                                                                         | not-applicable  # no cancer in question
without conditions          | bone_biopsy                                                                         | needs-data malignancy,decalcifier
ill lung_cancer             | bone_biopsy: decalcification_planned false                                          | not-applicable
ill lung_cancer             | bone_biopsy: decalcification_planned true                                           | needs-data decalcifier
ill lung_cancer             | bone_biopsy: molecular_testing_possible false                                       | not-applicable
ill lung_cancer             | bone_biopsy: decalcifier unknown                                                    | needs-data decalcifier
ill lung_cancer             | bone_biopsy; bone_biopsy_pathology: decalcifier decalcifier_edta                    | not-applicable  # the pathology speaks
ill lung_cancer             | bone_scan                                                                           | not-applicable
says decalcifier decalcifier_nitric_acid 30 | bone_biopsy                                                         | warning due     # told in the form
says decalcifier decalcifier_nitric_acid 30 | bone_biopsy: decalcifier decalcifier_edta                           | satisfied       # the order wins
ill lung_cancer, says decalcifier decalcifier_edta 31 | bone_biopsy                                               | needs-data decalcifier
ill lung_cancer, says decalcification_planned false 5 | bone_biopsy                                               | not-applicable
says decalcifier decalcifier_nitric_acid 3, says molecular_testing_possible false 3 | bone_biopsy                 | not-applicable
"""

SURGERY = """
BIOP-PREOP-01 on file                      | order                                                            | outcome
-------------------------------------------+------------------------------------------------------------------+------------------
                                           | bone_metastasis_surgery at site_femur                            | needs-data known_cancer_histology
                                           | bone_metastasis_surgery at site_femur: known_cancer_histology false | warning due
                                           | bone_metastasis_surgery at site_femur: known_cancer_histology true  | satisfied
says known_cancer_histology false 30       | bone_metastasis_surgery at site_femur                            | warning due
says known_cancer_histology false 31       | bone_metastasis_surgery at site_femur                            | needs-data known_cancer_histology
says histology_status histology_contributive 5 | bone_metastasis_surgery at site_femur                        | satisfied
ill lung_cancer                            | bone_metastasis_surgery at site_femur                            | satisfied      # certain, on file
ill breast_cancer                          | prophylactic_fixation                                            | satisfied
maybe lung_cancer                          | bone_metastasis_surgery at site_femur                            | needs-data known_cancer_histology
ill bone_metastasis                        | bone_metastasis_surgery at site_femur                            | needs-data known_cancer_histology
ill unknown_primary_cancer                 | bone_metastasis_surgery at site_femur                            | satisfied
ill lung_cancer                            | bone_metastasis_surgery at site_femur: known_cancer_histology false | warning due # the answer wins
                                           | bone_metastasis_surgery at vertebra_l3                           | not-applicable
without conditions                         | prophylactic_fixation                                            | needs-data known_cancer_histology
"""


@pytest.mark.parametrize("row", rows(WHEN), ids=name)
def test_a_bone_is_biopsied_where_other_ways_fail(row: dict[str, str]) -> None:
    items = {"bone_lesion_accessible": "accessible", "patient_fragile": "fragile", "other_sampling_risky": "risky"}
    told = [f"says {item} {row[cell]} 5" for item, cell in items.items() if row[cell]]
    told += (
        [f"says histology_status histology_{row['BIOP-WHEN-01 histology']} 5"] if row["BIOP-WHEN-01 histology"] else []
    )
    assert ask("BIOP-WHEN-01", ", ".join([*told, row["besides"]]), moment="app") == row["outcome"]


@pytest.mark.parametrize("row", rows(FIXED), ids=name)
def test_six_hours_of_formalin_come_first(row: dict[str, str]) -> None:
    told = row["BIOP-FIX-01 in the form or order"]
    if row["at"] != "app":
        assert ask("BIOP-FIX-01", "", f"bone_biopsy_pathology: {told}") == row["outcome"]
        return
    bedside = Bedside(moment="app")
    for fact in told.split(", "):
        what, _, value = fact.partition(" ")
        unknown = {"dataAbsentReason": {"coding": [{"code": "unknown"}]}} if value == "unknown" else {}
        bedside.observed(what, f"{'true' if unknown else value} @ {ago(2)}")
        if unknown:
            del bedside.resources["observations"][-1]["valueBoolean"]
            bedside.resources["observations"][-1] |= unknown
    assert (
        said(evaluate((CHECK["BIOP-FIX-01"],), bedside.record(), Guideline(RULES, "aura-2026")).all[0])
        == row["outcome"]
    )


@pytest.mark.parametrize("row", rows(HOURS), ids=name)
def test_the_hours_are_counted_between_start_and_end(row: dict[str, str]) -> None:
    bedside = patient("says decalcification_planned true 1", moment="app")
    for what, cell in (("fixation_start", "BIOP-FIX-01 start"), ("fixation_end", "end")):
        if row[cell]:
            told = {"status": "final", "code": concept(what), "effectiveDateTime": ago(0), "valueDateTime": row[cell]}
            bedside.add("observations", "Observation", told)
    assert (
        said(evaluate((CHECK["BIOP-FIX-01"],), bedside.record(), Guideline(RULES, "aura-2026")).all[0])
        == row["outcome"]
    )


@pytest.mark.parametrize("row", rows(ACID), ids=name)
def test_no_strong_acid(row: dict[str, str]) -> None:
    assert ask("BIOP-DECAL-01", row["BIOP-DECAL-01 on file"], row["order"]) == row["outcome"]


@pytest.mark.parametrize("row", rows(SURGERY), ids=name)
def test_a_limb_is_not_operated_on_in_doubt(row: dict[str, str]) -> None:
    assert ask("BIOP-PREOP-01", row["BIOP-PREOP-01 on file"], row["order"], "order-select") == row["outcome"]


@pytest.mark.parametrize("rule", ["BIOP-WHEN-01", "BIOP-FIX-01", "BIOP-DECAL-01", "BIOP-PREOP-01"])
def test_the_chapter_stands_in_one_edition_only(rule: str) -> None:
    orders = "bone_biopsy_pathology: decalcifier decalcifier_nitric_acid, fixation_duration 2 h; prophylactic_fixation"
    found = finding(rule, "says histology_status histology_absent 5", orders, edition="aura-earlier")
    assert (found.speaks, found.because) == (False, "not-in-edition")


def test_what_is_proposed() -> None:
    acid = finding("BIOP-DECAL-01", "", "bone_biopsy_pathology: decalcifier decalcifier_nitric_acid")
    assert acid.draft is not None
    assert acid.verdict.proposals == (SetDetail(acid.draft, "decalcifier", "decalcifier_edta"),)
    surgery = finding("BIOP-PREOP-01", "says known_cancer_histology false 5", "prophylactic_fixation")
    board, biopsy = NewService(("bone_tumour_board",)), NewService(("ct_guided_bone_biopsy",))
    origin = NewService(("protein_electrophoresis", "ct_chest_abdomen_pelvis"))
    assert surgery.verdict.proposals == (board, biopsy, origin)


def test_an_agent_may_stand_in_the_order_as_a_code() -> None:
    bedside = patient("ill lung_cancer", "bone_biopsy_pathology")
    bedside.drafts[0]["orderDetail"] = [concept("decalcifier_rapid_acid")]
    found = evaluate((CHECK["BIOP-DECAL-01"],), bedside.record(), Guideline(RULES, "aura-2026"))
    assert said(found.all[0]) == "warning due"
