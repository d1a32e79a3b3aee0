"""The explicit list of checks, in the order their findings are reported. A test finds a check that is in no list."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record import drafting
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.facts import (
    ADMINISTRATIONS,
    ALLERGIES,
    APPOINTMENTS,
    CARE_PLANS,
    CONDITIONS,
    ORDERS,
    PATIENT,
    PROCEDURES,
    REPORTS,
    SERVICES,
    STATEMENTS,
)
from hooks.check import Check, Unlimited
from hooks.checks import (
    before_start,
    bridge,
    calcium,
    denosumab,
    duration,
    hypercalcaemia,
    immunotherapy,
    indication,
    jaw,
    kidney,
    mouth,
    vitamin_d,
    vitamin_d_safety,
    zoledronate,
    zoledronate_use,
)


def observed(*concepts: str) -> tuple[str, ...]:
    """Observations of these concepts, as names for ``Check.reads``."""
    return tuple(f"observations:{name}" for name in concepts)


DOSES = (ADMINISTRATIONS, STATEMENTS)
TREATMENT = (*DOSES, ORDERS)
EMERGENCY = observed(c.CALCIUM, c.CALCIUM_CORRECTED, c.ALBUMIN)
STARTS = (*TREATMENT, *EMERGENCY)
DIALYSIS = (CONDITIONS, PROCEDURES, *observed(c.CREATININE_ON_DIALYSIS))
CLEARANCE = (PATIENT, *DIALYSIS, *observed(c.CREATININE, *c.WEIGHT))
FIRST_CLEARANCE = observed(c.CLEARANCE_AT_FIRST_DOSE, c.CLEARANCE_REPORTED)
DENTAL = (PROCEDURES, *observed(c.DENTAL_OUTCOME))
PREGNANCY = (PATIENT, CONDITIONS, *observed(c.PREGNANCY_STATUS))
LEVEL = observed(*c.VITAMIN_D_LEVELS)
SURVIVAL = observed(*c.LIFE_EXPECTANCY)
TERMINAL = (CARE_PLANS, CONDITIONS, ORDERS, *SURVIVAL)
EXTENT = (CONDITIONS, *observed(c.DISEASE_EXTENT))
EVENT = (CONDITIONS, PROCEDURES, *EMERGENCY)
START = (*PREGNANCY, *EVENT, *TREATMENT, *CLEARANCE, CARE_PLANS, *observed(c.ANTIRESORPTIVE_DECLINED))
BRIDGE = (*TREATMENT, *TERMINAL, *CLEARANCE)
BLOOD_CALCIUM = (*EMERGENCY, *observed(*c.CALCIUM_IONISED))
INTAKE = (*TREATMENT, CONDITIONS, *observed(c.DIETARY_CALCIUM, c.SUPPLEMENT_CALCIUM), *BLOOD_CALCIUM)

HABITS = (CONDITIONS, *observed(c.SMOKING_STATUS, c.AT_RISK_DRINKING))
EXPOSED_BONE = (
    CONDITIONS,
    PROCEDURES,
    *TREATMENT,
    *observed(c.EXPOSED_JAW_BONE, c.EXPOSED_BONE_DAYS, c.EXPOSED_BONE_CARE_START),
    *observed(c.CRANIOFACIAL_RADIOTHERAPY, c.EXPOSURE_EVER),
)
BALANCE = observed(c.NEW_SKELETAL_EVENT, c.FRACTURE_RISK_HIGH, c.CTX_RISING, c.HYPOCALCAEMIA_UNDER_TREATMENT)

OUT_OF_SCOPE = ("AR-*", "ZOL-*", "DMAB-*", "VITD-*")

CHECKS: tuple[Check, ...] = (
    # who must not be advised at all
    Check(
        "AR-SCOPE-01", before_start.scope, before_start.Scope, "scope", PREGNANCY, drafting.is_oncology, OUT_OF_SCOPE
    ),
    # the order itself: zoledronic acid
    Check(
        "ZOL-CI-01",
        zoledronate.contraindicated,
        zoledronate.Contraindication,
        "zoledronate",
        CLEARANCE,
        drafting.is_intravenous_bisphosphonate,
        ("NEPH-CUM-01",),
    ),
    Check(
        "ZOL-DOSE-01",
        zoledronate.dose,
        ZoledronateDose,
        "zoledronate",
        (*CLEARANCE, *DOSES, *FIRST_CLEARANCE, *EMERGENCY, *observed(*c.EGFR)),
        drafting.is_zoledronate_oncology,
    ),
    Check(
        "ZOL-8MG-01",
        zoledronate.never_eight,
        zoledronate.HighestDose,
        "zoledronate",
        (),
        drafting.is_zoledronate_oncology,
    ),
    Check(
        "ZOL-INFUS-01",
        zoledronate_use.infusion_time,
        zoledronate_use.InfusionTime,
        "zoledronate",
        (),
        drafting.is_zoledronate_oncology,
    ),
    Check(
        "ZOL-PROD-01",
        zoledronate.product,
        zoledronate.Product,
        "zoledronate",
        CLEARANCE,
        drafting.is_not_oncology_zoledronate,
    ),
    Check(
        "ZOL-FREQ-01",
        zoledronate_use.not_too_often,
        zoledronate_use.Rhythm,
        "zoledronate",
        DOSES,
        drafting.is_zoledronate_oncology,
    ),
    Check(
        "ZOL-SPACE-01",
        zoledronate_use.spacing,
        zoledronate_use.Spacing,
        "zoledronate",
        (*EXTENT, *observed(c.ONCOLOGICAL_RESPONSE)),
        drafting.is_zoledronate_oncology,
    ),
    Check(
        "ZOL-FLU-01",
        zoledronate_use.flu_like,
        zoledronate_use.FluLike,
        "zoledronate",
        (ALLERGIES, *DOSES),
        drafting.is_zoledronate_oncology,
    ),
    # the order itself: denosumab
    Check("DMAB-PROD-01", denosumab.product, Unlimited, "denosumab", (CONDITIONS,), drafting.is_not_oncology_denosumab),
    Check("DMAB-DOSE-01", denosumab.dose, denosumab.DenosumabDose, "denosumab", DOSES, drafting.is_denosumab_oncology),
    Check(
        "DMAB-RENAL-01",
        denosumab.no_renal_reduction,
        denosumab.NoReduction,
        "denosumab",
        CLEARANCE,
        drafting.is_denosumab_oncology,
    ),
    Check(
        "DMAB-ADYN-01",
        denosumab.adynamic_bone,
        denosumab.Adynamic,
        "denosumab",
        CLEARANCE,
        drafting.is_denosumab_maybe_oncology,
    ),
    Check(
        "DMAB-SPACE-01",
        denosumab.spacing,
        denosumab.DenosumabSpacing,
        "denosumab",
        (CONDITIONS,),
        drafting.is_denosumab_oncology,
    ),
    Check(
        "DMAB-OLIGO-01",
        denosumab.oligometastatic,
        denosumab.Quarterly,
        "denosumab",
        (*EXTENT, *CLEARANCE),
        drafting.is_denosumab_oncology,
    ),
    Check("AR-DUP-01", indication.duplicate, indication.Duplicate, "duplicate", TREATMENT, drafting.is_oncology),
    # before the first dose
    Check(
        "AR-RENAL-01",
        before_start.renal_function,
        Unlimited,
        "before-start",
        (*CLEARANCE, *DOSES),
        drafting.is_zoledronate_or_denosumab,
    ),
    Check(
        "VITD-CHECK-01",
        vitamin_d.measured,
        vitamin_d.Measured,
        "before-start",
        (*STARTS, *LEVEL, SERVICES),
        drafting.is_oncology,
        mutes=("VITD-MAINT-01",),
    ),
    Check(
        "AR-DENTAL-01", mouth.dental_exam, mouth.DentalExam, "before-start", (*STARTS, *DENTAL), drafting.is_oncology
    ),
    Check("AR-DENTCARE-01", mouth.dental_repair, Unlimited, "before-start", (*STARTS, *DENTAL), drafting.is_oncology),
    Check(
        "AR-EXTRACT-01",
        mouth.extraction,
        mouth.Extraction,
        "before-start",
        (*STARTS, *DENTAL, *observed(c.DENTAL_CLEARANCE)),
        drafting.is_oncology,
    ),
    Check(
        "AR-OPG-01", mouth.panoramic, mouth.Panoramic, "before-start", (*STARTS, *DENTAL, REPORTS), drafting.is_oncology
    ),
    Check(
        "AR-CONC-01",
        before_start.jaw_risk,
        before_start.JawRisk,
        "before-start",
        (*STARTS, PROCEDURES),
        drafting.is_oncology,
    ),
    Check(
        "ZOL-PARA-01",
        zoledronate_use.paracetamol,
        Unlimited,
        "before-start",
        (*TREATMENT, ALLERGIES, CONDITIONS),
        drafting.is_zoledronate_oncology,
    ),
    Check(
        "AR-EMERG-01",
        before_start.emergency_start,
        before_start.Deferred,
        "before-start",
        (*STARTS, *DENTAL, REPORTS, *observed(*c.VITAMIN_D_LEVELS, c.DENTAL_CLEARANCE)),
        drafting.is_oncology,
    ),
    # the kidney under chemotherapy and targeted therapy, whole session
    Check(
        "NEPH-CUM-01",
        kidney.cumulative_toxicity,
        kidney.Cumulative,
        "kidney",
        (*CLEARANCE, *TREATMENT, SERVICES),
    ),
    Check(
        "NEPH-CHEMO-01",
        kidney.chemotherapy_dose,
        kidney.ChemotherapyDose,
        "kidney",
        (*CLEARANCE, SERVICES, *observed(*c.EGFR)),
        drafting.is_platinum_or_pemetrexed,
    ),
    Check(
        "NEPH-TKI-01",
        kidney.kinase_inhibitor,
        kidney.KinaseInhibitor,
        "kidney",
        (*CLEARANCE, SERVICES, *observed(*c.EGFR)),
        drafting.is_kinase_inhibitor,
    ),
    # immunotherapy
    Check(
        "IMM-SEQ-01",
        immunotherapy.sequence,
        immunotherapy.Sequence,
        "immunotherapy",
        (*STARTS, *EVENT),
        drafting.is_denosumab_oncology,
    ),
    # vitamin D
    Check(
        "VITD-SAFE-01",
        vitamin_d_safety.supplement,
        Unlimited,
        "vitamin-d",
        EMERGENCY,
        drafting.is_vitamin_d_or_calcium,
    ),
    Check(
        "VITD-TOX-01",
        vitamin_d_safety.intoxication,
        vitamin_d_safety.Intoxication,
        "vitamin-d",
        (*TREATMENT, *LEVEL),
    ),
    Check(
        "VITD-REPL-01",
        vitamin_d.repletion,
        vitamin_d.Repletion,
        "vitamin-d",
        (*PREGNANCY, *STARTS, *LEVEL),
        mutes=("VITD-MAINT-01",),
    ),
    Check(
        "VITD-MAINT-01",
        vitamin_d.maintenance,
        vitamin_d.Maintenance,
        "vitamin-d",
        (*PREGNANCY, *STARTS, *LEVEL),
    ),
    Check(
        "VITD-D3-01",
        vitamin_d_safety.prefer_d3,
        vitamin_d_safety.Spaced,
        "vitamin-d",
        (PATIENT, *EMERGENCY, *LEVEL),
        drafting.is_ergocalciferol,
    ),
    # calcium in the blood and in the diet
    Check(
        "HCAL-CRISIS-01",
        hypercalcaemia.crisis,
        hypercalcaemia.Crisis,
        "hypercalcaemia",
        (*EVENT, *BLOOD_CALCIUM),
        mutes=("AR-START-01",),
    ),
    Check(
        "HCAL-WARN-01",
        hypercalcaemia.below_crisis,
        hypercalcaemia.BelowCrisis,
        "hypercalcaemia",
        (*EVENT, *BLOOD_CALCIUM, ORDERS),
        mutes=("AR-START-01",),
    ),
    Check(
        "CA-HYPO-01",
        calcium.hypocalcaemia,
        calcium.Hypocalcaemia,
        "calcium",
        (CONDITIONS, *BLOOD_CALCIUM),
        drafting.is_maybe_oncology,
    ),
    Check("CA-OVER-01", calcium.too_much, calcium.Most, "calcium", INTAKE, drafting.is_calcium),
    Check("CA-INTAKE-01", calcium.intake, calcium.Total, "calcium", (*INTAKE, PATIENT)),
    # stopping
    Check("BRIDGE-01", bridge.stop, bridge.Bridge, "bridge", BRIDGE, drafting.stops_denosumab),
    Check("BRIDGE-03", bridge.impossible, bridge.Impossible, "bridge", BRIDGE, drafting.stops_denosumab),
    # the open chart
    Check("NEPH-STOP-01", kidney.stop_bisphosphonate, kidney.StopBelow, "kidney", (*CLEARANCE, ORDERS)),
    Check("BRIDGE-02", bridge.catch_up, bridge.CatchUp, "bridge", BRIDGE, mutes=("AR-START-01",)),
    Check("DMAB-ADH-01", denosumab.overdue, denosumab.Overdue, "denosumab", (*TREATMENT, APPOINTMENTS)),
    Check("AR-START-02", indication.start_after_event, indication.StartAfterEvent, "indication", START),
    Check("AR-START-01", indication.start, indication.Start, "indication", (*START, *SURVIVAL)),
    # the jaw under treatment
    Check("ONJ-FU-01", jaw.follow_up, jaw.FollowUp, "jaw", (*TREATMENT, *DENTAL, APPOINTMENTS)),
    Check("ONJ-EXTRACT-01", jaw.extraction, jaw.Exposure, "jaw", TREATMENT, drafting.removes_a_tooth),
    Check("ONJ-REF-01", jaw.referral, jaw.Definition, "jaw", (*EXPOSED_BONE, SERVICES, APPOINTMENTS)),
    Check("ONJ-DEF-01", jaw.definition, jaw.Definition, "jaw", EXPOSED_BONE),
    Check("ONJ-FACT-01", jaw.habits, Unlimited, "jaw", (*TREATMENT, *HABITS)),
    # how long
    Check("DUR-24M-01", duration.review, duration.Review, "duration", (*TREATMENT, CONDITIONS, PROCEDURES, REPORTS)),
    Check("DUR-OLIGO-01", duration.oligometastatic, duration.Course, "duration", (*TREATMENT, *EXTENT)),
    Check(
        "DUR-STOP-01",
        duration.early_stop,
        duration.Course,
        "duration",
        (*TREATMENT, *TERMINAL),
        drafting.stops_antiresorptive,
    ),
    Check(
        "DUR-MIN-01",
        duration.least,
        duration.Course,
        "duration",
        (*TREATMENT, CONDITIONS),
        drafting.stops_antiresorptive,
    ),
    Check("DUR-BR-01", duration.benefit_and_risk, duration.Balance, "duration", (*TREATMENT, *HABITS, *BALANCE)),
    Check(
        "DUR-CTX-01", duration.ctx_conditions, duration.Sampling, "ctx", observed(c.FASTING), drafting.is_ctx_sample
    ),
)
