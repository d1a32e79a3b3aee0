"""Each completeness rule names what was forgotten on purpose."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fhir_mappers.record.answer import Answer, yes
from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Check, Unlimited, Verdict, judge
from hooks.limits import Rule, load_rules
from hooks.registry import CHECKS
from hooks.services import services
from tests.house import completeness
from tests.support.ward import records

LISTED = next(check for check in CHECKS if check.id == "AR-START-01")
RULES = load_rules(CHECKS)
TABLE = {
    "title": {"en": "A title", "fr": "Un titre"},
    "class": "C",
    "hooks": ["order-sign"],
    "severity": {"due": "info"},
    "strength": {"en": "desirable", "fr": "souhaitable"},
    "override": ["other"],
    "edition": [{"id": "aura-2026", "source": {"en": "2.4", "fr": "2.4"}}],
}
TOLD = {key: value for key, value in TABLE.items() if key != "severity"} | {"class": "I"}


def _fake(record: PatientRecord, limits: Unlimited) -> Verdict:
    """Looks at problems, orders, doses, allergies, the person and a result."""
    asked = record.has("lung_cancer") | record.taking("paracetamol") | record.ever_given()
    asked = asked | record.age_below(RULES["AR-SCOPE-01"].numbers["aura-2026"].adult)
    return judge(asked | record.flagged("antiresorptive_declined"), Answer(bool(list(record.allergies))))


READS = {
    "allergies",
    "conditions",
    "medicationAdministrations",
    "medicationRequests",
    "medicationStatements",
    "observations:antiresorptive_declined",
    "patient",
}


def fake(*reads: str) -> tuple[Check, dict[str, Rule]]:
    """A check that declares these reads, and a rule for it."""
    rule = replace(RULES["AR-START-01"], id="FAKE-01", numbers={"aura-2026": Unlimited()})
    return Check("FAKE-01", _fake, Unlimited, "fake", reads), {"FAKE-01": rule}


@pytest.fixture(scope="module")
def ward() -> dict[str, PatientRecord]:
    return records()


def test_a_check_that_says_all_it_reads_passes(ward: dict[str, PatientRecord]) -> None:
    check, rules = fake(*READS)
    assert completeness.undeclared_reads([check], completeness.touched([check], ward, rules)) == []
    assert completeness.idle_reads([check], completeness.touched([check], ward, rules)) == []
    assert completeness.hidden_reads([check], ward, rules) == []


@pytest.mark.parametrize("forgotten", sorted(READS))
def test_a_forgotten_read_is_named(forgotten: str, ward: dict[str, PatientRecord]) -> None:
    check, rules = fake(*(READS - {forgotten}))
    assert f"FAKE-01: reads {forgotten} undeclared" in completeness.undeclared_reads(
        [check], completeness.touched([check], ward, rules)
    )


@pytest.mark.parametrize("forgotten", sorted(READS))
def test_a_verdict_by_data_that_are_not_declared_is_named(forgotten: str, ward: dict[str, PatientRecord]) -> None:
    check, rules = fake(*(READS - {forgotten}))
    assert any(said.startswith("FAKE-01: judges") for said in completeness.hidden_reads([check], ward, rules))


def test_a_read_that_nobody_needs_is_named(ward: dict[str, PatientRecord]) -> None:
    check, rules = fake(*READS, "appointments", "observations:albumin_serum", "serviceRequests")
    assert completeness.idle_reads([check], completeness.touched([check], ward, rules)) == [
        "FAKE-01: declares appointments and never looks at it",
        "FAKE-01: declares observations:albumin_serum and never looks at it",
    ]


UNLISTED = {
    "def late(record: PatientRecord) -> Verdict:\n    ...\n": ["hooks/checks/fake.py:1: late returns a Verdict"],
    "def _helper(record: PatientRecord) -> Verdict:\n    ...\n": [],
    "def question(record: PatientRecord) -> Answer:\n    ...\n": [],
}


@pytest.mark.parametrize("source", UNLISTED, ids=lambda source: source.split("(")[0])
def test_a_check_in_no_list_is_named(source: str, tmp_path: Path) -> None:
    (tmp_path / "fake.py").write_text(source)
    found = completeness.unlisted_checks(tmp_path, CHECKS)
    assert [said.partition(" and")[0] for said in found] == UNLISTED[source]


def test_a_check_listed_twice_is_named() -> None:
    assert completeness.listed_twice([*CHECKS, LISTED]) == ["AR-START-01: listed twice"]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"AR-START-01": TABLE}, []),
        ({"AR-START-01": TABLE, "X-01": TABLE}, ["X-01: class C and no check"]),
        ({"AR-START-01": TABLE, "X-01": TABLE | {"class": "Q"}}, ["X-01: class Q and no check"]),
        ({"AR-START-01": TABLE, "X-01": TABLE | {"class": "S"}}, ["X-01: class S and no check"]),
        ({"AR-START-01": TABLE, "X-01": TABLE | {"class": "I"}}, ["X-01: class I and no check"]),
        ({"AR-START-01": TABLE, "X-01": TOLD}, []),
        ({"AR-START-01": TOLD}, ["AR-START-01: informational, and a check"]),
        ({}, ["AR-START-01: a check and no table"]),
    ],
)
def test_a_rule_without_a_check_and_a_check_without_a_rule_are_named(tables: dict[str, Any], said: list[str]) -> None:
    assert completeness.rules_without_a_check(tables, [LISTED]) == said


ROOMS = ("hooks/guidelines/indication.toml", "hooks/texts/indication.toml", "tests", "docstring")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_without_the_rule_is_named(room: str, tmp_path: Path) -> None:
    for path in ROOMS[:2]:
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("[OTHER-01]\n" if path == room else "[AR-START-01]\n")
    (tmp_path / "tests/checks").mkdir(parents=True)
    # A test of another topic does not count.
    stem = "mouth" if room == "tests" else "indication_event"
    (tmp_path / f"tests/checks/test_{stem}.py").write_text("AR-START-01\n")
    check = LISTED if room != "docstring" else replace(LISTED, judge=_without_source)
    named = {"tests": "tests/checks/test_indication*.py"}.get(room, room)
    assert completeness.rooms_without_the_rule(tmp_path, [check]) == [f"AR-START-01: not in {named}"]


def test_a_case_that_no_test_draws_is_named(tmp_path: Path) -> None:
    (tmp_path / "tests/checks").mkdir(parents=True)
    (tmp_path / "tests/checks/test_indication.py").write_text(
        'lung | info due\nassert case == "comfort"\nwarning lapsed\n'
    )
    cases = {"due": "info", "comfort": "info", "lapsed": "info", "undecided": "info", "late": "warning"}
    assert completeness.cases_without_a_row(tmp_path, {"AR-START-01": TABLE | {"severity": cases}}, [LISTED]) == [
        "AR-START-01: no test draws info lapsed",
        "AR-START-01: no test draws warning late",
    ]


def _without_source(record: PatientRecord, limits: Unlimited) -> Verdict:
    """Says nothing about where it comes from."""
    return judge(yes(), yes())


_without_source.__module__ = LISTED.judge.__module__


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"title": {"en": "A title"}}, ["X-01: no title in fr"]),
        ({"strength": {"en": " ", "fr": "souhaitable"}}, ["X-01: no strength in en"]),
        ({"edition": [{"id": "aura-2026", "source": {"en": "2.4"}}]}, ["X-01: no source in aura-2026 in fr"]),
        ({"edition": []}, ["X-01: editions []"]),
        (
            {"edition": [TABLE["edition"][0] | {"id": e} for e in ("aura-earlier", "aura-2026")]},  # type: ignore[index]  # a list
            ["X-01: editions ['aura-earlier', 'aura-2026']"],
        ),
        ({"hooks": []}, ["X-01: no hook"]),
        ({"severity": {}}, ["X-01: no severity or no reason to override"]),
        ({"override": []}, ["X-01: no severity or no reason to override"]),
        ({"class": "I"}, []),
    ],
)
def test_a_missing_citation_is_named(change: dict[str, Any], said: list[str]) -> None:
    assert completeness.rules_without_a_citation({"X-01": TABLE | change}) == said


def test_an_informational_rule_that_no_hook_tells_is_said_somewhere() -> None:
    assert completeness.rules_without_a_citation({"X-01": TOLD}) == ["X-01: informational, and said nowhere"]
    assert completeness.rules_without_a_citation({"X-01": TOLD | {"said_in": ["denosumab"]}}) == []


def test_what_a_service_asks_for_without_need_is_named() -> None:
    service = next(s for s in services() if s.id == "bone-patient-view")
    assert completeness.surplus_prefetch(service) == []
    more = {"allergies": "AllergyIntolerance?patient={{context.patientId}}"}
    observations = service.prefetch["observations"] + ",718-7"
    greedy = replace(service, prefetch={**service.prefetch, **more, "observations": observations})
    assert completeness.surplus_prefetch(greedy) == [
        "bone-patient-view: prefetches allergies for no check",
        "bone-patient-view: prefetches observations of code 718-7 for no check",
    ]
    without = replace(service, checks=tuple(c for c in service.checks if "appointments" not in c.reads))
    assert {"DMAB-ADH-01", "ONJ-FU-01"} <= {c.id for c in service.checks} - {c.id for c in without.checks}
    assert "bone-patient-view: prefetches appointments for no check" in completeness.surplus_prefetch(without)
