"""The race: the same body to the service and to the floor in turn, one call at a time, each on its own connection.

In turn, so that whatever else the machine is doing falls on both alike; a ratio of two numbers taken minutes apart on a
shared machine says nothing.
"""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import median

from benchmarks.servers import Server
from benchmarks.workload import SERVICE

PAIRS = {20: 1000, 200: 400, 2000: 120, 20000: 20}
WARM_UP = 10
SECONDS = 14.0  # per size: on a slow machine fewer pairs are run, and the table says how many


@dataclass(slots=True)
class Lane:
    """What one server did: wall seconds of each call, and processor seconds of all calls together."""

    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def p50(self) -> float:
        """Median seconds of a call."""
        return median(self.seconds)

    @property
    def p99(self) -> float:
        """Seconds that 99 of 100 calls stay within (nearest rank)."""
        return sorted(self.seconds)[math.ceil(0.99 * len(self.seconds)) - 1]

    @property
    def cpu_per_call(self) -> float:
        """Processor seconds of a call, of master and workers, mean."""
        return self.cpu / len(self.seconds)


@dataclass(frozen=True, slots=True)
class Race:
    """One size: how much was posted, and what both servers did with it."""

    observations: int
    body_bytes: int
    service: Lane
    floor: Lane


class Caller:
    """Posts one body again and again over one kept connection."""

    def __init__(self, server: Server, body: bytes) -> None:
        self.server, self._body = server, body
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)

    def call(self) -> tuple[float, bytes]:
        """Seconds from the first byte sent to the last byte received, and the answer.

        Raises:
            RuntimeError: the answer is not 200.
        """
        start = time.perf_counter()
        self._connection.request(
            "POST",
            f"/cds-services/{SERVICE}",
            self._body,
            {"Content-Type": "application/json", "Accept-Language": "en"},
        )
        response = self._connection.getresponse()
        answer = response.read()
        seconds = time.perf_counter() - start
        if response.status != 200:
            raise RuntimeError(f"{self.server.name} answered {response.status}: nothing was measured")
        return seconds, answer

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def race(
    observations: int, body: bytes, expected: Sequence[str], service: Server, floor: Server, seconds: float = SECONDS
) -> Race:
    """Run one size. ``expected`` are the summaries of the service's cards, which must not depend on the size.

    Raises:
        RuntimeError: an answer is not 200, or the cards are others.
    """
    callers = Caller(service, body), Caller(floor, body)
    lanes = Lane(), Lane()
    try:
        for caller, wanted in zip(callers, (expected, ["A constant card"]), strict=True):
            _warm_up(caller, wanted)
        _run(callers, lanes, PAIRS[observations], seconds)
    finally:
        for caller in callers:
            caller.close()
    return Race(observations, len(body), *lanes)


def summaries(answer: bytes) -> list[str]:
    """The summaries of the cards of an answer, in order."""
    return [card["summary"] for card in json.loads(answer)["cards"]]


def _warm_up(caller: Caller, expected: Sequence[str]) -> None:
    for _ in range(WARM_UP):
        said = summaries(caller.call()[1])
        if said != list(expected):
            raise RuntimeError(f"{caller.server.name} answered other cards than expected: {said}")


def _run(callers: tuple[Caller, Caller], lanes: tuple[Lane, Lane], pairs: int, seconds: float) -> None:
    before = [caller.server.cpu_seconds() for caller in callers]
    both = list(zip(callers, lanes, strict=True))
    deadline = time.monotonic() + seconds
    for number in range(pairs):
        for caller, lane in both if number % 2 else reversed(both):
            lane.seconds.append(caller.call()[0])
        if time.monotonic() > deadline:
            break
    for (caller, lane), used in zip(both, before, strict=True):
        lane.cpu = caller.server.cpu_seconds() - used
