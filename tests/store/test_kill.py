"""Kill -9 in the middle of load: what was acknowledged is there, the chains hold, no token is believed twice."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from cds_service.store.chain import CALLS, FEEDBACK
from cds_service.store.keys import Ring
from cds_service.store.schema import calls, feedback
from cds_service.store.store import open_store
from cds_service.store.verify import verify
from tests.store.answers import body
from tests.store.test_writer import until

ROOT = Path(__file__).parents[2]
ROUNDS, ENOUGH, CLIENTS = 2, 25, 4
PATIENCE = 60


@dataclass
class Acknowledged:
    """What the service has answered with success."""

    calls: set[str] = field(default_factory=set)
    reports: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)


@contextlib.contextmanager
def gunicorn(url: str, state: Path, log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Two workers with four threads each, in a process group of their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "-m",
        "gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        "2",
        "--threads",
        "4",
        "--preload",
        "--no-control-socket",
    ]
    with log.open("ab") as words:
        process = subprocess.Popen(
            [sys.executable, *command, "tests.store.hammered:serve()"],
            cwd=ROOT,
            env=os.environ | {"HAMMER_URL": url, "HAMMER_STATE": str(state)},
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
        try:
            until(lambda: answers(port) or process.poll() is not None, PATIENCE)
            assert process.poll() is None, log.read_text()
            yield port, process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int) -> bool:
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        try:
            ask(connection, "GET", "/livez", b"")
        except (OSError, HTTPException):
            return False
        return True


def ask(connection: HTTPConnection, method: str, path: str, sent: bytes) -> Any:
    """The answer; an error unless it was a success."""
    connection.request(method, path, sent, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise HTTPException(f"{response.status}: {answer!r}")
    return json.loads(answer)


def hammer(port: int, done: Acknowledged, refused: list[str]) -> None:
    """Call, report and use tokens until the service is gone."""
    template = body()
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        while True:
            call = json.loads(template) | {"hookInstance": str(uuid4())}
            shown = ask(connection, "POST", "/cds-services/bone-order-sign", json.dumps(call).encode())["cards"]
            done.calls.add(call["hookInstance"])
            jti = str(uuid4())
            assert ask(connection, "POST", "/token", jti.encode())["first"]
            done.tokens.add(jti)
            if shown:  # none once it was overridden for this order
                report = {
                    "card": random.choice(shown)["uuid"],
                    "outcome": "overridden",
                    "outcomeTimestamp": "2026-03-12T09:30:00Z",
                }
                assert (
                    ask(
                        connection,
                        "POST",
                        "/cds-services/bone-order-sign/feedback",
                        json.dumps({"feedback": [report]}).encode(),
                    )
                    == {}
                )
                done.reports.add(report["card"])
    except HTTPException as answer:
        if ":" in str(answer):
            refused.append(str(answer))  # an answer that says no, and not the end of the service
    except OSError:
        pass
    finally:
        connection.close()


def under_load(url: str, state: Path, log: Path, done: Acknowledged) -> None:
    """Start the service, load it, and kill it in the middle."""
    refused: list[str] = []
    with gunicorn(url, state, log) as (port, process):
        known = len(done.calls), len(done.reports)
        threads = [threading.Thread(target=hammer, args=(port, done, refused)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        until(lambda: refused or (len(done.calls) >= known[0] + ENOUGH and len(done.reports) > known[1] + 5), PATIENCE)
        time.sleep(random.uniform(0, 0.3))
        os.killpg(process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert refused == []


def test_nothing_that_was_acknowledged_is_lost(database_url: str, tmp_path: Path, ring: Ring) -> None:
    done, state, log = Acknowledged(), tmp_path / "state", tmp_path / "log"
    for _ in range(ROUNDS):
        under_load(database_url, state, log, done)
    store = open_store(database_url, ring, state)
    store.start()
    until(lambda: not list(store.journal.folder.glob("*.ndjson")), PATIENCE)
    with store.database.snapshot() as connection:
        assert verify(connection, ring, CALLS).entries >= len(done.calls)
        assert verify(connection, ring, FEEDBACK).entries >= len(done.reports)
        assert done.calls <= set(connection.scalars(select(calls.c.hook_instance)))
        assert done.reports <= set(connection.scalars(select(feedback.c.card)))
    soon = store.clock()
    assert [jti for jti in done.tokens if store.tokens.first_use("https://ehr.example.org", jti, soon)] == []
    assert len(done.calls) >= ROUNDS * ENOUGH
    store.close()
