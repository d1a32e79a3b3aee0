"""Local treatments that are done right: no finding speaks, at any hook where such an order is written or the chart read.

``on file`` is in the words of ``tests/support/charted.py``, ``told`` in those of ``tests/support/planned.py``.
"""

import pytest

from hooks.evaluate import Findings, Guideline, evaluate
from hooks.limits import EDITIONS
from hooks.services import services
from tests.support.bedside import RULES
from tests.support.chart import ago
from tests.support.charted import chart, write
from tests.support.drawn import name, rows
from tests.support.planned import planned

BREAST = "ill breast_cancer 400, ill bone_metastasis 200, "

IRRADIATED = """
who                          | on file                                                    | order             | site        | told
-----------------------------+------------------------------------------------------------+-------------------+-------------+--------------------------
pelvis, standard             |                                                            | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
pelvis, short                |                                                            | bone_radiotherapy | site_pelvis | rt_total_dose 20 Gy, rt_fractions 5
pelvis, four fractions       |                                                            | bone_radiotherapy | site_pelvis | rt_total_dose 20 Gy, rt_fractions 4
pelvis, six fractions        |                                                            | bone_radiotherapy | site_pelvis | rt_total_dose 24 Gy, rt_fractions 6
rib, once, steroid           | ordered prednisone 2                                       | bone_radiotherapy | site_rib    | rt_total_dose 8 Gy, rt_fractions 1
rib, once, 6 Gy              | ordered dexamethasone 2                                    | bone_radiotherapy | site_rib    | rt_total_dose 6 Gy, rt_fractions 1
vertebra, standard           |                                                            | bone_radiotherapy | vertebra_t8 | rt_total_dose 30 Gy, rt_fractions 10
vertebra, short              |                                                            | bone_radiotherapy | vertebra_t8 | rt_total_dose 20 Gy, rt_fractions 5
four vertebrae               |                                                            | bone_radiotherapy | vertebra_t8 | rt_total_dose 30 Gy, rt_fractions 10, rt_vertebra_count 4
epiduritis                   |                                                            | bone_radiotherapy | vertebra_t8 | rt_total_dose 20 Gy, rt_fractions 5, rt_epiduritis true
neuropathic pain             |                                                            | bone_radiotherapy | site_pelvis | rt_total_dose 20 Gy, rt_fractions 5, rt_neuropathic_pain true
cord compression             | ill spinal_cord_compression 2, asked mri_whole_spine 1, asked neurosurgery_consultation 1 | bone_radiotherapy | vertebra_t8 | rt_total_dose 30 Gy, rt_fractions 10
cord compression, short      | ill spinal_cord_compression 2, asked mri_whole_spine 1, asked radiotherapy_consultation 1 | bone_radiotherapy | vertebra_t8 | rt_total_dose 20 Gy, rt_fractions 5
preventive                   |                                                            | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10, rt_intent intent_preventive
after an operation           | done prophylactic_fixation 22, asked bone_radiotherapy 1                              | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10, rt_post_operative true
healed on day 15             | done prophylactic_fixation 15, had wound_healed true 0, asked bone_radiotherapy 1     | bone_radiotherapy | site_pelvis | rt_total_dose 20 Gy, rt_fractions 5, rt_post_operative true
healed spine on day 14       | done spine_surgery 14, had wound_healed true 0, asked bone_radiotherapy 1             | bone_radiotherapy | vertebra_t8 | rt_total_dose 30 Gy, rt_fractions 10, rt_post_operative true
again, the dose known        | irradiated site_pelvis 400, done prior_rt_dose_summary 30  | bone_radiotherapy | site_pelvis | rt_total_dose 20 Gy, rt_fractions 5
elsewhere before             | irradiated site_femur 400                                  | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
a referral                   |                                                            | bone_radiotherapy | site_pelvis |
a breast, not a bone         |                                                            | radiotherapy      |             |
with platinum                | ordered cisplatin 20, given cisplatin 2                    | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
with carboplatin             | ordered carboplatin 20                                     | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
with pemetrexed              | ordered pemetrexed 20                                      | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
with vinorelbine             | ordered vinorelbine 20                                     | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
with a taxane                | ordered docetaxel 20                                       | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
gemcitabine long over        | stopped gemcitabine 90, given gemcitabine 31               | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
bevacizumab long over        | stopped bevacizumab 90, given bevacizumab 31               | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
doxorubicin long over        | stopped doxorubicin 90, given doxorubicin 16               | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
irinotecan washed out        | stopped irinotecan 90, given irinotecan 5                  | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
immunotherapy long over      | stopped pembrolizumab 90, given pembrolizumab 31           | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10
stereotactic, not the spine  | done mri_bone_region 10, had oligo_sites 1 1 5, had oligo_lesions 2 1 5, had oligo_max_size 3 cm 5, had primary_controlled true 5, had karnofsky_performance 80 % 5, had survival_estimate 12 mo 5 | bone_stereotactic_radiotherapy | site_pelvis | rt_total_dose 35 Gy, rt_fractions 5
"""

OTHER_ORDERS = """
who                          | on file                                                    | order             | site        | told
-----------------------------+------------------------------------------------------------+-------------------+-------------+--------------------------
whole-spine MRI              |                                                            | mri_whole_spine   |             |
MRI of the pelvis            |                                                            | mri_bone_region   | site_pelvis |
CT of thorax and abdomen     |                                                            | ct_thorax_abdomen_pelvis |      |
bone CT                      |                                                            | bone_ct           | site_femur  |
bone scan, another tumour    | done fdg_pet 20                                            | bone_scan         |             |
PET with the femurs          |                                                            | fdg_pet           |             | pet_field pet_whole_body
pathology with EDTA          |                                                            | bone_biopsy_pathology | site_pelvis | decalcifier decalcifier_edta, fixation_duration 6 h
pathology with formic acid   |                                                            | bone_biopsy_pathology | site_pelvis | decalcifier decalcifier_formic_acid, fixation_duration 24 h
spine surgery, field virgin  | had survival_estimate 12 mo 5, had karnofsky_performance 80 % 5, had severe_immunosuppression false 5, had spine_segments_involved 1 1 5, had visceral_or_brain_dissemination false 5 | spine_surgery | vertebra_t8 |
limb surgery, prepared       | done bone_ct 10, had known_cancer_histology true 5        | prophylactic_fixation | site_femur |
dental extraction            |                                                            | tooth_extraction  |             |
orthopaedic referral         |                                                            | orthopaedic_referral |          |
"""

DRUGS = """
who                          | on file                                                    | draft
-----------------------------+------------------------------------------------------------+----------------
chemotherapy on day 21       | done prophylactic_fixation 21, irradiated site_femur 1     | vinorelbine
day 15, healed and agreed    | done prophylactic_fixation 15, irradiated site_femur 1, had wound_healed true 0, had surgeon_agreement true 0 | vinorelbine
EGFR inhibitor after surgery | done prophylactic_fixation 3, asked radiotherapy 1         | osimertinib
immunotherapy after surgery  | done prophylactic_fixation 3, asked radiotherapy 1         | pembrolizumab
after a cementoplasty        | done cementoplasty 2                                       | vinorelbine
gemcitabine, irradiated long ago | irradiated site_pelvis 31                              | gemcitabine
vinorelbine during radiotherapy | asked bone_radiotherapy 3                               | vinorelbine
"""

MOMENTS = ("order-select", "order-sign", "patient-view", "encounter-discharge")


def spoken(findings: Findings) -> list[str]:
    return [f"{f.rule.id} {f.status} {f.verdict.case}" for f in findings.speaking]


def asked(row: dict[str, str], moment: str, edition: str) -> Findings:
    patient = chart(BREAST + row["on file"] if row["on file"] else BREAST)
    patient.moment = moment
    if moment.startswith("order"):
        if "draft" in row:
            write(patient, row["draft"])
        else:
            planned(patient, row["order"], site=row["site"], on=ago(0), details=row["told"])
    checks = tuple(check for service in services() if service.hook == moment for check in service.checks)
    found = evaluate(checks, patient.record(), Guideline(RULES, edition))
    assert not found.broken, found.broken
    return found


@pytest.mark.parametrize("row", [*rows(IRRADIATED), *rows(OTHER_ORDERS), *rows(DRUGS)], ids=name)
def test_what_is_done_right_is_not_remarked_upon(row: dict[str, str]) -> None:
    said = {(moment, edition): spoken(asked(row, moment, edition)) for moment in MOMENTS for edition in EDITIONS}
    assert {where: lines for where, lines in said.items() if lines} == {}


WRONG = """
who                | on file                                      | order             | site        | told                                 | says
-------------------+----------------------------------------------+-------------------+-------------+--------------------------------------+--------------------------------
gemcitabine        | stopped gemcitabine 90, given gemcitabine 30 | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10 | RT-CONC-01 fires washing_out
no corticosteroid  |                                              | bone_radiotherapy | site_rib    | rt_total_dose 8 Gy, rt_fractions 1   | RT-STER-01 fires due
nitric acid        |                                              | bone_biopsy_pathology | site_pelvis | decalcifier decalcifier_nitric_acid, fixation_duration 6 h | BIOP-DECAL-01 fires due
operated yesterday | done prophylactic_fixation 1, asked bone_radiotherapy 1 | bone_radiotherapy | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10, rt_post_operative true | SURG-HEAL-01 fires radiotherapy_early
"""


@pytest.mark.parametrize("row", rows(WRONG), ids=name)
def test_the_same_orders_are_seen_when_something_is_wrong(row: dict[str, str]) -> None:
    assert spoken(asked(row, "order-sign", EDITIONS[0])) == [row["says"]]
