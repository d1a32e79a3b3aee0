"""What was measured, as tables for people."""

from collections.abc import Iterable, Mapping

from benchmarks.crowd import CONNECTIONS
from benchmarks.race import Lane, Race
from benchmarks.split import shares
from benchmarks.workload import SIZES

Splits = Mapping[int, dict[str, float]]
Crowds = dict[tuple[str, int, int], tuple[Lane, float]]


def show_races(races: Iterable[Race], workers: int) -> None:
    """The service over the floor, by size."""
    print(f"\nService over floor, workers: {workers}, one call at a time; ms in brackets: service / floor\n")
    print(f"{'results':>8}{'body kB':>9}{'pairs':>7}{'p50':>25}{'p99':>25}{'server CPU per call':>25}")
    for one in races:
        ours, floor = one.service, one.floor
        pairs = (ours.p50, floor.p50), (ours.p99, floor.p99), (ours.cpu_per_call, floor.cpu_per_call)
        cells = "".join(f"{f'{a / b:.2f} ({a * 1e3:.2f} / {b * 1e3:.2f})':>25}" for a, b in pairs)
        print(f"{one.observations:>8}{one.body_bytes / 1000:>9.0f}{len(ours.seconds):>7}{cells}")


def show_splits(splits: Splits) -> None:
    """The stages of a call, by size."""
    stages = list(next(iter(splits.values())))
    print("\nWhere a call's time goes, without HTTP; ms in brackets\n")
    print(f"{'results':>8}" + "".join(f"{stage:>15}" for stage in stages))
    for size, seconds in splits.items():
        parts = shares(seconds)
        cells = (f"{parts[stage]:.0%} ({seconds[stage] * 1e3:.3f})" for stage in stages)
        print(f"{size:>8}" + "".join(f"{cell:>15}" for cell in cells))


def show_crowds(crowds: Crowds) -> None:
    """How long the slowest wait, and how many are served."""
    print(f"\nMany callers, {SIZES[1]} results\n")
    print(f"{'':>20}" + "".join(f"{f'{many} connections':>32}" for many in CONNECTIONS))
    for name, workers in dict.fromkeys((name, workers) for name, workers, _ in crowds):
        told = (crowds[name, workers, many] for many in CONNECTIONS)
        cells = (f"p99/p50 {lane.p99 / lane.p50:.1f}, {rate:.0f} calls/s" for lane, rate in told)
        print(f"{f'{name}, {workers} workers':>20}" + "".join(f"{cell:>32}" for cell in cells))
