"""The catalogue of rules as the product carries it, for people and machines."""

import inspect
import json
from dataclasses import fields, is_dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

from fhir_mappers.record.quantity import Quantity
from hooks.check import Check
from hooks.limits import Rule, load_rules
from hooks.registry import CHECKS
from hooks.texts import load_texts

_KINDS = {
    "C": "computable",
    "Q": "by questionnaire",
    "I": "informational",
    "N": "not computable",
    "S": "summary of other rules",
}
_HEADINGS = frozenset({"For whom", "Holds", "Reads", "Units", "Unknown", "Source"})


def document(language: str) -> list[dict[str, Any]]:
    """The rows for machines: every rule with its logic, numbers and reviews as well; see ``schema``."""
    rules, checks = load_rules(CHECKS), {check.id: check for check in CHECKS}
    return [row | _more(rules[row["id"]], checks.get(row["id"]), language) for row in rows(language)]


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``document``."""
    found: dict[str, Any] = json.loads(files("cds_service").joinpath("catalogue.schema.json").read_text("utf-8"))
    return found


def rows(language: str) -> list[dict[str, Any]]:
    """One object per rule, in the order of the checks, informational rules after them."""
    rules = load_rules(CHECKS)
    order = {check.id: index for index, check in enumerate(CHECKS)}
    ordered = sorted(rules.values(), key=lambda rule: (order.get(rule.id, len(order)), rule.id))
    return [_row(rule, language) for rule in ordered]


def logic(check: Check | None) -> dict[str, str]:
    """What a check says of itself, by the headings of its docstring in lower case: for whom, holds, unknown …"""
    found: dict[str, str] = {}
    lines = (inspect.getdoc(check.judge) or "").splitlines()[1:] if check else []
    for line in lines:
        heading, _, text = line.partition("  ")
        if heading in _HEADINGS:
            found[heading.casefold()] = text.strip()
        elif found and line.strip():
            last = next(reversed(found))
            found[last] = f"{found[last]} {line.strip()}"
    return found


def _row(rule: Rule, language: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title[language],
        "class": rule.kind,
        "kind": _KINDS[rule.kind],
        "hooks": list(rule.hooks),
        "severity": {case: severity.value for case, severity in rule.severity.items()},
        "editions": list(rule.sources),
        "source": {edition: source[language] for edition, source in rule.sources.items()},
        "strength": rule.strength[language],
        "ours": list(rule.ours),
        "retired": rule.withdrawn.as_row(language) if rule.withdrawn else None,
    }


def _more(rule: Rule, check: Check | None, language: str) -> dict[str, Any]:
    texts = load_texts()[0].get(rule.id, {})
    said = {
        case: texts[case][language]["summary"]
        for case in rule.severity
        if "summary" in texts.get(case, {}).get("en", {})
    }
    return {
        "logic": logic(check),
        "numbers": {edition: _plain(numbers) for edition, numbers in rule.numbers.items()},
        "says": said,
        "reason": rule.reason[language] if rule.reason else None,
        "review": rule.review.as_row(),
    }


def _plain(value: Any) -> Any:
    """Numbers as they are written in the tables: a quantity is ``"60 mL/min"``, an exact number text."""
    if isinstance(value, Quantity | Decimal):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def table(found: list[dict[str, Any]]) -> str:
    """The rows as aligned text."""
    lines = [("RULE", "CLASS", "HOOKS", "SEVERITY", "EDITIONS", "TITLE")]
    for row in found:
        severities = ",".join(dict.fromkeys(row["severity"].values())) or "-"
        editions = ",".join(edition.removeprefix("aura-") for edition in row["editions"])
        title = f"{row['title']} (retired since {row['retired']['since']})" if row["retired"] else row["title"]
        lines.append((row["id"], row["class"], ",".join(row["hooks"]), severities, editions, title))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(line, widths, strict=False)), line[5]]) for line in lines
    )
