"""How the log is doing, for the health page, the metrics and a loud line in the log of the operator."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from cds_service.operations.health import Part, Status

_log = logging.getLogger("osteohooks")
_REPEAT_S = 60.0

ENTRY, JOURNAL, DATABASE, CONNECTION, MEMORY = "entry", "journal", "database", "connection", "memory"


@dataclass(frozen=True, slots=True)
class Health:
    """A moment's view, of one process.

    Attributes:
        ok: entries are being written, or there was nothing to write.
        reason: why not, without any value; None when ok.
        failures: how often writing failed since the start (``osteohooks_log_failures_total``).
        lost: entries that could be written nowhere (``osteohooks_log_lost_total``).
        waiting: bytes on the local disk that are not in the database yet (``osteohooks_log_waiting_bytes``).
    """

    ok: bool = True
    reason: str | None = None
    failures: int = 0
    lost: int = 0
    waiting: int = 0


@dataclass(slots=True)
class Watch:
    """Counts failures of the places an entry goes through, and says so: at once, at most once a minute, and at the end.

    ``on_failure`` is called at every failure, for a metric.
    """

    failures: int = 0
    lost: int = 0
    on_failure: Callable[[], None] = lambda: None
    _reasons: dict[str, str] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)
    _announced: set[str] = field(default_factory=set)
    _said: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def failed(self, place: str, reason: str, *, lost: int = 0) -> None:
        """Writing to ``place`` failed now, and so many entries are lost by it."""
        now = time.monotonic()
        with self._lock:
            self.failures += 1
            self.lost += lost
            self._reasons[place] = reason
            self._since.setdefault(place, now)
            loud = now - self._said.get(place, -_REPEAT_S) >= _REPEAT_S
            if loud:
                self._said[place] = now
                self._announced.add(place)
        self.on_failure()
        if loud:
            _log.error(
                "the decision log cannot be written (%s): %s; %d entries lost so far",
                place,
                reason,
                self.lost,
                extra={"event": "decision not logged", "store": place, "lost": self.lost},
            )

    def fails(self, place: str) -> bool:
        """Whether the last attempt there failed."""
        return place in self._reasons

    def works(self, place: str) -> None:
        """Writing to ``place`` succeeded now."""
        if place not in self._reasons:
            return
        with self._lock:
            self._reasons.pop(place, None)
            seconds = time.monotonic() - self._since.pop(place, time.monotonic())
            announced = place in self._announced
            self._announced.discard(place)
        if announced:
            about = {"event": "decisions logged again", "store": place}
            _log.warning("the decision log is written again (%s) after %.0f s", place, seconds, extra=about)

    def view(self, waiting: int) -> Health:
        """How it is now."""
        reasons = "; ".join(f"{place}: {reason}" for place, reason in sorted(self._reasons.items()))
        return Health(not reasons, reasons or None, self.failures, self.lost, waiting)


def as_part(health: Health) -> Part:
    """The log among the parts of `/readyz`: answers are given without it, so it is never worse than degraded."""
    if health.ok:
        return Part(Status.OK)
    return Part(Status.DEGRADED, f"Decisions cannot be stored ({health.reason}); they wait on the local disk.")
