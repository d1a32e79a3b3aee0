"""Vitamin D levels and loading courses (catalogue P6, P14). A level is compared in the unit it was reported in."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, either
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Dose, DraftOrder, Event, Measurement, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS, Facts
from fhir_mappers.record.quantity import Exact, Quantity, exact

_NMOL_PER_NG = Fraction("2.49596")  # nmol/L for 1 ng/mL, only to recognise which unit was sent
_BY_MASS: tuple[Exact, ...] = (1, Fraction(1, 100))  # ng/mL or ug/L; ng/dL
_AMPOULES = frozenset({"ampoule", "ampule", "amp", "vial"})
_PIECES = _AMPOULES | {"", "1", "capsule", "tablet", "piece", "unit", "dose"}
_MOST_PIECES = Decimal(100)


@dataclass(frozen=True, slots=True)
class Level:
    """One limit in both units the guideline prints: ng/mL and nmol/L. Never converted into one another.

    A result reported as ``< x`` or ``> x`` is read as just below or just above x.
    """

    mass: Quantity
    molar: Quantity

    def exceeded_by(self, result: Measurement) -> bool:
        """Strictly above the limit."""
        value, limit = self._pair(result)
        return value > limit or (value == limit and result.comparator == ">")

    def reached_by(self, result: Measurement) -> bool:
        """At or above the limit."""
        value, limit = self._pair(result)
        return value > limit or (value == limit and result.comparator != "<")

    def beside(self, result: Measurement) -> Quantity:
        """The limit to show beside the result: in ng/mL or in nmol/L, as the result was reported."""
        return self.mass if _by_mass(result) else self.molar

    def _pair(self, result: Measurement) -> tuple[Exact, Exact]:
        """The result and the limit in the family of units the result was reported in."""
        scale = _by_mass(result)
        if scale and result.raw is not None:
            return exact(result.raw.value) * scale, exact(self.mass.value)
        assert result.value is not None, "only usable results are compared"
        return exact(result.value.value), exact(self.molar.value)


def _by_mass(result: Measurement) -> Exact | None:
    """What turns the number as sent into ng/mL; None when it was sent as an amount of substance."""
    if result.value is None or result.raw is None or not result.raw.value:
        return None
    return _scale(result.value.value, result.raw.value)


@lru_cache(maxsize=4096)
def _scale(value: Decimal, raw: Decimal) -> Exact | None:
    scale = Fraction(value) / Fraction(raw) / _NMOL_PER_NG
    return next((known for known in _BY_MASS if scale == known), None)


@dataclass(frozen=True, slots=True)
class Course:
    """A loading course: for levels below ``below`` (or at it, when ``inclusive``), ``doses`` of ``dose`` ([iU]) every
    ``interval`` (d). ``deficiency``: the treatment box calls the band deficiency, else insufficiency.
    """

    below: Level
    inclusive: bool
    deficiency: bool
    doses: int
    dose: Quantity
    interval: Quantity

    def fits(self, result: Measurement) -> bool:
        """True when the course is meant for the level."""
        return not (self.below.exceeded_by(result) if self.inclusive else self.below.reached_by(result))


@dataclass(frozen=True, slots=True)
class Loading:
    """What makes an order a loading course: a dose ([iU]) from this one on, with a number of doses, or without an end
    but repeated at this interval (d) or faster.
    """

    dose: Quantity
    interval: Quantity

    def is_meant_by(self, order: TreatmentCourse | DraftOrder) -> bool:
        """True for a native vitamin D that says so, or has such a dose."""
        if not order.is_any(c.VITAMIN_D_NATIVE):
            return False
        strong = isinstance(order.dose, Quantity) and order.dose.unit == self.dose.unit and order.dose >= self.dose
        often = order.interval is not None and order.interval <= self.interval
        several = order.count > 1 if order.count is not None else often
        return order.is_any(c.VITAMIN_D_LOADING) or (strong and several)


class Repletion(Facts):
    """Questions about vitamin D taken since a sample."""

    __slots__ = ()

    def repleted(self, course: Course, since: PartialDate) -> Answer:
        """The whole course was given, handed out or reported after the sample (P14)."""
        if self.loading_doses(course.dose, since) >= course.doses:
            found = (e for e in (*self.doses, *self.courses) if _is_taken(e) and _after(e, since))
            return Answer(True, tuple(e.evidence("vitamin_d_doses") for e in found))
        return self.looked(ADMINISTRATIONS, STATEMENTS, what="vitamin_d_doses")

    def loading_doses(self, each: Quantity, since: PartialDate) -> int:
        """How many doses of ``each`` ([iU]) the vitamin D taken since the sample amounts to.

        P14 counts doses of the regimen; counting their sum as well is OUR reading: somebody who took the same amount in
        other portions must not be told to take it again. What one order had handed out and given is counted once.
        """
        handed_out: dict[str | None, Decimal] = defaultdict(Decimal)
        given: dict[str | None, Decimal] = defaultdict(Decimal)
        for dose in (d for d in self.doses if _is_taken(d) and _after(d, since)):
            (handed_out if dose.handed_out else given)[dose.order] += self._units(dose, each)
        alone = handed_out.pop(None, Decimal(0)) + given.pop(None, Decimal(0))
        linked = sum((max(handed_out[order], given[order]) for order in {*handed_out, *given}), Decimal(0))
        told = (s for s in self.courses if _is_taken(s) and _after(s, since))
        reported = sum((_reported(s, each) for s in told), Decimal(0))
        return int((alone + linked + reported) // each.value)

    def loading_running(self, loading: Loading, since: PartialDate) -> Answer:
        """A loading course begun after the sample is active, or is among the drafts of this session."""
        drafted = tuple(d.evidence("draft_order") for d in self.drafts if not d.stops and loading.is_meant_by(d))
        begun = [o for o in self.courses if o.status == "active" and _after(o, since) and loading.is_meant_by(o)]
        return either((Answer(bool(drafted), drafted), self.any_of(begun, ORDERS, what="vitamin_d_loading")))

    def _units(self, dose: Dose, each: Quantity) -> Decimal:
        """International units in one record; a strength that is not told is that of its order, and an ampoule of
        unknown strength one dose of the regimen (P14 as amended: units dispensed count as doses).
        """
        amount, one = dose.amount, dose.each or self._ordered(dose)
        if amount is not None and amount.unit == each.unit:
            return amount.value
        pieces = Decimal(1) if amount is None else _pieces(amount)
        if one is None and amount is not None and _bare(amount.unit) in _AMPOULES:
            one = each
        return pieces * one.value if one is not None and one.unit == each.unit else Decimal(0)

    def _ordered(self, dose: Dose) -> Quantity | None:
        found = (o.dose for o in self.courses if o.source.resource == dose.order and o.dose is not None)
        return next(found, None)


def _is_taken(event: Event) -> bool:
    if not event.is_any(c.VITAMIN_D_NATIVE):
        return False
    if isinstance(event, TreatmentCourse):
        return event.kind == "statement" and event.status in ("active", "completed")
    return event.status == "completed"


def _reported(told: TreatmentCourse, each: Quantity) -> Decimal:
    """A statement is one dose of what it states; a completed one that counts its doses is all of them."""
    if told.dose is None or told.dose.unit != each.unit:
        return Decimal(0)
    return told.dose.value * (told.count if told.status == "completed" and told.count else 1)


def _pieces(amount: Quantity) -> Decimal:
    whole = amount.value == amount.value.to_integral_value() and 0 < amount.value < _MOST_PIECES
    return amount.value if whole and _bare(amount.unit) in _PIECES else Decimal(0)


def _bare(unit: str) -> str:
    """``{Ampoules}`` as ``ampoule``."""
    return unit.strip().strip("{}").lower().removesuffix("s")


def _after(event: Event, sample: PartialDate) -> bool:
    return event.when is not None and event.when.first >= sample.first
