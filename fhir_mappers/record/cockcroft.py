"""Cockcroft-Gault in exact arithmetic: both published forms, the smaller counts (catalogue P5)."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from fhir_mappers.record.answer import Answer, Evidence, Missing, unknown
from fhir_mappers.record.conventions import ClearanceNumbers
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.quantity import Exact, Quantity, Span, exact

ML_MIN = "mL/min"


class Clearance(Struct, frozen=True):
    """A creatinine clearance in mL/min, as a span when an input is partly unknown, with everything it rests on.

    ``span`` is None when no creatinine can be used; ``missing`` names every input that is not known.
    """

    span: Span | None
    missing: tuple[Missing, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    creatinine: Measurement | None = None
    weight: Measurement | None = None
    age: Span | None = None
    sex: str | None = None
    several: bool = False

    @property
    def provisional(self) -> bool:
        """True when the creatinine is a preliminary result."""
        return self.creatinine is not None and self.creatinine.provisional

    def below(self, limit: Quantity) -> Answer:
        """Strictly below the limit, over every value the unknown inputs could take."""
        decided = None if self.span is None else self.span.below(limit)
        return unknown(*self.missing, evidence=self.evidence) if decided is None else Answer(decided, self.evidence)

    def lower(self, other: "Clearance") -> Span | None:
        """The lower of two clearances as a span; None unless this one is known."""
        if self.span is None or other.span is None:
            return self.span
        return Span(min(self.span.low, other.span.low), min(self.span.high, other.span.high), ML_MIN)


class Inputs(Struct, frozen=True):
    """Creatinine (umol/L), weight (kg) and age (a), each a span when not known exactly; every sex that is possible."""

    creatinine: Span
    weight: Span
    age: Span
    sexes: tuple[str, ...]


def cockcroft(given: Inputs, n: ClearanceNumbers) -> Span:
    """Lowest and highest clearance (mL/min) over the inputs; for each point the smaller of the two published forms."""
    lowest = min(_smaller_form(s, given.age.high, given.weight.low, given.creatinine.high, n) for s in given.sexes)
    if len(given.sexes) == 1 and given.age.is_exact and given.weight.is_exact and given.creatinine.is_exact:
        return Span(lowest, lowest, ML_MIN)
    highest = max(_smaller_form(s, given.age.low, given.weight.high, given.creatinine.low, n) for s in given.sexes)
    return Span(lowest, highest, ML_MIN)


def micromoles(result: Measurement) -> Exact:
    """A creatinine in umol/L; 0 when it has no value."""
    return exact(result.value.value) if result.value is not None else 0


def creatinine_span(result: Measurement, n: ClearanceNumbers) -> Span:
    """What a creatinine can be: ``<`` and ``>`` reach to the plausible limits."""
    value = micromoles(result)
    if result.comparator in ("<", "<="):
        return Span(min(value, exact(n.creatinine_low.value)), value, "umol/L")
    if result.comparator in (">", ">="):
        return Span(value, max(value, exact(n.creatinine_high.value)), "umol/L")
    return Span.exactly(value, "umol/L")


def _smaller_form(sex: str, age: Exact, weight: Exact, creatinine: Exact, n: ClearanceNumbers) -> Fraction:
    """Both forms are (constant - age) x weight / creatinine times a factor: the smaller factor gives the smaller one.

    In whole numbers, made one fraction at the end, which is much quicker than a fraction at every step; never a float.
    """
    share, alone = (n.women, n.factor_women) if sex == "female" else (Decimal(1), n.factor_men)
    factor = _smaller_factor(n.umol_per_mg_dl, n.divisor, share, alone)
    years = exact(n.age_constant) - age
    return Fraction(
        years.numerator * weight.numerator * factor.numerator * creatinine.denominator,
        years.denominator * weight.denominator * factor.denominator * creatinine.numerator,
    )


@lru_cache
def _smaller_factor(umol_per_mg_dl: Decimal, divisor: Decimal, share: Decimal, alone: Decimal) -> Fraction:
    """Of the form in mg/dL with its share for women, and of the form in umol/L: the same two for all patients."""
    return min(Fraction(umol_per_mg_dl) * Fraction(share) / Fraction(divisor), Fraction(alone))
