"""The house as it stands has forgotten nothing: lists, rooms, citations, and what each check says it reads."""

from collections import Counter
from pathlib import Path

import pytest

from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Outcome
from hooks.evaluate import Guideline, evaluate
from hooks.limits import EDITIONS, in_use, load_rules
from hooks.registry import CHECKS
from hooks.services import Service, services
from tests.house import completeness
from tests.support.ward import records

ROOT = Path(__file__).resolve().parents[2]
TABLES = completeness.tables_of(ROOT / "hooks/guidelines")
RULES = load_rules(CHECKS)
# They repeat a rule of another chapter and are heard only where that one speaks.
ONLY_BESIDE = {"SPINE-MRI-01", "SPINE-POSTRT-01"}
# What is missing is asked for, and nothing else is said.
ONLY_ASKS = {"OLIGO-STAGE-01", "MDT-OOS-02", "RT-REIRR-01", "RT-FXEXCL-01"}


@pytest.fixture(scope="module")
def ward() -> dict[str, PatientRecord]:
    return records()


@pytest.fixture(scope="module")
def seen(ward: dict[str, PatientRecord]) -> dict[str, set[str]]:
    """What every check looks at, over the whole ward."""
    return completeness.touched(CHECKS, ward, RULES)


def test_every_function_that_judges_is_in_the_list_once() -> None:
    assert not completeness.unlisted_checks(ROOT / "hooks/checks", CHECKS)
    assert not completeness.listed_twice(CHECKS)


def test_every_rule_that_can_be_judged_has_a_check_and_every_check_a_rule() -> None:
    assert not completeness.rules_without_a_check(TABLES, CHECKS)


def test_every_check_has_its_table_text_tests_and_docstring_under_one_stem() -> None:
    assert not completeness.rooms_without_the_rule(ROOT, CHECKS)


def test_every_case_of_a_severity_table_is_drawn_in_a_test() -> None:
    assert not completeness.cases_without_a_row(ROOT, TABLES, CHECKS)


def test_every_rule_can_be_cited() -> None:
    assert not completeness.rules_without_a_citation(TABLES)


def test_a_check_says_everything_it_reads(seen: dict[str, set[str]]) -> None:
    assert not completeness.undeclared_reads(CHECKS, seen)


def test_a_check_reads_everything_it_says(seen: dict[str, set[str]]) -> None:
    assert not completeness.idle_reads(CHECKS, seen)


def test_the_declared_data_alone_lead_to_the_same_verdicts(ward: dict[str, PatientRecord]) -> None:
    assert not completeness.hidden_reads(CHECKS, ward, RULES)


@pytest.mark.parametrize("service", services(), ids=lambda service: service.id)
def test_a_service_asks_for_what_its_checks_read_and_no_more(service: Service) -> None:
    assert not completeness.surplus_prefetch(service)
    reads = {name for check in service.checks for name in check.reads if ":" not in name}
    assert reads <= set(service.prefetch)


def test_the_ward_is_varied_enough_to_mean_something(ward: dict[str, PatientRecord]) -> None:
    """Every check speaks for some patient and is silent for another; some can never be satisfied: what they say has no cure."""
    checks = in_use(CHECKS, RULES)
    heard: dict[str, Counter[Outcome]] = {check.id: Counter() for check in checks}
    for edition in EDITIONS:
        for record in ward.values():
            found = evaluate(checks, record, Guideline(RULES, edition))
            assert not found.broken
            for finding in found.all:
                heard[finding.rule.id][finding.verdict.outcome] += 1
    assert {rule for rule, outcomes in heard.items() if not outcomes[Outcome.DUE]} <= ONLY_BESIDE | ONLY_ASKS
    assert [rule for rule, outcomes in heard.items() if not outcomes[Outcome.NOT_APPLICABLE]] == []
    never = {rule for rule, outcomes in heard.items() if not outcomes[Outcome.SATISFIED]}
    assert never == {
        *("AR-DENTCARE-01", "DMAB-PROD-01", "ZOL-PROD-01", "NEPH-CUM-01"),
        *("ONJ-DEF-01", "ONJ-FACT-01", "DUR-OLIGO-01", "DUR-BR-01"),
        *("ZOL-HYDR-01", "DMAB-BOOK-01", "CA-TIMING-01", "SAFE-TODAY-01"),
        *("RT-CONC-03", "SBRT-SYST-01", "SBRT-RELCI-01", "RT-LONG-01", "RT-VERT-01"),
        *("FRAC-MIRELS-01", "FRAC-MIRELS-02", "FRAC-SINS-01", "FRAC-TOKU-01", "SPINE-DEC-01", *ONLY_BESIDE),
        *("OLIGO-DEF-01", "OLIGO-DEF-02", "OLIGO-COUNT-01", "OLIGO-BONE-01"),
        *("IMG-FLARE-02", "BIOP-IHC-01"),
        *("CEM-EPID-01", "CEM-IND-01", "SURG-LE-01", "SURG-ARTH-01", "SURG-ACET-01", "SURG-CRP-01"),
    }
