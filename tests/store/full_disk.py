"""A program: the disk fills up and is emptied again, by a limit on the size of files, which only this process has."""

import os
import resource
import sys
import time
from pathlib import Path

from cds_service.store.keys import Ring
from cds_service.store.store import Store, open_store
from tests.store.answers import SECRET, thought_of


def note(store: Store, count: int) -> None:
    """Note calls, and say which; none may wait."""
    for each in thought_of(store, count):
        started = time.monotonic()
        store.decisions.note(each)
        assert time.monotonic() - started < 1
        os.write(1, f"noted {each.id}\n".encode())  # in one piece, whoever else writes


def main(url: str, state: str) -> None:
    """Note while there is room, while there is none, and again."""
    store = open_store(url, Ring(SECRET), Path(state))
    note(store, 2)
    assert store.flush(20)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    note(store, 8)
    time.sleep(0.5)
    health = store.healthy()
    assert not health.ok, health
    assert "journal" in str(health.reason), health
    assert health.lost == 0, health
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    note(store, 1)
    assert store.flush(30), store.healthy()
    while not store.healthy(ask=True).ok:
        time.sleep(0.1)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
