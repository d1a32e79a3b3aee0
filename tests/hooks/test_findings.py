"""Findings as JSON: exact, complete, and nothing empty in them."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from fhir_mappers.record.answer import ABSENT, TOO_OLD, Evidence, Missing
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity, Span
from hooks.check import Outcome
from hooks.evaluate import Finding
from hooks.exact_json import dumps_exact
from hooks.findings import as_json, evidence_json, missing_json, plain
from hooks.limits import EDITIONS
from hooks.registry import CHECKS
from tests.hooks.said import longest, speaker
from tests.service.calls import blanks
from tests.support.bedside import RULES, Bedside
from tests.support.renal import clearing

FORMULA = "Cockcroft-Gault, smaller of the two published forms"


def day(text: str) -> PartialDate:
    when = parse_date(text)
    assert when is not None
    return when


def row_of(bedside: Bedside, rule: str, language: str = "en", edition: str = "aura-2026") -> dict[str, Any]:
    return as_json(bedside.asks(rule, edition), speaker(language, edition))


def test_a_firing_finding_tells_everything() -> None:
    row = row_of(clearing("42.5").drafts_order("zometa", "4.0 mg"), "ZOL-DOSE-01")
    assert {name: row[name] for name in ("rule", "status", "outcome", "severity", "case", "edition", "draft")} == {
        "rule": "ZOL-DOSE-01",
        "status": "fires",
        "outcome": "due",
        "severity": "warning",
        "case": "above_table",
        "edition": "aura-2026",
        "draft": "MedicationRequest/d3",
    }
    assert row["summary"] == "Zoledronic acid 4 mg is too much for this clearance (42.5 mL/min): give 3.3 mg"
    assert row["source"] == "Systemic bone treatment, 2.4, Table 2"
    assert row["figures"]["dose"] == {"value": Decimal("4.0"), "unit": "mg"}
    assert row["figures"]["clearance"] == {
        "value": Decimal("42.5000"),
        "unit": "mL/min",
        "formula": FORMULA,
        "sex": "male",
        "age": 68,
    }
    assert "first_clearance" not in row["figures"], "not known is not a figure"
    creatinine = next(fact for fact in row["evidence"] if fact["what"] == "creatinine_serum")
    assert creatinine == {
        "resource": "Observation/r1",
        "what": "creatinine_serum",
        "code": "http://loinc.org|2160-0",
        "value": Decimal("88.4"),
        "unit": "umol/L",
        "converted": {"value": Decimal("88.4"), "unit": "umol/L"},
        "date": "2026-06-01",
        "origin": "prefetch",
    }
    assert next(fact for fact in row["evidence"] if fact["what"] == "draft_order")["origin"] == "context"
    assert "missing" not in row
    assert "because" not in row


def test_numbers_leave_with_their_own_digits() -> None:
    row = row_of(clearing("42.5").drafts_order("zometa", "4.0 mg"), "ZOL-DOSE-01", "fr")
    assert b'"dose":{"value":4.0,"unit":"mg"}' in dumps_exact(row)
    assert row["summary"].endswith("(42,5 mL/min), donner 3,3 mg")


def test_a_finding_that_needs_data_names_it() -> None:
    old = clearing("42", creatinine="2026-01-01").drafts_order("zometa", "4 mg")
    row = row_of(old, "ZOL-DOSE-01")
    assert (row["status"], row["outcome"], row["case"]) == ("needs-data", "undecided", "undecided")
    assert row["missing"] == [
        {
            "what": "creatinine_serum",
            "why": TOO_OLD,
            "last": next(fact for fact in row_of(old, "AR-RENAL-01")["evidence"] if fact["what"] == "creatinine_serum"),
        }
    ]


def test_a_silent_finding_says_how_and_by_its_title() -> None:
    row = row_of(clearing("80").drafts_order("zometa", "4 mg"), "ZOL-DOSE-01")
    assert (row["status"], row["outcome"]) == ("silent", "satisfied")
    assert row["summary"] == RULES["ZOL-DOSE-01"].title["en"]
    assert not {"severity", "case"} & row.keys()
    elsewhere = row_of(clearing("80"), "ZOL-DOSE-01")
    assert (elsewhere["status"], elsewhere["outcome"]) == ("silent", "not-applicable")
    assert not {"draft", "evidence", "figures"} & elsewhere.keys()


def test_a_list_of_nothing_is_no_figure() -> None:
    finding = longest("AR-CONC-01", "due", "aura-2026")
    none = replace(finding, verdict=replace(finding.verdict, figures={"risks": Names(()), "days": None}))
    assert "figures" not in as_json(none, speaker("en"))


def test_why_a_finding_fell_silent() -> None:
    child = clearing("42").person(born="2012-01-01").drafts_order("zometa", "8 mg")
    assert row_of(child, "ZOL-8MG-01")["because"] == "muted by AR-SCOPE-01"


def test_a_rule_that_an_edition_does_not_have_has_no_source() -> None:
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    foreign: Finding = replace(finding, edition="another", verdict=replace(finding.verdict, outcome=Outcome.SATISFIED))
    assert "source" not in as_json(foreign, speaker("en"))
    for edition in EDITIONS:
        assert as_json(replace(finding, edition=edition), speaker("en", edition))["source"]


@pytest.mark.parametrize("rule", [check.id for check in CHECKS])
def test_every_case_is_json_without_anything_empty(rule: str) -> None:
    for case in (*RULES[rule].severity, "undecided"):
        row = as_json(longest(rule, case, "aura-2026"), speaker("fr"))
        assert blanks(json.loads(dumps_exact(row))) == []
        assert {"rule", "status", "outcome", "severity", "edition", "summary", "source"} <= row.keys()


PLAIN = [
    (Quantity.of("3.30 mg"), {"value": Decimal("3.30"), "unit": "mg"}),
    (day("2026-03"), "2026-03"),
    (day("2026-03-01T10:00:00+02:00"), "2026-03-01T10:00:00+02:00"),
    (date(2026, 3, 1), "2026-03-01"),
    (Names(("dose", "product")), ["dose", "product"]),
    (Evidence("Observation/1", "sex"), {"resource": "Observation/1", "what": "sex", "origin": "prefetch"}),
    (Clearance(None, (Missing("sex", ABSENT),)), {"unit": "mL/min", "missing": ["sex"]}),
    (
        Clearance(Span(Fraction(85, 3), Fraction(100, 3), "mL/min")),
        {"low": Decimal("28.3333"), "high": Decimal("33.3333"), "unit": "mL/min", "formula": FORMULA},
    ),
    (
        Clearance(Span.exactly(Decimal("41.99995"), "mL/min"), age=Span(Fraction(67), Fraction(68), "a"), sex="female"),
        {"value": Decimal("42.0000"), "unit": "mL/min", "formula": FORMULA, "sex": "female"},
    ),
    (7, 7),
    (Decimal("1.50"), Decimal("1.50")),
    ({"a": 1}, {"a": 1}),
    ("text", "text"),
    (Outcome.DUE, "due"),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN, ids=[type(value).__name__ for value, _ in PLAIN])
def test_figures_as_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    assert str(plain(value)) == str(expected), "with the same digits"


def test_evidence_and_gaps_as_json() -> None:
    proof = Evidence("Observation/1", "sex", note="provisional", date=day("2026"))
    assert evidence_json(proof) == {
        "resource": "Observation/1",
        "what": "sex",
        "date": "2026",
        "origin": "prefetch",
        "note": "provisional",
    }
    assert missing_json(Missing("sex", ABSENT)) == {"what": "sex", "why": "absent"}
    assert missing_json(Missing("sex", TOO_OLD, proof))["last"] == evidence_json(proof)
