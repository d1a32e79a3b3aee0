"""OLIGO-DEF-01, OLIGO-DEF-02, OLIGO-COUNT-01, OLIGO-MDT-01, OLIGO-STAGE-01, OLIGO-BONE-01."""

import pytest

from fhir_mappers.record.proposals import Names, NewService
from hooks.check import Outcome
from tests.support.assessed import assessed, items, verdict
from tests.support.bedside import Bedside
from tests.support.chart import ago, reported
from tests.support.drawn import name, rows
from tests.support.planned import planned

FEW = {
    "oligo_sites": "3",
    "oligo_lesions": "5",
    "oligo_max_size": "4.9 cm",
    "primary_controlled": "true",
    "extra_osseous_disease_stable": "true",
}
DEFINED = """
changed                              | OLIGO-DEF-01                            | against
-------------------------------------+-----------------------------------------+-----------------------------
                                     | info due                                |
oligo_sites 1, oligo_lesions 1       | info due                                |
oligo_sites 4                        | info not_met                            | oligo_sites
oligo_sites 0                        | info not_met                            | oligo_sites
oligo_lesions 6                      | info not_met                            | oligo_lesions
oligo_max_size 5.0 cm                | info not_met                            | oligo_max_size    # exactly 5
oligo_max_size 49 mm                 | info due                                |
oligo_max_size 50 mm                 | info not_met                            | oligo_max_size
primary_controlled false             | info not_met                            | primary_controlled
extra_osseous_disease_stable false   | info not_met                            | extra_osseous_disease_stable
oligo_sites 4, oligo_lesions ?       | info not_met                            | oligo_sites       # one is enough
oligo_sites ?                        | needs-data oligo_sites                  |
oligo_lesions ?                      | needs-data oligo_lesions                |
oligo_max_size ?                     | needs-data oligo_max_size               |
primary_controlled ?                 | needs-data primary_controlled           |
extra_osseous_disease_stable ?       | needs-data extra_osseous_disease_stable |
"""


@pytest.mark.parametrize("row", rows(DEFINED), ids=name)
def test_the_definition_of_the_guideline(row: dict[str, str]) -> None:
    patient = assessed(Bedside(moment="app"), items(FEW, row["changed"]), 120)
    assert patient.outcome("OLIGO-DEF-01") == row["OLIGO-DEF-01"]
    if row["OLIGO-DEF-01"].startswith("info"):
        assert patient.asks("OLIGO-DEF-01").verdict.figures["against"] == Names(
            tuple(filter(None, row["against"].split(",")))
        )


def test_the_extent_is_asked_again_after_its_time() -> None:
    assert assessed(Bedside(moment="app"), items(FEW), 121).outcome("OLIGO-DEF-01") == "not-applicable"


CATEGORIES = """
setting      | lesions | months | controlled | OLIGO-DEF-02                       | named
-------------+---------+--------+------------+------------------------------------+--------------------
de_novo      | 5       |        |            | info due                           | oligo_synchronous
de_novo      | 6       |        |            | info many                          | many
de_novo      | 0       |        |            | not-applicable                     |
de_novo      |         |        |            | needs-data oligo_lesions           |
relapse      | 5       | 6      | true       | info due                           | oligo_metachronous  # exactly six months
relapse      | 5       | 5.9    | true       | info unclassified                  | unclassified
relapse      | 6       | 12     | true       | info many                          | many
relapse      | 5       | 12     | false      | info many                          | many
relapse      | 5       |        | true       | needs-data months_from_primary     |
relapse      | 5       | 12     |            | needs-data primary_controlled      |
relapse      | 5       |        |            | needs-data months_from_primary,primary_controlled |
progression  | 4       | 20     | true       | info due                           | oligo_progressive
progression  | 5       | 20     | true       | info many                          | many                # below five
residual     | 4       |        |            | info due                           | oligo_persistent
residual     | 5       |        |            | info many                          | many
             | 4       | 20     | true       | not-applicable                     |                     # the setting decides
"""
_SETTINGS = {
    "de_novo": "setting_de_novo",
    "relapse": "setting_relapse",
    "progression": "setting_progression_on_stable_disseminated",
    "residual": "setting_residual_after_systemic",
}


@pytest.mark.parametrize("row", rows(CATEGORIES), ids=name)
def test_the_categories_of_the_literature(row: dict[str, str]) -> None:
    told = [f"oligo_setting {_SETTINGS[row['setting']]}"] if row["setting"] else []
    told += [f"oligo_lesions {row['lesions']}"] if row["lesions"] else []
    told += [f"months_from_primary {row['months']} mo"] if row["months"] else []
    told += [f"primary_controlled {row['controlled']}"] if row["controlled"] else []
    patient = assessed(Bedside(moment="app"), ", ".join(told))
    assert patient.outcome("OLIGO-DEF-02") == row["OLIGO-DEF-02"]
    if row["named"]:
        assert patient.asks("OLIGO-DEF-02").verdict.figures["named"] == Names((row["named"],))


COUNTS = """
bone | lung | liver | nodes | OLIGO-COUNT-01                        | total
-----+------+-------+-------+---------------------------------------+------
2    | 1    | 0     | 1     | info due                              | 4
0    | 0    | 0     | 0     | info due                              | 0
2    | 1    | 0     |       | needs-data oligo_count_nodal_echelons | -
     | 1    | 0     | 1     | needs-data oligo_count_bone           | -
     |      |       |       | not-applicable                        | -
"""


@pytest.mark.parametrize("row", rows(COUNTS), ids=name)
def test_every_lesion_and_every_echelon_of_nodes_counts_one(row: dict[str, str]) -> None:
    links = {"bone": "bone", "lung": "lung", "liver": "liver", "nodes": "nodal_echelons"}
    told = ", ".join(f"oligo_count_{link} {row[cell]}" for cell, link in links.items() if row[cell])
    patient = assessed(Bedside(moment="app"), told) if told else Bedside(moment="app")
    assert patient.outcome("OLIGO-COUNT-01") == row["OLIGO-COUNT-01"]
    assert str(patient.asks("OLIGO-COUNT-01").verdict.figures.get("total", "-")) == row["total"]


ABLATIONS = """
draft                                     | extent          | on file                                          | OLIGO-MDT-01   | OLIGO-STAGE-01
------------------------------------------+-----------------+--------------------------------------------------+----------------+-----------------------------
bone_stereotactic_radiotherapy            | oligometastatic |                                                  | warning due    | needs-data extension_work_up
bone_radiotherapy rt_intent intent_ablative | oligometastatic |                                                | warning due    | needs-data extension_work_up
bone_radiotherapy rt_intent intent_palliative | oligometastatic |                                              | not-applicable | not-applicable
bone_radiotherapy                         | oligometastatic |                                                  | not-applicable | not-applicable
bone_stereotactic_radiotherapy            | multimetastatic |                                                  | not-applicable | not-applicable
bone_stereotactic_radiotherapy            |                 |                                                  | not-applicable | not-applicable
bone_stereotactic_radiotherapy            | old             |                                                  | not-applicable | not-applicable   # told 121 days ago
bone_stereotactic_radiotherapy            | oligometastatic | bone_tumour_board_report 60, fdg_pet 60          | satisfied      | satisfied
bone_stereotactic_radiotherapy            | oligometastatic | bone_tumour_board_report 61, fdg_pet 61          | warning due    | needs-data extension_work_up
bone_stereotactic_radiotherapy            | oligometastatic | mri_whole_body 9                                 | warning due    | satisfied
bone_stereotactic_radiotherapy            | oligometastatic | fdg_pet_whole_body 60                            | warning due    | satisfied
bone_stereotactic_radiotherapy            | oligometastatic | fdg_pet_whole_body 61                            | warning due    | needs-data extension_work_up
bone_stereotactic_radiotherapy            | oligometastatic | fdg_pet_to_mid_thigh 9                           | warning due    | satisfied
bone_stereotactic_radiotherapy            | oligometastatic | pet_any 9                                        | warning due    | satisfied        # CCAM tells no tracer
bone_stereotactic_radiotherapy            | oligometastatic | fdg_pet_head_neck 9                              | warning due    | needs-data extension_work_up
bone_stereotactic_radiotherapy            | oligometastatic | ct_thorax_abdomen_pelvis 9, bone_scan 60         | warning due    | satisfied
bone_stereotactic_radiotherapy            | oligometastatic | ct_thorax_abdomen_pelvis 9, bone_scan 61         | warning due    | needs-data extension_work_up
bone_stereotactic_radiotherapy            | oligometastatic | ct_thorax_abdomen_pelvis 9                       | warning due    | needs-data extension_work_up
"""


@pytest.mark.parametrize("row", rows(ABLATIONS), ids=name)
def test_an_ablative_treatment_is_validated_on_a_known_extension(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["extent"]:
        told, days = ("oligometastatic", 121) if row["extent"] == "old" else (row["extent"], 120)
        patient.observed("disease_extent", f"{told} @ {ago(days)}")
    for report in filter(None, row["on file"].split(", ")):
        what, days_ago = report.split()
        reported(patient, what, ago(days_ago))
    what, _, details = row["draft"].partition(" ")
    planned(patient, what, site="vertebra_t5", details=details)
    assert {rule: patient.outcome(rule) for rule in ("OLIGO-MDT-01", "OLIGO-STAGE-01")} == {
        rule: row[rule] for rule in ("OLIGO-MDT-01", "OLIGO-STAGE-01")
    }


def test_the_board_is_asked_for_and_lists_that_were_not_sent_are_not_taken_for_empty() -> None:
    patient = planned(
        Bedside().observed("disease_extent", f"oligometastatic @ {ago(9)}"), "bone_stereotactic_radiotherapy"
    )
    assert patient.asks("OLIGO-MDT-01").verdict.proposals == (NewService(("bone_tumour_board",)),)
    patient.without("procedures", "diagnosticReports")
    assert {patient.asks(rule).verdict.missing[0].why for rule in ("OLIGO-MDT-01", "OLIGO-STAGE-01")} == {"not-fetched"}


LOST = """
draft                          | extent          | OLIGO-MDT-01
-------------------------------+-----------------+--------------------------
bone_stereotactic_radiotherapy |                 | needs-data disease_extent
bone_stereotactic_radiotherapy | oligometastatic | warning due               # an observation tells
bone_stereotactic_radiotherapy | multimetastatic | not-applicable
bone_radiotherapy              |                 | not-applicable            # not ablative
"""


@pytest.mark.parametrize("row", rows(LOST), ids=name)
def test_forms_that_were_not_sent_are_not_empty_ones(row: dict[str, str]) -> None:
    patient = Bedside().without("questionnaireResponses")
    if row["extent"]:
        patient.observed("disease_extent", f"{row['extent']} @ {ago(9)}")
    assert planned(patient, row["draft"]).outcome("OLIGO-MDT-01") == row["OLIGO-MDT-01"]


SCHEDULES = """
draft  | cancer | extent          | beside
-------+--------+-----------------+---------------
zometa | lung   | oligometastatic | ZOL-SPACE-01
xgeva  | lung   | oligometastatic | DMAB-OLIGO-01
zometa | lung   | multimetastatic |
zometa | breast | oligometastatic |
zometa | lung   |                 |
"""


@pytest.mark.parametrize("row", rows(SCHEDULES), ids=name)
def test_the_line_on_the_bone_drug_stands_only_beside_its_rule(row: dict[str, str]) -> None:
    """OLIGO-BONE-01: ``info due``, a line of the rule of the drug."""
    patient = Bedside().ill(f"{row['cancer']}_cancer", ago(300)).drafts_order(row["draft"])
    if row["extent"]:
        patient.observed("disease_extent", f"{row['extent']} @ {ago(9)}")
    found = verdict(patient.record(), "OLIGO-BONE-01")
    assert (found.outcome is Outcome.DUE) == bool(row["beside"])
    assert (found.only_beside or "") == row["beside"] or not row["beside"]


def test_the_definitions_stand_apart() -> None:
    """Both may be shown; only the guideline's own drives an ablative treatment."""
    patient = assessed(Bedside(moment="app"), f"{items(FEW, 'oligo_max_size 6 cm')}, oligo_setting setting_de_novo")
    assert patient.outcome("OLIGO-DEF-01") == "info not_met"
    assert patient.outcome("OLIGO-DEF-02") == "info due"
