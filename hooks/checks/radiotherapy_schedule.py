"""How many fractions: the schedule of a conventional radiotherapy order against its situation (family RT).

The rules share the situations out: cord compression first, then fracture risk, complicated lesions, after surgery,
re-irradiation, preventive; what is left is uncomplicated or neuropathic pain. An order that tells neither dose nor
fractions is a referral, and nothing is said of it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import Answer, Known, no
from fhir_mappers.record.ordered import flag, sites_of
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.radiotherapy import (
    Prescribed,
    Schedule,
    after_surgery,
    at_fracture_risk,
    for_cord_compression,
    irradiated_before,
    is_complicated,
    is_stereotactic,
    poor_prognosis,
    prescribed,
    surgical_opinion,
    survives,
    uncomplicated,
)
from fhir_mappers.record.scores import MirelsPoints, mirels_total
from fhir_mappers.record.sites import of_spine
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, undecided

FIXATION_RULE = "FRAC-MIRELS-04"


@dataclass(frozen=True, slots=True)
class Schedules:
    """The schedules that need no remark, the standard among them first."""

    accepted: tuple[Schedule, ...]


def _verdict(
    record: PatientRecord,
    draft: DraftOrder,
    where: Answer,
    told: Prescribed,
    case: str | None,
    standard: Schedule,
    **more: Any,
) -> Verdict:
    """For whom the situation holds and a schedule is told; ``case`` is what is wrong with it, None when nothing is."""
    if told.gaps:
        open_ = undecided(told.gaps, dose=standard.dose, fractions=standard.count)
        return open_ if where.is_yes else judge(no(), no())
    if told.plan is None or where.is_no:
        return judge(no(), no())
    held = Answer(case is None, told.proof)
    now, into, dose, count = told.plan.dose, told.plan.count, standard.dose, standard.count
    verdict = judge(where, held, case=case or "due", now=now, into=into, dose=dose, fractions=count, **more)
    return verdict.resting_on(*told.proof)


def cord_compression(record: PatientRecord, limits: Schedules, draft: DraftOrder) -> Verdict:
    """Cord compression: 30 Gy in 10 fractions is the standard, 20 Gy in 5 accepted, one fraction for a poor prognosis.

    For whom  conventional radiotherapy for a cord compression
    Holds     one of ``accepted``; one fraction with a poor prognosis on file is information
    Units     Gy, fractions
    Source    guidelines/radiotherapy_schedule.toml [RT-MSCC-01]
    """
    told = prescribed(record, draft)
    case = None if told.plan is None or told.plan in limits.accepted else "other"
    if told.single:
        case = "poor_prognosis" if poor_prognosis(record, draft).is_yes else "single"
    return _verdict(record, draft, for_cord_compression(record, draft), told, case, limits.accepted[0])


@dataclass(frozen=True, slots=True)
class Usual:
    """The schedules accepted, the dose (Gy) and fractions between which any schedule is; the vertebrae and the Mirels
    score (with the points of its items) above which the situation is another.
    """

    accepted: tuple[Schedule, ...]
    least: Quantity
    most: Quantity
    fewest: int
    many: int
    vertebrae: Quantity
    mirels: Quantity
    points: MirelsPoints


def usual(record: PatientRecord, limits: Usual, draft: DraftOrder) -> Verdict:
    """Uncomplicated or neuropathic pain: one of the usual schedules.

    For whom  conventional radiotherapy of a bone in no other situation
    Holds     one of ``accepted``, or ``least`` to ``most`` in ``fewest`` to ``many`` fractions
    Units     Gy, fractions
    Source    guidelines/radiotherapy_schedule.toml [RT-FRAC-01]
    """
    told = prescribed(record, draft)
    plan = told.plan
    inside = (
        plan is not None and limits.least <= plan.dose <= limits.most and limits.fewest <= plan.fractions <= limits.many
    )
    case = None if plan is None or plan in limits.accepted or inside else "due"
    return _verdict(record, draft, _plain(record, draft, limits), told, case, limits.accepted[0])


def _plain(record: PatientRecord, draft: DraftOrder, limits: "Usual | Single") -> Answer:
    score = mirels_total(record, draft, limits.points)
    return uncomplicated(record, draft, limits.vertebrae, at_fracture_risk(record, draft, score, limits.mirels))


@dataclass(frozen=True, slots=True)
class Complicated:
    """The schedules preferred, the standard first, and how many vertebrae are too many for one fraction."""

    accepted: tuple[Schedule, ...]
    vertebrae: Quantity


def complicated(record: PatientRecord, limits: Complicated, draft: DraftOrder) -> Verdict:
    """A complicated lesion is not treated in one fraction.

    For whom  conventional radiotherapy of a complicated lesion, an epiduritis or more than ``vertebrae``: a warning;
              after surgery or for neuropathic pain alone: information. Cord compression has its own rule
    Holds     more than one fraction
    Units     fractions, vertebrae
    Source    guidelines/radiotherapy_schedule.toml [RT-FRAC-02]
    """
    told = prescribed(record, draft)
    grave = is_complicated(record, draft, limits.vertebrae)
    mild = after_surgery(record, draft) | flag(record, draft, rt.NEUROPATHIC)
    case = None if not told.single else ("due" if grave.is_yes else "equivalent")
    where = (grave | mild) & ~for_cord_compression(record, draft)
    return _verdict(record, draft, where, Prescribed(told.plan, told.proof), case, limits.accepted[0])


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The standard schedule first, the Mirels score from which a lesion is at risk, that from which the bone is fixed
    first and the points of its items, how old (d) a surgeon's opinion may be.
    """

    accepted: tuple[Schedule, ...]
    mirels: Quantity
    fixed_first: Decimal
    points: MirelsPoints
    opinion: Quantity


def fracture_risk(record: PatientRecord, limits: AtRisk, draft: DraftOrder) -> Verdict:
    """A bone at risk of fracture: a surgeon first, then 30 Gy in 10 fractions.

    For whom  conventional radiotherapy of a lesion at risk of fracture: said so, or Mirels at least ``mirels``
    Holds     the standard schedule and a surgeon's opinion within ``opinion``; one fraction is a warning, any other
              schedule, or no opinion, information. From ``fixed_first`` points FRAC-MIRELS-04 speaks, and carries it
    Units     Gy, fractions, points, days (UCUM d)
    Source    guidelines/radiotherapy_schedule.toml [RT-FRAC-03]
    """
    told = prescribed(record, draft)
    asked = surgical_opinion(record, limits.opinion)
    case = "single" if told.single else ("other" if told.plan not in (None, limits.accepted[0]) else None)
    score = mirels_total(record, draft, limits.points)
    at_risk = at_fracture_risk(record, draft, score, limits.mirels)
    where = at_risk & ~for_cord_compression(record, draft)
    fixed_first = isinstance(score, Known) and score.value.low >= limits.fixed_first
    nobody = asked.is_no and not fixed_first
    notes = ("no_opinion",) if nobody and case is not None else ()
    opinion = (NewService(("surgical_opinion",)),) if nobody else ()
    if case is None and asked.is_no and told.plan is not None:
        case = "opinion"
    voice = FIXATION_RULE if at_risk.is_unknown or fixed_first else None
    return _verdict(record, draft, where, told, case, limits.accepted[0], notes=notes, proposals=opinion, said_by=voice)


@dataclass(frozen=True, slots=True)
class Single:
    """The standard schedule, the survival (mo) above which irradiating again becomes likely; the vertebrae and the
    Mirels score (with the points of its items) above which the situation is another.
    """

    accepted: tuple[Schedule, ...]
    survival: Quantity
    vertebrae: Quantity
    mirels: Quantity
    points: MirelsPoints


def single_fraction(record: PatientRecord, limits: Single, draft: DraftOrder) -> Verdict:
    """One fraction is kept for particular cases; for an uncomplicated long or flat bone it is allowed.

    For whom  one conventional fraction in no situation that has its own rule
    Holds     a bone that is not the spine, and no survival above ``survival`` on file
    Units     fractions, months (UCUM mo)
    Source    guidelines/radiotherapy_schedule.toml [RT-FRAC-04]
    """
    told = prescribed(record, draft)
    if not told.single:
        return judge(no(), no())
    long_life = survives(record, limits.survival)
    case = "spine" if of_spine(sites_of(draft)) else ("survival" if long_life.is_yes else None)
    notes = ("long_survival",) if case == "spine" and long_life.is_yes else ()
    where = _plain(record, draft, limits)
    figures = {"survival": limits.survival}
    return _verdict(record, draft, where, told, case, limits.accepted[0], notes=notes, **figures)


def after_operation(record: PatientRecord, limits: Schedules, draft: DraftOrder) -> Verdict:
    """After surgery: 20 Gy in 5 or 30 Gy in 10 fractions.

    For whom  conventional radiotherapy after surgery, in more than one fraction (one has its own rule), no cord
              compression
    Holds     one of ``accepted``
    Units     Gy, fractions
    Source    guidelines/radiotherapy_schedule.toml [RT-FRAC-06]
    """
    told = prescribed(record, draft)
    where = after_surgery(record, draft) & ~for_cord_compression(record, draft) & Answer(not told.single)
    case = None if told.plan is None or told.plan in limits.accepted else "due"
    return _verdict(record, draft, where, told, case, limits.accepted[0])


@dataclass(frozen=True, slots=True)
class Again:
    """The schedules of a second irradiation: conventional, and stereotactic."""

    accepted: tuple[Schedule, ...]
    stereotactic: tuple[Schedule, ...]


def again(record: PatientRecord, limits: Again, draft: DraftOrder) -> Verdict:
    """A second irradiation: stereotactic 35 Gy in 5 or 27 Gy in 3, otherwise 20 Gy in 5; one fraction is exceptional.

    For whom  radiotherapy of a bone irradiated before, conventional or stereotactic, no cord compression
    Holds     a schedule of its technique
    Units     Gy, fractions
    Source    guidelines/radiotherapy_schedule.toml [RT-REIRR-02]
    """
    told = prescribed(record, draft)
    allowed = limits.stereotactic if is_stereotactic(draft) else limits.accepted
    case = None if told.plan is None or told.plan in allowed else ("single" if told.single else "due")
    where = irradiated_before(record, draft) & ~for_cord_compression(record, draft)
    return _verdict(record, draft, Answer(where.is_yes, where.evidence), told, case, allowed[0])
