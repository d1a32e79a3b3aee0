"""Form → FHIR R4 Questionnaire, which other form fillers can use in our place.

English with its translations, and the extensions of HL7 SDC for population from observations and extraction into them.
"""

from decimal import Decimal
from typing import Any

from fhir_mappers.forms import OPENED, UCUM, Form, Option, Question, Words
from fhir_mappers.terminology import LOCAL_SYSTEM

Json = dict[str, Any]

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
_CONTROL = "http://hl7.org/fhir/questionnaire-item-control"
_TYPES = {"dateTime": "date"}


def questionnaire(form: Form, version: str) -> Json:
    """The form as a Questionnaire of this version of the product."""
    code = [{"system": LOCAL_SYSTEM, "code": form.code, "display": form.title["en"]}] if form.code else None
    items = [*_note(form), *_opened(form), *(_item(question) for question in form.questions)]
    made = {
        "resourceType": "Questionnaire",
        "id": form.id,
        "meta": {"profile": [_SDC]},
        "language": "en",
        "url": form.url,
        "version": version,
        "name": form.name,
        "title": form.title["en"],
        "_title": _translations(form.title),
        "status": "active",
        "subjectType": ["Patient"],
        "publisher": "Osteohooks",
        "description": form.purpose["en"],
        "_description": _translations(form.purpose),
        "code": code,
        "item": items,
    }
    return {name: value for name, value in made.items() if value is not None}


def _note(form: Form) -> list[Json]:
    if form.note is None:
        return []
    return [{"linkId": "note", "text": form.note["en"], "_text": _translations(form.note), "type": "display"}]


def _opened(form: Form) -> list[Json]:
    """That the form was submitted, filled in by the form filler without being shown."""
    if not form.opened:
        return []
    coding = {"system": LOCAL_SYSTEM, "code": form.code}
    return [
        {
            "extension": [{"url": f"{_EXTENSION}questionnaire-hidden", "valueBoolean": True}, _extracted()],
            "linkId": OPENED,
            "code": [{"system": LOCAL_SYSTEM, "code": OPENED}],
            "type": "choice",
            "required": True,
            "answerOption": [{"valueCoding": coding, "initialSelected": True}],
        }
    ]


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
    control = {"coding": [{"system": _CONTROL, "code": "help"}]}
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
        found.append(_extracted())
    if question.valid is not None:
        period = {"value": question.valid, "unit": "d", "system": UCUM, "code": "d"}
        found.append({"url": f"{_SDC}-observationLinkPeriod", "valueDuration": period})
    if question.unit is not None:
        unit = {"system": UCUM, "code": question.unit, "display": question.unit}
        found.append({"url": f"{_EXTENSION}questionnaire-unitOption", "valueCoding": unit})
    for name, limit in (("minValue", question.low), ("maxValue", question.high)):
        if limit is not None:
            found.append({"url": f"{_EXTENSION}{name}", **_limit(question, limit)})
    return found


def _extracted() -> Json:
    return {"url": f"{_SDC}-observationExtract", "valueBoolean": True}


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
