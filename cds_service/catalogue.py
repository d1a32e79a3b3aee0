"""The catalogue of rules as the product carries it, for people and machines."""

from typing import Any

from hooks.limits import Rule, load_rules
from hooks.registry import CHECKS

_KINDS = {
    "C": "computable",
    "Q": "by questionnaire",
    "I": "informational",
    "N": "not computable",
    "S": "summary of other rules",
}


def rows(language: str) -> list[dict[str, Any]]:
    """One object per rule, in the order of the checks, informational rules after them."""
    rules = load_rules(CHECKS)
    order = {check.id: index for index, check in enumerate(CHECKS)}
    ordered = sorted(rules.values(), key=lambda rule: (order.get(rule.id, len(order)), rule.id))
    return [_row(rule, language) for rule in ordered]


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
    }


def table(found: list[dict[str, Any]]) -> str:
    """The rows as aligned text."""
    lines = [("RULE", "CLASS", "HOOKS", "SEVERITY", "EDITIONS", "TITLE")]
    for row in found:
        severities = ",".join(dict.fromkeys(row["severity"].values())) or "-"
        editions = ",".join(edition.removeprefix("aura-") for edition in row["editions"])
        lines.append((row["id"], row["class"], ",".join(row["hooks"]), severities, editions, row["title"]))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(line, widths, strict=False)), line[5]]) for line in lines
    )
