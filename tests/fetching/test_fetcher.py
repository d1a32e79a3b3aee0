"""What is asked of the FHIR server, how often, and what becomes of the answer."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cds_service.fetching.limits import Limits
from fhir_mappers.build import build_record
from fhir_mappers.record.answer import FAILED, NOT_FETCHED, TIMED_OUT, TOO_MUCH, UNREACHABLE
from hooks.exact_json import dumps_exact
from tests.fetching.desk import BODY, KEYS, MAN, SIGN, SLACK, TOKEN, complete, ehr, fetcher, threads_of_fetching
from tests.support import faults
from tests.support.ehr import Ehr, Json, running

PATIENT = f"syn-{MAN.id}"
REFUSAL = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
ALL = list(KEYS)


def test_nothing_is_asked_when_everything_came() -> None:
    with running(ehr()) as server:
        data = complete(server, keep=ALL)
        assert server.seen == []
    assert (data.origins, data.failures, data.referred) == ({}, {}, ())
    assert list(data.prefetch) == ALL


@pytest.mark.parametrize("value", [None, REFUSAL], ids=["null", "refused"])
def test_what_the_ehr_answered_is_never_asked_again(value: Any) -> None:
    with running(ehr()) as server:
        prefetch = {**BODY["prefetch"], "observations": value, "conditions": value}
        data = complete(server, prefetch=prefetch)
        assert server.seen == []
    assert data.failures == {}


@pytest.mark.parametrize("key", ALL)
def test_only_what_is_missing_is_asked(key: str) -> None:
    with running(ehr()) as server:
        data = complete(server, keep=[other for other in ALL if other != key])
        (seen,) = server.seen
    kind = SIGN.prefetch[key].partition("?")[0].partition("/")[0]
    assert (seen.kind, data.origins) == (kind, {key: "fetched"})
    query = parse_qs(urlsplit(seen.path).query)
    assert key == "patient" or query["patient"] == [PATIENT]


def test_requests_are_reads_with_the_token_in_the_header_only() -> None:
    with running(ehr()) as server:
        complete(server)
        assert len(server.seen) == len(ALL)
        for seen in server.seen:
            assert (seen.method, seen.token, seen.accept) == ("GET", f"Bearer {TOKEN}", "application/fhir+json")
            assert TOKEN not in seen.path
            assert not {"Cookie", "Proxy-Authorization"} & set(seen.headers)


def test_an_address_with_a_slash_at_its_end_is_joined_once() -> None:
    with running(ehr()) as server:
        assert complete(f"{server.url}/").failures == {}
        assert {urlsplit(seen.path).path.count("//") for seen in server.seen} == {0}


@pytest.mark.parametrize("kind", ["MAC", "DPoP", "bearer-ish"])
def test_a_token_of_another_kind_is_not_used(kind: str) -> None:
    granted = {"access_token": TOKEN, "token_type": kind, "expires_in": 300, "scope": "x", "subject": "y"}
    with running(ehr()) as server:
        data = complete(server, fhirAuthorization=granted)
        assert {seen.token for seen in server.seen} == {None}
    assert set(data.failures.values()) == {"refused"}


def test_an_open_server_is_asked_without_a_token() -> None:
    with running(ehr()) as server:
        server.token = None
        assert complete(server, fhirAuthorization=None).failures == {}
        assert {seen.token for seen in server.seen} == {None}


def test_every_page_counts() -> None:
    with running(ehr(page=2)) as server:
        data = complete(server)
        assert server.kinds.count("Observation") == -(-len(wanted(ehr())) // 2)
        assert {seen.token for seen in server.seen} == {f"Bearer {TOKEN}"}
    assert ids(data.prefetch["observations"]) == wanted(ehr())
    assert data.failures == {}


QUERY = SIGN.prefetch["observations"].replace("{{context.patientId}}", PATIENT).partition("?")[2]


def wanted(server: Ehr) -> set[str]:
    """The observations that the service asks for, on one page."""
    return {entry["resource"]["id"] for entry in server.bundle("Observation", QUERY)["entry"]}


def ids(value: bytes | None) -> set[str]:
    assert value is not None
    return {entry["resource"]["id"] for entry in json.loads(value)["entry"]}


def test_a_list_the_ehr_began_is_finished_from_its_second_page() -> None:
    with running(ehr(page=2)) as server:
        begun = server.bundle("Observation", QUERY)
        data = complete(server, keep=ALL, prefetch={**BODY["prefetch"], "observations": begun})
        assert all("_offset" in seen.path for seen in server.seen)
    assert ids(data.prefetch["observations"]) == wanted(ehr())
    assert data.origins == {"observations": "fetched"}


THREE_PAGES = [faults.status(500), faults.status(403), faults.silent, faults.truncated, faults.html]


@pytest.mark.parametrize("fault", THREE_PAGES)
@pytest.mark.parametrize("good", [1, 2], ids=["page 2 fails", "page 3 fails"])
def test_of_a_list_that_breaks_off_nothing_is_used(fault: faults.Behaviour, good: int) -> None:
    """Page one may hold an old normal value and the missing page the new alarming one."""
    with running(ehr(page=2)) as server:
        answers = [type(server).answer.__get__(server)] * good
        server.faults["Observation"] = faults.first(*answers, *[fault] * 9)
        data = complete(server)
    assert list(data.failures) == ["observations"]
    assert "observations" not in data.prefetch
    record = build_record(data.prefetch, None, None, PATIENT, MAN.as_of, failures=data.failures)
    assert record.looked_for["observations"] == data.failures["observations"]
    assert not record.measurements


def test_what_hides_on_page_two_never_makes_page_one_reassuring() -> None:
    """A normal creatinine on page one, kidney failure on page two, and page two does not come."""
    with running(ehr()) as server:
        old = next(r for r in server.resources if r["id"] == "syn-l42-creatinine-2")
        worse = {**old["valueQuantity"], "value": 700}
        server.resources.append({**old, "id": "new", "effectiveDateTime": str(MAN.as_of), "valueQuantity": worse})
        server.page = 6
        answer = type(server).answer.__get__(server)
        server.faults["Observation"] = faults.first(answer, *[faults.status(500)] * 9)
        data = complete(server)
    record = build_record(data.prefetch, None, None, PATIENT, MAN.as_of, failures=data.failures)
    clearance = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    assert clearance.span is None
    assert FAILED in {gap.why for gap in clearance.missing}


# ---- again, or not again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviours", "times", "why"),
    [
        ([faults.reset], 2, None),
        ([faults.status(503)], 2, None),
        ([faults.status(503), faults.reset], 3, None),
        ([faults.status(429, Retry_After="0")], 2, None),
        ([faults.status(429)], 2, None),
        ([faults.status(503)] * 3, 3, FAILED),
        ([faults.reset] * 3, 3, UNREACHABLE),
        ([faults.status(500)], 1, FAILED),
        ([faults.status(403)], 1, "refused"),
        ([faults.status(429, Retry_After="60")], 1, FAILED),
        ([faults.truncated], 1, "unreadable"),
        ([faults.html], 1, "unreadable"),
    ],
)
def test_what_is_asked_again(behaviours: list[faults.Behaviour], times: int, why: str | None) -> None:
    with running(ehr(faults={"Condition": faults.first(*behaviours)})) as server:
        data = complete(server, keep=[key for key in ALL if key != "conditions"])
        assert server.kinds == ["Condition"] * times
    assert data.failures == ({} if why is None else {"conditions": why})


def test_a_connection_the_server_closed_meanwhile_is_no_failure() -> None:
    own = fetcher()
    with running(ehr()) as server:
        assert complete(server, by=own).failures == {}
        server.faults["*"] = lambda handler: (handler.ehr.answer(handler), setattr(handler, "close_connection", True))[
            0
        ]
        for _ in range(4):
            assert complete(server, by=own).failures == {}
    own.close()


# ---- time, threads, connections --------------------------------------------------------------------------------------


def test_keys_are_fetched_at_once() -> None:
    """Thirteen answers of 0.2 s each would take 2.6 s one after the other."""
    with running(ehr(delay=0.2)) as server:
        started = time.monotonic()
        assert complete(server, by=fetcher(deadline=5.0)).failures == {}
        assert time.monotonic() - started < 0.2 * len(ALL) / 2


def test_connections_are_kept() -> None:
    own = fetcher()
    with running(ehr()) as server:
        for _ in range(5):
            assert complete(server, by=own).failures == {}
        assert len(server.seen) == 5 * len(ALL)
        assert len({seen.connection for seen in server.seen}) <= 2 * len(ALL)
    own.close()


@pytest.mark.parametrize("behaviour", [faults.silent, faults.drip_body, faults.drip_head])
def test_no_thread_outlives_the_deadline_by_much(behaviour: faults.Behaviour) -> None:
    own = fetcher(deadline=0.5)
    before = len(threads_of_fetching())
    with running(ehr(faults={"*": behaviour})) as server:
        assert set(complete(server, by=own).failures.values()) == {TIMED_OUT}
        own.close()
        until = time.monotonic() + SLACK
        while len(threads_of_fetching()) > before and time.monotonic() < until:
            time.sleep(0.05)
        assert len(threads_of_fetching()) <= before


def test_a_name_server_that_hangs_holds_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolving a name cannot be broken off; the call does not wait for it."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) or [])
    own = fetcher(deadline=0.5)
    started = time.monotonic()
    data = complete("http://localhost:9/fhir", by=own)
    assert time.monotonic() - started < 0.5 + SLACK
    assert data.failures == dict.fromkeys(ALL, TIMED_OUT)
    over.set()
    own.close()


def test_many_calls_to_a_server_that_hangs_are_all_answered_in_time() -> None:
    own = fetcher(deadline=1.0, failures=1000)
    with running(ehr(faults={"*": faults.silent})) as server, ThreadPoolExecutor(20) as pool:
        started = time.monotonic()
        answers = list(pool.map(lambda _: complete(server, by=own).failures, range(20)))
        assert time.monotonic() - started < 1.0 + SLACK
    assert answers == [dict.fromkeys(ALL, TIMED_OUT)] * 20
    own.close()


def test_threads_that_are_gone_fail_the_keys_and_not_the_call() -> None:
    own = fetcher()
    with running(ehr()) as server:
        complete(server, by=own)
        for kept in own._servers.values():
            kept.threads.shutdown()
        assert complete(server, by=own).failures == dict.fromkeys(ALL, FAILED)
    own.close()


def test_work_that_is_called_off_fails_the_keys_and_not_the_call() -> None:
    own = fetcher(deadline=5.0)
    with running(ehr(faults={"*": faults.silent})) as server, ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(complete, server, by=own) for _ in range(12)]  # more requests than threads: some must wait
        until = time.monotonic() + SLACK
        while len(server.seen) < 64 and time.monotonic() < until:
            time.sleep(0.02)
        own.close()
    assert {why for call in calls for why in call.result().failures.values()} <= {FAILED, TIMED_OUT, UNREACHABLE}
    assert FAILED in {why for call in calls for why in call.result().failures.values()}


def test_without_a_list_the_number_of_servers_is_bounded() -> None:
    own = fetcher(failures=1)
    for number in range(70):
        complete(f"http://127.0.0.1:9/fhir/{number}", by=own)
    resting = own.resting()
    assert len(resting) == 64
    assert resting[-1].endswith("/69")
    own.close()


def test_a_fetcher_that_was_closed_starts_afresh() -> None:
    own = fetcher()
    with running(ehr()) as server:
        assert complete(server, by=own).failures == {}
        own.close()
        assert complete(server, by=own).failures == {}
    own.close()


# ---- how much --------------------------------------------------------------------------------------------------------


def test_the_sizes_of_all_answers_count_together() -> None:
    with running(ehr()) as server:
        size = sum(len(dumps_exact(server.bundle(seen, f"patient={PATIENT}"))) for seen in ("Condition", "Observation"))
        data = complete(server, by=fetcher(size=size // 2))
    assert TOO_MUCH in data.failures.values()
    assert set(data.failures) | set(data.origins) == set(ALL)


def test_more_pages_or_entries_than_allowed_are_too_much() -> None:
    with running(ehr(page=1)) as server:
        held = len(wanted(ehr()))
        assert complete(server, by=fetcher(pages=held)).failures == {}
        assert complete(server, by=fetcher(pages=held - 1)).failures["observations"] == TOO_MUCH
        assert complete(server, by=fetcher(entries=held - 2)).failures["observations"] == TOO_MUCH


def test_packed_and_chunked_answers_are_read() -> None:
    with running(ehr(faults={"Condition": faults.good_gzip, "Procedure": faults.chunks})) as server:
        data = complete(server)
    assert data.failures == {}
    assert json.loads(data.prefetch["conditions"] or b"")["entry"] == []


def test_medications_are_looked_up_and_not_too_many() -> None:
    drugs = [{"resourceType": "Medication", "id": f"m{n}", "code": {"text": "Zometa"}} for n in range(5)]
    orders = [order(n) for n in range(6)]  # the last one points at nothing
    with running(ehr()) as server:
        server.resources += drugs
        prefetch = {**BODY["prefetch"], "medicationRequests": {"resourceType": "Bundle", "entry": orders}}
        data = complete(server, prefetch=prefetch)
        assert {json.loads(one)["id"] for one in data.referred} == {f"m{n}" for n in range(5)}
        assert server.kinds == ["Medication"] * 6
        assert (data.failures, data.origins) == ({}, {})
        assert len(complete(server, prefetch=prefetch, by=fetcher(references=2)).referred) == 2
        record = build_record(data.prefetch, None, None, PATIENT, MAN.as_of, referred=data.referred)
    assert len(record.orders()) == 5
    assert record.looked_for["medicationRequests"] == "unreadable", "one order names no drug"


def order(number: int) -> Json:
    drug = {"reference": f"Medication/m{number}"}
    state = {"status": "active", "intent": "order", "authoredOn": "2026-01-05"}
    subject = {"subject": {"reference": f"Patient/{PATIENT}"}}
    return {
        "resource": {
            "resourceType": "MedicationRequest",
            "id": f"r{number}",
            "medicationReference": drug,
            **state,
            **subject,
        }
    }


def test_a_fault_of_our_own_fails_one_key_and_is_logged_without_a_value(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: Any) -> None:
        raise ZeroDivisionError(f"patient {PATIENT}")

    monkeypatch.setattr("cds_service.fetching.exchange._check_status", stumble)
    with running(ehr()) as server:
        data = complete(server)
    assert data.failures == dict.fromkeys(ALL, FAILED)
    assert "fetching failed: ZeroDivisionError" in caplog.text
    assert PATIENT not in caplog.text


def test_limits_have_a_deadline_below_what_ehrs_wait() -> None:
    assert Limits().deadline == 3.0
    assert NOT_FETCHED not in complete("http://127.0.0.1:9/fhir").failures.values()
