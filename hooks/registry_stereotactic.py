"""The checks of stereotactic radiotherapy, in the order of their findings."""

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.facts import APPOINTMENTS, CONDITIONS, PROCEDURES, REPORTS, SERVICES
from fhir_mappers.record.radiotherapy import is_stereotactic_bone
from fhir_mappers.record.stereotactic import KARNOFSKY
from hooks.check import Check, Unlimited
from hooks.checks import stereotactic, stereotactic_cord, stereotactic_dose
from hooks.reads import STABILITY, SURVIVAL, observed

_SCHEDULE = observed(rt.TOTAL_DOSE, rt.FRACTIONS, rt.PER_FRACTION)
_BEFORE = (PROCEDURES, *observed(rt.IRRADIATED_BEFORE))
_CORD = (CONDITIONS, *observed(rt.CORD_COMPRESSION))
_OPERATED = observed(rt.INTENT, rt.AFTER_SURGERY)
_PLACE = observed(rt.SITE, rt.LEVEL)
_STEREOTACTIC = "stereotactic"

STEREOTACTIC_CHECKS: tuple[Check, ...] = (
    Check(
        "SBRT-CI-01",
        stereotactic.contraindicated,
        stereotactic.Contraindication,
        _STEREOTACTIC,
        (
            *_CORD,
            *(PROCEDURES, REPORTS, SERVICES, APPOINTMENTS),
            *_PLACE,
            *STABILITY,
            *SURVIVAL,
            *observed(rt.BILSKY, rt.MSCC_SYMPTOMS, rt.MSCC_OPERATED),
        ),
    ),
    Check(
        "SBRT-REIRR-01",
        stereotactic_cord.again,
        stereotactic_cord.Again,
        _STEREOTACTIC,
        (*_BEFORE, SERVICES, *_PLACE, *observed(rt.CUMULATIVE_EQD2, rt.NEW_EQD2, rt.ALPHA_BETA, rt.INTERVAL)),
    ),
    Check(
        "SBRT-CORD-01",
        stereotactic_cord.cord_dose,
        stereotactic_cord.CordLimits,
        _STEREOTACTIC,
        (*_BEFORE, *observed(rt.TOTAL_DOSE, rt.FRACTIONS, rt.CORD_DMAX)),
    ),
    Check(
        "SBRT-ELIG-01",
        stereotactic.eligible,
        stereotactic.Eligibility,
        _STEREOTACTIC,
        (
            *_BEFORE,
            SERVICES,
            *_PLACE,
            *_OPERATED,
            *SURVIVAL,
            *observed(
                "oligo_sites",
                "oligo_lesions",
                "oligo_max_size",
                "primary_controlled",
                "adjacent_vertebrae",
                rt.BILSKY,
                *KARNOFSKY,
            ),
        ),
    ),
    Check(
        "SBRT-RELCI-01",
        stereotactic.relative,
        stereotactic.Relative,
        _STEREOTACTIC,
        observed("canal_narrowing", "tumour_cord_distance", "mri_contraindicated"),
    ),
    Check(
        "SBRT-DOSE-01",
        stereotactic_dose.dose_range,
        stereotactic_dose.DoseRanges,
        _STEREOTACTIC,
        (*_SCHEDULE, *_PLACE),
        is_stereotactic_bone,
    ),
    Check(
        "SBRT-SINGLE-01",
        stereotactic_dose.single_fraction,
        Unlimited,
        _STEREOTACTIC,
        (*_SCHEDULE, *_BEFORE),
        is_stereotactic_bone,
    ),
    Check(
        "SBRT-MRI-01",
        stereotactic.thin_slice_mri,
        stereotactic.Imaging,
        _STEREOTACTIC,
        (PROCEDURES, REPORTS, SERVICES, *_PLACE, *observed("mri_contraindicated")),
        is_stereotactic_bone,
    ),
    Check(
        "SBRT-VCF-01",
        stereotactic_dose.collapse,
        stereotactic_dose.Collapse,
        _STEREOTACTIC,
        (SERVICES, *_PLACE, *observed(rt.TECHNIQUE, "lesion_type", rt.BODY_LYSIS, rt.PER_FRACTION)),
    ),
    Check(
        "SBRT-ESO-01",
        stereotactic_dose.oesophagus,
        stereotactic_dose.Request,
        _STEREOTACTIC,
        (SERVICES, *_PLACE, *observed(rt.TECHNIQUE)),
    ),
)
