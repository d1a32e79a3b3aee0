"""The patient record: one patient on one day, answering questions. It never changes and never reads a clock."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, Answer, Evidence, Known, Missing, Reading, no
from fhir_mappers.record.answer import below as span_below
from fhir_mappers.record.calcium import CalciumQuestions
from fhir_mappers.record.dates import whole_years
from fhir_mappers.record.disease import Disease
from fhir_mappers.record.duration import Duration
from fhir_mappers.record.facts import PATIENT, Facts
from fhir_mappers.record.intake import Intake
from fhir_mappers.record.kidney import Kidney
from fhir_mappers.record.mouth import Mouth
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.repletion import Repletion
from fhir_mappers.record.session import Session
from fhir_mappers.record.treatment import Treatment


class PatientRecord(Intake, Session, Repletion, Kidney, Mouth, Duration, Treatment, Disease, CalciumQuestions, Facts):
    """All questions a check may ask, over the facts of one patient ``as_of`` one day.

    Questions are grouped by subject: :class:`Kidney`, :class:`CalciumQuestions`, :class:`Disease`, :class:`Treatment`,
    :class:`Mouth`; the facts themselves are described in :class:`Facts`.
    """

    __slots__ = ()

    def age_below(self, years: Quantity) -> Answer:
        """Younger than ``years`` (a), completed years at ``as_of`` (P3)."""
        return span_below(self.age(), years)

    def age(self) -> Reading[Span]:
        """Completed years; a span when only the year or month of birth is known."""
        born = self.person.born
        if born is None or born.surely_after(self.as_of):
            return Missing("birth_date", self.looked_for.get(PATIENT, "not-fetched") or ABSENT)
        youngest = (
            Span.exactly(whole_years(born.last, self.as_of), "a").low
            if born.last <= self.as_of
            else Span.exactly(0, "a").low
        )
        proof = Evidence(self.person.source, "birth_date", value=born.text, origin=self.person.origin)
        return Known(Span(youngest, Span.exactly(whole_years(born.first, self.as_of), "a").low, "a"), (proof,))

    def pregnant(self) -> Answer:
        """A current pregnancy: an ongoing condition, or the newest recorded status; not asked of a recorded man."""
        status = self.coded(c.PREGNANCY_STATUS, c.PREGNANCY, "pregnancy_status_pregnant")
        found = self.has(c.PREGNANCY) | status | self.flagged(c.PREGNANCY_STATUS)
        return no() if found.is_unknown and self.person.sex == "male" else found
