"""What need not be said again: what was shown, overridden or dismissed, and for how long that keeps a finding quiet.

``Whose``, ``Remembered``, ``CardMemo`` and ``Memory`` are the whole of what a store has to hold: plain strings, days
and enums, no value of a patient. Keys are opaque: the street makes them, and nobody can turn them back into a person.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Protocol
from uuid import UUID

from fhir_mappers.record.quantity import Quantity
from hooks.check import Severity
from hooks.evaluate import Finding
from hooks.fingerprint import nothing_new
from hooks.limits import pour

SELECTING = "order-select"


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
    """One finding of a card, without any value: its rule, the digests of the facts it rests on, the order it is about.

    ``draft`` is a digest of the reference the EHR gave the order; None when it is about no order, or about one without
    an id of its own. A finding about the whole session has one trace for each of its orders.
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
    """A card that was shown, so that feedback about its uuid can be understood."""

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


class Reason(StrEnum):
    """Why a card is withheld: the caller asked for it (the first four), someone decided so before, or its rules are
    silent here, of which the caller is not told.
    """

    NOT_SERIOUS = "not-serious"
    SWITCHED_OFF = "switched-off"
    BEYOND_MAXIMUM = "beyond-maximum"
    REPEATED = "repeated"
    DISMISSED = "dismissed"
    OVERRIDDEN = "overridden"
    SNOOZED = "snoozed"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Windows:
    """How long a decision counts (d); see quiet.toml."""

    dismissed: Quantity
    order: Quantity
    session: Quantity


@cache
def default_windows() -> Windows:
    """The windows shipped with the product.

    Raises:
        BadTable: a key is missing, surplus or no quantity.
    """
    row = tomllib.loads((files("hooks") / "quiet.toml").read_text("utf-8"))["windows"]
    filled: Windows = pour(Windows, {key: value for key, value in row.items() if key != "ours"}, "quiet.toml windows")
    return filled


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is remembered of one patient, as far as it counts for this user on this day at this hook.

    ``drop_repeated``: the caller asks not to repeat at order-sign what order-select said.
    """

    rows: tuple[Remembered, ...]
    day: date
    user: str | None = None
    drop_repeated: bool = False
    windows: Windows = field(default_factory=default_windows)

    def reason(self, finding: Finding, traces: tuple[Trace, ...]) -> Reason | None:
        """Why this finding need not be said again; None when it must be.

        Another case or severity, or a new fact, speaks at once. Where a warning was overridden or a card is not to be
        repeated, so does any other change; an information put aside does not return because a result became too old.
        """
        rows = [row for row in self.rows if any(_covers(row, one) for one in traces)]
        same = [row for row in rows if row.fingerprint in {one.fingerprint for one in traces}]
        if finding.severity is Severity.INFO and any(self._put_aside(row, finding) for row in rows):
            return Reason.DISMISSED
        if finding.severity is not Severity.INFO and _each(traces, filter(self._is_override, same)):
            return Reason.OVERRIDDEN
        if any(self._is_snoozed(row, finding) for row in rows):
            return Reason.SNOOZED
        if self.drop_repeated and _each(traces, filter(self._was_selected, same)):
            return Reason.REPEATED
        return None

    def _put_aside(self, row: Remembered, finding: Finding) -> bool:
        """For the patient, whoever put it aside; a rule may want it from each prescriber."""
        decided = row.kind in (Kind.DISMISSED, Kind.OVERRIDDEN) and self._within(row, self.windows.dismissed)
        return decided and (self._is_mine(row) or not finding.rule.per_prescriber)

    def _is_override(self, row: Remembered) -> bool:
        """Who signs for another has not seen the card yet, so only one's own override counts."""
        return row.kind is Kind.OVERRIDDEN and self._is_mine(row) and self._within(row, self.windows.order)

    def _is_snoozed(self, row: Remembered, finding: Finding) -> bool:
        """Shown on an earlier day: on the same day it stays, or it would vanish when the chart is drawn again."""
        time = finding.rule.snooze.get(finding.verdict.case)
        if time is None or finding.severity is Severity.CRITICAL:
            return False
        return row.kind is Kind.SHOWN and self._is_mine(row) and row.on != self.day and self._within(row, time)

    def _was_selected(self, row: Remembered) -> bool:
        shown = row.kind is Kind.SHOWN and row.hook == SELECTING
        return shown and self._is_mine(row) and self._within(row, self.windows.session)

    def _is_mine(self, row: Remembered) -> bool:
        return row.user is not None and row.user == self.user

    def _within(self, row: Remembered, time: Quantity) -> bool:
        return 0 <= (self.day - row.on).days < time.value


def _covers(row: Remembered, trace: Trace) -> bool:
    return row.rule == trace.rule and nothing_new(row.fingerprint, trace.fingerprint)


def _each(traces: tuple[Trace, ...], rows: Iterable[Remembered]) -> bool:
    """Whether there is a row for every order the finding is about; about an order without an id there never is."""
    decided = {row.draft for row in rows}
    return bool(traces) and all(trace.draft is not None and trace.draft in decided for trace in traces)
