"""Which pain and which lesion is operated on: preventive fixation, pain that resists, acetabulum (family SURG)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import Answer, Known, yes
from fhir_mappers.record.answer import below as span_below
from fhir_mappers.record.ordered import detail, flag, number, said
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.scores import MirelsPoints, mirels_total
from hooks.check import PatientRecord, Unlimited, Verdict, grade, judge, not_applicable, undecided

MIRELS_RULE = "FRAC-MIRELS-04"


@dataclass(frozen=True, slots=True)
class Prophylactic:
    """The Mirels score from which FRAC-MIRELS-04 speaks, and the points of its items."""

    mirels: Decimal
    points: MirelsPoints


def prophylactic(record: PatientRecord, limits: Prophylactic) -> Verdict:
    """Mechanical pain of a lower limb is discussed for a preventive fixation.

    For whom  the form places the lesion in a lower limb
    Holds     the pain is neither mechanical nor increased by load; a Mirels score from ``mirels`` is FRAC-MIRELS-04's
    Unknown   the kind of pain was not answered
    Source    guidelines/surgery_choice.toml [SURG-PROPH-01]
    """
    lower = said(record, None, "lesion_site", *ci.LOWER_LIMB)
    scored = said(record, None, "mirels_site", "mirels_lower_limb", "mirels_trochanteric")
    pain = said(record, None, ci.PAIN_MECHANISM, *ci.MECHANICAL_PAIN, required=True)
    score = mirels_total(record, None, limits.points)
    high = isinstance(score, Known) and score.value.low >= limits.mirels
    return judge(lower | scored, ~pain, said_by=MIRELS_RULE if high else None, mirels=limits.mirels)


@dataclass(frozen=True, slots=True)
class Pain:
    """The pain score from which pain counts as severe."""

    severe: Quantity


def resisting_pain(record: PatientRecord, limits: Pain) -> Verdict:
    """Severe pain that neither medical treatment nor cementoplasty relieves is a reason for surgery of a limb.

    For whom  the form places the lesion in a limb and tells whether a cementoplasty failed
    Holds     pain below ``severe``, or one of the two treatments has not failed
    Unknown   the pain or one of the failures was not answered
    Source    guidelines/surgery_choice.toml [SURG-PAIN-01]
    """
    limb = said(record, None, "lesion_site", *ci.LIMBS)
    asked = Answer(isinstance(detail(record, None, "failed_cementoplasty"), Known))
    failed = _failed(record, "failed_medical_treatment") & _failed(record, "failed_cementoplasty")
    severe = ~span_below(number(record, None, ci.PAIN_SCORE), limits.severe)
    unfit = ("unfit",) if flag(record, None, "fit_for_surgery", required=True).is_no else ()
    return judge(limb & asked, ~(failed & severe), notes=unfit, severe=limits.severe)


def acetabulum(record: PatientRecord, limits: Unlimited) -> Verdict:
    """A lesion of the acetabulum is treated step by step, surgery last.

    For whom  the form places the lesion in the acetabulum
    Holds     never: medical treatment and radiotherapy while it is stable and nothing has failed; cementoplasty or
              another percutaneous act after a failure or when it is at risk; surgery after those, in a fit patient
    Unknown   an answer the next step depends on
    Source    guidelines/surgery_choice.toml [SURG-ACET-01]
    """
    here = said(record, None, "lesion_site", "site_acetabulum")
    if not here.is_yes:
        return not_applicable()
    treated = _failed(record, "failed_medical_treatment") | _failed(record, "failed_radiotherapy")
    percutaneous, fit = _failed(record, "failed_cementoplasty"), flag(record, None, "fit_for_surgery", required=True)
    at_risk = ~flag(record, None, "acetabulum_stable", required=True) | treated
    if percutaneous.is_yes:
        step = {True: "surgery", False: "unfit", None: None}[fit.value]
        gaps = fit.missing
    elif percutaneous.is_unknown:
        step, gaps = None, percutaneous.missing
    else:
        step, gaps = {True: "percutaneous", False: "medical", None: None}[at_risk.value], at_risk.missing
    return grade(yes(), step, here.evidence) if step else undecided(gaps)


def _failed(record: PatientRecord, treatment: str) -> Answer:
    return flag(record, None, treatment, required=True)
