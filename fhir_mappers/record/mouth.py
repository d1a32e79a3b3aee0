"""What is known about the mouth: examinations, their outcome, panoramic X-rays, extractions, clearances."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, Reading, no
from fhir_mappers.record.events import Event, Measurement, Procedure, Request
from fhir_mappers.record.facts import APPOINTMENTS, CONDITIONS, OBSERVATIONS, PROCEDURES, REPORTS, Facts
from fhir_mappers.record.quantity import Quantity


class Mouth(Facts):
    """Questions about dental care."""

    __slots__ = ()

    def last_dental_examination(self) -> Reading[Event]:
        """The latest completed dental examination, or a recorded outcome of one."""
        done = [p for p in self.procedures if p.status == "completed" and p.is_any(c.DENTAL_EXAMINATION)]
        told = [Event(m.source, (c.DENTAL_EXAMINATION,), "completed", m.when) for m in self._outcomes()]
        return self.last((*done, *told), PROCEDURES, OBSERVATIONS, what=c.DENTAL_EXAMINATION)

    def dental_treatment_needed(self) -> Answer:
        """The newest outcome says that treatment is needed and none later says it is done or cleared."""
        outcomes = [(m.when, m.concepts, m.evidence()) for m in self._outcomes()]
        outcomes += [(p.when, p.outcome, p.evidence(c.DENTAL_OUTCOME)) for p in self.procedures if p.outcome and p.when]
        if not outcomes:
            return no()
        _, concepts, proof = max(outcomes, key=lambda o: (o[0].latest, set(o[1]).isdisjoint((c.TREATMENT_NEEDED,))))
        return Answer(c.TREATMENT_NEEDED in concepts, (proof,))

    def panoramic_within(self, window: Quantity) -> Answer:
        """A panoramic X-ray done within the window (d)."""
        done = (p for p in self.procedures if p.status == "completed" and p.is_any(c.PANORAMIC_XRAY))
        return self.recent(done, window, PROCEDURES, REPORTS, what=c.PANORAMIC_XRAY)

    def last_extraction(self, window: Quantity) -> Reading[Procedure]:
        """The latest completed tooth extraction within the window (d)."""
        done = (p for p in self.procedures if p.status == "completed" and p.is_any(c.TOOTH_EXTRACTION))
        reading = self.last(done, PROCEDURES, what=c.TOOTH_EXTRACTION)
        if isinstance(reading, Known) and self.within(reading.value.when, window) is False:
            return Missing(c.TOOTH_EXTRACTION, ABSENT)
        return reading

    def cleared_after(self, extraction: Procedure) -> Answer:
        """The dentist documented healing on or after the extraction; no clearance on file is no where we looked."""
        given = [m for m in self.results(c.DENTAL_CLEARANCE) if m.flag is True and _not_before(m, extraction)]
        if given:
            return Answer(True, (given[0].evidence(),))
        return self.looked(OBSERVATIONS, what=c.DENTAL_CLEARANCE)

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

    def _outcomes(self) -> tuple[Measurement, ...]:
        return tuple(m for m in self.results(c.DENTAL_OUTCOME) if m.concepts and not m.provisional)


def _not_before(clearance: Measurement, extraction: Procedure) -> bool:
    return extraction.when is not None and clearance.when.last >= extraction.when.first
