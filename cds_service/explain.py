"""What a call found, for a person at a terminal: the cards, then every rule with its outcome and its facts."""

from cds_service.pipeline import Reply
from hooks.evaluate import Finding
from hooks.texts import Speaker


def explain(name: str, reply: Reply) -> str:
    """Plain text, ending in a newline."""
    lines = [name, "=" * len(name), ""]
    for card in reply.cards:
        lines += [f"[{card.indicator.value.upper()}] {card.summary}"]
        lines += [f"    -> {suggestion.label}" for suggestion in card.suggestions or ()]
    lines += ["(no card)"] if not reply.cards else []
    lines += ["", "Rules asked", "-----------"]
    lines += [line for finding in reply.findings.all for line in _finding(finding, reply.speaker)]
    lines += [f"{broken.rule:14} FAULT      {broken.error}" for broken in reply.findings.broken]
    return "\n".join([*lines, "", ""])


def _finding(finding: Finding, speaker: Speaker) -> list[str]:
    said = speaker.summary(finding) if finding.speaks else speaker.title(finding.rule)
    because = f" ({finding.because})" if finding.because else ""
    lines = [f"{finding.rule.id:14} {finding.status:10} {finding.verdict.outcome.value:14} {said}{because}"]
    facts = dict.fromkeys(
        f"{speaker.figures.name(proof.what)} {speaker.figures.show(proof)} ({proof.resource})"
        for proof in finding.verdict.evidence
    )
    lines += [f"{'':15}rests on: {fact}" for fact in facts]
    if finding.verdict.missing:
        lines.append(f"{'':15}{speaker.word('missing')}: {speaker.missing(finding)}")
    return lines
