"""Radiotherapy among the local treatments: preventive irradiation, the long bone and the vertebra at risk (RT)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Known, Missing, Reading, at_most, below, either, no
from fhir_mappers.record.facts import PROCEDURES
from fhir_mappers.record.ordered import completed, every, flag, number, said
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.radiotherapy import (
    Schedule,
    at_fracture_risk,
    at_least,
    is_conventional_bone,
    prescribed,
)
from fhir_mappers.record.scores import MirelsPoints, mirels_total
from fhir_mappers.record.sites import overlap
from fhir_mappers.record.spine_scores import SinsPoints, sins_total
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, not_applicable, undecided

GIRDLES = (
    *("site_acetabulum", "site_femoral_head_neck", "site_acromion", "site_glenoid", "site_humerus"),
    "site_sacro_iliac",
)
JUNCTIONS = ("vertebra_c7", "vertebra_t1", "vertebra_t12", "vertebra_l1", "vertebra_l5", "vertebra_s1")
LONG_BONES = ("site_femur", "site_trochanteric", "site_femoral_head_neck", "site_tibia", "site_fibula", "site_humerus",
              "site_forearm")  # fmt: skip
_BOARD = NewService(("bone_tumour_board",))


@dataclass(frozen=True, slots=True)
class Preventive:
    """The schedules of preventive radiotherapy; the size (cm) of a lesion at high risk, and the shares of the cortex
    from which and to which it is.
    """

    accepted: tuple[Schedule, ...]
    size: Quantity
    cortex_from: Quantity
    cortex_to: Quantity


def preventive(record: PatientRecord, limits: Preventive) -> Verdict:
    """Preventive irradiation of an asymptomatic lesion at high risk: an option for the board, 30 Gy in 10 fractions.

    For whom  a conventional order with preventive intent; in the app a lesion described as asymptomatic at high risk:
              any of size, girdle, part of the cortex of a long bone, junction of the spine, posterior arch
    Holds     the order has an ``accepted`` schedule; the place of the lesion was irradiated before
    Units     cm, a share (0 to 1), Gy, fractions
    Unknown   in the app: what the description leaves open, where it decides
    Source    guidelines/radiotherapy_choice.toml [RT-PREV-01]
    """
    for draft in record.live_drafts():
        if draft.selected and is_conventional_bone(draft) and said(record, draft, rt.INTENT, rt.PREVENTIVE).is_yes:
            return _ordered(record, draft, limits)
    if record.moment != "app":
        return not_applicable()
    symptoms = flag(record, None, rt.SYMPTOMATIC, required=True)
    places = _places(record)
    if symptoms.is_unknown or not places:
        return not_applicable(*symptoms.evidence)
    return judge(~symptoms & _high_risk(record, places, limits), _irradiated(record, places), proposals=(_BOARD,))


def _ordered(record: PatientRecord, draft: DraftOrder, limits: Preventive) -> Verdict:
    told, standard = prescribed(record, draft), limits.accepted[0]
    if told.plan is None:
        return undecided(told.gaps) if told.gaps else not_applicable()
    return judge(
        Answer(True, told.proof),
        Answer(told.plan in limits.accepted, told.proof),
        case="schedule",
        now=told.plan.dose,
        dose=standard.dose,
        fractions=Quantity.of(f"{standard.fractions} {{fraction}}"),
    )


def _places(record: PatientRecord) -> tuple[str, ...]:
    told = (every(record, None, concept) for concept in (rt.SITE, rt.LEVEL))
    return tuple(place for one in told if isinstance(one, Known) for each in one.value for place in each.concepts)


def _high_risk(record: PatientRecord, places: tuple[str, ...], limits: Preventive) -> Answer:
    """Any of the criteria; more than the upper share of the cortex is for the rules of fracture risk."""
    size, cortex = number(record, None, rt.SIZE), number(record, None, rt.CORTEX)
    is_long = not set(places).isdisjoint(LONG_BONES)
    beyond = _above(cortex, limits.cortex_to) if is_long else no()
    part = (~below(cortex, limits.cortex_from) & ~beyond) if is_long else no()
    arch = flag(record, None, rt.POSTERIOR_ARCH, required=any(p.startswith("vertebra_") for p in places))
    by_place = Answer(not set(places).isdisjoint((*GIRDLES, *JUNCTIONS)))
    return either((~below(size, limits.size), by_place, part, arch)) & ~Answer(beyond.is_yes, beyond.evidence)


def _above(reading: Reading[Span], limit: Quantity) -> Answer:
    """Above the limit; none on file is no."""
    if isinstance(reading, Missing) and reading.why in (ABSENT, TOO_OLD):
        return no()
    return ~at_most(reading, limit)


def _irradiated(record: PatientRecord, places: tuple[str, ...]) -> Answer:
    there = (act for act in completed(record, c.RADIOTHERAPY) if overlap(act.sites, places) is not False)
    return record.any_of(there, PROCEDURES, what="radiotherapy")


@dataclass(frozen=True, slots=True)
class LongBone:
    """The Mirels score from which radiotherapy and preventive surgery are discussed together, that from which the bone
    is fixed first, and the points of its items.
    """

    mirels: Quantity
    fixed_first: Decimal
    points: MirelsPoints


def long_bone(record: PatientRecord, limits: LongBone) -> Verdict:
    """A long bone at risk of fracture: radiotherapy and preventive surgery are discussed together.

    For whom  a Mirels score of at least ``mirels``, or a lesion said to be at risk of fracture
    Holds     never: the choice is the board's. The rule that the score is for says it
    Units     points
    Source    guidelines/radiotherapy_choice.toml [RT-LONG-01]
    """
    score = mirels_total(record, None, limits.points)
    fixed_first = isinstance(score, Known) and score.value.low >= limits.fixed_first
    return judge(
        at_fracture_risk(record, None, score, limits.mirels),
        no(),
        said_by="FRAC-MIRELS-04" if fixed_first else "FRAC-MIRELS-03",
        proposals=(_BOARD,),
        mirels=limits.mirels,
    )


@dataclass(frozen=True, slots=True)
class Vertebra:
    """The SINS (with the points of its items) and the share of the vertebral body (%) from which a vertebra is at
    risk.
    """

    sins: Quantity
    body: Quantity
    points: SinsPoints


def vertebra(record: PatientRecord, limits: Vertebra) -> Verdict:
    """A vertebra at risk: radiotherapy, vertebroplasty, brace and surgery are discussed, alone or combined.

    For whom  a SINS of at least ``sins``, or more than ``body`` of the vertebral body destroyed
    Holds     never: the choice is the board's. The rule of what puts it at risk says it
    Units     points, per cent
    Source    guidelines/radiotherapy_choice.toml [RT-VERT-01]
    """
    lysis = _above(number(record, None, rt.BODY_LYSIS), limits.body)
    unstable = at_least(sins_total(record, None, limits.points), limits.sins)
    voice = "FRAC-SINS-02" if unstable.is_yes else "FRAC-VERT-01"
    return judge(unstable | lysis, no(), said_by=voice, sins=limits.sins, body=limits.body)
