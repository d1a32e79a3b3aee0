"""What holds of every card of every shipped patient, whatever it says: form, languages, evidence, harmless text."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.sandbox.scenarios import hook_request, scenario, scenarios
from cds_service.settings import Settings
from hooks.exact_json import dumps_exact
from hooks.limits import EDITIONS
from hooks.services import services
from hooks.texts import LANGUAGES
from tests.cohorts.cohort import expected

TOPICS = "https://osteohooks.github.io/fhir/CodeSystem/recommendation"
EXTENSION = "io.github.osteohooks.findings"
DAY = scenarios()[0].as_of
SERVICE_OF = {service.hook: service.id for service in services()}
PROMISED = {"rule", "status", "edition", "summary", "source", "severity"}
FACT = {"resource", "what", "code", "value", "unit", "converted", "date", "origin", "note"}
EACH = [pytest.param(each.id, edition, id=f"{each.id}-{edition}") for each, edition in product(scenarios(), EDITIONS)]
# The same patients at the other hooks, where the default edition speaks there: "scenario@hook".
EACH += [
    pytest.param(f"{name}@{hook}", EDITIONS[0], id=f"{name}@{hook}")
    for name, judged in expected().items()
    for hook in sorted({*judged.get("at", {}), *judged.get("but", {}).get(EDITIONS[0], {})})
]
DATED = {"ZOL-DOSE-01", "ZOL-CI-01", "NEPH-STOP-01", "BRIDGE-01", "BRIDGE-02"}


@cache
def service(edition: str) -> FlaskClient:
    return create_app(Settings(edition=edition), lambda: DAY).test_client()


def post(call: Any, to: str, edition: str = EDITIONS[0], language: str = "en") -> list[Any]:
    reply = service(edition).post(
        f"/cds-services/{to}",
        data=dumps_exact(call),
        content_type="application/json",
        headers={"Accept-Language": language},
    )
    assert reply.status_code == 200, reply.data
    cards: list[Any] = json.loads(reply.data, parse_float=Decimal)["cards"]
    return cards


@cache
def cards(name: str, edition: str, language: str) -> list[Any]:
    call = call_of(name)
    return post(call, SERVICE_OF[call["hook"]], edition, language)


def call_of(name: str) -> Any:
    """The request of a ``scenario`` or a ``scenario@hook``."""
    known, _, hook = name.partition("@")
    return hook_request(scenario(known), DAY, hook or None)


def findings(found: list[Any]) -> Iterator[Any]:
    for card in found:
        yield from card["extension"][EXTENSION]


def actions(found: list[Any]) -> Iterator[Any]:
    for card in found:
        for suggestion in card.get("suggestions", ()):
            yield from suggestion["actions"]


@pytest.mark.parametrize(("name", "edition"), EACH)
def test_form(name: str, edition: str) -> None:
    for language in LANGUAGES:
        found = cards(name, edition, language)
        uuids = [UUID(card["uuid"]) for card in found]
        for card in found:
            assert 0 < len(card["summary"]) < 140
            assert card["indicator"] in ("info", "warning", "critical")
            topic = card["source"]["topic"]
            assert topic["system"] == TOPICS
            assert topic["code"] == card["extension"][EXTENSION][0]["rule"]
            assert re.search("12th|12e|earlier|intermediate|antérieure|intermédiaire", card["source"]["label"])
            assert card["source"]["url"].startswith("http")
            assert card["detail"].strip()
            offered = card.get("suggestions", [])
            assert ("selectionBehavior" in card) == bool(offered)
            uuids += [UUID(suggestion["uuid"]) for suggestion in offered]
            for reason in card.get("overrideReasons", ()):
                assert {"code", "system", "display"} <= set(reason)
        assert len(set(uuids)) == len(uuids)


@pytest.mark.parametrize(("name", "edition"), EACH)
def test_both_languages_say_the_same(name: str, edition: str) -> None:
    english, french = cards(name, edition, "en"), cards(name, edition, "fr")
    assert [shape(card) for card in english] == [shape(card) for card in french]
    for one, other in zip(english, french, strict=True):
        assert one["summary"] != other["summary"]
        assert one["detail"] != other["detail"]
        assert figures(one["summary"]) == figures(other["summary"].replace(",", "."))


def shape(card: Any) -> Any:
    rows = [{k: v for k, v in row.items() if k not in ("summary", "source")} for row in card["extension"][EXTENSION]]
    orders = [{k: v for k, v in a.items() if k in ("type", "resourceId")} for a in actions([card])]
    return card["indicator"], card["source"]["topic"]["code"], rows, orders, len(card.get("overrideReasons", ()))


def figures(text: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize(("name", "edition"), EACH)
def test_findings_carry_their_evidence(name: str, edition: str) -> None:
    sent = json.dumps(call_of(name), default=str, ensure_ascii=False)
    for row in findings(cards(name, edition, "en")):
        assert set(row) >= PROMISED
        assert row["edition"] == edition
        assert row["status"] in ("fires", "needs-data")
        assert row.get("evidence") or row.get("missing")
        for fact in row.get("evidence", ()):
            assert set(fact) <= FACT
            assert {"resource", "what", "origin"} <= set(fact)
            assert fact["origin"] in ("prefetch", "fetched", "context")
            kind, _, identity = fact["resource"].partition("/")
            assert f'"resourceType": "{kind}"' in sent
            assert f'"id": "{identity}"' in sent
            assert fact.get("date", "")[:4] <= f"{DAY.year}"
        for gap in row.get("missing", ()):
            assert {"what", "why"} <= set(gap)


@pytest.mark.parametrize(("name", "edition"), EACH)
def test_a_clearance_is_shown_with_formula_and_dates(name: str, edition: str) -> None:
    """Formula, creatinine and weight with their days; one decimal, two near a cut-off."""
    for card in cards(name, edition, "en"):
        for row in card["extension"][EXTENSION]:
            if row["rule"] not in DATED or row["status"] != "fires" or row.get("case") == "dialysis":
                continue
            used = {fact["what"]: fact for fact in row["evidence"]}
            assert "Cockcroft" in card["detail"]
            for what, word in {"creatinine_serum": "creatinine", "body_weight": "weight"}.items():
                value, day = re.escape(str(used[what]["value"])), int(used[what]["date"][8:10])
                assert re.search(rf"{word} {value} \S+ on {day} \w+ \d{{4}}", card["detail"]), row["rule"]
            assert re.search(r"\d+\.\d{1,2} mL/min", card["detail"])


@pytest.mark.parametrize("name", [each.id for each in scenarios()])
def test_a_dose_by_clearance_comes_with_the_clearance(name: str) -> None:
    for card in cards(name, EDITIONS[0], "en"):
        named = [
            s["label"] for s in card.get("suggestions", ()) if re.search(r"zoledronic acid \d|the dose to", s["label"])
        ]
        if named:
            assert re.search(r"\d+\.\d{1,2} mL/min", card["detail"]), named


@pytest.mark.parametrize(("name", "edition"), EACH)
def test_resources_are_valid_and_about_this_patient(name: str, edition: str) -> None:
    call = call_of(name)
    patient = f"Patient/{call['context']['patientId']}"
    sent = json.dumps(call, default=str)
    for action in actions(cards(name, edition, "en")):
        if action["type"] == "delete":
            assert action["resourceId"].partition("/")[2] in sent
            continue
        resource = action["resource"]
        get_fhir_model_class(resource["resourceType"]).model_validate_json(dumps_exact(resource))
        assert resource["subject"]["reference"] == patient
        assert ("id" in resource) == (action["type"] == "update")
        if resource["resourceType"] == "MedicationStatement":  # what is taken is told, not ordered
            assert resource["status"] == "active"
        elif action["type"] == "create":
            assert resource["status"] == ("stopped" if "priorPrescription" in resource else "draft")
            assert resource["intent"] in ("order", "proposal", "plan")


# ---- nobody else, nothing harmful, always the same -------------------------------------------------------------------

HARM = "<script>alert(1)</script>"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["lung-zol-clearance-42", "lung-xgeva-stop", "breast-aclasta-in-bone-metastases"])
def test_html_of_the_record_never_reaches_the_reader(name: str, language: str) -> None:
    about = scenario(name)
    calls = [poisoned(hook_request(about), member) for member in ("text", "unit", "display", "id", "title", "value")]
    for call in calls:
        for card in post(call, about.service, language=language):
            shown = [card["summary"], card["source"]["label"], card["source"]["topic"]["display"]]
            shown += [s["label"] for s in card.get("suggestions", ())]
            shown += [action["description"] for action in actions([card])]
            shown += [row["summary"] for row in card["extension"][EXTENSION]]
            shown += [row["display"] for row in card.get("overrideReasons", ())]
            assert not any("<script" in text for text in shown)
            assert not re.search(r"(?<!\\)<(?=[A-Za-z/!?])", card["detail"])


def poisoned(value: Any, member: str) -> Any:
    """Every string of this name with a script behind it (in ids as far as the reader lets it pass)."""
    if isinstance(value, dict):
        return {
            key: f"{inner}{HARM}" if key == member and isinstance(inner, str) else poisoned(inner, member)
            for key, inner in value.items()
        }
    return [poisoned(item, member) for item in value] if isinstance(value, list) else value


STRANGER = "Patient/somebody-else"


def test_data_of_another_patient_change_nothing() -> None:
    about = scenario("lung-zol-clearance-42")
    call = hook_request(about)
    donor = hook_request(scenario("lung-zol-clearance-28"))
    for key, bundle in donor["prefetch"].items():
        if key != "patient" and call["prefetch"][key].get("entry"):
            call["prefetch"][key]["entry"].extend(of_stranger(bundle.get("entry", [])))
    assert plain(post(call, about.service)) == plain(post(hook_request(about), about.service))


def test_lists_of_another_patient_only_reassure_nobody() -> None:
    """Where nothing came but another patient's data, the search went wrong: it is not as if nothing had been found."""
    about = scenario("lung-zol-clearance-42")
    call = hook_request(about)
    donor = hook_request(scenario("lung-zol-clearance-28"))
    call["prefetch"]["procedures"]["entry"] = of_stranger(donor["prefetch"]["procedures"]["entry"])
    found = post(call, about.service)
    dental = next(row for row in findings(found) if row["rule"] == "AR-DENTAL-01")
    assert dental["status"] == "needs-data"
    assert "stranger" not in json.dumps(found, default=str)
    call["prefetch"]["patient"] |= {"id": "somebody-else", "gender": "female"}
    changed = post(call, about.service)
    assert not any(fact["resource"].startswith("Patient/") for row in findings(changed) for fact in row["evidence"])
    assert next(row for row in findings(changed) if row["rule"] == "ZOL-DOSE-01")["status"] == "needs-data"


def of_stranger(entries: list[Any]) -> list[Any]:
    told = json.loads(json.dumps(entries, default=str).replace("Patient/syn-lung-zol-clearance-28", STRANGER))
    for entry in told:
        entry["resource"]["id"] = f"stranger-{entry['resource']['id']}"
    return list(told)


@pytest.mark.parametrize("name", [each.id for each in scenarios()])
def test_the_same_question_has_the_same_answer(name: str) -> None:
    about = scenario(name)
    again = post(hook_request(about, DAY), about.service, EDITIONS[0], "en")
    assert plain(again) == plain(cards(name, EDITIONS[0], "en"))


@pytest.mark.parametrize("name", [each.id for each in scenarios()])
def test_the_order_in_which_data_come_does_not_matter(name: str) -> None:
    about = scenario(name)
    call = hook_request(about, DAY)
    for key, bundle in call["prefetch"].items():
        if key != "patient" and "entry" in bundle:
            bundle["entry"].reverse()
    assert [said(card) for card in post(call, about.service)] == [said(c) for c in cards(name, EDITIONS[0], "en")]


def said(card: Any) -> Any:
    rules = [(row["rule"], row["status"], row.get("figures")) for row in card["extension"][EXTENSION]]
    return card["summary"], card["indicator"], rules, [plain(action) for action in actions([card])]


def plain(value: Any) -> Any:
    """Without uuids, which are new in every answer."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items() if key != "uuid"}
    return [plain(item) for item in value] if isinstance(value, list) else value
