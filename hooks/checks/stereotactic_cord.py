"""The cord under stereotactic radiotherapy, the first time and again (family SBRT)."""

from dataclasses import dataclass
from fractions import Fraction

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, Reading, at_most, below, no, unknown, yes
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.ordered import detail, number
from fhir_mappers.record.proposals import HoldDraft, Names, NewService
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.radiotherapy import fractions, irradiated_before, is_stereotactic_spine, prescribed
from fhir_mappers.record.stereotactic import long_enough_since, targets
from hooks.check import DraftOrder, PatientRecord, Verdict, gravest, judge, not_applicable, undecided

_NEEDED = (rt.CUMULATIVE_EQD2, rt.NEW_EQD2, rt.ALPHA_BETA)


@dataclass(frozen=True, slots=True)
class CordLimits:
    """The highest point dose to the cord (Gy) for 1 to 5 fractions, and the dose in one fraction above which care is
    needed.
    """

    limits: tuple[Quantity, ...]
    caution: Quantity


def cord_dose(record: PatientRecord, limits: CordLimits) -> Verdict:
    """The point dose to the cord of a first irradiation keeps to its limit.

    For whom  stereotactic radiotherapy of the spine that was not irradiated there before; an order that tells neither
              doses nor fractions is a referral
    Holds     the point dose is at most the limit for its fractions; between ``caution`` and the limit of one fraction a
              warning; more fractions than the table has are for the physicist
    Units     Gy, fractions
    Unknown   the point dose or the fractions are not told
    Source    guidelines/stereotactic_cord.toml [SBRT-CORD-01]
    """
    return gravest(_cord_dose(record, limits, draft) for draft in targets(record, is_stereotactic_spine, rt.CORD_DMAX))


def _cord_dose(record: PatientRecord, limits: CordLimits, draft: DraftOrder | None) -> Verdict:
    if draft is not None and irradiated_before(record, draft).is_yes:
        return not_applicable()
    dose = number(record, draft, rt.CORD_DMAX)
    count = number(record, draft, rt.FRACTIONS) if draft is None else fractions(record, draft)
    gaps = tuple(one for one in (dose, count) if isinstance(one, Missing))
    if isinstance(dose, Missing) or isinstance(count, Missing):
        return not_applicable() if _is_referral(record, draft, gaps) else undecided(gaps)
    how_many = count.value.low
    proof = (*dose.evidence, *count.evidence)
    shown = _measured(detail(record, draft, rt.CORD_DMAX))
    count_ = _counted(Fraction(how_many))
    if not 1 <= how_many <= len(limits.limits) or how_many.denominator != 1:
        return judge(yes(*proof), no(), case="not_covered", dose=shown, fractions=count_)
    limit = limits.limits[int(how_many) - 1]
    kept = at_most(dose, limit)
    careful = at_most(dose, limits.caution) if how_many == 1 else yes(*proof)
    case = "due" if not kept.is_yes else "caution"
    hold = (HoldDraft(draft),) if draft is not None and case == "due" else ()
    return judge(
        yes(*proof),
        kept & careful,
        case=case,
        proposals=hold,
        limit=limit,
        caution=limits.caution,
        dose=shown,
        fractions=count_,
    )


def _is_referral(record: PatientRecord, draft: DraftOrder | None, gaps: tuple[Missing, ...]) -> bool:
    if draft is None or len(gaps) < 2:
        return False
    told = prescribed(record, draft)
    return told.plan is None and not told.gaps and all(gap.why == ABSENT for gap in gaps)


def _measured(told: Reading[Measurement]) -> Quantity | None:
    return told.value.value if isinstance(told, Known) else None


def _counted(count: Fraction) -> Quantity:
    return Quantity.of(f"{float(count):g} {{fraction}}")


@dataclass(frozen=True, slots=True)
class Again:
    """The cumulative and the new dose to the cord (EQD2, Gy) that must not be reached, their highest ratio, the fewest
    months (mo) between, and the cumulative dose (Gy) up to which nobody agrees.
    """

    cumulative: Quantity
    new: Quantity
    ratio: Quantity
    interval: Quantity
    disputed: Quantity


def again(record: PatientRecord, limits: Again) -> Verdict:
    """The conditions for irradiating a spine again.

    For whom  stereotactic radiotherapy of the spine that was, or may have been, irradiated there before; in the app
              once a cumulative dose is told
    Holds     cumulative EQD2 below ``cumulative``, new EQD2 below ``new``, new to cumulative at most ``ratio``, at
              least ``interval`` since
    Units     Gy (EQD2), a ratio, months (UCUM mo)
    Unknown   any dose, the alpha/beta behind it or the interval is not told: no verdict is given (A21)
    Source    guidelines/stereotactic_cord.toml [SBRT-REIRR-01]
    """
    asked = targets(record, is_stereotactic_spine, rt.CUMULATIVE_EQD2, rt.NEW_EQD2)
    return gravest(_again(record, limits, draft) for draft in asked)


def _again(record: PatientRecord, limits: Again, draft: DraftOrder | None) -> Verdict:
    before = irradiated_before(record, draft) if draft is not None else yes()
    if before.is_no:
        return not_applicable(*before.evidence)
    told = {name: number(record, draft, name) for name in _NEEDED}
    waited = long_enough_since(record, draft, limits.interval)
    gaps = (*(one for one in told.values() if isinstance(one, Missing)), *waited.missing)
    if gaps:
        notes = ("interval_short",) if waited.is_no else ()
        return undecided((*before.missing, *gaps), notes=notes, evidence=before.evidence, interval=limits.interval)
    broken = _doses_broken(told, limits) | {rt.INTERVAL: ~waited}
    found = tuple(name for name, answer in broken.items() if not answer.is_no)
    proof = tuple(dict.fromkeys(e for answer in broken.values() for e in answer.evidence))
    disputed = at_most(told[rt.CUMULATIVE_EQD2], limits.disputed).is_yes and rt.CUMULATIVE_EQD2 in found
    hold = (HoldDraft(draft),) if draft is not None else ()
    return judge(
        yes(*before.evidence, *proof),
        Answer(not found, proof),
        proposals=(*hold, NewService(("bone_tumour_board",))),
        notes=("disputed",) if disputed else (),
        found=Names(found),
        cumulative=limits.cumulative,
        new=limits.new,
        ratio=limits.ratio,
        interval=limits.interval,
        disputed=limits.disputed,
    )


def _doses_broken(told: dict[str, Reading[Span]], limits: Again) -> dict[str, Answer]:
    """Which of the conditions on the doses are not met."""
    whole, new = told[rt.CUMULATIVE_EQD2], told[rt.NEW_EQD2]
    return {
        rt.CUMULATIVE_EQD2: ~below(whole, limits.cumulative),
        rt.NEW_EQD2: ~below(new, limits.new),
        "eqd2_ratio": ~_ratio_at_most(new, whole, limits.ratio),
    }


def _ratio_at_most(new: Reading[Span], whole: Reading[Span], most: Quantity) -> Answer:
    if isinstance(new, Missing) or isinstance(whole, Missing):
        return unknown(*(one for one in (new, whole) if isinstance(one, Missing)))
    highest = whole.value.low * Fraction(most.value)
    return Answer(new.value.high <= highest, (*new.evidence, *whole.evidence))
