"""Imaging, bone biopsy and board requests: which drafts they are, and what the record says about them.

The base for planned acts is ``ordered``; here is what only these chapters ask: the reason of an examination, the start
of the systemic line, and orders of one session that belong together.
"""

from collections.abc import Iterable
from fractions import Fraction

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record import ordered, sites
from fhir_mappers.record.answer import (
    ABSENT,
    IMPLAUSIBLE,
    IMPRECISE,
    TOO_OLD,
    Answer,
    Evidence,
    Known,
    Missing,
    Reading,
    either,
    no,
    unknown,
)
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import DraftOrder, Event, Measurement, Problem
from fhir_mappers.record.facts import CONDITIONS, Facts
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity, Span


def is_bone_scan(draft: DraftOrder) -> bool:
    """A bone scan asked for or being booked."""
    return not draft.stops and draft.is_any(i.BONE_SCAN)


def is_bone_scan_visit(draft: DraftOrder) -> bool:
    """The appointment of a bone scan."""
    return draft.kind == "Appointment" and is_bone_scan(draft)


def is_pet(draft: DraftOrder) -> bool:
    """An FDG-PET, or a PET whose tracer is not coded."""
    return not draft.stops and draft.is_any(i.PET)


def is_metabolic(draft: DraftOrder) -> bool:
    """A bone scan or a PET."""
    return is_bone_scan(draft) or is_pet(draft)


def is_spine_mri(draft: DraftOrder) -> bool:
    """An MRI of the spine or of a part of it."""
    of_spine = draft.is_any(i.BONE_MRI) and (sites.of_spine(draft.sites) or sites.of_sacrum(draft.sites))
    return not draft.stops and (draft.is_any((i.SPINE_MRI, i.PARTIAL_SPINE_MRI, i.WHOLE_SPINE_MRI)) or of_spine)


def is_limb_surgery(draft: DraftOrder) -> bool:
    """Surgery of a metastasis of a long bone; a preventive fixation is one by its name."""
    at_limb = any(overlap_limb(site) for site in ordered.sites_of(draft))
    fixation = draft.is_any("prophylactic_fixation")
    return not draft.stops and (fixation or (draft.is_any(i.LIMB_SURGERY) and at_limb))


def overlap_limb(site: str) -> bool:
    """A site of a long bone of arm or leg."""
    return site in i.LIMB_SITES


def is_bone_sample(draft: DraftOrder) -> bool:
    """A bone biopsy or its pathology."""
    return not draft.stops and draft.is_any(i.BONE_SAMPLE)


def is_board_request(draft: DraftOrder) -> bool:
    """A request to the bone tumour board."""
    return not draft.stops and draft.is_any(i.BOARD_REQUEST)


def stops_egfr_inhibitor(draft: DraftOrder) -> bool:
    """A draft that stops an inhibitor of the EGF receptor."""
    return draft.stops and draft.is_any(i.EGFR_INHIBITORS)


def reasons(draft: DraftOrder) -> frozenset[str]:
    """The coded reasons of an examination: of the order, or told as its detail."""
    told = draft.details.get(i.IMAGING_REASON)
    return frozenset((*draft.reasons, *(told.concepts if told is not None else ())))


def is_reasoned(draft: DraftOrder) -> bool:
    """Whether the order gives any reason at all, coded or not."""
    return draft.has_reason or bool(reasons(draft))


def is_led_by(record: Facts, draft: DraftOrder) -> bool:
    """Whether the pathology of the same session speaks for this biopsy: one sample, one line."""
    others = (d for d in record.drafts if d is not draft and not d.stops and d.selected)
    return not draft.is_any(i.BIOPSY_PATHOLOGY) and any(d.is_any(i.BIOPSY_PATHOLOGY) for d in others)


def new_bone_pain(record: PatientRecord, draft: DraftOrder) -> Answer:
    """New bone pain: the reason of the order, an active problem, or a recent answer."""
    told = Answer(not reasons(draft).isdisjoint(i.PAIN_REASONS), (draft.evidence("draft_order"),))
    return told | record.has(i.NEW_BONE_PAIN) | ordered.flag(record, draft, i.NEW_BONE_PAIN)


def line_start(record: Facts) -> Reading[PartialDate]:
    """The start of the current systemic line, as recorded."""
    told = record.latest(i.LINE_START)
    if isinstance(told, Missing):
        return told
    begun = told.value.moment_value
    return Known(begun, told.evidence) if begun is not None else Missing(i.LINE_START, ABSENT, told.value.evidence())


def within_line(begun: Reading[PartialDate], day: PartialDate, limit: Quantity) -> Answer:
    """Whether ``day`` lies fewer than ``limit`` days after the beginning, and not before it."""
    if isinstance(begun, Missing):
        return unknown(begun)
    low, high = signed_days(begun.value, day)
    if high < 0 or low >= limit.value:
        return no(*begun.evidence)
    sure = low >= 0 and high < limit.value
    return Answer(True, begun.evidence) if sure else unknown(Missing(i.LINE_START, IMPRECISE, begun.evidence[0]))


def signed_days(earlier: PartialDate, later: PartialDate) -> tuple[int, int]:
    """Calendar days from one date to another, the fewest and the most they can be; negative the other way round."""
    return (later.first - earlier.last).days, (later.last - earlier.first).days


def first_taken(record: Facts, drugs: Iterable[str]) -> Reading[PartialDate]:
    """The first trace of a drug: its earliest dose, order or statement."""
    names = tuple(drugs)
    given: list[Event] = [d for d in record.doses if d.status == "completed" and d.is_any(names)]
    given += [course for course in record.courses if course.is_any(names)]
    dated = [
        (e.when.earliest, e.when, e) for e in given if e.when is not None and not e.when.surely_after(record.as_of)
    ]
    if not dated:
        return Missing(i.LINE_START, ABSENT)
    _, when, event = min(dated, key=lambda found: found[0])
    return Known(when, (event.evidence(i.LINE_START),))


def since(reading: Reading[Measurement], begun: Reading[PartialDate]) -> Reading[Measurement]:
    """A finding, unless it is surely older than the line it is to be read in."""
    if isinstance(reading, Known) and isinstance(begun, Known) and reading.value.when.last < begun.value.first:
        return Missing(reading.value.what, TOO_OLD, reading.value.evidence())
    return reading


def spinal_metastasis(record: Facts) -> Answer:
    """An ongoing bone metastasis at the spine."""
    return record.any_of(_at_spine(record), CONDITIONS, what=c.BONE_METASTASIS)


def neurological_deficit(record: PatientRecord, draft: DraftOrder | None) -> Answer:
    """A deficit told by the order or lately recorded; a Frankel grade short of E, a coded cauda equina syndrome."""
    flags = either(ordered.flag(record, draft, item) for item in i.DEFICITS)
    grade = ordered.detail(record, draft, i.FRANKEL)
    told = isinstance(grade, Known) and bool(grade.value.concepts) and i.FRANKEL_NORMAL not in grade.value.concepts
    graded = Answer(told, grade.evidence if isinstance(grade, Known) else ())
    return flags | graded | record.has("cauda_equina_syndrome")


def hours_of_fixation(record: Facts, draft: DraftOrder | None) -> Reading[Span]:
    """Hours in formalin: as told, else between its start and its end. Without times of day they are not known."""
    told = ordered.number(record, draft, i.FIXATION)
    if isinstance(told, Known) or told.why != ABSENT:
        return told
    start, end = (ordered.detail(record, draft, item) for item in (i.FIXATION_START, i.FIXATION_END))
    if isinstance(start, Missing) or isinstance(end, Missing):
        return told
    first, last = start.value.moment_value, end.value.moment_value
    if first is None or last is None or not (first.has_time and last.has_time):
        return Missing(i.FIXATION, IMPRECISE, end.value.evidence())
    seconds = (last.earliest - first.earliest).total_seconds()
    proofs = (*start.evidence, *end.evidence)
    if seconds < 0:
        return Missing(i.FIXATION, IMPLAUSIBLE, proofs[-1])
    return Known(Span.exactly(Fraction(int(seconds), 3600), "h"), proofs)


def ever_told(record: Facts, concept: str, within: Quantity) -> tuple[Evidence, ...]:
    """The newest final result of a question that says anything at all, a text included."""
    found = (m for m in record.results(concept) if m.told and not m.provisional and record.within(m.when, within))
    return next(((m.evidence(),) for m in found), ())


def _at_spine(record: Facts) -> tuple[Problem, ...]:
    """Metastases of the spine or sacrum."""
    secondary = (c.BONE_METASTASIS, *c.SECONDARY_CANCER)
    return tuple(
        p
        for p in record.problems
        if p.is_ongoing and p.is_any(secondary) and (sites.of_spine(p.sites) or sites.of_sacrum(p.sites))
    )
