"""Before radiotherapy of a bone: whom to refer, what to look up first, what goes with it (family RT)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Known, Missing, either, no, unknown, yes
from fhir_mappers.record.facts import PROCEDURES, REPORTS
from fhir_mappers.record.ordered import (
    booked,
    completed,
    detail,
    done,
    flag,
    number,
    requested,
    sites_of,
    taken_now,
)
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.radiotherapy import (
    at_least,
    fractions,
    irradiated_before,
    is_stereotactic_spine,
    surgical_opinion,
    total,
)
from fhir_mappers.record.scores import MirelsPoints, mirels_total
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, not_applicable, undecided


@dataclass(frozen=True, slots=True)
class Pain:
    """Pain (0 to 10) and analgesic step that call for radiotherapy, how long (d) on that step, how recent (d) an
    irradiation or a request for one may be, how old (d) the score.
    """

    score: Quantity
    step: Quantity
    unchanged: Quantity
    irradiated: Quantity
    fresh: Quantity


def pain(record: PatientRecord, limits: Pain) -> Verdict:
    """Radiotherapy is the first treatment of a painful bone metastasis that resists analgesics.

    For whom  a bone metastasis, pain at least ``score`` (at most ``fresh`` old), analgesics of at least ``step`` for
              ``unchanged``
    Holds     bones were irradiated within ``irradiated``, or radiotherapy is requested or booked
    Units     points, days (UCUM d)
    Unknown   in the app alone: a score or a step that is not told. When a chart opens that is silent
    Source    guidelines/radiotherapy.toml [RT-PAIN-01]
    """
    score = at_least(number(record, None, rt.PAIN, limits.fresh), limits.score)
    step = at_least(number(record, None, rt.ANALGESIC_STEP), limits.step)
    hurts = score & step & _long_enough(record, limits.unchanged)
    asked_in_app = record.moment == "app" and record.has(c.BONE_METASTASIS).is_yes
    gaps = _untold(record, rt.PAIN, rt.ANALGESIC_STEP, rt.ANALGESIC_SINCE) if asked_in_app else ()
    if gaps and not any(answer.is_no and answer.evidence for answer in (score, step)):
        return undecided(gaps, score=limits.score)
    for_whom = record.has(c.BONE_METASTASIS) & hurts
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    cared_for = either(
        (
            done(record, c.RADIOTHERAPY, limits.irradiated, PROCEDURES),
            requested(record, rt.IRRADIATION, limits.irradiated),
            booked(record, rt.IRRADIATION),
        )
    )
    told = detail(record, None, rt.PAIN, limits.fresh)
    return judge(
        for_whom,
        cared_for,
        proposals=(NewService((rt.CONSULTATION,)),),
        score=told.value.value if isinstance(told, Known) else None,
        irradiated=limits.irradiated,
    )


def _long_enough(record: PatientRecord, least: Quantity) -> Answer:
    """The step has not changed for that long; a day that is not told is no."""
    since = detail(record, None, rt.ANALGESIC_SINCE)
    if isinstance(since, Missing):
        return no() if since.why in (ABSENT, TOO_OLD) else unknown(since)
    span = record.days_since(since.value.moment_value)
    if span is None:
        return no(*since.evidence)
    return Answer(span.low >= least.value, since.evidence)


def _untold(record: PatientRecord, *concepts: str) -> tuple[Missing, ...]:
    readings = (detail(record, None, concept) for concept in concepts)
    return tuple(reading for reading in readings if isinstance(reading, Missing))


@dataclass(frozen=True, slots=True)
class SteroidCover:
    """The single doses (Gy) that need a corticosteroid, from the least to the most."""

    least: Quantity
    most: Quantity


def steroid_cover(record: PatientRecord, limits: SteroidCover, draft: DraftOrder) -> Verdict:
    """A single large fraction is given under a corticosteroid.

    For whom  one fraction of ``least`` to ``most``, not stereotactic
    Holds     a systemic corticosteroid runs or is drafted
    Units     Gy
    Source    guidelines/radiotherapy.toml [RT-STER-01]
    """
    count = fractions(record, draft)
    if isinstance(count, Missing) or not (count.value.is_exact and count.value.low == 1):
        return judge(no(), no())
    dose = total(record, draft, count.value)
    if isinstance(dose, Missing):
        return judge(no(), no())
    large = limits.least.value <= dose.value.low <= limits.most.value
    taken = taken_now(record, c.CORTICOSTEROIDS)
    return judge(
        Answer(large, dose.evidence),
        record.drafted_any(*c.CORTICOSTEROIDS) | taken,
        least=limits.least,
        most=limits.most,
    )


@dataclass(frozen=True, slots=True)
class FractureFirst:
    """How old (d) an assessment of the fracture risk may be; the points of the items of Mirels."""

    window: Quantity
    points: MirelsPoints


def fracture_first(record: PatientRecord, limits: FractureFirst, draft: DraftOrder) -> Verdict:
    """The risk of fracture is assessed before a weight-bearing bone is irradiated.

    For whom  radiotherapy of the femur, the tibia, the humerus or the acetabulum
    Holds     a Mirels score, a targeted CT of the place or a surgeon's opinion within ``window``
    Units     days (UCUM d)
    Unknown   none of them is on file: it is asked for, nothing is advised
    Source    guidelines/radiotherapy.toml [RT-FXEXCL-01]
    """
    sites = [site for site in sites_of(draft) if site in WEIGHT_BEARING]
    told_of = (draft, None) if ACETABULUM in sites else (draft,)  # the score of any bone counts there, as it has none
    scored = any(isinstance(mirels_total(record, of, limits.points, limits.window), Known) for of in told_of)
    imaged = done(record, rt.TARGETED_CT, limits.window, PROCEDURES, REPORTS, at=sites)
    assessed = either((Answer(scored), imaged, surgical_opinion(record, limits.window)))
    if not sites or assessed.is_yes:
        return judge(Answer(bool(sites)), yes(*assessed.evidence))
    gap = Missing("fracture_risk_assessment", assessed.missing[0].why if assessed.missing else ABSENT)
    return undecided((gap,), window=limits.window)


ACETABULUM = "site_acetabulum"
WEIGHT_BEARING = (
    *("site_femur", "site_femoral_head_neck", "site_trochanteric", "site_tibia", "site_humerus"),
    ACETABULUM,
)


@dataclass(frozen=True, slots=True)
class PriorDose:
    """How old (d) the summary of an earlier irradiation may be; in effect any age."""

    summary: Quantity


def prior_dose(record: PatientRecord, limits: PriorDose, draft: DraftOrder) -> Verdict:
    """The dose of an earlier irradiation is known before the same place is irradiated again.

    For whom  radiotherapy of a place irradiated before, or of one that may have been; a vertebra under stereotactic
              radiotherapy has its own rule
    Holds     a summary of the dose, or the dose itself, is on file or told in the order
    Units     days (UCUM d)
    Unknown   no dose is on file, or where an earlier irradiation was given is not recorded
    Source    guidelines/radiotherapy.toml [RT-REIRR-01]
    """
    if is_stereotactic_spine(draft):
        return judge(no(), no())
    before = irradiated_before(record, draft)
    reports = completed(record, (rt.DOSE_SUMMARY,))
    told = isinstance(detail(record, draft, rt.PRIOR_DOSE, limits.summary), Known)
    known = either(
        (
            Answer(told),
            flag(record, draft, rt.DOSE_SUMMARY, limits.summary),
            record.any_of(reports, REPORTS, what=rt.DOSE_SUMMARY),
        )
    )
    if before.is_no or known.is_yes:
        return judge(before, known)
    gaps = before.missing or known.missing or (Missing(rt.DOSE_SUMMARY, ABSENT),)
    return undecided(gaps, evidence=before.evidence)
