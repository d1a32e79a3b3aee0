"""What is written back: valid R4, read by our own readers as the same answers, each stored once."""

from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from fhir_mappers.form_prefill import concept_of
from fhir_mappers.form_responses import About, answers_in, observations, response, transaction
from fhir_mappers.forms import Form
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology
from hooks.questionnaires import forms
from tests.forms.filled import ABOUT, EVERY, every_answer, one_of_each, plain, record

NOBODY = About("p1", "2026-06-03T09:30:00+02:00", "0b0e7c1e-5f0a-4c7e-9a55-0a3f5cf1f2aa")


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.id)
@pytest.mark.parametrize("about", [ABOUT, NOBODY], ids=["with user", "without"])
def test_everything_written_is_valid_r4(form: Form, about: About) -> None:
    answers = one_of_each(form)
    QuestionnaireResponse.model_validate(plain(response(form, answers, about)))
    made = observations(form, answers, about)
    for each in made:
        Observation.model_validate(plain(each))
    names = [f"00000000-0000-4000-8000-{n:012}" for n in range(len(made) + 1)]
    whole = transaction(response(form, answers, about), made, names)
    Bundle.model_validate(plain(whole))
    assert len({entry["fullUrl"] for entry in whole["entry"]}) == len(made) + 1
    assert all(
        entry["resource"]["derivedFrom"] == [{"reference": f"urn:uuid:{names[0]}"}] for entry in whole["entry"][1:]
    )
    conditions = [entry["request"]["ifNoneExist"] for entry in whole["entry"]]
    assert len(set(conditions)) == len(conditions)


def measured(found: PatientRecord, link: str) -> Measurement:
    (concept,) = default_terminology().concepts(LOCAL_SYSTEM, link)
    (one,) = found.results(concept)
    assert one.problem is None
    return one


def test_every_answer_reaches_the_record_the_same_by_either_way() -> None:
    for form, question, value in every_answer():
        answers: dict[str, Any] = {question.link: (value,)}
        by_form = measured(record(response(form, answers, ABOUT)), question.link)
        assert by_form.when.text == ABOUT.when
        if question.kind == "text":
            continue
        by_observation = measured(record(*observations(form, answers, ABOUT)), question.link)
        for one in (by_form, by_observation):
            match question.kind:
                case "boolean":
                    assert one.flag is value
                case "choice":
                    assert set(default_terminology().concepts(LOCAL_SYSTEM, str(value))) & set(one.concepts)
                case "dateTime":
                    assert one.moment_value is not None
                    assert one.moment_value.text == value
                case _:
                    assert one.value is not None, (question.link, one)
                    assert one.value.value == value, (question.link, one)
                    assert concept_of(question) == one.what


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.id)
def test_answers_are_the_same_after_they_were_stored(form: Form) -> None:
    answers = one_of_each(form)
    assert answers_in(form, plain(response(form, answers, ABOUT))) == answers
    assert answers_in(form, plain(response(form, {}, ABOUT))) == {}


def test_a_number_keeps_its_digits() -> None:
    sent = response(forms()["cord-dose"], {"cord-dmax": (Decimal("14.00"),)}, ABOUT)
    assert sent["item"][1]["answer"] == [
        {
            "valueQuantity": {
                "value": Decimal("14.00"),
                "unit": "Gy",
                "system": "http://unitsofmeasure.org",
                "code": "Gy",
            }
        }
    ]


def test_a_scored_form_says_that_it_was_submitted() -> None:
    """Even empty: a rule may then say which answers it lacks."""
    found = record(response(forms()["mirels"], {}, ABOUT))
    assert default_terminology().concepts(LOCAL_SYSTEM, "form-mirels")[0] in measured(found, "form-opened").concepts
    seen = record(*observations(forms()["mirels"], {}, ABOUT))
    assert default_terminology().concepts(LOCAL_SYSTEM, "form-mirels")[0] in measured(seen, "form-opened").concepts
    assert "item" not in response(forms()["calcium"], {}, ABOUT)
    assert observations(forms()["calcium"], {}, ABOUT) == []


def test_free_text_stays_in_the_form() -> None:
    made = observations(forms()["board"], one_of_each(forms()["board"]), ABOUT)
    assert [each["code"]["coding"][0]["code"] for each in made] == ["form-opened"]


def test_answers_of_another_patient_are_not_taken() -> None:
    other = About("p2", ABOUT.when, ABOUT.name)
    answers = {"mirels-pain": ("mirels-pain-mild",)}
    assert not record(response(forms()["mirels"], answers, other)).results("mirels_pain")


def test_who_said_it_for_whom_and_when_is_written_down() -> None:
    sent = response(forms()["jaw"], {"exposed-jaw-bone": (True,)}, ABOUT)
    assert sent["subject"] == {"reference": "Patient/p1"}
    assert sent["encounter"] == {"reference": "Encounter/e9"}
    assert sent["author"] == {"reference": "Practitioner/7"}
    assert sent["authored"] == ABOUT.when
    (one,) = [o for o in observations(forms()["jaw"], {"exposed-jaw-bone": (True,)}, ABOUT) if "valueBoolean" in o]
    assert one["performer"] == [{"reference": "Practitioner/7"}]
    assert one["effectiveDateTime"] == ABOUT.when
    alone = response(forms()["jaw"], {}, NOBODY)
    assert "author" not in alone
    assert "encounter" not in alone
