"""Keys at an address of an EHR: new ones are noticed, names that do not exist cost nothing, and a slow or broken EHR
costs a call at most two seconds and nobody else anything. Over real HTTP; only time is made up.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from requests.exceptions import ConnectionError

from cds_service import key_source
from cds_service.key_source import FRESH, PAUSE, STALE, BadKeys, KeySource, download, from_file, from_url
from tests.auth.ehr import KeyServer, ec, jwks, key_server, rsa

OLD, NEW = ec("old"), ec("new")


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call waits as long as it takes, except where the waiting itself is tested."""
    monkeypatch.setattr(key_source, "PATIENCE", 60.0)


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server(jwks(OLD)) as running:
        yield running


def source(server: KeyServer, clock: Clock | None = None) -> KeySource:
    return KeySource("north", lambda: from_url(server.url), None, clock or Clock())


def knows(keys: KeySource, kid: str) -> bool:
    return keys.find(kid, "ES384") is not None


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nothing_is_asked_before_a_call_needs_it(server: KeyServer) -> None:
    keys = source(server)
    assert server.asked == 0
    assert knows(keys, "old")
    assert keys.find("old", "RS384") is None
    assert server.asked == 1
    assert all(knows(keys, "old") for _ in range(100))
    assert server.asked == 1


def test_an_ehr_that_is_down_at_the_start_is_asked_again(server: KeyServer) -> None:
    clock = Clock()
    server.status = 503
    keys = source(server, clock)
    assert not knows(keys, "old")
    server.status = 200
    assert not knows(keys, "old")  # too early
    clock.now += PAUSE
    assert knows(keys, "old")
    assert server.asked == 2


def test_a_new_key_is_noticed_and_the_withdrawn_one_ends(server: KeyServer) -> None:
    clock = Clock()
    keys = source(server, clock)
    assert knows(keys, "old")
    server.body = jwks(NEW)
    clock.now += PAUSE
    assert knows(keys, "new")
    assert not knows(keys, "old")
    assert server.asked == 2


def test_names_that_do_not_exist_cause_no_flood(server: KeyServer) -> None:
    clock = Clock()
    keys = source(server, clock)
    for second in range(300):
        clock.now = 1000.0 + second
        assert not knows(keys, f"made-up-{second}")
        assert knows(keys, "old")
    assert server.asked == 300 / PAUSE


def test_many_calls_at_once_ask_once(server: KeyServer) -> None:
    keys = source(server)
    server.silent_for = 0.3
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: knows(keys, "old"), range(16)))
    assert server.asked == 1


def test_a_withdrawn_key_ends_within_the_hour_without_keeping_a_call(server: KeyServer) -> None:
    clock = Clock()
    keys = source(server, clock)
    assert knows(keys, "old")
    server.body, server.silent_for = jwks(NEW), 3.0
    clock.now += FRESH + 1
    began = time.monotonic()
    assert knows(keys, "old")  # still, while the new set is being read
    assert time.monotonic() - began < 2.5
    wait_for(lambda: not knows(keys, "old"))
    assert knows(keys, "new")
    assert server.asked == 2


def test_keys_that_cannot_be_read_again_are_believed_for_a_day(server: KeyServer) -> None:
    clock = Clock()
    keys = source(server, clock)
    assert knows(keys, "old")
    server.status = 500
    for _ in range(24):
        clock.now += 3600
        assert knows(keys, "old")
    wait_for(lambda: server.asked >= 2)
    clock.now = 1000.0 + STALE + 1
    assert not knows(keys, "old")
    server.status = 200
    clock.now += PAUSE
    assert knows(keys, "old")


def test_a_call_waits_two_seconds_and_no_longer(server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_source, "PATIENCE", 0.3)
    keys = source(server)
    server.silent_for = 10.0
    began = time.monotonic()
    assert not knows(keys, "old")
    assert time.monotonic() - began < 8


def wrong(**changes: Any) -> Callable[[KeyServer], None]:
    def change(server: KeyServer) -> None:
        for name, value in changes.items():
            setattr(server, name, value)

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (wrong(status=404), "status 404"),
        (wrong(status=204), "status 204"),
        (wrong(status=401), "status 401"),
        (wrong(status=302, headers={"Location": "/elsewhere.json"}), "status 302"),
        (wrong(status=307, headers={"Location": "http://169.254.169.254/"}), "status 307"),
        (wrong(body=b"<html>"), "not JSON"),
        (wrong(body=b'{"keys": []}'), "no key for signatures"),
        (wrong(body=jwks(ec("p", "P-256"))), "another curve|another algorithm|no key"),
        (wrong(body=jwks(OLD).ljust(key_source.LARGEST + 1)), "too long or too slow"),
        (wrong(body=jwks(OLD).ljust(key_source.LARGEST + 1), chunked=True), "too long or too slow"),
        (wrong(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b\x08\x00"), "not JSON"),
        (wrong(headers={"Content-Length": "999999"}), "IncompleteRead|ProtocolError|not JSON"),
    ],
)
def test_an_answer_that_is_none(
    server: KeyServer, change: Callable[[KeyServer], None], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(server)
    with pytest.raises((BadKeys, OSError), match=why):
        from_url(server.url)
    assert not knows(source(server), "old")
    assert server.asked == 2  # nobody followed anything
    assert "keys of client north not read" in caplog.text
    assert server.url not in caplog.text


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_drips(server: KeyServer, chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, the whole does not."""
    monkeypatch.setattr(key_source, "DEADLINE", 0.5)
    server.drip, server.chunked = 0.05, chunked
    began = time.monotonic()
    with pytest.raises(BadKeys, match="too slow"):
        download(server.url)
    assert time.monotonic() - began < 10


def test_nobody_answers() -> None:
    with key_server() as gone:
        url = gone.url
    with pytest.raises(ConnectionError, match="refused"):
        download(url)
    keys = KeySource("north", lambda: from_url(url))
    assert not knows(keys, "old")


def test_no_secret_of_ours_is_sent(server: KeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.headers = {"Set-Cookie": "a=b"}
    for _ in range(2):
        download(server.url)
    assert not any({"Authorization", "Cookie"} & set(headers) for headers in server.seen)


def test_of_a_set_of_others_the_good_keys_are_used(server: KeyServer, caplog: pytest.LogCaptureFixture) -> None:
    leaked = ec("leaked").as_dict(private=True)
    members = [*json.loads(jwks(OLD, rsa("r"), ec("p", "P-256")))["keys"], leaked]
    server.body = json.dumps({"keys": members}).encode()
    server.chunked = True
    assert set(from_url(server.url)) == {("old", "ES384"), ("r", "RS384")}
    assert "key 4 holds a PRIVATE or secret key" in caplog.text
    assert leaked["d"] not in caplog.text


def test_a_file_is_read_again_too(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "keys.json"
    file.write_bytes(jwks(OLD))
    keys = KeySource("north", lambda: from_file(file), from_file(file), clock)
    assert knows(keys, "old")
    file.write_bytes(jwks(NEW))
    assert knows(keys, "new")
    assert not knows(keys, "old")
    file.unlink()
    clock.now += FRESH + 1
    assert knows(keys, "new")
    with pytest.raises(OSError, match="No such file"):
        from_file(file)


def test_what_is_read_is_logged_without_any_key(server: KeyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "osteohooks")
    assert knows(source(server), "old")
    assert "keys of client north read" in caplog.text
    assert OLD.as_dict(private=False)["x"] not in caplog.text
