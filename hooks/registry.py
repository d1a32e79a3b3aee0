"""The explicit list of checks, in the order their findings are reported. A test finds a check that is in no list."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record import drafting
from fhir_mappers.record.facts import (
    ALLERGIES,
    APPOINTMENTS,
    CARE_PLANS,
    CONDITIONS,
    ORDERS,
    PATIENT,
    PROCEDURES,
    REPORTS,
    SERVICES,
)
from fhir_mappers.record.starting import StartAfterEvent
from hooks import checklist
from hooks.check import Check, Unlimited
from hooks.checks import (
    bridge,
    calcium,
    denosumab_rhythm,
    duration,
    hypercalcaemia,
    immunotherapy,
    indication,
    instructions,
    jaw,
    kidney,
    vitamin_d,
    vitamin_d_safety,
)
from hooks.reads import (
    BALANCE,
    BLOOD_CALCIUM,
    BRIDGE,
    CLEARANCE,
    DENTAL,
    EMERGENCY,
    EVENT,
    EXPOSED_BONE,
    EXTENT,
    HABITS,
    INTAKE,
    LEVEL,
    PREGNANCY,
    START,
    STARTS,
    SURVIVAL,
    TERMINAL,
    TREATMENT,
    observed,
)
from hooks.registry_board import BOARD_CHECKS, REFERRAL
from hooks.registry_fracture import FRACTURE_CHECKS
from hooks.registry_imaging import IMAGING_CHECKS
from hooks.registry_intervention import INTERVENTION_CHECKS
from hooks.registry_orders import ORDER_CHECKS
from hooks.registry_radiotherapy import RADIOTHERAPY_CHECKS

CHECKS: tuple[Check, ...] = (
    *ORDER_CHECKS,
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
        (*EMERGENCY, SERVICES),
        drafting.is_vitamin_d_or_calcium,
    ),
    Check(
        "VITD-TOX-01",
        vitamin_d_safety.intoxication,
        vitamin_d_safety.Intoxication,
        "vitamin-d",
        (*TREATMENT, *LEVEL, CONDITIONS, SERVICES),
    ),
    Check(
        "VITD-REPL-01",
        vitamin_d.repletion,
        vitamin_d.Repletion,
        "vitamin-d",
        (*PREGNANCY, *STARTS, *LEVEL, SERVICES),
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
        (*PREGNANCY, *EVENT, *TREATMENT, *CLEARANCE, CARE_PLANS, SERVICES, *BLOOD_CALCIUM),
        mutes=("AR-START-01", "ZOL-HYDR-01", "DMAB-BOOK-01", "CA-TIMING-01"),
    ),
    Check(
        "HCAL-WARN-01",
        hypercalcaemia.below_crisis,
        hypercalcaemia.BelowCrisis,
        "hypercalcaemia",
        (*START, *BLOOD_CALCIUM),
        mutes=("AR-START-01",),
    ),
    Check(
        "CA-HYPO-01",
        calcium.hypocalcaemia,
        calcium.Hypocalcaemia,
        "calcium",
        (CONDITIONS, *BLOOD_CALCIUM, SERVICES),
        drafting.is_maybe_oncology,
    ),
    Check("CA-OVER-01", calcium.too_much, calcium.Most, "calcium", (*INTAKE, *BLOOD_CALCIUM), drafting.is_calcium),
    Check("CA-INTAKE-01", calcium.intake, calcium.Total, "calcium", (*INTAKE, PATIENT)),
    # stopping
    Check("BRIDGE-01", bridge.stop, bridge.Bridge, "bridge", (*BRIDGE, SERVICES), drafting.stops_denosumab),
    Check("BRIDGE-03", bridge.impossible, bridge.Impossible, "bridge", BRIDGE, drafting.stops_denosumab),
    # the open chart
    Check(
        "NEPH-STOP-01",
        kidney.stop_bisphosphonate,
        kidney.StopBelow,
        "kidney",
        (*CLEARANCE, ORDERS, SERVICES, *observed(*c.EGFR)),
        mutes=("ZOL-HYDR-01",),
    ),
    Check("BRIDGE-02", bridge.catch_up, bridge.CatchUp, "bridge", (*BRIDGE, SERVICES), mutes=("AR-START-01",)),
    Check(
        "DMAB-ADH-01",
        denosumab_rhythm.overdue,
        denosumab_rhythm.Overdue,
        "denosumab",
        (*TREATMENT, APPOINTMENTS, SERVICES),
    ),
    Check("AR-START-02", indication.start_after_event, StartAfterEvent, "indication", START),
    Check("AR-START-01", indication.start, indication.Start, "indication", (*START, *SURVIVAL)),
    # the jaw under treatment
    Check("ONJ-FU-01", jaw.follow_up, jaw.FollowUp, "jaw", (*TREATMENT, *DENTAL, APPOINTMENTS)),
    Check("ONJ-EXTRACT-01", jaw.extraction, jaw.Exposure, "jaw", (*TREATMENT, SERVICES), drafting.removes_a_tooth),
    Check("ONJ-REF-01", jaw.referral, jaw.Definition, "jaw", (*EXPOSED_BONE, SERVICES, APPOINTMENTS)),
    Check("ONJ-DEF-01", jaw.definition, jaw.Definition, "jaw", EXPOSED_BONE),
    Check("ONJ-FACT-01", jaw.habits, Unlimited, "jaw", (*TREATMENT, *HABITS)),
    # how long
    Check(
        "DUR-24M-01",
        duration.review,
        duration.Review,
        "duration",
        (*TREATMENT, CONDITIONS, PROCEDURES, REPORTS, SERVICES),
    ),
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
        "DUR-CTX-01",
        duration.ctx_conditions,
        duration.Sampling,
        "ctx",
        (*observed(c.FASTING), SERVICES),
        drafting.is_ctx_sample,
    ),
    # what the patient is told on leaving
    Check(
        "ZOL-HYDR-01",
        instructions.hydration,
        instructions.Hydration,
        "discharge",
        (*PREGNANCY, *TREATMENT, *CLEARANCE, CARE_PLANS, ALLERGIES),
    ),
    Check("DMAB-BOOK-01", instructions.booklet, Unlimited, "discharge", (*PREGNANCY, *TREATMENT, CARE_PLANS)),
    Check(
        "CA-TIMING-01",
        instructions.calcium_timing,
        Unlimited,
        "discharge",
        (*PREGNANCY, *STARTS, CARE_PLANS),
    ),
    # local treatments, imaging, the board
    *IMAGING_CHECKS,
    *RADIOTHERAPY_CHECKS,
    *FRACTURE_CHECKS,
    *INTERVENTION_CHECKS,
    *BOARD_CHECKS,
    # what the others found, in a few lines
    REFERRAL,
    Check("SAFE-TODAY-01", checklist.today, Unlimited, "checklist", (*TREATMENT, CARE_PLANS, CONDITIONS), sums_up=True),
)
