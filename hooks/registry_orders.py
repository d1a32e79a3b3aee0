"""The checks of an antiresorptive order and of what comes before the first dose, in the order of their findings."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record import drafting
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.facts import (
    ALLERGIES,
    CONDITIONS,
    PROCEDURES,
    REPORTS,
    SERVICES,
)
from hooks.check import Check, Unlimited
from hooks.checks import (
    before_start,
    denosumab,
    denosumab_rhythm,
    duplicate,
    mouth,
    vitamin_d,
    zoledronate,
    zoledronate_use,
)
from hooks.reads import (
    CLEARANCE,
    DENTAL,
    DOSES,
    EMERGENCY,
    EXTENT,
    FIRST_CLEARANCE,
    KIDNEY,
    LEVEL,
    PREGNANCY,
    STARTS,
    TREATMENT,
    observed,
)

OUT_OF_SCOPE = ("AR-*", "ZOL-*", "DMAB-*", "VITD-*")

ORDER_CHECKS: tuple[Check, ...] = (
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
        ("NEPH-CUM-01",),
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
        denosumab_rhythm.spacing,
        denosumab_rhythm.DenosumabSpacing,
        "denosumab",
        (CONDITIONS, *CLEARANCE, *observed(c.ONCOLOGICAL_RESPONSE)),
        drafting.is_denosumab_oncology,
    ),
    Check(
        "DMAB-OLIGO-01",
        denosumab_rhythm.oligometastatic,
        denosumab_rhythm.Quarterly,
        "denosumab",
        (*EXTENT, *CLEARANCE),
        drafting.is_denosumab_oncology,
    ),
    Check("AR-DUP-01", duplicate.duplicate, duplicate.Duplicate, "duplicate", TREATMENT, drafting.is_oncology),
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
        "VITD-CHECK-01",
        vitamin_d.measured,
        vitamin_d.Measured,
        "before-start",
        (*STARTS, *LEVEL, SERVICES),
        drafting.is_oncology,
        mutes=("VITD-MAINT-01",),
    ),
    Check(
        "AR-DENTAL-01",
        mouth.dental_exam,
        mouth.DentalExam,
        "before-start",
        (*STARTS, *DENTAL, REPORTS, SERVICES),
        drafting.is_oncology,
    ),
    Check(
        "AR-DENTCARE-01",
        mouth.dental_repair,
        Unlimited,
        "before-start",
        (*STARTS, *DENTAL),
        drafting.is_oncology,
    ),
    Check(
        "AR-EXTRACT-01",
        mouth.extraction,
        mouth.Extraction,
        "before-start",
        (*STARTS, PROCEDURES, SERVICES, *observed(c.DENTAL_CLEARANCE)),
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
        (*STARTS, *DENTAL, REPORTS, SERVICES, *observed(*c.VITAMIN_D_LEVELS, c.DENTAL_CLEARANCE)),
        drafting.is_oncology,
    ),
)
