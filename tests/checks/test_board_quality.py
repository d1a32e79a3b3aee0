"""MDT-QUAL-01, MDT-QUAL-03, MDT-QUAL-04: letter and discussion, tobacco, pain and palliative care in lung cancer."""

import pytest

from tests.support.asked import ask, finding
from tests.support.drawn import name, rows

LETTER = """
MDT-QUAL-01 on file                                                        | at                  | outcome
---------------------------------------------------------------------------+---------------------+------------------
ill lung_cancer                                                            | encounter-discharge | not-applicable    # nothing of the kind is ever coded
ill lung_cancer, report gp_letter 30                                       | encounter-discharge | info discussion
ill lung_cancer, report gp_letter 31                                       | encounter-discharge | info both
ill lung_cancer, report gp_letter 30, done mdt_discussion 400              | encounter-discharge | satisfied
ill lung_cancer, report gp_letter 31, done mdt_discussion 400              | encounter-discharge | info due
ill lung_cancer, report bone_tumour_board_report 20                        | encounter-discharge | not-applicable    # letters are not coded there
ill breast_cancer, report gp_letter 31                                     | encounter-discharge | not-applicable
ill lung_cancer, report gp_letter 31                                       | patient-view        | not-applicable
ill lung_cancer, report gp_letter 31, without procedures                   | encounter-discharge | needs-data gp_letter,bone_tumour_board_report
"""

TOBACCO = """
MDT-QUAL-03 on file                                                                            | at                  | outcome
-----------------------------------------------------------------------------------------------+---------------------+----------------
ill lung_cancer, says smoking_status smoking_current 9                                         | encounter-discharge | info due
ill lung_cancer, says smoking_status smoking_former 9                                          | encounter-discharge | not-applicable
ill lung_cancer                                                                                | encounter-discharge | not-applicable
ill lung_cancer, without observations                                                          | encounter-discharge | not-applicable
says smoking_status smoking_current 9                                                          | encounter-discharge | not-applicable
ill lung_cancer, says smoking_status smoking_current 9                                         | patient-view        | not-applicable
ill lung_cancer, says smoking_status smoking_current 9, asked smoking_cessation_referral 365   | encounter-discharge | satisfied
ill lung_cancer, says smoking_status smoking_current 9, asked smoking_cessation_referral 366   | encounter-discharge | info due
ill lung_cancer, says smoking_status smoking_current 9, done smoking_cessation_referral 365    | encounter-discharge | satisfied
ill lung_cancer, says smoking_status smoking_current 9, done smoking_cessation_referral 366    | encounter-discharge | info due
ill lung_cancer, says smoking_status smoking_current 9, plan comfort_care_only                 | encounter-discharge | not-applicable
ill lung_cancer, says smoking_status smoking_current 9, takes varenicline                      | encounter-discharge | satisfied
ill lung_cancer, says smoking_status smoking_current 9, without serviceRequests                | encounter-discharge | needs-data smoking_cessation_referral
"""

PAIN = """
MDT-QUAL-04 on file                                                       | at                  | outcome
--------------------------------------------------------------------------+---------------------+------------------
ill lung_cancer, says pain_score 4 2                                      | encounter-discharge | info due
ill lung_cancer, says pain_score 3 2                                      | encounter-discharge | not-applicable
ill lung_cancer, says pain_score 8 30                                     | encounter-discharge | info due
ill lung_cancer, says pain_score 8 31                                     | encounter-discharge | not-applicable
ill lung_cancer, says pain_score 8 9, says pain_score 2 1                 | encounter-discharge | not-applicable    # the newest counts
ill lung_cancer, says pain_score 8 2                                      | patient-view        | not-applicable
says pain_score 8 2                                                       | encounter-discharge | not-applicable
ill lung_cancer, says pain_score 8 2, plan analgesic_plan                 | encounter-discharge | satisfied
ill lung_cancer, says pain_score 8 2, says analgesic_step 2 30            | encounter-discharge | satisfied
ill lung_cancer, says pain_score 8 2, says analgesic_step 2 31            | encounter-discharge | info due
ill lung_cancer, says pain_score 8 2, ordered paracetamol 3               | encounter-discharge | satisfied
ill lung_cancer, says pain_score 8 2, takes morphine                      | encounter-discharge | satisfied
ill lung_cancer, says pain_score 8 2, without carePlans                   | encounter-discharge | needs-data analgesic_plan
ill lung_cancer, ill bone_metastasis                                      | encounter-discharge | not-applicable    # in the app only
ill lung_cancer, ill bone_metastasis                                      | app                 | info palliative
ill lung_cancer, ill liver_metastasis                                     | app                 | info palliative
ill lung_cancer                                                           | app                 | not-applicable
ill lung_cancer, ill bone_metastasis, says pain_score 5 2                 | app                 | info both
ill lung_cancer, ill bone_metastasis, done palliative_care_contact 90     | app                 | satisfied
ill lung_cancer, ill bone_metastasis, done palliative_care_contact 91     | app                 | info palliative
ill lung_cancer, ill bone_metastasis, asked palliative_care_contact 90    | app                 | satisfied
"""


@pytest.mark.parametrize("row", rows(LETTER), ids=name)
def test_the_practitioner_is_told_and_the_case_discussed(row: dict[str, str]) -> None:
    assert ask("MDT-QUAL-01", row["MDT-QUAL-01 on file"], moment=row["at"]) == row["outcome"]


@pytest.mark.parametrize("row", rows(TOBACCO), ids=name)
def test_help_to_stop_smoking_is_offered(row: dict[str, str]) -> None:
    assert ask("MDT-QUAL-03", row["MDT-QUAL-03 on file"], moment=row["at"]) == row["outcome"]


@pytest.mark.parametrize("row", rows(PAIN), ids=name)
def test_pain_has_a_plan_and_support_is_offered(row: dict[str, str]) -> None:
    assert ask("MDT-QUAL-04", row["MDT-QUAL-04 on file"], moment=row["at"]) == row["outcome"]


@pytest.mark.parametrize("rule", ["MDT-QUAL-01", "MDT-QUAL-03", "MDT-QUAL-04"])
def test_the_requirements_stand_in_one_edition_only(rule: str) -> None:
    facts = "ill lung_cancer, says pain_score 9 2, says smoking_status smoking_current 9, report gp_letter 40"
    found = finding(rule, facts, moment="encounter-discharge", edition="aura-intermediate")
    assert (found.speaks, found.because) == (False, "not-in-edition")
