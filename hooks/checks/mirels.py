"""The Mirels score of a long bone, and what follows from it (family FRAC)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import Answer, Known, at_most, below, no
from fhir_mappers.record.assessment import sheet, survival
from fhir_mappers.record.ordered import booked, done, flag, requested, said, sites_of
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.scored import beyond_limbs, limb_sheet
from fhir_mappers.record.scores import MirelsPoints, Open, Score, mirels
from fhir_mappers.record.spine import chosen_drafts
from hooks.check import DraftOrder, PatientRecord, Verdict, gravest, judge, not_applicable, undecided

BOARD, ORTHOPAEDICS = NewService(("bone_tumour_board",)), NewService(("orthopaedic_referral",))
_SCORED = (*f.MIRELS_ITEMS, f.MIRELS_TOTAL)
_CALCULATOR = "FRAC-MIRELS-01"


@dataclass(frozen=True, slots=True)
class Calculator:
    """The points of each item."""

    points: MirelsPoints


@dataclass(frozen=True, slots=True)
class Low:
    """The points of each item, and the highest total of a low risk."""

    points: MirelsPoints
    highest: Decimal


@dataclass(frozen=True, slots=True)
class Board:
    """The points of each item, and the total that goes to the board."""

    points: MirelsPoints
    total: Decimal


@dataclass(frozen=True, slots=True)
class Fixation:
    """The points of each item, the lowest total of a high risk, the survival (mo) beyond which the bone is fixed first
    and that under which no surgery helps, how long (d) an opinion counts and how long ago the bone may have been fixed.
    """

    points: MirelsPoints
    lowest: Decimal
    survival: Quantity
    last_weeks: Quantity
    opinion: Quantity
    fixed: Quantity


def calculator(record: PatientRecord, limits: Calculator) -> Verdict:
    """The Mirels score adds four items of one lesion; it is for long bones and has no total while an item is open.

    For whom  an item of the score was answered, in one form or order
    Holds     never: it shows the total, says that the score does not apply (spine, pelvis), or asks for what is open
    Source    guidelines/mirels.toml [FRAC-MIRELS-01]
    """
    form = sheet(record, *_SCORED)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    if beyond_limbs(form):
        return judge(begun, no(), case="elsewhere")
    score = mirels(form, limits.points)
    if isinstance(score, Open):
        return undecided(score.missing, evidence=begun.evidence)
    return judge(begun, no(), total=score.total, of=limits.points.total.highest)


def low_risk(record: PatientRecord, limits: Low) -> Verdict:
    """Up to seven points: no prophylactic surgery, radiotherapy alone.

    For whom  a Mirels score of a long bone at most ``highest``
    Holds     never: it is said; the CT criteria of the cortex may say otherwise
    Source    guidelines/mirels.toml [FRAC-MIRELS-02]
    """
    score = _score(record, limits.points)
    if isinstance(score, Verdict):
        return score
    return judge(Answer(score.total <= limits.highest, score.evidence), no(), total=score.total)


def doubtful(record: PatientRecord, limits: Board) -> Verdict:
    """Eight points: the board decides.

    For whom  a Mirels score of a long bone equal to ``total``
    Holds     a request to the board is open
    Units     days (UCUM d)
    Source    guidelines/mirels.toml [FRAC-MIRELS-03]; an open request silences: this project's choice
    """
    score = _score(record, limits.points)
    if isinstance(score, Verdict):
        return score
    asked = requested(record, (f.BOARD_REQUEST,), record.conventions.answers.form)
    return judge(Answer(score.total == limits.total, score.evidence), asked, total=score.total, proposals=(BOARD,))


def fixation_first(record: PatientRecord, limits: Fixation) -> Verdict:
    """From nine points, and a survival of more than three months: the bone is fixed first, then irradiated.

    For whom  a Mirels score of a long bone at least ``lowest``; while ordering: radiotherapy that may be of this bone
    Holds     while ordering: a surgical opinion is there or asked for, or the bone was fixed already
    Units     survival months (UCUM mo); exactly ``survival`` goes to the board
    Unknown   an item of the score; an unknown survival is asked for and does not silence
    Source    guidelines/mirels.toml [FRAC-MIRELS-04]
    """
    if not record.is_ordering:
        return _fixation(record, limits, None)
    drafts = chosen_drafts(record, *c.RADIOTHERAPY)
    return gravest((_fixation(record, limits, draft) for draft in drafts), "due", "survival_unknown")


def _fixation(record: PatientRecord, limits: Fixation, draft: DraftOrder | None) -> Verdict:
    score = _score(record, limits.points, draft)
    if isinstance(score, Verdict):
        return score
    expected = survival(record)
    short = at_most(expected, limits.survival)
    case = "survival_unknown" if short.is_unknown else ("short" if short.is_yes else "due")
    handled = _operated(record, limits, draft) if draft is not None else no()
    return judge(
        Answer(score.total >= limits.lowest, score.evidence),
        handled,
        case=case,
        total=score.total,
        survival=limits.survival,
        proposals=(BOARD,) if case == "short" else (ORTHOPAEDICS,),
        notes=("last_weeks",) if below(expected, limits.last_weeks).is_yes else (),
    ).resting_on(*(expected.evidence if isinstance(expected, Known) else ()))


def _score(record: PatientRecord, table: MirelsPoints, draft: DraftOrder | None = None) -> Score | Verdict:
    """The score, or what to answer where there is none: not asked, not a long bone, or an item open."""
    form = limb_sheet(record, draft)
    if form is None or beyond_limbs(form):
        return not_applicable(*sheet(record, *_SCORED, draft=draft).begun().evidence)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    score = mirels(form, table)
    if isinstance(score, Open):
        return undecided(score.missing, evidence=begun.evidence, said_by=_CALCULATOR)
    return score


def _operated(record: PatientRecord, limits: Fixation, draft: DraftOrder) -> Answer:
    """A surgical opinion there, asked for or booked; or the bone fixed, so that radiotherapy comes after surgery."""
    opinion = done(record, f.ORTHOPAEDICS, limits.opinion) | requested(record, f.ORTHOPAEDICS, limits.opinion)
    after = flag(record, draft, "rt_post_operative") | said(record, draft, "rt_intent", "intent_post_operative")
    fixed = done(record, f.FIXED, limits.fixed, at=sites_of(draft) or None)
    return opinion | booked(record, f.ORTHOPAEDICS) | after | fixed
