"""Names of the things a check may ask about. Each is a concept key of ``fhir_mappers/valuesets``."""

Concepts = tuple[str, ...]

# measurements
CREATININE = "creatinine_serum"
CREATININE_ON_DIALYSIS = "creatinine_serum_dialysis"
CLEARANCE_AT_FIRST_DOSE = "creatinine_clearance_at_first_dose"
CLEARANCE_REPORTED = "crcl_cockcroft_gault"
EGFR: Concepts = (
    "egfr_ckdepi_2021",
    "egfr_ckdepi_2021_cr_cys",
    "egfr_ckdepi_2009",
    "egfr_mdrd",
    "egfr_cystatin_c",
    "egfr_unspecified",
)
WEIGHT: Concepts = ("body_weight", "body_weight_stated")
CALCIUM = "calcium_total"
CALCIUM_CORRECTED = "calcium_corrected_albumin"
ALBUMIN = "albumin_serum"
VITAMIN_D = "vitamin_d_25oh_total"
LIFE_EXPECTANCY: Concepts = ("life_expectancy", "survival_estimate")
DISEASE_EXTENT = "disease_extent"
ONCOLOGICAL_RESPONSE = "oncological_response"
ANTIRESORPTIVE_DECLINED = "antiresorptive_declined"
DENTAL_OUTCOME = "dental_examination_outcome"
DENTAL_CLEARANCE = "dental_clearance_after_extraction"
PREGNANCY_STATUS = "pregnancy_status"
SMOKING_STATUS = "smoking_status"
AT_RISK_DRINKING = "at_risk_drinking"

# problems
LUNG_CANCER = "lung_cancer"
BONE_METASTASIS = "bone_metastasis"
MYELOMA = "multiple_myeloma"
SECONDARY_CANCER: Concepts = ("secondary_malignancy_any", "secondary_malignancy_other")
PREGNANCY = "pregnancy"
DIALYSIS = "dialysis_dependence"
HYPERCALCAEMIA = "hypercalcaemia"
CORD_COMPRESSION: Concepts = ("spinal_cord_compression", "cauda_equina_syndrome")
PATHOLOGICAL_FRACTURE: Concepts = ("pathological_fracture_neoplastic", "vertebral_collapse_neoplastic")
JAW_OSTEONECROSIS = "onj_drug_induced"
HEPATIC_DISEASE = "severe_hepatic_disease"
COMFORT_CARE: Concepts = ("comfort_care_only", "hospice_care")
SMOKING_CURRENT = "smoking_current"
ALCOHOL_USE_DISORDER = "alcohol_use_disorder"

# procedures, orders, appointments
DENTAL_EXAMINATION = "dental_examination"
PANORAMIC_XRAY = "dental_panoramic_xray"
TOOTH_EXTRACTION = "tooth_extraction"
DIALYSIS_SESSION = "dialysis_session"
RADIOTHERAPY: Concepts = (
    "radiotherapy",
    "radiotherapy_stereotactic",
    "bone_radiotherapy",
    "bone_stereotactic_radiotherapy",
)
BONE_SURGERY: Concepts = ("bone_metastasis_surgery", "spine_surgery", "prophylactic_fixation")
HEAD_AND_NECK: Concepts = ("rt_body_site_head_neck", "site_head_neck", "site_mandible", "site_maxilla", "site_skull")
INJECTION_VISIT = "denosumab_injection_visit"
DISCONTINUATION = "antiresorptive_discontinuation"

# drugs
ZOLEDRONIC_ACID: Concepts = ("zoledronic_acid", "zoledronic_acid_4mg", "zoledronic_acid_5mg")
DENOSUMAB: Concepts = ("denosumab", "denosumab_120mg", "denosumab_60mg")
CORTICOSTEROIDS: Concepts = (
    "corticosteroid_systemic_any",
    "prednisone",
    "prednisolone",
    "methylprednisolone",
    "dexamethasone",
    "hydrocortisone",
    "betamethasone",
    "cortisone",
    "deflazacort",
)
ANTI_ANGIOGENICS: Concepts = (
    "anti_vegf_any",
    "bevacizumab",
    "ramucirumab",
    "aflibercept",
    "axitinib",
    "cabozantinib",
    "lenvatinib",
    "nintedanib",
    "pazopanib",
    "regorafenib",
    "sorafenib",
    "sunitinib",
    "tivozanib",
    "vandetanib",
)
PARACETAMOL = "paracetamol"

# reasons, declarations, values
REASON_HYPERCALCAEMIA: Concepts = ("emergency_hypercalcaemia", "hypercalcaemia")
DECLARED_SWITCH: Concepts = ("antiresorptive_switch", "denosumab_zoledronate_bridge")
OLIGOMETASTATIC = "oligometastatic"
MULTIMETASTATIC = "multimetastatic"
GOOD_RESPONSE: Concepts = ("complete_response", "good_partial_response")
TREATMENT_NEEDED = "dental_treatment_needed"
TREATMENT_SETTLED: Concepts = ("dental_treatment_done", "dental_cleared")
FLU_LIKE: Concepts = (
    "reaction_fever",
    "reaction_chills",
    "reaction_myalgia",
    "reaction_arthralgia",
    "reaction_flu_like",
)
ROUTE_SC = "route_sc"
ANTICANCER: Concepts = (
    *ANTI_ANGIOGENICS,
    "platinum_any",
    "cisplatin",
    "carboplatin",
    "pemetrexed",
    "gemcitabine",
    "docetaxel",
    "paclitaxel",
    "taxane_any",
    "vinorelbine",
    "doxorubicin",
    "bleomycin",
    "immune_checkpoint_inhibitor_any",
    "pembrolizumab",
    "nivolumab",
    "atezolizumab",
    "durvalumab",
    "ipilimumab",
    "avelumab",
    "cemiplimab",
    "dostarlimab",
    "tremelimumab",
    "antineoplastic_mab_any",
    "protein_kinase_inhibitor_any",
    "egfr_tki_any",
    "alk_inhibitor_any",
    "cdk46_inhibitor_any",
    "osimertinib",
    "erlotinib",
    "gefitinib",
    "afatinib",
    "dacomitinib",
    "alectinib",
    "brigatinib",
    "ceritinib",
    "crizotinib",
    "lorlatinib",
    "palbociclib",
    "ribociclib",
    "abemaciclib",
    "lenalidomide",
    "thalidomide",
)
