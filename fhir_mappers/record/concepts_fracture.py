"""Names of the things the checks of fracture risk and of the spine ask about, as in ``concepts``."""

Concepts = tuple[str, ...]

# long bones
MIRELS_SITE = "mirels_site"
MIRELS_SIZE = "mirels_size_fraction"
MIRELS_LESION = "mirels_lesion_type"
MIRELS_PAIN = "mirels_pain"
MIRELS_TOTAL = "mirels_total"
MIRELS_ITEMS: Concepts = (MIRELS_SITE, MIRELS_SIZE, MIRELS_LESION, MIRELS_PAIN)
NO_LONG_BONE: Concepts = ("mirels_spine", "mirels_pelvis")
MIRELS_UPPER: Concepts = ("mirels_upper_limb",)
CORTEX_PERCENT = "cortical_axial_percent"
CORTEX_LENGTH = "cortical_axial_length"
CORTEX_CIRCUMFERENCE = "cortical_circumference"
CORTEX: Concepts = (CORTEX_PERCENT, CORTEX_LENGTH, CORTEX_CIRCUMFERENCE)
UPPER_LIMB: Concepts = (
    "site_humerus",
    "site_forearm",
    "site_scapula",
    "site_clavicle",
    "site_glenoid",
    "site_acromion",
)
LOWER_LIMB: Concepts = ("site_femur", "site_femoral_head_neck", "site_trochanteric", "site_tibia", "site_fibula")

# spine
SINS_LOCATION = "sins_location"
SINS_ITEMS: Concepts = (
    SINS_LOCATION,
    *("sins_pain", "sins_lesion", "sins_alignment", "sins_collapse", "sins_posterior"),
)
SINS_TOTAL = "sins_total"
LEVEL = "vertebral_level"
BODY_INVOLVEMENT = "vertebral_body_involvement"
PILLARS: Concepts = ("vertebral_body_involved", "pedicle_involved", "transverse_or_posterior_involved")
TOKUHASHI_ITEMS: Concepts = (
    *("tokuhashi_general", "tokuhashi_extraspinal", "tokuhashi_vertebrae"),
    *("tokuhashi_visceral", "tokuhashi_primary", "tokuhashi_neurology"),
)
FRANKEL = "frankel_grade"
FRANKEL_GRADES: Concepts = (
    *("frankel_a", "frankel_b", "frankel_c", "frankel_d1", "frankel_d2", "frankel_d3", "frankel_e"),
)
"""From the worst to the best."""
MOTOR, SENSORY, SPHINCTER = "motor_deficit", "sensory_deficit", "sphincter_deficit"
NEUROLOGY: Concepts = (MOTOR, SENSORY, SPHINCTER, "pyramidal_signs", "pain_mechanism", FRANKEL)
DEFICIT_ONSET = "deficit_onset"
DECISION = "decompression_decision"
DECIDED: Concepts = ("decompression_done", "decompression_planned", "decompression_declined")
SPINE_SURGERY = "spine_surgery"
IMMUNOSUPPRESSION = "severe_immunosuppression"
SEGMENTS = "spine_segments_involved"
DISSEMINATION = "visceral_or_brain_dissemination"
MUTATION = "actionable_mutation"
CANDIDATE: Concepts = (IMMUNOSUPPRESSION, SEGMENTS, DISSEMINATION)
KARNOFSKY: Concepts = ("karnofsky", "karnofsky_performance")
VISCERAL: Concepts = ("liver_metastasis", "lung_metastasis", "brain_metastasis")

# steps
BOARD_REQUEST = "bone_tumour_board_request"
ORTHOPAEDICS: Concepts = ("surgical_opinion", "orthopaedic_referral")
SPINE_OPINION: Concepts = ("surgical_opinion", "neurosurgery_consultation")
FIXED: Concepts = ("bone_metastasis_surgery", "prophylactic_fixation")
MRI_WHOLE_SPINE = "mri_whole_spine"
PARTIAL_MRI: Concepts = ("mri_spine", "mri_bone_region")
CONTACT: Concepts = (
    *("neurosurgery_consultation", "surgical_opinion", SPINE_SURGERY),
    *("radiotherapy_consultation", "bone_radiotherapy", "bone_stereotactic_radiotherapy"),
)
