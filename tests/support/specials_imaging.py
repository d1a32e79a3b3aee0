"""Patients who reach every branch of imaging, bone biopsy and the board: told in the words of ``asked``.

Each row is a chart, the orders of the session and the moment; they join the special patients of ``specials``.
"""

from collections.abc import Callable

from tests.support.bedside import Bedside

LUNG = "ill lung_cancer, ill bone_metastasis"
FORM = (
    "says flare_clinical_state course_{} 5, says flare_radiograph radiograph_lysis 5, says flare_markers markers_stable 5,"
    " says flare_marrow_infiltration false 5"
)
STOP = "stop osimertinib for stop_progression"
HELD = "says extra_osseous_status extra_osseous_stable 2"
BOARD = ", ".join(
    f"text board_{item} 5"
    for item in ("circumstances", "stage_and_response", "local_treatments", "prognosis_and_project", "anticoagulants")
)

PATIENTS: dict[str, tuple[str, str, str]] = {
    "scan after PET": (
        f"{LUNG}, done fdg_pet 9, line 100",
        "bone_scan; visit bone_scan on -5; fdg_pet_to_mid_thigh",
        "",
    ),
    "scan in follow-up": (
        f"{LUNG}, line 300",
        "bone_scan for reason_follow_up; visit bone_scan on -5; fdg_pet_whole_body",
        "",
    ),
    "scan, staging": (LUNG, "bone_scan for reason_staging; fdg_pet: pet_field pet_whole_body", ""),
    "scan, a reason": (f"{LUNG}, says new_bone_pain false 3", "bone_scan for lung_cancer; fdg_pet", "order-select"),
    "every field and extent": (
        f"{LUNG}, metastasis site_spine",
        "fdg_pet: pet_field pet_femurs_included; fdg_pet: pet_field pet_femurs_excluded; fdg_pet: pet_field"
        " pet_skull_base_to_mid_thigh; mri_spine: mri_extent mri_one_segment; mri_spine: mri_extent mri_two_segments;"
        " mri_spine: mri_extent mri_whole_spine",
        "",
    ),
    "signs contradict": (FORM.format("worse"), "", "app"),
    "signs of a flare": (FORM.format("improved").replace("lysis", "unchanged"), "", "app"),
    "inhibitor stopped": (f"line 90, says progression_site progression_bone_only 2, {HELD}", STOP, ""),
    "inhibitor stopped, liver": (
        f"ordered osimertinib 60, says progression_site progression_liver 2, {HELD}",
        STOP,
        "",
    ),
    "inhibitor stopped, told": ("told osimertinib 60", STOP, ""),
    "isolated uptake": ("concludes isolated_bone_uptake 30, says bone_uptake_count 1 20", "", "patient-view"),
    "isolated uptake, imaged": ("says isolated_bone_uptake true 30, done bone_ct 9", "", "patient-view"),
    "isolated uptake, shown": ("says isolated_bone_uptake true 30, asked targeted_bone_imaging 9", "", "patient-view"),
    "part of the spine": (
        "metastasis site_spine, says frankel_grade frankel_e 2, says motor_deficit false 2, says sensory_deficit false 2,"
        " says sphincter_deficit false 2, says mscc_symptomatic false 2",
        "mri_spine at vertebra_l3; mri_whole_spine; mri_spine",
        "",
    ),
    "vertebra to the board": (
        f"{BOARD}, says pain_mechanism pain_none 5, says ct_bone_reconstruction false 5, given xgeva 9, told paracetamol 9",
        "bone_tumour_board_request at vertebra_t8",
        "",
    ),
    "vertebra to the board, all told": (
        f"{BOARD}, text board_pain 5, text board_current_drugs 5, text board_bone_drug 5, scan bone_ct vertebra_t8 5",
        "bone_tumour_board_request at vertebra_t8",
        "",
    ),
    "limb surgery": ("says known_cancer_histology false 3", "prophylactic_fixation", ""),
    "limb surgery, known": (
        "ill lung_cancer, scan bone_ct site_femur 9, says histology_status histology_contributive 3",
        "bone_metastasis_surgery at site_femur",
        "",
    ),
    "sample wanted": (
        "says histology_status histology_absent 5, says bone_lesion_accessible true 5, says patient_fragile true 5,"
        " says other_sampling_risky false 5",
        "",
        "app",
    ),
    "sample out of reach": ("says histology_status histology_absent 5, says bone_lesion_accessible false 5", "", "app"),
    "sample, acid": (
        "ill lung_cancer",
        "bone_biopsy_pathology for reason_progression_under_tki: decalcifier decalcifier_nitric_acid, fixation_duration 2 h",
        "",
    ),
    "sample, agent not told": ("ill lung_cancer", "bone_biopsy", ""),
    "sample, EDTA": (
        "ill lung_cancer",
        "bone_biopsy_pathology for reason_progression_under_tki: decalcifier decalcifier_edta, fixation_duration 8 h;"
        " resistance_panel",
        "",
    ),
    "sample in the laboratory": (
        "says decalcification_planned true 2, says decalcifier decalcifier_edta 2",
        "",
        "app",
    ),
    "panel": ("says morphology morphology_undifferentiated 5, says prior_cancer prior_breast 5", "", "app"),
    "panel, others": (
        "says morphology morphology_other 5, says prior_cancer prior_prostate 5, says prior_cancer prior_digestive 5",
        "",
        "app",
    ),
    "adenocarcinoma on bone": ("concludes lung_adenocarcinoma_on_bone 9, report egfr_test 5", "", ""),
    "adenocarcinoma on bone, tested": ("concludes lung_adenocarcinoma_on_bone 9, text molecular_panel 5", "", ""),
    "stopped early": ("ill lung_cancer, given zometa 200 4, ordered zometa 200", "stop zometa", ""),
    "leaves": (
        f"{LUNG}, report gp_letter 40, says smoking_status smoking_current 9, says pain_score 6 2",
        "",
        "encounter-discharge",
    ),
    "leaves, looked after": (
        f"{LUNG}, report gp_letter 4, done mdt_discussion 90, says smoking_status smoking_current 9, says pain_score 6 2,"
        " asked smoking_cessation_referral 9, says analgesic_step 2 4",
        "",
        "encounter-discharge",
    ),
    "in the app, supported": (f"{LUNG}, done palliative_care_contact 20", "", "app"),
    "in the app": (f"{LUNG}, says pain_score 6 2, takes nicotine", "", "app"),
}


def specials() -> dict[str, Callable[[], Bedside]]:
    """Each patient by name, made when asked for: ``asked`` needs the list of checks, which need not be there yet."""
    return {name: lambda row=row: _made(*row) for name, row in PATIENTS.items()}  # type: ignore[misc]  # bound now


def _made(facts: str, orders: str, moment: str) -> Bedside:
    from tests.support.asked import patient

    return patient(facts, orders, moment or "order-sign")
