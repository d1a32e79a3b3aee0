"""Where the time of one call goes, without HTTP: parse, build the record, evaluate, show, write the answer.

The stages are timed inside the real pipeline, by putting a clock around the functions that it calls: a copy of its
steps could drift from it.
"""

import cProfile
import gc
import pstats
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks.workload import SERVICE
from cds_service import asking, pipeline
from hooks.limits import DEFAULT_EDITION
from hooks.request import HookRequest
from hooks.response import to_wire
from hooks.services import services

STAGES = {"build": (pipeline, "build_record"), "evaluate": (asking, "ask"), "show": (pipeline, "compose")}
"""Stage → where the function that does it is called from; ``parse``, ``write`` and ``rest`` are around them."""

CALLS = {20: 400, 200: 200, 2000: 60, 20000: 8}
WARM_UP = 20


class InProcess:
    """The service without its server: bytes in, bytes out."""

    def __init__(self, day: date) -> None:
        self._parts = pipeline.build_parts(lambda: day, DEFAULT_EDITION)
        self._service = next(service for service in services() if service.id == SERVICE)

    def answer(self, body: bytes) -> bytes:
        """What the service would send."""
        return self.timed_answer(body, {})

    def timed_answer(self, body: bytes, spent: dict[str, float]) -> bytes:
        """The same, and note the seconds of ``parse``, ``advise`` and ``write``."""
        start = time.perf_counter()
        call = HookRequest.parse(body, self._service.hook)
        parsed = time.perf_counter()
        reply = pipeline.advise(call, self._service, self._parts, "en")
        advised = time.perf_counter()
        sent = to_wire(reply.cards)
        spent |= {"parse": parsed - start, "advise": advised - parsed, "write": time.perf_counter() - advised}
        return sent


def split(service: InProcess, body: bytes, calls: int) -> dict[str, float]:
    """Median seconds of each stage over so many calls."""
    taken: list[dict[str, float]] = []
    settle(service, body)
    spent: dict[str, float] = {}
    with ExitStack() as clocks:
        for stage, (module, name) in STAGES.items():
            clocks.enter_context(patch.object(module, name, clocked(getattr(module, name), stage, spent)))
        for _ in range(calls):
            spent.clear()
            service.timed_answer(body, spent)
            taken.append(dict(spent))
    return _medians(taken)


def profile(service: InProcess, body: bytes, calls: int) -> None:
    """Print the functions that cost most: first by their own time, then with all that they call."""
    settle(service, body)
    with cProfile.Profile() as seen:
        for _ in range(calls):
            service.answer(body)
    told = pstats.Stats(seen).strip_dirs()
    told.sort_stats("tottime").print_stats(30)
    told.sort_stats("cumulative").print_stats(45)


def shares(seconds: dict[str, float]) -> dict[str, float]:
    """Each stage as a part of the whole."""
    whole = sum(seconds.values())
    return {stage: round(part / whole, 3) for stage, part in seconds.items()}


def settle(service: InProcess, body: bytes) -> None:
    """Fill every cache, and spare the garbage collector what stays."""
    for _ in range(WARM_UP):
        service.answer(body)
    gc.collect()
    gc.freeze()  # as the server does at its start


def clocked(function: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The function with a clock around it, which adds its seconds to ``spent[stage]``."""

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - start  # cards are composed twice

    return timed


def _medians(taken: Sequence[dict[str, float]]) -> dict[str, float]:
    for spent in taken:
        spent["rest"] = spent.pop("advise") - sum(spent[stage] for stage in STAGES)
    return {stage: median(spent[stage] for spent in taken) for stage in ("parse", *STAGES, "write", "rest")}
