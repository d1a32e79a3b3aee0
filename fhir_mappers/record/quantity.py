"""A number that never travels without its unit."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

Exact = int | Fraction
Number = int | Decimal | Fraction


class UnitMismatch(TypeError):
    """Two quantities of different units were compared or combined."""


class Quantity(Struct, frozen=True, cache_hash=True):
    """A decimal value and its UCUM unit; comparing two units is an error, not a guess.

    Raises:
        UnitMismatch: when two quantities of different units meet.
    """

    value: Decimal
    unit: str

    @classmethod
    def of(cls, text: str) -> "Quantity":
        """Read ``"183 d"`` or ``"3.5 mmol/L"``: a decimal, one blank, a UCUM unit."""
        value, _, unit = text.partition(" ")
        if not unit:
            raise ValueError(f"a quantity needs a number, a blank and a unit, got {text!r}")
        return cls(Decimal(value), unit)

    def __lt__(self, other: "Quantity") -> bool:
        return self.value < self._same(other)

    def __le__(self, other: "Quantity") -> bool:
        return self.value <= self._same(other)

    def __gt__(self, other: "Quantity") -> bool:
        return self.value > self._same(other)

    def __ge__(self, other: "Quantity") -> bool:
        return self.value >= self._same(other)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value - self._same(other), self.unit)

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value + self._same(other), self.unit)

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"

    def _same(self, other: "Quantity") -> Decimal:
        if self.unit != other.unit:
            raise UnitMismatch(f"{self.unit} cannot be compared with {other.unit}")
        return other.value


def exact(value: Number) -> Exact:
    """The number without its decimals, to be compared and reckoned with exactly: a whole one where it is whole."""
    if isinstance(value, Decimal):
        return _of_decimal(value)
    return value.numerator if value.denominator == 1 else value


@lru_cache(maxsize=4096)
def _of_decimal(value: Decimal) -> Exact:
    """Limits and results repeat from patient to patient, and fractions are slow to make."""
    above, below = value.as_integer_ratio()
    return above if below == 1 else Fraction(above, below)


class Span(Struct, frozen=True):
    """A quantity known to lie between two bounds (inclusive): exact when they are equal.

    Ages in days of a date known only to the month, and a clearance whose sex or age is partly unknown, are spans.
    """

    low: Exact
    high: Exact
    unit: str

    @classmethod
    def exactly(cls, value: Number, unit: str) -> "Span":
        """A span of one point."""
        found = exact(value)
        return cls(found, found, unit)

    @property
    def is_exact(self) -> bool:
        """True when both bounds agree."""
        return self.low == self.high

    def below(self, limit: Quantity) -> bool | None:
        """Strictly below the limit; None when the bounds disagree."""
        bound = self._bound(limit)
        return True if self.high < bound else False if self.low >= bound else None

    def at_most(self, limit: Quantity) -> bool | None:
        """Below or equal to the limit; None when the bounds disagree."""
        bound = self._bound(limit)
        return True if self.high <= bound else False if self.low > bound else None

    def _bound(self, limit: Quantity) -> Exact:
        if limit.unit != self.unit:
            raise UnitMismatch(f"{self.unit} cannot be compared with {limit.unit}")
        return exact(limit.value)
