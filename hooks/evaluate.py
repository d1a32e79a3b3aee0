"""Asks every check of a service and signs the verdicts: checks in, findings out. Pure, and never raises."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from fhir_mappers.record.answer import Evidence
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.patient_record import PatientRecord
from hooks.awaited import awaited
from hooks.check import Check, Outcome, Severity, Verdict, not_applicable
from hooks.limits import Rule

NOT_IN_EDITION = "not-in-edition"
RETIRED = "retired at this site"
MUTED = "muted"
ALONE = "said only beside"
NOTHING_TO_SUM_UP = "nothing to sum up"
_SPEAKING = (Outcome.DUE, Outcome.UNDECIDED)


class Finding(Struct, frozen=True):
    """A verdict signed with its rule, edition and severity. ``draft`` is the order it is about, when there is one;
    ``awaited`` are the open requests for what it lacks or would order.
    """

    rule: Rule
    check: Check
    edition: str
    verdict: Verdict
    severity: Severity
    draft: DraftOrder | None = None
    because: str | None = None
    awaited: tuple[Evidence, ...] = ()

    @property
    def speaks(self) -> bool:
        """True when it fires or needs data."""
        return self.verdict.outcome in _SPEAKING

    @property
    def status(self) -> str:
        """``fires``, ``needs-data`` or ``silent`` (catalogue P16)."""
        return {Outcome.DUE: "fires", Outcome.UNDECIDED: "needs-data"}.get(self.verdict.outcome, "silent")


@dataclass(frozen=True, slots=True)
class Broken:
    """A check that raised: it is reported, the others answer."""

    rule: str
    error: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything one call found, in the order of the checks. ``speaking`` are only those that fire or need data."""

    all: tuple[Finding, ...] = ()
    broken: tuple[Broken, ...] = ()
    speaking: tuple[Finding, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "speaking", tuple(f for f in self.all if f.speaks))  # asked for many times: kept


@dataclass(frozen=True, slots=True)
class Guideline:
    """The rules with their numbers, and the edition that is asked."""

    rules: Mapping[str, Rule]
    edition: str
    _silent: dict[str, "Finding"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def silent(self, check: Check, because: str | None = None) -> Finding:
        """The finding of a check that has nothing to say and no fact to show: most are, so each is made once."""
        known = self._silent.get(check.id)
        if known is None or known.check is not check or known.because != because:
            rule, verdict = self.rules[check.id], not_applicable()
            known = Finding(rule, check, self.edition, verdict, rule.severity_of(verdict.case), None, because)
            self._silent[check.id] = known
        return known


def evaluate(
    checks: Iterable[Check],
    record: PatientRecord,
    guideline: Guideline,
    on_error: Callable[[str, Exception], None] = lambda rule, error: None,
) -> Findings:
    """Ask every check about the record; a check that raises becomes ``Broken`` and the rest still answer. The checks
    that sum up are asked last, with the findings of the others.
    """
    faults: list[Broken] = []

    def asked(checks: Iterable[Check], ask: Callable[[Check], list[Finding]]) -> list[Finding]:
        found: list[Finding] = []
        for check in checks:
            try:
                found += ask(check)
            except Exception as error:  # the only broad except in the house: a broken check must not silence others
                on_error(check.id, error)
                faults.append(Broken(check.id, type(error).__name__))
        return found

    everything = tuple(checks)
    drafts = [draft for draft in record.drafts if draft.selected]
    single = (each for each in everything if not each.sums_up)
    heard = _mute(asked(single, lambda check: _ask(check, record, drafts, guideline)))
    so_far = Findings(heard, tuple(faults))
    sums = (each for each in everything if each.sums_up)
    summed = asked(sums, lambda check: _sum_up(check, record, guideline, so_far))
    return Findings((*heard, *summed), tuple(faults))


def _ask(check: Check, record: PatientRecord, selected: list[DraftOrder], guideline: Guideline) -> list[Finding]:
    if (unasked := _unasked(check, guideline)) is not None:
        return [guideline.silent(check, unasked)]
    if check.about is None:
        return [_sign(check, record, guideline, check.judge(record, _limits(check, guideline)))]
    drafts = [draft for draft in selected if check.about(draft)]
    if not drafts:
        return [guideline.silent(check)]
    limits = _limits(check, guideline)
    return [_sign(check, record, guideline, check.judge(record, limits, draft), draft) for draft in drafts]


def _sum_up(check: Check, record: PatientRecord, guideline: Guideline, heard: Findings) -> list[Finding]:
    """Silent is silent about the other findings, never about the patient: the reason says so."""
    if (unasked := _unasked(check, guideline)) is not None:
        return [guideline.silent(check, unasked)]
    limits = _limits(check, guideline)
    signed = _sign(check, record, guideline, check.judge(record, limits, heard))
    return [signed if signed.speaks else replace(signed, because=NOTHING_TO_SUM_UP)]


def _unasked(check: Check, guideline: Guideline) -> str | None:
    """Why the rule is not asked: the edition does not have it, or the site has retired it."""
    rule = guideline.rules[check.id]
    if guideline.edition not in rule.sources:
        return NOT_IN_EDITION
    return RETIRED if rule.retired is not None else None


def _limits(check: Check, guideline: Guideline) -> object | None:
    """The numbers of the edition; None when it does not have the rule."""
    return guideline.rules[check.id].numbers.get(guideline.edition)


def _sign(
    check: Check,
    record: PatientRecord,
    guideline: Guideline,
    verdict: Verdict,
    draft: DraftOrder | None = None,
) -> Finding:
    if verdict is not_applicable() and draft is None:
        return guideline.silent(check)
    rule = guideline.rules[check.id]
    finding = Finding(rule, check, guideline.edition, verdict, rule.severity_of(verdict.case), draft)
    return replace(finding, awaited=awaited(verdict, record)) if finding.speaks else finding


def _mute(found: list[Finding]) -> tuple[Finding, ...]:
    """Findings of rules that a firing rule declares muted fall silent, and those said only beside one that is silent;
    a rule never mutes itself.
    """
    firing = [f for f in found if f.verdict.outcome is Outcome.DUE]
    mutes = [(f.rule.id, pattern) for f in firing for pattern in (*f.check.mutes, *f.verdict.mutes)]
    heard = [_silence(f, mutes) if mutes else f for f in found]
    voices = {f.rule.id for f in heard if f.speaks}
    return tuple(_alone(f, voices) for f in heard)


def _silence(finding: Finding, mutes: list[tuple[str, str]]) -> Finding:
    if not finding.speaks:
        return finding
    for muting, pattern in mutes:
        if muting != finding.rule.id and fnmatchcase(finding.rule.id, pattern):
            return replace(finding, verdict=not_applicable(*finding.verdict.evidence), because=f"{MUTED} by {muting}")
    return finding


def _alone(finding: Finding, voices: set[str]) -> Finding:
    beside = finding.verdict.only_beside
    if not finding.speaks or beside is None or beside in voices:
        return finding
    return replace(finding, verdict=not_applicable(*finding.verdict.evidence), because=f"{ALONE} {beside}")
