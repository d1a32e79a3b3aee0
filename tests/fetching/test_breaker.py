"""A server that fails is left alone for a while, then tried by one call; tenants of other servers do not notice."""

import threading
import time
from dataclasses import dataclass

import pytest

from cds_service.clients import DEVELOPMENT, Client
from cds_service.fetching.breaker import Breaker
from fhir_mappers.record.answer import FAILED, REFUSED, TIMED_OUT, UNREACHABLE
from tests.fetching.desk import KEYS, SIGN, ask, ehr, fetcher
from tests.support import faults
from tests.support.ehr import running


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def broken(clock: Clock, failures: int = 3) -> Breaker:
    breaker = Breaker(failures, 15.0, clock)
    for _ in range(failures):
        assert breaker.admit() is None
        breaker.report(TIMED_OUT)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(3, 15.0, Clock())
    for why in (TIMED_OUT, TIMED_OUT, None, TIMED_OUT, UNREACHABLE):
        assert breaker.admit() is None
        breaker.report(why)
    assert not breaker.is_open
    breaker.report(FAILED)
    assert breaker.is_open
    assert breaker.admit() == FAILED


def test_after_a_rest_one_call_tries_it() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = 14.9
    assert breaker.admit() == TIMED_OUT
    clock.now = 15.0
    assert [breaker.admit() for _ in range(3)] == [None, TIMED_OUT, TIMED_OUT]
    breaker.report(UNREACHABLE)
    assert breaker.admit() == UNREACHABLE, "it rests again, for the newer reason"
    clock.now = 30.0
    assert breaker.admit() is None
    breaker.report(None)
    assert [breaker.admit() for _ in range(3)] == [None, None, None]
    assert not breaker.is_open
    breaker.report(TIMED_OUT)
    assert not breaker.is_open, "the count began anew"


def test_many_threads_one_trial() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = 99.0
    admitted: list[str | None] = []
    threads = [threading.Thread(target=lambda: admitted.append(breaker.admit())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admitted.count(None) == 1


def listing(*servers: str) -> Client:
    return Client("c", issuer="https://ehr.example.org", fhir_servers=servers)


def test_a_server_that_fails_is_left_alone_and_found_well_again() -> None:
    own = fetcher(rest=0.5)
    with running(ehr(faults={"*": faults.status(500)})) as server:
        client = listing(server.url)
        for _ in range(3):
            assert own.complete(ask(server), SIGN, client).failures == dict.fromkeys(KEYS, FAILED)
        asked = len(server.seen)
        assert own.complete(ask(server), SIGN, client).failures == dict.fromkeys(KEYS, FAILED)
        assert len(server.seen) == asked, "nothing was asked"
        server.faults.clear()
        assert own.resting() == (server.url,)
        time.sleep(0.6)
        assert own.complete(ask(server), SIGN, client).failures == {}
        assert own.resting() == ()
    own.close()


def test_what_came_by_prefetch_is_used_while_the_server_rests() -> None:
    own = fetcher()
    with running(ehr(faults={"*": faults.reset})) as server:
        for _ in range(3):
            own.complete(ask(server), SIGN, DEVELOPMENT)
        data = own.complete(ask(server, keep=["patient", "conditions"]), SIGN, DEVELOPMENT)
    assert set(data.prefetch) == {"patient", "conditions"}
    assert data.failures == dict.fromkeys(set(KEYS) - {"patient", "conditions"}, UNREACHABLE)
    own.close()


@pytest.mark.parametrize("behaviour", [faults.status(401), faults.status(403), faults.status(404), faults.status(429)])
def test_a_refusal_is_no_failure_of_the_server(behaviour: faults.Behaviour) -> None:
    own = fetcher()
    with running(ehr(faults={"*": behaviour})) as server:
        for _ in range(4):
            own.complete(ask(server), SIGN, DEVELOPMENT)
        server.faults.clear()
        assert own.complete(ask(server), SIGN, DEVELOPMENT).failures == {}
    own.close()


def test_one_answer_shows_that_the_server_lives() -> None:
    own = fetcher()
    everything_but_patient = {kind: faults.status(500) for kind in ("Condition", "Observation", "Procedure")}
    with running(ehr(faults=everything_but_patient)) as server:
        for _ in range(4):
            assert "patient" in own.complete(ask(server), SIGN, DEVELOPMENT).prefetch
        assert own.resting() == ()
    own.close()


def test_one_tenants_server_rests_and_the_others_is_asked() -> None:
    own = fetcher()
    with running(ehr(faults={"*": faults.status(503)})) as ill, running(ehr()) as well:
        client = listing(ill.url, well.url)
        for _ in range(4):
            own.complete(ask(ill), SIGN, client)
        assert own.complete(ask(well), SIGN, client).failures == {}
        refused = own.complete(ask(well, token="wrong"), SIGN, client)
        assert refused.failures == dict.fromkeys(KEYS, REFUSED)
    own.close()
