"""Rates of an order being edited: how long they take, and slowing them without losing a digit.

A rate stands in the JSON the EHR sent and is changed there. Ratios stay exact; a single number that has no finite
decimal is rounded down to six digits, so that the infusion is never faster than asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal, Inexact
from fractions import Fraction
from typing import Any

from fhir_mappers import units
from fhir_mappers.datatypes import Quantity as SentQuantity
from fhir_mappers.dosages import milligrams
from fhir_mappers.record.quantity import Quantity

Json = dict[str, Any]

_MINUTES_PER_HOUR = Decimal(60)
_EXACT_DIGITS, _ROUNDED_DIGITS, _LARGEST = 60, 6, 30


def number(sent: object) -> Decimal | None:
    """A JSON number (or one written as text) of moderate size as a Decimal; None when it is none."""
    if isinstance(sent, bool) or not isinstance(sent, int | float | Decimal | str):
        return None
    try:
        value = Decimal(str(sent))
    except ArithmeticError:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= _LARGEST else None


def exactly(value: Fraction) -> Decimal | None:
    """The fraction as a finite decimal without trailing zeros or exponent; None when it has none."""
    try:
        found = Context(prec=_EXACT_DIGITS, traps=[Inexact]).divide(
            Decimal(value.numerator), Decimal(value.denominator)
        )
    except Inexact:
        return None
    return Decimal(f"{found.normalize():f}")


def minutes_in(unit: object) -> Fraction | None:
    """One of the unit in minutes, exactly (a second is a sixtieth); None when it is no unit of time."""
    hour = units.duration(_MINUTES_PER_HOUR, unit) if isinstance(unit, str) else None
    return Fraction(hour) / Fraction(_MINUTES_PER_HOUR) if hour else None


def amount(value: Decimal, unit: object, code: object, drug: Iterable[str]) -> Quantity | None:
    """A quantity of the drug in its house unit (mg); None when the unit is not understood."""
    sent = SentQuantity(
        value=value, unit=unit if isinstance(unit, str) else None, code=code if isinstance(code, str) else None
    )
    found = milligrams(sent, drug)
    return found if isinstance(found, Quantity) else None


@dataclass(frozen=True, slots=True)
class Rate:
    """``over`` is the numerator of a ratio (then ``under`` is its denominator), or a quantity such as 12 mg/h."""

    over: Json
    under: Json | None = None

    def minutes(self, dose: Quantity, drug: Iterable[str]) -> Fraction | None:
        """How long the dose takes at this rate; None unless the rate is in a unit of the dose."""
        given, per = self._amount(drug), self._per()
        if given is None or per is None or given.unit != dose.unit or given.value <= 0:
            return None
        return Fraction(dose.value) * per / Fraction(given.value)

    def is_mass(self, drug: Iterable[str]) -> bool:
        """Whether the rate is in a unit of the dose, not in mL, drops or mg/kg."""
        return self._amount(drug) is not None and self._per() is not None

    def lengthen(self, was: Fraction, wanted: Fraction) -> None:
        """Change the rate so that what took ``was`` minutes takes ``wanted``."""
        minute = minutes_in(self._time_unit())
        under = exactly(wanted / minute) if minute is not None and self._per() == was else None
        if self.under is None or under is None:
            self.scale(was / wanted)
        else:
            self.under["value"] = under

    def scale(self, factor: Fraction) -> None:
        """Multiply the rate: its number if that is a finite decimal, else both sides of the ratio."""
        value = number(self.over.get("value"))
        if value is None:
            return
        scaled = Fraction(value) * factor
        whole = exactly(scaled)
        if whole is None and self.under is not None:
            whole = exactly(Fraction(value) * factor.numerator)
            below = number(self.under.get("value", 1))
            self.under["value"] = exactly(Fraction(below or 1) * factor.denominator)
        self.over["value"] = _rounded_down(scaled) if whole is None else whole

    def _amount(self, drug: Iterable[str]) -> Quantity | None:
        value = number(self.over.get("value"))
        if value is None:
            return None
        if self.under is not None:
            return amount(value, self.over.get("unit"), self.over.get("code"), drug)
        return amount(value, self._unit().rpartition("/")[0].strip(), None, drug)

    def _per(self) -> Fraction | None:
        """The minutes below the stroke; a denominator without a value is one."""
        value = Decimal(1) if self.under is None else number(self.under.get("value", 1))
        one = minutes_in(self._time_unit())
        return Fraction(value) * one if value and value > 0 and one else None

    def _time_unit(self) -> object:
        if self.under is None:
            return self._unit().rpartition("/")[2].strip()
        return self.under.get("code") or self.under.get("unit")

    def _unit(self) -> str:
        unit = self.over.get("code") or self.over.get("unit")
        return unit if isinstance(unit, str) else ""


def rates(part: Json) -> Iterator[Rate]:
    """The rates of one dosage or ``doseAndRate`` entry, in R4, STU3 and DSTU2 alike."""
    ratio, span, single = part.get("rateRatio"), part.get("rateRange"), part.get("rateQuantity")
    if isinstance(ratio, dict):
        over, under = ratio.get("numerator"), ratio.get("denominator")
        if isinstance(over, dict) and isinstance(under, dict):
            yield Rate(over, under)
    if isinstance(single, dict):
        yield Rate(single)
    if isinstance(span, dict):
        yield from (Rate(end) for end in (span.get("low"), span.get("high")) if isinstance(end, dict))


def _rounded_down(value: Fraction) -> Decimal:
    context = Context(prec=_ROUNDED_DIGITS, rounding=ROUND_FLOOR)
    return Decimal(f"{context.divide(Decimal(value.numerator), Decimal(value.denominator)):f}")
