"""How long an antiresorptive has been given, and whether that was looked at again (family DUR)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, IMPRECISE, Answer, Known, Missing, Reading, unknown
from fhir_mappers.record.dates import PartialDate, add_months
from fhir_mappers.record.events import Dose, Event
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, PROCEDURES, REPORTS, STATEMENTS, Facts
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.remembering import remembered
from fhir_mappers.record.treatment import Treatment

_ORDERED = ("active", "on-hold", "completed", "stopped")


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first oncology dose; ``approximate`` when no given dose is recorded and an order or a statement stands in."""

    when: PartialDate
    approximate: bool = False


class Duration(Treatment, Facts):
    """Questions about the length of the treatment."""

    __slots__ = ()

    @remembered
    def beginning(self) -> Reading[Beginning]:
        """The first oncology dose given; without one the earliest order or statement (approximate)."""
        given = [e for e in self.given() if _is_past(e, self.as_of)]
        doses: list[Event] = [e for e in given if isinstance(e, Dose)]
        found = doses or [*given, *(o for o in self.orders(status=_ORDERED) if _is_past(o, self.as_of))]
        if not found:
            looked = self.looked(ADMINISTRATIONS, STATEMENTS, ORDERS, what="first_dose")
            return looked.missing[0] if looked.missing else Missing("first_dose", ABSENT)
        first = min(found, key=lambda e: (e.when.earliest, e.source.resource) if e.when else ())
        assert first.when is not None, "only dated events are past"
        return Known(Beginning(first.when, not doses), (first.evidence("first_dose"),))

    def months_reached(self, months: Quantity) -> Answer:
        """At least so many calendar months (mo) since the beginning; the anniversary itself counts."""
        begun = self.beginning()
        if isinstance(begun, Missing):
            return unknown(begun)
        reached = [add_months(day, int(months.value)) <= self.as_of for day in _days(begun.value.when)]
        if len(set(reached)) > 1:
            return unknown(Missing("first_dose", IMPRECISE, begun.evidence[0]))
        return Answer(reached[0], begun.evidence)

    def months_on_treatment(self) -> Quantity | None:
        """Completed calendar months (mo) since the beginning, at least; None when it is not known."""
        begun = self.beginning()
        return (
            None if isinstance(begun, Missing) else Quantity(Decimal(_months(begun.value.when.last, self.as_of)), "mo")
        )

    def reevaluated(self, window: Quantity) -> Answer:
        """A specialist looked at the treatment again within the window (d): a re-evaluation or a board's report."""
        done = (p for p in self.procedures if p.status == "completed" and p.is_any(c.REEVALUATED))
        return self.recent(done, window, PROCEDURES, REPORTS, what=c.REEVALUATION)


def _is_past(event: Event, day: date) -> bool:
    return event.when is not None and not event.when.surely_after(day)


def _days(when: PartialDate) -> tuple[date, date]:
    return when.first, when.last


def _months(start: date, day: date) -> int:
    months = (day.year - start.year) * 12 + day.month - start.month
    return max(0, months if add_months(start, months) <= day else months - 1)
