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
from hooks.checks import before_start, bridge, denosumab, indication, kidney, mouth, zoledronate, zoledronate_use


def observed(*concepts: str) -> tuple[str, ...]:
    """Observations of these concepts, as names for ``Check.reads``."""
    return tuple(f"observations:{name}" for name in concepts)


DOSES = (ADMINISTRATIONS, STATEMENTS)
TREATMENT = (*DOSES, ORDERS)
EMERGENCY = observed(c.CALCIUM, c.CALCIUM_CORRECTED, c.ALBUMIN)
STARTS = (*TREATMENT, *EMERGENCY)
DIALYSIS = (CONDITIONS, PROCEDURES, *observed(c.CREATININE_ON_DIALYSIS))
KIDNEY = (PATIENT, *observed(c.CREATININE, *c.WEIGHT))
CLEARANCE = (*KIDNEY, *DIALYSIS)
FIRST_CLEARANCE = observed(c.CLEARANCE_AT_FIRST_DOSE, c.CLEARANCE_REPORTED)
DENTAL = (PROCEDURES, *observed(c.DENTAL_OUTCOME))
PREGNANCY = (PATIENT, CONDITIONS, *observed(c.PREGNANCY_STATUS))
SURVIVAL = observed(*c.LIFE_EXPECTANCY)
TERMINAL = (CARE_PLANS, CONDITIONS, ORDERS, *SURVIVAL)
EXTENT = (CONDITIONS, *observed(c.DISEASE_EXTENT))
EVENT = (CONDITIONS, PROCEDURES, *EMERGENCY)
START = (*PREGNANCY, *EVENT, *TREATMENT, *CLEARANCE, CARE_PLANS, SERVICES, *observed(c.ANTIRESORPTIVE_DECLINED))
BRIDGE = (*TREATMENT, *TERMINAL, *CLEARANCE)

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
        (*CLEARANCE, SERVICES, *observed(*c.EGFR)),
        drafting.is_intravenous_bisphosphonate,
    ),
    Check(
        "ZOL-DOSE-01",
        zoledronate.dose,
        ZoledronateDose,
        "zoledronate",
        (*CLEARANCE, *TREATMENT, *FIRST_CLEARANCE, *EMERGENCY, *observed(*c.EGFR)),
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
        (*CLEARANCE, *TREATMENT, *FIRST_CLEARANCE),
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
        KIDNEY,
        drafting.is_denosumab_oncology,
    ),
    Check(
        "DMAB-ADYN-01",
        denosumab.adynamic_bone,
        denosumab.Adynamic,
        "denosumab",
        (*CLEARANCE, SERVICES),
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
        (*KIDNEY, CONDITIONS, *DOSES, SERVICES),
        drafting.is_zoledronate_or_denosumab,
    ),
    Check(
        "AR-DENTAL-01",
        mouth.dental_exam,
        mouth.DentalExam,
        "before-start",
        (*STARTS, *DENTAL, REPORTS, SERVICES),
        drafting.is_oncology,
    ),
    Check("AR-DENTCARE-01", mouth.dental_repair, Unlimited, "before-start", (*STARTS, *DENTAL), drafting.is_oncology),
    Check(
        "AR-EXTRACT-01",
        mouth.extraction,
        mouth.Extraction,
        "before-start",
        (*STARTS, PROCEDURES, *observed(c.DENTAL_CLEARANCE)),
        drafting.is_oncology,
    ),
    Check(
        "AR-OPG-01",
        mouth.panoramic,
        mouth.Panoramic,
        "before-start",
        (*STARTS, *DENTAL, REPORTS, SERVICES),
        drafting.is_oncology,
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
        (*STARTS, *DENTAL, REPORTS, SERVICES, *observed(c.VITAMIN_D, c.DENTAL_CLEARANCE)),
        drafting.is_oncology,
    ),
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
    ),
    Check("BRIDGE-02", bridge.catch_up, bridge.CatchUp, "bridge", (*BRIDGE, SERVICES), mutes=("AR-START-01",)),
    Check("DMAB-ADH-01", denosumab.overdue, denosumab.Overdue, "denosumab", (*TREATMENT, APPOINTMENTS, SERVICES)),
    Check("AR-START-02", indication.start_after_event, indication.StartAfterEvent, "indication", START),
    Check("AR-START-01", indication.start, indication.Start, "indication", (*START, *SURVIVAL)),
)
