"""The real server: ``osteohooks serve`` in a process of its own, asked over HTTP as the README does it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from cds_service.server import run
from cds_service.settings import Settings

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from cds_service.cli import main; main(prog_name='osteohooks')", "serve"]
PATIENCE = 60.0  # seconds; a busy machine may need them
MAN = "lung-zol-clearance-42"


@dataclass(frozen=True)
class Server:
    """A running server, its address and what it has written."""

    process: subprocess.Popen[bytes]
    url: str
    port: int
    log: IO[bytes]

    def written(self) -> str:
        self.log.seek(0)
        return self.log.read().decode()

    def get(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self.url + path, data=body, headers=sent | names)
        try:
            with urlopen(request, timeout=PATIENCE) as reply:
                return reply.status, dict(reply.headers), reply.read()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, dict(refusal.headers), refusal.read()

    def cards(self, service: str, body: bytes, **headers: str) -> list[Any]:
        status, _, answer = self.get(f"/cds-services/{service}", body, **headers)
        assert status == 200, answer
        cards: list[Any] = json.loads(answer)["cards"]
        return cards


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OSTEOHOOKS_", "COV_CORE_"))}
    return clean | {"PYTHONPATH": str(ROOT)} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(**settings: str) -> Iterator[Server]:
    port = free_port()
    with TemporaryFile() as log, TemporaryDirectory() as state:
        command = [*COMMAND, "--port", str(port)]
        settings.setdefault("OSTEOHOOKS_STATE_DIR", state)
        process = subprocess.Popen(command, cwd=ROOT, env=environment(**settings), stdout=log, stderr=log)
        server = Server(process, f"http://127.0.0.1:{port}", port, log)
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_it_answers(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.process.poll() is not None:
            raise AssertionError(f"the server stopped: {server.written()}")
        with suppress(URLError, ConnectionError):
            assert server.get("/livez")[0] == 200
            return
        time.sleep(0.05)
    raise AssertionError("the server did not answer in time")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def test_discovery(server: Server) -> None:
    status, headers, body = server.get("/cds-services", Origin="https://ehr.example.org")
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    services = json.loads(body)["services"]
    assert {(each["id"], each["hook"]) for each in services} == {
        ("bone-order-sign", "order-sign"),
        ("bone-order-select", "order-select"),
        ("bone-patient-view", "patient-view"),
        ("bone-encounter-discharge", "encounter-discharge"),
        ("bone-appointment-book", "appointment-book"),
        ("bone-medication-refill", "medication-refill"),
    }
    for each in services:
        assert each["prefetch"]["patient"] == "Patient/{{context.patientId}}"
        assert all(len(template) < 4096 for template in each["prefetch"].values())


def test_a_shipped_request_gets_its_cards_today(server: Server) -> None:
    """``curl .../sandbox/requests/ID | curl --json @- .../cds-services/bone-order-sign``."""
    _, _, body = server.get(f"/sandbox/requests/{MAN}")
    dose, mouth = server.cards("bone-order-sign", body)
    assert dose["indicator"] == "warning"
    assert "3.3 mg" in dose["summary"]
    assert dose["suggestions"][0]["actions"][0]["type"] == "update"
    codes = [action["resource"]["resourceType"] for action in mouth["suggestions"][0]["actions"]]
    assert codes == ["ServiceRequest", "ServiceRequest"]


def test_the_same_in_french(server: Server) -> None:
    _, _, body = server.get(f"/sandbox/requests/{MAN}")
    dose, mouth = server.cards("bone-order-sign", body, Accept_Language="fr-FR,fr;q=0.9")
    assert "3,3 mg" in dose["summary"]
    assert "dentaire" in mouth["summary"]


def test_every_shipped_request_is_answered(server: Server) -> None:
    listed = json.loads(server.get("/sandbox/requests")[2])["scenarios"]
    assert len(listed) >= 16
    silent = set()
    for each in listed:
        status, _, body = server.get(each["request"])
        assert status == 200
        if not server.cards(each["service"], body):
            silent.add(each["id"])
    assert silent == {
        "lung-stereotactic-all-clear",
        "lung-zol-all-clear",
        "lung-zol-renewal-monthly",
        "osteoporosis-aclasta-no-cancer",
        "osteoporosis-prolia-no-cancer",
        "breast-long-history",
        "lung-vitamin-d-course-complete",
        "lung-board-request-complete",
        "lung-cementoplasty-all-clear",
        "lung-cord-compression-under-way",
        "lung-xgeva-vitamin-d-test-drafted",
        "lung-zol-two-years-reviewed",
    }


def test_a_connection_serves_several_calls(server: Server) -> None:
    _, _, body = server.get(f"/sandbox/requests/{MAN}")
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        for _ in range(3):
            connection.request("POST", "/cds-services/bone-order-sign", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            assert reply.status == 200
            assert len(json.loads(reply.read())["cards"]) == 2
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/cds-services/bone-order-sign", b"{", 400),
        ("/cds-services/bone-order-sign", b"\xff\xfe", 400),
        ("/cds-services/nobody", b"{}", 404),
        ("/sandbox/requests/nobody", None, 404),
        ("/elsewhere", None, 404),
    ],
)
def test_refusals_are_operation_outcomes(server: Server, path: str, body: bytes | None, status: int) -> None:
    told, headers, answer = server.get(path, body)
    assert told == status
    assert headers["Content-Type"] == "application/json"
    assert json.loads(answer)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_what_it_is_doing_and_stops(stop: signal.Signals) -> None:
    """A call that is under way when the signal comes is answered; then the process ends by itself, without a fault."""
    with serving() as running:
        _, _, body = running.get(f"/sandbox/requests/{MAN}")
        connection = HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
        connection.putrequest("POST", "/cds-services/bone-order-sign")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:-100])
        time.sleep(0.3)
        running.process.send_signal(stop)
        time.sleep(0.3)
        connection.send(body[-100:])
        reply = connection.getresponse()
        assert (reply.status, len(json.loads(reply.read())["cards"])) == (200, 2)
        connection.close()
        assert running.process.wait(PATIENCE) == 0
        assert "Traceback" not in running.written()
        assert "syn-" not in running.written()  # nothing of a patient in the log


def refused_to_start(*arguments: str, **settings: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode not in (0, -9)
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_does_not_open_itself_to_other_machines_unasked(host: str) -> None:
    port = free_port()
    told = refused_to_start("--host", host, "--port", str(port))
    assert "OSTEOHOOKS_ALLOW_UNAUTHENTICATED" in told
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_an_address_that_is_taken_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Nothing can listen on 127.0.0.1:{port}: .*\n.*OSTEOHOOKS_PORT"):
            run(Settings(port=port, state_dir=tmp_path / "var"))
    assert not (tmp_path / "var").exists()


def test_asked_to_it_listens_elsewhere_and_has_no_sandbox() -> None:
    with serving(OSTEOHOOKS_HOST="0.0.0.0", OSTEOHOOKS_ALLOW_UNAUTHENTICATED="true") as running:
        assert running.get("/cds-services")[0] == 200
        assert running.get(f"/sandbox/requests/{MAN}")[0] == 404
        assert "Access-Control-Allow-Origin" not in running.get("/cds-services", Origin="https://ehr.example.org")[1]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"OSTEOHOOKS_EDITION": "aura-2031"}, "OSTEOHOOKS_EDITION"),
        ({"OSTEOHOOKS_LANGUAGES": "fr"}, "OSTEOHOOKS_LANGUAGE"),
        ({"OSTEOHOOKS_PORT": "many"}, "OSTEOHOOKS_PORT"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(settings: dict[str, str], named: str) -> None:
    assert named in refused_to_start(**settings)
