"""The session at hand: which moment it is, what is drafted together, what is awaited."""

from collections.abc import Iterable
from datetime import datetime

from fhir_mappers.record.answer import (
    UNAVAILABLE,
    Answer,
    Known,
    Reading,
    either,
    no,
    unknown,
    yes,
)
from fhir_mappers.record.drafting import is_oncology
from fhir_mappers.record.events import DraftOrder, Measurement, Request
from fhir_mappers.record.facts import OBSERVATIONS, Facts
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.remembering import remembered
from fhir_mappers.record.treatment import Treatment

ORDERING = frozenset({"order-select", "order-sign", "medication-refill"})
OPEN = frozenset({"active", "on-hold"})


class Session(Treatment, Facts):
    """Questions about the call itself: all drafts are seen together."""

    __slots__ = ()

    @property
    def is_ordering(self) -> bool:
        """True while orders are being written or renewed; False when a chart opens or a patient leaves."""
        return self.moment in ORDERING

    def live_drafts(self) -> tuple[DraftOrder, ...]:
        """The drafts that order something: not those that stop a treatment."""
        return tuple(d for d in self.drafts if not d.stops)

    def antiresorptive_drafts(self) -> tuple[DraftOrder, ...]:
        """The live drafts of an oncology antiresorptive."""
        return tuple(d for d in self.drafts if is_oncology(d))

    @remembered
    def starting(self) -> Answer:
        """One of the drafts starts an oncology antiresorptive (P8)."""
        return either(self.starts(draft) for draft in self.antiresorptive_drafts())

    @remembered
    def under_review(self) -> Answer:
        """Antiresorptive treatment is at stake now: drafted while ordering, else running or presumed running."""
        drafts = self.antiresorptive_drafts()
        if self.is_ordering:
            return Answer(bool(drafts), tuple(d.evidence("draft_order") for d in drafts))
        return self.treated()

    @remembered
    def emergency_session(self) -> Answer:
        """One of the drafts is an emergency start (P9)."""
        return either(self.emergency(draft) for draft in self.antiresorptive_drafts())

    def drafted_any(self, *wanted: str) -> Answer:
        """A live draft of one of the concepts; the drafts are always known, so its absence is no."""
        found = tuple(d.evidence("draft_order") for d in self.live_drafts() if d.is_any(wanted))
        return Answer(bool(found), found)

    def awaited(self, wanted: Iterable[str], window: Quantity) -> tuple[Request, ...]:
        """Asked for within the window (d) and not yet resulted: the open requests for any of the concepts that are
        newer than the newest final result of them. A preliminary result is not the one awaited; where the results were
        not sent, nobody knows what is awaited.
        """
        names = tuple(wanted)
        if not self.looked(OBSERVATIONS, what=names[0]).is_no:
            return ()
        newest = self._newest_final(names)
        asked = (r for r in self.requests if r.is_any(names) and r.status in OPEN and self.within(r.when, window))
        return tuple(r for r in asked if _is_newer(r, newest))

    def unanswered(self) -> tuple[Request, ...]:
        """The requests of the record that no final result has answered; a visit or an advice has none to wait for."""
        return tuple(r for r in self.requests if _is_newer(r, self._newest_final(r.concepts)))

    def _newest_final(self, names: tuple[str, ...]) -> datetime | None:
        return next((m.when.latest for m in self.results(*names) if not m.provisional), None)


def _is_newer(request: Request, result: datetime | None) -> bool:
    return result is None or (request.when is not None and request.when.latest > result)


def obtained(reading: Reading[Measurement]) -> Answer:
    """A usable result is yes; none, or one that cannot be used, is no; not fetched or unreadable is unknown."""
    if isinstance(reading, Known):
        return yes(*reading.evidence)
    if reading.why in UNAVAILABLE:
        return unknown(reading)
    return no(*((reading.last,) if reading.last else ()))
