"""Safe to give today: the lights of one evaluation."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from hooks.checklist import SUBJECTS, Light, checklist
from hooks.evaluate import Findings
from hooks.registry import CHECKS
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows

LIGHTS = """
order           | dose  | creatinine                  | kidney    | dose light | product   | mouth
----------------+-------+-----------------------------+-----------+------------+-----------+----------
zometa          | 4 mg  | 70 umol/L @ 2026-06-01      | green     | green      | green     | amber
zometa          | 4 mg  | 130 umol/L @ 2026-06-01     | green     | amber      | green     | amber
zometa          | 8 mg  | 70 umol/L @ 2026-06-01      | green     | red        | green     | amber
zometa          | 4 mg  | 400 umol/L @ 2026-06-01     | red       | green      | green     | amber
zometa          | 4 mg  |                             | amber     | unknown    | green     | amber
zoledronic acid |       | 70 umol/L @ 2026-06-01      | green     | not-asked  | unknown   | not-asked
paracetamol     |       | 70 umol/L @ 2026-06-01      | not-asked | not-asked  | not-asked | not-asked
"""


@pytest.mark.parametrize("row", rows(LIGHTS), ids=name)
def test_each_subject_has_its_light(row: dict[str, str]) -> None:
    patient = Bedside().ill("lung_cancer").ill("bone_metastasis").observed("body_weight", "68 kg @ 2026-06-01")
    if row["creatinine"]:
        patient.observed("creatinine_serum", row["creatinine"])
    patient.drafts_order(row["order"], row["dose"] or None)
    found = {line.subject: line.light.value for line in checklist(patient.findings(), patient.record())}
    expected = {"kidney": row["kidney"], "dose": row["dose light"], "product": row["product"], "mouth": row["mouth"]}
    assert {subject: found[subject] for subject in expected} == expected


def test_nothing_asked_is_not_green() -> None:
    assert {line.light for line in checklist(Findings(), Bedside().record())} == {Light.NOT_ASKED}


FRESH = """
what                 | days | light
---------------------+------+--------
calcium_total        | 30   | green
calcium_total        | 31   | unknown   # as old as that, an order would not rest on it
creatinine_serum     | 30   | green
creatinine_serum     | 31   | unknown
vitamin_d_25oh_total | 180  | green
vitamin_d_25oh_total | 181  | not-asked
"""


@pytest.mark.parametrize("row", rows(FRESH), ids=name)
def test_green_rests_on_a_fresh_result(row: dict[str, str]) -> None:
    what, day = row["what"], ago(row["days"])
    patient = Bedside(moment="patient-view").ill("bone_metastasis").ordered("zometa", ago(60)).given("zometa", ago(28))
    value = {"calcium_total": "2.4 mmol/L", "creatinine_serum": "80 umol/L", "vitamin_d_25oh_total": "40 ng/mL"}[what]
    patient.observed(what, f"{value} @ {day}").observed("body_weight", f"70 kg @ {ago(1)}")
    subject = {"calcium_total": "calcium", "creatinine_serum": "kidney"}.get(what, "vitamin-d")
    found = {line.subject: line.light.value for line in checklist(patient.findings(), patient.record())}
    assert found[subject] == row["light"]


def test_data_that_were_not_sent_are_unknown() -> None:
    patient = Bedside().ill("bone_metastasis").drafts_order("zometa", "4 mg").without("observations", "procedures")
    found = {line.subject: line.light for line in checklist(patient.findings(), patient.record())}
    assert found["kidney"] is found["mouth"] is found["vitamin-d"] is Light.UNKNOWN


def test_every_rule_of_a_subject_exists() -> None:
    known = {check.id for check in CHECKS}
    named = {rule for rules in SUBJECTS.values() for rule in rules if not rule.endswith("*")}
    assert named <= known


@pytest.mark.parametrize(("language", "word"), [("en", "AMBER"), ("fr", "ORANGE")])
def test_the_command_prints_one_line_per_subject(tmp_path: Path, language: str, word: str) -> None:
    case = scenario("lung-zol-clearance-42")
    file = tmp_path / "call.json"
    file.write_bytes(hook_request_bytes(case))
    told = CliRunner().invoke(main, ["checklist", str(file), "--as-of", str(case.as_of), "--lang", language])
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert len(lines) == len(SUBJECTS)
    assert any(line.startswith(word) and ("3.3 mg" in line or "3,3 mg" in line) for line in lines)


def test_the_command_prints_json_and_refuses_kindly(tmp_path: Path) -> None:
    case = scenario("lung-zol-clearance-42")
    file, broken = tmp_path / "call.json", tmp_path / "broken.json"
    file.write_bytes(hook_request_bytes(case))
    broken.write_bytes(b"{")
    told = CliRunner().invoke(main, ["checklist", str(file), "--as-of", str(case.as_of), "--json"])
    lights = {row["subject"]: row["light"] for row in json.loads(told.output)["checklist"]}
    assert lights["dose"] == "amber"
    assert lights["kidney"] == "green"
    refused = CliRunner().invoke(main, ["checklist", str(broken)])
    assert refused.exit_code == 1
    assert json.loads(refused.output)["error"]["resourceType"] == "OperationOutcome"
