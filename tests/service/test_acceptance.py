"""What was promised, seen from outside: shipped requests go in by HTTP or command line, and the right cards come out.

The man of ``lung-zol-clearance-42`` is 68 years old, so that his clearance is weight (kg) / creatinine (mg/dL): with
1.0 mg/dL (88.4 µmol/L) it is his weight, exactly.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cli import main
from cds_service.sandbox.scenarios import hook_request_bytes, scenario, scenarios
from cds_service.settings import Settings
from hooks.exact_json import dumps_exact
from hooks.registry import CHECKS
from hooks.services import services

MAN = "lung-zol-clearance-42"
DAY = scenario(MAN).as_of
EXTENSION = "io.github.osteohooks.findings"
TOPICS = "https://osteohooks.github.io/fhir/CodeSystem/recommendation"
UCUM = "http://unitsofmeasure.org"
POUND = Decimal("0.45359237")


@cache
def service() -> FlaskClient:
    return create_app(Settings(), lambda: DAY).test_client()


def exact(text: bytes | str) -> Any:
    """JSON with every number as it is written: 4.0 stays 4.0."""
    return json.loads(text, parse_float=Decimal)


def body(name: str = MAN) -> Any:
    return exact(hook_request_bytes(scenario(name)))


def answer(call: Any, to: str = "bone-order-sign", language: str | None = None) -> list[Any]:
    """The cards of one call over HTTP."""
    headers = {"Accept-Language": language} if language else {}
    reply = service().post(
        f"/cds-services/{to}", data=dumps_exact(call), content_type="application/json", headers=headers
    )
    assert reply.status_code == 200, reply.data
    assert list(exact(reply.data)) == ["cards"]
    cards: list[Any] = exact(reply.data)["cards"]
    return cards


def card_of(cards: list[Any], rule: str) -> Any:
    """The card that carries a rule."""
    return next(card for card in cards if rule in [row["rule"] for row in card["extension"][EXTENSION]])


def rules(cards: list[Any]) -> set[str]:
    return {row["rule"] for card in cards for row in card["extension"][EXTENSION]}


def finding(cards: list[Any], rule: str) -> Any:
    return next(row for row in card_of(cards, rule)["extension"][EXTENSION] if row["rule"] == rule)


def draft(call: Any) -> Any:
    return call["context"]["draftOrders"]["entry"][0]["resource"]


def observation(call: Any, part: str) -> Any:
    """The last observation whose id holds ``part``."""
    found = [e["resource"] for e in call["prefetch"]["observations"]["entry"] if part in e["resource"]["id"]]
    return found[-1]


def man(weight: str, weight_unit: str = "kg", creatinine: str = "88.4", unit: str = "umol/L") -> Any:
    """The shipped request with another weight and creatinine; the older creatinine stays."""
    call = body()
    for part, value, code in (("weight", weight, weight_unit), ("creatinine", creatinine, unit)):
        observation(call, part)["valueQuantity"] = {"value": Decimal(value), "unit": code, "system": UCUM, "code": code}
    if unit == "mg/dL":
        observation(call, "creatinine")["code"]["coding"] = [{"system": "http://loinc.org", "code": "2160-0"}]
    return call


def actions(card: Any) -> list[Any]:
    return [action for suggestion in card.get("suggestions", []) for action in suggestion["actions"]]


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every place where two JSON values differ, digits included."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from differences(before.get(key, ...), after.get(key, ...), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif (type(before), str(before)) != (type(after), str(after)):
        yield path, str(before), str(after)


# ---- the man with 42 mL/min ------------------------------------------------------------------------------------------


def test_the_dose_is_lowered_by_a_change_of_the_very_draft() -> None:
    cards = answer(body())
    assert [card["indicator"] for card in cards] == ["warning", "warning"]
    dose = card_of(cards, "ZOL-DOSE-01")
    assert "3.3 mg" in dose["summary"]
    assert "42.0 mL/min" in dose["summary"]
    (action,) = actions(dose)
    assert action["type"] == "update"
    at = ".dosageInstruction[0].doseAndRate[0].doseQuantity.value"
    assert list(differences(draft(body()), action["resource"])) == [(at, "4.0", "3.3")]


def test_every_other_digit_of_the_draft_is_kept() -> None:
    call = body()
    draft(call)["dosageInstruction"][0]["timing"]["repeat"] |= {"duration": Decimal("30.00"), "period": Decimal("28.0")}
    draft(call)["extension"] = [{"url": "https://ehr.example.org/x", "valueDecimal": Decimal("1.500")}]
    draft(call)["somethingNewer"] = {"kept": [1, Decimal("2.0"), "é"]}
    (action,) = actions(card_of(answer(call), "ZOL-DOSE-01"))
    at = ".dosageInstruction[0].doseAndRate[0].doseQuantity.value"
    assert list(differences(draft(call), action["resource"])) == [(at, "4.0", "3.3")]


def test_the_mouth_is_examined_before_the_start() -> None:
    asked = [action["resource"] for action in actions(card_of(answer(body()), "AR-DENTAL-01"))]
    assert {resource["resourceType"] for resource in asked} == {"ServiceRequest", "MedicationRequest"}
    assert {resource["status"] for resource in asked if resource["resourceType"] == "ServiceRequest"} == {"draft"}
    assert [r["status"] for r in asked if r["resourceType"] == "MedicationRequest"] == ["on-hold"]  # this very order
    codes = {coding["code"] for resource in asked for coding in resource.get("code", {}).get("coding", ())}
    assert {"34043003", "24828-6"} <= codes  # SNOMED CT dental consultation, LOINC panoramic X-ray


@pytest.mark.parametrize("accepted", ["fr", "fr-FR,fr;q=0.9,en;q=0.5", "FR-CA"])
def test_the_same_in_french(accepted: str) -> None:
    english, french = answer(body()), answer(body(), language=accepted)
    assert [card["source"]["topic"]["code"] for card in english] == [card["source"]["topic"]["code"] for card in french]
    assert [card["indicator"] for card in english] == [card["indicator"] for card in french]
    dose = card_of(french, "ZOL-DOSE-01")
    assert "3,3 mg" in dose["summary"]
    assert "42,0 mL/min" in dose["summary"]
    assert "dentaire" in card_of(french, "AR-DENTAL-01")["summary"]
    (english_action,), (action,) = actions(card_of(english, "ZOL-DOSE-01")), actions(dose)
    assert action["resource"] == english_action["resource"]
    assert action["description"] != english_action["description"]


# ---- the cut-offs ----------------------------------------------------------------------------------------------------

BOUNDARIES = [
    ("60.0", "3.5", "ZOL-DOSE-01"),
    ("60.1", None, None),
    ("49.99", "3.3", "ZOL-DOSE-01"),
    ("39.9", "3", "ZOL-DOSE-01"),
    ("30.0", "3", "ZOL-DOSE-01"),
    ("29.9", None, "ZOL-CI-01"),
]


@pytest.mark.parametrize(("clearance", "dose", "rule"), BOUNDARIES)
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("form", ["umol/L", "mg/dL", "twice the size", "g", "dirty units"])
def test_the_dose_follows_the_clearance_exactly(
    form: str, language: str, clearance: str, dose: str | None, rule: str | None
) -> None:
    double, gram = str(Decimal(clearance) * 2), str(Decimal(clearance) * 1000)
    call = {
        "umol/L": lambda: man(clearance),
        "mg/dL": lambda: man(clearance, creatinine="1.0", unit="mg/dL"),
        "twice the size": lambda: man(double, creatinine="176.8"),
        "g": lambda: man(gram, "g"),
        "dirty units": lambda: undressed(man(clearance, creatinine="1.00", unit="mg/dL"), "Kg", "mg/dl"),
    }[form]()
    cards = answer(call, language=language)
    assert rules(cards) == {"AR-DENTAL-01"} | ({rule} if rule else set())
    if dose:
        (action,) = actions(card_of(cards, "ZOL-DOSE-01"))
        assert doses(action["resource"]) == [Decimal(dose)]
        assert finding(cards, "ZOL-DOSE-01")["figures"]["clearance"]["value"] == Decimal(clearance)
    if rule == "ZOL-CI-01":
        stop = card_of(cards, "ZOL-CI-01")
        assert stop["indicator"] == "critical"
        assert actions(stop)[0]["type"] == "delete"
        assert all(doses(action.get("resource", {})) in ([], [120]) for action in actions(stop))


def undressed(call: Any, weight_unit: str, unit: str) -> Any:
    """Units as people type them: no system, no code."""
    for part, text in (("weight", weight_unit), ("creatinine", unit)):
        quantity = observation(call, part)["valueQuantity"]
        observation(call, part)["valueQuantity"] = {"value": quantity["value"], "unit": text}
    return call


def doses(resource: Any) -> list[Decimal]:
    lines = resource.get("dosageInstruction", [])
    return [Decimal(rate["doseQuantity"]["value"]) for line in lines for rate in line.get("doseAndRate", [])]


@pytest.mark.parametrize("pounds", ["132.2", "132.3", "132.5", "88.1", "66.2", "66.1", "65.9"])
def test_pounds_kilograms_and_grams_agree(pounds: str) -> None:
    kilograms = Decimal(pounds) * POUND
    told = [answer(man(pounds, "[lb_av]")), answer(man(str(kilograms))), answer(man(str(kilograms * 1000), "g"))]
    told += [answer(man(pounds, "[lb_av]", "1", "mg/dL"))]
    assert len({tuple(sorted(rules(cards))) for cards in told}) == 1
    assert len({tuple(card["summary"] for card in cards) for cards in told}) == 1
    changed = [[doses(a["resource"]) for card in cards for a in actions(card) if "resource" in a] for cards in told]
    assert all(each == changed[0] for each in changed)


# ---- out of scope, emergency, stop -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["osteoporosis-aclasta-no-cancer", "osteoporosis-prolia-no-cancer"])
def test_osteoporosis_without_malignant_bone_disease_is_none_of_our_business(name: str) -> None:
    for language in ("en", "fr"):
        assert answer(body(name), language=language) == []


def test_an_emergency_defers_the_dental_and_vitamin_d_steps_but_not_the_renal_one() -> None:
    call = body("lung-hypercalcaemia-emergency")
    assert draft(call)["priority"] == "stat"
    cards = answer(call)
    assert [card["indicator"] for card in cards] == ["critical", "info"]
    assert rules(cards) == {"ZOL-CI-01", "AR-EMERG-01"}
    later = card_of(cards, "AR-EMERG-01")
    assert {"dental examination", "panoramic X-ray", "25-OH vitamin D"} <= set(deferred(later["summary"]))
    assert all(action["resource"]["occurrenceDateTime"] > f"{DAY}" for action in actions(later))


def deferred(summary: str) -> list[str]:
    listed = summary.partition(": ")[2].partition("afterwards: ")
    return (listed[2] or listed[0]).replace(" and ", ", ").split(", ")


def test_without_the_emergency_the_same_order_waits_for_the_mouth() -> None:
    call = body("lung-hypercalcaemia-emergency")
    draft(call).pop("priority")
    draft(call).pop("reasonCode", None)
    draft(call).pop("reasonReference", None)
    observation(call, "calcium")["valueQuantity"]["value"] = Decimal("2.40")
    assert {"ZOL-CI-01", "AR-DENTAL-01"} <= rules(answer(call))
    assert "AR-EMERG-01" not in rules(answer(call))


def test_a_stopped_denosumab_asks_for_the_bridge() -> None:
    (card,) = answer(body("lung-xgeva-stop"))
    assert card["indicator"] == "warning"
    assert card["source"]["topic"]["code"] == "BRIDGE-01"
    bridge = actions(card)[0]["resource"]
    assert (bridge["resourceType"], bridge["status"], doses(bridge)) == ("MedicationRequest", "draft", [4])
    assert bridge["dispenseRequest"]["validityPeriod"]["start"] > f"{DAY}"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_below_30_the_bridge_is_impossible_and_no_dose_is_named_anywhere(language: str) -> None:
    (card,) = answer(body("lung-xgeva-stop-clearance-25"), language=language)
    assert {"BRIDGE-01", "BRIDGE-03"} == rules([card])
    assert [action["resource"]["resourceType"] for action in actions(card)] == ["ServiceRequest", "ServiceRequest"]
    shown = card | {"extension": None}
    text = json.dumps(shown, ensure_ascii=False, default=str)
    for dose in ("3 mg", "3.0 mg", "3,0 mg", "3.3 mg", "3,3 mg", "3.5 mg", "3,5 mg", "4 mg", "4.0 mg", "4,0 mg"):
        assert dose not in text
    figures = [row.get("figures", {}) for row in card["extension"][EXTENSION]]
    assert not any("dose" in name for each in figures for name in each)


# ---- drafts as the public sandbox and old servers send them ----------------------------------------------------------


def without_intent(call: Any) -> Any:
    draft(call).pop("intent")
    return call


def with_category_object(call: Any) -> Any:
    draft(call)["category"] = {"coding": [{"code": "outpatient"}]}
    return call


def with_untyped_bundle(call: Any) -> Any:
    call["context"]["draftOrders"].pop("type")
    return call


@pytest.mark.parametrize("bend", [without_intent, with_category_object, with_untyped_bundle])
def test_malformed_drafts_are_understood_and_given_back_as_they_came(bend: Any) -> None:
    call = bend(body())
    cards = answer(call)
    assert rules(cards) == rules(answer(body()))
    (action,) = actions(card_of(cards, "ZOL-DOSE-01"))
    assert [at for at, _, _ in differences(draft(call), action["resource"])] == [
        ".dosageInstruction[0].doseAndRate[0].doseQuantity.value"
    ]


def test_an_order_without_a_medication_yet_is_no_error() -> None:
    call = body()
    draft(call).pop("medicationCodeableConcept")
    assert answer(call) == []
    reply = service().post("/cds-services/bone-order-sign", data=dumps_exact(call), content_type="application/json")
    assert reply.data == b'{"cards":[]}'


def test_a_dstu2_order_is_understood() -> None:
    call = body()
    r4 = draft(call)
    old = {key: r4[key] for key in ("id", "status", "medicationCodeableConcept")}
    line = r4["dosageInstruction"][0]
    old |= {"resourceType": "MedicationOrder", "patient": r4["subject"], "dateWritten": r4["authoredOn"]}
    old["dosageInstruction"] = [
        {key: line[key] for key in ("text", "timing", "route")}
        | {"doseQuantity": line["doseAndRate"][0]["doseQuantity"]}
    ]
    call["context"]["draftOrders"]["entry"][0]["resource"] = old
    cards = answer(call)
    assert {"ZOL-DOSE-01", "AR-DENTAL-01"} <= rules(cards)
    assert "3.3 mg" in card_of(cards, "ZOL-DOSE-01")["summary"]
    changed = [action["resource"] for action in actions(card_of(cards, "ZOL-DOSE-01"))]
    places = [[at for at, _, _ in differences(old, resource)] for resource in changed]
    assert places == [[".dosageInstruction[0].doseQuantity.value"]]


# ---- the command line ------------------------------------------------------------------------------------------------


def run(*arguments: str, sent: bytes | None = None, expect: int = 0) -> list[Any]:
    """The objects that ``osteohooks evaluate`` prints, one per line."""
    result = CliRunner().invoke(main, ["evaluate", *arguments], input=sent)
    assert result.exit_code == expect, result.output
    return [exact(line) for line in result.stdout.splitlines()]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Three request files: an order to sign, a patient view, an order selected."""
    paths = []
    for name in (MAN, "prostate-xgeva-overdue", "lung-xgeva-selected"):
        path = tmp_path / f"{name}.json"
        path.write_bytes(hook_request_bytes(scenario(name)))
        paths.append(str(path))
    return paths


def test_one_object_per_file_in_order(files: list[str]) -> None:
    told = run(*files, "--as-of", str(DAY))
    assert [list(each) for each in told] == [["file", "cards", "findings"]] * 3
    assert [each["file"] for each in told] == files
    assert [len(each["cards"]) for each in told] == [2, 1, 1]


def test_the_command_line_says_what_the_service_says(files: list[str]) -> None:
    (told,) = run(files[0], "--as-of", str(DAY), "--lang", "fr")
    assert without_uuids(told["cards"]) == without_uuids(answer(body(), language="fr"))


def without_uuids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_uuids(member) for key, member in value.items() if key != "uuid"}
    return [without_uuids(item) for item in value] if isinstance(value, list) else value


def test_findings_list_every_rule_asked(files: list[str]) -> None:
    by_hook = {each.hook: {check.id for check in each.checks} for each in services()}
    for told, hook in zip(
        run(*files, "--as-of", str(DAY)), ("order-sign", "patient-view", "order-select"), strict=True
    ):
        assert {row["rule"] for row in told["findings"]} == by_hook[hook]
        for row in told["findings"]:
            speaks = row["status"] in ("fires", "needs-data")
            assert row["outcome"] in (("due", "undecided") if speaks else ("satisfied", "not-applicable"))
            assert (row["severity"] is not None) == speaks
            assert row.keys() >= {"summary", "figures", "evidence", "missing", "source"}
            assert row["edition"] == "aura-2026"


def test_standard_input_edition_and_day() -> None:
    sent = hook_request_bytes(scenario("lung-zol-infusion-15-min"))
    (late,) = run("-", "--as-of", str(DAY), sent=sent)
    (early,) = run("-", "--as-of", str(DAY), "--edition", "aura-earlier", sent=sent)
    assert (late["file"], len(late["cards"]), early["cards"]) == ("-", 1, [])
    (old,) = run("-", "--as-of", "2026-05-20", sent=sent)
    assert "AR-RENAL-01" in rules(old["cards"])


def test_a_refused_file_does_not_stop_the_others(files: list[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"hook": "order-sign"}', "utf-8")
    told = run(str(bad), *files, "--as-of", str(DAY), expect=1)
    assert [each["file"] for each in told] == [str(bad), *files]
    assert told[0]["error"]["resourceType"] == "OperationOutcome"
    assert all("cards" in each for each in told[1:])


@pytest.mark.parametrize(
    "arguments", [[], ["x.json", "--as-of", "yesterday"], ["x.json", "--edition", "first"], ["x.json"]]
)
def test_misuse_is_told_apart_from_success(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["evaluate", *arguments])
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_explanation_for_a_person(files: list[str]) -> None:
    result = CliRunner().invoke(main, ["evaluate", files[0], "--as-of", str(DAY), "--explain"])
    assert result.exit_code == 0
    assert "3.3 mg" in result.output
    for check in next(each for each in services() if each.hook == "order-sign").checks:
        assert check.id in result.output


def test_the_catalogue_names_every_rule() -> None:
    result = CliRunner().invoke(main, ["catalogue", "--json"])
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert {check.id for check in CHECKS} <= {row["id"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert {"id", "title", "hooks", "severity", "editions", "source"} <= set(row)
        assert set(row["source"]) == set(row["editions"]) <= {"aura-2026", "aura-intermediate", "aura-earlier"}
    table = CliRunner().invoke(main, ["catalogue"]).stdout
    assert all(row["id"] in table for row in rows)


def test_a_scenario_can_be_printed_and_evaluated() -> None:
    listed = CliRunner().invoke(main, ["sample"]).stdout
    assert all(each.id in listed for each in scenarios())
    printed = CliRunner().invoke(main, ["sample", MAN, "--on", str(DAY)]).stdout
    assert exact(printed) == body()
    assert CliRunner().invoke(main, ["sample", "nobody"]).exit_code == 2
