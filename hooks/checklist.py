"""Safe to give today? One line per subject, made of the findings of one evaluation: no second engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer
from fhir_mappers.record.facts import ORDERS
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.proposals import Names
from hooks.check import Outcome, Severity, Unlimited, Verdict, judge, not_applicable
from hooks.evaluate import Finding, Findings
from hooks.findings import as_json
from hooks.texts import Speaker

CHART_OPENS = "patient-view"


class Light(StrEnum):
    """What one line of the checklist shows, from grave to mild."""

    RED = "red"
    AMBER = "amber"
    UNKNOWN = "unknown"
    GREEN = "green"
    NOT_ASKED = "not-asked"


# Tobacco and alcohol (ONJ-FACT-01) add to a risk; they are nothing to settle before a dose.
_JAW = ("ONJ-FU-01", "ONJ-EXTRACT-01", "ONJ-REF-01", "ONJ-DEF-01")
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "vitamin-d": ("VITD-CHECK-01", "VITD-REPL-01", "VITD-TOX-01"),
    "calcium": ("CA-HYPO-01", "HCAL-CRISIS-01", "HCAL-WARN-01", "VITD-SAFE-01"),
    "kidney": ("ZOL-CI-01", "AR-RENAL-01", "NEPH-STOP-01", "DMAB-ADYN-01"),
    "mouth": ("AR-DENTAL-01", "AR-DENTCARE-01", "AR-OPG-01", "AR-EXTRACT-01", *_JAW),
    "product": ("ZOL-PROD-01", "DMAB-PROD-01", "AR-DUP-01"),
    "dose": ("ZOL-DOSE-01", "ZOL-8MG-01", "ZOL-INFUS-01", "DMAB-DOSE-01", "DMAB-RENAL-01"),
    "interval": ("ZOL-FREQ-01", "ZOL-SPACE-01", "DMAB-SPACE-01", "DMAB-ADH-01"),
    "interactions": ("AR-CONC-01", "NEPH-CUM-01", "IMM-SEQ-01"),
}
# Some of their rules stay silent without a result, or with one that is old: that is no reason to be green.
RESULTS: Mapping[str, tuple[str, ...]] = {
    "vitamin-d": c.VITAMIN_D_LEVELS,
    "calcium": (c.CALCIUM, c.CALCIUM_CORRECTED, *c.CALCIUM_IONISED),
    "kidney": (c.CREATININE, c.CREATININE_ON_DIALYSIS),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One subject with its light and the findings it shows; ``fault`` when one of its rules could not be asked."""

    subject: str
    light: Light
    findings: tuple[Finding, ...]
    fault: bool = False

    @property
    def name(self) -> str:
        """The key of its name among the shared texts."""
        return f"subject_{self.subject.replace('-', '_')}"


def checklist(findings: Findings, record: PatientRecord) -> tuple[Line, ...]:
    """The lines in the order of ``SUBJECTS``. Green needs a rule that was satisfied, and where something is measured a
    result that is fresh enough to order by: nothing asked is not green, neither is a rule that broke.
    """
    return tuple(_line(subject, rules, findings, record) for subject, rules in SUBJECTS.items())


def today(record: PatientRecord, limits: Unlimited, findings: Findings) -> Verdict:
    """The chart of a patient who gets an antiresorptive is opened: is anything in the way of the next dose?

    For whom  on treatment, presumed so, or an oncology product is ordered; not in comfort-only care
    Holds     no subject is red or amber; what is not known alone raises nothing, what is not asked here neither. It
              rests on the points alone: a new normal result is no reason to say it again
    Source    guidelines/checklist.toml [SAFE-TODAY-01]; the rules it sums up decide, it adds nothing to them
    """
    in_question = _given_or_planned(record) & ~record.comfort_care()
    if record.moment != CHART_OPENS or not in_question.is_yes:
        return not_applicable()
    lines = checklist(findings, record)
    points = _with(lines, Light.RED, Light.AMBER)
    proof = (e for line in points for f in line.findings for e in f.verdict.evidence)
    return judge(
        Answer(bool(points), tuple(dict.fromkeys(proof))),
        Answer(False),
        said_by=_only_voice(lines, findings),
        lines=lines,
        points=_names(points),
        count=len(points),
        total=len(lines),
        red=_names(_with(lines, Light.RED)),
    )


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


def _given_or_planned(record: PatientRecord) -> Answer:
    return record.treated() | record.any_of(record.orders(), ORDERS, what="antiresorptive_order")


def _with(lines: Iterable[Line], *lights: Light) -> list[Line]:
    return [line for line in lines if line.light in lights]


def _names(lines: Iterable[Line]) -> Names:
    return Names(tuple(line.name for line in lines))


def _only_voice(lines: Iterable[Line], findings: Findings) -> str | None:
    """The gravest rule of the only card that says all the points: the summary then stands on that card (ADR 7)."""
    firing = [f for line in _with(lines, Light.RED, Light.AMBER) for f in line.findings]
    speaks = {f.rule.id: f for f in findings.speaking}
    voices = [speaks.get(str(f.verdict.said_by), f) for f in firing]
    gravest = max(voices, key=lambda f: f.severity.rank, default=None)
    return gravest.rule.id if gravest is not None and len({f.check.card for f in voices}) == 1 else None


def _line(subject: str, rules: tuple[str, ...], findings: Findings, record: PatientRecord) -> Line:
    found = [f for f in findings.all if _concerns(f.rule.id, rules)]
    fault = any(_concerns(broken.rule, rules) for broken in findings.broken)
    lights = {id(f): _light(f) for f in found}
    order = list(Light)
    worst = min((lights[id(f)] for f in found), key=order.index, default=Light.NOT_ASKED)
    shown = tuple(f for f in found if lights[id(f)] is worst and worst is not Light.NOT_ASKED)
    unmeasured = worst is Light.GREEN and subject in RESULTS and not _measured(subject, shown, record)
    doubtful = unmeasured or (fault and order.index(worst) > order.index(Light.UNKNOWN))
    return Line(subject, Light.UNKNOWN if doubtful else worst, shown, fault)


def _light(finding: Finding) -> Light:
    if finding.verdict.outcome is Outcome.DUE:
        return Light.RED if finding.severity is Severity.CRITICAL else Light.AMBER
    if finding.verdict.outcome is Outcome.UNDECIDED:
        return Light.UNKNOWN
    return Light.GREEN if finding.verdict.outcome is Outcome.SATISFIED else Light.NOT_ASKED


def _measured(subject: str, found: Iterable[Finding], record: PatientRecord) -> bool:
    """One of the findings rests on a result; of calcium and kidney on one as fresh as an order wants it.
    How old a level of vitamin D may be its rules say themselves.
    """
    n = record.conventions
    window = {"calcium": n.calcium.recent, "kidney": n.clearance.creatinine_zoledronate}.get(subject)
    used = (e for f in found for e in f.verdict.evidence if e.what in RESULTS[subject])
    return any(window is None or record.within(proof.date, window) is True for proof in used)


def _concerns(rule: str, rules: tuple[str, ...]) -> bool:
    return rule in rules
