"""``python -m benchmarks.noting [--quick]``: what remembering, the decision log, the log line and the counts make of a
call, by clocks around them in the whole application. ``log_share`` is all of them together.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from statistics import median
from unittest.mock import patch

from benchmarks.inside import Whole, whole
from benchmarks.split import WARM_UP, clocked
from benchmarks.workload import SERVICE, SIZES, body
from cds_service.advising import Advisor
from cds_service.operations import watch
from cds_service.operations.watch import Watch
from cds_service.site.sightings import Sightings
from cds_service.store.memory import SqlMemory
from cds_service.store.store import Store

CLOCKS: tuple[tuple[object, str, str], ...] = (
    (Store, "whose", "memory"),
    (SqlMemory, "recall", "memory"),
    (SqlMemory, "keep", "memory"),
    (Advisor, "_write_down", "decision log"),
    (Sightings, "note", "counts"),
    (Watch, "fetched", "counts"),
    (Watch, "answered", "counts"),
    (Watch, "unmatched", "counts"),
    (Watch, "_end", "end"),  # counts, and in it:
    (watch, "_line", "log line"),
)
"""What is clocked, and under which name; none of them calls another, but for the last two."""
PARTS = ("memory", "decision log", "log line", "counts")
CALLS = 400


@dataclass(frozen=True, slots=True)
class Noting:
    """Median seconds of a call, of each of `PARTS` in it, and processor seconds of the thread that stores, per call."""

    call: float
    parts: dict[str, float]
    behind: float

    @property
    def share(self) -> float:
        """What the parts make of the call."""
        return sum(self.parts.values()) / self.call


def noting(results: int = SIZES[0], calls: int = CALLS) -> Noting:
    """Measure with so many results in the request."""
    sent, spent = body(results, date.today()), dict[str, float]()
    with ExitStack() as clocks:
        for owner, name, part in CLOCKS:  # before the application is made, which binds some of them
            clocks.enter_context(patch.object(owner, name, clocked(getattr(owner, name), part, spent)))
        app = clocks.enter_context(whole())
        for _ in range(WARM_UP):
            app.post(SERVICE, sent)
        return _measured(app, sent, calls, spent)


def _measured(app: Whole, sent: bytes, calls: int, spent: dict[str, float]) -> Noting:
    taken, parts = list[float](), list[dict[str, float]]()
    behind = time.process_time() - time.thread_time()
    for _ in range(calls):
        spent.clear()
        start = time.perf_counter()
        app.post(SERVICE, sent)
        taken.append(time.perf_counter() - start)
        parts.append(dict(spent))
    behind = time.process_time() - time.thread_time() - behind
    return Noting(median(taken), _medians(parts), behind / calls)


def _medians(spent: Sequence[dict[str, float]]) -> dict[str, float]:
    for each in spent:
        each["counts"] += each.pop("end") - each["log line"]
    return {part: median(each[part] for each in spent) for part in PARTS}


def show(found: Noting) -> None:
    """Print it."""
    print(f"\nOne call of the whole application: {found.call * 1e3:.2f} ms; of it\n")
    for part, seconds in found.parts.items():
        print(f"{part:30}{seconds * 1e6:8.0f} us{seconds / found.call:8.1%}")
    print(f"{'together':30}{sum(found.parts.values()) * 1e6:8.0f} us{found.share:8.1%}")
    print(f"{'behind it, processor time':30}{found.behind * 1e6:8.0f} us{found.behind / found.call:8.1%}")


def main(arguments: list[str]) -> None:
    """Measure and print."""
    for results in SIZES[:2]:
        show(noting(results, 50 if "--quick" in arguments else CALLS))


if __name__ == "__main__":
    main(sys.argv[1:])
