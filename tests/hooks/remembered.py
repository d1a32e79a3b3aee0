"""What the memory would hold of a patient's cards, for the tests of what is withheld."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from hooks.cards import Composed, compose
from hooks.evaluate import Finding, Findings
from hooks.preferences import Preferences
from hooks.quiet import Kind, Recollection, Remembered, Trace
from hooks.withholding import Selection, Traced, select, trace
from tests.hooks.said import context_of, speaker
from tests.support.bedside import TODAY, Bedside

USER, OTHER = "user-1", "user-2"
ALL = Preferences()


def traced(bedside: Bedside, *, language: str = "en") -> tuple[Traced, ...]:
    """The cards of every rule asked, whatever its hook, before anything is withheld."""
    return trace(composed(bedside.findings(), bedside, language), bedside.record().drafts)


def composed(findings: Findings, bedside: Bedside, language: str = "en") -> list[Composed]:
    return compose(findings, context_of(bedside, language), speaker(language))


def all_traces(cards: Iterable[Traced]) -> list[tuple[Finding, Trace]]:
    return [(finding, one) for card in cards for finding, traces in card.findings for one in traces]


def row(one: Trace, kind: Kind = Kind.OVERRIDDEN, ago: int = 0, user: str | None = USER, **other: object) -> Remembered:
    """A row about a finding as it was decided ``ago`` days before today."""
    made = Remembered(
        one.rule, one.fingerprint, kind, one.severity, TODAY - timedelta(days=ago), "order-sign", one.draft, user
    )
    return replace(made, **other)  # type: ignore[arg-type]  # the fields of a row, by name


def rows_of(cards: Iterable[Traced], kind: Kind, **options: object) -> tuple[Remembered, ...]:
    return tuple(row(one, kind, **options) for _, one in all_traces(cards))  # type: ignore[arg-type]  # as row() takes them


def chosen(
    cards: Iterable[Traced],
    wanted: Preferences = ALL,
    remembered: Iterable[Remembered] = (),
    *,
    day: date = TODAY,
    user: str | None = USER,
    language: str = "en",
) -> Selection:
    recollection = Recollection(tuple(remembered), day, user, wanted.drop_repeated)
    return select(cards, wanted, recollection, speaker(language))
