"""Boundaries in time, taken from the tables: what may change when the day moves by one.

A boundary is a number of days, calendar months or years in the table of a rule, or in the shared conventions. Which
conventions a rule reads is watched while it judges a patient.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from fhir_mappers.conventions import default_conventions
from fhir_mappers.record.dates import add_months
from fhir_mappers.record.quantity import Quantity
from hooks.evaluate import Finding, Guideline, evaluate
from hooks.limits import EDITIONS, table_names
from hooks.registry import CHECKS
from tests.support.bedside import RULES, TODAY, Bedside

TIMES = ("d", "mo", "a")
# Local treatments are judged by the days between acts that one order names; their own tables draw each of them.
LOCAL = ("IMG-", "BIOP-", "RT-", "SBRT-", "FRAC-", "CEM-", "SURG-", "SPINE-", "MDT-", "OLIGO-")
SUMS = {"AR-DUP-01": "margin"}  # the window is an interval and this margin


def written() -> dict[str, set[Quantity]]:
    """Every number of time that stands in a table itself, as ``RULE.key``, and in the conventions, as ``section.key``."""
    found: dict[str, set[Quantity]] = {}
    for name in (n for n in table_names()):
        tables = tomllib.loads(files("hooks").joinpath("guidelines", name).read_text("utf-8"))
        for rule, table in ((rule, table) for rule, table in tables.items() if not rule.startswith(LOCAL)):
            for edition in table["edition"]:
                for key, value in _texts(edition):
                    found.setdefault(f"{rule}.{key}", set()).add(Quantity.of(value))
    for section in fields(default_conventions()):
        for key, number in times(getattr(default_conventions(), section.name)):
            found[f"{section.name}.{key}"] = {number}
    return {key: numbers for key, numbers in found.items() if all(n.unit in TIMES for n in numbers)}


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    items = value.items() if isinstance(value, dict) else ((path, item) for item in value)
    for key, inner in items:
        if isinstance(inner, dict | list) and key != "source":
            yield from _texts(inner, key)
        elif isinstance(inner, str) and key != "id" and inner[:1].isdigit():
            yield key, inner


def times(numbers: Any) -> Iterator[tuple[str, Quantity]]:
    """The numbers of time in a mould, references followed."""
    if isinstance(numbers, tuple):
        for inner in numbers:
            yield from times(inner)
    elif is_dataclass(numbers) and not isinstance(numbers, Quantity):
        for field in fields(numbers):
            value = getattr(numbers, field.name)
            yield from [(field.name, value)] if isinstance(value, Quantity) and value.unit in TIMES else times(value)


def number(name: str, edition: str) -> Quantity | None:
    """The boundary ``RULE.key``, ``section.key`` or a sum ``RULE.key + other`` in an edition; None when it has no such
    rule.
    """
    first, _, keys = name.partition(".")
    held = RULES[first].numbers.get(edition) if first in RULES else getattr(default_conventions(), first)
    if held is None:
        return None
    key, *more = keys.split(" + ")
    found = dict(times(held))
    return sum((found[other] for other in more), found[key])


def before(boundary: Quantity, cross: str) -> str:
    """The day of a fact that reaches or leaves the boundary tomorrow.

    ``after``: so many days ago today, one more tomorrow; ``at``: exactly so many (days, months, years) tomorrow;
    ``ahead``: tomorrow only so many days ahead; ``closer``: so many days ahead today, one less tomorrow.
    """
    size, tomorrow = int(boundary.value), TODAY + timedelta(days=1)
    if boundary.unit != "d":
        return add_months(tomorrow, -size * (12 if boundary.unit == "a" else 1)).isoformat()
    ago = {"after": size, "at": size - 1, "ahead": -size - 1, "closer": -size}[cross]
    return (TODAY - timedelta(days=ago)).isoformat()


Said = dict[tuple[str, str], tuple[Any, ...]]


def told_on(patient: Bedside, day: date, edition: str) -> Said:
    """What every rule says on a day."""
    found = evaluate(CHECKS, replace(patient, today=day).record(), Guideline(RULES, edition))
    assert not found.broken, found.broken
    alone = (finding for finding in found.all if not finding.check.sums_up)  # a summary changes with what it sums up
    return {_key(finding): _said(finding) for finding in alone}


def conventions_read(patient: Bedside, days: Iterable[date], edition: str, rules: set[str]) -> dict[str, set[Quantity]]:
    """The shared conventions that each of the rules reads about the patient on one of the days."""
    read: dict[str, set[Quantity]] = {rule: set() for rule in rules}
    for day in days:
        record = replace(patient, today=day).record()
        for check in (check for check in CHECKS if check.id in rules):
            watched: Any = _Noting(record.conventions, read[check.id].add)
            evaluate((check,), replace(record, conventions=watched, _memo={}), Guideline(RULES, edition))
    return read


def boundaries(rule: str, edition: str, read: Mapping[str, set[Quantity]]) -> set[Quantity]:
    """Every boundary at which a rule may change: of its own table, of the conventions it reads, and their sums."""
    held = RULES[rule].numbers.get(edition)
    own = {value for _, value in times(held)} if held is not None else set()
    margin = getattr(held, SUMS[rule]) if rule in SUMS else None
    return own | {q for q in read[rule] if q.unit in TIMES} | ({q + margin for q in own} if margin else set())


def calm_days() -> tuple[int, ...]:
    """Days ago that are at no boundary today nor tomorrow, whatever the rule."""
    named = {q for edition in EDITIONS for rule in RULES for q in boundaries(rule, edition, _everything())}
    days = {int(q.value) for q in named if q.unit == "d"}
    days |= {(TODAY - add_months(TODAY, -int(q.value))).days for q in named if q.unit == "mo"}
    return tuple(day for day in range(1, 1200) if days.isdisjoint(range(day - 2, day + 4)))


def calm_ahead() -> tuple[int, ...]:
    """Days ahead that are at no boundary today nor tomorrow: not the last days before a visit, nor those of a window."""
    named = {int(q.value) for rule in RULES for q in boundaries(rule, EDITIONS[0], _everything()) if q.unit == "d"}
    return tuple(day for day in range(3, 200) if named.isdisjoint(range(day - 2, day + 3)))


def _everything() -> dict[str, set[Quantity]]:
    shared = {
        q for section in fields(default_conventions()) for _, q in times(getattr(default_conventions(), section.name))
    }
    return dict.fromkeys(RULES, shared)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule.id, finding.draft.source.resource if finding.draft else ""


def _said(finding: Finding) -> tuple[Any, ...]:
    verdict = finding.verdict
    if not finding.speaks:
        return "silent", finding.because
    missing = frozenset((gap.what, gap.why) for gap in verdict.missing)
    return verdict.outcome.value, finding.because, finding.severity.value, verdict.case, verdict.notes, missing


class _Noting:
    """Numbers that note which of them are read."""

    def __init__(self, numbers: Any, note: Callable[[Quantity], None]) -> None:
        self._numbers, self._note = numbers, note

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._numbers, name)
        if isinstance(value, Quantity):
            self._note(value)
        return _Noting(value, self._note) if is_dataclass(value) and not isinstance(value, Quantity) else value
