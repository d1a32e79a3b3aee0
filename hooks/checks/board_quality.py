"""Quality requirements for whoever has lung cancer: letter and board, tobacco, pain, palliative care (family MDT)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.answer import Answer, Known, Missing, below, no, yes
from fhir_mappers.record.facts import CARE_PLANS, PROCEDURES, REPORTS
from fhir_mappers.record.ordered import completed, done, number, requested, taken_now
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from hooks.check import PatientRecord, Verdict, judge, not_applicable

DISCHARGE, APP = "encounter-discharge", "app"
TOBACCO = NewService(("smoking_cessation",))


@dataclass(frozen=True, slots=True)
class Letter:
    """How old (d) the letter to the general practitioner may be at a discharge."""

    letter: Quantity


def discussion_and_letter(record: PatientRecord, limits: Letter) -> Verdict:
    """The case was discussed by several disciplines, and the general practitioner hears of it.

    For whom  lung cancer, at a discharge, where an earlier letter of this patient is coded: a record that never codes
              them says nothing by their absence
    Holds     a letter within ``letter``, and a board report ever
    Units     days (UCUM d)
    Source    guidelines/board_quality.toml [MDT-QUAL-01]; passive, one line
    """
    letters, reports = completed(record, (i.GP_LETTER,)), completed(record, i.BOARD_REPORTS)
    if record.moment != DISCHARGE or not letters:
        return not_applicable()
    sent = done(record, (i.GP_LETTER,), limits.letter)
    discussed = record.any_of(reports, PROCEDURES, REPORTS, what=i.BOARD_REPORTS[0])
    case = "both" if sent.is_no and discussed.is_no else ("due" if sent.is_no else "discussion")
    proof = (*(letter.evidence(i.GP_LETTER) for letter in letters), *discussed.evidence)
    verdict = judge(record.has(c.LUNG_CANCER), sent & discussed, case=case, letter=limits.letter)
    return verdict.resting_on(*proof) if verdict.outcome == "due" else verdict


@dataclass(frozen=True, slots=True)
class Tobacco:
    """For how long (d) help to stop smoking that was asked for or given counts."""

    recent: Quantity


def smoking(record: PatientRecord, limits: Tobacco) -> Verdict:
    """Whoever smokes is offered help to stop.

    For whom  lung cancer and a recorded current smoker, not in comfort-only care, at a discharge
    Holds     a referral or a drug for it within ``recent``
    Units     days (UCUM d)
    Source    guidelines/board_quality.toml [MDT-QUAL-03]
    """
    smokes = record.smokes()
    if record.moment != DISCHARGE or not smokes.is_yes or record.comfort_care().is_yes:
        return not_applicable()
    helped = (
        requested(record, (i.SMOKING_HELP,), limits.recent)
        | done(record, (i.SMOKING_HELP,), limits.recent)
        | taken_now(record, (i.SMOKING_DRUG,))
    )
    return judge(record.has(c.LUNG_CANCER) & smokes, helped, proposals=(TOBACCO,), recent=limits.recent)


@dataclass(frozen=True, slots=True)
class Comfort:
    """The pain (score of 0 to 10) that wants a plan, how old (d) it may be, and for how long (d) a contact with
    palliative care counts.
    """

    pain: Quantity
    fresh: Quantity
    contact: Quantity


def pain_and_support(record: PatientRecord, limits: Comfort) -> Verdict:
    """Pain is treated, and palliative care is known early.

    For whom  lung cancer, at a discharge or in the app: pain at or above ``pain`` within ``fresh``; in the app also
              metastatic disease
    Holds     for the pain an analgesic plan, step or drug; for metastatic disease a contact with palliative care within
              ``contact``
    Units     score of 0 to 10; days (UCUM d)
    Source    guidelines/board_quality.toml [MDT-QUAL-04]
    """
    lung = record.has(c.LUNG_CANCER)
    if record.moment not in (DISCHARGE, APP) or not lung.is_yes:
        return not_applicable(*lung.evidence)
    score = number(record, None, i.PAIN_SCORE, limits.fresh)
    hurts = no() if isinstance(score, Missing) else ~below(score, limits.pain)
    untreated = hurts & ~_analgesia(record, limits)
    spread = _metastatic(record) if record.moment == APP else no()
    alone = spread & ~_palliative(record, limits)
    case = "both" if untreated.is_yes and alone.is_yes else ("due" if untreated.is_yes else "palliative")
    return judge(
        lung & (hurts | spread),
        ~untreated & ~alone,
        case=case,
        pain=score.evidence[0] if isinstance(score, Known) else None,
        contact=limits.contact,
    )


def _analgesia(record: PatientRecord, limits: Comfort) -> Answer:
    """A plan, a recorded step, or any analgesic being taken."""
    plans = (p for p in record.care_plans if p.is_any(i.ANALGESIC_PLAN) and p.status == "active")
    step = number(record, None, i.ANALGESIC_STEP, limits.fresh)
    stepped = yes(*step.evidence) if isinstance(step, Known) else no()
    return record.any_of(plans, CARE_PLANS, what=i.ANALGESIC_PLAN) | stepped | taken_now(record, i.ANALGESICS)


def _metastatic(record: PatientRecord) -> Answer:
    secondary = (c.BONE_METASTASIS, *c.SECONDARY_CANCER, "brain_metastasis", "liver_metastasis", "lung_metastasis")
    return record.has(*secondary, certain=True)


def _palliative(record: PatientRecord, limits: Comfort) -> Answer:
    met = done(record, (i.PALLIATIVE_CONTACT,), limits.contact)
    return met | requested(record, (i.PALLIATIVE_CONTACT,), limits.contact)
