"""``python -m benchmarks.lasting [CALLS]``: whether memory stays flat, by default over 100,000 calls.

The whole application in this process, with its log, counts and decision log. Every call is about a patient who was
never seen before, with an id of its own, so that whatever is kept for each patient or call shows.
"""

import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from pathlib import Path
from uuid import uuid4

from benchmarks.inside import whole
from cds_service.sandbox.scenarios import hook_request, scenarios
from hooks.exact_json import dumps_exact
from hooks.services import services

CALLS, POINTS, PATIENTS = 100_000, 10, 12
WARM_UP = 500
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Point:
    """After so many calls: bytes of memory of the process, and objects that the garbage collector looks after."""

    calls: int
    memory: int
    objects: int


def lasting(calls: int = CALLS) -> Iterator[Point]:
    """Post so many; a point after every tenth of them, the first before them all."""
    kinds = cycle(_kinds(date.today()))
    every = max(1, calls // POINTS)
    with whole() as app:
        for _ in range(WARM_UP):
            app.post(*_somebody(*next(kinds)))
        yield _point(0)
        for number in range(1, calls + 1):
            app.post(*_somebody(*next(kinds)))
            if number % every == 0:
                yield _point(number)


def growth(points: list[Point]) -> float:
    """Memory at the end over that at half-time."""
    return points[-1].memory / points[len(points) // 2].memory


def _kinds(day: date) -> list[tuple[str, bytes, bytes, bytes]]:
    """Service, body, patient and call, of each of so many patients at every service."""
    found = []
    for patient in scenarios()[:PATIENTS]:
        for service in services():
            sent = hook_request(patient, day, service.hook)
            ids = sent["prefetch"]["patient"]["id"], sent["hookInstance"]
            found.append((service.id, dumps_exact(sent), *(one.encode() for one in ids)))
    return found


def _somebody(service: str, body: bytes, patient: bytes, call: bytes) -> tuple[str, bytes]:
    """The same about somebody else."""
    return service, body.replace(patient, uuid4().hex.encode()).replace(call, str(uuid4()).encode())


def _point(calls: int) -> Point:
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    return Point(calls, resident, len(gc.get_objects()))


def main(calls: int) -> None:
    """Post and tell as it goes."""
    points = []
    print(f"{'calls':>10}{'memory MB':>12}{'objects':>12}")
    for point in lasting(calls):
        points.append(point)
        print(f"{point.calls:>10}{point.memory / 1e6:>12.1f}{point.objects:>12}", flush=True)
    print(f"memory at the end over half-time: {growth(points):.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
