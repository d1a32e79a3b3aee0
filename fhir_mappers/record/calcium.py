"""Calcium corrected for albumin (catalogue P11, HCAL-CORR-01)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import (
    ABSENT,
    IMPRECISE,
    TOO_OLD,
    Answer,
    Evidence,
    Known,
    Missing,
    Reading,
    no,
    unknown,
)
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.facts import Facts
from fhir_mappers.record.quantity import Quantity

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Calcium:
    """A calcium in mmol/L, rounded half-up to two decimals; ``corrected`` is False when no albumin went with it."""

    value: Quantity
    corrected: bool
    ceiling: Quantity | None
    result: Measurement


class CalciumQuestions(Facts):
    """Questions about calcium."""

    __slots__ = ()

    def calcium(self, window: Quantity) -> Reading[Calcium]:
        """The newest calcium within the window, corrected by the albumin nearest to it (unit mmol/L)."""
        return self.once(f"calcium {window}", lambda: self._calcium(window))

    def calcium_above(self, level: Quantity, window: Quantity, *, inclusive: bool = False) -> Answer:
        """Whether the newest calcium within the window is above the level (or at it); none measured is no."""
        reading = self.calcium(window)
        if isinstance(reading, Missing):
            return no() if reading.why in (ABSENT, TOO_OLD) else unknown(reading)
        decided = _above(reading.value, level, inclusive=inclusive)
        if decided is None:
            gap = Missing(c.CALCIUM, IMPRECISE, reading.value.result.evidence())
            return unknown(gap, evidence=reading.evidence)
        return Answer(decided, reading.evidence)

    def hypercalcaemia(self, window: Quantity) -> Answer:
        """Above the laboratory's own upper limit, else above the convention's."""
        reading = self.calcium(window)
        upper = self.conventions.calcium.upper
        if isinstance(reading, Known) and reading.value.ceiling is not None:
            upper = reading.value.ceiling
        return self.calcium_above(upper, window)

    def _calcium(self, window: Quantity) -> Reading[Calcium]:
        reading = self.latest(c.CALCIUM, c.CALCIUM_CORRECTED, within=window)
        if isinstance(reading, Missing) or reading.value.value is None:
            return reading if isinstance(reading, Missing) else Missing(c.CALCIUM, ABSENT)
        total = reading.value
        if total.what == c.CALCIUM_CORRECTED:
            return self._known(total, reading.value.value, True, reading.evidence)
        albumin = self._albumin_near(total)
        if albumin is None or albumin.value is None:
            return self._known(total, reading.value.value, False, reading.evidence)
        n = self.conventions.calcium
        corrected = reading.value.value.value + n.coefficient * (n.albumin_reference - albumin.value.value)
        value = Quantity(corrected, reading.value.value.unit)
        return self._known(total, value, True, (*reading.evidence, albumin.evidence()))

    def _known(
        self, result: Measurement, value: Quantity, corrected: bool, found: tuple[Evidence, ...]
    ) -> Known[Calcium]:
        rounded = Quantity(value.value.quantize(_HUNDREDTH, ROUND_HALF_UP), value.unit)
        return Known(Calcium(rounded, corrected, result.ceiling, result), found)

    def _albumin_near(self, total: Measurement) -> Measurement | None:
        """The final albumin nearest in time, at most ``apart`` days away; the newer of two equally near."""
        apart = timedelta(days=int(self.conventions.calcium.apart.value))
        near = [
            m
            for m in self.results(c.ALBUMIN)
            if m.value is not None
            and m.problem is None
            and not m.provisional
            and abs(m.when.first - total.when.first) <= apart
        ]
        return min(near, key=lambda m: abs(m.when.earliest - total.when.earliest), default=None)


def _above(calcium: Calcium, level: Quantity, *, inclusive: bool) -> bool | None:
    """Above the level (or at it); None when a result such as ``>3.0`` does not tell."""
    comparator, value = calcium.result.comparator, calcium.value
    above = value >= level if inclusive else value > level
    if comparator in (">", ">="):
        return True if above or (comparator == ">" and value >= level) else None
    if comparator in ("<", "<="):
        return False if not above or (comparator == "<" and value <= level) else None
    return above
