"""Names of what a check of cementoplasty or bone surgery may ask about: keys of ``fhir_mappers/valuesets``."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record.concepts import Concepts

# acts
CEMENTOPLASTY: Concepts = (
    "cementoplasty",
    "cementoplasty_extraspinal",
    "vertebroplasty",
    "vertebroplasty_retired",
    "kyphoplasty",
    "vertebral_implant_augmentation",
)
SPINE_SURGERY = "spine_surgery"
LIMB_SURGERY: Concepts = ("bone_metastasis_surgery", "prophylactic_fixation")
BIOPSY = "bone_biopsy"
PROCEDURES_AT_RISK: Concepts = (*CEMENTOPLASTY, *c.BONE_SURGERY, BIOPSY)
ORTHOPAEDICS: Concepts = ("orthopaedic_referral", *LIMB_SURGERY)
CRP = "crp"

# drugs that thin the blood
VITAMIN_K_ANTAGONISTS: Concepts = ("vitamin_k_antagonist_any", "warfarin", "acenocoumarol", "fluindione")
DABIGATRAN = "dabigatran"
DIRECT_ANTICOAGULANTS: Concepts = ("direct_xa_inhibitor_any", "apixaban", "rivaroxaban", "edoxaban", DABIGATRAN)
LOW_WEIGHT_HEPARINS: Concepts = ("enoxaparin", "tinzaparin", "dalteparin", "nadroparin")
HEPARIN_GROUP, UNFRACTIONATED_HEPARIN = "heparin_group_any", "heparin"
CLOPIDOGREL, ASPIRIN = "clopidogrel", "aspirin"

# prophylaxis and allergies
PROPHYLAXIS: Concepts = ("antibiotic_prophylaxis", "cefazolin", "clindamycin")
BETA_LACTAM_ALLERGY: Concepts = ("beta_lactam_allergy", "cefazolin")
CLINDAMYCIN = "clindamycin"
CEMENT_ALLERGY = "cement_allergy"

# blood
PLATELETS, PROTHROMBIN, INR, NEUTROPHILS = "platelets", "prothrombin_percent", "inr", "neutrophil_count"
COAGULATION_DISORDER = "severe_coagulation_disorder"

# items of the order and of the forms
PAIN_SCORE, PAIN_MECHANISM = "pain_score", "pain_mechanism"
MECHANICAL_PAIN: Concepts = ("pain_mechanical", "pain_load_increased")
INFECTIONS: Concepts = ("systemic_infection", "puncture_site_infection")
RELATIVE_CONTRAINDICATIONS: Concepts = (
    "posterior_wall_involvement",
    "radiculopathy",
    "canal_extension",
    "joint_opening",
)
LONG_BONES: Concepts = ("site_femur", "site_humerus", "site_tibia", "site_fibula", "site_forearm")
LOWER_LIMB: Concepts = ("site_femur", "site_femoral_head_neck", "site_trochanteric", "site_tibia", "site_fibula")
UPPER_LIMB: Concepts = (
    *("site_humerus", "site_glenoid", "site_acromion", "site_scapula", "site_clavicle", "site_forearm"),
)
LIMBS: Concepts = (*LOWER_LIMB, *UPPER_LIMB)
JOINTS: Concepts = ("site_femoral_head_neck", "site_acetabulum", "site_glenoid")
# The codes of pathological fractures whose own words name the femur: no site need be sent with them.
FEMORAL_FRACTURE_CODES: frozenset[str] = frozenset(
    {
        *("11309921000119106", "11309881000119104", "11315001000119103", "11314961000119102"),
        *("409667007", "409666003"),
    }
)
CYTOTOXICS: Concepts = (
    *c.PLATINUM,
    c.PEMETREXED,
    "gemcitabine",
    "taxane_any",
    "docetaxel",
    "paclitaxel",
    "vinorelbine",
    "doxorubicin",
    "bleomycin",
)
