"""How long, how much and how often: the limits of fetching, and the two things that run out during a call.

All numbers are this project's choice. The deadline is a setting of the installation; the others rarely need a change.
"""

import threading
import time
from dataclasses import dataclass

from fhir_mappers.record.answer import TIMED_OUT, TOO_MUCH


@dataclass(frozen=True, slots=True)
class Limits:
    """What fetching for one call may cost. Times in seconds.

    Attributes:
        deadline: for everything a call fetches. EHRs give a CDS service about ten seconds; a user waits.
        connect: for one TCP connection; a server that is up answers in milliseconds.
        silence: for the next bytes of an answer.
        attempts: how often one page may be asked for; only where asking again is safe and promising.
        pause: before a busy server is asked again that does not say how long to wait.
        pages: of one search.
        page_size: results per page that we ask for; servers may give fewer.
        entries: of one search.
        size: bytes of all answers together, uncompressed.
        address: characters of an address; a longer search is asked in parts. Servers and proxies take about 2,000.
        references: Medications that are looked up one by one.
        failures: calls in a row in which a server fails before it is left alone.
        rest: for how long it is left alone.
    """

    deadline: float = 3.0
    connect: float = 1.0
    silence: float = 2.0
    attempts: int = 3
    pause: float = 0.1
    pages: int = 50
    page_size: int = 500
    entries: int = 20_000
    size: int = 32 * 1024 * 1024
    address: int = 1900
    references: int = 50
    failures: int = 3
    rest: float = 15.0


class NotObtained(Exception):
    """Data that could not be had.

    Args:
        why: one of `fhir_mappers.record.answer.UNAVAILABLE`.
        at_fault: whether the server is to blame, for the breaker; a refusal or a wrong address is no fault.
        again: seconds after which asking again is safe and promising; None where it is not.
    """

    def __init__(self, why: str, *, at_fault: bool = False, again: float | None = None) -> None:
        super().__init__(why)
        self.why, self.at_fault, self.again = why, at_fault, again


class Deadline:
    """The end of one call's patience. Waiting never goes beyond it, however the answer trickles in."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def at_most(self, seconds: float) -> float:
        """Seconds to wait for one thing.

        Raises:
            NotObtained: no time is left.
        """
        left = self.remaining()
        if not left:
            raise NotObtained(TIMED_OUT, at_fault=True)
        return min(seconds, left)


class Allowance:
    """The bytes one call may still take in, shared by its parallel requests."""

    __slots__ = ("_left", "_lock")

    def __init__(self, size: int) -> None:
        self._left, self._lock = size, threading.Lock()

    @property
    def left(self) -> int:
        """Bytes that may still come."""
        return self._left

    def take(self, size: int) -> None:
        """Count bytes that came.

        Raises:
            NotObtained: they were too many.
        """
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise NotObtained(TOO_MUCH)
