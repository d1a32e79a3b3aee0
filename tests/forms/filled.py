"""Answers for every question of every form, and the record that an EHR would give us back for them."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from fhir_mappers.build import build_record
from fhir_mappers.form_answers import Value
from fhir_mappers.form_responses import About
from fhir_mappers.forms import Form, Question
from fhir_mappers.record.patient_record import PatientRecord
from hooks.exact_json import dumps_exact
from hooks.questionnaires import forms

TODAY = date(2026, 6, 3)
ABOUT = About("p1", "2026-06-03T09:30:00+02:00", "0b0e7c1e-5f0a-4c7e-9a55-0a3f5cf1f2aa", "Practitioner/7", "e9")
EVERY = list(forms().values())


def samples(question: Question) -> tuple[Value, ...]:
    """Every option, both sides of a yes or no, the edges of a number."""
    match question.kind:
        case "choice":
            return tuple(option.code for option in question.options)
        case "boolean":
            return (True, False)
        case "dateTime":
            return ("2026-05-20", "2026-06-03")
        case "text":
            return ("Pain since May.\nWorse at night: « mécanique » ?",)
        case "integer":
            assert question.low is not None
            assert question.high is not None
            return (int(question.low), int(question.high))
        case _:
            assert question.low is not None
            assert question.high is not None
            return (question.low, Decimal("0.5"), question.high)


def one_of_each(form: Form) -> dict[str, tuple[Value, ...]]:
    return {q.link: samples(q)[:2] if q.repeats else samples(q)[:1] for q in form.questions}


def every_answer() -> Iterator[tuple[Form, Question, Value]]:
    for form in EVERY:
        for question in form.questions:
            for value in samples(question):
                yield form, question, value


def written(*resources: dict[str, Any]) -> dict[str, bytes | None]:
    """The prefetch of an EHR that stored these resources."""
    found: dict[str, bytes | None] = {"observations": None, "questionnaireResponses": None}
    for key, kind in (("observations", "Observation"), ("questionnaireResponses", "QuestionnaireResponse")):
        mine = [{**r, "id": f"{kind}-{n}"} for n, r in enumerate(resources) if r["resourceType"] == kind]
        if mine:
            found[key] = bundle(mine)
    return found


def bundle(resources: Iterable[dict[str, Any]]) -> bytes:
    return dumps_exact({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]})


def record(*resources: dict[str, Any], as_of: date = TODAY) -> PatientRecord:
    return build_record(written(*resources), None, None, "p1", as_of, moment="app")


def plain(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as it goes over the wire."""
    sent: dict[str, Any] = json.loads(dumps_exact(resource))
    return sent
