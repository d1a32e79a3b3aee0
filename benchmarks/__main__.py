"""``python -m benchmarks [--quick]``: race the service against the floor; tables, build/bench.json and build/bench.svg.

``--quick`` takes a minute, leaves out the largest requests and writes to ``build/bench-quick.json``: to see that it
works, not to quote. ``python -m benchmarks --profile [OBSERVATIONS]`` prints instead which functions cost most, by
default with 20; ``--flame [OBSERVATIONS]`` draws the same as docs/benchmark-flame.svg, by default with 200.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping
from compileall import compile_dir
from datetime import date
from statistics import median
from typing import Any

from benchmarks import flame, others
from benchmarks.crowd import CONNECTIONS, crowd
from benchmarks.extent import FULL, QUICK, Extent
from benchmarks.latency import fetch_over_latency
from benchmarks.noting import CALLS as NOTED
from benchmarks.noting import noting
from benchmarks.noting import show as show_noting
from benchmarks.plot import draw
from benchmarks.race import Race, race, summaries
from benchmarks.servers import BUILD, ROOT, serving
from benchmarks.split import CALLS, InProcess, profile, shares, split
from benchmarks.tables import Crowds, show_crowds, show_races, show_splits
from benchmarks.workload import SIZES, body

WORKERS = (1, 2)
PACKAGES = ("cds_service", "hooks", "fhir_mappers")


def main(arguments: list[str]) -> None:
    """Run what the arguments ask for."""
    today = date.today()  # the day of the server's clock, which runs on this machine's time zone
    if arguments[:1] == ["--flame"]:
        size = int(arguments[1]) if len(arguments) > 1 else SIZES[1]
        print(flame.draw(body(size, today), size, ROOT / "docs" / "benchmark-flame.svg").relative_to(ROOT))
    elif arguments[:1] == ["--profile"]:
        size = int(arguments[1]) if len(arguments) > 1 else SIZES[0]
        profile(InProcess(today), body(size, today), 300)
    else:
        _measure(QUICK if arguments == ["--quick"] else FULL, today)


def _measure(extent: Extent, today: date) -> None:
    service = InProcess(today)
    bodies = {size: body(size, today) for size in extent.sizes}
    expected = summaries(service.answer(body(0, today)))
    told: dict[str, Any] = {"cold_start_cpu_s": round(_cold_start(extent.starts), 2)}
    for workers in WORKERS:
        races, memory = _races(bodies, expected, workers, extent)
        show_races(races, workers)
        told |= _of_races(races) | {"memory_mb": round(memory / 1e6)} if workers == 1 else _of_two(races)
    crowds = _crowds(bodies[SIZES[1]], extent)
    show_crowds(crowds)
    splits = {size: split(service, sent, extent.calls(CALLS[size])) for size, sent in bodies.items()}
    show_splits(splits)
    found = others.compare(service, today, extent.others)
    others.show(found)
    noted = noting(calls=extent.calls(NOTED))
    show_noting(noted)
    told |= _of_crowds(crowds) | {
        "fetch_over_latency": round(fetch_over_latency(today), 3),
        "log_share": round(noted.share, 3),
        "log_share_parts": {part: round(seconds / noted.call, 3) for part, seconds in noted.parts.items()},
        "log_behind": round(noted.behind / noted.call, 3),
        "others": found.ratios(),
        "split": {str(size): shares(seconds) for size, seconds in splits.items()},
    }
    _write(told, "bench" if extent is FULL else "bench-quick", today)


def _races(bodies: Mapping[int, bytes], expected: list[str], workers: int, extent: Extent) -> tuple[list[Race], int]:
    """The races, and the memory (bytes) of the service after the largest of them."""
    with serving("service", workers) as ours, serving("floor", workers) as floor:
        found = [race(size, sent, expected, ours, floor, extent.seconds) for size, sent in bodies.items()]
        return found, ours.memory()


def _crowds(body: bytes, extent: Extent) -> Crowds:
    """One size, by name of the server, workers and connections."""
    found: Crowds = {}
    for name, workers in (("service", 1), ("service", 2), ("floor", 1)):
        with serving(name, workers) as server:
            found |= {(name, workers, many): crowd(server, body, many, extent.crowd) for many in CONNECTIONS}
    return found


def _cold_start(starts: int) -> float:
    """Processor seconds until the service listens: the median. Of compiled modules, as an installation has them."""
    for package in PACKAGES:
        compile_dir(ROOT / package, quiet=2)
    taken = []
    for _ in range(starts):
        with serving("service") as server:
            taken.append(server.cpu_seconds())
    return median(taken)


def _of_races(races: list[Race]) -> dict[str, Any]:
    each = {one.observations: one.service.p50 / one.observations for one in races}
    largest = max(each)
    smaller = [size for size in (200, 2000) if size < largest]
    return {
        "ratio_p50": {str(r.observations): round(r.service.p50 / r.floor.p50, 3) for r in races},
        "ratio_p99": {str(r.observations): round(r.service.p99 / r.floor.p99, 3) for r in races},
        "ratio_cpu": {str(r.observations): round(r.service.cpu_per_call / r.floor.cpu_per_call, 3) for r in races},
        "p99_over_p50": {str(r.observations): round(r.service.p99 / r.service.p50, 3) for r in races},
        "pairs": {str(r.observations): len(r.service.seconds) for r in races},
        **{f"growth_{size}_to_{largest}": round(each[largest] / each[size], 3) for size in smaller},
    }


def _of_two(races: list[Race]) -> dict[str, Any]:
    """The same with two workers, under names of their own."""
    return {f"{name}_two_workers": told for name, told in _of_races(races).items() if name.startswith("ratio")}


def _of_crowds(crowds: Crowds) -> dict[str, float]:
    eight, rate = crowds["service", 1, 8]
    return {
        "p99_over_p50_c8": round(eight.p99 / eight.p50, 3),
        "two_workers_rate_c8": round(crowds["service", 2, 8][1] / rate, 3),
    }


def _write(told: dict[str, Any], name: str, today: date) -> None:
    told |= {
        "date": today.isoformat(),
        "machine": {"processors": os.cpu_count(), "kind": platform.machine(), "python": platform.python_version()},
    }
    simple = (f"{key:24}{value}" for key, value in told.items() if isinstance(value, float | int))
    print("\n" + "\n".join(simple))
    path = BUILD / f"{name}.json"
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    picture = draw(told["ratio_p50"], BUILD / f"{name}.svg")
    print(f"\nWritten to {path.relative_to(ROOT)} and {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
