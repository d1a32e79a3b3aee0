"""Checks in, findings out: one verdict per draft, editions, muting, and a broken check that silences nobody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from fhir_mappers.record.answer import ABSENT, Missing, no, unknown, yes
from hooks.check import Check, Outcome, Severity, Unlimited, Verdict, judge, undecided
from hooks.evaluate import Broken, Guideline, evaluate
from hooks.limits import Rule, fill
from hooks.registry import CHECKS
from tests.support.bedside import RULES, Bedside
from tests.support.renal import clearing

GAP = Missing("creatinine_serum", ABSENT)


def rule(rule_id: str, *editions: str, **severity: str) -> Rule:
    """A rule of the editions; due is a warning unless told."""
    rows = [{"id": edition, "source": {"en": "S", "fr": "S"}} for edition in editions or ("aura-2026",)]
    about = {"title": {"en": "T", "fr": "T"}, "class": "C", "hooks": ["order-sign"], "strength": "stated"}
    table = {**about, "severity": severity or {"due": "warning"}, "edition": rows}
    return fill({rule_id: Unlimited}, {rule_id: table})[rule_id]


def check(rule_id: str, verdict: Callable[..., Verdict], **more: Any) -> Check:
    return Check(rule_id, verdict, Unlimited, "card", (), **more)


def due(*_: object) -> Verdict:
    return judge(yes(), no())


def fine(*_: object) -> Verdict:
    return judge(yes(), yes())


def open_question(*_: object) -> Verdict:
    return undecided((GAP,))


def broken(*_: object) -> Verdict:
    raise ZeroDivisionError("the weight of Mrs Example is 0")


def ask(*checks: Check, rules: dict[str, Rule] | None = None, patient: Bedside | None = None) -> dict[str, Any]:
    asked = rules or {c.id: rule(c.id) for c in checks}
    found = evaluate(checks, (patient or Bedside()).record(), Guideline(asked, "aura-2026"))
    return {f.rule.id: f for f in found.all}


def test_the_four_outcomes_and_what_speaks() -> None:
    found = ask(
        check("A-1", due),
        check("A-2", fine),
        check("A-3", open_question),
        check("A-4", lambda *_: judge(no(), unknown(GAP))),
    )
    assert [(f.verdict.outcome, f.status, f.speaks) for f in found.values()] == [
        (Outcome.DUE, "fires", True),
        (Outcome.SATISFIED, "silent", False),
        (Outcome.UNDECIDED, "needs-data", True),
        (Outcome.NOT_APPLICABLE, "silent", False),
    ]


def test_a_broken_check_is_reported_and_the_others_answer() -> None:
    checks = (check("A-1", due), check("A-2", broken), check("A-3", due))
    seen: list[tuple[str, Exception]] = []
    rules = {c.id: rule(c.id) for c in checks}
    found = evaluate(checks, Bedside().record(), Guideline(rules, "aura-2026"), lambda *what: seen.append(what))
    assert [f.rule.id for f in found.speaking] == ["A-1", "A-3"]
    assert found.broken == (Broken("A-2", "ZeroDivisionError"),)  # the kind of error, never its text
    assert [(rule_id, type(error)) for rule_id, error in seen] == [("A-2", ZeroDivisionError)]


def test_a_check_whose_rule_is_unknown_is_broken_not_fatal() -> None:
    found = evaluate((check("A-1", due),), Bedside().record(), Guideline({}, "aura-2026"))
    assert found.broken == (Broken("A-1", "KeyError"),)


def test_a_rule_that_the_edition_does_not_have_is_silent_and_says_why() -> None:
    asked: list[int] = []

    def counts(*_: object) -> Verdict:
        asked.append(1)
        return due()

    found = ask(check("A-1", counts), rules={"A-1": rule("A-1", "aura-earlier")})["A-1"]
    assert (found.status, found.because, asked) == ("silent", "not-in-edition", [])


def test_every_draft_a_check_is_about_gets_its_own_verdict() -> None:
    patient = Bedside().drafts_order("zometa", "4 mg").drafts_order("paracetamol").drafts_order("xgeva", "120 mg")
    about = check("A-1", lambda record, limits, draft: judge(yes(), no(), dose=draft.dose), about=lambda d: d.product)
    found = evaluate((about,), patient.record(), Guideline({"A-1": rule("A-1")}, "aura-2026"))
    assert [str(f.verdict.figures["dose"]) for f in found.all] == ["4 mg", "120 mg"]
    assert [f.draft.source.resource for f in found.all if f.draft] == ["MedicationRequest/d1", "MedicationRequest/d3"]


def test_without_a_draft_it_is_not_asked() -> None:
    found = ask(check("A-1", broken, about=lambda draft: True))["A-1"]
    assert (found.verdict.outcome, found.draft) == (Outcome.NOT_APPLICABLE, None)


def test_a_draft_that_is_not_selected_is_not_asked_about() -> None:
    record = Bedside().drafts_order("zometa", "8 mg").record()
    unselected = replace(record, drafts=tuple(structs.replace(d, selected=False) for d in record.drafts))
    found = evaluate(CHECKS, unselected, Guideline(RULES, "aura-2026"))
    assert not [f for f in found.speaking if f.rule.id.startswith("ZOL")]


@pytest.mark.parametrize(
    ("first", "mutes", "second", "heard"),
    [
        (due, ("B-1",), due, ["A-1"]),
        (due, ("B-*",), due, ["A-1"]),
        (due, ("B-*",), open_question, ["A-1"]),
        (due, ("C-*",), due, ["A-1", "B-1"]),
        (due, ("*",), due, ["A-1"]),  # a rule never mutes itself
        (open_question, ("B-*",), due, ["A-1", "B-1"]),  # only a rule that fires mutes
        (fine, ("B-*",), due, ["B-1"]),
    ],
)
def test_muting(
    first: Callable[..., Verdict], mutes: tuple[str, ...], second: Callable[..., Verdict], heard: list[str]
) -> None:
    found = ask(check("A-1", first, mutes=mutes), check("B-1", second))
    assert [name for name, f in found.items() if f.speaks] == heard
    if found["B-1"].because:
        assert found["B-1"].because == "muted by A-1"
        assert found["B-1"].verdict.outcome is Outcome.NOT_APPLICABLE


def test_muting_does_not_depend_on_the_order_of_the_checks() -> None:
    assert not ask(check("B-1", due), check("A-1", due, mutes=("B-1",)))["B-1"].speaks


def test_what_was_silent_is_not_called_muted() -> None:
    assert ask(check("A-1", due, mutes=("B-1",)), check("B-1", fine))["B-1"].because is None


@pytest.mark.parametrize(("case", "expected"), [("due", Severity.CRITICAL), ("mild", Severity.INFO)])
def test_the_case_decides_the_severity(case: str, expected: Severity) -> None:
    graded = check("A-1", lambda *_: judge(yes(), no(), case=case))
    assert ask(graded, rules={"A-1": rule("A-1", due="critical", mild="info")})["A-1"].severity is expected


@pytest.mark.parametrize(("born", "heard"), [("2008-06-04", {"AR-SCOPE-01"}), ("2008-06-03", None)])
def test_no_advice_about_a_child(born: str, heard: set[str] | None) -> None:
    patient = clearing("15").person(born=born).drafts_order("zometa", "8 mg", over="5 min").ill("bone_metastasis")
    spoken = {f.rule.id for f in patient.findings().speaking}
    if heard is None:  # 18 today
        assert "AR-SCOPE-01" not in spoken
        assert {"ZOL-CI-01", "ZOL-8MG-01", "ZOL-INFUS-01"} <= spoken
    else:
        assert spoken == heard
        assert patient.asks("ZOL-8MG-01").because == "muted by AR-SCOPE-01"


@pytest.mark.parametrize(("product", "dose"), [("aclasta", "5 mg"), ("prolia", "60 mg"), ("zoledronic acid", "5 mg")])
def test_osteoporosis_without_malignant_bone_disease_is_silent(product: str, dose: str) -> None:
    for clearance in ("25", "80", ""):
        patient = clearing(clearance).drafts_order(product, dose, every="1 a", over="5 min")
        assert patient.findings().speaking == (), clearance
