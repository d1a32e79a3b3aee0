"""The stability of the spine and the risk of its fracture: SINS, osteolysis of the body, pillars (family FRAC)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import Answer, Known, Missing, no
from fhir_mappers.record.assessment import above, at_least, sheet
from fhir_mappers.record.proposals import Names, NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.radiotherapy import is_stereotactic_spine
from fhir_mappers.record.scored import spine_sheet
from fhir_mappers.record.scores import Open, Score
from fhir_mappers.record.spine import asked_spine_surgeon, chosen_drafts
from fhir_mappers.record.spine_scores import ELSEWHERE, LUMBAR, SinsPoints, part_of_spine, sins
from hooks.check import DraftOrder, PatientRecord, Verdict, grade, gravest, judge, not_applicable, undecided

OPINION, OPINION_NOW = NewService(("neurosurgery_consultation",)), NewService(("neurosurgery_now",))
BOARD = NewService(("bone_tumour_board",))
_SCORED = (*f.SINS_ITEMS, f.SINS_TOTAL)


@dataclass(frozen=True, slots=True)
class Calculator:
    """The points of each item."""

    points: SinsPoints


@dataclass(frozen=True, slots=True)
class Stability:
    """The points of each item, the total from which a surgeon is asked, that of an unstable spine, and how long (d) an
    opinion counts.
    """

    points: SinsPoints
    surgeon: Decimal
    unstable: Decimal
    opinion: Quantity


def calculator(record: PatientRecord, limits: Calculator) -> Verdict:
    """SINS adds six items of one lesion of the spine; no total while an item is open. It is no risk of fracture.

    For whom  an item of the score was answered, in one form or order
    Holds     never: it shows the total, or asks for what is open
    Source    guidelines/sins.toml [FRAC-SINS-01]
    """
    form = sheet(record, *_SCORED)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    score = sins(form, limits.points)
    if isinstance(score, Open):
        return undecided(score.missing, evidence=begun.evidence)
    return judge(begun, no(), total=score.total, of=limits.points.total.highest, said_by="FRAC-SINS-02").resting_on(
        *score.evidence
    )


def surgeon(record: PatientRecord, limits: Stability) -> Verdict:
    """From seven points a spine surgeon is asked; from thirteen the spine is unstable and that is urgent.

    For whom  a SINS of at least ``surgeon``; while ordering: radiotherapy that may be of these levels
    Holds     while ordering: a surgical opinion is there, asked for or booked. An unstable spine forbids stereotactic
              radiotherapy: SBRT-CI-01 says both
    Units     days (UCUM d)
    Source    guidelines/sins.toml [FRAC-SINS-02]
    """
    if not record.is_ordering:
        return _surgeon(record, limits, None)
    drafts = chosen_drafts(record, *c.RADIOTHERAPY)
    return gravest((_surgeon(record, limits, draft) for draft in drafts), "unstable", "due")


def _surgeon(record: PatientRecord, limits: Stability, draft: DraftOrder | None) -> Verdict:
    score = _score(record, limits.points, draft)
    if isinstance(score, Verdict):
        return score
    unstable = score.total >= limits.unstable
    return judge(
        Answer(score.total >= limits.surgeon, score.evidence),
        no() if draft is None else asked_spine_surgeon(record, limits.opinion),
        case="unstable" if unstable else "due",
        said_by="SBRT-CI-01" if unstable and draft is not None and is_stereotactic_spine(draft) else None,
        total=score.total,
        proposals=(OPINION_NOW if unstable else OPINION,),
    )


def _score(record: PatientRecord, table: SinsPoints, draft: DraftOrder | None) -> Score | Verdict:
    """The score, or what to answer where there is none: not asked, not about these levels, or an item open."""
    form = spine_sheet(record, draft)
    if form is None:
        return not_applicable(*sheet(record, *_SCORED, draft=draft).begun().evidence)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    score = sins(form, table)
    if isinstance(score, Open):
        return undecided(score.missing, evidence=begun.evidence, said_by="FRAC-SINS-01")
    return score


@dataclass(frozen=True, slots=True)
class Osteolysis:
    """The share of the vertebral body (%) above which the lumbar spine is at risk, and the two of the thoracic one."""

    lumbar: Quantity
    grey: Quantity
    thoracic: Quantity


def osteolysis(record: PatientRecord, limits: Osteolysis) -> Verdict:
    """A vertebra is at high risk of fracture from a share of its body destroyed that depends on the level.

    For whom  the share was answered, or the level with it in the same form
    Holds     lumbar: share <= lumbar; thoracic: share < grey; elsewhere the source has no threshold
    Units     % of the body
    Source    guidelines/sins.toml [FRAC-VERT-01]; a warning in the grey zone is this project's choice
    """
    form = sheet(record, f.BODY_INVOLVEMENT, f.LEVEL, *f.SINS_ITEMS)
    begun = form.begun()
    share, levels = form.number(f.BODY_INVOLVEMENT), form.chosen(f.LEVEL)
    levels = levels if isinstance(levels, Known) else form.chosen(f.SINS_LOCATION)
    if not begun.is_yes or isinstance(share, Missing) or isinstance(levels, Missing):
        gaps = tuple(found for found in (share, levels) if isinstance(found, Missing))
        return undecided(gaps, evidence=begun.evidence) if begun.is_yes else judge(begun, no())
    part = part_of_spine(levels.value)
    case = _osteolysis_case(share, limits, part)
    return grade(
        begun,
        case,
        (*share.evidence, *levels.evidence),
        share=share.value,
        limit=limits.lumbar if part == LUMBAR else limits.grey,
        thoracic=limits.thoracic,
        proposals=(BOARD,),
    )


def _osteolysis_case(share: Known[Quantity], limits: Osteolysis, part: str) -> str | None:
    if part == ELSEWHERE:
        return "elsewhere"
    if part == LUMBAR:
        return "due" if above(share, limits.lumbar).is_yes else None
    if at_least(share, limits.thoracic).is_yes:
        return "thoracic"
    return "grey" if at_least(share, limits.grey).is_yes else None


@dataclass(frozen=True, slots=True)
class Pillars:
    """How many pillars are several."""

    several: int


def pillars(record: PatientRecord, limits: Pillars) -> Verdict:
    """Two or three of body, pedicle and transverse process or posterior elements: a much higher risk of fracture.

    For whom  one of the three was answered
    Holds     fewer than ``several`` are involved
    Source    guidelines/sins.toml [FRAC-PILLAR-01]; it joins FRAC-VERT-01
    """
    form = sheet(record, *f.PILLARS)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    told = {pillar: form.flag(pillar) for pillar in f.PILLARS}
    involved = tuple(pillar for pillar, answer in told.items() if answer.is_yes)
    open_ones = tuple(gap for answer in told.values() if answer.is_unknown for gap in answer.missing)
    if len(involved) < limits.several <= len(involved) + len(open_ones):
        return undecided(open_ones, evidence=begun.evidence, said_by="FRAC-VERT-01")
    several = Answer(len(involved) >= limits.several, begun.evidence)
    return judge(begun, ~several, involved=Names(involved), said_by="FRAC-VERT-01")
