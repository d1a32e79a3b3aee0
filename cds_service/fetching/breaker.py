"""A circuit breaker for one FHIR server: after it failed several calls in a row it is left alone for a while.

pybreaker holds a lock while the guarded call runs, so calls to one server would wait for each other; hence our own.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Counts calls, not requests: a call in which anything was answered shows that the server lives.

    Args:
        failures: calls in a row that fail before the server is left alone.
        rest: seconds it is left alone for; then one call tries it, and the others wait for how that one fares.
        clock: seconds that only go up.
    """

    def __init__(self, failures: int, rest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures, self._rest, self._clock = failures, rest, clock
        self._lock = threading.Lock()
        self._count, self._until = 0, 0.0
        self._why: str | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether the server is being left alone, or tried again after that."""
        return self._why is not None

    def admit(self) -> str | None:
        """None when a call may go through; it must then report. Else why the server is left alone."""
        with self._lock:
            if self._why is None:
                return None
            if self._trying or self._clock() < self._until:
                return self._why
            self._trying = True
            return None

    def report(self, why: str | None) -> None:
        """How an admitted call fared: None when the server answered anything, else why nothing came."""
        with self._lock:
            self._trying = False
            if why is None:
                self._count, self._why = 0, None
                return
            self._count += 1
            if self._count >= self._failures:
                self._why, self._until = why, self._clock() + self._rest
