"""Surgery of a spinal metastasis: who should not have it, what to know before, the criteria of the decision."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import (
    ABSENT,
    Answer,
    Missing,
    Reading,
    at_most,
    below,
    either,
    no,
    yes,
)
from fhir_mappers.record.assessment import sheet, survival
from fhir_mappers.record.facts import PROCEDURES
from fhir_mappers.record.ordered import completed, detail, done, flag, number, sites_of
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.scores import Open
from fhir_mappers.record.sites import of_spine, overlap, recorded
from fhir_mappers.record.spine import chosen_drafts
from fhir_mappers.record.spine_scores import SinsPoints, sins
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, undecided

_SPREAD = "disseminated"
_ANYWHERE: tuple[str, ...] = ("site_spine",)
_OF_BONE = ("bone_radiotherapy", "bone_stereotactic_radiotherapy")


@dataclass(frozen=True, slots=True)
class Candidate:
    """The survival (mo) below which, the Karnofsky index up to which and the number of segments from which surgery of
    the spine is refused; how long (d) the extent of the disease counts.
    """

    survival: Quantity
    karnofsky: Quantity
    segments: Quantity
    extent: Quantity


def contraindicated(record: PatientRecord, limits: Candidate) -> Verdict:
    """Surgery of the spine is refused to patients who would not live to gain from it; the surgeon decides.

    For whom  while ordering: surgery of a spinal metastasis; else the form of a candidate was begun
    Holds     none of: survival < survival, Karnofsky <= karnofsky, severe immunosuppression, segments >= segments,
              visceral or cerebral dissemination (a nuance where a driver mutation or an effective therapy is known)
    Units     months (UCUM mo), points of 100, segments
    Unknown   an item that is not told, while no other one is met
    Source    guidelines/spine_surgery.toml [SPINE-CI-01]
    """
    for_whom = _candidate(record)
    if not for_whom.is_yes:
        return judge(for_whom, no())
    met = {
        "short_life": below(survival(record), limits.survival),
        "poor_condition": at_most(_karnofsky(record), limits.karnofsky),
        "immunosuppressed": flag(record, None, f.IMMUNOSUPPRESSION, required=True),
        "three_segments": ~below(number(record, None, f.SEGMENTS, limits.extent), limits.segments),
        _SPREAD: _disseminated(record, limits.extent),
    }
    points = tuple(name for name, answer in met.items() if answer.is_yes)
    treatable = flag(record, None, f.MUTATION, limits.extent).is_yes and points == (_SPREAD,)
    whole = either(met.values())
    return judge(
        for_whom,
        ~whole,
        case="treatable" if treatable else "due",
        points=Names(points),
    ).resting_on(*whole.evidence)


def _candidate(record: PatientRecord) -> Answer:
    if record.is_ordering:
        drafts = chosen_drafts(record, f.SPINE_SURGERY)
        return Answer(bool(drafts), tuple(d.evidence("draft_order") for d in drafts))
    return sheet(record, *f.CANDIDATE).begun()


def _karnofsky(record: PatientRecord) -> Reading[Span]:
    told = record.latest(*f.KARNOFSKY, within=record.conventions.answers.form)
    return told if isinstance(told, Missing) else number(record, None, told.value.what)


def _disseminated(record: PatientRecord, window: Quantity) -> Answer:
    """Told in the form, or a visceral or cerebral metastasis is coded."""
    ill = tuple(p for p in record.problems if p.is_ongoing and p.certain and p.is_any(f.VISCERAL))
    if ill:
        return yes(*(p.evidence(f.DISSEMINATION) for p in ill))
    return flag(record, None, f.DISSEMINATION, window, required=True)


def irradiated_before(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Earlier radiotherapy of the vertebra adds to the complications of its surgery; it does not forbid it.

    For whom  surgery of a spinal metastasis is asked for
    Holds     no completed radiotherapy of the same part of the spine (one without a site may have been there)
    Source    guidelines/spine_surgery.toml [SPINE-RTPRE-01]
    """
    here = sites_of(draft) if recorded(sites_of(draft)) else _ANYWHERE
    rays = completed(record, c.RADIOTHERAPY)
    same = tuple(act for act in rays if overlap(act.sites, here))
    unplaced = tuple(act for act in rays if not recorded(act.sites) and act.is_any(_OF_BONE))
    found = record.any_of(same or unplaced, PROCEDURES, what="earlier_radiotherapy")
    return judge(yes(draft.evidence("draft_order")), ~found, case="due" if same else "unplaced").resting_on(
        *found.evidence
    )


@dataclass(frozen=True, slots=True)
class Operated:
    """How long ago (d) the spine was operated on."""

    window: Quantity


def irradiated_after(record: PatientRecord, limits: Operated) -> Verdict:
    """Surgery of a spinal metastasis is always completed by radiotherapy: a line beside RT-POSTOP-01.

    For whom  surgery of the spine within ``window``; said only beside RT-POSTOP-01, which knows who is excepted
    Units     days (UCUM d)
    Source    guidelines/spine_surgery.toml [SPINE-POSTRT-01]
    """
    operated = done(record, (f.SPINE_SURGERY,), limits.window, PROCEDURES)
    before = tuple(act for act in completed(record, c.RADIOTHERAPY) if of_spine(act.sites))
    beside = "RT-POSTOP-01"
    case = "irradiated" if before else "due"
    return judge(operated, no(), case=case, said_by=beside, only_beside=beside)


@dataclass(frozen=True, slots=True)
class Decision:
    """The bounds (mo) of the three classes of survival, and the points of SINS."""

    short: Quantity
    long: Quantity
    points: SinsPoints


def criteria(record: PatientRecord, limits: Decision) -> Verdict:
    """The decision on spinal surgery rests on local, tumour and general criteria: which are told, and which are open.

    For whom  the form of a candidate was begun, outside ordering
    Holds     never: it sums the criteria up, or asks for those that are open
    Units     months (UCUM mo): below short, short to long, above long
    Source    guidelines/spine_surgery.toml [SPINE-DEC-01]
    """
    begun = no() if record.is_ordering else sheet(record, *f.CANDIDATE).begun()
    if not begun.is_yes:
        return judge(begun, no())
    expected, condition = survival(record), _karnofsky(record)
    score = sins(sheet(record, *f.SINS_ITEMS, f.SINS_TOTAL), limits.points)
    grade, mutation = detail(record, None, f.FRANKEL), detail(record, None, f.MUTATION)
    short, long = below(expected, limits.short), at_most(expected, limits.long)
    gaps = tuple(found for found in (condition, grade, mutation) if isinstance(found, Missing))
    gaps += (Missing(f.SINS_TOTAL, ABSENT),) if isinstance(score, Open) else ()
    gaps += () if short.is_yes else tuple(dict.fromkeys((*short.missing, *long.missing)))
    if gaps or isinstance(score, Open):
        return undecided(gaps, evidence=begun.evidence)
    lives = "survival_short" if short.is_yes else ("survival_middle" if long.is_yes else "survival_long")
    return judge(begun, no(), lives=Names((lives,)), sins=score.total)
