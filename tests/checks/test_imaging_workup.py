"""IMG-ISO-01, IMG-SPINE-01, IMG-SPINE-02, IMG-LIMB-01: imaging before a decision."""

import pytest

from fhir_mappers.record.proposals import NewService, RemoveDraft
from tests.support.asked import ask, finding
from tests.support.drawn import name, rows

ISOLATED = """
IMG-ISO-01 on file                                                              | order                       | outcome
--------------------------------------------------------------------------------+-----------------------------+------------------------------
says isolated_bone_uptake true 30                                               |                             | info due
concludes isolated_bone_uptake 30                                               |                             | info due
says bone_uptake_count 1 30                                                     |                             | info due
says bone_uptake_count 2 30                                                     |                             | not-applicable
says bone_uptake_count 0 30                                                     |                             | not-applicable
says isolated_bone_uptake false 30                                              |                             | not-applicable
                                                                                |                             | not-applicable
without observations                                                            |                             | not-applicable   # only when coded
says isolated_bone_uptake true 183                                              |                             | info due
says isolated_bone_uptake true 184                                              |                             | not-applicable
concludes isolated_bone_uptake 184                                              |                             | not-applicable
says isolated_bone_uptake true 60, says bone_uptake_count 3 30                  |                             | not-applicable   # the newest counts
concludes isolated_bone_uptake 20, says bone_uptake_count 3 30                  |                             | info due
says isolated_bone_uptake true 30, done targeted_bone_imaging 29                |                             | info refer
says isolated_bone_uptake true 30, done targeted_bone_imaging 30                |                             | info refer       # the same day
says isolated_bone_uptake true 30, done targeted_bone_imaging 31                |                             | info due         # before it
says isolated_bone_uptake true 30, report bone_ct 20                            |                             | info refer
says isolated_bone_uptake true 30, done mri_bone_region 20                      |                             | info refer
says isolated_bone_uptake true 30, done bone_biopsy 20                          |                             | info refer
says isolated_bone_uptake true 30, asked targeted_bone_imaging 20               |                             | satisfied
says isolated_bone_uptake true 30, asked targeted_bone_imaging 31               |                             | info due
says isolated_bone_uptake true 30                                               | targeted_bone_imaging       | satisfied
says isolated_bone_uptake true 30, booked targeted_bone_imaging -9              |                             | satisfied
says isolated_bone_uptake true 30, asked bone_tumour_board_request 20           |                             | info due         # the image first
says isolated_bone_uptake true 30, done bone_ct 20, asked bone_tumour_board_request 19 |                      | satisfied
says isolated_bone_uptake true 30, done bone_ct 20, asked rheumatology_oncology_referral 25 |                 | satisfied
says isolated_bone_uptake true 30, done bone_ct 20, done mdt_discussion 5       |                             | satisfied
says isolated_bone_uptake true 30, done bone_ct 20, done mdt_discussion 31      |                             | info refer
says isolated_bone_uptake true 30, done bone_ct 20, booked rheumatology_oncology_referral -5 |                | satisfied
says isolated_bone_uptake true 30, done bone_ct 20                              | bone_tumour_board_request   | satisfied
says isolated_bone_uptake true 30, without procedures                           |                             | needs-data targeted_bone_imaging
"""

SPINE = """
IMG-SPINE-01 on file                   | order                                                            | outcome
---------------------------------------+------------------------------------------------------------------+----------------
metastasis site_spine                  | mri_spine: mri_extent mri_one_segment                            | info due
metastasis vertebra_l3                 | mri_spine: mri_extent mri_two_segments                           | info due
metastasis site_spine                  | mri_spine: mri_extent mri_whole_spine                            | satisfied
metastasis site_spine                  | mri_spine                                                        | satisfied      # extent not told
metastasis site_spine                  | mri_whole_spine                                                  | satisfied
metastasis site_spine                  | mri_spine_one_or_two_segments                                    | info due       # told by the code
metastasis site_spine                  | mri_spine at vertebra_l3                                         | info due
metastasis site_spine                  | mri_bone_region at vertebra_t6                                   | info due
metastasis site_spine                  | mri_bone_region at site_spine                                    | satisfied
metastasis site_spine                  | mri_bone_region at site_sacrum                                   | info due
metastasis site_spine                  | mri_bone_region at site_femur                                    | not-applicable
metastasis site_femur                  | mri_spine at vertebra_l3                                         | not-applicable
ill bone_metastasis                    | mri_spine at vertebra_l3                                         | not-applicable # where it lies is not told
                                       | mri_spine at vertebra_l3 for reason_spinal_metastasis            | info due
ill spinal_cord_compression            | mri_spine at vertebra_l3                                         | info due
                                       | mri_spine at vertebra_l3                                         | not-applicable # a disc, perhaps
without conditions                     | mri_spine at vertebra_l3                                         | needs-data spinal_cord_compression,bone_metastasis
metastasis site_spine                  | mri_spine at vertebra_l3: motor_deficit true                     | warning deficit
metastasis site_spine                  | mri_spine at vertebra_l3: motor_deficit false                    | info due
metastasis site_spine, says motor_deficit true 30 | mri_spine at vertebra_l3                              | warning deficit
metastasis site_spine, says motor_deficit true 31 | mri_spine at vertebra_l3                              | info due
metastasis site_spine, says sphincter_deficit true 2 | mri_spine at vertebra_l3                           | warning deficit
metastasis site_spine, says sensory_deficit true 2 | mri_spine at vertebra_l3                             | warning deficit
metastasis site_spine, says frankel_grade frankel_d3 2 | mri_spine at vertebra_l3                         | warning deficit
metastasis site_spine, says frankel_grade frankel_e 2 | mri_spine at vertebra_l3                          | info due
metastasis site_spine, ill cauda_equina_syndrome | mri_spine at vertebra_l3                               | warning deficit
metastasis site_spine, says motor_deficit true 2 | mri_spine: mri_extent mri_whole_spine                  | satisfied
metastasis site_spine, says mri_extent mri_one_segment 30 | mri_spine                                     | info due       # told in the form
metastasis site_spine, says mri_extent mri_one_segment 31 | mri_spine                                     | satisfied
metastasis site_spine, says mri_extent mri_one_segment 5 | mri_whole_spine                                | satisfied      # the order is newer
"""

RECONSTRUCTION = """
IMG-SPINE-02 on file                       | order                                                                   | outcome
-------------------------------------------+-------------------------------------------------------------------------+------------------
                                           | bone_tumour_board_request at vertebra_t8                                | needs-data ct_bone_reconstruction
                                           | bone_tumour_board_request at site_sacrum                                | needs-data ct_bone_reconstruction
                                           | bone_tumour_board_request: vertebral_level vertebra_t8                  | needs-data ct_bone_reconstruction
                                           | bone_tumour_board_request at vertebra_t8: ct_bone_reconstruction true   | satisfied
                                           | bone_tumour_board_request at vertebra_t8: ct_bone_reconstruction false  | info due
says ct_bone_reconstruction true 60        | bone_tumour_board_request at vertebra_t8                                | satisfied
says ct_bone_reconstruction true 61        | bone_tumour_board_request at vertebra_t8                                | needs-data ct_bone_reconstruction
scan bone_ct vertebra_t8 60                | bone_tumour_board_request at vertebra_t8                                | satisfied
scan bone_ct vertebra_t8 61                | bone_tumour_board_request at vertebra_t8                                | needs-data ct_bone_reconstruction
scan bone_ct site_femur 5                  | bone_tumour_board_request at vertebra_t8                                | needs-data ct_bone_reconstruction
report bone_ct 5                           | bone_tumour_board_request at vertebra_t8                                | satisfied         # reports tell no site
                                           | bone_tumour_board_request at site_femur                                 | not-applicable
                                           | bone_tumour_board_request                                               | not-applicable
"""

LIMB = """
IMG-LIMB-01 on file             | order                                                     | outcome
--------------------------------+-----------------------------------------------------------+----------------
                                | bone_metastasis_surgery at site_femur                     | info due
scan bone_ct site_femur 60      | bone_metastasis_surgery at site_femur                     | satisfied        # the last day
scan bone_ct site_femur 61      | bone_metastasis_surgery at site_femur                     | info due
scan bone_ct site_trochanteric 5 | bone_metastasis_surgery at site_femur                    | satisfied        # a part of it
scan bone_ct site_humerus 5     | bone_metastasis_surgery at site_femur                     | info due         # another bone
report bone_ct 5                | bone_metastasis_surgery at site_femur                     | satisfied        # reports tell no site
scan mri_bone_region site_femur 5 | bone_metastasis_surgery at site_femur                   | info due         # no CT
asked bone_ct 5                 | bone_metastasis_surgery at site_femur                     | satisfied
asked bone_ct 61                | bone_metastasis_surgery at site_femur                     | info due
                                | bone_metastasis_surgery at site_femur; bone_ct            | satisfied
                                | bone_metastasis_surgery: lesion_site site_humerus         | info due
                                | prophylactic_fixation                                     | info due         # of a long bone by its name
                                | bone_metastasis_surgery at site_spine                     | not-applicable
                                | bone_metastasis_surgery                                   | not-applicable   # where is not told
without diagnosticReports       | bone_metastasis_surgery at site_femur                     | needs-data bone_ct
"""


@pytest.mark.parametrize("row", rows(ISOLATED), ids=name)
def test_an_isolated_uptake_is_imaged_then_shown(row: dict[str, str]) -> None:
    assert ask("IMG-ISO-01", row["IMG-ISO-01 on file"], row["order"], "patient-view") == row["outcome"]


@pytest.mark.parametrize("row", rows(SPINE), ids=name)
def test_the_whole_spine_is_imaged(row: dict[str, str]) -> None:
    assert ask("IMG-SPINE-01", row["IMG-SPINE-01 on file"], row["order"], "order-select") == row["outcome"]


@pytest.mark.parametrize("row", rows(RECONSTRUCTION), ids=name)
def test_the_board_sees_a_vertebra_on_a_reconstruction(row: dict[str, str]) -> None:
    assert ask("IMG-SPINE-02", row["IMG-SPINE-02 on file"], row["order"], "order-select") == row["outcome"]


@pytest.mark.parametrize("row", rows(LIMB), ids=name)
def test_the_bone_is_seen_before_it_is_operated_on(row: dict[str, str]) -> None:
    assert ask("IMG-LIMB-01", row["IMG-LIMB-01 on file"], row["order"], "order-select") == row["outcome"]


@pytest.mark.parametrize("rule", ["IMG-ISO-01", "IMG-SPINE-01", "IMG-SPINE-02", "IMG-LIMB-01"])
def test_the_chapters_stand_in_one_edition_only(rule: str) -> None:
    orders = "mri_spine at vertebra_l3; bone_tumour_board_request at vertebra_l3; prophylactic_fixation"
    found = finding(rule, "says isolated_bone_uptake true 5", orders, edition="aura-intermediate")
    assert (found.speaks, found.because) == (False, "not-in-edition")


def test_what_is_proposed() -> None:
    spine = finding("IMG-SPINE-01", "metastasis site_spine", "mri_spine at vertebra_l3")
    assert spine.draft is not None
    assert spine.verdict.proposals == (RemoveDraft(spine.draft, NewService(("whole_spine_mri",))),)
    board = NewService(("bone_tumour_board",))
    uptake = "says isolated_bone_uptake true 30"
    assert finding("IMG-ISO-01", uptake).verdict.proposals == (NewService(("targeted_imaging",)), board)
    assert finding("IMG-ISO-01", f"{uptake}, done bone_ct 5").verdict.proposals == (board,)
    surgery = "bone_metastasis_surgery at site_femur"
    both, ct = NewService(("bone_ct_scan", "whole_bone_radiographs")), NewService(("bone_ct_scan",))
    assert finding("IMG-LIMB-01", "", surgery).verdict.proposals == (both,)
    assert finding("IMG-LIMB-01", "scan bone_radiograph site_femur 9", surgery).verdict.proposals == (ct,)
