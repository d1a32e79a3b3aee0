"""``python -m benchmarks``: race the service against the floor; tables, build/bench.json and build/bench.svg.

``python -m benchmarks --profile [OBSERVATIONS]`` prints instead which functions cost most, by default with 20;
``--flame [OBSERVATIONS]`` draws the same as docs/benchmark-flame.svg, by default with 200.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Any

from benchmarks import flame
from benchmarks.crowd import CONNECTIONS, crowd
from benchmarks.latency import fetch_over_latency
from benchmarks.log import log_share
from benchmarks.plot import draw
from benchmarks.race import Lane, Race, race, summaries
from benchmarks.servers import BUILD, ROOT, serving
from benchmarks.split import CALLS, InProcess, profile, shares, split
from benchmarks.workload import SIZES, body

Splits = Mapping[int, dict[str, float]]
Crowds = dict[tuple[str, int, int], tuple[Lane, float]]


def main(arguments: list[str]) -> None:
    """Run what the arguments ask for."""
    today = date.today()  # the day of the server's clock, which runs on this machine's time zone
    if arguments[:1] == ["--flame"]:
        size = int(arguments[1]) if len(arguments) > 1 else SIZES[1]
        print(flame.draw(body(size, today), size, ROOT / "docs" / "benchmark-flame.svg").relative_to(ROOT))
        return
    service = InProcess(today)
    if arguments[:1] == ["--profile"]:
        size = int(arguments[1]) if len(arguments) > 1 else SIZES[0]
        profile(service, body(size, today), 300)
        return
    bodies = {size: body(size, today) for size in SIZES}
    expected = summaries(service.answer(body(0, today)))
    races, memory = _races(bodies, expected)
    crowds = _crowds(bodies[SIZES[1]])
    splits = {size: split(service, sent, CALLS[size]) for size, sent in bodies.items()}
    others = {
        "memory_mb": round(memory / 1e6),
        "fetch_over_latency": round(fetch_over_latency(today), 3),
        "log_share": round(log_share(), 3),
        "cold_start_cpu_s": round(_cold_start(), 2),
    }
    _print_races(races)
    _print_splits(splits)
    _print_crowds(crowds)
    print("\n" + "\n".join(f"{name:24}{value}" for name, value in others.items()))
    _write(races, splits, crowds, others, today)


def _races(bodies: Mapping[int, bytes], expected: list[str]) -> tuple[list[Race], int]:
    """The races, and the memory (bytes) of the service after the largest of them."""
    with serving("service") as ours, serving("floor") as floor:
        return [race(size, sent, expected, ours, floor) for size, sent in bodies.items()], ours.memory()


def _crowds(body: bytes) -> Crowds:
    """One size, by name of the server, workers and connections."""
    found: Crowds = {}
    for name, workers in (("service", 1), ("service", 2), ("floor", 1)):
        with serving(name, workers) as server:
            found |= {(name, workers, many): crowd(server, body, many) for many in CONNECTIONS}
    return found


def _cold_start() -> float:
    """Processor seconds until the service listens: the median of three starts."""
    taken = []
    for _ in range(3):
        with serving("service") as server:
            taken.append(server.cpu_seconds())
    return median(taken)


def _print_races(races: list[Race]) -> None:
    print("Service over floor, one worker, one call at a time; ms in brackets: service / floor\n")
    print(f"{'results':>8}{'body kB':>9}{'pairs':>7}{'p50':>25}{'p99':>25}{'server CPU per call':>25}")
    for one in races:
        ours, floor = one.service, one.floor
        pairs = (ours.p50, floor.p50), (ours.p99, floor.p99), (ours.cpu_per_call, floor.cpu_per_call)
        cells = "".join(f"{f'{a / b:.2f} ({a * 1e3:.2f} / {b * 1e3:.2f})':>25}" for a, b in pairs)
        print(f"{one.observations:>8}{one.body_bytes / 1000:>9.0f}{len(ours.seconds):>7}{cells}")


def _print_splits(splits: Splits) -> None:
    stages = list(next(iter(splits.values())))
    print("\nWhere a call's time goes, without HTTP; ms in brackets\n")
    print(f"{'results':>8}" + "".join(f"{stage:>15}" for stage in stages))
    for size, seconds in splits.items():
        parts = shares(seconds)
        cells = (f"{parts[stage]:.0%} ({seconds[stage] * 1e3:.3f})" for stage in stages)
        print(f"{size:>8}" + "".join(f"{cell:>15}" for cell in cells))


def _print_crowds(crowds: Crowds) -> None:
    print(f"\nMany callers, {SIZES[1]} results\n")
    print(f"{'':>20}" + "".join(f"{f'{many} connections':>32}" for many in CONNECTIONS))
    for name, workers in dict.fromkeys((name, workers) for name, workers, _ in crowds):
        told = (crowds[name, workers, many] for many in CONNECTIONS)
        cells = (f"p99/p50 {lane.p99 / lane.p50:.1f}, {rate:.0f} calls/s" for lane, rate in told)
        print(f"{f'{name}, {workers} workers':>20}" + "".join(f"{cell:>32}" for cell in cells))


def _per_observation(one: Race) -> float:
    return one.service.p50 / one.observations


def _write(races: list[Race], splits: Splits, crowds: Crowds, others: dict[str, float], today: date) -> None:
    by_size = {one.observations: one for one in races}
    eight, _ = crowds["service", 1, 8]
    ratios: dict[str, Any] = {
        "ratio_p50": {str(r.observations): round(r.service.p50 / r.floor.p50, 3) for r in races},
        "ratio_p99": {str(r.observations): round(r.service.p99 / r.floor.p99, 3) for r in races},
        "ratio_cpu": {str(r.observations): round(r.service.cpu_per_call / r.floor.cpu_per_call, 3) for r in races},
        "p99_over_p50": {str(r.observations): round(r.service.p99 / r.service.p50, 3) for r in races},
        "growth_200_to_20000": round(_per_observation(by_size[20000]) / _per_observation(by_size[200]), 3),
        "growth_2000_to_20000": round(_per_observation(by_size[20000]) / _per_observation(by_size[2000]), 3),
        "p99_over_p50_c8": round(eight.p99 / eight.p50, 3),
        "two_workers_rate_c8": round(crowds["service", 2, 8][1] / crowds["service", 1, 8][1], 3),
        **others,
        "split": {str(size): shares(seconds) for size, seconds in splits.items()},
        "pairs": {str(r.observations): len(r.service.seconds) for r in races},
        "date": today.isoformat(),
        "machine": {"processors": os.cpu_count(), "kind": platform.machine(), "python": platform.python_version()},
    }
    path = BUILD / "bench.json"
    path.write_text(json.dumps(ratios, indent=2) + "\n", encoding="utf-8")
    picture = draw(ratios["ratio_p50"], BUILD / "bench.svg")
    print(f"\nWritten to {path.relative_to(ROOT)} and {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
