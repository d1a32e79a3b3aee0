"""The zoledronic acid dose table, keyed by creatinine clearance (2026 edition, Table 2; ambiguity A1)."""

from dataclasses import dataclass

from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.quantity import Exact, Quantity, Span, exact


@dataclass(frozen=True, slots=True)
class DoseTable:
    """Half-open bands on the unrounded clearance: strictly above ``full_above`` the ``full`` dose, then for each floor
    (inclusive) its dose; below the last floor no dose exists. Clearances in mL/min, doses in mg.
    """

    full_above: Quantity
    full: Quantity
    floors: tuple[Quantity, ...]
    doses: tuple[Quantity, ...]

    @property
    def contraindicated_below(self) -> Quantity:
        """The clearance under which there is no dose."""
        return self.floors[-1]

    @property
    def cut_offs(self) -> tuple[Quantity, ...]:
        """Every clearance at which the dose changes."""
        return (self.full_above, *self.floors)

    def dose(self, clearance: Exact) -> Quantity | None:
        """The dose for one clearance (mL/min); None when contraindicated."""
        if clearance > exact(self.full_above.value):
            return self.full
        for floor, dose in zip(self.floors, self.doses, strict=True):
            if clearance >= exact(floor.value):
                return dose
        return None

    def dose_over(self, span: Span | None) -> Quantity | None:
        """The dose when every clearance of the span leads to the same one; else None."""
        if span is None:
            return None
        low, high = self.dose(span.low), self.dose(span.high)
        return low if low == high else None

    def dose_for(self, now: Clearance, first: Clearance | None = None) -> Quantity | None:
        """The dose for the lower of the current clearance and the one at the first dose (A2); None when unknown or
        contraindicated now. A first clearance that was contraindicated leaves the lowest dose.
        """
        floor = exact(self.contraindicated_below.value)
        lower = now.span if first is None else now.lower(first)
        if now.span is None or lower is None or now.span.low < floor:
            return self.dose_over(now.span)
        return self.dose_over(Span(max(lower.low, floor), max(lower.high, floor), lower.unit))


@dataclass(frozen=True, slots=True)
class ZoledronateDose:
    """The dose table, the highest dose (mg) there is, and how far (mg) a dose may be off before it counts."""

    table: DoseTable
    highest: Quantity
    tolerance: Quantity
