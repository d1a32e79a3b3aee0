"""Names of what imaging, bone biopsy and the tumour board ask about; concept keys of ``fhir_mappers/valuesets``."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record.concepts import Concepts

# imaging
BONE_SCAN = "bone_scan"
PET_WHOLE_BODY, PET_TO_MID_THIGH, PET_HEAD_NECK = "fdg_pet_whole_body", "fdg_pet_to_mid_thigh", "fdg_pet_head_neck"
FDG_PET: Concepts = ("fdg_pet", PET_WHOLE_BODY, PET_TO_MID_THIGH, PET_HEAD_NECK)
PET: Concepts = (*FDG_PET, "pet_any")  # the tracer is often not coded, and then it is FDG (CCAM has one code for all)
METABOLIC: Concepts = (BONE_SCAN, *PET)
SPINE_MRI, PARTIAL_SPINE_MRI, WHOLE_SPINE_MRI = "mri_spine", "mri_spine_one_or_two_segments", "mri_whole_spine"
BONE_MRI, TARGETED_IMAGING = "mri_bone_region", "targeted_bone_imaging"
BONE_CT, BONE_RADIOGRAPH = "bone_ct", "bone_radiograph"
CHARACTERISING: Concepts = (
    *(TARGETED_IMAGING, BONE_MRI, BONE_CT, SPINE_MRI, PARTIAL_SPINE_MRI, WHOLE_SPINE_MRI),
    *("mri_whole_body", "bone_biopsy"),
)
IMAGING_REASON = "imaging_reason"
FOLLOW_UP, STAGING = "reason_follow_up", "reason_staging"
NEW_BONE_PAIN, PROGRESSION_UNDER_TKI = "new_bone_pain", "reason_progression_under_tki"
PAIN_REASONS: Concepts = (NEW_BONE_PAIN, "reason_new_bone_pain")
SPINAL_REASONS: Concepts = ("reason_spinal_metastasis", *c.CORD_COMPRESSION)
SPECIFIC_REASONS: Concepts = (
    *("reason_specific_question", PROGRESSION_UNDER_TKI),
    *(*PAIN_REASONS, *SPINAL_REASONS, *c.PATHOLOGICAL_FRACTURE),
)
LINE_START = "systemic_line_start"
EGFR_INHIBITORS: Concepts = ("egfr_tki_any", "osimertinib", "erlotinib", "gefitinib", "afatinib", "dacomitinib")
STOP_PROGRESSION: Concepts = ("stop_progression", "progressive_disease", PROGRESSION_UNDER_TKI)
PROGRESSION_SITE, BONE_ONLY = "progression_site", "progression_bone_only"
EXTRA_OSSEOUS = "extra_osseous_status"
EXTRA_OSSEOUS_HELD: Concepts = ("extra_osseous_response", "extra_osseous_stable")
FLARE_ITEMS: Concepts = ("flare_clinical_state", "flare_radiograph", "flare_markers", "flare_marrow_infiltration")
SPEAKS_FOR_FLARE: Concepts = ("course_improved", "radiograph_recalcification", "markers_alp_rise")
SPEAKS_FOR_PROGRESSION: Concepts = ("course_worse", "radiograph_lysis", "markers_ctx_rise")
PET_FIELD = "pet_field"
WITH_FEMURS: Concepts = ("pet_whole_body", "pet_femurs_included")
ISOLATED_UPTAKE, UPTAKE_COUNT = "isolated_bone_uptake", "bone_uptake_count"
MRI_EXTENT, EXTENT_WHOLE = "mri_extent", "mri_whole_spine"
EXTENT_PARTIAL: Concepts = ("mri_one_segment", "mri_two_segments")
DEFICITS: Concepts = ("motor_deficit", "sensory_deficit", "sphincter_deficit", "mscc_symptomatic")
FRANKEL, FRANKEL_NORMAL = "frankel_grade", "frankel_e"
CT_RECONSTRUCTION = "ct_bone_reconstruction"
LIMB_SURGERY: Concepts = ("bone_metastasis_surgery", "prophylactic_fixation")
LIMB_SITES: Concepts = (
    *("site_femur", "site_femoral_head_neck", "site_trochanteric", "site_tibia", "site_fibula"),
    *("site_humerus", "site_forearm"),
)

# biopsy and pathology
BONE_BIOPSY, BIOPSY_PATHOLOGY = "bone_biopsy", "bone_biopsy_pathology"
BONE_SAMPLE: Concepts = (BONE_BIOPSY, BIOPSY_PATHOLOGY)
DECALCIFICATION, DECALCIFIER = "decalcification_planned", "decalcifier"
MOLECULAR_POSSIBLE = "molecular_testing_possible"
EDTA = "decalcifier_edta"
STRONG_ACIDS: Concepts = (
    *("decalcifier_nitric_acid", "decalcifier_hydrochloric_acid"),
    *("decalcifier_strong_acid", "decalcifier_rapid_acid"),
)
FIXATION, FIXATION_START, FIXATION_END = "fixation_duration", "fixation_start", "fixation_end"
HISTOLOGY, NO_SAMPLE, NON_CONTRIBUTIVE = "histology_status", "histology_absent", "histology_non_contributive"
CONTRIBUTIVE = "histology_contributive"
FRAGILE, OTHER_SAMPLING_RISKY, ACCESSIBLE = "patient_fragile", "other_sampling_risky", "bone_lesion_accessible"
MORPHOLOGY, PRIOR_CANCER = "morphology", "prior_cancer"
ADENOCARCINOMA_ON_BONE = "lung_adenocarcinoma_on_bone"
EGFR_TEST, ALK_TEST, MOLECULAR_PANEL, RESISTANCE_PANEL = "egfr_test", "alk_test", "molecular_panel", "resistance_panel"
KNOWN_HISTOLOGY = "known_cancer_histology"

# the board and the quality requirements
BOARD_REQUEST = "bone_tumour_board_request"
SPECIALIST_OPINION: Concepts = (BOARD_REQUEST, "rheumatology_oncology_referral")
BOARD_REPORTS: Concepts = ("bone_tumour_board_report", "mdt_discussion")
BOARD_ITEMS: Concepts = (
    *("board_circumstances", "board_stage_and_response", "board_pain", "board_current_drugs"),
    *("board_local_treatments", "board_bone_drug", "board_anticoagulants", "board_prognosis_and_project"),
)
PAIN_MECHANISM, PAIN_SCORE = "pain_mechanism", "pain_score"
GP_LETTER, SMOKING_HELP, PALLIATIVE_CONTACT = "gp_letter", "smoking_cessation_referral", "palliative_care_contact"
ANALGESIC_PLAN, ANALGESIC_STEP = "analgesic_plan", "analgesic_step"
ANALGESICS: Concepts = ("opioid_analgesic", "nsaid_any", "paracetamol")
SMOKING_DRUG = "smoking_cessation_drug"
ANTICOAGULANTS: Concepts = (
    *("vitamin_k_antagonist_any", "warfarin", "acenocoumarol", "fluindione", "heparin_group_any", "heparin"),
    *("enoxaparin", "dalteparin", "tinzaparin", "nadroparin", "fondaparinux", "direct_xa_inhibitor_any"),
    *("apixaban", "rivaroxaban", "edoxaban", "direct_thrombin_inhibitor_any", "dabigatran"),
)
