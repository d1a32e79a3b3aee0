"""What is known about the spine and its nerves: metastases there, grades of Frankel, a new deficit."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import (
    ABSENT,
    IMPRECISE,
    TOO_OLD,
    UNREADABLE,
    Answer,
    Known,
    Missing,
    Reading,
    no,
    unknown,
    yes,
)
from fhir_mappers.record.events import DraftOrder, Measurement
from fhir_mappers.record.facts import ANSWERS, CONDITIONS, OBSERVATIONS, Facts
from fhir_mappers.record.ordered import booked, done, requested, sites_of
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.sites import of_sacrum, of_spine, recorded


def operates_on_spine(draft: DraftOrder) -> bool:
    """A request for the surgery of a spinal metastasis."""
    return not draft.stops and draft.is_any(f.SPINE_SURGERY)


def images_spine(draft: DraftOrder) -> bool:
    """A request for an MRI of the spine, whole or in part."""
    region = draft.is_any("mri_bone_region") and in_spine(draft) is True
    return not draft.stops and (region or draft.is_any(("mri_spine", f.MRI_WHOLE_SPINE)))


def chosen_drafts(record: Facts, *wanted: str) -> tuple[DraftOrder, ...]:
    """The live drafts of the concepts that are being signed or selected."""
    return tuple(d for d in record.drafts if d.selected and not d.stops and d.is_any(wanted))


def asked_spine_surgeon(record: Facts, window: Quantity) -> Answer:
    """A surgical opinion on the spine within the window (d): given, asked for, or booked."""
    opinion = done(record, f.SPINE_OPINION, window) | requested(record, f.SPINE_OPINION, window)
    return opinion | booked(record, f.SPINE_OPINION)


def in_spine(draft: DraftOrder) -> bool | None:
    """Whether the act is planned in the spine or the sacrum; None when the draft names no site."""
    sites = sites_of(draft)
    return (of_spine(sites) or of_sacrum(sites)) if recorded(sites) else None


def spinal_metastasis(record: Facts, *, told: bool = False) -> Answer:
    """A bone metastasis or myeloma in the spine or the sacrum; one without a site may be there, unless it must be
    ``told``.
    """
    ill = (p for p in record.problems if p.is_ongoing and p.is_any((c.BONE_METASTASIS, c.MYELOMA, *c.SECONDARY_CANCER)))
    bone = (p for p in ill if p.is_any((c.BONE_METASTASIS, c.MYELOMA)) or recorded(p.sites))
    spinal = (p for p in bone if of_spine(p.sites) or of_sacrum(p.sites) or not (told or recorded(p.sites)))
    return record.any_of(spinal, CONDITIONS, what="spinal_metastasis")


def newest_grade(record: Facts, window: Quantity) -> Reading[str]:
    """The grade of Frankel found within the window (d), the worst where two are told at once."""
    reading = record.latest(f.FRANKEL, within=window)
    if isinstance(reading, Missing):
        return reading
    if not _grades(reading.value):
        return Missing(f.FRANKEL, UNREADABLE, reading.evidence[0])
    return Known(f.FRANKEL_GRADES[_rank(reading.value)], reading.evidence)


def lost_function(record: Facts, window: Quantity) -> Answer:
    """Within the window (d) a first grade other than normal was found, or one worse than before (D included: the
    patient still walks).
    """
    newest = newest_grade(record, window)
    if isinstance(newest, Missing):
        return _nothing_new(record, newest)
    rank = f.FRANKEL_GRADES.index(newest.value)
    graded = [m for m in record.results(f.FRANKEL) if not m.provisional and _grades(m)]
    recent = [_rank(m) for m in graded[1:] if record.within(m.when, window)]
    before = next((_rank(m) for m in graded[1:] if not record.within(m.when, window)), None)
    normal = newest.value == f.FRANKEL_GRADES[-1]
    worse = not normal and (before is None or rank < max([before, *recent]))
    return Answer(worse, newest.evidence)


def new_deficit(record: Facts, window: Quantity) -> Answer:
    """A motor or sphincter deficit found within the window (d) that was not there before."""
    return _new_flag(record, f.MOTOR, window) | _new_flag(record, f.SPHINCTER, window)


def _new_flag(record: Facts, sign: str, window: Quantity) -> Answer:
    told = [m for m in record.results(sign) if not m.provisional and m.flag is not None]
    newest = [m for m in told if m.when.latest == told[0].when.latest]
    found = next((m for m in newest if m.flag), None)
    if found is None:
        return no(newest[0].evidence()) if newest else record.looked(OBSERVATIONS, ANSWERS, what=sign)
    recent = record.within(found.when, window)
    if recent is None:
        return unknown(Missing(sign, IMPRECISE, found.evidence()))
    before = next((m for m in told if not record.within(m.when, window)), None)
    is_new = recent and (before is None or not before.flag)
    return yes(found.evidence()) if is_new else no(found.evidence())


def _nothing_new(record: Facts, reading: Missing) -> Answer:
    """No grade in the window: no where that is sure, unknown where it could not be read or was not sent."""
    if reading.why in (ABSENT, TOO_OLD):
        return record.looked(OBSERVATIONS, ANSWERS, what=f.FRANKEL)
    return unknown(reading)


def _grades(measured: Measurement) -> tuple[int, ...]:
    return tuple(f.FRANKEL_GRADES.index(concept) for concept in measured.concepts if concept in f.FRANKEL_GRADES)


def _rank(measured: Measurement) -> int:
    return min(_grades(measured))
