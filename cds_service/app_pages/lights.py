"""Safe to give today? The lines of the checklist, with what each says in a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from cds_service.app_pages.entries import Entry, entry
from cds_service.app_pages.words import Words, inline
from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Outcome
from hooks.checklist import Light, Line, checklist
from hooks.evaluate import Findings
from hooks.layouts import newest
from hooks.texts import Speaker

TONES = {
    Light.RED: "critical",
    Light.AMBER: "warning",
    Light.UNKNOWN: "unknown",
    Light.GREEN: "ok",
    Light.NOT_ASKED: "none",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One subject: the class of its colour and shape, the word of its light, what is to be said, what it rests on."""

    name: str
    tone: str
    light: str
    said: tuple[Markup, ...]
    entries: tuple[Entry, ...]


def rows(findings: Findings, record: PatientRecord, speaker: Speaker, words: Words) -> tuple[Row, ...]:
    """The lines in their order; the drafts of the record are running orders signed again."""
    again = {draft.source.resource: draft.prior for draft in record.drafts if draft.prior is not None}
    return tuple(_row(line, speaker, words, again) for line in checklist(findings, record))


def _row(line: Line, speaker: Speaker, words: Words, again: Mapping[str, str]) -> Row:
    said = dict.fromkeys(inline(text) for text in _said(line, speaker) if text)
    return Row(
        speaker.word(f"subject-{line.subject}"),
        TONES[line.light],
        words(f"light-{line.light.value}"),
        tuple(said),
        tuple(entry(finding, speaker, words, lambda rule: None, again) for finding in line.findings),
    )


def _said(line: Line, speaker: Speaker) -> Iterator[str]:
    """What is due or missing; of a line that is green, or doubtful for want of a result, the newest fact; of one that
    no rule asks about nothing.
    """
    for finding in line.findings:
        if finding.verdict.outcome is Outcome.DUE:
            yield speaker.summary(finding)
        elif finding.verdict.outcome is Outcome.UNDECIDED:
            yield f"{speaker.word('missing')}{speaker.figures.colon} {speaker.missing(finding)}"
    if line.fault:
        yield speaker.word("checklist-fault")
    elif line.light is not Light.NOT_ASKED and not any(finding.speaks for finding in line.findings):
        yield from _rests_on(line, speaker)


def _rests_on(line: Line, speaker: Speaker) -> Iterator[str]:
    proof = newest(line)
    if line.light is Light.UNKNOWN:
        yield speaker.word("checklist-no-result")
    if proof is not None:
        yield f"{speaker.figures.name(proof.what)} {speaker.figures.show(proof)}"
    elif line.light is Light.GREEN:
        yield speaker.word("checklist-nothing-against")
