"""The recommendations as FHIR: valid R4, complete, and saying what the tables say."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.fhir_search import parameters
from cds_service.knowledge import SHELVES
from cds_service.settings import Settings
from cds_service.site.code_maps import CONCEPT_SYSTEM, read_code_map
from fhir_mappers.formulary import default_formulary
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology, read_table
from hooks.questionnaires import forms
from tests.forms.filled import TODAY
from tests.support.bedside import RULES

ALL = {resource["url"] for shelf in SHELVES.values() for resource in shelf().values()}
NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,254}")


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings(sandbox=False), lambda: TODAY)


def get(app: Flask, path: str) -> tuple[int, Any]:
    answer = app.test_client().get(path)
    assert answer.content_type == "application/fhir+json"
    return answer.status_code, json.loads(answer.data)


def ids(app: Flask, kind: str, query: str) -> list[str]:
    return [entry["resource"]["id"] for entry in get(app, f"/fhir/{kind}?{query}")[1].get("entry", ())]


@pytest.mark.parametrize("kind", SHELVES)
def test_every_resource_is_valid(kind: str) -> None:
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    shelf = SHELVES[kind]()
    assert shelf
    for resource_id, resource in shelf.items():
        model.model_validate(resource)
        assert resource["id"] == resource_id
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource_id)
        assert NAME.fullmatch(resource["name"]), resource["name"]
    assert len({resource["url"] for resource in shelf.values()}) == len(shelf)


@pytest.mark.parametrize("kind", SHELVES)
def test_it_is_served_as_it_is_made(app: Flask, kind: str) -> None:
    status, bundle = get(app, f"/fhir/{kind}")
    assert (status, bundle["total"]) == (200, len(SHELVES[kind]()))
    first = bundle["entry"][0]
    assert get(app, first["fullUrl"].removeprefix("http://localhost")) == (200, first["resource"])
    assert get(app, f"/fhir/{kind}/nothing")[0] == 404
    for name in parameters(kind):
        assert ids(app, kind, f"{name}=no-such-thing") == []


def test_the_endpoint_says_what_there_is(app: Flask) -> None:
    told = {each["type"]: each for each in get(app, "/fhir/metadata")[1]["rest"][0]["resource"]}
    assert told.keys() == {"Questionnaire", *SHELVES}
    assert {each["name"] for each in told["ValueSet"]["searchParam"]} == {"url", "name", "title", "status", "_id"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_id=ZOL-DOSE-01", ["ZOL-DOSE-01"]),
        ("url=https://osteohooks.github.io/fhir/PlanDefinition/ZOL-DOSE-01", ["ZOL-DOSE-01"]),
        ("name=zol_dose", ["ZOL-DOSE-01"]),
        ("title=Acide%20zol%C3%A9dronique%204%20mg%20:%20dose", ["ZOL-DOSE-01"]),
        ("status=draft&name=zol_dose", [rule for rule in ("ZOL-DOSE-01",) if not RULES[rule].review.checked_by]),
    ],
)
def test_a_rule_is_found(app: Flask, query: str, found: list[str]) -> None:
    assert ids(app, "PlanDefinition", query) == found


def test_every_rule_is_a_plan_that_says_what_the_table_says() -> None:
    plans = SHELVES["PlanDefinition"]()
    assert plans.keys() == RULES.keys()
    for rule in RULES.values():
        plan = plans[rule.id]
        assert [action["title"] for action in plan.get("action", ())] == list(rule.severity)
        for action in plan.get("action", ()):
            assert action["code"][0]["coding"][0]["code"] == rule.severity[action["title"]].value
            assert {t["name"] for t in action.get("trigger", ())} == set(rule.hooks) - {"app"}
        cited = [each["label"] for each in plan["relatedArtifact"] if each["type"] == "citation"]
        assert cited == list(rule.sources)
        assert ("Clinical review is pending" in plan["description"]) == (plan["status"] == "draft")
        assert (plan["status"] == "active") == (rule.review.checked_by is not None)


def test_a_rule_in_full() -> None:
    plan = SHELVES["PlanDefinition"]()["ZOL-DOSE-01"]
    assert "doses = 3.5 mg | 3.3 mg | 3.0 mg" in plan["description"]
    assert "This project's choice, not the guideline's: tolerance, highest." in plan["description"]
    critical = next(action for action in plan["action"] if action["title"] == "above_limit")
    assert critical["priority"] == "stat"
    assert critical["condition"][0]["expression"]["expression"].startswith("For whom: the oncology product is drafted")
    assert critical["_textEquivalent"]["extension"][0]["extension"][1]["valueString"].startswith("Ne pas signer")


def test_the_library_lists_everything_there_is() -> None:
    (library,) = SHELVES["Library"]().values()
    listed = [each["resource"] for each in library["relatedArtifact"]]
    assert len(set(listed)) == len(listed)
    assert set(listed) == (ALL | {form.url for form in forms().values()}) - {library["url"]}


def test_what_a_plan_depends_on_exists() -> None:
    needed = {
        each["resource"]
        for plan in SHELVES["PlanDefinition"]().values()
        for each in plan["relatedArtifact"]
        if each["type"] == "depends-on"
    }
    assert needed
    assert needed <= ALL


def test_every_drug_and_service_is_an_activity_without_a_day_or_a_patient() -> None:
    made = SHELVES["ActivityDefinition"]()
    book = default_formulary()
    services = {item.key for items in book.services.values() for item in items}
    assert len(made) == len(book.medications) + len(services)
    assert "2000-01" not in json.dumps(made, default=str)
    assert "anyone" not in json.dumps(made, default=str)
    assert made["medication-zoledronic-acid"]["description"].startswith("No dose is proposed")
    assert made["medication-denosumab"]["dosage"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 120


def test_the_code_systems_hold_every_code_and_every_concept() -> None:
    systems = SHELVES["CodeSystem"]()
    assert systems["bone"]["url"] == LOCAL_SYSTEM
    assert {each["code"] for each in systems["bone"]["concept"]} == {row[1] for row in read_table("local")}
    assert {each["code"] for each in systems["concept"]["concept"]} == default_terminology().known


def test_a_value_set_means_what_the_terminology_means() -> None:
    """Every listed code, and every beginning, is understood as the concept it stands under."""
    terms = default_terminology()
    by_slug = {concept.replace("_", "-"): concept for concept in terms.known}
    for resource_id, resource in SHELVES["ValueSet"]().items():
        for part in resource["compose"]["include"]:
            codes = [each["code"] for each in part.get("concept", ())]
            codes += [each["value"].removesuffix(".*").replace("\\.", ".") for each in part.get("filter", ())]
            assert codes
            for code in codes:
                assert by_slug[resource_id] in terms.concepts(part["system"], code), (resource_id, code)


def test_our_concept_map_can_be_read_as_the_map_of_a_site(tmp_path: Path) -> None:
    (made,) = SHELVES["ConceptMap"]().values()
    assert {group["target"] for group in made["group"]} == {CONCEPT_SYSTEM}
    known = made["group"][0]["element"]
    own = [{**element, "code": f"K{number}"} for number, element in enumerate(known)]
    group = {"source": "https://lab.example.org/codes", "target": CONCEPT_SYSTEM, "element": own}
    file = tmp_path / "map.json"
    file.write_text(json.dumps({**made, "group": [group]}))
    rows = read_code_map(file)
    assert [concept for _, _, concept in rows] == [target["code"] for each in known for target in each["target"]]
