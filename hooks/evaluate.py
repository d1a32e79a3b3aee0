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
_NOTHING = not_applicable()


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
        speaking = tuple([f for f in self.all if f.verdict.outcome in _SPEAKING])
        object.__setattr__(self, "speaking", speaking)  # asked for many times: kept


@dataclass(frozen=True, slots=True)
class Guideline:
    """The rules with their numbers, and the edition that is asked."""

    rules: Mapping[str, Rule]
    edition: str
    _questions: dict[str, "_Question"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def question(self, check: Check) -> "_Question":
        """The check as this edition asks it: looked up for the first call, and kept for all others."""
        known = self._questions.get(check.id)
        if known is None or known.check is not check:
            known = self._questions[check.id] = _question(check, self.rules[check.id], self.edition)
        return known


class _Question(Struct, frozen=True):
    """A check with the numbers of the edition, and the finding when it has nothing to say and no fact to show: most
    have not. ``is_asked`` is False where that finding says why the rule is not asked at all.
    """

    check: Check
    rule: Rule
    edition: str
    limits: object | None
    silent: Finding
    is_asked: bool

    def sign(self, verdict: Verdict, record: PatientRecord, draft: DraftOrder | None = None) -> Finding:
        """The verdict as a finding."""
        if verdict is _NOTHING and draft is None:
            return self.silent
        usual = verdict.case == self.silent.verdict.case
        severity = self.silent.severity if usual else self.rule.severity_of(verdict.case)
        expected = awaited(verdict, record) if verdict.outcome in _SPEAKING else ()
        return Finding(self.rule, self.check, self.edition, verdict, severity, draft, None, expected)


def _question(check: Check, rule: Rule, edition: str) -> _Question:
    because = NOT_IN_EDITION if edition not in rule.sources else RETIRED if rule.retired is not None else None
    silent = Finding(rule, check, edition, _NOTHING, rule.severity_of(_NOTHING.case), None, because)
    return _Question(check, rule, edition, rule.numbers.get(edition), silent, because is None)


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

    def asked(checks: Iterable[Check], ask: Callable[[_Question], Iterable[Finding]]) -> list[Finding]:
        found: list[Finding] = []
        for check in checks:
            try:
                question = guideline.question(check)
                concerns = question.is_asked and (check.about is None or drafts.of(check.about))
                found += ask(question) if concerns else (question.silent,)
            except Exception as error:  # the only broad except in the house: a broken check must not silence others
                on_error(check.id, error)
                faults.append(Broken(check.id, type(error).__name__))
        return found

    everything, drafts = tuple(checks), _Selected(record)
    single = [each for each in everything if not each.sums_up]
    heard = _mute(asked(single, lambda question: _ask(question, record, drafts)))
    so_far = Findings(heard, tuple(faults))
    sums = [each for each in everything if each.sums_up]
    summed = asked(sums, lambda question: (_sum_up(question, record, so_far),))
    return Findings((*heard, *summed), tuple(faults))


class _Selected:
    """The selected drafts by kind. Many checks are about the same kind, and of most kinds there is none: each kind is
    looked for once.
    """

    __slots__ = ("_drafts", "_kinds")

    def __init__(self, record: PatientRecord) -> None:
        self._drafts = [draft for draft in record.drafts if draft.selected]
        self._kinds: dict[Callable[[DraftOrder], bool], list[DraftOrder]] = {}

    def of(self, kind: Callable[[DraftOrder], bool]) -> list[DraftOrder]:
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = [draft for draft in self._drafts if kind(draft)]
        return found


def _ask(question: _Question, record: PatientRecord, drafts: _Selected) -> Iterable[Finding]:
    judge, limits, about = question.check.judge, question.limits, question.check.about
    if about is None:
        return (question.sign(judge(record, limits), record),)
    return [question.sign(judge(record, limits, draft), record, draft) for draft in drafts.of(about)]


def _sum_up(question: _Question, record: PatientRecord, heard: Findings) -> Finding:
    """Silent is silent about the other findings, never about the patient: the reason says so."""
    signed = question.sign(question.check.judge(record, question.limits, heard), record)
    return signed if signed.speaks else replace(signed, because=NOTHING_TO_SUM_UP)


def _mute(found: list[Finding]) -> tuple[Finding, ...]:
    """Findings of rules that a firing rule declares muted fall silent, and those said only beside one that is silent;
    a rule never mutes itself.
    """
    firing = [f for f in found if f.verdict.outcome is Outcome.DUE]
    mutes = [(f.rule.id, pattern) for f in firing for pattern in (*f.check.mutes, *f.verdict.mutes)]
    heard = [_silence(f, mutes) for f in found] if mutes else found
    voices = {f.rule.id for f in heard if f.verdict.outcome in _SPEAKING}
    return tuple([_alone(f, voices) if f.verdict.only_beside is not None else f for f in heard])


def _silence(finding: Finding, mutes: list[tuple[str, str]]) -> Finding:
    if not finding.speaks:
        return finding
    for muting, pattern in mutes:
        if muting != finding.rule.id and fnmatchcase(finding.rule.id, pattern):
            return replace(finding, verdict=not_applicable(*finding.verdict.evidence), because=f"{MUTED} by {muting}")
    return finding


def _alone(finding: Finding, voices: set[str]) -> Finding:
    beside = finding.verdict.only_beside
    if not finding.speaks or beside in voices:
        return finding
    return replace(finding, verdict=not_applicable(*finding.verdict.evidence), because=f"{ALONE} {beside}")
