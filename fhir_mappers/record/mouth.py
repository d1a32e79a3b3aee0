"""What is known about the mouth: examinations, their outcome, panoramic X-rays, extractions, clearances."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, IMPRECISE, Answer, Known, Missing, Reading, no, unknown, yes
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Event, Procedure, Request
from fhir_mappers.record.facts import APPOINTMENTS, CONDITIONS, OBSERVATIONS, PROCEDURES, REPORTS, Facts
from fhir_mappers.record.quantity import Quantity


class Mouth(Facts):
    """Questions about dental care."""

    __slots__ = ()

    def last_dental_examination(self) -> Reading[Event]:
        """The latest completed dental examination, or a recorded outcome of one."""
        done = [p for p in self._examined() if p.is_any(c.DENTAL_EXAMINATION)]
        final = (m for m in self.results(c.DENTAL_OUTCOME) if m.concepts and not m.provisional)
        told = [Event(m.source, (c.DENTAL_EXAMINATION,), "completed", m.when) for m in final]
        return self.last((*done, *told), PROCEDURES, OBSERVATIONS, what=c.DENTAL_EXAMINATION)

    def dental_treatment_needed(self) -> Answer:
        """An outcome says that treatment is needed, and none surely later that it is done or cleared; a preliminary
        one may ask for treatment, but settles nothing (P1).
        """
        told = [(m.when, m.concepts, m.evidence()) for m in self.results(c.DENTAL_OUTCOME)]
        told += [(p.when, p.outcome, p.evidence(c.DENTAL_OUTCOME)) for p in self._examined() if p.when is not None]
        needed = [(when, proof) for when, said, proof in told if c.TREATMENT_NEEDED in said]
        settled = [
            (when, proof)
            for when, said, proof in told
            if not set(said).isdisjoint(c.TREATMENT_SETTLED) and proof.note is None
        ]
        if not needed:
            return no(settled[0][1]) if settled else self.looked(PROCEDURES, OBSERVATIONS, what=c.DENTAL_OUTCOME)
        last, asked = max(needed, key=lambda told: told[0].latest)
        later = [proof for when, proof in settled if when.earliest > last.latest]
        return no(later[0]) if later else yes(asked)

    def panoramic_within(self, window: Quantity) -> Answer:
        """A panoramic X-ray done within the window (d)."""
        done = (p for p in self.procedures if p.status == "completed" and p.is_any(c.PANORAMIC_XRAY))
        return self.recent(done, window, PROCEDURES, REPORTS, what=c.PANORAMIC_XRAY)

    def last_extraction(self, window: Quantity) -> Reading[Procedure]:
        """The latest completed tooth extraction within the window (d); one without a date may lie within it."""
        done = [p for p in self.procedures if p.status == "completed" and p.is_any(c.TOOTH_EXTRACTION)]
        reading = self.last(done, PROCEDURES, what=c.TOOTH_EXTRACTION)
        if isinstance(reading, Known) and self.within(reading.value.when, window) is not False:
            return reading
        undated = [p.evidence(c.TOOTH_EXTRACTION) for p in done if p.when is None]
        if undated:
            return Missing(c.TOOTH_EXTRACTION, IMPRECISE, undated[0])
        gaps = self.looked(PROCEDURES, what=c.TOOTH_EXTRACTION).missing
        return gaps[0] if gaps else Missing(c.TOOTH_EXTRACTION, ABSENT)

    def exposed_bone_since(self) -> PartialDate | None:
        """The day exposed bone of the jaw was identified, as far as it is recorded."""
        exposed = (p for p in self.problems if p.is_any(c.EXPOSED_JAW_BONE) and p.is_ongoing)
        seen = [p.when for p in exposed if p.when is not None]
        return min(seen, key=lambda day: day.earliest, default=None)

    def cleared_after(self, extraction: Procedure) -> Answer:
        """The newest word of the dentist on or after the extraction is that it healed; none on file is no where we
        looked. A preliminary one never clears (P1).
        """
        told = [m for m in self.results(c.DENTAL_CLEARANCE) if m.flag is not None and not (m.flag and m.provisional)]
        told = [m for m in told if extraction.when is not None and m.when.last >= extraction.when.first]
        if not told:
            return self.looked(OBSERVATIONS, what=c.DENTAL_CLEARANCE)
        newest = min((m for m in told if m.when.latest == told[0].when.latest), key=lambda m: m.flag is True)
        sure = extraction.when is not None and newest.when.first >= extraction.when.last
        if newest.flag and not sure:
            return unknown(Missing(c.DENTAL_CLEARANCE, IMPRECISE, newest.evidence()))
        return Answer(newest.flag, (newest.evidence(),))

    def healed_within(self, look_back: Quantity, minimum: Quantity) -> Answer:
        """No extraction in the look-back (d), or one at least ``minimum`` (d) ago that the dentist cleared."""
        found = self.last_extraction(look_back)
        if isinstance(found, Missing):
            return yes() if found.why == ABSENT else unknown(found)
        span = self.days_since(found.value.when)
        waited = span is not None and span.low >= minimum.value
        return self.cleared_after(found.value) if waited else no(*found.evidence)

    def visit_booked(self, wanted: tuple[str, ...] | str, within: Quantity) -> Answer:
        """An appointment of the kind (or one of the kinds) booked between today and ``within`` days ahead."""
        ahead = [a for a in self.appointments if a.is_any(wanted) and a.status == "booked" and self._ahead(a, within)]
        return self.any_of(ahead, APPOINTMENTS, what=wanted if isinstance(wanted, str) else wanted[0])

    def smokes(self) -> Answer:
        """A current smoker by the newest recorded status; where that does not tell, by a coded problem."""
        status = self.latest(c.SMOKING_STATUS)
        if isinstance(status, Known) and not set(status.value.concepts).isdisjoint(c.NOT_SMOKING):
            return no(*status.evidence)
        coded = [p for p in self.problems if p.is_any(c.SMOKING_CURRENT) and p.is_ongoing]
        return self.coded(c.SMOKING_STATUS, c.SMOKING_CURRENT) | self.any_of(coded, CONDITIONS, what=c.SMOKING_CURRENT)

    def drinks_at_risk(self) -> Answer:
        """At-risk alcohol use: recorded as such, or an alcohol use disorder."""
        coded = [p for p in self.problems if p.is_any(c.ALCOHOL_USE_DISORDER) and p.is_ongoing]
        return self.flagged(c.AT_RISK_DRINKING) | self.any_of(coded, CONDITIONS, what=c.ALCOHOL_USE_DISORDER)

    def _ahead(self, visit: Request, within: Quantity) -> bool:
        return visit.when is not None and 0 <= (visit.when.first - self.as_of).days <= within.value

    def _examined(self) -> tuple[Procedure, ...]:
        """Completed procedures that are not in the future."""
        past = (p for p in self.procedures if p.when is None or not p.when.surely_after(self.as_of))
        return tuple(p for p in past if p.status == "completed")
