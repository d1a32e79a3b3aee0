"""Safe to give today? One line per subject, made of the findings of one evaluation: no second engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from hooks.check import Outcome, Severity
from hooks.evaluate import Finding
from hooks.findings import as_json
from hooks.texts import Speaker


class Light(StrEnum):
    """What one line of the checklist shows, from grave to mild."""

    RED = "red"
    AMBER = "amber"
    UNKNOWN = "unknown"
    GREEN = "green"
    NOT_ASKED = "not-asked"


SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "vitamin-d": ("VITD-CHECK-01", "VITD-REPL-01", "VITD-TOX-01"),
    "calcium": ("CA-HYPO-01", "HCAL-CRISIS-01", "HCAL-WARN-01", "VITD-SAFE-01"),
    "kidney": ("ZOL-CI-01", "AR-RENAL-01", "NEPH-STOP-01", "DMAB-ADYN-01"),
    "mouth": ("AR-DENTAL-01", "AR-DENTCARE-01", "AR-OPG-01", "AR-EXTRACT-01", "ONJ-*"),
    "product": ("ZOL-PROD-01", "DMAB-PROD-01", "AR-DUP-01"),
    "dose": ("ZOL-DOSE-01", "ZOL-8MG-01", "ZOL-INFUS-01", "DMAB-DOSE-01", "DMAB-RENAL-01"),
    "interval": ("ZOL-FREQ-01", "ZOL-SPACE-01", "DMAB-SPACE-01", "DMAB-ADH-01"),
    "interactions": ("AR-CONC-01", "NEPH-CUM-01", "IMM-SEQ-01"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One subject with its light and the findings it shows."""

    subject: str
    light: Light
    findings: tuple[Finding, ...]


def checklist(findings: Iterable[Finding]) -> tuple[Line, ...]:
    """The lines in the order of ``SUBJECTS``. Green needs a rule that was satisfied: nothing asked is not green."""
    found = tuple(findings)
    return tuple(_line(subject, [f for f in found if _concerns(f, rules)]) for subject, rules in SUBJECTS.items())


def as_rows(lines: Iterable[Line], speaker: Speaker) -> list[dict[str, Any]]:
    """The checklist as JSON: subject, name, light, and per finding its summary, dates and evidence."""
    return [
        {
            "subject": line.subject,
            "name": speaker.word(f"subject-{line.subject}"),
            "light": line.light.value,
            "findings": [as_json(finding, speaker) for finding in line.findings],
        }
        for line in lines
    ]


def _line(subject: str, found: list[Finding]) -> Line:
    lights = {id(f): _light(f) for f in found}
    order = list(Light)
    worst = min((lights[id(f)] for f in found), key=order.index, default=Light.NOT_ASKED)
    return Line(subject, worst, tuple(f for f in found if lights[id(f)] is worst and worst is not Light.NOT_ASKED))


def _light(finding: Finding) -> Light:
    if finding.verdict.outcome is Outcome.DUE:
        return Light.RED if finding.severity is Severity.CRITICAL else Light.AMBER
    if finding.verdict.outcome is Outcome.UNDECIDED:
        return Light.UNKNOWN
    return Light.GREEN if finding.verdict.outcome is Outcome.SATISFIED else Light.NOT_ASKED


def _concerns(finding: Finding, rules: tuple[str, ...]) -> bool:
    return any(fnmatchcase(finding.rule.id, pattern) for pattern in rules)
