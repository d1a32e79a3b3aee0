"""Everything a FHIR server can do wrong: the call is answered, in time, with the reason; nothing looks like all clear."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.fetching.fetcher import Fetcher
from cds_service.prefetch import _SAID
from fhir_mappers.record.answer import (
    FAILED,
    INCOMPLETE,
    NOT_FETCHED,
    REFUSED,
    TIMED_OUT,
    TOO_MUCH,
    UNREACHABLE,
    UNREADABLE,
)
from hooks.texts import load_texts
from tests.fetching.desk import BODY, DEADLINE, KEYS, SLACK, TOKEN, complete, ehr, fetcher, product
from tests.service.calls import post
from tests.support import faults
from tests.support.ehr import Behaviour, Ehr, calling, outcome, running

WORDS = load_texts()[1]["words"]
CONDITION = {"resourceType": "Condition", "id": "1"}

FAULTS: dict[str, tuple[Behaviour, str]] = {
    "400": (faults.status(400), FAILED),
    "401": (faults.status(401), REFUSED),
    "403": (faults.status(403), REFUSED),
    "404": (faults.status(404), NOT_FETCHED),
    "410": (faults.status(410), NOT_FETCHED),
    "429 for an hour": (faults.status(429, Retry_After="3600"), FAILED),
    "429 until next year": (faults.status(429, Retry_After="Fri, 31 Dec 2100 23:59:59 GMT"), FAILED),
    "429 until whenever": (faults.status(429, Retry_After="soon"), FAILED),
    "500": (faults.status(500), FAILED),
    "502": (faults.status(502), FAILED),
    "503 for ever": (faults.status(503), FAILED),
    "504": (faults.status(504), FAILED),
    "204": (faults.status(204), FAILED),
    "redirect": (faults.redirect_to("http://127.0.0.1:9/fhir"), FAILED),
    "silence": (faults.silent, TIMED_OUT),
    "slow drip": (faults.drip_body, TIMED_OUT),
    "slow drip before the body": (faults.drip_head, TIMED_OUT),
    "truncated": (faults.truncated, UNREADABLE),
    "truncated chunks": (faults.truncated_chunks, UNREADABLE),
    "hangs up": (faults.reset, UNREACHABLE),
    "no HTTP": (faults.gibberish, FAILED),
    "HTML": (faults.html, UNREADABLE),
    "nothing": (faults.body(b""), UNREADABLE),
    "no FHIR": (faults.body([1, 2]), UNREADABLE),
    "no type": (faults.body({"entry": []}), UNREADABLE),
    "half a JSON": (faults.body(b'{"resourceType":"Bundle","entry":[{'), UNREADABLE),
    "nested without end": (faults.body(b'{"resourceType":"Bundle","entry":' + b"[" * 100_000), UNREADABLE),
    "wrong type": (faults.body(CONDITION), UNREADABLE),
    "a refusal with 200": (faults.body(outcome("forbidden")), FAILED),
    "broken gzip": (faults.packed(b"\x1f\x8b\x08no gzip"), UNREADABLE),
    "half a gzip": (faults.packed(faults.bomb(1)[:500]), UNREADABLE),
    "gzip without its end": (faults.cut_gzip, UNREADABLE),
    "deflate": (faults.deflated, UNREADABLE),
    "unknown packing": (faults.packed(b"x", "zstd"), UNREADABLE),
    "gzip bomb": (faults.packed(faults.bomb(64)), TOO_MUCH),
    "flood": (faults.flood, TOO_MUCH),
    "endless pages": (faults.endless, TOO_MUCH),
    "pages in a circle": (faults.circle, INCOMPLETE),
    "next elsewhere": (faults.next_at(lambda _: "http://127.0.0.1:9/fhir/Observation?page=2"), INCOMPLETE),
    "next nowhere": (faults.next_at(lambda _: ""), INCOMPLETE),
}
NAMES = list(FAULTS)


@pytest.fixture(scope="module")
def one() -> Iterator[Fetcher]:
    own = fetcher()
    yield own
    own.close()


@pytest.fixture(scope="module")
def hospital() -> Iterator[Ehr]:
    with running(ehr()) as server:
        yield server


def misbehave(hospital: Ehr, **by_type: Behaviour) -> Ehr:
    hospital.faults.clear()
    hospital.faults.update(by_type)
    hospital.seen.clear()
    return hospital


@pytest.mark.parametrize("name", [name for name in NAMES if FAULTS[name][1] == TIMED_OUT])
def test_no_fault_holds_a_call_beyond_its_deadline(hospital: Ehr, name: str) -> None:
    own = fetcher(deadline=DEADLINE)
    started = time.monotonic()
    data = complete(misbehave(hospital, Observation=FAULTS[name][0]), by=own)
    assert time.monotonic() - started < DEADLINE + SLACK
    assert data.failures["observations"] == TIMED_OUT
    own.close()


@pytest.mark.parametrize("name", [name for name in NAMES if FAULTS[name][1] != TIMED_OUT])
def test_one_key_fails_and_the_others_come(hospital: Ehr, one: Fetcher, name: str) -> None:
    fault, why = FAULTS[name]
    data = complete(misbehave(hospital, Observation=fault), by=one)
    assert data.failures == {"observations": why}
    assert "observations" not in data.prefetch
    assert set(data.origins) == set(KEYS) - {"observations"}


@pytest.mark.parametrize("name", [name for name in NAMES if FAULTS[name][1] != NOT_FETCHED])
def test_the_card_gives_the_true_reason(hospital: Ehr, name: str) -> None:
    fault, why = FAULTS[name]
    for language in ("en", "fr"):
        sent = calling(BODY, misbehave(hospital, Observation=fault), TOKEN)
        response = post(product(), sent, "/cds-services/bone-order-sign", headers={"Accept-Language": language})
        assert response.status_code == 200
        told = "\n".join(card["detail"] for card in json.loads(response.data)["cards"])
        assert WORDS[f"missing-{why}"][language] in told
        if why == TIMED_OUT:
            break  # one language is enough of waiting


@pytest.mark.parametrize("name", NAMES)
def test_everything_fails_and_the_call_is_refused_with_the_reason(hospital: Ehr, name: str) -> None:
    fault, why = FAULTS[name]
    client = product.__wrapped__()  # its own breaker
    started = time.monotonic()
    response = post(client, calling(BODY, misbehave(hospital, **{"*": fault}), TOKEN), "/cds-services/bone-order-sign")
    assert time.monotonic() - started < DEADLINE + SLACK
    answer = json.loads(response.data)
    assert response.status_code == 412, answer
    (issue,) = answer["issue"]
    assert issue["expression"] == [f"prefetch.{key}" for key in KEYS]
    assert f"{_SAID[why]} (" in issue["diagnostics"]
    assert TOKEN not in response.text


def test_a_closed_door(one: Fetcher) -> None:
    with running(ehr()) as gone:
        pass
    assert complete(gone, by=one).failures == dict.fromkeys(KEYS, UNREACHABLE)


def test_what_the_order_alone_tells_is_said_without_any_data(hospital: Ehr) -> None:
    body: Any = json.loads(json.dumps(BODY))
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 8
    client = product.__wrapped__()
    sent = calling(body, misbehave(hospital, **{"*": faults.status(500)}), TOKEN)
    response = post(client, sent, "/cds-services/bone-order-sign")
    cards = json.loads(response.data)["cards"]
    assert (response.status_code, cards[0]["indicator"]) == (200, "critical")
    assert WORDS["missing-failed"]["en"] in "\n".join(card["detail"] for card in cards)
