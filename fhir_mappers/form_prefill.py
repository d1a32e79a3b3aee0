"""Patient record → answers of a form: what is already known need not be asked, and says where it comes from."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.form_answers import Value
from fhir_mappers.forms import Form, Question
from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, Evidence
from fhir_mappers.record.events import Event, Measurement
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology


@dataclass(frozen=True, slots=True)
class Filled:
    """An answer found in the record, with what it rests on."""

    values: tuple[Value, ...]
    evidence: tuple[Evidence, ...]


def filled_from(form: Form, record: PatientRecord) -> dict[str, Filled]:
    """What the record already answers, by link id, within the time each answer may be reused."""
    found = {}
    for question in form.questions:
        if question.valid is not None and (filled := _from_record(question, record) or _told(question, record)):
            found[question.link] = filled
    return found


def concept_of(question: Question) -> str:
    """The concept a question measures; its link id is the local code of exactly one."""
    return default_terminology().concepts(LOCAL_SYSTEM, question.link)[0]


def _told(question: Question, record: PatientRecord) -> Filled | None:
    """A yes that stands in the record otherwise than as a result: as an ongoing condition, a dose, an irradiation."""
    concept, proof = concept_of(question), list[Event]()
    if question.kind != "boolean" or record.results(concept):
        return None
    match concept:
        case c.EXPOSURE_EVER:
            proof = [dose for dose in record.given(use=None) if dose.when is not None]
        case c.CRANIOFACIAL_RADIOTHERAPY:
            irradiated = (p for p in record.procedures if p.status == "completed" and p.is_any(c.RADIOTHERAPY))
            proof = [p for p in irradiated if not set(p.sites).isdisjoint(c.HEAD_AND_NECK)]
        case _:
            proof = [p for p in record.problems if p.is_ongoing and p.certain and p.is_any(concept)]
    newest = max(proof, key=lambda event: (event.when.latest.isoformat() if event.when else "", event.source.resource),
                 default=None)  # fmt: skip
    return Filled((True,), (newest.evidence(concept),)) if newest is not None else None


def _from_record(question: Question, record: PatientRecord) -> Filled | None:
    """The newest final result, or for a question with several answers all of that moment; never an older one behind a
    newest that cannot be used, unless that one says it has no value.
    """
    results = [m for m in record.results(concept_of(question)) if not m.provisional and m.problem != ABSENT]
    if not results or not record.within(results[0].when, Quantity(Decimal(question.valid or 0), "d")):
        return None
    newest = [m for m in results if m.when == results[0].when] if question.repeats else results[:1]
    values = [value for m in newest if (value := _recorded(question, m)) is not None]
    if len(values) != len(newest):
        return None
    return Filled(tuple(dict.fromkeys(values)), tuple(dict.fromkeys(m.evidence() for m in newest)))


def _recorded(question: Question, found: Measurement) -> Value | None:
    """A result as an answer of the question; None when it is of another kind, or outside what the form accepts."""
    match question.kind:
        case "boolean":
            return found.flag
        case "choice":
            return _chosen(question, found)
        case "dateTime":
            moment = found.moment_value
            return moment.text[:10] if moment is not None and len(moment.text) >= 10 else None
        case _:
            return _counted(question, found)


def _chosen(question: Question, found: Measurement) -> str | None:
    terminology = default_terminology()
    for option in question.options:
        if set(terminology.concepts(LOCAL_SYSTEM, option.code)) & set(found.concepts):
            return option.code
    return None


def _counted(question: Question, found: Measurement) -> Value | None:
    value = found.value
    if value is None or found.comparator is not None or (question.unit is not None and value.unit != question.unit):
        return None
    low, high = question.low, question.high
    if (low is not None and value.value < low) or (high is not None and value.value > high):
        return None
    if question.kind == "integer":
        return int(value.value) if value.value == value.value.to_integral_value() else None
    return value.value
