"""What need not be said again: what was shown, overridden or dismissed, and which cards stay away because of it.

The three dataclasses and ``Memory`` are the whole of what a store has to hold: plain strings, days and enums, no value
of a patient. Keys are opaque: the street makes them, and nobody can turn them back into a patient or a user.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from hooks.check import Severity


class Kind(StrEnum):
    """What became of a finding: its card was shown; overridden with a reason; closed without one."""

    SHOWN = "shown"
    OVERRIDDEN = "overridden"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom and by whom a call was made, as opaque keys: installation (tenant), patient, user."""

    tenant: str
    patient: str
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One finding of a card, without any value: its rule, the digest of the facts it rests on, the order it is about.

    ``draft`` is the reference the EHR gave the order (``MedicationRequest/42``); None when it is about no order, or
    about one without an id of its own. A finding about the whole session has one trace for each of its orders.
    """

    rule: str
    fingerprint: str
    severity: Severity
    draft: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of one finding, one row of the memory of a patient. ``hook`` is where it was shown."""

    rule: str
    fingerprint: str
    kind: Kind
    severity: Severity
    on: date
    hook: str
    draft: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class CardMemo:
    """A card that was shown, so that feedback about its uuid can be understood.

    ``cached`` says that its findings are remembered as shown (the caller asked for it, or a rule has its own snooze).
    """

    card: UUID
    service: str
    hook: str
    traces: tuple[Trace, ...]
    suggestions: tuple[UUID, ...] = ()

    def rows(self, kind: Kind, on: date, user: str | None) -> tuple[Remembered, ...]:
        """What to remember when this becomes of the card, on that day, by the user who was shown it."""
        return tuple(
            Remembered(t.rule, t.fingerprint, kind, t.severity, on, self.hook, t.draft, user) for t in self.traces
        )


class Memory(Protocol):
    """What a store must be able to do. ``Whose.patient`` is unique only within ``Whose.tenant``."""

    def recall(self, whose: Whose, day: date) -> tuple[Remembered, ...]:
        """Every row of this patient that may still matter on ``day``, by whichever user, in any order."""

    def remember(self, whose: Whose, rows: Iterable[Remembered]) -> None:
        """Add rows to the memory of this patient."""

    def keep(self, whose: Whose, memos: Iterable[CardMemo], day: date) -> None:
        """Keep which cards were shown to whom on that day."""

    def find(self, tenant: str, card: UUID) -> tuple[Whose, CardMemo] | None:
        """The card with this uuid and to whom it was shown; None when it is unknown to this tenant."""
