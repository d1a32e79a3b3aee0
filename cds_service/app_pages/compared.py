"""The three editions side by side for one patient: what each says, rule by rule, those that differ first."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from cds_service.app_pages.asking import judged
from cds_service.app_pages.entries import tone_of
from cds_service.app_pages.words import Words, inline
from cds_service.pipeline import Parts
from fhir_mappers.record.patient_record import PatientRecord
from hooks.choices import EDITIONS
from hooks.evaluate import NOT_IN_EDITION, Finding, Findings
from hooks.texts import Speaker


@dataclass(frozen=True, slots=True)
class Said:
    """What one edition says by one rule: the class of its colour and shape, its word, the sentence."""

    tone: str
    status: str
    summary: Markup | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule in every edition, in their order."""

    rule: str
    title: str
    cells: tuple[Said, ...]

    @property
    def differs(self) -> bool:
        """Whether the editions do not all say the same."""
        return len(set(self.cells)) > 1


def compare(
    record: PatientRecord, parts: Parts, language: str, words: Words, already: Mapping[str, Findings]
) -> tuple[Compared, ...]:
    """Every rule that speaks in one of the editions, or that one of them has and another not; ``already`` are the
    findings of editions that were asked before.
    """
    by_edition = {key: already.get(key) or judged(record, parts, key) for key in EDITIONS}
    speakers = {key: parts.speakers[language, key] for key in EDITIONS}
    # Without drafts a rule has one finding for each patient; a broken one has none.
    rules = dict.fromkeys(f.rule.id for findings in by_edition.values() for f in findings.all)
    made = (_compared(rule, by_edition, speakers, words) for rule in rules)
    return tuple(sorted((one for one in made if one is not None), key=lambda one: not one.differs))


def _compared(
    rule: str, by_edition: Mapping[str, Findings], speakers: Mapping[str, Speaker], words: Words
) -> Compared | None:
    finds = {key: next((f for f in heard.all if f.rule.id == rule), None) for key, heard in by_edition.items()}
    if not any(finding is not None and finding.speaks for finding in finds.values()):
        return None
    cells = tuple(_said(finding, speakers[key], words) for key, finding in finds.items())
    first = next(finding for finding in finds.values() if finding is not None)
    return Compared(rule, speakers[EDITIONS[0]].title(first.rule), cells)


def _said(finding: Finding | None, speaker: Speaker, words: Words) -> Said:
    if finding is None:
        return Said("unknown", words("not-evaluated"))
    if finding.because == NOT_IN_EDITION:
        return Said("none", words("because-not-in-edition"))
    tone = tone_of(finding)
    return Said(tone, words(f"tone-{tone}"), inline(speaker.summary(finding)) if finding.speaks else None)
