"""Answers to FHIR servers of other hospitals: with transactions or without, with conditions or without, in any mood."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from cds_service.clients import DEVELOPMENT
from cds_service.fetching.limits import Limits
from cds_service.fetching.posting import NotPosted, Poster
from cds_service.form_pages.writing import Written, bundle, write
from cds_service.smart.sessions import AppSession
from hooks.app_context import AppContext
from hooks.questionnaires import forms
from tests.forms.filled import ABOUT
from tests.forms.served import _Quiet

QUICK = Limits(deadline=2.0, connect=0.5, silence=0.5, size=20_000)
WHOLE = bundle(forms()["calcium"], {"dietary-calcium-intake": (700,), "supplement-elemental-calcium": (500,)}, ABOUT)


@dataclass
class Hospital:
    """A FHIR server that answers as it is told, and remembers what it was sent."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


Answer = Callable[[int, str, dict[str, Any]], Response]


@contextmanager
def hospital(answer: Answer) -> Iterator[Hospital]:
    app, there = Flask("hospital"), Hospital()

    @app.post("/fhir")
    @app.post("/fhir/<kind>")
    def post(kind: str = "") -> Response:
        there.asked.append((request.path, request.get_json(), dict(request.headers)))
        return answer(len(there.asked), kind, request.get_json())

    running = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    there.url = f"http://127.0.0.1:{running.server_port}/fhir"
    try:
        yield there
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def session(url: str, *, can_write: bool = True) -> AppSession:
    return AppSession(DEVELOPMENT, "p1", "e9", "Practitioner/7", url, "secret-token", frozenset(), "en", AppContext(),
                      can_write, "ticket", "csrf", "id")  # fmt: skip


def fhir(status: int, body: Any = None, **headers: str) -> Response:
    text = body if isinstance(body, str) else json.dumps(body or {"resourceType": "OperationOutcome", "issue": []})
    return Response(text, status, content_type="application/fhir+json", headers=headers)


def stored(sent: dict[str, Any], status: str = "201 Created") -> Response:
    return fhir(200, {"resourceType": "Bundle", "entry": [{"response": {"status": status}} for _ in sent["entry"]]})


def put(there: Hospital, **more: Any) -> Written:
    return write(Poster(limits=QUICK), session(there.url, **more), WHOLE)


def test_everything_goes_in_one_transaction_with_the_token() -> None:
    with hospital(lambda n, kind, sent: stored(sent)) as there:
        assert put(there) is Written.ALL
    ((path, sent, headers),) = there.asked
    assert path == "/fhir"
    assert [entry["resource"]["resourceType"] for entry in sent["entry"]] == [
        "QuestionnaireResponse",
        "Observation",
        "Observation",
    ]
    assert headers["Authorization"] == "Bearer secret-token"
    assert headers["Content-Type"] == "application/fhir+json"


def test_without_permission_nothing_is_sent() -> None:
    with hospital(lambda n, kind, sent: stored(sent)) as there:
        assert put(there, can_write=False) is Written.NOT_ALLOWED
    assert not there.asked


def test_a_server_that_knows_no_conditions_gets_it_without() -> None:
    def strict(n: int, kind: str, sent: dict[str, Any]) -> Response:
        return fhir(422) if "ifNoneExist" in sent["entry"][0]["request"] else stored(sent)

    with hospital(strict) as there:
        assert put(there) is Written.ALL
    assert len(there.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"resourceType": "Bundle", "entry": [{"response": {"status": "201"}}] * 2}, Written.NOT_TAKEN),
        (200, {"resourceType": "Bundle", "entry": [{"response": {"status": "422"}}] * 3}, Written.NOT_TAKEN),
        (200, {"resourceType": "Bundle"}, Written.NOT_TAKEN),
        (200, "<html>", Written.NOT_TAKEN),
        (200, "[" * 5000, Written.NOT_TAKEN),
        (201, None, Written.NOT_TAKEN),
        (302, None, Written.NOT_TAKEN),
        (400, None, Written.NOT_TAKEN),
        (401, None, Written.NOT_ALLOWED),
        (403, None, Written.NOT_ALLOWED),
        (412, None, Written.NOT_TAKEN),
        (500, None, Written.UNREACHABLE),
        (200, " " * 30_000, Written.UNREACHABLE),
    ],
)
def test_what_a_server_does_not_confirm_is_not_written(status: int, body: Any, outcome: Written) -> None:
    with hospital(lambda n, kind, sent: fhir(status, body)) as there:
        assert put(there) is outcome


@pytest.mark.parametrize("refusal", [404, 405, 501])
@pytest.mark.parametrize("told", ["body", "location", "nothing"])
def test_a_server_without_transactions_gets_resource_by_resource(refusal: int, told: str) -> None:
    def single(n: int, kind: str, sent: dict[str, Any]) -> Response:
        if not kind:
            return fhir(refusal)
        if told == "body":
            return fhir(201, {**sent, "id": f"new-{n}"})
        return (
            fhir(201, "", Location=f"http://there/fhir/{kind}/new-{n}/_history/1")
            if told == "location"
            else fhir(201, "")
        )

    with hospital(single) as there:
        assert put(there) is Written.ALL
    assert there.paths == ["/fhir", "/fhir/QuestionnaireResponse", "/fhir/Observation", "/fhir/Observation"]
    for _, sent, headers in there.asked[2:]:
        assert sent.get("derivedFrom") == (
            None if told == "nothing" else [{"reference": "QuestionnaireResponse/new-2"}]
        )
        assert headers["If-None-Exist"].startswith("identifier=https://osteohooks.github.io/")


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([403], Written.NOT_ALLOWED),
        ([500], Written.UNREACHABLE),
        ([409], Written.NOT_TAKEN),
        ([201, 403], Written.PARTLY),
        ([201, 201, 500], Written.PARTLY),
        ([200, 200, 200], Written.ALL),
        ([400, 201, 400, 201, 400, 201], Written.ALL),  # conditions are not understood
        ([201, 0], Written.PARTLY),
        ([0], Written.UNREACHABLE),
    ],
)
def test_what_was_stored_when_it_stopped_is_said(statuses: list[int], outcome: Written) -> None:
    left = iter(statuses)

    def single(n: int, kind: str, sent: dict[str, Any]) -> Response:
        status = next(left) if kind else 404
        return fhir(status) if status else fhir(201, "x" * 30_000)

    with hospital(single) as there:
        assert put(there) is outcome


def test_a_server_that_does_not_answer_is_given_up() -> None:
    silence = threading.Event()

    def silent(n: int, kind: str, sent: dict[str, Any]) -> Response:
        silence.wait(5)
        return fhir(200)

    with hospital(silent) as there:
        assert put(there) is Written.UNREACHABLE
        silence.set()
    with pytest.raises(NotPosted):
        Poster(limits=QUICK).post("http://127.0.0.1:9/fhir", b"{}", "t")
    with pytest.raises(NotPosted):
        Poster(limits=QUICK).post("https://127.0.0.1:9/fhir", b"{}", "t")


def test_no_address_of_the_network_behind_a_name_is_asked() -> None:
    """A name that leads to this machine is not followed; only the address itself may be."""
    with hospital(lambda n, kind, sent: stored(sent)) as there, pytest.raises(NotPosted):
        Poster(limits=QUICK).post(there.url.replace("127.0.0.1", "ip6-localhost"), b"{}", "t")
    assert not there.asked


def test_a_redirect_is_not_followed_with_the_token() -> None:
    with hospital(lambda n, kind, sent: fhir(307, Location="/fhir/Elsewhere")) as there:
        assert put(there) is Written.NOT_TAKEN
    assert there.paths == ["/fhir"]


def test_tokens_and_bodies_stand_in_no_repr() -> None:
    with hospital(lambda n, kind, sent: fhir(200, "value of a patient")) as there:
        told = repr(Poster(limits=QUICK).post(there.url, b"{}", "secret-token")) + repr(session(there.url))
    assert "secret-token" not in told
    assert "value of a patient" not in told
    assert replace(session("http://x"), can_write=False).can_write is False
