"""Vitamin D levels and loading courses (catalogue P6, P14). A level is compared in the unit it was reported in."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fhir_mappers.record import concepts as c
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Event, Measurement
from fhir_mappers.record.facts import Facts
from fhir_mappers.record.quantity import Quantity

_NMOL_PER_NG = Fraction("2.49596")  # nmol/L for 1 ng/mL, only to recognise which unit was sent


@dataclass(frozen=True, slots=True)
class Level:
    """One limit in both units the guideline prints: ng/mL and nmol/L. Never converted into one another."""

    mass: Quantity
    molar: Quantity

    def exceeded_by(self, result: Measurement) -> bool:
        """Strictly above the limit."""
        value, limit = self._pair(result)
        return value > limit

    def reached_by(self, result: Measurement) -> bool:
        """At or above the limit."""
        value, limit = self._pair(result)
        return value >= limit

    def _pair(self, result: Measurement) -> tuple[Fraction, Fraction]:
        """The result and the limit in the family of units the result was reported in."""
        assert result.value is not None
        molar = Fraction(result.value.value)
        raw = Fraction(result.raw.value) if result.raw is not None else molar
        scale = molar / raw / _NMOL_PER_NG if raw else Fraction(0)
        if scale in (1, Fraction(1, 100)):
            return raw * scale, Fraction(self.mass.value)
        return molar, Fraction(self.molar.value)


@dataclass(frozen=True, slots=True)
class Course:
    """A loading course: for levels below ``below`` (or at it, when ``inclusive``), ``doses`` of ``dose`` ([iU]) every
    ``interval`` (d).
    """

    below: Level
    inclusive: bool
    doses: int
    dose: Quantity
    interval: Quantity

    def fits(self, result: Measurement) -> bool:
        """True when the course is meant for the level."""
        return not (self.below.exceeded_by(result) if self.inclusive else self.below.reached_by(result))


class Repletion(Facts):
    """Questions about vitamin D taken since a sample."""

    __slots__ = ()

    def loading_doses(self, each: Quantity, since: PartialDate) -> int:
        """Doses of at least ``each`` ([iU]) given, handed out or reported after the sample; pieces of a dispense count
        one by one (P14 as amended).
        """
        total = 0
        for dose in self.doses:
            if dose.status == "completed" and dose.is_any(c.VITAMIN_D_DRUGS) and _after(dose, since):
                total += _count(dose.amount, each)
        told = (s for s in self.courses if s.kind == "statement" and s.status in ("active", "completed"))
        taken = (s for s in told if s.is_any(c.VITAMIN_D_DRUGS) and _after(s, since))
        return total + sum(_is_dose(s.dose, each) for s in taken)

    def loading_active(self, each: Quantity, since: PartialDate) -> bool:
        """A loading order of such doses, started after the sample, is active."""
        return any(
            o.kind == "order"
            and o.status == "active"
            and o.is_any(c.VITAMIN_D_DRUGS)
            and _after(o, since)
            and _is_loading(o, each)
            for o in self.courses
        )


def _is_loading(order: Event, each: Quantity) -> bool:
    dose, count = getattr(order, "dose", None), getattr(order, "count", None)
    return order.is_any(c.VITAMIN_D_LOADING) or (_is_dose(dose, each) and count is not None)


def _is_dose(dose: Quantity | None, each: Quantity) -> bool:
    return dose is not None and dose.unit == each.unit and dose >= each


def _count(amount: Quantity | None, each: Quantity) -> int:
    """Loading doses in one record: 1 for a dose of at least ``each``; as many as there are pieces in a dispense."""
    if amount is None:
        return 0
    if amount.unit == each.unit:
        return int(amount >= each)
    return (
        int(amount.value) if amount.value == amount.value.to_integral_value() and 0 < amount.value < Decimal(100) else 1
    )


def _after(event: Event, sample: PartialDate) -> bool:
    return event.when is not None and event.when.first >= sample.first
