"""Many callers at once: how long the slowest wait when 1, 8 or 64 connections post the same body to one server."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.race import Caller, Lane
from benchmarks.servers import Server

CONNECTIONS = (1, 8, 64)
CALLS = 640  # in all, whatever the number of connections
WARM_UP = 5


def crowd(server: Server, body: bytes, connections: int, calls: int = CALLS) -> tuple[Lane, float]:
    """What each call took (s), and how many calls a second were answered."""
    ready = threading.Barrier(connections + 1)

    def post(calls: int) -> list[float]:
        caller = Caller(server, body)
        try:
            for _ in range(WARM_UP):
                caller.call()
            ready.wait()
            return [caller.call()[0] for _ in range(calls)]
        finally:
            caller.close()

    lane = Lane()
    with ThreadPoolExecutor(connections) as pool:
        posting = [pool.submit(post, calls // connections) for _ in range(connections)]
        ready.wait()
        start, before = time.perf_counter(), server.cpu_seconds()
        for each in posting:
            lane.seconds += each.result()
        taken = time.perf_counter() - start
    lane.cpu = server.cpu_seconds() - before
    return lane, len(lane.seconds) / taken
