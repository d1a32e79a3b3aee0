"""One finding as the page shows it: the words of its card, each fact it rests on as a row, where it stands."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from cds_service.app_pages.words import Words, inline
from fhir_mappers.record.answer import Evidence
from hooks.check import Outcome, Severity
from hooks.evaluate import ALONE, MUTED, NOT_IN_EDITION, RETIRED, WITHDRAWN, Finding, Findings
from hooks.texts import Speaker

FormOf = Callable[[str], str | None]
"""The id of the form whose answers a rule waits for; None when no form serves it."""


class Standing(StrEnum):
    """Where a finding stands on the page, in this order."""

    DUE = "due"
    UNDECIDED = "undecided"
    FINE = "fine"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as a row: what, value, where it stands in the record, how it reached us."""

    name: Markup
    value: Markup
    resource: str
    origin: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding. ``tone`` is the class of its colour and shape; ``because`` says why it is silent.

    Of a finding that does not speak there is the title and what it rests on; the sentences of its card would be wrong.
    """

    rule: str
    standing: Standing
    tone: str
    status: str
    summary: Markup
    paragraphs: tuple[Markup, ...]
    missing: Markup | None
    awaited: tuple[Markup, ...]
    facts: tuple[Fact, ...]
    source: str
    strength: str
    departures: tuple[Markup, ...]
    because: str | None = None
    form: str | None = None

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return f"rule-{self.rule}"


def entries(findings: Findings, speaker: Speaker, words: Words, form_of: FormOf) -> tuple[Entry, ...]:
    """Every finding, gravest first within its standing, else in the order of the checks."""
    made = [(finding, entry(finding, speaker, words, form_of)) for finding in findings.all]
    order = list(Standing)
    made.sort(key=lambda one: (order.index(one[1].standing), -one[0].severity.rank if one[0].speaks else 0))
    return tuple(one for _, one in made)


def entry(
    finding: Finding, speaker: Speaker, words: Words, form_of: FormOf, again: Mapping[str, str] | None = None
) -> Entry:
    """One finding in words; ``again`` are the running orders that were signed again for it, by their draft."""
    verdict, standing = finding.verdict, standing_of(finding)
    tone = tone_of(finding)
    asked = standing is Standing.UNDECIDED
    return Entry(
        finding.rule.id,
        standing,
        tone,
        words(f"tone-{tone}"),
        inline(speaker.summary(finding) if finding.speaks else speaker.title(finding.rule)),
        tuple(inline(line) for line in speaker.paragraphs(finding)) if finding.speaks else (),
        inline(speaker.missing(finding)) if finding.speaks and verdict.missing else None,
        tuple(inline(speaker.asked_for(proof)) for proof in finding.awaited),
        facts(verdict.evidence, speaker, words, again or {}),
        speaker.source(finding) if finding.edition in finding.rule.sources else "",
        finding.rule.strength[speaker.language],
        tuple(inline(line) for line in speaker.departures(finding)),
        silence(finding, words),
        form_of(finding.rule.id) if asked or finding.rule.kind == "Q" else None,
    )


def standing_of(finding: Finding) -> Standing:
    """Where it stands."""
    by_outcome = {
        Outcome.DUE: Standing.DUE,
        Outcome.UNDECIDED: Standing.UNDECIDED,
        Outcome.SATISFIED: Standing.FINE,
    }
    return by_outcome.get(finding.verdict.outcome, Standing.ELSEWHERE)


def tone_of(finding: Finding) -> str:
    """The class of its colour and shape: ``critical``, ``warning``, ``info``, ``unknown``, ``ok`` or ``none``."""
    if finding.verdict.outcome is Outcome.DUE:
        return Severity(finding.severity).value
    if finding.verdict.outcome is Outcome.UNDECIDED:
        return "unknown"
    return "ok" if finding.verdict.outcome is Outcome.SATISFIED else "none"


def facts(evidence: Iterable[Evidence], speaker: Speaker, words: Words, again: Mapping[str, str]) -> tuple[Fact, ...]:
    """Each fact once, newest first within its kind, as the record held it."""
    kinds: dict[str, list[Evidence]] = {}
    for proof in dict.fromkeys(evidence):
        kinds.setdefault(proof.what, []).append(proof)
    ordered = (proof for series in kinds.values() for proof in sorted(series, key=_day, reverse=True))
    return tuple(_fact(proof, speaker, words, again) for proof in ordered)


def _fact(proof: Evidence, speaker: Speaker, words: Words, again: Mapping[str, str]) -> Fact:
    """One row; what stands in a draft of ours stands in the running order it was made of."""
    name = inline(_capital(speaker.figures.name("antiresorptive_order" if proof.resource in again else proof.what)))
    origin = "origin-again" if proof.resource in again else f"origin-{proof.origin}"
    resource = again.get(proof.resource, proof.resource)
    return Fact(name, inline(speaker.figures.show(proof)), resource, words(origin) if words.has(origin) else origin)


def silence(finding: Finding, words: Words) -> str | None:
    """Why a finding is silent, when there is more to it than that it does not concern the patient."""
    because = finding.because
    if because is None:
        return None
    unasked = {NOT_IN_EDITION: "because-not-in-edition", RETIRED: "because-retired", WITHDRAWN: "because-withdrawn"}
    if because in unasked:
        return words(unasked[because])
    for said, key in ((f"{MUTED} by ", "because-muted"), (f"{ALONE} ", "because-alone")):
        if because.startswith(said):
            return words(key, rule=because.removeprefix(said))
    return because


def _day(proof: Evidence) -> str:
    return proof.date.text if proof.date is not None else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
