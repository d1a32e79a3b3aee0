"""Each rule as a PlanDefinition: events that trigger it, conditions in words, what is said, and where it stands.

The conditions are text for people: the logic itself is three-valued and in ``hooks/checks``, which no expression
language of FHIR can hold without losing what is unknown.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from cds_service.catalogue import document, logic
from cds_service.fhir_search import Shelf
from cds_service.knowledge.canonical import PENDING, Json, resource, slug, translated, url
from cds_service.knowledge.terms import value_sets
from hooks.check import Check, Severity
from hooks.limits import Rule, load_editions, load_rules
from hooks.registry import CHECKS
from hooks.texts import load_texts

_TYPE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/plan-definition-type", "code": "eca-rule"}]}
_INDICATOR = "http://cds-hooks.hl7.org/CodeSystem/indicator"
_PRIORITY = {Severity.INFO: "routine", Severity.WARNING: "urgent", Severity.CRITICAL: "stat"}
_SAID = (("for whom", "For whom"), ("holds", "Is as it should be when"), ("unknown", "Cannot be judged when"))


@cache
def plans() -> Shelf:
    """Every rule by its id."""
    checks = {check.id: check for check in CHECKS}
    numbers = {row["id"]: row["numbers"] for row in document("en")}
    return {rule.id: _plan(rule, checks.get(rule.id), numbers[rule.id]) for rule in load_rules(CHECKS).values()}


def _plan(rule: Rule, check: Check | None, numbers: Json) -> Json:
    review = rule.review
    signed = review.checked_on.isoformat() if review.checked_on else None
    return resource(
        "PlanDefinition",
        rule.id,
        rule.title,
        _status(rule),
        type=_TYPE,
        description=_description(rule, check, numbers),
        approvalDate=signed,
        effectivePeriod={"end": rule.withdrawn.since.isoformat()} if rule.withdrawn else None,
        lastReviewDate=signed,
        reviewer=[{"name": who} for who in (review.read_by, review.checked_by) if who],
        relatedArtifact=[*_sources(rule), *_read(check)],
        action=[_action(rule, check, case) for case in rule.severity] if check else None,
    )


def _status(rule: Rule) -> str:
    """A rule stays a draft until a clinician has signed it."""
    if rule.withdrawn is not None:
        return "retired"
    return "active" if rule.review.checked_on else "draft"


def _description(rule: Rule, check: Check | None, numbers: Json) -> str:
    """Markdown: strength, logic in words, the numbers of every edition, and whether anybody signed them."""
    told = logic(check)
    gone = rule.withdrawn
    lines = [f"Retired since {gone.since}, asked of nobody: {gone.reason['en']}"] if gone else []
    lines += [f"Strength: {rule.strength['en']}."]
    lines += [f"{heading}: {told[key]}." for key, heading in _SAID if key in told]
    lines += [f"Not computable: {rule.reason['en']}."] if rule.reason else []
    lines += [f"Numbers of {edition}: {_numbers(row)}." for edition, row in numbers.items() if row]
    lines += [f"This project's choice, not the guideline's: {', '.join(rule.ours)}."] if rule.ours else []
    return "\n\n".join((*lines, *(() if rule.review.checked_by or gone else (PENDING,))))


def _numbers(row: Json) -> str:
    return "; ".join(f"{name} = {_value(value)}" for name, value in row.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_numbers(value)})"
    return " | ".join(_value(one) for one in value) if isinstance(value, list) else str(value)


def _sources(rule: Rule) -> Iterator[Json]:
    editions = load_editions()
    for edition, source in rule.sources.items():
        citation = f"{editions[edition].label['en']}: {source['en']}"
        yield {"type": "citation", "label": edition, "citation": citation, "url": editions[edition].url}


def _read(check: Check | None) -> Iterator[Json]:
    """The value sets of the observations it looks at."""
    for name in dict.fromkeys(check.reads if check else ()):
        kind, _, concept = name.partition(":")
        if kind == "observations" and slug(concept) in value_sets():
            yield {"type": "depends-on", "resource": url("ValueSet", slug(concept))}


def _action(rule: Rule, check: Check, case: str) -> Json:
    severity = rule.severity[case]
    said = load_texts()[0].get(rule.id, {}).get(case, {})
    summary = {language: words["summary"] for language, words in said.items() if "summary" in words}
    made = {
        "title": case,
        "textEquivalent": summary.get("en"),
        "_textEquivalent": translated(summary),
        "priority": _PRIORITY[severity],
        "code": [{"coding": [{"system": _INDICATOR, "code": severity.value}]}],
        "trigger": [{"type": "named-event", "name": hook} for hook in rule.hooks if hook != "app"],
        "condition": [{"kind": "applicability", "expression": _condition(check, case)}],
    }
    return {key: value for key, value in made.items() if value}


def _condition(check: Check, case: str) -> Json:
    told = logic(check)
    holds = f"; not: {told['holds']}" if "holds" in told else ""
    text = f"For whom: {told['for whom']}{holds} (case: {case})"
    return {"description": "In words, for people to read.", "language": "text/plain", "expression": text}
