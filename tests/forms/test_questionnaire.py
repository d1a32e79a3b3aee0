"""Every form as a FHIR Questionnaire that other form fillers understand."""

from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from fhir_mappers.form_questionnaire import questionnaire
from fhir_mappers.forms import Form
from fhir_mappers.terminology import LOCAL_SYSTEM
from hooks.questionnaires import forms
from tests.forms.filled import EVERY, plain

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def made(form: Form) -> dict[str, Any]:
    return plain(questionnaire(form, "1.0"))


def item(form_id: str, link: str) -> dict[str, Any]:
    return next(i for i in made(forms()[form_id])["item"] if i["linkId"] == link)


def extension(element: dict[str, Any], url: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = [e for e in element.get("extension", ()) if e["url"] == url]
    return found[0] if found else None


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.id)
def test_every_form_is_valid_r4(form: Form) -> None:
    sent = made(form)
    Questionnaire.model_validate(sent)
    assert sent["url"] == f"https://osteohooks.github.io/fhir/Questionnaire/{form.id}"
    assert sent["id"] == form.id
    links = [i["linkId"] for i in sent["item"]] + [j["linkId"] for i in sent["item"] for j in i.get("item", ())]
    assert len(set(links)) == len(links)  # que-2
    for each in sent["item"]:
        assert each["type"] in ("choice", "boolean", "quantity", "integer", "date", "text", "display")
        assert ("answerOption" in each) == (each["type"] == "choice")
        assert not (each["type"] == "display" and "code" in each)  # que-3


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.id)
def test_every_text_comes_with_its_french(form: Form) -> None:
    def words(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                words(each)
        elif isinstance(node, dict):
            for name in ("title", "description", "text", "display"):
                # codes of questions repeat the question's text, units are international
                if name in node and name != "display":
                    told = extension(node[f"_{name}"], TRANSLATION)
                    assert told is not None
                    assert {e["url"] for e in told["extension"]} == {"lang", "content"}
                    assert told["extension"][0]["valueCode"] == "fr"
                    assert told["extension"][1]["valueString"]
            if "answerOption" in node and node["linkId"] != "form-opened":
                assert all("_display" in option["valueCoding"] for option in node["answerOption"])
            for value in node.values():
                words(value)

    words(made(form))


def test_answers_are_extracted_as_observations_and_filled_from_them() -> None:
    size = item("mirels", "mirels-size-fraction")
    assert extension(size, f"{SDC}observationExtract") == {"url": f"{SDC}observationExtract", "valueBoolean": True}
    period = extension(size, f"{SDC}observationLinkPeriod")
    assert period is not None
    assert period["valueDuration"] == {
        "value": 30,
        "unit": "d",
        "system": "http://unitsofmeasure.org",
        "code": "d",
    }
    assert size["code"][0]["system"] == LOCAL_SYSTEM
    assert size["code"][0]["code"] == "mirels-size-fraction"
    assert extension(item("board", "board-pain"), f"{SDC}observationExtract") is None
    assert extension(item("cord-dose", "cord-dmax"), f"{SDC}observationLinkPeriod") is None


def test_limits_and_units_stand_in_the_questionnaire() -> None:
    base = "http://hl7.org/fhir/StructureDefinition/"
    dose = item("cord-dose", "cord-dmax")
    unit = extension(dose, f"{base}questionnaire-unitOption")
    assert unit is not None
    assert unit["valueCoding"]["code"] == "Gy"
    assert extension(dose, f"{base}maxValue") == {"url": f"{base}maxValue", "valueDecimal": 300}
    steps = item("radiotherapy", "analgesic-step")
    assert extension(steps, f"{base}minValue") == {"url": f"{base}minValue", "valueInteger": 1}


def test_help_and_notes_are_shown() -> None:
    (help_item,) = item("sins", "sins-location")["item"]
    assert help_item["type"] == "display"
    assert "extension" in help_item
    assert made(forms()["tokuhashi"])["item"][0]["type"] == "display"


def test_submitting_a_scored_form_is_an_answer_of_its_own() -> None:
    hidden = item("mirels", "form-opened")
    assert extension(hidden, "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden") is not None
    assert hidden["answerOption"] == [
        {"valueCoding": {"system": LOCAL_SYSTEM, "code": "form-mirels"}, "initialSelected": True}
    ]
    assert all(i["linkId"] != "form-opened" for i in made(forms()["calcium"])["item"])
    assert "code" not in made(forms()["fracture"])
