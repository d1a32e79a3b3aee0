"""The addresses of the app: the patient of a session, fetched from a real server; the reference for anyone; the file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, Request
from flask.testing import FlaskClient

from cds_service.app_pages import drawing
from cds_service.app_pages.routes import create_app_pages
from cds_service.cli import main
from cds_service.clients import DEVELOPMENT, Client
from cds_service.fetching.fetcher import Fetcher
from cds_service.prefetch import Completed
from cds_service.sandbox.scenarios import hook_request_bytes, record, scenario
from cds_service.site.policies import Site
from hooks.exact_json import dumps_exact
from tests.app_pages.seen import NEWEST, parts
from tests.app_pages.test_page import Read
from tests.fetching.desk import fetcher
from tests.support.ehr import Ehr, running

ABOUT = scenario("lung-zol-kidney-failing")
TOKEN = "t0ken-of-the-session"


@dataclass(frozen=True)
class Opened:
    """A session of the app as the launch makes it."""

    fhir_server: str
    patient_id: str = f"syn-{ABOUT.id}"
    client: Client = DEVELOPMENT
    user: str | None = "Practitioner/7"
    access_token: str = TOKEN
    language: str = "fr"
    app_context: Any = field(default_factory=lambda: SimpleNamespace(rule="NEPH-STOP-01", form=None))
    frame_ancestors: tuple[str, ...] = ("https://ehr.example.org",)
    ticket: str = "tick"
    hidden: Any = field(default_factory=lambda: {"s": "tick", "csrf": "c"})

    def at(self, path: str, **query: str) -> str:
        return f"{path}?{'&'.join(f'{name}={value}' for name, value in {**query, 's': self.ticket}.items())}"


@pytest.fixture(scope="module")
def hospital() -> Iterator[Ehr]:
    with running(Ehr(resources=json.loads(dumps_exact(record(ABOUT))), token=TOKEN)) as ehr:
        yield ehr


@pytest.fixture(scope="module")
def asking() -> Iterator[Fetcher]:
    made = fetcher()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are tried elsewhere; without them these tests take a quarter of the time."""
    monkeypatch.setattr(drawing, "can_draw", lambda: False)


Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(hospital: Ehr, asking: Fetcher) -> Serve:
    def made(session: Opened | None = None, **more: Any) -> FlaskClient:
        opened = session or Opened(hospital.url)
        site = Site(lambda: ABOUT.as_of, NEWEST, given=replace(parts(), today=lambda: ABOUT.as_of))
        app = Flask("cds_service")

        def current(request: Request) -> Opened:
            assert request.args.get("s") == "tick"
            return opened

        known = None if more.pop("nobody", False) else current
        app.register_blueprint(create_app_pages(site, asking, "en", current=known, **more))
        return app.test_client()

    return made


def test_the_page_is_of_the_session_and_its_token_fetches(serve: Serve, hospital: Ehr) -> None:
    hospital.seen.clear()
    answer = serve().get("/app?s=tick")
    assert answer.status_code == 200
    page = Read(answer.text)
    assert page.all("html") == [{"lang": "fr"}]
    assert "Arrêter le bisphosphonate intraveineux en cours" in page.text
    assert {one.token for one in hospital.seen} == {f"Bearer {TOKEN}"}
    assert f"Patient/syn-{ABOUT.id}" in hospital.seen[0].path or "Patient" in hospital.kinds
    assert 'id="rule-NEPH-STOP-01" open' in answer.text
    assert TOKEN not in answer.text


def test_it_may_be_framed_by_the_ehr_alone_and_runs_no_inline_code(serve: Serve) -> None:
    policy = serve().get("/app?s=tick").headers["Content-Security-Policy"]
    assert "frame-ancestors https://ehr.example.org" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_language_and_edition_are_chosen_by_the_address(serve: Serve) -> None:
    client = serve()
    page = Read(client.get("/app?s=tick&lang=en&edition=aura-earlier").text)
    assert page.all("html") == [{"lang": "en"}]
    assert "earlier edition" in page.text
    assert [each["value"] for each in page.all("option") if "selected" in each] == ["aura-earlier"]
    odd = Read(client.get("/app?s=tick&lang=de&edition=x").text)
    assert odd.all("html") == [{"lang": "fr"}]


def test_a_form_that_was_wanted_is_offered_and_its_answers_are_used(serve: Serve, hospital: Ehr) -> None:
    asked: list[str] = []

    def answered(session: Any, data: Completed) -> Completed:
        asked.append(session.patient_id)
        return data

    session = Opened(hospital.url, app_context=SimpleNamespace(rule=None, form="mirels"))
    client = serve(session, form_of=lambda rule: "dietary-calcium", answered=answered)
    addresses = [str(each["href"]) for each in Read(client.get("/app?s=tick").text).all("a")]
    assert "/app/forms/mirels?lang=fr&s=tick" in addresses
    assert "/app/forms/dietary-calcium?lang=fr&s=tick" in addresses
    assert "/app/forms?lang=fr&s=tick" in addresses
    assert asked == [f"syn-{ABOUT.id}"]
    without = [str(each["href"]) for each in Read(serve(session).get("/app?s=tick").text).all("a")]
    assert not [address for address in without if "forms" in address]


def test_a_server_that_does_not_answer_gives_a_clear_page(serve: Serve) -> None:
    answer = serve(Opened("http://127.0.0.1:9/fhir")).get("/app?s=tick&lang=en")
    assert answer.status_code == 200
    text = Read(answer.text).text
    assert "Not everything could be read" in text
    assert "the record system could not be reached" in text


def test_a_patient_the_server_does_not_know(serve: Serve, hospital: Ehr) -> None:
    text = Read(serve(Opened(hospital.url, "nobody")).get("/app?s=tick&lang=en").text).text
    assert "Name not given by the record system" in text
    assert "patient (" in text


def test_without_sessions_there_is_only_the_reference(serve: Serve) -> None:
    client = serve(nobody=True)
    assert client.get("/app?s=tick").status_code == 404
    assert client.get("/app/reference").status_code == 200


def test_the_reference_needs_no_session(serve: Serve) -> None:
    client = serve()
    french = client.get("/app/reference", headers={"Accept-Language": "fr"})
    assert Read(french.text).all("html") == [{"lang": "fr"}]
    assert Read(client.get("/app/reference?lang=en&edition=aura-earlier").text).all("html") == [{"lang": "en"}]
    chapter = client.get("/app/reference/zoledronate?lang=en")
    assert "Contraindicated below 30 mL/min" in chapter.text
    assert "frame-ancestors 'none'" in chapter.headers["Content-Security-Policy"]
    assert client.get("/app/reference/..%2fx").status_code == 404
    assert client.get("/app/reference/no_such").status_code == 404


# --- the file ---


def written(tmp_path: Path, body: bytes, *options: str) -> tuple[int, str, Path]:
    sent, out = tmp_path / "request.json", tmp_path / "page.html"
    sent.write_bytes(body)
    result = CliRunner().invoke(main, ["page", str(sent), "--out", str(out), *options])
    return result.exit_code, result.output, out


def test_a_page_is_written_from_a_request(tmp_path: Path) -> None:
    body = hook_request_bytes(scenario("lung-zol-clearance-42"))
    day = scenario("lung-zol-clearance-42").as_of.isoformat()
    code, _, out = written(tmp_path, body, "--as-of", day, "--lang", "fr", "--edition", "aura-earlier")
    assert code == 0
    page = Read(out.read_text("utf-8"))
    assert page.all("html") == [{"lang": "fr"}]
    assert "édition antérieure" in page.text
    assert page.all("script") == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"hook": 5}', b'{"hook": "patient-view"}'])
def test_a_file_that_is_no_request_is_refused_in_words(tmp_path: Path, body: bytes) -> None:
    code, said, out = written(tmp_path, body)
    assert code == 1
    assert said.startswith("Error: ")
    assert not out.exists()
