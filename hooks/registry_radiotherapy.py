"""The checks of radiotherapy and stereotactic radiotherapy, in the order of their findings."""

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.facts import (
    ADMINISTRATIONS,
    APPOINTMENTS,
    CARE_PLANS,
    CONDITIONS,
    ORDERS,
    PROCEDURES,
    REPORTS,
    SERVICES,
    STATEMENTS,
)
from fhir_mappers.record.radiotherapy import (
    is_conventional_bone,
    is_radiotherapy,
    is_stereotactic,
    treats_bone,
)
from hooks.check import Check
from hooks.checks import (
    radiotherapy,
    radiotherapy_after,
    radiotherapy_choice,
    radiotherapy_drugs,
    radiotherapy_schedule,
    radiotherapy_washout,
    stereotactic_dose,
)
from hooks.reads import LIMB, STABILITY, SURVIVAL, observed
from hooks.registry_stereotactic import STEREOTACTIC_CHECKS

_COURSES = (SERVICES, APPOINTMENTS, PROCEDURES)
_DRUGS = (ORDERS, ADMINISTRATIONS, STATEMENTS)
_SCHEDULE = observed(rt.TOTAL_DOSE, rt.FRACTIONS, rt.PER_FRACTION)
_BEFORE = (PROCEDURES, *observed(rt.IRRADIATED_BEFORE))
_CORD = (CONDITIONS, *observed(rt.CORD_COMPRESSION))
_OPERATED = observed(rt.INTENT, rt.AFTER_SURGERY)
_COMPLICATED = observed(rt.VERTEBRA_COUNT, rt.COMPLICATED, rt.EPIDURITIS)
_AT_RISK = (*LIMB, *observed(rt.FRACTURE_RISK))
_PLAIN = (*_CORD, *_COMPLICATED, *_OPERATED, *_AT_RISK, *_BEFORE)
_PLACE = observed(rt.SITE, rt.LEVEL)
_DRUG_CARD, _CARD = "radiotherapy-drugs", "radiotherapy"

RADIOTHERAPY_CHECKS: tuple[Check, ...] = (
    # drugs to hold, both ways round
    Check(
        "RT-CONC-01",
        radiotherapy_drugs.held,
        radiotherapy_drugs.Held,
        _DRUG_CARD,
        (*_DRUGS, *_COURSES),
        radiotherapy_drugs.is_held_with_radiotherapy,
    ),
    Check(
        "RT-WASH-01",
        radiotherapy_washout.washed_out,
        radiotherapy_washout.WashOut,
        _DRUG_CARD,
        (*_DRUGS, *_COURSES),
        radiotherapy_washout.is_washed_out_before_radiotherapy,
    ),
    Check(
        "RT-WASH-02",
        radiotherapy_washout.half_lives,
        radiotherapy_washout.HalfLives,
        _DRUG_CARD,
        (*_DRUGS, *_COURSES),
        radiotherapy_washout.is_slower_than_the_table,
    ),
    Check(
        "RT-CONC-03",
        radiotherapy_drugs.little_known,
        radiotherapy_drugs.LittleKnown,
        _DRUG_CARD,
        (*_DRUGS, SERVICES),
        is_radiotherapy,
    ),
    Check(
        "RT-CONC-02",
        radiotherapy_drugs.compatible,
        radiotherapy_drugs.LittleKnown,
        _DRUG_CARD,
        _DRUGS,
        is_radiotherapy,
    ),
    Check(
        "SBRT-SYST-01",
        stereotactic_dose.systemic,
        stereotactic_dose.Systemic,
        _DRUG_CARD,
        _DRUGS,
        is_stereotactic,
    ),
    *STEREOTACTIC_CHECKS,
    # conventional radiotherapy: the schedule
    Check(
        "RT-MSCC-01",
        radiotherapy_schedule.cord_compression,
        radiotherapy_schedule.Schedules,
        _CARD,
        (*_CORD, *_SCHEDULE, *SURVIVAL, *observed(rt.POOR_PROGNOSIS, "prognosis")),
        is_conventional_bone,
    ),
    Check(
        "RT-FRAC-03",
        radiotherapy_schedule.fracture_risk,
        radiotherapy_schedule.AtRisk,
        _CARD,
        (*_CORD, *_SCHEDULE, *_AT_RISK, PROCEDURES, SERVICES),
        is_conventional_bone,
    ),
    Check(
        "RT-FRAC-02",
        radiotherapy_schedule.complicated,
        radiotherapy_schedule.Complicated,
        _CARD,
        (*_CORD, *_SCHEDULE, *_COMPLICATED, *_OPERATED, *observed(rt.NEUROPATHIC)),
        is_conventional_bone,
    ),
    Check(
        "RT-FRAC-06",
        radiotherapy_schedule.after_operation,
        radiotherapy_schedule.Schedules,
        _CARD,
        (*_CORD, *_SCHEDULE, *_OPERATED),
        is_conventional_bone,
    ),
    Check(
        "RT-REIRR-02",
        radiotherapy_schedule.again,
        radiotherapy_schedule.Again,
        _CARD,
        (*_CORD, *_SCHEDULE, *_BEFORE),
        treats_bone,
    ),
    Check(
        "RT-FRAC-04",
        radiotherapy_schedule.single_fraction,
        radiotherapy_schedule.Single,
        _CARD,
        (*_PLAIN, *_SCHEDULE, *SURVIVAL),
        is_conventional_bone,
    ),
    Check(
        "RT-FRAC-01",
        radiotherapy_schedule.usual,
        radiotherapy_schedule.Usual,
        _CARD,
        (*_PLAIN, *_SCHEDULE),
        is_conventional_bone,
    ),
    # before
    Check(
        "RT-REIRR-01",
        radiotherapy.prior_dose,
        radiotherapy.PriorDose,
        _CARD,
        (*_BEFORE, REPORTS, *observed(rt.PRIOR_DOSE, rt.DOSE_SUMMARY)),
        treats_bone,
    ),
    Check(
        "RT-STER-01",
        radiotherapy.steroid_cover,
        radiotherapy.SteroidCover,
        _CARD,
        (ORDERS, STATEMENTS, *_SCHEDULE),
        is_conventional_bone,
    ),
    Check(
        "RT-FXEXCL-01",
        radiotherapy.fracture_first,
        radiotherapy.FractureFirst,
        _CARD,
        (PROCEDURES, REPORTS, SERVICES, *LIMB),
        treats_bone,
    ),
    Check(
        "RT-PAIN-01",
        radiotherapy.pain,
        radiotherapy.Pain,
        _CARD,
        (CONDITIONS, *_COURSES, *observed(rt.PAIN, rt.ANALGESIC_STEP, rt.ANALGESIC_SINCE)),
    ),
    # among the other treatments, and after
    Check(
        "RT-POSTOP-01",
        radiotherapy_after.after_surgery,
        radiotherapy_after.AfterSurgery,
        _CARD,
        (CONDITIONS, CARE_PLANS, ORDERS, STATEMENTS, *_COURSES, *SURVIVAL),
    ),
    Check(
        "RT-PREV-01",
        radiotherapy_choice.preventive,
        radiotherapy_choice.Preventive,
        _CARD,
        (
            PROCEDURES,
            SERVICES,
            *_SCHEDULE,
            *_PLACE,
            *observed(rt.INTENT, rt.SYMPTOMATIC, rt.SIZE, rt.CORTEX, rt.POSTERIOR_ARCH),
        ),
    ),
    Check(
        "RT-LONG-01",
        radiotherapy_choice.long_bone,
        radiotherapy_choice.LongBone,
        _CARD,
        (SERVICES, *_AT_RISK),
    ),
    Check(
        "RT-VERT-01",
        radiotherapy_choice.vertebra,
        radiotherapy_choice.Vertebra,
        _CARD,
        (*STABILITY, *observed(rt.BODY_LYSIS)),
    ),
    Check(
        "RT-REOSS-01",
        radiotherapy_after.consolidation,
        radiotherapy_after.Consolidation,
        _CARD,
        (PROCEDURES, REPORTS, SERVICES, *observed(rt.LYTIC_WEIGHT_BEARING)),
    ),
)
