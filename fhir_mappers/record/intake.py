"""Calcium taken: what the diet brings, what supplements add. Elemental calcium, mg a day (UCUM mg/d)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Evidence, Known, Missing, Reading
from fhir_mappers.record.events import DraftOrder, Measurement, TreatmentCourse
from fhir_mappers.record.facts import ORDERS, STATEMENTS
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.session import Session

PER_DAY = "mg/d"
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Supplements:
    """Elemental calcium of supplements, mg/d: at least ``low``, at most ``high`` (None when that cannot be told).

    An order of calcium carbonate may state the mass of the salt or of its calcium, so it gives two bounds. ``missing``
    names what was not sent or cannot be read.
    """

    low: Decimal = _NONE
    high: Decimal | None = _NONE
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()

    def __add__(self, other: "Supplements") -> "Supplements":
        high = None if self.high is None or other.high is None else self.high + other.high
        evidence = tuple(dict.fromkeys((*self.evidence, *other.evidence)))
        return Supplements(self.low + other.low, high, evidence, (*self.missing, *other.missing))

    def or_the_same(self, other: "Supplements") -> "Supplements":
        """Two accounts that may tell of the same tablets: at least the larger, at most both."""
        return Supplements(max(self.low, other.low), (self + other).high, (self + other).evidence)


class Intake(Session):
    """Questions about calcium taken."""

    __slots__ = ()

    def dietary_calcium(self, window: Quantity) -> Reading[Measurement]:
        """The newest dietary calcium of the form or of an observation (mg/d)."""
        reading = self.latest(c.DIETARY_CALCIUM, within=window)
        if isinstance(reading, Known) and reading.value.value is None:
            return Missing(c.DIETARY_CALCIUM, ABSENT, reading.evidence[0])
        return reading

    def calcium_drafts(self) -> tuple[DraftOrder, ...]:
        """The live drafts of calcium."""
        return tuple(d for d in self.live_drafts() if d.is_any(c.CALCIUM_DRUGS))

    def calcium_courses(self) -> tuple[TreatmentCourse, ...]:
        """Running orders and statements of calcium, without those that a draft of this session renews or stops."""
        replaced = {d.prior for d in self.drafts if d.prior is not None}
        return tuple(
            o
            for o in self.courses
            if o.status == "active"
            and o.is_any(c.CALCIUM_DRUGS)
            and o.source.resource not in replaced
            and (o.until is None or o.until.last >= self.as_of)
        )

    def supplements(self, window: Quantity, without: DraftOrder | None = None) -> Supplements:
        """Calcium of supplements: what the patient reports, else what runs; with the drafts of this session."""
        drafts = tuple(d for d in self.calcium_drafts() if d is not without)
        return self._running_supplements(window) + self._sum(drafts)

    def _running_supplements(self, window: Quantity) -> Supplements:
        reported = self.latest(c.SUPPLEMENT_CALCIUM, within=window)
        if isinstance(reported, Known) and reported.value.value is not None:
            value = reported.value.value.value
            return Supplements(value, value, reported.evidence)
        courses = self.calcium_courses()
        orders = self._sum(o for o in courses if o.kind == "order")
        found = orders.or_the_same(self._sum(o for o in courses if o.kind != "order"))
        looked = self.looked(ORDERS, STATEMENTS, what=c.SUPPLEMENT_CALCIUM)
        nothing_else = isinstance(reported, Missing) and reported.why == ABSENT and looked.is_no
        unsent = (reported,) if isinstance(reported, Missing) and reported.why not in (ABSENT, TOO_OLD) else ()
        return Supplements(found.low, found.high if nothing_else else None, found.evidence, (*unsent, *looked.missing))

    def _sum(self, events: Iterable[TreatmentCourse | DraftOrder]) -> Supplements:
        total = Supplements()
        for event in events:
            total = total + self._daily(event)
        return total

    def _daily(self, event: TreatmentCourse | DraftOrder) -> Supplements:
        """Dose by frequency, where both are stated and the salt is known to be the carbonate."""
        proof = (event.evidence("calcium_supplement"),)
        known = event.is_any(c.CALCIUM_CARBONATE) and isinstance(event.dose, Quantity) and event.dose.unit == "mg"
        if not known or event.interval is None or event.interval.value <= 0:
            return Supplements(_NONE, None, proof)
        assert isinstance(event.dose, Quantity), "known says so"
        stated = event.dose.value / event.interval.value
        return Supplements(stated * self.conventions.calcium.carbonate, stated, proof)
