"""From findings to cards: consolidated by topic, ranked, each with its evidence and its source (catalogue P15)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fhir_mappers.orders import OrderContext
from fhir_mappers.record.answer import UNAVAILABLE, Evidence
from hooks import layouts
from hooks.check import Outcome, Severity
from hooks.evaluate import Broken, Finding, Findings
from hooks.figures import escape
from hooks.findings import as_json
from hooks.limits import Edition, Rule
from hooks.response import Card, Coding, Indicator, OverrideReason, Source
from hooks.suggestions import selection_behavior, suggestions
from hooks.texts import Speaker, clip, composite

RECOMMENDATION_SYSTEM = "https://osteohooks.github.io/fhir/CodeSystem/recommendation"
FINDINGS_EXTENSION = "io.github.osteohooks.findings"
NOT_CHECKED = "not-checked"
FAULT = "fault"
_OVERRIDES = 8
_SERIES = 3


@dataclass(frozen=True, slots=True)
class _Group:
    """The findings of one card: ``shown`` have their own paragraph, ``all`` are these and what they also say."""

    card: str
    shown: tuple[Finding, ...]
    all: tuple[Finding, ...]
    severity: Severity


def _group(card: str, shown: list[Finding], said: Mapping[str, tuple[Finding, ...]]) -> _Group:
    """Each finding shown, followed by what it also says (``said``, by rule); of several orders, about the same one."""
    found: list[Finding] = []
    for first in shown:
        found += [first, *(f for f in said.get(first.rule.id, ()) if f.draft is first.draft)]
    others = [f for carried in said.values() for f in carried if not any(f is one for one in found)]
    whole = (*found, *others)
    return _Group(card, tuple(shown), whole, max([f.severity for f in whole], key=lambda severity: severity.rank))


@dataclass(frozen=True, slots=True)
class Composed:
    """A card with its kind (a topic, ``not-checked`` or ``fault``) and every finding it says."""

    card: Card
    kind: str
    findings: tuple[Finding, ...] = ()


def show(findings: Findings, context: OrderContext, speaker: Speaker) -> list[Card]:
    """The cards of one call, gravest first; nothing to say is an empty list."""
    return [composed.card for composed in compose(findings, context, speaker)]


def compose(
    findings: Findings, context: OrderContext, speaker: Speaker, *, with_evidence: bool = True
) -> list[Composed]:
    """The same with what lies behind each card. Without evidence none carries the machine-readable trace; what it rests
    on always stands in its words.
    """
    groups = _ranked(findings)
    made = [Composed(_card(group, context, speaker, with_evidence), group.card, group.all) for group in groups]
    return [*made, *([Composed(_broken(findings.broken, speaker), FAULT)] if findings.broken else ())]


def arranged(findings: Findings) -> list[tuple[Finding, ...]]:
    """What each card of `compose` says, in the same order, where no card is wanted; a fault of ours has no finding."""
    return [*(group.all for group in _ranked(findings)), *([()] if findings.broken else ())]


def _ranked(findings: Findings) -> list[_Group]:
    return sorted(_consolidate(findings.speaking), key=lambda group: -group.severity.rank)


def _consolidate(speaking: tuple[Finding, ...]) -> list[_Group]:
    """One group per topic; what another rule already says joins it; unavailable data share one card."""
    speaks = {f.rule.id: f.verdict.said_by for f in speaking}
    own = [f for f in speaking if f.verdict.said_by not in speaks]
    said: dict[str, list[Finding]] = {}
    for finding in speaking:
        if finding.verdict.said_by in speaks:
            said.setdefault(_voice(str(finding.verdict.said_by), speaks), []).append(finding)
    by_card: dict[str, list[Finding]] = {}
    for finding in own:
        by_card.setdefault(NOT_CHECKED if _is_unavailable(finding) else finding.check.card, []).append(finding)
    carried = {rule: tuple(more) for rule, more in said.items()}
    ranked = {card: sorted(found, key=_place) for card, found in by_card.items()}
    return [_group(card, found, _claim(found, carried)) for card, found in ranked.items()]


def _place(finding: Finding) -> tuple[int, bool]:
    """The gravest leads; what is known to be wrong before what could not be told."""
    return -finding.severity.rank, finding.verdict.outcome is Outcome.UNDECIDED


def _voice(rule: str, speaks: Mapping[str, str | None]) -> str:
    """Who speaks for a rule that is itself said by another one, and so on to the first."""
    for _ in speaks:
        other = speaks[rule]
        if other not in speaks:
            break
        rule = str(other)
    return rule


def _claim(found: list[Finding], carried: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    rules = {f.rule.id for f in found}
    return {rule: more for rule, more in carried.items() if rule in rules}


def _is_unavailable(finding: Finding) -> bool:
    """Undecided for no other reason than that data were not sent or could not be read."""
    missing = finding.verdict.missing
    return finding.verdict.outcome is Outcome.UNDECIDED and bool(missing) and all(m.why in UNAVAILABLE for m in missing)


def _card(group: _Group, context: OrderContext, speaker: Speaker, with_evidence: bool) -> Card:
    lead = group.shown[0]
    offered = suggestions(group.all, context, speaker)
    return Card(
        summary=_summary(group, speaker),
        detail=_detail(group, speaker),
        indicator=Indicator(group.severity.value),
        source=_source(lead.rule, speaker),
        suggestions=offered,
        selection_behavior=selection_behavior(offered),
        override_reasons=_override_reasons(group.all, speaker),
        extension={FINDINGS_EXTENSION: [as_json(f, speaker) for f in group.all]} if with_evidence else None,
    )


def _summary(group: _Group, speaker: Speaker) -> str:
    labels = [speaker.label(f.rule.id) for f in group.shown]
    if group.card == NOT_CHECKED:
        return composite(speaker.word("not-checked") + speaker.figures.colon, labels, speaker.word("more"))
    lead = group.shown[0]
    if group.card == "before-start":
        steps = [f for f in group.shown if f.verdict.case != "presumed"]
        if len(steps) > 1:
            return composite(
                speaker.group(group.card) + speaker.figures.colon,
                [speaker.label(f.rule.id) for f in steps],
                speaker.word("more"),
            )
    return speaker.summary(lead)


def _detail(group: _Group, speaker: Speaker) -> str:
    if layouts.is_handout(group.card, group.shown):
        facts = _facts((proof for f in group.all for proof in f.verdict.evidence), speaker)
        return "\n\n".join([*layouts.handout(group.all, facts, speaker), _edition(speaker)])
    blocks = [speaker.word("not-checked-why")] if group.card == NOT_CHECKED else []
    seen: set[str] = set()
    for finding in group.all:
        lines = [line for line in speaker.paragraphs(finding) if line not in seen]
        seen.update(lines)
        blocks.append(_paragraph(finding, lines, speaker, headed=len(group.all) > 1))
    told = [speaker.information(rule) for rule in _informational(group, speaker)]
    return "\n\n".join([*blocks, *told, _edition(speaker)])


def _edition(speaker: Speaker) -> str:
    return f"*{escape(speaker.edition.label[speaker.language])}*"


def _paragraph(finding: Finding, lines: list[str], speaker: Speaker, *, headed: bool) -> str:
    """One finding: what, why, what is missing, what it rests on, where it stands in the guideline."""
    parts = [f"**{speaker.summary(finding)}**" if headed else "", " ".join(lines)]
    if finding.verdict.lines:
        parts.append(layouts.status(finding, speaker))
    colon, semicolon = speaker.figures.colon, speaker.figures.semicolon
    if finding.verdict.missing:
        parts.append(f"{speaker.word('missing')}{colon} {speaker.missing(finding)}.")
    if finding.awaited:
        asked = f"{semicolon} ".join(speaker.asked_for(proof) for proof in finding.awaited)
        parts.append(f"{speaker.word('awaited')}{colon} {asked}.")
    if not finding.verdict.lines and (facts := _facts(finding.verdict.evidence, speaker)):
        parts.append(f"{speaker.word('rests-on')}{colon} {f'{semicolon} '.join(facts)}.")
    parts += speaker.departures(finding)
    strength = finding.rule.strength[speaker.language]
    where = f"{speaker.source(finding)}{semicolon} {strength} ({speaker.word('rule')} {finding.rule.id})"
    parts.append(f"{speaker.word('source')}{colon} {where}.")
    return "\n\n".join(part for part in parts if part)


def _facts(evidence: Iterable[Evidence], speaker: Speaker) -> list[str]:
    """What a finding rests on, kind by kind; of a long series the latest ones and how many there are besides."""
    kinds: dict[str, list[Evidence]] = {}
    for proof in dict.fromkeys(evidence):
        kinds.setdefault(proof.what, []).append(proof)
    return [fact for series in kinds.values() for fact in _latest(series, speaker)]


def _latest(series: list[Evidence], speaker: Speaker) -> list[str]:
    newest = sorted(series, key=lambda proof: proof.date.text if proof.date is not None else "", reverse=True)
    told = [speaker.fact(proof) for proof in newest[:_SERIES]]
    rest = len(newest) - len(told)
    return [*told[:-1], f"{told[-1]} {speaker.word('more').format(count=rest)}"] if rest else told


def _informational(group: _Group, speaker: Speaker) -> list[str]:
    """Informational rules said in this card or beside one of its rules, when the edition has them."""
    due = (f.rule.id for f in group.all if f.verdict.outcome is Outcome.DUE)
    return speaker.informational(frozenset((group.card, *due)))


def _source(rule: Rule, speaker: Speaker) -> Source:
    edition: Edition = speaker.edition
    return _cited(edition.label[speaker.language], edition.url, rule.id, speaker.title(rule))


@lru_cache(maxsize=2048)
def _cited(label: str, url: str, rule: str, title: str) -> Source:
    """There are only as many as rules, editions and languages: each is checked once."""
    return Source(label=label, url=url, topic=Coding(system=RECOMMENDATION_SYSTEM, code=rule, display=title))


def _override_reasons(findings: Iterable[Finding], speaker: Speaker) -> tuple[OverrideReason, ...]:
    codes = dict.fromkeys(code for f in findings for code in f.rule.override if code != "other")
    offered = [*list(codes)[: _OVERRIDES - 1], "other"] if codes else []
    return tuple(_reason(**speaker.override(code)) for code in offered)


@lru_cache(maxsize=2048)
def _reason(system: str, code: str, display: str) -> OverrideReason:
    """The same few on every card: each is checked once."""
    return OverrideReason(system=system, code=code, display=display)


def _broken(broken: tuple[Broken, ...], speaker: Speaker) -> Card:
    rules = ", ".join(dict.fromkeys(b.rule for b in broken))
    rule = speaker.rules[broken[0].rule]
    return Card(
        summary=clip(speaker.word("broken")),
        detail=f"{speaker.word('broken-detail')} {rules}",
        indicator=Indicator.INFO,
        source=_source(rule, speaker),
    )
