"""Captured requests: encrypted with a key of the client, for one call, without the token of the EHR, digits untouched."""

import base64
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.store.captures import BadKey, CaptureKey, WrongKey, replayable
from cds_service.store.schema import captures
from cds_service.store.store import Store
from tests.store.answers import DAY, answer, body, parts

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(bytes([255, 254] * 16)).decode()


@pytest.fixture
def key(tmp_path: Path) -> CaptureKey:
    (tmp_path / "capture.key").write_text(KEY + "\n")
    return CaptureKey.read(tmp_path / "capture.key")


def test_a_request_is_captured_and_replayed(store: Store, key: CaptureKey) -> None:
    from cds_service.pipeline import advise
    from hooks.request import HookRequest
    from hooks.services import services

    sent = json.loads(body())
    observations = sent["prefetch"].pop("observations")  # fetched by us, say
    token = {
        "access_token": "very-secret",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.read",
        "subject": "x",
    }
    posted = json.dumps(sent | {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": token}).encode()
    made = answer(store)
    judged = {name: json.dumps(value).encode() for name, value in sent["prefetch"].items()}
    judged["observations"] = json.dumps(observations).encode()
    store.decisions.capture(made, posted, judged, key)
    assert store.flush(20)
    with store.database.reading() as connection:
        (row,) = connection.execute(select(captures)).all()
    assert (row.call, row.at, row.key_id) == (str(made.id), made.at, key.id)
    assert b"very-secret" not in row.ciphertext
    assert b"Observation" not in row.ciphertext
    opened = key.open(row.call, row.ciphertext)
    assert b"very-secret" not in opened
    assert b"fhirAuthorization" not in opened
    service = next(one for one in services() if one.id == made.service)
    again = advise(HookRequest.parse(opened, "order-sign"), service, parts(), "en", as_of=DAY)
    assert [card.summary for card in again.cards] == [card.summary for card in made.reply.cards]


def test_numbers_keep_their_digits_and_what_was_not_there_stays_so() -> None:
    kept = replayable(b'{"hook":"h","context":{"v":7.10},"fhirAuthorization":{},"other":1}', {"a": b"1.50", "b": None})
    assert json.loads(kept, parse_float=str) == {
        "hook": "h",
        "context": {"v": "7.10"},
        "prefetch": {"a": "1.50", "b": None},
    }


def test_what_is_sealed_opens_for_its_call_and_key_only(key: CaptureKey, tmp_path: Path) -> None:
    sealed = key.seal("call-1", b"request")
    assert key.open("call-1", sealed) == b"request"
    (tmp_path / "other.key").write_text(OTHER)
    other = CaptureKey.read(tmp_path / "other.key")
    assert other.id != key.id
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for opener, call, text in ((key, "call-2", sealed), (other, "call-1", sealed), (key, "call-1", changed)):
        with pytest.raises(WrongKey):
            opener.open(call, text)
    assert KEY not in repr(key)


@pytest.mark.parametrize("text", ["", "short", "not base64 !" * 4, base64.b64encode(b"x" * 31).decode(), "é" * 44])
def test_a_key_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.key").write_text(text)
    with pytest.raises(BadKey):
        CaptureKey.read(tmp_path / "bad.key")


def test_a_key_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="FileNotFoundError"):
        CaptureKey.read(tmp_path / "none.key")


def test_a_request_that_cannot_be_captured_keeps_nobody_waiting(store: Store, key: CaptureKey) -> None:
    store.decisions.capture(answer(store), b"no json", {}, key)
    assert str(store.healthy().reason).startswith("entry: ")
