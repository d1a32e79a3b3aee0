"""Where the patient stands with antiresorptives: on treatment, presumed, starting, in an emergency (P7-P9)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import AMBIGUOUS, Answer, Known, Missing, Reading, no, unknown, yes
from fhir_mappers.record.disease import Disease
from fhir_mappers.record.drafting import fits, is_oncology
from fhir_mappers.record.events import Dose, DraftOrder, Event, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS, Facts
from fhir_mappers.record.products import Use
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.remembering import remembered

GIVEN = frozenset({"completed"})
RUNNING = frozenset({"active"})
HALTED = frozenset({"stopped", "on-hold"})
URGENT = frozenset({"urgent", "asap", "stat"})


class Treatment(Disease, Facts):
    """Questions about antiresorptive treatment."""

    __slots__ = ()

    @remembered
    def given(self, *substances: str, use: Use | None = Use.ONCOLOGY) -> tuple[Event, ...]:
        """Doses given or reported: completed administrations and dispenses, active or completed statements.

        ``use`` None takes every use; no substance takes every antiresorptive.
        """
        doses: list[Event] = [d for d in self.doses if d.status in GIVEN and fits(d.product, substances, use)]
        told = (s for s in self.courses if s.kind == "statement" and s.status in ("active", "completed"))
        return (*doses, *(s for s in told if fits(s.product, substances, use)))

    def orders(
        self, *substances: str, use: Use | None = Use.ONCOLOGY, status: Iterable[str] = RUNNING
    ) -> tuple[TreatmentCourse, ...]:
        """Orders in the record (drafts are not orders) for the substances and use."""
        wanted = frozenset(status)
        return tuple(
            o for o in self.courses if o.kind == "order" and o.status in wanted and fits(o.product, substances, use)
        )

    @remembered
    def on_treatment(self, *substances: str) -> Answer:
        """A completed oncology dose or a dated statement within the window (P8). A recent dose whose product cannot
        be told leaves it unknown.
        """
        window = self.conventions.treatment.recent
        known = self.recent(self.given(*substances), window, ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
        unclear = [e for e in self.given(*substances, use=Use.UNIDENTIFIED) if self.within(e.when, window) is not False]
        doubt = tuple(Missing("product", AMBIGUOUS, e.evidence("antiresorptive_doses")) for e in unclear)
        return known | unknown(*doubt) if doubt else known

    @remembered
    def presumed(self, *substances: str) -> Answer:
        """No recent dose recorded, but an oncology order ran long enough for doses given elsewhere (P8)."""
        return ~self.on_treatment(*substances) & self._ordered_long_enough(*substances)

    @remembered
    def treated(self, *substances: str) -> Answer:
        """On treatment or presumed so: the rules that protect a treated patient run."""
        return self.on_treatment(*substances) | self._ordered_long_enough(*substances)

    @remembered
    def continues(self, *substances: str) -> Answer:
        """Doses are to come: an oncology order is active, begun or planned; or the patient is treated (P8) and no order
        of the drug on file was stopped or put on hold.
        """
        active = self.any_of(self.orders(*substances), ORDERS, what="antiresorptive_order")
        halted = self.any_of(self.orders(*substances, status=HALTED), ORDERS, what="antiresorptive_order")
        return active | (self.treated(*substances) & ~halted)

    @remembered
    def starts(self, draft: DraftOrder) -> Answer:
        """The draft starts an oncology antiresorptive: neither on treatment nor presumed so (P8)."""
        if not is_oncology(draft):
            return no()
        return yes(draft.evidence("draft_order")) & ~self.treated()

    @remembered
    def emergency(self, draft: DraftOrder) -> Answer:
        """An emergency start (P9 as amended): it waives vitamin D and dental steps, never the renal ones."""
        at_once = draft.priority == "stat" and draft.has_reason
        return Answer(at_once, (draft.evidence("draft_order"),)) | self.hypercalcaemic_emergency(draft)

    @remembered
    def hypercalcaemic_emergency(self, draft: DraftOrder) -> Answer:
        """Corrected calcium in crisis, or an urgent order for hypercalcaemia, or such an order with a high calcium."""
        n = self.conventions.calcium
        for_calcium = draft.is_reason(c.REASON_HYPERCALCAEMIA)
        if for_calcium and draft.priority in URGENT:
            return yes(draft.evidence("draft_order"))
        crisis = self.calcium_above(n.crisis, n.window)
        return crisis | (self.calcium_above(n.with_reason, n.window, inclusive=True) if for_calcium else no())

    @remembered
    def last_given(self, *substances: str) -> Reading[Event]:
        """The latest dose given or reported. A dose whose product is not told counts, one of the osteoporosis product
        does not; a statement tells the day of a dose by its end, and a running one without an end tells none.
        """
        doses = (*self.given(*substances), *self.given(*substances, use=Use.UNIDENTIFIED))
        dated = (d.at_its_end() for d in doses)
        told = (d for d in dated if d.status == "completed" or d.until is not None)
        return self.last(told, ADMINISTRATIONS, STATEMENTS, what="last_dose")

    def planned_day(self, draft: DraftOrder) -> date:
        """The day the draft is meant for; today when it does not say (convention of planned dates)."""
        return max(draft.planned.first, self.as_of) if draft.planned is not None else self.as_of

    def interval_since_last(self, draft: DraftOrder, substance: str) -> Reading[Quantity]:
        """Days (d) between the last dose and the planned day; an imprecise dose counts as the most recent day it can
        mean.
        """
        last = self.last_given(substance)
        if isinstance(last, Missing):
            return last
        given = last.value.when.last if last.value.when else self.as_of
        return Known(Quantity(Decimal((self.planned_day(draft) - min(given, self.as_of)).days), "d"), last.evidence)

    def first_given(self, *substances: str) -> Event | None:
        """The earliest recorded oncology dose."""
        dated = [(e.when.earliest, e.source.resource, e) for e in self.given(*substances) if e.when is not None]
        return min(dated, key=lambda found: found[:2])[2] if dated else None

    def ever_given(self, *substances: str) -> Answer:
        """At least one oncology dose ever recorded."""
        return self.any_of(self.given(*substances), ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")

    def taking(self, *wanted: str) -> Answer:
        """An active order or statement of one of the drugs."""
        running = (o for o in self.courses if o.status == "active" and o.is_any(wanted))
        return self.any_of(running, ORDERS, STATEMENTS, what=wanted[0])

    def doses_of(self, wanted: tuple[str, ...]) -> tuple[Dose, ...]:
        """Completed doses of the drugs."""
        return tuple(d for d in self.doses if d.status in GIVEN and d.is_any(wanted))

    @remembered
    def _ordered_long_enough(self, *substances: str) -> Answer:
        running = [o for o in self.orders(*substances) if self._ran(o) and not self._refused(o)]
        ended = [o for o in self.orders(*substances, status=("completed",)) if self._ended(o) and not self._refused(o)]
        return self.any_of((*running, *ended), ORDERS, what="antiresorptive_order")

    def _ran(self, order: TreatmentCourse) -> bool:
        span = self.days_since(order.when)
        n = self.conventions.treatment
        return span is not None and span.below(n.presumed_from) is False and span.at_most(n.presumed_to) is True

    def _ended(self, order: TreatmentCourse) -> bool:
        return self.within(order.until, self.conventions.treatment.presumed_end) is True

    def _refused(self, order: TreatmentCourse) -> bool:
        """A dose of this order was recorded as not given: then nothing may be presumed from it."""
        return any(d.status == "not-done" and _belongs(d, order) for d in self.doses)


def _belongs(dose: Dose, order: TreatmentCourse) -> bool:
    if dose.order is not None:
        return dose.order == order.source.resource
    later = dose.when is None or order.when is None or dose.when.last >= order.when.first
    return (
        later
        and dose.product is not None
        and order.product is not None
        and dose.product.substance == order.product.substance
    )
