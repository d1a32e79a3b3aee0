"""The explanation for a person: cards, every rule with its outcome, and what each rests on."""

from dataclasses import replace
from typing import Any

import pytest

from cds_service.explain import explain
from cds_service.pipeline import Reply
from hooks.evaluate import Broken
from hooks.registry import CHECKS
from tests.hooks.said import cards_of, speaker
from tests.support.bedside import Bedside
from tests.support.renal import clearing


def explained(bedside: Bedside, name: str = "body.json", language: str = "en", **changes: Any) -> list[str]:
    findings = replace(bedside.findings(), **changes)
    reply = Reply(cards_of(bedside, language), findings, bedside.record(), speaker(language))
    text = explain(name, reply)
    assert text.endswith("\n\n") or text.endswith("\n")
    return text.splitlines()


def about(lines: list[str], rule: str) -> list[str]:
    """The line of a rule and those that stand under it."""
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{rule} "))
    under = [number for number, line in enumerate(lines) if number > start and not line.startswith(" ")]
    return lines[start : under[0]]


def test_cards_come_first_with_what_they_suggest() -> None:
    lines = explained(clearing("42").drafts_order("zometa", "4 mg"))
    assert lines[:2] == ["body.json (as of 2026-06-03, edition aura-2026)", "=" * len(lines[0])]
    assert lines[3] == ("[WARNING] Zoledronic acid 4 mg is too much for this clearance (42.0 mL/min): give 3.3 mg")
    assert lines[4] == "    -> Change the dose to 3.3 mg"
    assert lines.index("Rules asked") > lines.index("    -> Order dental consultation and panoramic X-ray")


def test_every_rule_is_listed_with_its_outcome() -> None:
    lines = explained(clearing("42").drafts_order("zometa", "4 mg"))
    asked = lines[lines.index("Rules asked") + 2 :]
    assert [line.split()[0] for line in asked if line and line[0] != " "] == [check.id for check in CHECKS]
    assert about(lines, "ZOL-DOSE-01") == [
        "ZOL-DOSE-01    fires      due            Zoledronic acid 4 mg is too much for this clearance (42.0 mL/min): "
        "give 3.3 mg",
        "               dose: 4 mg",
        "               advised: 3.3 mg",
        "               clearance: 42.0 mL/min (Cockcroft-Gault; man, 68 years; weight 42 kg on 1 Jun 2026; creatinine "
        "88.4 µmol/L on 1 Jun 2026)",
        "               rests on: order in preparation 4 mg (MedicationRequest/d3)",
        "               rests on: creatinine 88.4 µmol/L on 1 Jun 2026 (Observation/r1)",
        "               rests on: weight 42 kg on 1 Jun 2026 (Observation/r2)",
        "               rests on: birth date 1958-01-01 (Patient/p1)",
    ]
    assert about(lines, "BRIDGE-01")[0].split()[1:3] == ["silent", "not-applicable"]


def test_a_near_miss_shows_its_figures() -> None:
    lines = about(explained(clearing("60.1").drafts_order("zometa", "4 mg")), "ZOL-DOSE-01")
    assert lines[0].split()[1:3] == ["silent", "satisfied"]
    assert lines[3].startswith("               clearance: 60.10 mL/min")


@pytest.mark.parametrize(("language", "said"), [("en", "missing: weight (none found)"), ("fr", "manque : poids (non")])
def test_what_is_missing_is_said_with_its_reason(language: str, said: str) -> None:
    patient = clearing("").observed("creatinine_serum", "88.4 umol/L @ 2026-06-01").drafts_order("zometa", "4 mg")
    lines = about(explained(patient, language=language), "ZOL-DOSE-01")
    assert lines[0].split()[1] == "needs-data"
    assert lines[-1].strip().startswith(said)


def test_no_card_muted_and_broken() -> None:
    assert explained(Bedside())[3] == "(no card)"
    child = clearing("42").person(born="2012-01-01").drafts_order("zometa", "8 mg")
    assert about(explained(child), "ZOL-8MG-01")[0].endswith("(muted by AR-SCOPE-01)")
    lines = explained(Bedside(), broken=(Broken("AR-OPG-01", "KeyError"),))
    assert "AR-OPG-01      FAULT      KeyError" in lines


def test_nothing_in_it_steers_a_terminal() -> None:
    patient = clearing("42").drafts_order("zometa", "4 mg")
    patient.resources["observations"][0]["id"] = "r\x1b[31m1\x07"
    lines = explained(patient, "evil\x1b[2J.json")
    assert lines[0].startswith("evil [2J.json")
    assert not [line for line in lines if not line.isprintable()]
    assert any("Observation/r [31m1" in line for line in lines)
