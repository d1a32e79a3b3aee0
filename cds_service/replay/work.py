"""What one worker does with one piece of the source, and with one group of patients. The same on every engine."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from cds_service.replay.envelopes import Record
from cds_service.replay.judging import Judge, Shelf
from cds_service.replay.lines import Line, Unreadable
from cds_service.replay.plan import BASE, OTHER, Plan
from cds_service.replay.routing import Router
from cds_service.replay.tables import packed_all

Aside = tuple[str, str, str, int, bytes | None]
"""A line set aside, in the order of `tables.ASIDE`."""


class Tally(msgspec.Struct):
    """What a piece held: counts by what became of it, and the resource types that came."""

    counts: dict[str, int] = {}
    types: list[str] = []

    def add(self, other: "Tally") -> None:
        """Both together."""
        self.counts = dict(sorted((Counter(self.counts) + Counter(other.counts)).items()))
        self.types = sorted({*self.types, *other.types})


class Answered(msgspec.Struct):
    """What was said about a group of patients: tables as Arrow streams, and counts."""

    tables: dict[str, bytes]
    counts: dict[str, int]


def scan(
    plan: Plan,
    name: str,
    lines: Iterable[Line],
    keep: Callable[[Record], None],
    aside: Callable[[Aside], None],
    after: Callable[[], None] = lambda: None,
) -> Tally:
    """Route every line of a file. ``after`` is called after each, so that what has come can be let go."""

    def set_aside(line: bytes, why: str) -> None:
        aside((name, hashlib.sha256(line).hexdigest(), why, len(line), line))

    router = Router(judge(plan).wanted, keep, set_aside)
    for line in lines:
        if isinstance(line, Unreadable):
            router.counts[f"set aside: {line.why}"] += 1
            aside((name, line.sha256, line.why, line.length, None))
        else:
            router.take(line)
        after()
    return Tally(router.tally(), sorted(router.types))


def answer(plan: Plan, types: Iterable[str], patients: Iterable[tuple[str, list[Record]]], shelf: Shelf) -> Answered:
    """Ask about each patient, in the order given."""
    asking, names = judge(plan, tuple(sorted(types))), tables_of(plan)
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in names}
    counts: Counter[str] = Counter()
    for patient, records in patients:
        found = asking.rows(patient, records, shelf)
        for name in names:
            rows[name].extend(found.get(name, ()))
        (duplicates, superseded), *_ = found["counts"]
        counts.update({"patients": 1, "duplicates": duplicates, "superseded": superseded})
    for row in rows[f"{BASE}-calls"]:
        counts["calls"] += 1
        if row[-2] is not None:
            counts[f"calls {row[-2].partition(':')[0]}"] += 1
    return Answered(packed_all(rows, names), dict(counts))


def tables_of(plan: Plan) -> tuple[str, ...]:
    """The tables of a plan: findings and calls of each side."""
    return tuple(f"{side}{part}" for side, _ in zip((BASE, OTHER), plan.sides, strict=False) for part in ("", "-calls"))


def by_patient(plan: Plan, records: Iterable[Record]) -> Iterator[tuple[str, list[Record]]]:
    """The records of each patient, in the order of their keyed hashes."""
    held: dict[str, list[Record]] = {}
    for one in records:
        held.setdefault(one.patient, []).append(one)
    for patient in sorted(held, key=lambda name: (plan.key(name), name)):
        yield patient, held.pop(patient)


@lru_cache(maxsize=4)
def judge(plan: Plan, types: tuple[str, ...] = ()) -> Judge:
    """Made once in every process."""
    return Judge(plan, types)
