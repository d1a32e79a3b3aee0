"""Names of the things the checks of oligometastatic disease ask about, as in ``concepts``."""

Concepts = tuple[str, ...]

# the definition of the guideline
SITES = "oligo_sites"
LESIONS = "oligo_lesions"
LARGEST = "oligo_max_size"
PRIMARY_CONTROLLED = "primary_controlled"
ELSEWHERE_STABLE = "extra_osseous_disease_stable"
DEFINITION: Concepts = (SITES, LESIONS, LARGEST, PRIMARY_CONTROLLED, ELSEWHERE_STABLE)

# the categories of the thesis
SETTING = "oligo_setting"
MONTHS = "months_from_primary"
DE_NOVO = "setting_de_novo"
PROGRESSION = "setting_progression_on_stable_disseminated"
RESIDUAL = "setting_residual_after_systemic"
CATEGORY: Concepts = (SETTING, MONTHS, LESIONS, PRIMARY_CONTROLLED)

# the count
COUNTED: Concepts = (
    "oligo_count_bone",
    "oligo_count_lung",
    "oligo_count_liver",
    "oligo_count_nodal_echelons",
)

# the ablative treatment, its board and its work-up
STEREOTACTIC: Concepts = (
    "bone_stereotactic_radiotherapy",
    "radiotherapy_stereotactic",
)
INTENT = "rt_intent"
ABLATIVE = "intent_ablative"
BOARD: Concepts = ("bone_tumour_board_report", "mdt_discussion")
PET: Concepts = ("fdg_pet", "fdg_pet_whole_body", "fdg_pet_to_mid_thigh", "pet_any", "mri_whole_body")
"""A PET without a tracer counts as one with FDG, as for IMG-SCINT-01; one of head and neck shows no extension."""
CT: Concepts = ("ct_thorax_abdomen_pelvis",)
SCAN: Concepts = ("bone_scan",)
WORK_UP = "extension_work_up"
"""What is missing where none of the three ways of imaging the whole extension is on file."""
