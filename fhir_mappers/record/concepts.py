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
VITAMIN_D_LEVELS: Concepts = (VITAMIN_D, "vitamin_d_25oh_d3")  # many laboratories send the total under the code of D3
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
HYPOPARATHYROIDISM = "hypoparathyroidism"
HYPOCALCAEMIA = "hypocalcaemia"
MALIGNANCY: Concepts = (
    "lung_cancer",
    "breast_cancer",
    "prostate_cancer",
    "kidney_cancer",
    "thyroid_cancer",
    "bladder_cancer",
    "multiple_myeloma",
    "unknown_primary_cancer",
    "bone_metastasis",
    "bone_marrow_metastasis",
    "brain_metastasis",
    "liver_metastasis",
    "lung_metastasis",
    "secondary_malignancy_any",
    "secondary_malignancy_other",
)
COMFORT_CARE: Concepts = ("comfort_care_only", "hospice_care")
SMOKING_CURRENT = "smoking_current"
NOT_SMOKING: Concepts = ("smoking_former", "smoking_never")
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
VITAMIN_D_DRUGS: Concepts = (
    "vitamin_d_any",
    "cholecalciferol",
    "ergocalciferol",
    "calcifediol",
    "calcium_vitamin_d_combination",
    "alendronate_vitamin_d",
)
VITAMIN_D_NATIVE: Concepts = ("cholecalciferol", "ergocalciferol", "vitamin_d_any")
VITAMIN_D_LOADING = "vitamin_d_loading"
ERGOCALCIFEROL = "ergocalciferol"
CALCIUM_DRUGS: Concepts = (
    "calcium_supplement_any",
    "calcium_carbonate",
    "calcium_citrate",
    "calcium_gluconate",
    "calcium_vitamin_d_combination",
)
DIETARY_CALCIUM = "dietary_calcium_intake"
CALCIUM_CARBONATE: Concepts = ("calcium_carbonate", "calcium_vitamin_d_combination")
SUPPLEMENT_CALCIUM = "supplement_elemental_calcium"
OSTEOMALACIA = "osteomalacia"
CALCIUM_IONISED: Concepts = ("calcium_ionised_ph74", "calcium_ionised")
EXPOSED_JAW_BONE = "exposed_jaw_bone"
EXPOSED_BONE_DAYS = "exposed_bone_days"
EXPOSED_BONE_CARE_START = "exposed_bone_care_start"
CRANIOFACIAL_RADIOTHERAPY = "craniofacial_radiotherapy"
EXPOSURE_EVER = "antiresorptive_exposure_ever"
ORAL_SURGERY: Concepts = ("oral_surgery_referral",)
DENTAL_VISIT: Concepts = ("dental_visit", "dental_examination", "dental_referral")
IMPLANT = "dental_implant"
REEVALUATION = "bone_reevaluation"
REEVALUATED: Concepts = ("bone_reevaluation", "bone_tumour_board_report", "mdt_discussion")
REEVALUATION_ASKED: Concepts = ("bone_reevaluation", "rheumatology_oncology_referral", "bone_tumour_board_request")
NEW_SKELETAL_EVENT = "new_skeletal_event"
FRACTURE_RISK_HIGH = "fracture_risk_high"
CTX_RISING = "ctx_rising"
HYPOCALCAEMIA_UNDER_TREATMENT = "hypocalcaemia_under_treatment"
STOP_REASONS: Concepts = (
    *("stop_onj", "stop_renal", "stop_hypocalcaemia", "stop_allergy"),
    *("stop_terminal_care", "stop_patient_choice", "stop_switch", "stop_specialist_decision"),
)
PLATINUM: Concepts = ("platinum_any", "cisplatin", "carboplatin")
PEMETREXED = "pemetrexed"
CHECKPOINT_INHIBITORS: Concepts = (
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
)
KINASE_INHIBITORS: Concepts = (
    "egfr_tki_any",
    "alk_inhibitor_any",
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
)
ANY_KINASE_INHIBITOR = "protein_kinase_inhibitor_any"
CDK_INHIBITORS: Concepts = ("cdk46_inhibitor_any", "palbociclib", "ribociclib", "abemaciclib")
CTX = "ctx_serum"
FASTING = "fasting_sample"

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
    *PLATINUM,
    PEMETREXED,
    *CHECKPOINT_INHIBITORS,
    *KINASE_INHIBITORS,
    ANY_KINASE_INHIBITOR,
    "gemcitabine",
    "docetaxel",
    "paclitaxel",
    "taxane_any",
    "vinorelbine",
    "doxorubicin",
    "bleomycin",
    "irinotecan",
    "topotecan",
    "daunorubicin",
    "antineoplastic_mab_any",
    "cdk46_inhibitor_any",
    "palbociclib",
    "ribociclib",
    "abemaciclib",
    "lenalidomide",
    "thalidomide",
)
