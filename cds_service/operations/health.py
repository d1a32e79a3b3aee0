"""Is the service ready to be asked? Named checks, each with its own verdict; none may hold the others up.

The answer is kept for a few seconds: a probe costs next to nothing, however many there are.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from enum import StrEnum

PATIENCE = 2.0  # seconds for all checks together; a probe is usually given more
KEPT = 5.0  # seconds an answer is good for


class Status(StrEnum):
    """What a part of the service is like. ``degraded`` answers calls, and somebody should look at it."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """The verdict on one part. ``note`` is a sentence of ours: it is served to whoever asks."""

    status: Status
    note: str | None = None


OK = Part(Status.OK)
Check = Callable[[], Part]


@dataclass(frozen=True, slots=True)
class Readiness:
    """All parts together: as bad as the worst."""

    parts: dict[str, Part]

    @property
    def status(self) -> Status:
        """``failed`` if any part has, else ``degraded`` if any is."""
        order = list(Status)
        return max((part.status for part in self.parts.values()), key=order.index, default=Status.OK)

    def as_json(self) -> dict[str, object]:
        """What `/readyz` says."""
        parts = {
            name: {"status": part.status.value, **({"note": part.note} if part.note else {})}
            for name, part in self.parts.items()
        }
        return {"status": self.status.value, "parts": parts}


@dataclass(slots=True)
class ReadyChecks:
    """The checks of one installation, by name, in the order they were added.

    A check is called without arguments, in a thread, at most once every `KEPT` seconds, and again only when the call
    before has come back. It returns a `Part`; one that raises, or takes longer than `PATIENCE`, has failed.
    """

    report: Callable[[str, type[BaseException] | None], None] = lambda name, error: None
    patience: float = PATIENCE
    kept: float = KEPT
    _checks: dict[str, Check] = field(default_factory=dict)
    _running: dict[str, Future[Part]] = field(default_factory=dict)
    _last: tuple[float, Readiness] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, check: Check) -> None:
        """Ask this too.

        Raises:
            ValueError: there is a check of this name.
        """
        if name in self._checks:
            raise ValueError(f"two ready checks are named {name}")
        self._checks[name] = check

    def __iter__(self) -> Iterator[str]:
        return iter(self._checks)

    def ask(self) -> Readiness:
        """The verdict, not older than ``kept`` seconds. Callers that come at once share one round of checks."""
        with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] > self.kept:
                self._last = now, Readiness(self._round())
            return self._last[1]

    def _round(self) -> dict[str, Part]:
        for name, check in self._checks.items():
            if name not in self._running:
                self._running[name] = _started(check)
        wait(self._running.values(), timeout=self.patience)
        return {name: self._verdict(name) for name in self._checks}

    def _verdict(self, name: str) -> Part:
        future = self._running[name]
        if not future.done():
            part = Part(Status.FAILED, "It did not answer in time.")
        elif (error := future.exception()) is not None:
            part = Part(Status.FAILED, f"It broke: {type(error).__name__}.")
        else:
            part = future.result()
        if future.done():
            del self._running[name]
        if part.status is not Status.OK:
            broken = future.exception() if future.done() else TimeoutError()
            self.report(name, type(broken) if broken else None)
        return part


def _started(check: Check) -> Future[Part]:
    """The check under way in a thread that does not keep the process from ending."""
    future: Future[Part] = Future()

    def run() -> None:
        try:
            future.set_result(check())
        except Exception as error:  # whatever a check does, it has failed and the others are asked
            future.set_exception(error)

    threading.Thread(target=run, name="ready", daemon=True).start()
    return future
