"""A form as the product knows it, and the FHIR Questionnaire other form fillers can use in our place.

``item.linkId`` is a code of the local code system, as `fhir_mappers.answers` reads it back: whoever fills the form, the
answers reach the same checks. Built on R4 with the extensions of HL7 SDC for population and extraction by observation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fhir_mappers.terminology import LOCAL_SYSTEM

Json = dict[str, Any]
Words = Mapping[str, str]

BASE = "https://osteohooks.github.io/fhir/Questionnaire/"
KINDS = ("choice", "boolean", "quantity", "integer", "dateTime", "text")
UCUM = "http://unitsofmeasure.org"

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_TYPES = {"choice": "choice", "quantity": "quantity", "dateTime": "date", "text": "text"}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: its local code and its label in every language."""

    code: str
    label: Words


@dataclass(frozen=True, slots=True)
class Question:
    """One item of a form.

    Attributes:
        link: the local code, which is also the ``linkId``.
        kind: one of `KINDS`; a ``dateTime`` is asked as a day.
        unit: UCUM unit of a quantity.
        low, high: the smallest and largest acceptable number, inclusive.
        valid: how long an answer may be reused (d), for forms filled from observations; None: never filled in.
    """

    link: str
    text: Words
    kind: str
    options: tuple[Option, ...] = ()
    unit: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    repeats: bool = False
    required: bool = False
    help: Words | None = None
    valid: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One form: ``code`` names it among the local codes (``form-mirels``), ``rules`` are those its answers serve.

    ``note`` is a sentence shown above the questions, such as the warning that a score is obsolete.
    """

    id: str
    code: str
    title: Words
    purpose: Words
    rules: tuple[str, ...]
    questions: tuple[Question, ...]
    note: Words | None = None

    @property
    def url(self) -> str:
        """The canonical URL of its Questionnaire."""
        return f"{BASE}{self.code}"

    def question(self, link: str) -> Question:
        """The question of a link id.

        Raises:
            KeyError: the form has no such question.
        """
        for question in self.questions:
            if question.link == link:
                return question
        raise KeyError(link)


def questionnaire(form: Form, version: str, day: str) -> Json:
    """The form as a FHIR R4 Questionnaire in English with its translations; ``day`` (YYYY-MM-DD) dates the version."""
    return {
        "resourceType": "Questionnaire",
        "id": form.code,
        "meta": {"profile": [f"{_SDC[: -len('questionnaire-')]}questionnaire"]},
        "language": "en",
        "url": form.url,
        "version": version,
        "name": "".join(part.capitalize() for part in form.code.split("-")),
        "title": form.title["en"],
        "_title": _translations(form.title),
        "status": "active",
        "subjectType": ["Patient"],
        "date": day,
        "publisher": "Osteohooks",
        "description": form.purpose["en"],
        "_description": _translations(form.purpose),
        "code": [{"system": LOCAL_SYSTEM, "code": form.code}],
        "item": [*_note(form), *(_item(question) for question in form.questions)],
    }


def _note(form: Form) -> list[Json]:
    if form.note is None:
        return []
    return [{"linkId": "note", "text": form.note["en"], "_text": _translations(form.note), "type": "display"}]


def _item(question: Question) -> Json:
    code = {"system": LOCAL_SYSTEM, "code": question.link, "display": question.text["en"]}
    item: Json = {
        "extension": _extensions(question),
        "linkId": question.link,
        "code": [code],
        "text": question.text["en"],
        "_text": _translations(question.text),
        "type": _TYPES.get(question.kind, question.kind),
        "required": question.required,
        "repeats": question.repeats,
    }
    if question.options:
        item["answerOption"] = [{"valueCoding": _coding(option)} for option in question.options]
    if question.help is not None:
        item["item"] = [_help(question.link, question.help)]
    return {name: value for name, value in item.items() if value != []}


def _help(link: str, text: Words) -> Json:
    control = {"coding": [{"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "help"}]}
    return {
        "extension": [{"url": f"{_EXTENSION}questionnaire-itemControl", "valueCodeableConcept": control}],
        "linkId": f"{link}-help",
        "text": text["en"],
        "_text": _translations(text),
        "type": "display",
    }


def _extensions(question: Question) -> list[Json]:
    """What SDC adds: limits, the unit, and that an answer is an observation of the record."""
    found: list[Json] = []
    if question.kind != "text":
        found.append({"url": f"{_SDC}observationExtract", "valueBoolean": True})
    if question.valid is not None:
        period = {"value": question.valid, "system": UCUM, "code": "d"}
        found.append({"url": f"{_SDC}observationLinkPeriod", "valueDuration": period})
    if question.unit is not None:
        unit = {"system": UCUM, "code": question.unit, "display": question.unit}
        found.append({"url": f"{_EXTENSION}questionnaire-unitOption", "valueCoding": unit})
    for name, limit in (("minValue", question.low), ("maxValue", question.high)):
        if limit is not None:
            found.append({"url": f"{_EXTENSION}{name}", **_limit(question, limit)})
    return found


def _limit(question: Question, limit: Decimal) -> Json:
    return {"valueInteger": int(limit)} if question.kind == "integer" else {"valueDecimal": limit}


def _coding(option: Option) -> Json:
    return {
        "system": LOCAL_SYSTEM,
        "code": option.code,
        "display": option.label["en"],
        "_display": _translations(option.label),
    }


def _translations(words: Words) -> Json:
    """The other languages of a text, as FHIR writes them: an extension on the element."""
    return {
        "extension": [
            {
                "url": f"{_EXTENSION}translation",
                "extension": [{"url": "lang", "valueCode": lang}, {"url": "content", "valueString": text}],
            }
            for lang, text in words.items()
            if lang != "en"
        ]
    }
