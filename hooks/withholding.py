"""Which of the composed cards are shown: what the caller asked for, then what was decided before, then how many.

A card is withheld as a whole or shown as a whole. It is read as one piece, its suggestions belong together (an update
carries the whole order), so one finding that must be said brings back all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fhir_mappers.record.events import DraftOrder
from hooks.cards import FAULT, NOT_CHECKED, Composed
from hooks.evaluate import Finding
from hooks.fingerprint import fingerprint, order_key
from hooks.preferences import Preferences
from hooks.quiet import CardMemo, Kind, Reason, Recollection, Remembered, Trace
from hooks.response import Card, Indicator
from hooks.texts import Speaker

WITHHELD_EXTENSION = "io.github.osteohooks.withheld"


@dataclass(frozen=True, slots=True)
class Traced:
    """A composed card; for each of its findings the traces it would leave in the memory."""

    made: Composed
    findings: tuple[tuple[Finding, tuple[Trace, ...]], ...]

    @property
    def is_critical(self) -> bool:
        """Whether it is of the gravest kind."""
        return self.made.card.indicator is Indicator.CRITICAL

    def memo(self, service: str, hook: str) -> CardMemo:
        """What to keep of it, so that feedback can be understood."""
        traces = tuple(dict.fromkeys(trace for _, traces in self.findings for trace in traces))
        card = self.made.card
        return CardMemo(card.uuid, service, hook, traces, tuple(one.uuid for one in card.suggestions or ()))


@dataclass(frozen=True, slots=True)
class Withheld:
    """A card that is not shown, and why."""

    card: Traced
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The cards shown, gravest first, and those withheld."""

    shown: tuple[Traced, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    @property
    def cards(self) -> list[Card]:
        """The cards shown, as the caller gets them."""
        return [one.made.card for one in self.shown]

    def memos(self, service: str, hook: str) -> tuple[CardMemo, ...]:
        """What to keep of each card shown."""
        return tuple(one.memo(service, hook) for one in self.shown)

    def seen(self, hook: str, remembering: bool, recollection: Recollection) -> tuple[Remembered, ...]:
        """What to remember as shown: everything when the caller asked for it, else what its own rule keeps away."""
        return tuple(
            Remembered(
                t.rule, t.fingerprint, Kind.SHOWN, t.severity, recollection.day, hook, t.draft, recollection.user
            )
            for card in self.shown
            for finding, traces in card.findings
            if remembering or finding.verdict.case in finding.rule.snooze
            for t in traces
        )


def told(withheld: Iterable[Withheld]) -> dict[str, Any] | None:
    """The withheld cards as extension of an answer; None when there are none."""
    found = withheld_json(withheld)
    return {WITHHELD_EXTENSION: found} if found else None


def withheld_json(withheld: Iterable[Withheld]) -> list[dict[str, Any]]:
    """Each withheld card as JSON: rules, severity and reasons, no value."""
    return [
        {
            "rules": list(dict.fromkeys(finding.rule.id for finding, _ in one.card.findings)),
            "indicator": one.card.made.card.indicator.value,
            "reasons": [reason.value for reason in one.reasons],
        }
        for one in withheld
    ]


def trace(made: Iterable[Composed], drafts: Iterable[DraftOrder], key: bytes = b"") -> tuple[Traced, ...]:
    """The cards with their traces. ``drafts`` are the orders the user is about to select or sign; ``key`` as in
    `fingerprint`.
    """
    session = [draft for draft in drafts if draft.selected]
    return tuple(Traced(one, tuple((f, _traces(f, session, key)) for f in one.findings)) for one in made)


def _traces(finding: Finding, session: list[DraftOrder], key: bytes) -> tuple[Trace, ...]:
    """One for each order the finding is about: its own, else all of the session; none of them gives one without."""
    digest = fingerprint(finding, key)
    about = [finding.draft] if finding.draft is not None else session
    names = dict.fromkeys(order_key(draft, key) for draft in about) or {None: None}
    return tuple(Trace(finding.rule.id, digest, finding.severity, name) for name in names)


def select(cards: Iterable[Traced], wanted: Preferences, recollection: Recollection, speaker: Speaker) -> Selection:
    """The cards to show, in the order given (gravest first). A critical card is withheld for two reasons only: this
    user overrode it for this order, or was shown it at order-select and the caller asks for no repetition.
    """
    kept: list[Traced] = []
    withheld: list[Withheld] = []
    for card in cards:
        if reasons := _unwanted(card, wanted) or _quiet(card, recollection):
            withheld.append(Withheld(card, reasons))
        else:
            kept.append(card)
    shown, beyond = _at_most(kept, wanted.max_cards, speaker)
    over = [Withheld(card, (Reason.BEYOND_MAXIMUM,)) for card in beyond]
    return Selection(tuple(shown), (*withheld, *over))


def _unwanted(card: Traced, wanted: Preferences) -> tuple[Reason, ...]:
    """A fault of ours is said even to a caller who wants no information: what failed may have been critical."""
    if card.is_critical or card.made.kind == FAULT:
        return ()
    if card.made.kind in wanted.switched_off - {NOT_CHECKED}:  # not offered: what is unknown is no topic
        return (Reason.SWITCHED_OFF,)
    is_info = card.made.card.indicator is Indicator.INFO
    return (Reason.NOT_SERIOUS,) if is_info and not wanted.non_serious else ()


def _quiet(card: Traced, recollection: Recollection) -> tuple[Reason, ...]:
    """The reasons, when each of its findings has one."""
    reasons = [recollection.reason(finding, traces) for finding, traces in card.findings]
    found = tuple(dict.fromkeys(reason for reason in reasons if reason is not None))
    return () if None in reasons else found


def _at_most(kept: list[Traced], maximum: int | None, speaker: Speaker) -> tuple[list[Traced], list[Traced]]:
    """The gravest ones, all critical ones among them; the last says what was left out."""
    if maximum is None or len(kept) <= maximum:
        return kept, []
    room = max(maximum, sum(card.is_critical for card in kept))
    shown, beyond = kept[:room], kept[room:]
    return ([*shown[:-1], _noting(shown[-1], beyond, speaker)] if beyond else shown), beyond


def _noting(last: Traced, beyond: list[Traced], speaker: Speaker) -> Traced:
    card = last.made.card
    lines = [f"- {speaker.word(f'severity-{one.made.card.indicator.value}')} {one.made.card.summary}" for one in beyond]
    note = "\n".join([speaker.word("left-out", count=len(beyond)), "", *lines])
    longer = dict(card) | {"detail": f"{card.detail}\n\n{note}" if card.detail else note}
    return replace(last, made=replace(last.made, card=Card(**longer)))
