"""Orders of imaging, biopsy and board about which there is nothing to say: no finding speaks, at any hook, in any edition.

The cells are in the words of ``tests/support/charted.py`` and ``quiet.py``.
"""

import pytest

from hooks.limits import EDITIONS
from tests.support.drawn import name, rows
from tests.support.quiet import spoken

NOTHING = """
who                          | on file                                                 | draft
-----------------------------+---------------------------------------------------------+------------------------------
a bone scan                  |                                                         | service bone_scan
a PET                        |                                                         | service fdg_pet
a PET, nothing coded         |                                                         | service pet_any
a slipped disc               |                                                         | service mri_spine
a bone biopsy, no cancer     |                                                         | service bone_biopsy
lung, first PET              | ill lung_cancer                                         | service fdg_pet
lung, MRI                    | ill lung_cancer                                         | service mri_spine
lung, CT                     | ill lung_cancer                                         | service ct_thorax_abdomen_pelvis
lung, panel                  | ill lung_cancer                                         | service molecular_panel
lung, former smoker          | ill lung_cancer, had smoking_status smoking_former 9    |
lung, scanned and seen       | ill lung_cancer, done fdg_pet 20, done bone_scan 10     |
lung, discussed              | ill lung_cancer, done mdt_discussion 20                 | service molecular_panel
lung, many uptakes           | ill lung_cancer, had bone_uptake_count 7 20             |
lung, little pain            | ill lung_cancer, had pain_score 3 2                     |
prostate, bone scan          | ill prostate_cancer, done fdg_pet 20                    | service bone_scan
breast, follow-up            | ill breast_cancer, done bone_scan 400                   | service bone_scan
a smoker                     | had smoking_status smoking_current 9                    |
somebody in pain             | had pain_score 9 2                                      |
an EGFR inhibitor goes on    | ill lung_cancer, ordered osimertinib 60, clears 80      | osimertinib
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(NOTHING), ids=name)
def test_nothing_is_said(row: dict[str, str], edition: str) -> None:
    assert spoken(row, edition) == {}
