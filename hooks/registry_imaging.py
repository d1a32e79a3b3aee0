"""The checks of imaging and bone biopsy, in the order of their findings."""

from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record import imaging as drafts
from fhir_mappers.record.facts import (
    ADMINISTRATIONS,
    APPOINTMENTS,
    CONDITIONS,
    ORDERS,
    PROCEDURES,
    REPORTS,
    SERVICES,
    STATEMENTS,
)
from hooks.check import Check, Unlimited
from hooks.checks import biopsy, biopsy_molecular, imaging, imaging_flare, imaging_workup
from hooks.reads import observed

ACTS = (PROCEDURES, REPORTS)
PAIN = (CONDITIONS, *observed(i.NEW_BONE_PAIN))
LINE = (CONDITIONS, *observed(i.LINE_START))

IMAGING_CHECKS: tuple[Check, ...] = (
    # which examination
    Check(
        "IMG-SCINT-01",
        imaging.staged_by_pet,
        imaging.Staged,
        "imaging",
        (*PAIN, *ACTS),
        drafts.is_bone_scan,
        mutes=("IMG-SCINT-02",),
    ),
    Check("IMG-SCINT-02", imaging.routine_scan, Unlimited, "imaging", (*PAIN, *ACTS), drafts.is_bone_scan),
    Check("IMG-FIELD-01", imaging.field, Unlimited, "imaging", (CONDITIONS, *observed(i.PET_FIELD)), drafts.is_pet),
    # flare or progression
    Check("IMG-FLARE-01", imaging_flare.early_imaging, imaging_flare.Flare, "imaging", LINE, drafts.is_metabolic),
    Check("IMG-SCINT-03", imaging_flare.control_scan, imaging_flare.Flare, "imaging", LINE, drafts.is_bone_scan_visit),
    Check("IMG-FLARE-02", imaging_flare.checklist, Unlimited, "flare", observed(*i.FLARE_ITEMS)),
    Check(
        "IMG-TKI-01",
        imaging_flare.inhibitor_stopped,
        imaging_flare.EarlyStop,
        "flare",
        (
            *(ADMINISTRATIONS, ORDERS, STATEMENTS, SERVICES),
            *observed(i.LINE_START, i.PROGRESSION_SITE, i.EXTRA_OSSEOUS),
        ),
        drafts.stops_egfr_inhibitor,
    ),
    # before a decision
    Check(
        "IMG-ISO-01",
        imaging_workup.isolated_uptake,
        imaging_workup.Finding,
        "isolated-lesion",
        (*ACTS, SERVICES, APPOINTMENTS, *observed(i.ISOLATED_UPTAKE, i.UPTAKE_COUNT)),
    ),
    Check(
        "IMG-SPINE-01",
        imaging_workup.whole_spine,
        Unlimited,
        "spine-imaging",
        (CONDITIONS, *observed(*i.DEFICITS, i.FRANKEL, i.MRI_EXTENT), SERVICES),
        drafts.is_spine_mri,
    ),
    Check(
        "IMG-SPINE-02",
        imaging_workup.bone_reconstruction,
        imaging_workup.BoneImages,
        "board",
        (*ACTS, *observed(i.CT_RECONSTRUCTION)),
        drafts.is_board_request,
    ),
    Check(
        "IMG-LIMB-01",
        imaging_workup.before_limb_surgery,
        imaging_workup.BoneImages,
        "limb-work-up",
        (*ACTS, SERVICES),
        drafts.is_limb_surgery,
    ),
    # biopsy and pathology
    Check(
        "BIOP-WHEN-01",
        biopsy.worth_a_biopsy,
        biopsy.Sampled,
        "biopsy",
        (*ACTS, SERVICES, *observed(i.HISTOLOGY, i.FRAGILE, i.OTHER_SAMPLING_RISKY, i.ACCESSIBLE)),
    ),
    Check(
        "BIOP-FIX-01",
        biopsy.fixation,
        biopsy.Fixed,
        "biopsy",
        observed(i.DECALCIFICATION, i.DECALCIFIER, i.FIXATION, i.FIXATION_START, i.FIXATION_END),
    ),
    Check(
        "BIOP-DECAL-01",
        biopsy.decalcifier,
        Unlimited,
        "biopsy",
        (CONDITIONS, *observed(i.DECALCIFIER, i.DECALCIFICATION, i.MOLECULAR_POSSIBLE)),
        drafts.is_bone_sample,
    ),
    Check(
        "BIOP-PREOP-01",
        biopsy.before_surgery,
        Unlimited,
        "limb-work-up",
        (CONDITIONS, SERVICES, *observed(i.KNOWN_HISTOLOGY, i.HISTOLOGY)),
        drafts.is_limb_surgery,
    ),
    Check("BIOP-IHC-01", biopsy_molecular.antibodies, Unlimited, "antibodies", observed(i.MORPHOLOGY, i.PRIOR_CANCER)),
    Check(
        "BIOP-MOL-01",
        biopsy_molecular.biomarkers,
        biopsy_molecular.Diagnosed,
        "molecular",
        (*ACTS, SERVICES, *observed(i.EGFR_TEST, i.ALK_TEST, i.MOLECULAR_PANEL)),
    ),
    Check(
        "BIOP-MOL-02",
        biopsy_molecular.resistance,
        biopsy_molecular.Asked,
        "molecular",
        (SERVICES,),
        drafts.is_bone_sample,
    ),
)
