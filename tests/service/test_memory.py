"""The memory of one process: whose it is, how much it keeps, and that it knows nobody by name."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from cds_service import memory
from cds_service.memory import InMemory, Pseudonyms
from hooks.check import Severity
from hooks.quiet import CardMemo, Kind, Remembered, Trace, Whose
from hooks.request import HookRequest
from tests.hooks.remembered import TODAY, USER
from tests.service.calls import valid_call, with_context

ANNE = Whose("north", "anne", USER)
ROW = Remembered("ZOL-DOSE-01", "f1", Kind.OVERRIDDEN, Severity.WARNING, TODAY, "order-sign", "d1", USER)
MEMO = CardMemo(uuid4(), "bone-order-sign", "order-sign", (Trace("ZOL-DOSE-01", "f1", Severity.WARNING, "d1"),))


@pytest.mark.parametrize(
    "other", [Whose("south", "anne", USER), Whose("north", "bert", USER)], ids=["tenant", "patient"]
)
def test_what_is_remembered_of_one_is_not_told_of_another(other: Whose) -> None:
    kept = InMemory()
    kept.remember(ANNE, [ROW])
    kept.keep(ANNE, [MEMO], TODAY)
    assert kept.recall(other, TODAY) == ()
    assert kept.recall(ANNE, TODAY) == (ROW,)
    assert kept.find("south", MEMO.card) is None
    assert kept.find("north", MEMO.card) == (ANNE, MEMO)


def test_every_user_of_a_patient_is_recalled() -> None:
    kept = InMemory()
    kept.remember(ANNE, [ROW])
    kept.remember(replace(ANNE, user="user-2"), [replace(ROW, user="user-2")])
    assert {row.user for row in kept.recall(ANNE, TODAY)} == {USER, "user-2"}


def test_the_same_row_is_kept_once_and_the_latest_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = InMemory()
    kept.remember(ANNE, [ROW, ROW])
    kept.remember(ANNE, [ROW])
    kept.remember(ANNE, [])
    assert kept.recall(ANNE, TODAY) == (ROW,)
    monkeypatch.setattr(memory, "_ROWS", 2)
    kept.remember(ANNE, [replace(ROW, fingerprint=f"f{number}") for number in range(2, 5)])
    assert [row.fingerprint for row in kept.recall(ANNE, TODAY)] == ["f3", "f4"]


def test_it_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_PATIENTS", 2)
    monkeypatch.setattr(memory, "_CARDS", 2)
    kept, memos = InMemory(), [replace(MEMO, card=uuid4()) for _ in range(3)]
    for number in range(3):
        kept.remember(Whose("north", f"p{number}"), [ROW])
    kept.keep(ANNE, memos, TODAY)
    assert [bool(kept.recall(Whose("north", f"p{number}"), TODAY)) for number in range(3)] == [False, True, True]
    assert [kept.find("north", one.card) is not None for one in memos] == [False, True, True]


def test_several_threads_lose_nothing() -> None:
    kept = InMemory()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: kept.remember(ANNE, [replace(ROW, fingerprint=f"f{n}")]), range(200)))
    assert len(kept.recall(ANNE, TODAY)) == 200


def call(**changes: object) -> HookRequest:
    return HookRequest.parse(json.dumps(valid_call(**changes)).encode(), "order-sign")


def test_keys_tell_people_apart_and_name_nobody() -> None:
    names = Pseudonyms(b"secret")
    whose = names.whose(call(), "north")
    assert whose == names.whose(call(), "north")
    assert whose.tenant == "north"
    assert "1288992" not in repr(whose)
    others = [
        names.whose(call(fhirServer="https://other.example.org/fhir")),
        names.whose(call(**with_context(patientId="2"))),
        Pseudonyms(b"another").whose(call()),
        Pseudonyms().whose(call()),
    ]
    assert len({whose.patient, *(one.patient for one in others)}) == 5
    assert whose.user != whose.patient
    other_user = names.whose(call(**with_context(userId="Practitioner/other")))
    assert (other_user.patient == whose.patient, other_user.user == whose.user) == (True, False)


def test_a_call_without_a_user_has_no_key_of_one() -> None:
    body = valid_call(hook="medication-refill", context={"patientId": "1", "medications": {"resourceType": "Bundle"}})
    refill = HookRequest.parse(json.dumps(body).encode(), "medication-refill")
    assert Pseudonyms().whose(refill).user is None
