"""Kidney function for dosing: Cockcroft-Gault in exact arithmetic (catalogue P4, P5), dialysis, eGFR."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import (
    ABSENT,
    IMPLAUSIBLE,
    NOT_FETCHED,
    TOO_OLD,
    Answer,
    Evidence,
    Known,
    Missing,
    Reading,
    either,
    unknown,
)
from fhir_mappers.record.conventions import ClearanceNumbers
from fhir_mappers.record.dates import PartialDate, whole_years
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.facts import CONDITIONS, OBSERVATIONS, PATIENT, PROCEDURES, Facts
from fhir_mappers.record.quantity import Quantity, Span

ML_MIN = "mL/min"


@dataclass(frozen=True, slots=True)
class Clearance:
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
        """True when the creatinine used is a preliminary result."""
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


@dataclass(frozen=True, slots=True)
class _Inputs:
    creatinine: Span
    weight: Span
    age: Span
    sexes: tuple[str, ...]


class Kidney(Facts):
    """Questions about kidney function."""

    __slots__ = ()

    def clearance(self, window: Quantity) -> Clearance:
        """Current clearance from the newest creatinine within ``window`` (d) and the newest weight (P5)."""
        return self.once(f"clearance {window}", lambda: self._clearance(self.creatinine(window), self.as_of))

    def provisional_clearance(self, window: Quantity) -> Clearance:
        """Clearance from the newest preliminary creatinine: may warn, never reassures (P1)."""
        return self._clearance(self._provisional(window), self.as_of)

    def last_known_clearance(self) -> Clearance:
        """Clearance from the newest creatinine of the past year, however old: quoted, never used for a dose."""
        return self.clearance(self.conventions.clearance.creatinine_history)

    def clearance_at(self, first_dose: PartialDate) -> Clearance:
        """Clearance when the first dose was given: as recorded, else computed from the results of that time (A2)."""
        recorded = self._recorded_baseline(first_dose)
        if recorded is not None and recorded.value is not None:
            span = Span.exactly(recorded.value.value, ML_MIN)
            return Clearance(span, (), (recorded.evidence(),))
        day = first_dose.last
        then = [
            m
            for m in self.results(c.CREATININE)
            if _usable(m) and _within_before(m, day, self._n.creatinine_zoledronate)
        ]
        reading: Reading[Measurement] = Known(then[0], (then[0].evidence(),)) if then else Missing(c.CREATININE, ABSENT)
        return self._clearance(reading, day)

    def creatinine(self, window: Quantity) -> Reading[Measurement]:
        """The creatinine to use: newest final one in the window; of several at one time the highest; a newer and
        higher preliminary one wins because it is less safe (P1, P5).
        """
        reading = self.latest(c.CREATININE, within=window)
        if isinstance(reading, Missing):
            return reading
        same_time = [m for m in self.results(c.CREATININE) if _same_time(m, reading.value)]
        highest = max(same_time, key=_micromoles)
        if not self._n.creatinine_low.value <= _micromoles(highest) <= self._n.creatinine_high.value:
            return Missing(c.CREATININE, IMPLAUSIBLE, highest.evidence())
        early = self._provisional(window)
        if isinstance(early, Known) and early.value.when.latest >= highest.when.earliest:
            highest = max(highest, early.value, key=_micromoles)
        return Known(highest, (highest.evidence(),))

    def dialysis(self) -> Answer:
        """Dialysis: an active dependence, a recent session, or a recent creatinine sampled around a session."""
        window = self._n.dialysis
        dependent = self.any_of(
            (p for p in self.problems if p.is_any(c.DIALYSIS) and p.is_ongoing), CONDITIONS, what=c.DIALYSIS
        )
        done = (p for p in self.procedures if p.is_any((c.DIALYSIS_SESSION, c.DIALYSIS)) and p.status == "completed")
        session = self.recent(done, window, PROCEDURES, what=c.DIALYSIS)
        sampled = [m for m in self.results(c.CREATININE_ON_DIALYSIS) if self.within(m.when, window)]
        around = Answer(bool(sampled), tuple(m.evidence() for m in sampled[:1]))
        return either((around, dependent, session))

    def egfr(self) -> Reading[Measurement]:
        """The newest estimated filtration rate within the creatinine window; never used in place of the clearance."""
        return self.latest(*c.EGFR, within=self._n.creatinine_zoledronate)

    @property
    def _n(self) -> ClearanceNumbers:
        return self.conventions.clearance

    def _provisional(self, window: Quantity) -> Reading[Measurement]:
        early = [m for m in self.results(c.CREATININE) if m.provisional and _usable(m) and self.within(m.when, window)]
        return Known(early[0], (early[0].evidence(),)) if early else Missing(c.CREATININE, ABSENT)

    def _recorded_baseline(self, first_dose: PartialDate) -> Measurement | None:
        named = [m for m in self.results(c.CLEARANCE_AT_FIRST_DOSE) if m.value is not None]
        reported = [
            m for m in self.results(c.CLEARANCE_REPORTED) if m.value is not None and m.when.first == first_dose.first
        ]
        return next(iter(named + reported), None)

    def _clearance(self, creatinine: Reading[Measurement], day: date) -> Clearance:
        weight, age = self._weight(day), self._age(day)
        absent = [r for r in (creatinine, weight, age) if isinstance(r, Missing)]
        if self.person.sex is None:
            absent.append(Missing("sex", NOT_FETCHED if self.looked_for.get(PATIENT, "x") else ABSENT))
        if isinstance(creatinine, Missing):
            return Clearance(None, tuple(absent), sex=self.person.sex)
        weights = self._weights(weight)
        ages = age.value if isinstance(age, Known) else self._any_age()
        sexes = (self.person.sex,) if self.person.sex else ("female", "male")
        found = (*creatinine.evidence, *(e for r in (weight, age) if isinstance(r, Known) for e in r.evidence))
        return Clearance(
            _cockcroft(_Inputs(self._creatinines(creatinine.value), weights, ages, sexes), self._n),
            tuple(absent),
            found,
            creatinine.value,
            weight.value if isinstance(weight, Known) else None,
            age.value if isinstance(age, Known) else None,
            self.person.sex,
            sum(_same_time(m, creatinine.value) for m in self.results(c.CREATININE)) > 1,
        )

    def _creatinines(self, creatinine: Measurement) -> Span:
        value = Fraction(_micromoles(creatinine))
        if creatinine.comparator in ("<", "<="):
            return Span(min(value, Fraction(self._n.creatinine_low.value)), value, "umol/L")
        if creatinine.comparator in (">", ">="):
            return Span(value, max(value, Fraction(self._n.creatinine_high.value)), "umol/L")
        return Span.exactly(value, "umol/L")

    def _weight(self, day: date) -> Reading[Measurement]:
        what = c.WEIGHT[0]
        known = [m for m in self.results(*c.WEIGHT) if not m.provisional and m.when.first <= day]
        if not known:
            searched = self.looked(OBSERVATIONS, what=what)
            return searched.missing[0] if searched.missing else Missing(what, ABSENT)
        newest = known[0]
        if newest.problem or newest.value is None:
            return Missing(what, newest.problem or IMPLAUSIBLE, newest.evidence())
        if not self._n.weight_low.value <= newest.value.value <= self._n.weight_high.value or newest.comparator:
            return Missing(what, IMPLAUSIBLE, newest.evidence())
        return (
            Known(newest, (newest.evidence(),))
            if _within_before(newest, day, self._n.weight)
            else Missing(what, TOO_OLD, newest.evidence())
        )

    def _weights(self, weight: Reading[Measurement]) -> Span:
        if isinstance(weight, Known) and weight.value.value is not None:
            return Span.exactly(weight.value.value.value, "kg")
        return Span(Fraction(self._n.weight_low.value), Fraction(self._n.weight_high.value), "kg")

    def _age(self, day: date) -> Reading[Span]:
        born = self.person.born
        if born is None or born.surely_after(day):
            return Missing("birth_date", NOT_FETCHED if self.looked_for.get(PATIENT, "x") else ABSENT)
        ages = Span(Fraction(max(0, whole_years(born.last, day))), Fraction(whole_years(born.first, day)), "a")
        proof = Evidence(self.person.source, "birth_date", value=born.text, origin=self.person.origin)
        if ages.high > Fraction(self._n.age_high.value):
            return Missing("birth_date", IMPLAUSIBLE, proof)
        return Known(ages, (proof,))

    def _any_age(self) -> Span:
        return Span(Fraction(self.conventions.age.adult.value), Fraction(self._n.age_high.value), "a")


def _cockcroft(given: _Inputs, n: ClearanceNumbers) -> Span:
    """Lowest and highest clearance over the inputs; for each point the smaller of the two published forms (P5)."""
    lowest = min(_smaller_form(s, given.age.high, given.weight.low, given.creatinine.high, n) for s in given.sexes)
    highest = max(_smaller_form(s, given.age.low, given.weight.high, given.creatinine.low, n) for s in given.sexes)
    return Span(lowest, highest, ML_MIN)


def _smaller_form(sex: str, age: Fraction, weight: Fraction, creatinine: Fraction, n: ClearanceNumbers) -> Fraction:
    body = (Fraction(n.age_constant) - age) * weight
    per_mg_dl = body * Fraction(n.umol_per_mg_dl) / (Fraction(n.divisor) * creatinine)
    if sex == "female":
        return min(per_mg_dl * Fraction(n.women), body * Fraction(n.factor_women) / creatinine)
    return min(per_mg_dl, body * Fraction(n.factor_men) / creatinine)


def _usable(result: Measurement) -> bool:
    return result.problem is None and result.value is not None


def _micromoles(result: Measurement) -> Fraction:
    return Fraction(result.value.value) if result.value is not None else Fraction(0)


def _same_time(one: Measurement, other: Measurement) -> bool:
    """True when the two results cannot be put in order: same instant, or a date that covers the other's time."""
    final = not one.provisional and _usable(one)
    return final and one.when.latest >= other.when.earliest and other.when.latest >= one.when.earliest


def _within_before(result: Measurement, day: date, window: Quantity) -> bool:
    span = result.when.days_before(day)
    return span.low >= 0 and bool(span.at_most(window))
