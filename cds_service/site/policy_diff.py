"""What a policy changes for the shipped patients: every scenario at every hook, before and after, by rule."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cds_service.pipeline import Parts, Reply, advise
from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenarios
from hooks.evaluate import Finding
from hooks.request import HookRequest
from hooks.services import Service, services
from hooks.texts import Speaker

_LANGUAGE = "en"
SILENT, OTHER_WORDS = "silent", "other words on the card"


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule that says something else about one patient at one hook."""

    rule: str
    title: str
    scenario: str
    hook: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences, by rule in the order of the checks; how many calls were compared, and the cards they showed."""

    differences: tuple[Difference, ...]
    patients: int
    calls: int
    cards_before: int
    cards_after: int

    @property
    def calls_changed(self) -> int:
        """Calls with at least one difference."""
        return len({(one.scenario, one.hook) for one in self.differences})

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        rows = [
            {name: getattr(one, name) for name in ("rule", "scenario", "hook", "before", "after")}
            for one in self.differences
        ]
        return {
            "patients": self.patients,
            "calls": self.calls,
            "callsChanged": self.calls_changed,
            "cards": {"before": self.cards_before, "after": self.cards_after},
            "differences": rows,
        }


def compare(
    before: Parts,
    after: Parts,
    edition: str,
    patients: Iterable[Scenario] | None = None,
    progress: Callable[[int], None] = lambda patients: None,
) -> Comparison:
    """Ask every service about every shipped patient twice, on the day the scenario plays."""
    asked = tuple(patients) if patients is not None else scenarios()
    found: list[Difference] = []
    cards = [0, 0]
    for scenario in asked:
        for service in services():
            replies = [_ask(scenario, service, parts, edition) for parts in (before, after)]
            cards = [count + len(reply.cards) for count, reply in zip(cards, replies, strict=True)]
            found += _differences(scenario, service, *replies)
        progress(1)
    order = {check.id: number for service in services() for number, check in enumerate(service.checks)}
    found.sort(key=lambda one: (order[one.rule], one.rule))
    return Comparison(tuple(found), len(asked), len(asked) * len(services()), *cards)


def told(comparison: Comparison) -> str:
    """The comparison for a person."""
    lines: list[str] = []
    rule = None
    for one in comparison.differences:
        if one.rule != rule:
            lines += ["", f"{one.rule}  {one.title}"]
            rule = one.rule
        lines.append(f"  {one.scenario:42} {one.hook:20} {one.before} -> {one.after}")
    changed = f"{comparison.calls_changed} of {comparison.calls} calls" if lines else "no call"
    lines += [
        "",
        f"{comparison.patients} shipped patients at every hook: {changed} with other findings; "
        f"cards {comparison.cards_before} -> {comparison.cards_after}.",
    ]
    return "\n".join(lines[1:])


def _ask(scenario: Scenario, service: Service, parts: Parts, edition: str) -> Reply:
    call = _call(scenario.id, service.hook)
    return advise(call, service, parts, _LANGUAGE, as_of=scenario.as_of, edition=edition)


@cache
def _call(scenario_id: str, hook: str) -> HookRequest:
    scenario = next(one for one in scenarios() if one.id == scenario_id)
    return HookRequest.parse(hook_request_bytes(scenario, hook=hook), hook)


def _differences(scenario: Scenario, service: Service, before: Reply, after: Reply) -> Iterator[Difference]:
    """The findings in pairs, by rule and draft. A retired rule is silent once, for all drafts together."""
    old, new = _keyed(before), _keyed(after)
    for rule, draft in dict.fromkeys((*old, *new)):
        one, other = (found.get((rule, draft)) or found.get((rule, "")) for found in (old, new))
        if one is None or other is None:
            continue  # the silence that stands for all drafts, told with each of them
        was, now = _standing(one), _standing(other)
        if not one.speaks and not other.speaks:
            continue
        if was == now and _said(one, before.speaker) != _said(other, after.speaker):
            now = OTHER_WORDS
        if was != now:
            yield Difference(rule, before.speaker.title(one.rule), scenario.id, service.hook, was, now)


def _keyed(reply: Reply) -> dict[tuple[str, str], Finding]:
    return {(f.rule.id, f.draft.source.resource if f.draft else ""): f for f in reply.findings.all}


def _standing(finding: Finding) -> str:
    if not finding.speaks:
        return f"{SILENT} ({finding.because})" if finding.because else SILENT
    return f"{finding.severity.value} {finding.verdict.case}"


def _said(finding: Finding, speaker: Speaker) -> tuple[Any, ...]:
    if not finding.speaks:
        return ()
    reasons = tuple(speaker.override(code)["display"] for code in finding.rule.override)
    return (speaker.summary(finding), *speaker.paragraphs(finding), *speaker.departures(finding), *reasons)
