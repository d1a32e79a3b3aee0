"""What a call found, for a person at a terminal: the cards, then every rule with its outcome, figures and facts."""

from collections.abc import Iterable, Iterator

from cds_service.pipeline import Reply
from fhir_mappers.record.proposals import Names
from hooks.checklist import Line
from hooks.evaluate import Finding
from hooks.response import Card
from hooks.texts import Speaker

_INDENT = " " * 15


def explain(name: str, reply: Reply) -> str:
    """Plain text, ending in an empty line; nothing in it can steer a terminal."""
    heading = f"{name} (as of {reply.record.as_of}, edition {reply.speaker.edition.id})"
    lines = [heading, "=" * len(heading), ""]
    lines += [line for card in reply.cards for line in _card(card)] or ["(no card)"]
    lines += [f"(withheld: {', '.join(one.reasons)}) {one.card.made.card.summary}" for one in reply.withheld]
    lines += ["", "Rules asked", "-----------"]
    lines += [line for finding in reply.findings.all for line in _finding(finding, reply.speaker)]
    lines += [f"{broken.rule:14} FAULT      {broken.error}" for broken in reply.findings.broken]
    return "\n".join([*map(_printable, lines), "", ""])


def _card(card: Card) -> Iterator[str]:
    yield f"[{card.indicator.value.upper()}] {card.summary}"
    for suggestion in card.suggestions or ():
        yield f"    -> {suggestion.label}"


def _finding(finding: Finding, speaker: Speaker) -> Iterator[str]:
    said = speaker.summary(finding) if finding.speaks else speaker.title(finding.rule)
    because = f" ({finding.because})" if finding.because else ""
    yield f"{finding.rule.id:14} {finding.status:10} {finding.verdict.outcome.value:14} {said}{because}"
    for name, value in finding.verdict.figures.items():
        if value not in (None, Names(())):
            yield f"{_INDENT}{name.replace('_', ' ')}: {speaker.figures.show(value)}"
    name_of, show = speaker.figures.name, speaker.figures.show
    for fact in dict.fromkeys(f"{name_of(p.what)} {show(p)} ({p.resource})" for p in finding.verdict.evidence):
        yield f"{_INDENT}{speaker.word('rests-on').lower()}{speaker.figures.colon} {fact}"
    if finding.verdict.missing:
        yield f"{_INDENT}{speaker.word('missing').lower()}{speaker.figures.colon} {speaker.missing(finding)}"


def _printable(line: str) -> str:
    return "".join(character if character.isprintable() else " " for character in line)


def show_lights(lines: Iterable[Line], speaker: Speaker) -> str:
    """The checklist as aligned text: light, subject, what speaks or what it rests on."""
    shown = []
    for line in lines:
        light, name = speaker.word(f"light-{line.light.value}"), speaker.word(f"subject-{line.subject}")
        told = [speaker.summary(f) if f.speaks else _rests_on(f, speaker) for f in line.findings]
        shown.append(f"{light:10} {name:14} {'; '.join(dict.fromkeys(t for t in told if t))}".rstrip())
    return "\n".join(shown)


def _rests_on(finding: Finding, speaker: Speaker) -> str:
    return ", ".join(
        f"{speaker.figures.name(proof.what)} {speaker.figures.show(proof)}" for proof in finding.verdict.evidence[:2]
    )
