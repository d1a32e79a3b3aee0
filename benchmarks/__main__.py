"""``python -m benchmarks``: race the service against the floor, print a table, write build/bench.json (under a minute).

``python -m benchmarks --profile [OBSERVATIONS]`` prints instead which functions cost most, by default with 20.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import date

from benchmarks.race import Race, race, summaries
from benchmarks.servers import BUILD, ROOT, serving
from benchmarks.split import CALLS, InProcess, profile, shares, split
from benchmarks.workload import SIZES, body

Splits = Mapping[int, dict[str, float]]


def main(arguments: list[str]) -> None:
    """Run what the arguments ask for."""
    today = date.today()  # the day of the server's clock, which runs on this machine's time zone
    service = InProcess(today)
    if arguments[:1] == ["--profile"]:
        size = int(arguments[1]) if len(arguments) > 1 else SIZES[0]
        profile(service, body(size, today), 300)
        return
    bodies = {size: body(size, today) for size in SIZES}
    expected = summaries(service.answer(body(0, today)))
    races = _races(bodies, expected)
    splits = {size: split(service, sent, CALLS[size]) for size, sent in bodies.items()}
    _print_races(races)
    _print_splits(splits)
    _write(races, splits, today)


def _races(bodies: Mapping[int, bytes], expected: list[str]) -> list[Race]:
    with serving("service") as ours, serving("floor") as floor:
        return [race(size, sent, expected, ours, floor) for size, sent in bodies.items()]


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


def _write(races: list[Race], splits: Splits, today: date) -> None:
    ratios = {
        "ratio_p50": {str(r.observations): round(r.service.p50 / r.floor.p50, 3) for r in races},
        "ratio_p99": {str(r.observations): round(r.service.p99 / r.floor.p99, 3) for r in races},
        "ratio_cpu": {str(r.observations): round(r.service.cpu_per_call / r.floor.cpu_per_call, 3) for r in races},
        "p99_over_p50": {str(r.observations): round(r.service.p99 / r.service.p50, 3) for r in races},
        "split": {str(size): shares(seconds) for size, seconds in splits.items()},
        "pairs": {str(r.observations): len(r.service.seconds) for r in races},
        "date": today.isoformat(),
        "machine": {"processors": os.cpu_count(), "kind": platform.machine(), "python": platform.python_version()},
    }
    path = BUILD / "bench.json"
    path.write_text(json.dumps(ratios, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
