"""What the patient is told on leaving: drinking, booklet, calcium, teeth (informational rules told at discharge).

The words for the patient stand under ``detail``, ``notes`` and ``editions`` of the texts; one handout per patient.
"""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, no
from fhir_mappers.record.facts import ADMINISTRATIONS, ALLERGIES, STATEMENTS
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE
from fhir_mappers.record.quantity import Quantity
from hooks.check import PatientRecord, Unlimited, Verdict, judge

DISCHARGE = "encounter-discharge"


@dataclass(frozen=True, slots=True)
class Hydration:
    """The clearance (mL/min) below which there is no infusion; how long (d) after the first one it is still worth
    telling what may follow it, and whether the edition gives paracetamol to everybody.
    """

    below: Quantity
    around: Quantity
    systematic: bool


def hydration(record: PatientRecord, limits: Hydration) -> Verdict:
    """The patient knows what to do around an infusion of zoledronic acid.

    For whom  an adult, not pregnant nor in comfort-only care, leaves and goes on with oncology zoledronic acid, which
              the kidney does not forbid (a clearance that was merely not measured does not)
    Holds     never: it is told at each discharge, until it is dismissed. Fever and paracetamol only around the first
              infusion, paracetamol only where neither an intolerance nor severe hepatic disease is recorded
    Units     mL/min, days (UCUM d)
    Source    guidelines/instructions.toml [ZOL-HYDR-01]
    """
    for_whom = _leaving(record) & record.continues(ZOLEDRONATE) & ~_forbidden(record, limits)
    return judge(for_whom, no(), notes=_hydration_notes(record, limits))


def booklet(record: PatientRecord, limits: Unlimited) -> Verdict:
    """The patient has a booklet for the denosumab injections and knows their rhythm.

    For whom  an adult, not pregnant nor in comfort-only care, leaves and goes on with oncology denosumab
    Holds     never: it is told at each discharge, until it is dismissed
    Source    guidelines/instructions.toml [DMAB-BOOK-01]
    """
    return judge(_leaving(record) & record.continues(DENOSUMAB_INGREDIENT), no(), notes=_booklet_notes(record))


def calcium_timing(record: PatientRecord, limits: Unlimited) -> Verdict:
    """The patient knows when to take calcium: a line of the handout, for whoever was prescribed some.

    For whom  who gets the handout of ZOL-HYDR-01 or DMAB-BOOK-01; not while calcium is above normal (VITD-SAFE-01)
    Holds     never
    Unknown   calcium was not available: nothing is said then about supplements
    Source    guidelines/instructions.toml [CA-TIMING-01]
    """
    zoledronate = record.continues(ZOLEDRONATE)
    beside = "ZOL-HYDR-01" if zoledronate.is_yes else "DMAB-BOOK-01"
    goes_on = zoledronate | record.continues(DENOSUMAB_INGREDIENT)
    harmful = record.hypercalcaemia(record.conventions.calcium.recent)
    return judge(_leaving(record) & goes_on & ~harmful, no(), said_by=beside, only_beside=beside)


def _leaving(record: PatientRecord) -> Answer:
    """An adult who leaves, neither pregnant nor in comfort-only care."""
    outside = record.age_below(record.conventions.age.adult) | record.pregnant() | record.comfort_care()
    return Answer(record.moment == DISCHARGE) & ~outside


def _forbidden(record: PatientRecord, limits: Hydration) -> Answer:
    low = record.clearance(record.conventions.clearance.creatinine_zoledronate).below(limits.below)
    unmeasured = low.is_unknown and all(gap.why in (ABSENT, TOO_OLD) for gap in low.missing)
    return record.dialysis() | (no() if unmeasured else low)


def _hydration_notes(record: PatientRecord, limits: Hydration) -> tuple[str, ...]:
    first = _is_first_infusion(record, limits.around) and _paracetamol_suits(record).is_yes
    found = {
        "first_infusion": first and not limits.systematic,
        "first_infusion_systematic": first and limits.systematic,
        "dental": _has_no_osteonecrosis(record),
    }
    return tuple(name for name, holds in found.items() if holds)


def _booklet_notes(record: PatientRecord) -> tuple[str, ...]:
    found = {"dental": _has_no_osteonecrosis(record)}
    return tuple(name for name, holds in found.items() if holds)


def _is_first_infusion(record: PatientRecord, around: Quantity) -> bool:
    """None was ever given nor presumed, or all that were lie within ``around``."""
    given = record.given(ZOLEDRONATE, use=None)
    none_yet = record.looked(ADMINISTRATIONS, STATEMENTS, what="first_dose") | record.presumed(ZOLEDRONATE)
    return all(record.within(dose.when, around) is True for dose in given) if given else none_yet.is_no


def _paracetamol_suits(record: PatientRecord) -> Answer:
    refused = (a for a in record.allergies if a.is_any(c.PARACETAMOL))
    return ~(record.any_of(refused, ALLERGIES, what="paracetamol_intolerance") | record.has(c.HEPATIC_DISEASE))


def _has_no_osteonecrosis(record: PatientRecord) -> bool:
    """Whoever has one is followed by a centre that gives its own instructions."""
    return record.has(c.JAW_OSTEONECROSIS).is_no
