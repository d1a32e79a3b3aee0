"""What a radiotherapy order asks for and what was irradiated before: kind, site, schedule, situation.

A *live* draft orders something; one that stops or withdraws does not. Bone radiotherapy is coded as such, or it is
radiotherapy of a bone by its site, or for a bone metastasis by its reason.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import (
    ABSENT,
    IMPRECISE,
    TOO_OLD,
    Answer,
    Evidence,
    Known,
    Missing,
    Reading,
    below,
    either,
    no,
    unknown,
    yes,
)
from fhir_mappers.record.events import DraftOrder, Procedure
from fhir_mappers.record.facts import PROCEDURES, Facts
from fhir_mappers.record.ordered import completed, flag, number, requested, said, sites_of
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.sites import of_bone, of_spine, overlap, recorded


@dataclass(frozen=True, slots=True)
class Schedule:
    """A total dose (Gy) in a number of fractions."""

    dose: Quantity
    fractions: int

    @property
    def count(self) -> Quantity:
        """The fractions as a figure."""
        return Quantity(Decimal(self.fractions), "{fraction}")


def is_radiotherapy(draft: DraftOrder) -> bool:
    """A live order or appointment of external radiotherapy, wherever."""
    return not draft.stops and draft.is_any(c.RADIOTHERAPY)


def is_stereotactic(draft: DraftOrder) -> bool:
    """Radiotherapy that is stereotactic by its code or by the technique the order tells."""
    technique = draft.details.get(rt.TECHNIQUE)
    told = technique is not None and "technique_stereotactic" in technique.concepts
    return is_radiotherapy(draft) and (told or draft.is_any(rt.STEREOTACTIC))


def treats_bone(draft: DraftOrder) -> bool:
    """Radiotherapy of a bone."""
    by_site = of_bone(sites_of(draft)) or draft.is_reason((c.BONE_METASTASIS,))
    return is_radiotherapy(draft) and (draft.is_any(rt.BONE_RADIOTHERAPY) or by_site)


def is_conventional_bone(draft: DraftOrder) -> bool:
    """Bone radiotherapy that is not stereotactic."""
    return treats_bone(draft) and not is_stereotactic(draft)


def is_stereotactic_bone(draft: DraftOrder) -> bool:
    """Stereotactic radiotherapy of a bone."""
    return treats_bone(draft) and is_stereotactic(draft)


def is_stereotactic_spine(draft: DraftOrder) -> bool:
    """Stereotactic radiotherapy of a vertebra above the sacrum, or of a bone that is not told."""
    sites = sites_of(draft)
    return is_stereotactic_bone(draft) and (of_spine(sites) or not recorded(sites))


def schedule(record: Facts, draft: DraftOrder) -> Reading[Schedule]:
    """Total dose and fractions, the dose also as fractions of so many Gy. Where neither is told, what is missing is
    the dose with the reason ABSENT: a referral, not a prescription.
    """
    count = number(record, draft, rt.FRACTIONS)
    if isinstance(count, Missing):
        dose = number(record, draft, rt.TOTAL_DOSE)
        return count if isinstance(dose, Known) or count.why != ABSENT else Missing(rt.TOTAL_DOSE, ABSENT)
    if not count.value.is_exact or count.value.low.denominator != 1 or count.value.low < 1:
        return Missing(rt.FRACTIONS, IMPRECISE, count.evidence[0])
    dose = total(record, draft, count.value)
    if isinstance(dose, Missing):
        return dose
    return Known(
        Schedule(Quantity(_decimal(Fraction(dose.value.low)), "Gy"), int(count.value.low)),
        (*dose.evidence, *count.evidence),
    )


def total(record: Facts, draft: DraftOrder, count: Span) -> Reading[Span]:
    """The total dose (Gy), else the dose per fraction times the fractions; exact ones only."""
    dose = number(record, draft, rt.TOTAL_DOSE)
    if isinstance(dose, Missing):
        each = number(record, draft, rt.PER_FRACTION)
        if isinstance(each, Missing):
            return dose
        dose = Known(Span(each.value.low * count.low, each.value.high * count.low, "Gy"), each.evidence)
    return dose if dose.value.is_exact else Missing(rt.TOTAL_DOSE, IMPRECISE, dose.evidence[0])


def fractions(record: Facts, draft: DraftOrder) -> Reading[Span]:
    """The number of fractions."""
    return number(record, draft, rt.FRACTIONS)


@dataclass(frozen=True, slots=True)
class Prescribed:
    """The schedule of an order with its evidence, or why nothing can be said of it; neither for a mere referral."""

    plan: Schedule | None
    proof: tuple[Evidence, ...] = ()
    gaps: tuple[Missing, ...] = ()

    @property
    def single(self) -> bool:
        """One fraction."""
        return self.plan is not None and self.plan.fractions == 1


def prescribed(record: Facts, draft: DraftOrder) -> Prescribed:
    """What an order prescribes."""
    found = schedule(record, draft)
    if isinstance(found, Known):
        return Prescribed(found.value, found.evidence)
    nothing = found.why == ABSENT and isinstance(fractions(record, draft), Missing) and found.what == rt.TOTAL_DOSE
    return Prescribed(None, gaps=() if nothing else (found,))


def for_cord_compression(record: PatientRecord, draft: DraftOrder) -> Answer:
    """The order is for a cord compression: said so, by its reason, or the spine is treated and one is active."""
    if draft.is_reason((*c.CORD_COMPRESSION, "emergency_cord_compression")):
        return yes(draft.evidence("draft_order"))
    told = flag(record, draft, rt.CORD_COMPRESSION)
    sites = sites_of(draft)
    elsewhere = recorded(sites) and not of_spine(sites)
    return told if elsewhere or rt.CORD_COMPRESSION in draft.details else told | record.has(*c.CORD_COMPRESSION)


def uncomplicated(record: PatientRecord, draft: DraftOrder, vertebrae: Quantity, at_risk: Answer) -> Answer:
    """None of the situations that have a rule of their own, ``at_risk`` of fracture among them; neuropathic pain is no
    complication here. What is not known counts as not so.
    """
    special = either(
        (
            for_cord_compression(record, draft),
            is_complicated(record, draft, vertebrae),
            after_surgery(record, draft),
            at_risk,
            said(record, draft, rt.INTENT, rt.PREVENTIVE, rt.ABLATIVE),
            irradiated_before(record, draft),
        )
    )
    return yes(*special.evidence) if special.is_unknown else ~special


def is_complicated(record: Facts, draft: DraftOrder, most: Quantity) -> Answer:
    """A complicated lesion, an epiduritis, or more than so many vertebrae."""
    many = at_least(number(record, draft, rt.VERTEBRA_COUNT), Quantity(most.value + 1, most.unit))
    return either((flag(record, draft, rt.COMPLICATED), flag(record, draft, rt.EPIDURITIS), many))


def after_surgery(record: Facts, draft: DraftOrder) -> Answer:
    """The order follows an operation, by its intent or a detail of it."""
    return said(record, draft, rt.INTENT, rt.POST_OPERATIVE) | flag(record, draft, rt.AFTER_SURGERY)


def at_fracture_risk(record: Facts, draft: DraftOrder | None, score: Reading[Span], mirels: Quantity) -> Answer:
    """The lesion is said to be at risk of fracture, or has a Mirels score of at least ``mirels``."""
    return flag(record, draft, rt.FRACTURE_RISK) | at_least(score, mirels)


def at_least(reading: Reading[Span], limit: Quantity) -> Answer:
    """Whether a reading reaches the limit; none on file is no."""
    if isinstance(reading, Missing) and reading.why in (ABSENT, TOO_OLD):
        return no()
    return ~below(reading, limit)


def irradiated_before(record: PatientRecord, draft: DraftOrder) -> Answer:
    """The same place was irradiated before: said so, or a completed radiotherapy whose site overlaps. One whose site
    is not recorded, or a target that is not, leaves it unknown.
    """
    told = flag(record, draft, rt.IRRADIATED_BEFORE)
    if told.is_yes or rt.IRRADIATED_BEFORE in draft.details:
        return told
    here, doubtful = sites_of(draft), list[Missing]()
    for act in earlier(record):
        touches = overlap(act.sites, here)
        if touches:
            return yes(act.evidence("radiotherapy"))
        if touches is None:
            doubtful.append(Missing("irradiated_site", ABSENT, act.evidence("radiotherapy")))
    return told | (unknown(*doubtful[:1]) if doubtful else record.looked(PROCEDURES, what="radiotherapy"))


def earlier(record: Facts) -> tuple[Procedure, ...]:
    """The courses of external radiotherapy that are over."""
    return completed(record, c.RADIOTHERAPY)


def poor_prognosis(record: PatientRecord, draft: DraftOrder) -> Answer:
    """A poor prognosis is documented: in the order or the form, coded, or a survival under the limit of P13."""
    coded = record.has("prognosis_poor") | record.coded("prognosis", "prognosis_poor")
    short = record.survival_below(record.conventions.answers.terminal_survival)
    return flag(record, draft, rt.POOR_PROGNOSIS) | coded | short


def survives(record: PatientRecord, months: Quantity) -> Answer:
    """A recorded survival above so many months (mo), no older than an estimate may be (P17); none on file is no."""
    estimates = (number(record, None, name, record.conventions.answers.extent) for name in c.LIFE_EXPECTANCY)
    told = next((one for one in estimates if isinstance(one, Known)), None)
    return no() if told is None else Answer(told.value.at_most(months) is False, told.evidence)


def surgical_opinion(record: PatientRecord, window: Quantity) -> Answer:
    """A surgeon has been asked, or has answered, within the window (d): done, on file, or drafted."""
    acts = [p for p in record.procedures if p.is_any(rt.SURGICAL_OPINION) and p.status == "completed"]
    seen = record.recent(acts, window, PROCEDURES, what="surgical_opinion")
    return seen | requested(record, rt.SURGICAL_OPINION, window)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
