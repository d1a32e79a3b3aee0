"""Kidney function for dosing: which results enter Cockcroft-Gault (catalogue P1, P4, P5), dialysis, eGFR."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import takewhile

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import (
    ABSENT,
    IMPLAUSIBLE,
    IMPRECISE,
    NOT_FETCHED,
    TOO_OLD,
    Answer,
    Evidence,
    Known,
    Missing,
    Reading,
    either,
    no,
)
from fhir_mappers.record.cockcroft import ML_MIN, Inputs, cockcroft, creatinine_span, micromoles
from fhir_mappers.record.cockcroft import Clearance as Clearance  # the answer of this module
from fhir_mappers.record.conventions import ClearanceNumbers
from fhir_mappers.record.dates import PartialDate, whole_years
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.facts import CONDITIONS, OBSERVATIONS, PATIENT, PROCEDURES, Facts, evidence_of
from fhir_mappers.record.quantity import Quantity, Span, exact
from fhir_mappers.record.remembering import remembered


class Kidney(Facts):
    """Questions about kidney function."""

    __slots__ = ()

    @remembered
    def clearance(self, window: Quantity) -> Clearance:
        """Current clearance from the newest creatinine within ``window`` (d) and the newest weight (P5)."""
        return self._clearance(self.creatinine(window), self.as_of)

    @remembered
    def provisional_clearance(self, window: Quantity) -> Clearance:
        """Clearance from the newest preliminary creatinine: may warn, never reassures (P1)."""
        return self._clearance(self._provisional(window), self.as_of)

    def last_known_clearance(self) -> Clearance:
        """Clearance from the newest creatinine of the past year, however old: quoted, never used for a dose."""
        return self.clearance(self.conventions.clearance.creatinine_history)

    def clearance_at(self, first_dose: PartialDate | None) -> Clearance:
        """Clearance when the first dose was given: as written down, else computed from the results of that time (A2).

        None when the day of the first dose is not recorded: then only what was written down counts.
        """
        recorded = self._recorded_baseline(first_dose)
        if recorded is not None and recorded.value is not None:
            return Clearance(Span.exactly(recorded.value.value, ML_MIN), (), (recorded.evidence(),))
        if first_dose is None:
            return Clearance(None, (Missing(c.CLEARANCE_AT_FIRST_DOSE, ABSENT),))
        day, window = first_dose.last, self._n.creatinine_zoledronate
        final = [m for m in self._plausible() if not m.provisional and _within_before(m, day, window)]
        highest = max(_at_one_time(final), key=micromoles, default=None)
        if highest is None:
            return self._clearance(Missing(c.CREATININE, ABSENT), day)
        return self._clearance(Known(highest, (highest.evidence(),)), day)

    @remembered
    def creatinine(self, window: Quantity) -> Reading[Measurement]:
        """The creatinine to use: newest final one in the window; of several at one time the highest; a newer and
        higher preliminary one wins because it is less safe (P1, P5).
        """
        reading = self.latest(c.CREATININE, within=window)
        if isinstance(reading, Missing):
            return reading
        final = self._final_at(reading.value.when)
        spoilt = next((m for m in final if m.problem is not None), None)
        if spoilt is not None:
            return Missing(c.CREATININE, spoilt.problem or IMPLAUSIBLE, spoilt.evidence())
        highest = max(final, key=micromoles)
        if not self._is_plausible(highest):
            return Missing(c.CREATININE, IMPLAUSIBLE, highest.evidence())
        early = self._provisional(window)
        if isinstance(early, Known):
            highest = max(highest, early.value, key=micromoles)
        return Known(highest, (highest.evidence(),))

    @remembered
    def dialysis(self) -> Answer:
        """Dialysis: an active dependence or course, a recent session, or a recent creatinine sampled around one."""
        window = self._n.dialysis
        dependent = self.any_of(
            (p for p in self.problems if p.is_any(c.DIALYSIS) and p.is_ongoing), CONDITIONS, what=c.DIALYSIS
        )
        acts = [p for p in self.procedures if p.is_any((c.DIALYSIS_SESSION, c.DIALYSIS))]
        session = self.recent((p for p in acts if p.status == "completed"), window, PROCEDURES, what=c.DIALYSIS)
        begun = tuple(p for p in acts if p.status == "in-progress")
        running = Answer(bool(begun), evidence_of(begun, c.DIALYSIS))
        sampled = next((m for m in self.results(c.CREATININE_ON_DIALYSIS) if self.within(m.when, window)), None)
        around = Answer(False) if sampled is None else Answer(True, (sampled.evidence(),))
        return either((around, running, dependent, session))

    def egfr_below(self, limit: Quantity) -> Answer:
        """Whether the newest estimated filtration rate is below ``limit`` (mL/min); none is no.

        It asks for the missing weight, and is never used in place of the clearance (P5).
        """
        reading = self.latest(*c.EGFR, within=self._n.creatinine_zoledronate)
        if isinstance(reading, Missing) or reading.value.value is None:
            return no()
        value, at_limit = reading.value.value.value, reading.value.comparator == "<"
        return Answer(value < limit.value or (at_limit and value <= limit.value), reading.evidence)

    @property
    def _n(self) -> ClearanceNumbers:
        return self.conventions.clearance

    @remembered
    def _provisional(self, window: Quantity) -> Reading[Measurement]:
        """The highest of the newest preliminary results, unless a final one came later."""
        early = [m for m in self._since_final() if m.provisional and self.within(m.when, window)]
        highest = max(_at_one_time(early), key=micromoles, default=None)
        return Missing(c.CREATININE, ABSENT) if highest is None else Known(highest, (highest.evidence(),))

    @remembered
    def _since_final(self) -> list[Measurement]:
        """Every creatinine with a plausible value, newest first, as far as none that is final came surely later."""
        found: list[Measurement] = []
        settled: datetime | None = None
        for result in self._plausible():
            if settled is not None and result.when.latest < settled:
                break  # from here on back nothing preliminary counts, and nothing need be read
            found.append(result)
            if not result.provisional:
                settled = result.when.earliest if settled is None else max(settled, result.when.earliest)
        return found

    def _final_at(self, when: PartialDate) -> list[Measurement]:
        """The final results that cannot be told from ``when`` in time; older ones are not read."""
        near = takewhile(lambda m: m.when.latest >= when.earliest, self.results(c.CREATININE))
        return [m for m in near if not m.provisional and m.problem != ABSENT and m.when.overlaps(when)]

    def _plausible(self) -> Iterator[Measurement]:
        """Every creatinine with a plausible value, newest first."""
        return (m for m in self.results(c.CREATININE) if m.problem is None and self._is_plausible(m))

    def _is_plausible(self, creatinine: Measurement) -> bool:
        value = creatinine.value.value if creatinine.value is not None else 0
        return self._n.creatinine_low.value <= value <= self._n.creatinine_high.value

    def _recorded_baseline(self, first_dose: PartialDate | None) -> Measurement | None:
        reported = () if first_dose is None else self._final(c.CLEARANCE_REPORTED)
        same_day = [m for m in reported if first_dose is not None and m.when.first == first_dose.first]
        return next(iter([*self._final(c.CLEARANCE_AT_FIRST_DOSE), *same_day]), None)

    def _final(self, concept: str) -> list[Measurement]:
        return [m for m in self.results(concept) if m.value is not None and not m.provisional]

    def _clearance(self, creatinine: Reading[Measurement], day: date) -> Clearance:
        weight, age, sex = self._weight(day), self._age(day), self.person.sex
        lacking = self._lacking(creatinine, weight, age)
        if isinstance(creatinine, Missing):
            return Clearance(None, lacking, sex=sex)
        given = Inputs(
            creatinine_span(creatinine.value, self._n),
            self._weights(weight),
            age.value if isinstance(age, Known) else self._any_age(),
            (sex,) if sex else ("female", "male"),
        )
        found = (*creatinine.evidence, *(e for r in (weight, age) if isinstance(r, Known) for e in r.evidence))
        return Clearance(
            cockcroft(given, self._n),
            lacking,
            found,
            creatinine.value,
            weight.value if isinstance(weight, Known) else None,
            age.value if isinstance(age, Known) else None,
            sex,
            len({micromoles(m) for m in self._final_at(creatinine.value.when)}) > 1,
        )

    def _lacking(
        self, creatinine: Reading[Measurement], weight: Reading[Measurement], age: Reading[Span]
    ) -> tuple[Missing, ...]:
        """Every input that is not known, or not exactly."""
        lacking = [r for r in (creatinine, weight, age) if isinstance(r, Missing)]
        if isinstance(creatinine, Known) and creatinine.value.comparator:
            lacking.append(Missing(c.CREATININE, IMPRECISE, creatinine.value.evidence()))
        if isinstance(age, Known) and not age.value.is_exact:
            lacking.append(Missing("birth_date", IMPRECISE, age.evidence[0]))
        if self.person.sex is None:
            lacking.append(Missing("sex", self.looked_for.get(PATIENT, NOT_FETCHED) or ABSENT))
        return tuple(lacking)

    @remembered
    def _weight(self, day: date) -> Reading[Measurement]:
        what = c.WEIGHT[0]
        valued = (m for m in self.results(*c.WEIGHT) if m.problem != ABSENT)
        newest = next((m for m in valued if not m.provisional and m.when.first <= day), None)
        if newest is None:
            searched = self.looked(OBSERVATIONS, what=what)
            return searched.missing[0] if searched.missing else Missing(what, ABSENT)
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
        return Span(exact(self._n.weight_low.value), exact(self._n.weight_high.value), "kg")

    @remembered
    def _age(self, day: date) -> Reading[Span]:
        born = self.person.born
        if born is None or born.surely_after(day):
            return Missing("birth_date", self.looked_for.get(PATIENT, NOT_FETCHED) or ABSENT)
        ages = Span(max(0, whole_years(born.last, day)), whole_years(born.first, day), "a")
        proof = Evidence(self.person.source, "birth_date", value=born.text, origin=self.person.origin)
        if ages.high > exact(self._n.age_high.value):
            return Missing("birth_date", IMPLAUSIBLE, proof)
        return Known(ages, (proof,))

    def _any_age(self) -> Span:
        return Span(exact(self.conventions.age.adult.value), exact(self._n.age_high.value), "a")


def _at_one_time(newest_first: list[Measurement]) -> list[Measurement]:
    """The newest result and those that cannot be told from it in time."""
    return [m for m in newest_first if m.when.overlaps(newest_first[0].when)]


def _within_before(result: Measurement, day: date, window: Quantity) -> bool:
    """On or before the day, and certainly not longer ago than the window."""
    return result.when.first <= day and result.when.days_before(day).high <= exact(window.value)
