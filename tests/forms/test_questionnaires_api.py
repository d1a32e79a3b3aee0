"""The forms over HTTP, for other form fillers."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.questionnaire import Questionnaire
from flask import Flask

from cds_service.app import create_app
from cds_service.settings import Settings
from fhir_mappers.terminology import LOCAL_SYSTEM
from hooks.questionnaires import forms
from tests.forms.filled import TODAY


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings(sandbox=False), lambda: TODAY)


def get(app: Flask, path: str, **headers: str) -> tuple[int, Any]:
    answer = app.test_client().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.content_type == "application/fhir+json"
    return answer.status_code, json.loads(answer.data)


def ids(app: Flask, query: str) -> list[str]:
    status, bundle = get(app, f"/fhir/Questionnaire?{query}")
    assert status == 200
    assert bundle["total"] == len(bundle.get("entry", ()))
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def test_one_form_is_read_by_its_id(app: Flask) -> None:
    for form in forms():
        status, sent = get(app, f"/fhir/Questionnaire/{form}")
        assert status == 200
        assert sent["id"] == form
        Questionnaire.model_validate(sent)


def test_all_forms_are_listed(app: Flask) -> None:
    status, bundle = get(app, "/fhir/Questionnaire")
    assert status == 200
    Bundle.model_validate(bundle)
    assert bundle["type"] == "searchset"
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == list(forms())
    own = bundle["entry"][0]["fullUrl"]
    assert own.startswith("http://localhost/fhir/Questionnaire/")
    assert get(app, own.removeprefix("http://localhost"))[1] == bundle["entry"][0]["resource"]


MIRELS = "https://osteohooks.github.io/fhir/Questionnaire/mirels"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"url={MIRELS}", ["mirels"]),
        (f"url={MIRELS}|0.1.0", ["mirels"]),
        (f"url={MIRELS}s", []),
        ("name=mire", ["mirels"]),
        ("name=oligometastatic", ["oligometastatic", "oligometastatic-categories"]),
        ("name=rels", []),
        ("title=Score%20de%20tok", ["tokuhashi"]),
        ("code=form-sins", ["sins"]),
        (f"code={quote(LOCAL_SYSTEM)}|form-sins", ["sins"]),
        ("code=http://loinc.org|form-sins", []),
        ("code=|form-sins", []),
        ("code=form-sins,form-onj", ["sins", "jaw"]),
        ("code=form-sins&name=Mirels", []),
        ("_id=board", ["board"]),
        ("_id=board%5C,jaw", []),
        ("name=", list(forms())),
        ("colour=red&_id=jaw", ["jaw"]),
        ("status=draft", []),
    ],
)
def test_a_search_finds_what_fits(app: Flask, query: str, found: list[str]) -> None:
    assert sorted(ids(app, query)) == sorted(found)


def test_the_answer_says_which_parameters_were_heeded(app: Flask) -> None:
    _, bundle = get(app, "/fhir/Questionnaire?colour=red&_id=jaw&_count=5")
    assert bundle["link"] == [{"relation": "self", "url": "http://localhost/fhir/Questionnaire?_id=jaw"}]


def test_who_wants_every_parameter_heeded_is_told(app: Flask) -> None:
    status, outcome = get(app, "/fhir/Questionnaire?colour=red", Prefer="handling = strict")
    assert status == 400
    assert outcome["issue"][0]["code"] == "not-supported"
    assert "red" not in json.dumps(outcome)
    assert get(app, "/fhir/Questionnaire?_id=jaw&_count=5", Prefer="handling=strict")[0] == 200


def test_an_unknown_form_is_an_operation_outcome(app: Flask) -> None:
    status, outcome = get(app, "/fhir/Questionnaire/nothing")
    assert status == 404
    assert outcome["resourceType"] == "OperationOutcome"
    assert "nothing" not in json.dumps(outcome)


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("", "application/fhir+json", 200),
        ("", "application/json;q=0.5", 200),
        ("", "*/*", 200),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", 200),
        ("", "application/fhir+xml", 406),
        ("?_format=json", "application/fhir+xml", 200),
        ("?_format=application/fhir+json", "text/html", 200),
        ("?_format=xml", "application/fhir+json", 406),
    ],
)
def test_only_json_is_spoken(app: Flask, query: str, accept: str, status: int) -> None:
    found, sent = get(app, f"/fhir/Questionnaire/jaw{query}", Accept=accept)
    assert found == status
    assert sent["resourceType"] == ("Questionnaire" if status == 200 else "OperationOutcome")


def test_the_capability_statement_says_what_there_is(app: Flask) -> None:
    status, sent = get(app, "/fhir/metadata")
    assert status == 200
    CapabilityStatement.model_validate(sent)
    resource = next(each for each in sent["rest"][0]["resource"] if each["type"] == "Questionnaire")
    for each in resource["searchParam"]:
        assert ids(app, f"{each['name']}=no-such-thing") == []


def test_the_address_others_use_stands_in_the_answer() -> None:
    app = create_app(Settings(sandbox=False, public_url="https://cds.example.org/"), lambda: TODAY)
    assert get(app, "/fhir/metadata")[1]["implementation"]["url"] == "https://cds.example.org/fhir"
    assert (
        get(app, "/fhir/Questionnaire?_id=jaw")[1]["entry"][0]["fullUrl"]
        == "https://cds.example.org/fhir/Questionnaire/jaw"
    )


def test_forms_are_nobodys_secret(app: Flask) -> None:
    """They hold nothing of any patient: a cache may keep them as long as it asks whether they are still the same."""
    assert app.test_client().get("/fhir/Questionnaire/jaw").headers["Cache-Control"] == "no-cache"
    assert app.test_client().get("/fhir/Questionnaire/nothing").headers["Cache-Control"] == "no-store"
