"""Calcium in the blood, corrected for albumin in both usual forms (catalogue P11, A9, HCAL-CORR-01)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import takewhile

from msgspec import Struct

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
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.facts import Facts
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.remembering import remembered

_HUNDREDTH = Decimal("0.01")
_CLOCKS = timedelta(days=3)  # instants differ from civil days by less: a day's hours, the offsets of two places


class Calcium(Struct, frozen=True):
    """A calcium in mmol/L; everything is rounded half-up to two decimals, so that what is compared is what is shown.

    ``value`` is corrected with the guideline's coefficient, ``other`` with the other usual one (None when the albumin
    is missing or the laboratory corrected it), ``total`` is what was measured. ``corrected`` is False when no albumin
    went with it. ``floor`` and ``ceiling`` are the laboratory's own limits.
    """

    value: Quantity
    corrected: bool
    ceiling: Quantity | None
    result: Measurement
    total: Quantity
    other: Quantity | None = None
    floor: Quantity | None = None

    @property
    def is_ionised(self) -> bool:
        """Measured as ionised calcium: it needs no albumin, and has limits of its own."""
        return self.result.what in c.CALCIUM_IONISED

    @property
    def lowest(self) -> Quantity:
        """The lower of the two corrections: an albumin below the reference cannot hide a low calcium."""
        return self.value if self.other is None else min(self.value, self.other)

    @property
    def highest(self) -> Quantity:
        """The higher of corrected and total: an albumin above the reference cannot hide a high calcium."""
        return max(self.value, self.total)


class CalciumQuestions(Facts):
    """Questions about calcium."""

    __slots__ = ()

    @remembered
    def calcium(self, window: Quantity) -> Reading[Calcium]:
        """The newest final calcium within the window, corrected by the albumin nearest to it (unit mmol/L)."""
        reading = self.latest(c.CALCIUM, c.CALCIUM_CORRECTED, within=window)
        return reading if isinstance(reading, Missing) else self._correct(reading.value)

    @remembered
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

    def high_calcium(self, window: Quantity) -> Reading[Calcium]:
        """The newest calcium, read for hypercalcaemia: of results of the same moment the highest, and a newer
        preliminary one when it is higher (P1). The date of one whose age cannot be told counts as within the window.
        """
        return self._extreme(window, lambda known: known.value.highest.value)

    def low_calcium(self, window: Quantity) -> Reading[Calcium]:
        """The newest calcium, read for hypocalcaemia: a measured ionised calcium of the same day or later wins (A9);
        else of results of the same moment the lowest, and a newer preliminary one when it is lower (P1).
        """
        total = self._extreme(window, lambda known: -known.value.lowest.value)
        ionised = self.ionised_calcium(window, since=total.value.result.when if isinstance(total, Known) else None)
        return total if ionised is None else ionised

    def ionised_calcium(self, window: Quantity, since: PartialDate | None) -> Known[Calcium] | None:
        """The newest measured ionised calcium within the window, unless it is older than the day of ``since``."""
        reading = self.latest(*c.CALCIUM_IONISED, within=window)
        if isinstance(reading, Missing) or reading.value.value is None:
            return None
        if since is not None and reading.value.when.last < since.first:
            return None
        return _known(reading.value, reading.value.value, reading.evidence)

    def _extreme(self, window: Quantity, rank: Callable[[Known[Calcium]], Decimal]) -> Reading[Calcium]:
        found = self._newest()
        if isinstance(found, Missing):
            old = found.last is not None and self.within(found.last.date, window) is False
            return Missing(found.what, TOO_OLD, found.last) if old else found
        fresh = [known for known in found if self.within(known.value.result.when, window) is not False]
        return max(fresh, key=rank) if fresh else Missing(c.CALCIUM, TOO_OLD, found[0].evidence[0])

    def _newest(self) -> list[Known[Calcium]] | Missing:
        """The final results of the newest moment, those corrected for albumin when there are some; and the newest
        preliminary one when it is newer. Never empty.
        """
        reading = self.latest(c.CALCIUM, c.CALCIUM_CORRECTED)
        if isinstance(reading, Missing) and reading.why != ABSENT:
            return reading
        last = reading.value.when if isinstance(reading, Known) else None
        everything = self.results(c.CALCIUM, c.CALCIUM_CORRECTED)
        results = list(takewhile(lambda m: last is None or m.when.latest >= last.latest, everything))
        same = [m for m in results if not m.provisional and m.value is not None and m.when == last]
        early = [m for m in results if m.provisional and m.value is not None and _is_newer(m.when, last)]
        found = [self._correct(m) for m in same]
        corrected = [known for known in found if known.value.corrected]
        found = [*(corrected or found), *(self._correct(m) for m in early[:1])]
        return found or (reading if isinstance(reading, Missing) else Missing(c.CALCIUM, ABSENT))

    def _correct(self, total: Measurement) -> Known[Calcium]:
        assert total.value is not None, "only results with a value are corrected"
        albumin = self._albumin_near(total) if total.what == c.CALCIUM else None
        if albumin is None or albumin.value is None:
            return _known(total, total.value, (total.evidence(),), corrected=total.what == c.CALCIUM_CORRECTED)
        n = self.conventions.calcium
        lack = n.albumin_reference - albumin.value.value
        value, other = (
            Quantity(total.value.value + coefficient * lack, total.value.unit)
            for coefficient in (n.coefficient, n.other_coefficient)
        )
        return _known(total, value, (total.evidence(), albumin.evidence()), other=other)

    def _albumin_near(self, total: Measurement) -> Measurement | None:
        """The final albumin nearest in time, at most ``apart`` days away; the newer of two equally near."""
        apart = timedelta(days=int(self.conventions.calcium.apart.value))
        since = takewhile(lambda m: total.when.earliest - m.when.latest <= apart + _CLOCKS, self.results(c.ALBUMIN))
        near = [
            m
            for m in since  # what lies before is too far away, and need not be read
            if m.value is not None
            and m.problem is None
            and not m.provisional
            and abs(m.when.first - total.when.first) <= apart
        ]
        return min(near, key=lambda m: abs(m.when.earliest - total.when.earliest), default=None)


def _known(
    result: Measurement,
    value: Quantity,
    found: tuple[Evidence, ...],
    *,
    corrected: bool = True,
    other: Quantity | None = None,
) -> Known[Calcium]:
    """The calcium with every number rounded, the laboratory's limits too: a value at its limit is not beyond it."""
    return Known(
        Calcium(
            _rounded(value),
            corrected,
            _rounded(result.ceiling) if result.ceiling is not None else None,
            result,
            _rounded(result.value or value),
            _rounded(other) if other is not None else None,
            _rounded(result.floor) if result.floor is not None else None,
        ),
        found,
    )


def _rounded(quantity: Quantity) -> Quantity:
    return Quantity(quantity.value.quantize(_HUNDREDTH, ROUND_HALF_UP), quantity.unit)


def _is_newer(when: PartialDate, last: PartialDate | None) -> bool:
    return last is None or when.latest > last.latest


def _above(calcium: Calcium, level: Quantity, *, inclusive: bool) -> bool | None:
    """Above the level (or at it); None when a result such as ``>3.0`` does not tell."""
    comparator, value = calcium.result.comparator, calcium.value
    above = value >= level if inclusive else value > level
    if comparator in (">", ">="):
        return True if above or (comparator == ">" and value >= level) else None
    if comparator in ("<", "<="):
        return False if not above or (comparator == "<" and value <= level) else None
    return above
