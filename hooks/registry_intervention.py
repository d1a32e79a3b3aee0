"""The checks of cementoplasty and bone surgery, in the order of their findings."""

from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record import drafting_intervention as drafting
from fhir_mappers.record.facts import ALLERGIES, APPOINTMENTS, CARE_PLANS, CONDITIONS, ORDERS, PROCEDURES, SERVICES
from hooks.check import Check, Unlimited
from hooks.checks import (
    cementoplasty,
    cementoplasty_bridge,
    cementoplasty_choice,
    cementoplasty_drugs,
    surgery,
    surgery_choice,
    surgery_timing,
)
from hooks.reads import KIDNEY, LIMB, SURVIVAL, TREATMENT, observed

TAKEN = (*TREATMENT, APPOINTMENTS)

INTERVENTION_CHECKS: tuple[Check, ...] = (
    # cementoplasty: what may harm first
    Check(
        "CEM-CI-01",
        cementoplasty.contraindicated,
        Unlimited,
        "cementoplasty",
        (
            CONDITIONS,
            ALLERGIES,
            *observed("asymptomatic_stable_fracture", ci.PAIN_MECHANISM, *ci.INFECTIONS),
        ),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-HEMO-01",
        cementoplasty.haemostasis,
        cementoplasty.Haemostasis,
        "cementoplasty",
        (CONDITIONS, SERVICES, *observed(ci.PLATELETS, ci.PROTHROMBIN, ci.INR)),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-AC-02",
        cementoplasty_drugs.direct_anticoagulant,
        cementoplasty_drugs.DirectHold,
        "cementoplasty",
        (*TAKEN, *KIDNEY),
        drafting.concerns_direct_anticoagulant,
    ),
    Check(
        "CEM-AC-01",
        cementoplasty_bridge.bridge,
        cementoplasty_bridge.Bridge,
        "cementoplasty",
        TAKEN,
        drafting.concerns_bridge,
    ),
    Check(
        "CEM-AP-01",
        cementoplasty_drugs.clopidogrel,
        cementoplasty_drugs.Hold,
        "cementoplasty",
        TAKEN,
        drafting.concerns_clopidogrel,
    ),
    Check(
        "CEM-AP-02",
        cementoplasty_drugs.aspirin,
        cementoplasty_drugs.LowDose,
        "cementoplasty",
        TAKEN,
        drafting.concerns_aspirin,
    ),
    Check(
        "CEM-RELCI-01",
        cementoplasty.discussed,
        Unlimited,
        "cementoplasty",
        (CONDITIONS, *observed(*ci.RELATIVE_CONTRAINDICATIONS)),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-EPID-01",
        cementoplasty.epiduritis,
        Unlimited,
        "cementoplasty",
        observed("canal_extension"),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-LONG-01",
        cementoplasty_choice.long_bone,
        Unlimited,
        "cementoplasty",
        observed("osteosynthesis_candidate", "fit_for_surgery"),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-NON-01",
        cementoplasty_choice.controlled_pain,
        cementoplasty_choice.Pain,
        "cementoplasty",
        (CONDITIONS, *observed(ci.PAIN_SCORE, "mechanical_aim")),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-ABX-01",
        cementoplasty.prophylaxis,
        Unlimited,
        "cementoplasty",
        (CONDITIONS, ORDERS, SERVICES, ALLERGIES),
        drafting.is_cementoplasty,
    ),
    Check(
        "CEM-IND-01",
        cementoplasty_choice.indicated,
        cementoplasty_choice.Pain,
        "cementoplasty-choice",
        observed(ci.PAIN_SCORE, "pain_matches_imaging", *cementoplasty_choice.REASONS),
    ),
    # surgery of a bone
    Check(
        "SURG-FX-01",
        surgery.fracture,
        Unlimited,
        "surgery",
        (CONDITIONS, CARE_PLANS, PROCEDURES, SERVICES, APPOINTMENTS, *observed("unfit_for_anaesthesia")),
    ),
    Check(
        "SURG-HEAL-01",
        surgery_timing.healing,
        surgery_timing.Healing,
        "surgery-timing",
        (PROCEDURES, APPOINTMENTS, *observed("wound_healed", "surgeon_agreement")),
        drafting.waits_for_healing,
    ),
    Check(
        "SURG-NADIR-01",
        surgery_timing.nadir,
        surgery_timing.Nadir,
        "surgery-timing",
        (*TREATMENT, SERVICES, *observed(ci.NEUTROPHILS, ci.PLATELETS)),
        drafting.is_act_at_risk,
    ),
    Check(
        "SURG-CRP-01",
        surgery_timing.crp_after_surgery,
        surgery_timing.Inflammation,
        "surgery-timing",
        (PROCEDURES, *observed(ci.CRP)),
    ),
    Check(
        "SURG-LE-01",
        surgery.prognosis,
        surgery.Prognosis,
        "surgery",
        (*SURVIVAL, *observed("lesion_site")),
    ),
    Check(
        "SURG-ARTH-01",
        surgery.arthroplasty,
        surgery.Arthroplasty,
        "surgery",
        (*SURVIVAL, *observed("lesion_site")),
    ),
    Check(
        "SURG-PROPH-01",
        surgery_choice.prophylactic,
        surgery_choice.Prophylactic,
        "surgery",
        (*LIMB, *observed("lesion_site", ci.PAIN_MECHANISM)),
    ),
    Check(
        "SURG-PAIN-01",
        surgery_choice.resisting_pain,
        surgery_choice.Pain,
        "surgery",
        observed("lesion_site", "failed_cementoplasty", "failed_medical_treatment", "fit_for_surgery", ci.PAIN_SCORE),
    ),
    Check(
        "SURG-ACET-01",
        surgery_choice.acetabulum,
        Unlimited,
        "surgery",
        observed(
            "lesion_site",
            "acetabulum_stable",
            "failed_medical_treatment",
            "failed_radiotherapy",
            "failed_cementoplasty",
            "fit_for_surgery",
        ),
    ),
)
