"""BIOP-IHC-01, BIOP-MOL-01, BIOP-MOL-02: what is looked for in a bone sample."""

import pytest

from fhir_mappers.record.proposals import Names, NewService
from hooks.evaluate import Guideline, evaluate
from tests.support.asked import CHECK, ask, finding, patient, said
from tests.support.bedside import RULES
from tests.support.drawn import name, rows

PANELS = """
BIOP-IHC-01 morphology | earlier cancer   | outcome                          | panel
-----------------------+------------------+----------------------------------+-------------------------------
adenocarcinoma         | none             | info due                         | ck7 ttf1
adenocarcinoma         | prostate         | info due                         | ck7 ttf1 psa
adenocarcinoma         | breast           | info due                         | ck7 ttf1 er pr
adenocarcinoma         | digestive        | info due                         | ck7 ttf1 ck20
adenocarcinoma         | breast prostate  | info due                         | ck7 ttf1 er pr psa
undifferentiated       | none             | info due                         | ck7 ttf1 p40 alcian_blue
undifferentiated       | digestive        | info due                         | ck7 ttf1 p40 alcian_blue ck20
squamous               | none             | info no_panel                    |
small_cell             | none             | info no_panel                    |
other                  | prostate         | info prior_only                  | psa
adenocarcinoma         |                  | needs-data prior_cancer          |
                       | breast           | needs-data morphology            |
                       |                  | not-applicable                   |
"""

BIOMARKERS = """
BIOP-MOL-01 on file                                                                          | order                | outcome
---------------------------------------------------------------------------------------------+----------------------+----------------
concludes lung_adenocarcinoma_on_bone 20                                                     |                      | info due
concludes lung_adenocarcinoma_on_bone 365                                                    |                      | info due
concludes lung_adenocarcinoma_on_bone 366                                                    |                      | not-applicable
ill lung_cancer, ill bone_metastasis                                                         |                      | not-applicable # not coded
without diagnosticReports                                                                    |                      | not-applicable
concludes lung_adenocarcinoma_on_bone 20, asked molecular_panel 15                           |                      | satisfied
concludes lung_adenocarcinoma_on_bone 20, asked egfr_test 15, asked alk_test 15              |                      | satisfied
concludes lung_adenocarcinoma_on_bone 20, asked egfr_test 15                                 |                      | info due       # ALK is left
concludes lung_adenocarcinoma_on_bone 20, report alk_test 15                                 |                      | info due       # EGFR is left
concludes lung_adenocarcinoma_on_bone 20, report molecular_panel 300                         |                      | satisfied      # any specimen
concludes lung_adenocarcinoma_on_bone 20, text egfr_test 300 negative, text alk_test 300 negative |                 | satisfied
concludes lung_adenocarcinoma_on_bone 20                                                     | molecular_panel      | satisfied
concludes lung_adenocarcinoma_on_bone 20, without serviceRequests                            |                      | needs-data egfr_test,alk_test
"""

RESISTANCE = """
BIOP-MOL-02 on file        | order                                                                             | outcome
---------------------------+-----------------------------------------------------------------------------------+----------------
                           | bone_biopsy for reason_progression_under_tki                                      | info due
                           | bone_biopsy_pathology for reason_progression_under_tki                            | info due
                           | bone_biopsy for reason_progression_under_tki; resistance_panel                    | satisfied
                           | bone_biopsy for reason_progression_under_tki; molecular_panel                     | info due       # not the same
asked resistance_panel 60  | bone_biopsy for reason_progression_under_tki                                      | satisfied
asked resistance_panel 61  | bone_biopsy for reason_progression_under_tki                                      | info due
                           | bone_biopsy for reason_staging                                                    | not-applicable
                           | bone_biopsy                                                                       | not-applicable
                           | fdg_pet for reason_progression_under_tki                                          | not-applicable
                           | bone_biopsy: imaging_reason reason_progression_under_tki                          | info due
without serviceRequests    | bone_biopsy for reason_progression_under_tki                                      | needs-data resistance_panel
"""


@pytest.mark.parametrize("row", rows(PANELS), ids=name)
def test_the_panel_fits_look_and_history(row: dict[str, str]) -> None:
    look, before = row["BIOP-IHC-01 morphology"], row["earlier cancer"].split()
    told = [f"says morphology morphology_{look} 5"] if look else []
    found = finding("BIOP-IHC-01", ", ".join([*told, *(f"says prior_cancer prior_{one} 5" for one in before)]))
    assert said(found) == row["outcome"]
    panel = found.verdict.figures.get("panel", Names(()))
    assert [key.removeprefix("antibody_").removeprefix("stain_") for key in panel.keys] == row["panel"].split()


@pytest.mark.parametrize("row", rows(BIOMARKERS), ids=name)
def test_biomarkers_are_looked_for_where_the_bone_gave_the_diagnosis(row: dict[str, str]) -> None:
    assert ask("BIOP-MOL-01", row["BIOP-MOL-01 on file"], row["order"], "order-select") == row["outcome"]


@pytest.mark.parametrize("row", rows(RESISTANCE), ids=name)
def test_resistance_is_looked_for_under_an_inhibitor(row: dict[str, str]) -> None:
    assert ask("BIOP-MOL-02", row["BIOP-MOL-02 on file"], row["order"], "order-select") == row["outcome"]


def test_the_summary_names_what_is_left() -> None:
    both = finding("BIOP-MOL-01", "concludes lung_adenocarcinoma_on_bone 20")
    one = finding("BIOP-MOL-01", "concludes lung_adenocarcinoma_on_bone 20, report egfr_test 9")
    assert (both.verdict.figures["tests"], one.verdict.figures["tests"]) == (
        Names(("egfr_test", "alk_test")),
        Names(("alk_test",)),
    )
    assert both.verdict.proposals == (NewService(("molecular_tests",)),)


def test_of_biopsy_and_pathology_of_one_sample_the_pathology_speaks() -> None:
    orders = "bone_biopsy for reason_progression_under_tki; bone_biopsy_pathology"
    found = evaluate((CHECK["BIOP-MOL-02"],), patient("", orders).record(), Guideline(RULES, "aura-2026")).speaking
    assert [f.draft.concepts for f in found if f.draft] == [("bone_biopsy_pathology",)]


@pytest.mark.parametrize("rule", ["BIOP-IHC-01", "BIOP-MOL-01", "BIOP-MOL-02"])
def test_the_chapter_stands_in_one_edition_only(rule: str) -> None:
    facts = "concludes lung_adenocarcinoma_on_bone 20, says morphology morphology_other 5"
    found = finding(rule, facts, "bone_biopsy for reason_progression_under_tki", edition="aura-intermediate")
    assert (found.speaks, found.because) == (False, "not-in-edition")
