"""A rule retired for everyone, by a line in its table: nobody is asked it, and everything that knows it says so."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from cds_service.app_pages.asking import page_checks
from cds_service.catalogue import document, rows, schema, table
from cds_service.cli import main
from cds_service.form_pages.asking import checks_of
from cds_service.knowledge.plans import plans
from cds_service.pipeline import Parts, Reply, advise, build_parts
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from docs import site_rules
from fhir_mappers.terminology import default_terminology
from hooks import limits, policy_rules
from hooks.limits import load_editions, load_rules, load_tables
from hooks.questionnaires import forms
from hooks.registry import CHECKS
from hooks.request import HookRequest
from hooks.services import Service, services, services_with, shipped_rules
from hooks.texts import Speaker, load_texts
from tests.house.recommendations import page
from tests.site.policies import VERSION, written

GONE, TOLD, SAMPLING, FORMED = "AR-DENTAL-01", "ZOL-BASE-01", "DUR-CTX-01", "AR-DENTCARE-01"
SAID = {"since": date(2027, 1, 15), "reason": {"en": "Withdrawn by its authors.", "fr": "Retirée par ses auteurs."}}
ROW = {"since": "2027-01-15", "reason": "Withdrawn by its authors."}
PATIENT = scenario("lung-zol-clearance-42")


@pytest.fixture
def retired(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tables as shipped, with four rules retired."""
    tables = load_tables()
    for rule in (GONE, TOLD, SAMPLING, FORMED):
        tables[rule]["retired"] = SAID
    for module in (limits, policy_rules):
        monkeypatch.setattr(module, "load_tables", lambda: deepcopy(tables))
    forget()
    yield
    forget()


def forget() -> None:
    """What was made of the tables once, for all calls."""
    plans.cache_clear()
    shipped_rules.cache_clear()


def said(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def signing() -> Service:
    return next(one for one in services_with(default_terminology()) if one.hook == "order-sign")


def made() -> Parts:
    rules, editions = load_rules(CHECKS), load_editions()
    speakers = {(lang, key): Speaker(lang, rules, one) for lang in ("en", "fr") for key, one in editions.items()}
    return replace(build_parts(lambda: PATIENT.as_of, "aura-2026"), rules=rules, speakers=speakers)


def reply() -> Reply:
    call = HookRequest.parse(hook_request_bytes(PATIENT), "order-sign")
    return advise(call, signing(), made(), "en", as_of=PATIENT.as_of)


def test_as_shipped_it_speaks() -> None:
    assert GONE in {finding.rule.id for finding in reply().findings.speaking}
    assert any(_told() in (card.detail or "") for card in reply().cards)


@pytest.mark.usefixtures("retired")
def test_no_service_asks_it_and_no_card_names_it() -> None:
    asked = {check.id for one in services_with(default_terminology()) for check in one.checks}
    assert asked == {check.id for one in services() for check in one.checks} - {GONE, SAMPLING, FORMED}
    answered = reply()
    assert GONE not in {finding.rule.id for finding in answered.findings.all}
    assert "ZOL-DOSE-01" in {finding.rule.id for finding in answered.findings.speaking}, "the others go on"
    assert not any(GONE in card.model_dump_json() or _told() in (card.detail or "") for card in answered.cards)


def _told() -> str:
    """How the sentence of the informational rule begins."""
    return str(load_texts()[0][TOLD]["en"]["text"])[:40]


@pytest.mark.usefixtures("retired")
def test_what_only_it_reads_is_not_asked_for_any_more() -> None:
    shipped = next(one for one in services() if one.hook == "order-sign")
    assert "fasting-sample" in shipped.prefetch["observations"], "whether the patient fasted, for the sample alone"
    assert "fasting-sample" not in signing().prefetch["observations"]


@pytest.mark.usefixtures("retired")
def test_neither_the_page_nor_a_form_asks_it() -> None:
    rules = load_rules(CHECKS)
    assert not {GONE, SAMPLING, FORMED} & {check.id for check in page_checks(rules, with_orders=True)}
    served = [form for form in forms().values() if FORMED in form.rules]
    assert served
    assert FORMED not in {check.id for form in served for check in checks_of(form, rules)}


@pytest.mark.usefixtures("retired")
def test_the_catalogue_says_so_and_keeps_to_its_schema() -> None:
    found = {row["id"]: row for row in document("en")}
    jsonschema_rs.validator_for(schema(), validate_formats=True).validate(list(found.values()))
    assert found[GONE]["retired"] == found[TOLD]["retired"] == ROW
    assert found["ZOL-DOSE-01"]["retired"] is None
    assert rows("fr")[0]["retired"] is None
    (line,) = [line for line in table(rows("en")).splitlines() if line.startswith(f"{GONE} ")]
    assert line.endswith("Dental assessment before the first dose (retired since 2027-01-15)")
    wrong = found[GONE] | {"retired": {"since": "soon", "reason": ""}}
    assert not jsonschema_rs.validator_for(schema(), validate_formats=True).is_valid([wrong])


@pytest.mark.usefixtures("retired")
def test_its_plan_is_retired_and_valid() -> None:
    plan: dict[str, Any] = plans()[GONE]
    import_module("fhir.resources.R4B.plandefinition").PlanDefinition.model_validate(plan)
    assert (plan["status"], plan["effectivePeriod"]) == ("retired", {"end": "2027-01-15"})
    assert plan["description"].startswith("Retired since 2027-01-15, asked of nobody: Withdrawn by its authors.")
    assert "pending" not in plan["description"]
    assert plans()["ZOL-DOSE-01"]["status"] == "draft"


@pytest.mark.usefixtures("retired")
def test_its_page_and_the_list_of_all_rules_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_rules, "examples", dict)
    pages = dict(site_rules.pages())
    assert "Since 2027-01-15 no service asks this rule. Withdrawn by its authors." in pages[f"rules/{GONE}.md"]
    assert "Depuis le 2027-01-15, aucun service n'applique cette règle. Retirée par" in pages[f"rules/{GONE}.md"]
    assert "Retired for everyone" not in pages["rules/ZOL-DOSE-01.md"]
    assert "| Dental assessment before the first dose (retired since 2027-01-15) |" in page()


@pytest.mark.usefixtures("retired")
def test_the_review_lists_it_apart() -> None:
    *lines, total = said("review", "--on", "2027-02-01").splitlines()
    assert [line.split()[0] for line in lines[-4:]] == [rule for rule in load_rules(CHECKS) if rule in _all()]
    assert all(
        "retired since 2027-01-15" in line and line.endswith("(Withdrawn by its authors.)") for line in lines[-4:]
    )
    assert total.endswith(", 4 retired.")
    found = {row["id"]: row for row in json.loads(said("review", "--json", "--lang", "fr"))}
    assert (found[GONE]["state"], found[GONE]["retired"]["reason"]) == ("retired", "Retirée par ses auteurs.")
    assert (found["ZOL-DOSE-01"]["state"], found["ZOL-DOSE-01"]["retired"]) == ("pending", None)


def _all() -> set[str]:
    return {GONE, TOLD, SAMPLING, FORMED}


@pytest.mark.usefixtures("retired")
def test_a_policy_that_names_it_may_be_used_and_is_told(tmp_path: Path) -> None:
    """An upgrade does not stop a site whose policy is older than the retirement."""
    text = VERSION + f'[[version.limit]]\nname = "{GONE}.freshness"\nvalue = "90 d"\n'
    text += f'[[version.retired]]\nrule = "{FORMED}"\nreason = "asked by the nurse"\n'
    told = said("policy", "check", str(written(tmp_path, text)))
    assert told.count("is retired for everyone since 2027-01-15: Withdrawn by its authors. What the version") == 2
    assert f"Note: {GONE} is" in told
    assert f"Note: {FORMED} is" in told
