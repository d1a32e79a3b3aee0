"""Patients to whom the guideline asks nothing: no finding speaks, at any of the six hooks, in any edition.

The cells are in the words of ``tests/support/charted.py`` and ``quiet.py``. Those who stand just inside a boundary are in
``test_silence_inside.py``.
"""

import pytest

from hooks.limits import EDITIONS
from tests.support.drawn import name, rows
from tests.support.quiet import WRITING, in_order, spoken

NO_BONE_DISEASE = """
who                        | on file                                                  | draft
---------------------------+----------------------------------------------------------+---------------------------
nobody in particular       |                                                          |
a woman of 80              | born 1946-01-01, sex female                              |
a child                    | born 2016-01-01                                          |
a child with a fracture    | born 2016-01-01, ill severe_hepatic_disease              |
a pregnant woman           | sex female, born 1990-01-01, ill pregnancy               |
renal failure              | clears 12                                                |
dialysis                   | ill dialysis_dependence, done dialysis_session 2         |
an antalgic                |                                                          | paracetamol
a corticosteroid           |                                                          | prednisone
renal failure, antalgic    | clears 12                                                | paracetamol
low vitamin D              | had vitamin_d_25oh_total 20 nmol/L 30                    |
a dental extraction        | done tooth_extraction 5                                  |
a dental treatment to do   | had dental_examination_outcome dental-treatment-needed 5 |
osteoporosis, yearly       |                                                          | aclasta 5
osteoporosis, every year   | given aclasta 370 5, clears 80                           | aclasta 5
osteoporosis, kidney       | clears 25                                                | aclasta 5
osteoporosis, twice a year |                                                          | prolia 60
osteoporosis, on time      | given prolia 182 60, ordered prolia 400                  | prolia 60
osteoporosis, overdue      | given prolia 300 60, ordered prolia 400                  |
osteoporosis, stopped      | given prolia 300 60, stopped prolia 400                  |
osteoporosis, kidney       | clears 25, given prolia 100 60                           | prolia 60
osteoporosis, by mouth     | ordered alendronate 100                                  | alendronate
osteoporosis, by mouth too | told alendronate 100, clears 25                          |
osteoporosis, both         | ordered alendronate 100                                  | prolia 60
osteoporosis, extraction   | ordered prolia 400, done tooth_extraction 5              | prolia 60
"""

OTHER_CANCER = """
who                        | on file                                                  | draft
---------------------------+----------------------------------------------------------+---------------------------
lung                       | ill lung_cancer                                          |
lung, comfort care         | ill lung_cancer, ill comfort_care_only                   |
lung, platinum             | ill lung_cancer, clears 80                               | cisplatin
lung, carboplatin          | ill lung_cancer, clears 30                               | carboplatin
lung, maintenance          | ill lung_cancer, clears 60, given pemetrexed 21          | pemetrexed
lung, doublet              | ill lung_cancer, clears 80                               | carboplatin; pemetrexed
lung, EGFR                 | ill lung_cancer, clears 30                               | osimertinib
lung, EGFR, no laboratory  | ill lung_cancer                                          | osimertinib
lung, ALK                  | ill lung_cancer, clears 80                               | crizotinib
lung, RET                  | ill lung_cancer, clears 80                               | selpercatinib
lung, immunotherapy        | ill lung_cancer                                          | pembrolizumab
lung, immunotherapy goes on | ill lung_cancer, given pembrolizumab 21                 | pembrolizumab
lung, anti-angiogenic      | ill lung_cancer                                          | bevacizumab
lung, failing kidney       | ill lung_cancer, clears 12                               |
lung, gemcitabine          | ill lung_cancer, clears 25                               | gemcitabine
lung, steroid              | ill lung_cancer, clears 25                               | prednisone
lung, osteoporosis         | ill lung_cancer, clears 80                               | aclasta 5
lung, osteoporosis too     | ill lung_cancer                                          | prolia 60
lung, dental extraction    | ill lung_cancer, done tooth_extraction 5                 |
breast or prostate         | ordered prolia 100                                       | prolia 60
kidney cancer              | clears 20                                                | sunitinib
breast, CDK4/6             | clears 20                                                | palbociclib
bowel, platinum            | clears 80                                                | oxaliplatin
bowel, no laboratory       |                                                          | oxaliplatin
elsewhere, platinum        |                                                          | cisplatin
melanoma                   | clears 20                                                | nivolumab
"""

BONE_DISEASE = """
who                        | on file                                                  | draft
---------------------------+----------------------------------------------------------+---------------------------
another tumour             | ill bone_metastasis 30                                   |
another tumour, steroid    | ill bone_metastasis 30                                   | prednisone
another tumour, antalgic   | ill bone_metastasis 30, clears 12                        | paracetamol
myeloma                    | ill multiple_myeloma 30                                  |
myeloma, antalgic          | ill multiple_myeloma 30                                  | paracetamol
comfort care               | ill lung_cancer, ill bone_metastasis 30, ill comfort_care_only |
hospice                    | ill lung_cancer, ill bone_metastasis 30, ill hospice_care |
declined                   | ill lung_cancer, ill bone_metastasis 30, had antiresorptive_declined true 30 |
a child with a tumour      | born 2016-01-01, ill bone_metastasis 30                  |
"""

READY = """
who                          | on file                                   | draft
-----------------------------+-------------------------------------------+----------------------------
zoledronate, first dose      | told paracetamol 2                        | zometa 4 28 30
denosumab, first dose        |                                           | xgeva 120 28 sc
denosumab, biosimilar        |                                           | wyost 120 28 sc
denosumab and antalgic       |                                           | xgeva 120 28 sc; paracetamol
"""

WELL_TREATED = """
who                          | on file                                   | draft
-----------------------------+-------------------------------------------+----------------------------
zoledronate, monthly         | begun zometa                              | zometa 4 28 30
zoledronate, twenty minutes  | begun zometa                              | zometa 4 28 20
zoledronate, chart only      | begun zometa                              |
pamidronate, chart only      | begun pamidronate                         |
denosumab, monthly           | begun xgeva                               | xgeva 120 28 sc
denosumab, chart only        | begun xgeva                               |
denosumab, another order     | begun xgeva                               | paracetamol
denosumab and EGFR inhibitor | begun xgeva                               | osimertinib
denosumab and platinum       | begun xgeva                               | cisplatin; pemetrexed
denosumab, immunotherapy     | begun xgeva, given pembrolizumab 21       | pembrolizumab
"""


PREPARED = [in_order(row) for row in rows(READY)]
PATIENTS = [row for table in (NO_BONE_DISEASE, OTHER_CANCER, BONE_DISEASE) for row in rows(table)]
PATIENTS += [in_order(row) for row in rows(WELL_TREATED)]


def test_there_are_enough_of_them() -> None:
    assert len({name(row) for row in PATIENTS}) == len(PATIENTS) >= 60


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", PATIENTS, ids=lambda row: row["who"])
def test_nothing_is_said(row: dict[str, str], edition: str) -> None:
    assert spoken(row, edition) == {}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", PREPARED, ids=lambda row: row["who"])
def test_a_well_prepared_first_order_is_signed_without_a_word(row: dict[str, str], edition: str) -> None:
    assert spoken(row, edition, WRITING) == {}


@pytest.mark.parametrize("row", PREPARED, ids=lambda row: row["who"])
def test_the_same_order_speaks_when_nothing_is_prepared(row: dict[str, str]) -> None:
    assert spoken({**row, "on file": "ill lung_cancer, ill bone_metastasis 30"}, EDITIONS[0], WRITING)
