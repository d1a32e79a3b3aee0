"""Answers that no EHR has: kept sealed for some hours, seen by calls of the same client for the same patient alone."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cds_service.answered import LASTS, KeptAnswers, Whose, with_answers
from cds_service.clients import DEVELOPMENT
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.posting import Poster
from cds_service.form_pages.asking import Wanted
from cds_service.form_pages.desk import FRESH, Saved
from cds_service.form_pages.desk import Desk as FormDesk
from cds_service.form_pages.writing import Written
from cds_service.prefetch import Completed
from cds_service.settings import Settings
from cds_service.site.policies import Site
from cds_service.smart.sessions import AppSession
from cds_service.store.engine import Database, Unavailable
from cds_service.store.held import Vault
from cds_service.store.installation import open_installation
from cds_service.store.keys import Ring
from fhir_mappers.build import build_record
from fhir_mappers.form_responses import response
from fhir_mappers.record.answer import INCOMPLETE, NOT_FETCHED, UNREADABLE
from fhir_mappers.record.facts import ANSWERS
from fhir_mappers.record.patient_record import PatientRecord
from hooks.app_context import AppContext
from hooks.context import Context
from hooks.limits import DEFAULT_EDITION
from hooks.questionnaires import forms
from hooks.request import HookRequest
from tests.forms.filled import ABOUT, TODAY, bundle

NOW = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)
MINE = Whose.of(DEVELOPMENT, "https://ehr.example.org/fhir", "p1")
RESPONSE = {
    "id": "osteohooks-calcium",
    **response(forms()["calcium"], {"dietary-calcium-intake": (Decimal("700.50"),)}, ABOUT),
}
JAW = {"id": "osteohooks-jaw", **response(forms()["jaw"], {"exposed-jaw-bone": (True,)}, ABOUT)}
SERVICE = Wanted({ANSWERS: "QuestionnaireResponse?patient={{context.patientId}}"})


class Desk:
    """A store with a clock that can be set."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self._store = open_installation(Settings(state_dir=folder), development=True)
        self._store.start()
        self.database, ring = self._store.database, self._store.ring
        self.kept = KeptAnswers(Vault(self.database, ring, lambda: self.now), ring.current, lambda: self.now)

    def close(self) -> None:
        self._store.close(5)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def call(server: str | None = "https://ehr.example.org/fhir", patient: str = "p1") -> HookRequest:
    context = Context(patient, None, None, None, (), {"patientId": patient})
    return HookRequest("patient-view", uuid4(), context, {}, server)


def test_answers_are_found_again_with_their_digits(desk: Desk) -> None:
    desk.kept.add(MINE, "calcium", RESPONSE)
    desk.kept.add(MINE, "jaw", JAW)
    found = desk.kept.of(MINE)
    assert set(found) == {"calcium", "jaw"}
    assert found["calcium"]["item"][0]["answer"][0]["valueQuantity"]["value"] == Decimal("700.50")


def test_a_form_filled_in_again_takes_the_place_of_its_older_answers(desk: Desk) -> None:
    desk.kept.add(MINE, "calcium", RESPONSE)
    newer = {**RESPONSE, "authored": "2026-06-03T10:00:00+02:00"}
    desk.kept.add(MINE, "calcium", newer)
    assert desk.kept.of(MINE)["calcium"]["authored"] == newer["authored"]
    desk.kept.drop(MINE, "calcium")
    desk.kept.drop(MINE, "calcium")
    assert desk.kept.of(MINE) == {}


def test_they_are_gone_after_some_hours_each_by_its_own_age(desk: Desk) -> None:
    desk.kept.add(MINE, "calcium", RESPONSE)
    desk.now = NOW + LASTS - timedelta(seconds=1)
    desk.kept.add(MINE, "jaw", JAW)
    assert set(desk.kept.of(MINE)) == {"calcium", "jaw"}
    desk.now = NOW + LASTS
    assert set(desk.kept.of(MINE)) == {"jaw"}
    desk.now = NOW + 2 * LASTS
    assert desk.kept.of(MINE) == {}


@pytest.mark.parametrize(
    "other",
    [
        replace(MINE, client="another"),
        replace(MINE, patient="p2"),
        replace(MINE, server="https://ehr.example.org/other"),
    ],
)
def test_nobody_else_sees_them(desk: Desk, other: Whose) -> None:
    desk.kept.add(MINE, "calcium", RESPONSE)
    assert desk.kept.of(other) == {}


def test_an_address_may_be_spelt_in_several_ways() -> None:
    for spelling in ("HTTPS://EHR.example.org:443/fhir/", "https://ehr.example.org/fhir"):
        assert Whose.of(DEVELOPMENT, spelling, "p1") == MINE
    assert Whose.of(DEVELOPMENT, "no address", "p1").server == "no address"


def test_the_database_holds_no_patient_and_no_answer(desk: Desk, tmp_path: Path) -> None:
    desk.kept.add(MINE, "calcium", RESPONSE)
    desk.database.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    held = b"".join(path.read_bytes() for path in files)
    assert b"SQLite format 3" in held
    for word in (b"dietary-calcium", b"700.50", b"ehr.example.org", b"QuestionnaireResponse"):
        assert word not in held


def test_two_workers_lose_nothing_of_each_other(desk: Desk) -> None:
    desk.kept.add(MINE, "jaw", JAW)
    names = [f"form-{number}" for number in range(6)]
    writers = [threading.Thread(target=desk.kept.add, args=(MINE, name, RESPONSE)) for name in names]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert set(desk.kept.of(MINE)) == {"jaw", *names}


def test_a_page_loaded_again_is_known_by_its_name(desk: Desk) -> None:
    assert not desk.kept.was_written(MINE, "name")
    desk.kept.note_written(MINE, "name")
    assert desk.kept.was_written(MINE, "name")
    assert not desk.kept.was_written(replace(MINE, patient="p2"), "name")
    assert desk.kept.of(MINE) == {}


def test_a_call_gets_them_beside_its_own_data(desk: Desk) -> None:
    desk.kept.add(MINE, "calcium", RESPONSE)
    given = Completed({"patient": b"{}"})
    found = desk.kept.beside(given, call(), SERVICE, DEVELOPMENT)
    assert found.prefetch["patient"] == b"{}"
    assert b"dietary-calcium-intake" in (found.prefetch[ANSWERS] or b"")
    for another in (call(None), call("https://other.example.org/fhir"), call(patient="p2")):
        assert desk.kept.beside(given, another, SERVICE, DEVELOPMENT) is given
    assert desk.kept.beside(given, call(), Wanted({"patient": "x"}), DEVELOPMENT) is given


def away() -> KeptAnswers:
    """Where the store cannot be reached."""
    nowhere, ring = Database("sqlite:////proc/no/such/folder/store.db"), Ring("x" * 40)
    return KeptAnswers(Vault(nowhere, ring, lambda: NOW), ring.current, lambda: NOW)


def session() -> AppSession:
    return AppSession(DEVELOPMENT, "p1", None, None, "http://127.0.0.1:9/fhir", "a-token", frozenset(), "en", AppContext(),
                      can_write=True, ticket="t", csrf="c", id="i")  # fmt: skip


def test_where_nothing_can_be_stored_nothing_is_promised() -> None:
    form, answers = forms()["calcium"], {"dietary-calcium-intake": (Decimal(700),)}
    desk = FormDesk(Site(lambda: TODAY, DEFAULT_EDITION), Fetcher(own_machine=True), Poster(), away(), lambda: NOW)
    saved = desk.save(session(), form, answers, "name")
    assert (saved.written, saved.kept, saved.word) == (Written.UNREACHABLE, False, "saved-lost")
    sheet = desk.open(session(), form, "en")
    assert sheet.kept == {}
    assert desk.score(session(), sheet, answers).all
    assert Saved(Written.PARTLY, kept=False).word == "saved-partly-lost"


def test_data_of_patients_are_let_go_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = FormDesk(Site(lambda: TODAY, DEFAULT_EDITION), Fetcher(own_machine=True), Poster(), away(), lambda: NOW)
    for number in range(40):
        pages.open(replace(session(), id=str(number)), forms()["calcium"], "en")
    assert len(pages._recent) == 32
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + FRESH + 1)
    pages.open(session(), forms()["calcium"], "en", again=False)
    assert list(pages._recent) == [("i", "calcium")]


def test_pages_of_the_app_use_them_too(desk: Desk) -> None:
    given = Completed({})
    assert desk.kept.for_page(session(), given) is given
    desk.kept.add(Whose.of_session(session()), "calcium", RESPONSE)
    assert b"dietary-calcium-intake" in (desk.kept.for_page(session(), given).prefetch[ANSWERS] or b"")
    assert away().for_page(session(), given) is given


def test_a_form_that_changed_meanwhile_takes_back_what_it_still_asks(desk: Desk) -> None:
    old = {**RESPONSE, "item": [*RESPONSE["item"], {"linkId": "gone", "answer": [{"valueBoolean": True}]},
           {"linkId": "supplement-elemental-calcium", "answer": [{"valueQuantity": {"value": 99_999}}]}]}  # fmt: skip
    desk.kept.add(Whose.of_session(session()), "calcium", old)
    pages = FormDesk(Site(lambda: TODAY, DEFAULT_EDITION), Fetcher(own_machine=True), Poster(), desk.kept, lambda: NOW)
    assert pages.open(session(), forms()["calcium"], "en").kept == {"dietary-calcium-intake": (Decimal("700.5"),)}


def test_a_call_is_answered_where_the_store_is_away() -> None:
    kept = away()
    given = Completed({})
    assert kept.beside(given, call(), SERVICE, DEVELOPMENT) is given
    assert not kept.was_written(MINE, "name")
    with pytest.raises(Unavailable):
        kept.add(MINE, "calcium", RESPONSE)


def record(data: Completed) -> PatientRecord:
    return build_record(data.prefetch, None, None, "p1", TODAY, failures=data.failures, moment="app")


def asked(data: Completed) -> tuple[int, str | None]:
    """How many answers on calcium there are, and why there may be more."""
    found = record(data)
    return len(found.results("dietary_calcium_intake")), found.looked_for[ANSWERS]


OTHER = {**RESPONSE, "id": "1", "authored": "2026-05-01"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, (1, None)),
        (b"null", (1, None)),
        (bundle([OTHER]), (2, None)),
        (b'{"resourceType":"Bundle","type":"searchset"}', (1, None)),
        (json.dumps(OTHER, default=float).encode(), (2, None)),
        (b'{"resourceType":"Bundle","link":[{"relation":"next","url":"x"}],"entry":[]}', (0, INCOMPLETE)),
        (b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden"}]}', (1, NOT_FETCHED)),
        (b"<html>", (1, UNREADABLE)),
        (b'"text"', (1, UNREADABLE)),
        (b'{"resourceType":"Bundle","entry":' + b"[" * 3000 + b"]" * 3000 + b"}", (1, UNREADABLE)),
    ],
)
def test_what_the_ehr_gave_stays_as_it_was_given(given: bytes | None, expected: tuple[int, str | None]) -> None:
    prefetch: dict[str, Any] = {ANSWERS: given}
    assert asked(with_answers(Completed(prefetch), RESPONSE)) == expected


def test_data_without_answers_are_left_alone() -> None:
    given = Completed({ANSWERS: b"<html>"})
    assert with_answers(given) is given
    failed = Completed({}, failures={ANSWERS: NOT_FETCHED})
    assert asked(with_answers(failed, RESPONSE)) == (1, NOT_FETCHED)
