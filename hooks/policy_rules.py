"""Applies a policy: the tables with its numbers, the rules with its severities, reasons and retirements. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from fhir_mappers.conventions import conventions_table, load_conventions
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.quantity import Quantity
from hooks import policy_numbers as numbers
from hooks.check import UNDECIDED_CASE, Check, Severity
from hooks.departures import Departure, Kind
from hooks.ledger import Ledger, read_ledger
from hooks.limits import BadTable, Rule, fill, load_tables
from hooks.policy import BadPolicy, Policy, SeverityChange, SnoozeChange
from hooks.texts import load_texts

_OTHER = "other"
_LONGEST_SNOOZE = Quantity.of("365 d")


@dataclass(frozen=True, slots=True)
class Amended:
    """What an installation works with under one version of a policy; ``changed`` are the numbers not as shipped."""

    rules: Mapping[str, Rule]
    conventions: Conventions
    reasons: Mapping[str, Mapping[str, str]]
    changed: tuple[numbers.Change, ...]


def shipped_ledger() -> Ledger:
    """The numbers of the product as shipped."""
    return read_ledger(load_tables(), conventions_table())


def amend(policy: Policy, checks: Iterable[Check]) -> Amended:
    """The rules and conventions of the product as this version of the policy has them; nothing shipped is touched.

    Raises:
        BadPolicy: with every reason why it must not be applied.
    """
    tables, conventions, moulds = load_tables(), conventions_table(), {check.id: check.mould for check in checks}
    ledger = read_ledger(tables, conventions)
    shipped = fill(moulds, tables)
    changed, problems = numbers.changes(policy, ledger)
    reasons = {one.code: {"system": one.system, "en": one.en, "fr": one.fr} for one in policy.reasons}
    problems += list(_wrong(policy, shipped, reasons))
    if problems:
        raise BadPolicy(tuple(problems))
    numbers.write(changed, tables, conventions)
    try:
        rules, shared = fill(moulds, tables), load_conventions(conventions)
    except (BadTable, ValueError) as wrong:
        raise BadPolicy((f"its numbers do not fit together: {wrong}",)) from wrong
    told = numbers.departures(changed, policy, ledger)
    amended = {rule_id: _amended(rule, policy, told.get(rule_id, ())) for rule_id, rule in rules.items()}
    return Amended(amended, shared, reasons, tuple(change for change in changed if change.is_new))


def _amended(rule: Rule, policy: Policy, told: Iterable[Departure]) -> Rule:
    severities = {one.case: Severity(one.severity) for one in policy.severities if one.rule == rule.id}
    override = next((one.reasons for one in policy.overrides if one.rule == rule.id), None)
    snooze = {one.case: Quantity.of(one.time) for one in policy.snoozes if one.rule == rule.id}
    made = replace(
        rule,
        severity={**rule.severity, **severities},
        override=rule.override if override is None else (*(code for code in override if code != _OTHER), _OTHER),
        snooze={**rule.snooze, **snooze},
        retired=next((one.reason for one in policy.retired if one.rule == rule.id), None),
    )
    return replace(made, departures=(*told, *_louder_or_softer(rule, made, policy)))


def _louder_or_softer(shipped: Rule, made: Rule, policy: Policy) -> Iterator[Departure]:
    """One departure per case whose severity is not the shipped one; a case that needs data follows the gravest."""
    said = {one.case: one for one in policy.severities if one.rule == shipped.id}
    for case in dict.fromkeys((*shipped.severity, UNDECIDED_CASE, *said)) if said else ():
        before, after = shipped.severity_of(case), made.severity_of(case)
        if before is not after:
            reason = said[case].reason if case in said else next(iter(said.values())).reason
            yield Departure(
                Kind.SEVERITY,
                shipped.id,
                shipped.title,
                before,
                after,
                policy.approved_by,
                policy.approved_on,
                reason,
                case=case,
            )


def _wrong(policy: Policy, rules: Mapping[str, Rule], reasons: Mapping[str, Any]) -> Iterator[str]:
    for rule in (one.rule for part in (policy.severities, policy.overrides, policy.snoozes) for one in part):
        yield from _wrong_rule(rule, rules)
    yield from _twice("severity", [(one.rule, one.case) for one in policy.severities])
    yield from _twice("override", [(one.rule,) for one in policy.overrides])
    yield from _twice("snooze", [(one.rule, one.case) for one in policy.snoozes])
    yield from _twice("retired", [(one.rule,) for one in policy.retired])
    yield from _twice("reason", [(one.code,) for one in policy.reasons])
    for said in policy.severities:
        yield from _wrong_severity(said, rules)
    for pause in policy.snoozes:
        yield from _wrong_snooze(pause, rules)
    for gone in policy.retired:
        yield from _wrong_rule(gone.rule, rules) or _wrong_retirement(gone.rule, rules)
    yield from _wrong_reasons(policy, reasons)


def _wrong_rule(rule: str, rules: Mapping[str, Rule]) -> list[str]:
    if rule not in rules:
        near = get_close_matches(rule, rules, n=1)
        return [f"{rule}: there is no such rule.{f' Did you mean {near[0]}?' if near else ''}"]
    asked = rules[rule].kind in ("C", "Q")
    return [] if asked else [f"{rule}: it is informational and asked of no patient; a policy has no effect on it."]


def _wrong_retirement(rule: str, rules: Mapping[str, Rule]) -> list[str]:
    critical = sorted(case for case, severity in rules[rule].severity.items() if severity is Severity.CRITICAL)
    if not critical:
        return []
    return [
        f"{rule}: it can be critical ({', '.join(critical)}) and cannot be retired. Let it be silent for a client "
        "while it is under review, or lower the case with 'deviation = true'; the card then says so."
    ]


def _wrong_severity(said: SeverityChange, rules: Mapping[str, Rule]) -> Iterator[str]:
    rule, where = rules.get(said.rule), f"{said.rule} {said.case}"
    if rule is None:
        return
    if said.case not in _cases(rule):
        yield f"{where}: the rule has no such case; it has {', '.join(_cases(rule))}."
    elif said.severity not in set(Severity):
        yield f"{where}: {said.severity!r} is no severity; write one of {', '.join(Severity)}."
    else:
        yield from _wrong_step(said, rule.severity_of(said.case), Severity(said.severity), where)


def _wrong_step(said: SeverityChange, before: Severity, after: Severity, where: str) -> Iterator[str]:
    critical = Severity.CRITICAL in (before, after) and before is not after
    if said.case == UNDECIDED_CASE and after is Severity.CRITICAL:
        yield f"{where}: what could not be checked is never critical."
    elif critical and not said.deviation:
        yield (
            f"{where}: from {before.value} to {after.value} is a departure from the guideline's own grading: it needs "
            "'deviation = true' and a reason; the card then says so."
        )
    elif said.deviation and not critical:
        yield f"{where}: between info and warning 'deviation' does not apply, leave it out."
    if said.deviation:
        yield from (f"{where}: {sentence}" for sentence in numbers.missing_reason(said.reason))


def _wrong_snooze(said: SnoozeChange, rules: Mapping[str, Rule]) -> Iterator[str]:
    rule, where = rules.get(said.rule), f"{said.rule} {said.case}"
    if rule is None:
        return
    if said.case not in _cases(rule):
        yield f"{where}: the rule has no such case; it has {', '.join(_cases(rule))}."
    elif rule.severity_of(said.case) is Severity.CRITICAL:
        yield f"{where}: a critical case is never kept away."
    try:
        time = Quantity.of(said.time)
        fits = time.unit == "d" and time.value == int(time.value) and 0 <= time.value <= _LONGEST_SNOOZE.value
    except (ValueError, ArithmeticError):
        fits = False
    if not fits:
        yield f"{where}: {said.time!r} must be whole days, from '0 d' to '{_LONGEST_SNOOZE}'."


def _wrong_reasons(policy: Policy, reasons: Mapping[str, Any]) -> Iterator[str]:
    known: Mapping[str, Any] = load_texts()[1]["override"]
    for code in sorted(set(reasons) & set(known)):
        yield f"override reason {code}: the product has one of this name; give yours another."
    for one in policy.overrides:
        for code in one.reasons:
            if code not in known and code not in reasons:
                near = get_close_matches(code, [*known, *reasons], n=1)
                yield f"{one.rule}: override reason {code} is not known.{f' Did you mean {near[0]}?' if near else ''}"
        if not any(code != _OTHER for code in one.reasons):
            yield f"{one.rule}: name at least one override reason besides 'other'."


def _cases(rule: Rule) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*rule.severity, UNDECIDED_CASE)))


def _twice(what: str, keys: list[tuple[str, ...]]) -> Iterator[str]:
    for key in dict.fromkeys(keys):
        if keys.count(key) > 1:
            yield f"{' '.join(key)}: {what} is set twice; leave one of the two."
