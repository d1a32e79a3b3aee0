"""The real gunicorn: several workers counting together, stopping gracefully, refusing what it cannot read."""

import json
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.operations import serving as ours
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.settings import Settings
from tests.operations.test_metrics import samples, value
from tests.service.test_server import PATIENCE, Server, serving

MAN = "lung-zol-clearance-42"
CALL = "/cds-services/bone-order-sign"


def exchange(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Raw bytes there and back, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_large_buffers_go_back_to_the_system() -> None:
    if not ours.give_back_memory():
        pytest.skip("only the C library of GNU can be asked for it")
    size = 32 << 20

    def held() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    bytearray(size)  # from here on the library would keep such memory
    before = held()
    for _ in range(2):
        one, other = bytearray(b"x") * size, bytearray(b"y") * size
        assert held() > before + size
        del one, other
    assert held() < before + size / 4


def lines_of(server: Server) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in server.written().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def pair() -> Iterator[Server]:
    with serving(OSTEOHOOKS_WORKERS="2", OSTEOHOOKS_THREADS="4", OSTEOHOOKS_REQUEST_TIMEOUT="2") as running:
        yield running


def test_two_workers_count_together(pair: Server) -> None:
    body = hook_request_bytes(scenario(MAN), date.today())
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: pair.get(CALL, body)[0], range(40)))
    assert statuses == [200] * 40
    pages = [samples(pair.get("/metrics")[2]) for _ in range(6)]
    told = {"service": "bone-order-sign", "status": "200", "client": "development"}
    assert {value(page, "requests_total", **told) for page in pages} == {40}
    assert {value(page, "findings_total", rule="ZOL-DOSE-01", status="fires") for page in pages} == {40}
    assert value(pages[0], "findings_total", rule="BRIDGE-01", status="fires") == 0
    assert len([1 for name, _ in pages[0] if name == "osteohooks_build_info"]) == 1


def test_the_log_is_json_lines_and_knows_nothing_of_the_patient(pair: Server) -> None:
    body = hook_request_bytes(scenario(MAN), date.today())
    assert pair.get(CALL, body)[0] == 200
    found = lines_of(pair)
    assert {"started", "library", "request"} <= {line["event"] for line in found}
    assert {"Booting worker with pid: " in str(line.get("said")) for line in found} == {True, False}
    assert not [line for line in found if "refused" in line or line["event"] == "unnamed"]
    assert "syn-" not in pair.written()
    assert json.loads(body)["hookInstance"] not in pair.written()


UNREADABLE = {
    "not HTTP": b"Dupont-1950\r\n\r\n",
    "a bad header name": b"GET /livez HTTP/1.1\r\nHost: x\r\nDupont 1950: y\r\n\r\n",
    "a bad header value": b"GET /livez HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer Dupont\x001950\r\n\r\n",
    "a bad method": b"D@PONT /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad version": b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
    "two lengths": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "an unknown coding": b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Dupont\r\n\r\n",
    "a bad chunk": b"POST /cds-services/bone-order-sign HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nDupont\r\n",
    "a long address": b"GET /" + b"Dupont" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"Dupont" * 2000 + b"\r\n\r\n",
    "many headers": b"GET /livez HTTP/1.1\r\n" + b"".join(b"X%d: Dupont\r\n" % n for n in range(500)) + b"\r\n",
    "an expectation": b"POST /livez HTTP/1.1\r\nHost: x\r\nExpect: Dupont\r\n\r\n",
}


@pytest.mark.parametrize("sent", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_the_server_cannot_read_is_an_operation_outcome_too(pair: Server, sent: bytes) -> None:
    head, _, body = exchange(pair.port, sent).partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert 400 <= status < 500, head
    assert b"application/json" in head
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert b"Dupont" not in head + body
    assert "Dupont" not in pair.written()


def test_whoever_sends_too_slowly_is_cut_off_and_holds_up_nobody(pair: Server) -> None:
    """More slow callers than there are threads, each dripping a body; the others are answered meanwhile."""
    head = (
        b"POST "
        + CALL.encode()
        + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    )
    stop, replies = threading.Event(), []

    def drip() -> None:
        with socket.create_connection(("127.0.0.1", pair.port), timeout=PATIENCE) as connection:
            connection.sendall(head)
            try:
                for _ in range(100):
                    connection.sendall(b" ")
                    if stop.wait(0.2):
                        break
            except OSError:
                pass  # cut off, as it should be
            replies.append(connection.recv(100))

    threads = [threading.Thread(target=drip) for _ in range(10)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    while len(replies) < 10 and time.monotonic() < end:
        assert pair.get("/livez")[0] == 200
        time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(replies) == 10
    assert all(reply.startswith(b"HTTP/1.1 400") or reply == b"" for reply in replies), replies
    assert pair.get("/readyz")[0] == 200


def test_calls_under_way_are_finished_before_it_stops() -> None:
    """Several connections, on two workers, each in the middle of its body when SIGTERM comes."""
    with serving(OSTEOHOOKS_WORKERS="2") as running:
        body = hook_request_bytes(scenario(MAN), date.today())
        head = (
            f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connections = [socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) for _ in range(6)]
        for connection in connections:
            connection.sendall(head.encode() + body[:-50])
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        for connection in connections:
            connection.sendall(body[-50:])
        replies = [b"".join(iter(lambda c=connection: c.recv(65536), b"")) for connection in connections]
        for connection in connections:
            connection.close()
        assert [reply.split()[1] for reply in replies] == [b"200"] * 6
        assert all(b'"cards":[{' in reply for reply in replies)
        assert running.process.wait(PATIENCE) == 0
        assert "Traceback" not in running.written()


def folders() -> set[str]:
    return {str(path) for place in {"/dev/shm", tempfile.gettempdir()} for path in Path(place).glob("osteohooks-*")}


def test_the_folder_of_counts_is_taken_away_at_the_end() -> None:
    with serving(OSTEOHOOKS_WORKERS="2") as running:
        assert running.get("/metrics")[0] == 200
        own = {each for each in folders() if list(Path(each).glob(f"*_{running.process.pid}.db"))}
        assert len(own) == 1
    assert not own & folders()


def test_counts_outlive_the_worker_that_counted(tmp_path: Path) -> None:
    """A worker is killed; its counts stay, and another one takes its place."""
    (tmp_path / "counter_1.db").write_bytes(b"of a former run")
    with serving(OSTEOHOOKS_WORKERS="2", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)) as running:
        for _ in range(20):
            assert running.get("/cds-services")[0] == 200
        pids = {int(path.stem.split("_")[-1]) for path in tmp_path.glob("counter_*.db")} - {running.process.pid}
        assert 1 not in pids
        os.kill(pids.pop(), signal.SIGKILL)
        time.sleep(1.5)
        page = samples(running.get("/metrics")[2])
        assert value(page, "requests_total", service="none", status="200", client="none") >= 20
        assert running.get("/readyz")[0] == 200


def test_a_worker_is_replaced_after_its_share_of_requests() -> None:
    with serving(OSTEOHOOKS_MAX_REQUESTS="10", OSTEOHOOKS_KEEPALIVE="0") as running:
        assert {running.get("/livez")[0] for _ in range(60)} == {200}
        started = [line for line in lines_of(running) if "Booting worker" in str(line.get("said"))]
        assert len(started) >= 3


# ---- options ---------------------------------------------------------------------------------------------------------


def test_options_come_from_the_settings() -> None:
    settings = Settings(workers=3, threads=5, keepalive=7, grace=11, max_requests=1000, port=8099)
    options = ours.options(settings, lambda: None)
    assert options.items() >= {
        "bind": "127.0.0.1:8099", "workers": 3, "threads": 5, "keepalive": 7, "graceful_timeout": 11,
        "max_requests": 1000, "max_requests_jitter": 100, "accesslog": None,
    }.items()  # fmt: skip


def test_one_worker_counts_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    ours.share_counts(Settings(workers=1))
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_a_worker_is_told_its_limits_and_begins() -> None:
    begun = []

    class Stub:
        request_timeout = 0.0

    options = ours.options(Settings(request_timeout=7), lambda: begun.append(1))
    worker = Stub()
    options["post_worker_init"](worker)
    assert (worker.request_timeout, begun) == (7, [1])
