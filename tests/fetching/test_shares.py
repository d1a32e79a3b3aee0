"""Searches with too long an address: shared out, all asked, joined again."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.fetching.limits import Limits, NotObtained
from cds_service.fetching.pages import Wish
from cds_service.fetching.shares import joined, shared_out
from fhir_mappers.record.answer import FAILED, TOO_MUCH
from tests.fetching.desk import MAN, SIGN, complete, ehr, fetcher
from tests.support import faults
from tests.support.drawn import name, rows
from tests.support.ehr import running

ROOM = Limits().address
PATIENT = f"syn-{MAN.id}"
LONG = Wish(
    "observations",
    "Observation",
    f"{SIGN.prefetch['observations'].replace('{{context.patientId}}', PATIENT)}&_count=500",
)


def codes_of(path: str) -> list[str]:
    return path.partition("code=")[2].partition("&")[0].split(",")


EDGES = """
path                             | room | parts
---------------------------------+------+-------------------------------------------------------------
Observation?code=aa,bb,cc        | 25   | Observation?code=aa,bb,cc
Observation?code=aa,bb,cc        | 24   | Observation?code=aa,bb Observation?code=cc
Observation?code=aa,bb,cc        | 21   | Observation?code=aa Observation?code=bb Observation?code=cc
Observation?code=aa,bb,cc        | 1    | Observation?code=aa Observation?code=bb Observation?code=cc
Observation?a=1&code=aa,bb&_count=5 | 34 | Observation?a=1&code=aa&_count=5 Observation?a=1&code=bb&_count=5
Observation?a=1&code=aa,bb&_count=5 | 35 | Observation?a=1&code=aa,bb&_count=5
Condition?patient=1              | 5    | Condition?patient=1
Patient/1                        | 5    | Patient/1
"""


@pytest.mark.parametrize("row", rows(EDGES), ids=name)
def test_codes_are_shared_out_where_the_address_is_too_long(row: dict[str, str]) -> None:
    parts = shared_out(Wish("key", "Observation", row["path"]), int(row["room"]))
    assert [part.path for part in parts] == row["parts"].split()


def test_a_list_the_ehr_began_is_finished_as_it_was_begun() -> None:
    begun = Wish("key", "Observation", "Observation?code=aa,bb", b"{}")
    assert shared_out(begun, 5) == (begun,)


@settings(max_examples=40)
@given(st.lists(st.text("abc-%12", min_size=1, max_size=9), min_size=1, max_size=30), st.integers(30, 90))
def test_no_code_is_lost_or_asked_twice_and_no_address_too_long(codes: list[str], room: int) -> None:
    path = f"Observation?patient=1&code={','.join(codes)}&_count=5"
    parts = shared_out(Wish("key", "Observation", path), room)
    assert [code for part in parts for code in codes_of(part.path)] == codes
    assert all(len(part.path) <= room or len(codes_of(part.path)) == 1 for part in parts)


def bundle(*ids: str) -> bytes:
    entries = [{"resource": {"resourceType": "Observation", "id": each} if each else {"x": 1}} for each in ids]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def test_lists_are_joined_each_resource_once() -> None:
    found = json.loads(joined([bundle("a", "b", ""), bundle("b", "c", ""), b'{"resourceType":"Bundle"}']))
    assert [entry["resource"].get("id") for entry in found["entry"]] == ["a", "b", None, "c", None]
    assert joined([b"as it came"]) == b"as it came"


@pytest.mark.parametrize(
    "other", [b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle","entry":{"resource":{}}}', b"nothing"]
)
def test_what_is_no_whole_list_is_not_joined(other: bytes) -> None:
    with pytest.raises(NotObtained):
        joined([bundle("a"), other])


def test_an_entry_of_another_shape_is_left_to_its_reader() -> None:
    odd = b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","id":7}},3]}'
    assert len(json.loads(joined([odd, odd]))["entry"]) == 4


@pytest.mark.parametrize("address", [ROOM, 400])
def test_a_long_search_is_asked_in_parts_that_come_back_as_one_list(address: int) -> None:
    with running(ehr()) as server:
        own = fetcher(address=address)
        data = complete(server, by=own)
        own.close()
        asked = [seen.path for seen in server.seen if seen.kind == "Observation"]
        whole = server.bundle("Observation", LONG.path.partition("?")[2])
    assert len(asked) > 1
    assert all(
        len(f"{server.url}/{urlsplit(path).path.rpartition('/')[2]}?{urlsplit(path).query}") <= address
        for path in asked
    )
    assert sorted(code for path in asked for code in parse_qs(urlsplit(path).query)["code"][0].split(",")) == sorted(
        codes_of(LONG.path)
    )
    found = json.loads(data.prefetch["observations"] or b"{}")["entry"]
    assert _ids(found) == _ids(whole["entry"])
    assert (data.failures, data.origins["observations"]) == ({}, "fetched")


@pytest.mark.parametrize("at", [1, 2])
def test_one_part_that_fails_leaves_the_whole_key_out(at: int) -> None:
    answers = [lambda handler: handler.ehr.answer(handler)] * 9
    answers[at - 1] = faults.status(400)
    with running(ehr()) as server:
        server.faults["Observation"] = faults.first(*answers)
        own = fetcher(address=ROOM)
        data = complete(server, by=own)
        own.close()
    assert "observations" not in data.prefetch
    assert data.failures == {"observations": FAILED}


def test_the_pages_of_each_part_are_read_and_the_bytes_of_all_parts_count() -> None:
    with running(ehr(page=1)) as server:
        own = fetcher(address=ROOM)
        data = complete(server, by=own)
        own.close()
        whole = server.bundle("Observation", LONG.path.partition("?")[2])
    assert data.failures == {}
    assert len(json.loads(data.prefetch["observations"] or b"{}")["entry"]) == whole["total"]
    with running(ehr()) as server:
        small = fetcher(address=ROOM, size=2000)
        assert TOO_MUCH in complete(server, by=small).failures.values()
        small.close()


def _ids(entries: list[dict[str, dict[str, str]]]) -> list[str]:
    return sorted(entry["resource"]["id"] for entry in entries)
