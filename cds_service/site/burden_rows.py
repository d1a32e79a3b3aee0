"""The report as plain tables, for CSV, JSON and the page. Hidden numbers are empty."""

from collections.abc import Mapping
from typing import Any

from cds_service.site.burden import PlaceLine, Report, RuleLine

Rows = list[dict[str, Any]]


def as_rows(report: Report) -> Mapping[str, list[dict[str, Any]]]:
    """The report as tables, by name: for CSV and JSON. Hidden numbers are empty."""
    return {
        "rules": [_rule_row(line) for line in report.rules],
        "services": [_place_row("service", line) for line in report.services],
        "wards": [_place_row("ward", line) for line in report.wards],
        "wards-by-rule": [
            {"rule": rule, "ward": ward, "calls": calls, "hidden": calls is None}
            for (rule, ward), calls in sorted(report.cells.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        ],
        "overrides": [
            {"rule": line.rule, "system": system, "code": code, "cards": count}
            for line in report.rules
            for system, code, count in line.reasons
        ],
        "withheld": [
            {"rule": line.rule, "because": because, "calls": count}
            for line in report.rules
            for because, count in sorted(line.withheld.items())
        ],
        "weeks": [
            {
                "week": week.monday.isoformat(),
                "rule": rule,
                "calls": week.calls,
                "spoke": count,
                "shown": week.shown[rule],
            }
            for week in report.weeks
            for rule, count in sorted(week.spoke.items())
        ],
    }


def _rule_row(line: RuleLine) -> dict[str, Any]:
    told = ("rule", "asked", "calls", "per_100", "needs_data", "shown", "shown_per_100", "patients")
    answers = ("cards", "accepted", "overridden", "ignored")
    return {name: getattr(line, name) for name in (*told, *answers)}


def _place_row(kind: str, line: PlaceLine) -> dict[str, Any]:
    told = ("calls", "patients", "speaking", "speaking_per_100", "shown", "shown_per_100")
    return {kind: line.name, **{name: getattr(line, name) for name in told}}
