"""Guideline numbers: TOML tables poured into the mould each check declares, one per edition.

A missing key, a surplus key or a value of the wrong kind stops the start: a misspelt threshold never reaches a patient.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Any, get_args, get_origin, get_type_hints

from fhir_mappers.record.quantity import Quantity
from hooks.check import Check, Severity
from hooks.choices import DEFAULT_EDITION, EDITIONS, HOOK_NAMES, Edition, load_editions
from hooks.departures import Departure
from hooks.retirement import KEY as RETIRED
from hooks.retirement import Withdrawal, read_retirement
from hooks.reviews import KEYS as ABOUT_REVIEW
from hooks.reviews import Review, read_review

__all__ = [
    "DEFAULT_EDITION",
    "EDITIONS",
    "HOOK_NAMES",
    "BadTable",
    "Edition",
    "Rule",
    "fill",
    "is_asked",
    "load_editions",
    "load_rules",
    "load_tables",
    "pour",
    "table_names",
]

_ABOUT_EDITION = {"id", "source", "ours"}
_ABOUT_RULE = ABOUT_REVIEW | {"title", "class", "hooks", "severity", "strength", "ours", "override", "said_in"}
_ABOUT_RULE |= {"edition", "snooze", "per_prescriber", "reason", RETIRED}


class BadTable(ValueError):
    """A guideline table does not fit its mould. The message names the rule, the edition and the key."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the catalogue as the product carries it: computable (C), by questionnaire (Q), informational (I), or
    not computable (N) for the ``reason`` given. An informational rule that a hook tells by itself (to the patient who
    leaves) has a severity and a check. S is this project's own summary of what the other rules found. ``snooze`` maps a
    case to the time (d) it stays away once shown; ``per_prescriber``: dismissed by one, it is still said to another.
    ``review`` says who read and checked it; ``withdrawn``, that it is asked nowhere any more.

    What a site changed: ``departures`` are told on its cards, ``retired`` says why it is not asked at this site.
    """

    id: str
    kind: str
    title: Mapping[str, str]
    hooks: tuple[str, ...]
    severity: Mapping[str, Severity]
    strength: Mapping[str, str]
    ours: tuple[str, ...]
    override: tuple[str, ...]
    said_in: tuple[str, ...]
    sources: Mapping[str, Mapping[str, str]]
    numbers: Mapping[str, Any]
    snooze: Mapping[str, Quantity] = field(default_factory=dict)
    reason: Mapping[str, str] | None = None
    per_prescriber: bool = False
    departures: tuple[Departure, ...] = ()
    retired: str | None = None
    review: Review = field(default_factory=Review)
    withdrawn: Withdrawal | None = None

    @property
    def is_in_force(self) -> bool:
        """Retired neither for everyone nor at this site."""
        return self.withdrawn is None and self.retired is None

    def severity_of(self, case: str) -> Severity:
        """Severity of a case; a needs-data case without its own takes the gravest of the rule, capped at warning."""
        if case in self.severity:
            return self.severity[case]
        gravest = max(self.severity.values(), key=lambda s: s.rank)
        return min(gravest, Severity.WARNING, key=lambda s: s.rank)


def load_rules(checks: Iterable[Check]) -> dict[str, Rule]:
    """Every rule of every table, by id; numbers poured into the moulds of the checks."""
    return fill({check.id: check.mould for check in checks}, load_tables())


def in_use(checks: Iterable[Check], rules: Mapping[str, Rule]) -> tuple[Check, ...]:
    """The checks of rules that are not retired for everyone."""
    return tuple(check for check in checks if rules[check.id].withdrawn is None)


def fill(moulds: Mapping[str, type], tables: Mapping[str, Any]) -> dict[str, Rule]:
    """Pour the tables into the moulds.

    Raises:
        BadTable, BadReview, BadRetirement: when a check has no table, or a table does not fit.
    """
    if bare := sorted(set(moulds) - set(tables)):
        raise BadTable(f"{bare}: a check but no table")
    return {rule_id: _rule(rule_id, tables, moulds.get(rule_id)) for rule_id in tables}


def load_tables() -> dict[str, Any]:
    """Every rule of every table as written, by id; a fresh copy each time."""
    tables: dict[str, Any] = {}
    for name in table_names():
        for rule_id, table in _read(name).items():
            if rule_id in tables:
                raise BadTable(f"{rule_id}: stands in two tables")
            tables[rule_id] = table
    return tables


def table_names() -> list[str]:
    """The guideline tables, one per topic."""
    found = (f.name for f in files("hooks").joinpath("guidelines").iterdir())
    return sorted(n for n in found if n.endswith(".toml") and n != "editions.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("hooks").joinpath("guidelines", name).read_text("utf-8"))


def _rule(rule_id: str, tables: Mapping[str, Any], mould: type | None) -> Rule:
    table = tables[rule_id]
    editions = {row["id"]: row for row in table["edition"]}
    _refuse_misfit(rule_id, table, mould is not None, set(editions))
    return Rule(
        rule_id,
        table["class"],
        table["title"],
        tuple(table["hooks"]),
        _severities(rule_id, table),
        table["strength"],
        tuple(table.get("ours", ())),
        tuple(table.get("override", ())),
        tuple(table.get("said_in", ())),
        {key: row["source"] for key, row in editions.items()},
        {key: pour(mould, row, f"{rule_id} {key}", _Editions(tables, key)) for key, row in editions.items()}
        if mould
        else {},
        {case: Quantity.of(time) for case, time in table.get("snooze", {}).items()},
        table.get("reason"),
        _scalar(bool, table.get("per_prescriber", False), f"{rule_id} per_prescriber"),
        review=read_review(rule_id, table),
        withdrawn=read_retirement(rule_id, table),
    )


def _refuse_misfit(rule_id: str, table: Mapping[str, Any], has_check: bool, editions: set[str]) -> None:
    surplus, kind = set(table) - _ABOUT_RULE, table["class"]
    if surplus:
        raise BadTable(f"{rule_id}: surplus keys {sorted(surplus)}")
    if has_check != is_asked(table) and (has_check or RETIRED not in table):
        raise BadTable(f"{rule_id}: class {kind} {'must not have' if has_check else 'needs'} a check")
    if (kind == "N") != ("reason" in table):
        raise BadTable(f"{rule_id}: class N, and no other, says the reason")
    if set(table["hooks"]) - set(HOOK_NAMES):
        raise BadTable(f"{rule_id}: unknown hooks {table['hooks']}")
    if editions - set(EDITIONS):
        raise BadTable(f"{rule_id}: unknown editions {sorted(editions - set(EDITIONS))}")


def is_asked(table: Mapping[str, Any]) -> bool:
    """Whether a rule needs a check: computable, by questionnaire, a summary, or informational with a severity."""
    return table["class"] in ("C", "Q", "S") or (table["class"] == "I" and "severity" in table)


def _severities(rule_id: str, table: Mapping[str, Any]) -> dict[str, Severity]:
    try:
        return {case: Severity(value) for case, value in table.get("severity", {}).items()}
    except ValueError as wrong:
        raise BadTable(f"{rule_id}: severity must be one of {[s.value for s in Severity]}") from wrong


@dataclass(frozen=True, slots=True)
class _Editions:
    """Where a reference ``"@RULE"`` or ``"@RULE.key"`` finds the numbers of another rule, in the same edition."""

    tables: Mapping[str, Any]
    edition: str

    def find(self, reference: str, where: str) -> Any:
        rule_id, _, key = reference[1:].partition(".")
        rows = [row for row in self.tables.get(rule_id, {}).get("edition", ()) if row["id"] == self.edition]
        if not rows or (key and key not in rows[0]):
            raise BadTable(f"{where}: nothing at {reference} in {self.edition}")
        return rows[0][key] if key else {k: v for k, v in rows[0].items() if k not in _ABOUT_EDITION}


def pour(mould: type, row: Mapping[str, Any], where: str, others: _Editions | None = None) -> Any:
    """Fill one mould from one table row; ``"@RULE.key"`` takes the number of another rule of the same edition.

    Raises:
        BadTable: naming rule, edition and key, when a key is missing, surplus or of the wrong kind.
    """
    kinds = get_type_hints(mould)
    wanted = {f.name for f in fields(mould)}
    given = set(row) - _ABOUT_EDITION
    if wanted != given:
        raise BadTable(f"{where}: missing {sorted(wanted - given)}, surplus {sorted(given - wanted)}")
    return mould(**{name: _value(kinds[name], row[name], f"{where} {name}", others) for name in wanted})


def _value(kind: Any, raw: Any, where: str, others: _Editions | None) -> Any:
    if isinstance(raw, str) and raw.startswith("@") and others is not None:
        return _value(kind, others.find(raw, where), where, others)
    if is_dataclass(kind) and kind is not Quantity and isinstance(kind, type):
        if not isinstance(raw, Mapping):
            raise BadTable(f"{where}: {raw!r} is no table")
        return pour(kind, raw, where, others)
    if get_origin(kind) is tuple and isinstance(raw, list):
        return tuple(_value(get_args(kind)[0], item, where, others) for item in raw)
    return _scalar(kind, raw, where)


def _scalar(kind: Any, raw: Any, where: str) -> Any:
    try:
        if kind is Quantity:
            return Quantity.of(raw)
        if kind is Decimal:
            return Decimal(raw)
    except (ValueError, InvalidOperation, TypeError, AttributeError) as wrong:
        raise BadTable(f"{where}: {raw!r} is no {kind.__name__}") from wrong
    if kind in (int, bool) and type(raw) is kind:
        return raw
    raise BadTable(f"{where}: {raw!r} is no {kind}")
