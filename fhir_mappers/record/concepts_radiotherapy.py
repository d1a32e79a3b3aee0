"""Names of the things the checks of radiotherapy ask about. Each is a concept key of ``fhir_mappers/valuesets``."""

from fhir_mappers.record.concepts import (
    ANTI_ANGIOGENICS,
    ANTICANCER,
    ANY_KINASE_INHIBITOR,
    CHECKPOINT_INHIBITORS,
    KINASE_INHIBITORS,
    RADIOTHERAPY,
    Concepts,
)

# acts
STEREOTACTIC: Concepts = ("radiotherapy_stereotactic", "bone_stereotactic_radiotherapy")
BONE_RADIOTHERAPY: Concepts = ("bone_radiotherapy", "bone_stereotactic_radiotherapy")
METABOLIC: Concepts = ("metabolic_radiotherapy", "bone_metastasis_radionuclide_therapy")
CONSULTATION = "radiotherapy_consultation"
IRRADIATION: Concepts = (*RADIOTHERAPY, CONSULTATION)
METASTASIS_SURGERY = "bone_metastasis_surgery"
OTHER_BONE_SURGERY: Concepts = ("spine_surgery", "prophylactic_fixation")
NO_OPEN_SURGERY: Concepts = (
    *("cementoplasty", "cementoplasty_extraspinal", "vertebroplasty", "vertebroplasty_retired", "kyphoplasty"),
    *("vertebral_implant_augmentation", "bone_biopsy"),
)
SURGICAL_OPINION: Concepts = ("surgical_opinion", "neurosurgery_consultation", "orthopaedic_referral")
TARGETED_CT: Concepts = ("bone_ct", "targeted_bone_imaging")
SPINE_MRI: Concepts = ("mri_spine", "mri_whole_spine")
REGION_MRI: Concepts = ("mri_bone_region", "targeted_bone_imaging", *SPINE_MRI)

# what an order or a form tells
TOTAL_DOSE, FRACTIONS, PER_FRACTION = "rt_total_dose", "rt_fractions", "dose_per_fraction"
TECHNIQUE, INTENT = "rt_technique", "rt_intent"
PREVENTIVE, POST_OPERATIVE, ABLATIVE = "intent_preventive", "intent_post_operative", "intent_ablative"
CORD_COMPRESSION, EPIDURITIS, COMPLICATED = "rt_cord_compression", "rt_epiduritis", "rt_complicated_lesion"
FRACTURE_RISK, AFTER_SURGERY, NEUROPATHIC = "rt_fracture_risk", "rt_post_operative", "rt_neuropathic_pain"
VERTEBRA_COUNT, IRRADIATED_BEFORE, POOR_PROGNOSIS = "rt_vertebra_count", "rt_reirradiation", "rt_poor_prognosis"
DOSE_SUMMARY, PRIOR_DOSE = "prior_rt_dose_summary", "prior_rt_total_dose"
PAIN, ANALGESIC_STEP, ANALGESIC_SINCE = "pain_score", "analgesic_step", "analgesic_step_since"
SITE, LEVEL, SIZE, CORTEX = "lesion_site", "vertebral_level", "lesion_size", "cortical_fraction"
SYMPTOMATIC, POSTERIOR_ARCH, LYTIC_WEIGHT_BEARING = (
    "lesion_symptomatic",
    "posterior_arch_involved",
    "weight_bearing_lytic",
)
BODY_LYSIS = "vertebral_body_involvement"
BILSKY, MSCC_SYMPTOMS, MSCC_OPERATED = "bilsky_grade", "mscc_symptomatic", "mscc_operated"
CORD_DMAX, CUMULATIVE_EQD2, NEW_EQD2 = "cord_dmax", "cumulative_cord_eqd2", "sbrt_cord_eqd2"
INTERVAL, ALPHA_BETA = "reirradiation_interval", "alpha_beta_used"

# drugs
DOXORUBICIN = "doxorubicin"
HELD: Concepts = ("gemcitabine", DOXORUBICIN, "bleomycin", *ANTI_ANGIOGENICS)
WASHED_OUT: Concepts = ("irinotecan", "topotecan", "daunorubicin")
COMPATIBLE: Concepts = (
    *("cisplatin", "carboplatin", "platinum_any", "vinorelbine", "pemetrexed"),
    *("paclitaxel", "docetaxel", "taxane_any"),
)
TARGETED: Concepts = (*KINASE_INHIBITORS, ANY_KINASE_INHIBITOR)
IMMUNOTHERAPY: Concepts = CHECKPOINT_INHIBITORS
SYSTEMIC: Concepts = ANTICANCER
