"""A policy in words for the people who decide: what it changes, what may be changed, which codes have a meaning."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from cds_service.site.policy_file import Versions
from fhir_mappers.terminology import Terminology
from hooks.choices import EDITIONS
from hooks.ledger import Ledger, name_of
from hooks.limits import load_rules
from hooks.policy import Policy
from hooks.policy_rules import amend
from hooks.registry import CHECKS

_GAP = "between {earlier} and {later} no version is in force: everything is as shipped."


def shown(versions: Versions, today: date) -> str:
    """Every version with what it changes."""
    lines = [f"Policy {versions.id}"]
    for policy in versions.all:
        state = (
            "in force today" if policy.in_force(today) else "over" if _is_over(policy, today) else "not yet in force"
        )
        end = f" until {policy.ends}" if policy.ends else ""
        lines += ["", f"From {policy.starts}{end} ({state}), version {policy.version}"]
        lines += [f"  approved by {policy.approved_by} on {policy.approved_on}", *_changes(policy)]
    return "\n".join([*lines, *(f"Note: {note}" for note in notes(versions, today))])


def notes(versions: Versions, today: date) -> Iterator[str]:
    """What is allowed and may still surprise."""
    for earlier, later in pairwise(versions.all):
        if earlier.ends is not None and (later.starts - earlier.ends).days > 1:
            yield _GAP.format(earlier=earlier.ends, later=later.starts)
    if versions.on(today) is None:
        yield f"today ({today}) no version is in force: everything is as shipped."
    for policy in versions.all:
        if policy.approved_on > today:
            yield f"the version from {policy.starts} is approved on {policy.approved_on}, which is to come."
        if policy.says_nothing:
            yield f"the version from {policy.starts} changes nothing."
        yield from _of_nobody(policy)


def limits(ledger: Ledger) -> str:
    """Every number with what it is and whether a policy may change it, one line each."""
    lines = []
    for name, number in sorted(ledger.numbers.items()):
        values = dict.fromkeys(str(value) for value in number.shipped.values())
        if number.note:
            standing = f"fixed: {number.note}"
        elif leader := ledger.leader.get(name):
            standing = f"follows {leader}"
        elif number.ours == frozenset(number.shipped):
            standing = "free"
        elif number.ours:
            standing = f"free in {', '.join(sorted(number.ours))}, else a deviation"
        else:
            standing = "guideline: only as a deviation"
        lines.append(f"{name:36} {' | '.join(values):24} {standing:34} {name_of(name)['en']}".rstrip())
    return "\n".join(lines)


def concepts(terminology: Terminology, containing: str = "") -> str:
    """The concepts a code map may name, each with a code that means it already."""
    lines = []
    for concept in sorted(terminology.known):
        known = terminology.codings(concept)
        example = f"{known[0].display or known[0].code} ({known[0].system}|{known[0].code})" if known else ""
        line = f"{concept:42} {example}".rstrip()
        if containing.casefold() in line.casefold():
            lines.append(line)
    return "\n".join(lines)


def _changes(policy: Policy) -> Iterator[str]:
    amended = amend(policy, CHECKS)
    editions: dict[str, list[str]] = {}
    for change in amended.changed:
        said = "" if change.edition in change.number.ours else "  DEVIATION from the guideline"
        follows = "" if change.said.name == change.number.name else f"  (follows {change.said.name})"
        line = f"  {change.number.name} {change.shipped} -> {change.value}{said}{follows}"
        editions.setdefault(line, []).append(change.edition)
    for line, found in editions.items():
        yield line if len(found) == len(EDITIONS) else f"{line}  in {', '.join(found)}"
    for step in policy.severities:
        said = "  DEVIATION from the guideline" if step.deviation else ""
        yield f"  {step.rule} {step.case}: {step.severity}{said}"
    yield from (f"  {one.rule}: override reasons {', '.join(one.reasons)}" for one in policy.overrides)
    yield from (f"  {one.rule} {one.case}: stays away {one.time} once shown" for one in policy.snoozes)
    yield from (f"  {one.rule}: not asked, {one.reason}" for one in policy.retired)
    if policy.codes:
        yield f"  {len(policy.codes)} codes of the site"


def _of_nobody(policy: Policy) -> Iterator[str]:
    """The rules it speaks of although they are retired for everyone."""
    parts = (policy.severities, policy.overrides, policy.snoozes, policy.retired)
    named = [one.rule for part in parts for one in part] + [one.name.partition(".")[0] for one in policy.limits]
    rules = load_rules(CHECKS)
    for rule in dict.fromkeys(named):
        if rule in rules and (gone := rules[rule].withdrawn) is not None:
            yield (
                f"{rule} is retired for everyone since {gone.since}: {gone.reason['en']} What the version from "
                f"{policy.starts} says of it has no effect; take it out when you next change the policy."
            )


def _is_over(policy: Policy, today: date) -> bool:
    return policy.ends is not None and policy.ends < today
