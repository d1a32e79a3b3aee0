"""``python -m benchmarks.log [DATABASE]``: what remembering costs a call, as a part of the call itself.

DATABASE is a URL of an empty database, by default a new SQLite file. What the request waits for is apart from what the
thread does behind it: the thread's work costs processor time, and the user none.
"""

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from benchmarks.split import WARM_UP
from benchmarks.workload import SERVICE, body
from cds_service import pipeline
from cds_service.clients import DEVELOPMENT, Caller
from cds_service.store import migrate
from cds_service.store.entries import Answered
from cds_service.store.keys import Ring
from cds_service.store.store import Store, open_store
from hooks.limits import DEFAULT_EDITION
from hooks.request import HookRequest
from hooks.services import services

OBSERVATIONS, CALLS = 20, 300
CALLER = Caller(DEVELOPMENT)
RECALL, WRITE = "recall what was said", "write the call down"


class Bench:
    """One store and one call, asked again and again."""

    def __init__(self, store: Store) -> None:
        today = date.today()
        self._store = store
        self._service = next(service for service in services() if service.id == SERVICE)
        self._parts = pipeline.build_parts(lambda: today, DEFAULT_EDITION)
        self._body = body(OBSERVATIONS, today)
        self.call = HookRequest.parse(self._body, self._service.hook)
        self.whose = store.whose(self.call, CALLER)
        self.today = today

    def ask(self) -> pipeline.Reply:
        """Parse and advise, without any memory."""
        call = HookRequest.parse(self._body, self._service.hook)
        return pipeline.advise(call, self._service, self._parts, "en")

    def note(self, reply: pipeline.Reply) -> None:
        """What a call does after its answer is known."""
        at = datetime.now(UTC)
        self._store.memory.keep(self.whose, reply.memos, self.today)
        self._store.decisions.note(Answered(CALLER, SERVICE, self.call, self.whose, reply, at, 0.001))

    def recall(self) -> None:
        """What a call does before it thinks."""
        self._store.memory.recall(self._store.whose(self.call, CALLER), self.today)

    def use_token(self) -> None:
        """What an authenticated call does before everything."""
        self._store.tokens.first_use("iss", str(uuid4()), datetime.now(UTC) + timedelta(minutes=5))


def measure(url: str | None = None) -> tuple[float, dict[str, float]]:
    """Seconds of a call without any memory, and of each thing that remembering adds to it."""
    with TemporaryDirectory() as folder:
        store = open_store(url or f"sqlite:///{folder}/bench.sqlite3", Ring("benchmark " * 4), Path(folder))
        migrate.upgrade(store.database)
        bench = Bench(store)
        whole = _seconds(bench.ask, CALLS // 3, time.thread_time)  # other work on the machine does not count
        replies = [bench.ask() for _ in range(CALLS)]  # each with cards of its own
        gc.collect()
        gc.freeze()
        each = iter(replies)
        parts = {
            RECALL: _seconds(bench.recall, CALLS),
            WRITE: _seconds(lambda: bench.note(next(each)), CALLS - WARM_UP),
            "use a token": _seconds(bench.use_token, CALLS),
        }
        store.flush(60)
        parts["thread, processor time"] = _behind(store, bench, replies)
        store.close()
    return whole, parts


def main(url: str | None) -> None:
    """Measure and print."""
    whole, parts = measure(url)
    print(f"one call: {whole * 1e3:.2f} ms\n")
    for name, seconds in parts.items():
        print(f"{name:26}{seconds * 1e6:8.0f} us{seconds / whole:8.1%}")


def _behind(store: Store, bench: Bench, replies: list[pipeline.Reply]) -> float:
    """Processor seconds a call costs the thread, when there are many calls."""
    again = [_renamed(reply) for reply in replies]
    before = time.process_time() - time.thread_time()
    for reply in again:
        bench.note(reply)
    store.flush(60)
    return (time.process_time() - time.thread_time() - before) / len(again)


def _renamed(reply: pipeline.Reply) -> pipeline.Reply:
    shown = tuple(
        replace(one, made=replace(one.made, card=one.made.card.model_copy(update={"uuid": uuid4()})))
        for one in reply.shown
    )
    return replace(reply, shown=shown)


def _seconds(function: Callable[[], object], calls: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Median seconds of a call."""
    for _ in range(WARM_UP):
        function()
    taken = []
    for _ in range(calls - WARM_UP):
        start = clock()
        function()
        taken.append(clock() - start)
    return median(taken)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
