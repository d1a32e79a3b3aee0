"""Answers of a form: read from what was submitted, filled in from the record, written as FHIR R4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from fhir_mappers.forms import UCUM, Form, Json, Question
from fhir_mappers.record.answer import Evidence
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology

Value = str | bool | int | Decimal
NOT_AN_OPTION, NOT_A_NUMBER, NOT_WHOLE = "not-an-option", "not-a-number", "not-whole"
NOT_A_DAY, OUT_OF_RANGE, TOO_MANY, TOO_LONG, UNKNOWN_QUESTION = (
    "not-a-day",
    "out-of-range",
    "too-many",
    "too-long",
    "unknown-question",
)
LONGEST_TEXT, LONGEST_NUMBER = 4000, 18

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


@dataclass(frozen=True, slots=True)
class Submission:
    """What was filled in: typed ``answers`` by link id, and by link id what is wrong with those that are not usable.

    A question left empty is in neither: not answered is not *no*.
    """

    answers: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filled:
    """An answer found in the record, with what it rests on."""

    values: tuple[Value, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class About:
    """For whom, by whom and when a form was filled in: ``when`` is a FHIR instant, ``user`` a relative reference."""

    patient_id: str
    when: str
    user: str | None = None
    encounter_id: str | None = None


def read_submission(form: Form, submitted: Mapping[str, Sequence[str]]) -> Submission:
    """The answers among submitted fields; every other field that looks like a question of the form is a problem."""
    answers: dict[str, tuple[Value, ...]] = {}
    problems: dict[str, str] = {}
    known = {question.link: question for question in form.questions}
    for link, texts in submitted.items():
        given = [text.strip() for text in texts if text.strip()]
        if link not in known:
            problems[link] = UNKNOWN_QUESTION
        elif given:
            try:
                answers[link] = _read(known[link], given)
            except _Wrong as wrong:
                problems[link] = wrong.why
    return Submission(answers, problems)


def filled_from(form: Form, record: PatientRecord) -> dict[str, Filled]:
    """What the record already answers, within the time each answer may be reused."""
    found = {}
    for question in form.questions:
        if question.valid is not None and (filled := _from_record(question, record)) is not None:
            found[question.link] = filled
    return found


def response(form: Form, answers: Mapping[str, tuple[Value, ...]], about: About) -> Json:
    """The answers as a completed QuestionnaireResponse, in the order of the form; unanswered questions are left out."""
    items = [
        {"linkId": q.link, "text": q.text["en"], "answer": [_answer(q, value) for value in answers[q.link]]}
        for q in form.questions
        if answers.get(q.link)
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": form.url,
        "status": "completed",
        **_whose(about, "author", "source"),
        "authored": about.when,
        **({"item": items} if items else {}),
    }


def observations(form: Form, answers: Mapping[str, tuple[Value, ...]], about: About) -> list[Json]:
    """Each coded answer as an Observation of its own (SDC: extraction by observation); free text stays in the form."""
    return [
        _observation(question, value, about)
        for question in form.questions
        if question.kind != "text"
        for value in answers.get(question.link, ())
    ]


class _Wrong(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _read(question: Question, given: list[str]) -> tuple[Value, ...]:
    if len(given) > 1 and not question.repeats:
        raise _Wrong(TOO_MANY)
    return tuple(dict.fromkeys(_value(question, text) for text in given))


def _value(question: Question, text: str) -> Value:
    match question.kind:
        case "choice":
            if text not in {option.code for option in question.options}:
                raise _Wrong(NOT_AN_OPTION)
            return text
        case "boolean":
            if text not in ("true", "false"):
                raise _Wrong(NOT_AN_OPTION)
            return text == "true"
        case "dateTime":
            return _day(text)
        case "text":
            if len(text) > LONGEST_TEXT:
                raise _Wrong(TOO_LONG)
            return text
        case _:
            return _number(question, text)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else _refuse(NOT_A_DAY)
    except ValueError:
        raise _Wrong(NOT_A_DAY) from None


def _number(question: Question, text: str) -> Value:
    """A decimal comma is what a French keyboard gives; exponents and other spellings are refused."""
    plain = text.replace(",", ".", 1)
    digits = plain.removeprefix("-").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(plain) > LONGEST_NUMBER:
        raise _Wrong(NOT_A_NUMBER)
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise _Wrong(NOT_A_NUMBER) from None
    if question.kind == "integer" and number != number.to_integral_value():
        raise _Wrong(NOT_WHOLE)
    if (question.low is not None and number < question.low) or (question.high is not None and number > question.high):
        raise _Wrong(OUT_OF_RANGE)
    return int(number) if question.kind == "integer" else number


def _refuse(why: str) -> str:
    raise _Wrong(why)


def _from_record(question: Question, record: PatientRecord) -> Filled | None:
    concept = concept_of(question)
    results = [m for m in record.results(concept) if not m.provisional and m.problem is None]
    fresh = [m for m in results if record.within(m.when, Quantity(Decimal(question.valid or 0), "d"))]
    if not fresh:
        return None
    newest = [m for m in fresh if m.when == fresh[0].when] if question.repeats else fresh[:1]
    values = [value for m in newest if (value := _recorded(question, m)) is not None]
    return Filled(tuple(dict.fromkeys(values)), tuple(m.evidence() for m in newest)) if values else None


def concept_of(question: Question) -> str:
    """The concept a question measures; its link id is the local code of exactly one."""
    return default_terminology().concepts(LOCAL_SYSTEM, question.link)[0]


def _recorded(question: Question, found: Measurement) -> Value | None:
    """A result as an answer of the question; None when it is of another kind."""
    if question.kind == "boolean":
        return found.flag
    if question.kind == "choice":
        codes = {default_terminology().concepts(LOCAL_SYSTEM, option.code): option.code for option in question.options}
        return next((code for concepts, code in codes.items() if set(concepts) & set(found.concepts)), None)
    if question.kind == "dateTime":
        return found.moment_value.text[:10] if found.moment_value is not None else None
    if found.value is None or (question.unit is not None and found.value.unit != question.unit):
        return None
    return int(found.value.value) if question.kind == "integer" else found.value.value


def _answer(question: Question, value: Value) -> Json:
    kind = {"choice": "valueCoding", "boolean": "valueBoolean", "integer": "valueInteger", "text": "valueString"}
    if question.kind == "choice":
        return {"valueCoding": _coding(question, str(value))}
    if question.kind == "quantity":
        return {"valueQuantity": _quantity(question, value)}
    return {kind.get(question.kind, "valueDate"): value}


def _coding(question: Question, code: str) -> Json:
    label = next(option.label["en"] for option in question.options if option.code == code)
    return {"system": LOCAL_SYSTEM, "code": code, "display": label}


def _quantity(question: Question, value: Value) -> Json:
    return {"value": value, "unit": question.unit, "system": UCUM, "code": question.unit}


def _observation(question: Question, value: Value, about: About) -> Json:
    code: dict[str, Any] = {"system": LOCAL_SYSTEM, "code": question.link, "display": question.text["en"]}
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "survey"}]}],
        "code": {"coding": [code]},
        **_whose(about, "performer", None),
        "effectiveDateTime": about.when,
        **_observed(question, value),
    }


def _observed(question: Question, value: Value) -> Json:
    match question.kind:
        case "choice":
            return {"valueCodeableConcept": {"coding": [_coding(question, str(value))]}}
        case "quantity":
            return {"valueQuantity": _quantity(question, value)}
        case "boolean":
            return {"valueBoolean": value}
        case "integer":
            return {"valueInteger": value}
        case _:
            return {"valueDateTime": value}


def _whose(about: About, author: str, source: str | None) -> Json:
    """Subject, encounter and who said so; a performer is a list, an author is not."""
    found: Json = {"subject": {"reference": f"Patient/{about.patient_id}"}}
    if about.encounter_id is not None:
        found["encounter"] = {"reference": f"Encounter/{about.encounter_id}"}
    if about.user is not None:
        who = {"reference": about.user}
        found[author] = [who] if author == "performer" else who
        if source is not None and not about.user.startswith("PractitionerRole/"):
            found[source] = who
    return found
