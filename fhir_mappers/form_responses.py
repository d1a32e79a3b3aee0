"""Answers of a form → FHIR R4: the QuestionnaireResponse, an Observation for each coded answer, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fhir_mappers.form_answers import Answers, Value
from fhir_mappers.forms import BASE, OPENED, UCUM, Form, Question
from fhir_mappers.terminology import LOCAL_SYSTEM

Json = dict[str, Any]

IDENTIFIERS = f"{BASE.removesuffix('Questionnaire/')}NamingSystem/form-answer"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_MEMBERS = {
    "choice": "valueCoding",
    "boolean": "valueBoolean",
    "quantity": "valueQuantity",
    "integer": "valueInteger",
    "dateTime": "valueDate",
    "text": "valueString",
}


@dataclass(frozen=True, slots=True)
class About:
    """For whom, by whom and when a form was filled in.

    Attributes:
        when: a FHIR instant.
        user: a relative reference.
        name: tells this submission from every other, so that sending it twice does not store it twice.
    """

    patient_id: str
    when: str
    name: str
    user: str | None = None
    encounter_id: str | None = None


def response(form: Form, answers: Answers, about: About) -> Json:
    """The answers as a completed QuestionnaireResponse, in the order of the form; unanswered questions are left out."""
    items = [
        {"linkId": q.link, "text": q.text["en"], "answer": [_answer(q, value) for value in answers[q.link]]}
        for q in form.questions
        if answers.get(q.link)
    ]
    opened = [{"linkId": OPENED, "answer": [{"valueCoding": _opened(form)}]}] if form.opened else []
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": IDENTIFIERS, "value": about.name},
        "questionnaire": form.url,
        "status": "completed",
        **_whose(about),
        "authored": about.when,
        **({"author": {"reference": about.user}} if about.user is not None else {}),
        **({"item": [*opened, *items]} if opened or items else {}),
    }


def observations(form: Form, answers: Answers, about: About) -> list[Json]:
    """Each coded answer as an Observation of its own (SDC: extraction by observation); free text stays in the form."""
    made = [
        _observation(
            {"system": LOCAL_SYSTEM, "code": question.link, "display": question.text["en"]},
            _observed(question, value),
            about,
        )
        for question in form.questions
        if question.kind != "text"
        for value in answers.get(question.link, ())
    ]
    if form.opened:
        opened = {"valueCodeableConcept": {"coding": [_opened(form)]}}
        made.insert(
            0, _observation({"system": LOCAL_SYSTEM, "code": OPENED, "display": "Form submitted"}, opened, about)
        )
    return [
        {**one, "identifier": [{"system": IDENTIFIERS, "value": f"{about.name}-{number}"}]}
        for number, one in enumerate(made, 1)
    ]


def transaction(response: Json, observations: Iterable[Json], names: Iterable[str]) -> Json:
    """All of it in one FHIR transaction: everything is stored, or nothing. Each Observation refers to the response.

    Args:
        names: a UUID for each resource, the response first.
    """
    uuids = iter(names)
    origin = f"urn:uuid:{next(uuids)}"
    entries = [_entry(origin, response, response["identifier"])]
    for each in observations:
        derived = {**each, "derivedFrom": [{"reference": origin}]}
        entries.append(_entry(f"urn:uuid:{next(uuids)}", derived, each["identifier"][0]))
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def answers_in(form: Form, response: Mapping[str, Any]) -> Answers:
    """The answers of a response of ours, typed again."""
    found = {item["linkId"]: item["answer"] for item in response.get("item", ())}
    return {
        question.link: tuple(_told(question, answer) for answer in found[question.link])
        for question in form.questions
        if question.link in found
    }


def _entry(name: str, resource: Json, identifier: Mapping[str, str]) -> Json:
    kind = resource["resourceType"]
    known = f"identifier={identifier['system']}|{identifier['value']}"
    return {
        "fullUrl": name,
        "resource": resource,
        "request": {"method": "POST", "url": kind, "ifNoneExist": known},
    }


def _answer(question: Question, value: Value) -> Json:
    return {_MEMBERS[question.kind]: _shaped(question, value)}


def _told(question: Question, answer: Mapping[str, Any]) -> Value:
    value = answer[_MEMBERS[question.kind]]
    match question.kind:
        case "choice":
            return str(value["code"])
        case "quantity":
            return Decimal(str(value["value"]))
        case "boolean":
            return bool(value)
        case "integer":
            return int(value)
        case _:
            return str(value)


def _shaped(question: Question, value: Value) -> Any:
    if question.kind == "choice":
        return {"system": LOCAL_SYSTEM, "code": value, "display": question.option(str(value)).label["en"]}
    if question.kind == "quantity":
        return {"value": value, "unit": question.unit, "system": UCUM, "code": question.unit}
    return value


def _observation(code: Json, value: Json, about: About) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "survey"}]}],
        "code": {"coding": [code]},
        **_whose(about),
        "effectiveDateTime": about.when,
        **({"performer": [{"reference": about.user}]} if about.user is not None else {}),
        **value,
    }


def _observed(question: Question, value: Value) -> Json:
    shaped = _shaped(question, value)
    if question.kind == "choice":
        return {"valueCodeableConcept": {"coding": [shaped]}}
    return {"valueDateTime" if question.kind == "dateTime" else _MEMBERS[question.kind]: shaped}


def _opened(form: Form) -> Json:
    return {"system": LOCAL_SYSTEM, "code": form.code, "display": form.title["en"]}


def _whose(about: About) -> Json:
    found: Json = {"subject": {"reference": f"Patient/{about.patient_id}"}}
    if about.encounter_id is not None:
        found["encounter"] = {"reference": f"Encounter/{about.encounter_id}"}
    return found
