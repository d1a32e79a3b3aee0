"""Whether a cementoplasty is the right act: indication, controlled pain, long bones (family CEM)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Evidence, Known, Missing, Reading, at_most, no, yes
from fhir_mappers.record.events import DraftOrder, Measurement
from fhir_mappers.record.intervention import of_bone_disease
from fhir_mappers.record.ordered import detail, flag, number, sites_of
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity
from hooks.check import PatientRecord, Unlimited, Verdict, grade, judge, not_applicable, undecided

REASONS = ("opioid_intolerance", "surgery_or_reirradiation_impossible")


@dataclass(frozen=True, slots=True)
class Pain:
    """The pain score up to which the pain counts as controlled."""

    controlled: Quantity


def indicated(record: PatientRecord, limits: Pain) -> Verdict:
    """A cementoplasty has one of its main indications, and the lesion on imaging explains the pain.

    For whom  a cementoplasty is drafted, or the form of its indications was begun
    Holds     never: what speaks for it, that none does, or that imaging does not match, for the discussion
    Unknown   imaging or, where no indication is met, one of the items is not answered
    Source    guidelines/cementoplasty_choice.toml [CEM-IND-01]
    """
    drafts = [one for one in record.live_drafts() if one.is_any(ci.CEMENTOPLASTY)]
    draft = drafts[0] if drafts else None
    asked = [detail(record, draft, one) for one in (*REASONS, "pain_matches_imaging")]
    if not drafts and all(isinstance(one, Missing) for one in asked):
        return not_applicable()
    uncontrolled = ~_controlled(record, draft, limits)
    items = {"pain_uncontrolled": uncontrolled}
    items |= {one: flag(record, draft, one, required=True) for one in REASONS}
    matches = flag(record, draft, "pain_matches_imaging", required=True)
    met = [name for name, answer in items.items() if answer.is_yes]
    gaps = tuple(dict.fromkeys(gap for answer in items.values() for gap in answer.missing))
    evidence = tuple(proof for name in met for proof in items[name].evidence)
    if matches.is_no:
        return grade(yes(), "not_concordant", matches.evidence)
    if matches.is_unknown or (gaps and not met):
        return undecided((*matches.missing, *(gaps if not met else ())), evidence=evidence)
    return grade(yes(), "due" if met else "none", (*evidence, *matches.evidence), met=Names(tuple(met)))


def _controlled(record: PatientRecord, draft: DraftOrder | None, limits: Pain) -> Answer:
    return at_most(number(record, draft, ci.PAIN_SCORE), limits.controlled)


def controlled_pain(record: PatientRecord, limits: Pain, draft: DraftOrder) -> Verdict:
    """Well controlled pain needs no cementoplasty, unless it is to strengthen the bone.

    For whom  a cementoplasty of a metastasis is asked for with a recorded pain score <= ``controlled``; without one
              it is silent
    Holds     a mechanical benefit is expected
    Unknown   that was not answered
    Source    guidelines/cementoplasty_choice.toml [CEM-NON-01]
    """
    score = number(record, draft, ci.PAIN_SCORE)
    silent = isinstance(score, Missing) and score.why in (ABSENT, TOO_OLD)
    return judge(
        no() if silent else of_bone_disease(record, draft) & at_most(score, limits.controlled),
        flag(record, draft, "mechanical_aim", required=True),
        score=_result(detail(record, draft, ci.PAIN_SCORE)),
        controlled=limits.controlled,
    )


def _result(told: Reading[Measurement]) -> Evidence | None:
    return told.value.evidence() if isinstance(told, Known) else None


def long_bone(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """In the shaft of a long bone cement alone is no reliable alternative to fixation.

    For whom  a cementoplasty of a long bone is asked for, without a fixation or bone surgery beside it
    Holds     the patient is no candidate for osteosynthesis, or not fit for surgery
    Unknown   neither was answered
    Source    guidelines/cementoplasty_choice.toml [CEM-LONG-01]
    """
    here = [site for site in sites_of(draft) if site in ci.LONG_BONES]
    if not here or record.drafted_any(*ci.LIMB_SURGERY).is_yes:
        return not_applicable()
    asked = flag(record, draft, "osteosynthesis_candidate", required=True)
    fit = flag(record, draft, "fit_for_surgery", required=True)
    candidate = fit if fit.is_no else asked
    drafted = yes(draft.evidence("draft_order"))
    return judge(drafted, ~candidate, site=Names(tuple(here))).resting_on(*candidate.evidence)
