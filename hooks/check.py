"""A check is two answers: for whom, and what holds. The outcomes are decided here and nowhere else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import Struct, structs

from fhir_mappers.record.answer import Answer, Evidence, Missing
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.proposals import Annotate, Proposal

DUE_CASE = "due"
UNDECIDED_CASE = "undecided"
_EXTRAS = ("proposals", "notes", "mutes", "only_beside", "lines")


class Outcome(StrEnum):
    """What a check found. ``due`` and ``undecided`` speak; the other two are silent."""

    NOT_APPLICABLE = "not-applicable"
    SATISFIED = "satisfied"
    DUE = "due"
    UNDECIDED = "undecided"


class Severity(StrEnum):
    """CDS Hooks indicators, from mild to grave."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 2 for critical."""
        return _RANKS[self]


_RANKS = {severity: place for place, severity in enumerate(Severity)}


class Verdict(Struct, frozen=True):
    """The outcome of one check for one patient (and one draft).

    ``case`` picks the severity in the guideline table and the words in the texts; ``figures`` fill the words;
    ``said_by`` names a rule whose paragraph already says this (never two cards saying the same); ``only_beside`` one
    without which this is not said at all. ``mutes`` adds, for this patient, to what the check always mutes. ``lines``
    are what a summary lists, for the layout of its card.
    """

    outcome: Outcome
    case: str = DUE_CASE
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    figures: Mapping[str, Any] = {}
    proposals: tuple[Proposal | Annotate, ...] = ()
    said_by: str | None = None
    notes: tuple[str, ...] = ()
    mutes: tuple[str, ...] = ()
    only_beside: str | None = None
    lines: tuple[Any, ...] = ()

    def resting_on(self, *evidence: Evidence) -> "Verdict":
        """The same verdict with more evidence."""
        return structs.replace(self, evidence=tuple(dict.fromkeys((*self.evidence, *evidence))))

    def lacking(self, missing: tuple[Missing, ...]) -> "Verdict":
        """The same verdict, for want of these."""
        return structs.replace(self, missing=missing)


@dataclass(frozen=True, slots=True)
class Unlimited:
    """The mould of a check that needs no numbers of its own."""


@dataclass(frozen=True, slots=True)
class Check:
    """One recommendation: its public id, the function that judges it and the mould its numbers must fill.

    ``about`` picks the drafts it is asked for, one verdict each; None asks it once per patient. ``card`` names the
    consolidated card that carries it. ``mutes`` lists rule ids (or ``FAMILY-*``) that fall silent when it fires.
    ``reads`` lists the kinds of data and concepts it looks at: the prefetch templates are derived from them.
    ``sums_up``: it is asked once the others have answered, with their findings as a third argument.
    """

    id: str
    judge: Callable[..., Verdict]
    mould: type
    card: str
    reads: tuple[str, ...]
    about: Callable[[DraftOrder], bool] | None = None
    mutes: tuple[str, ...] = ()
    sums_up: bool = False


def judge(for_whom: Answer, holds: Answer, *, case: str = DUE_CASE, said_by: str | None = None, **more: Any) -> Verdict:
    """*Due = for whom and not holds*, in three-valued logic; a gap that cannot change the advice is not reported.

    ``more`` may hold ``proposals``, ``notes``, ``mutes``, ``only_beside`` and ``lines``; every other keyword is a
    figure for the words.
    """
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    extras = {key: more.pop(key) for key in _EXTRAS if key in more}
    if holds.is_yes:
        return Verdict(Outcome.SATISFIED, evidence=holds.evidence, figures=more)
    due = for_whom & ~holds
    if due.is_yes:
        evidence = due.evidence or holds.evidence
        return Verdict(Outcome.DUE, case, evidence, figures=more, said_by=said_by, **extras)
    return Verdict(Outcome.UNDECIDED, UNDECIDED_CASE, due.evidence, due.missing, more, said_by=said_by, **extras)


def grade(for_whom: Answer, case: str | None, evidence: tuple[Evidence, ...] = (), **more: Any) -> Verdict:
    """For checks with several degrees: the case found, or None when all is well."""
    held = Answer(case is None, evidence)
    verdict = judge(for_whom, held, case=case or DUE_CASE, **more)
    return verdict.resting_on(*evidence) if verdict.outcome is not Outcome.NOT_APPLICABLE else verdict


def undecided(
    missing: tuple[Missing, ...], *, case: str = UNDECIDED_CASE, said_by: str | None = None, **more: Any
) -> Verdict:
    """What is missing decides: a needs-data finding."""
    extras = {key: more.pop(key) for key in ("evidence", "proposals", "notes") if key in more}
    return Verdict(Outcome.UNDECIDED, case, missing=missing, figures=more, said_by=said_by, **extras)


def not_applicable(*evidence: Evidence) -> Verdict:
    """The recommendation does not concern this patient or draft."""
    return Verdict(Outcome.NOT_APPLICABLE, evidence=evidence) if evidence else _NOT_APPLICABLE


_NOT_APPLICABLE = Verdict(Outcome.NOT_APPLICABLE)  # most answers of a call are this one: made once


def gravest(verdicts: Iterable[Verdict], *cases: str) -> Verdict:
    """Of several verdicts on one question the one that speaks loudest: due, in the order of ``cases``, then undecided;
    not applicable where there is none.
    """
    ranked = (Outcome.DUE, Outcome.UNDECIDED, Outcome.SATISFIED, Outcome.NOT_APPLICABLE)
    loudness = {case: place for place, case in enumerate(cases)}
    return min(
        verdicts,
        key=lambda verdict: (ranked.index(verdict.outcome), loudness.get(verdict.case, len(cases))),
        default=not_applicable(),
    )


__all__ = [
    "Check",
    "DraftOrder",
    "Outcome",
    "PatientRecord",
    "Severity",
    "Unlimited",
    "Verdict",
    "grade",
    "gravest",
    "judge",
    "not_applicable",
    "undecided",
]
