"""A program: a store is used before a fork, in the child and in the parent, as gunicorn's master and workers do."""

import os
import sys
from pathlib import Path

from cds_service.store.keys import Ring
from cds_service.store.store import Store, open_store
from tests.store.answers import SECRET, thought_of


def note(store: Store) -> None:
    """Note three calls, and say which."""
    for each in thought_of(store, 3):
        store.decisions.note(each)
        os.write(1, f"noted {each.id}\n".encode())  # in one piece, whoever else writes


def main(url: str, state: str) -> None:
    """Fork twice; one child ends in order, the other one as if it were killed."""
    store = open_store(url, Ring(SECRET), Path(state))
    note(store)
    thought_of(store, 1)
    for orderly in (True, False):
        pid = os.fork()
        if pid == 0:
            note(store)
            if orderly:
                assert store.flush(20)
            os._exit(0)
        note(store)
        _, status = os.waitpid(pid, 0)
        assert status == 0, status
    assert store.flush(20)
    assert store.healthy(ask=True).ok, store.healthy()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
