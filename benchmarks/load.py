"""``python -m benchmarks.load [MINUTES]``: calls of all hooks by several tenants, with faults among them; for a minute,
or as many as are named.

Two workers answer eight callers, who sign each call. One call in ten is wrong in a way of its own, and must be refused
as it is meant to be. Told are the answers by kind, those that were unexpected, and what the workers' memory did.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count, cycle
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from benchmarks.servers import Server, serving
from cds_service.sandbox.scenarios import hook_request_bytes, scenarios
from cds_service.trial_keys import make_pair, make_token
from hooks.services import services

CALLERS, WORKERS, FAULTY = 8, 2, 10
ISSUER, PUBLIC = "https://ehr.load.example", "https://cds.load.example"
TENANTS = ("north", "south", "west")
PATIENTS = 12  # of the shipped ones, at every hook
CLIENTS = """
[client.load]
issuer = "{issuer}"
jwks_file = "load.jwks.json"
tenants = {tenants}
rate_limit = 1000000
"""
Call = tuple[str, str, bytes, bool, int]
"""What it is, the service, the body, whether it is signed, and the status it must get."""


@dataclass(slots=True)
class Seen:
    """What came of the calls."""

    answers: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def run(minutes: float) -> tuple[Seen, list[tuple[float, int]]]:
    """Load, and the memory of the largest process as time went by: (minutes, bytes)."""
    seen, memory, start = Seen(), list[tuple[float, int]](), time.monotonic()
    end = start + minutes * 60
    with TemporaryDirectory() as folder:
        private, _ = make_pair("load", Path(folder))
        clients = Path(folder) / "clients.toml"
        clients.write_text(CLIENTS.format(issuer=ISSUER, tenants=json.dumps(TENANTS)), encoding="utf-8")
        secret = Path(folder) / "secret"
        secret.write_text(token_hex(32), encoding="utf-8")
        secret.chmod(0o600)
        given = {"clients": str(clients), "public_url": PUBLIC, "secret_file": str(secret)}
        with serving("service", WORKERS, **given) as server:
            made = list(_calls())
            work = (
                threading.Thread(target=_call, args=(server, private, made, at, end, seen)) for at in range(CALLERS)
            )
            threads = list(work)
            for thread in threads:
                thread.start()
            while time.monotonic() < end:
                time.sleep(min(5.0, minutes * 10))
                memory.append(((time.monotonic() - start) / 60, server.memory_now()))
            for thread in threads:
                thread.join()
    return seen, memory


def _calls() -> Iterator[Call]:
    """Each service about each patient; after every so many of them one that is wrong."""
    today, number = date.today(), count(1)
    asked = [(service, patient) for patient in scenarios()[:PATIENTS] for service in services()]
    good = [(service.id, hook_request_bytes(patient, today, service.hook)) for service, patient in asked]
    wrong = cycle(_faults(*good[0]))
    for service, body in good:
        yield "answered", service, body, True, 200
        if next(number) % (FAULTY - 1) == 0:
            yield next(wrong)


def _faults(service: str, body: bytes) -> list[Call]:
    """Ways to be wrong, with the refusal of each."""
    sent = json.loads(body)
    return [
        ("cut off", service, body[: len(body) // 2], True, 400),
        ("of another hook", service, json.dumps(sent | {"hook": "order-dispatch"}).encode(), True, 400),
        ("without context", service, json.dumps({k: v for k, v in sent.items() if k != "context"}).encode(), True, 400),
        ("without data", service, json.dumps(sent | {"prefetch": {}}).encode(), True, 412),
        ("for nobody", "no-such-service", body, True, 404),
        ("unsigned", service, body, False, 401),
        ("unreadable results", service, _spoilt(sent), True, 200),
    ]


def _spoilt(sent: dict[str, object]) -> bytes:
    prefetch = sent["prefetch"]
    assert isinstance(prefetch, dict)
    return json.dumps(sent | {"prefetch": prefetch | {"observations": {"resourceType": 7}}}).encode()


def _call(server: Server, private: Path, calls: list[Call], at: int, end: float, seen: Seen) -> None:
    """One caller: every so-manieth call, again and again, each with a token of its own."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    for kind, service, body, signed, expected in cycle(calls[at::CALLERS]):
        if time.monotonic() > end:
            break
        path = f"/cds-services/{service}"
        headers = {"Content-Type": "application/json"}
        if signed:
            url = f"{PUBLIC}{path}"
            token = make_token(private, ISSUER, url, datetime.now(UTC), TENANTS[at % len(TENANTS)])
            headers["Authorization"] = f"Bearer {token}"
        start = time.perf_counter()
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, HTTPException) as error:
            connection.close()
            seen.unexpected[f"{kind}: {type(error).__name__}"] += 1
            continue
        seen.seconds.append(time.perf_counter() - start)
        seen.answers[f"{kind}: {status}"] += 1
        if status != expected:
            seen.unexpected[f"{kind}: {status}, not {expected}"] += 1
    connection.close()


def main(minutes: float) -> None:
    """Load and tell; ends with an error where an answer was not the expected one."""
    seen, memory = run(minutes)
    times = sorted(seen.seconds)
    print(
        f"{len(times)} calls in {minutes:g} min; p99 / p50 {times[len(times) * 99 // 100] / times[len(times) // 2]:.1f}"
    )
    for kind, number in sorted(seen.answers.items()):
        print(f"{kind:30}{number:8}")
    settled = memory[len(memory) // 2][1]
    print(f"memory at the end over half-time: {memory[-1][1] / settled:.3f} ({memory[-1][1] / 1e6:.0f} MB)")
    if seen.unexpected:
        raise SystemExit(f"unexpected: {dict(seen.unexpected)}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
