"""The whole service against the EHR of its own sandbox, over HTTP: no clients file, no arrangement."""

import json
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.sandbox.scenarios import hook_request, scenario
from cds_service.settings import Settings
from cds_service.store.installation import open_installation
from hooks.exact_json import dumps_exact
from tests.smart.desk import page_of, query_of

MAN = scenario("lung-zol-clearance-42")
PATIENT = "syn-lung-zol-clearance-42"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"))
    store = open_installation(settings, development=True)
    app = create_app(settings, lambda: MAN.as_of, store=store)
    page_of(app, "/told")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    store.close(5)


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """It keeps no cookie that wants https, so it carries the ticket in its addresses."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def told(browser: requests.Session, url: str, arrived: requests.Response) -> Json:
    assert arrived.url.startswith(f"{url}/app?s="), arrived.text
    found: Json = browser.get(f"{url}/told", params={"s": query_of(arrived.url)["s"]}).json()
    return found


def opened_from_a_card(browser: requests.Session, url: str, **fields: str) -> requests.Response:
    sent = {"url": f"{url}/smart/launch", "patient": PATIENT} | fields
    return browser.post(f"{url}/sandbox/auth/launch", data=sent)


def test_from_a_card_of_the_sandbox(browser: requests.Session, url: str) -> None:
    found = told(browser, url, opened_from_a_card(browser, url, appContext="rule=ZOL-DOSE-01"))
    known = {name: found[name] for name in ("client", "patient_id", "fhir_server", "app_context", "frame_ancestors")}
    assert known == {
        "client": "development",
        "patient_id": PATIENT,
        "fhir_server": f"{url}/sandbox/fhir",
        "app_context": "rule=ZOL-DOSE-01",
        "frame_ancestors": [url],
    }
    assert found["user"].startswith("Practitioner")
    assert found["can_write"]
    assert found["reads"]
    asked = {"Authorization": f"Bearer {found['access_token']}"}
    man = browser.get(f"{found['fhir_server']}/Patient/{PATIENT}", headers=asked)
    assert json.loads(man.text)["id"] == PATIENT
    assert (
        browser.get(f"{url}/sandbox/fhir/Patient/{PATIENT}", headers={"Authorization": "Bearer x"}).status_code == 401
    )


def called(browser: requests.Session, url: str, **changes: Any) -> list[Json]:
    """The cards of a call as the EHR of the sandbox makes it."""
    body = dumps_exact(hook_request(MAN) | changes)
    answer = browser.post(f"{url}/cds-services/{MAN.service}", data=body, headers={"Content-Type": "application/json"})
    cards: list[Json] = answer.json()["cards"]
    assert cards
    return cards


def test_a_card_leads_to_the_app_at_its_rule(browser: requests.Session, url: str) -> None:
    cards = called(browser, url, fhirServer=f"{url}/sandbox/fhir")
    (link,) = apps(cards[0])
    assert {**link, "appContext": ""} == {
        "label": "Open this patient in Osteohooks",
        "url": f"{url}/smart/launch",
        "type": "smart",
        "appContext": "",
    }
    arrived = opened_from_a_card(browser, url, appContext=link["appContext"])
    rule = link["appContext"].removeprefix("rule=")
    assert told(browser, url, arrived)["app_context"] == f"rule={rule}"
    assert rule in cards[0]["detail"]


@pytest.mark.parametrize("server", [{}, {"fhirServer": "https://ehr.example.org/fhir"}])
def test_a_card_for_an_ehr_that_cannot_launch_the_app_has_no_link(
    browser: requests.Session, url: str, server: Json
) -> None:
    assert not [link for card in called(browser, url, **server) for link in apps(card)]


def apps(card: Json) -> list[Json]:
    """The links that launch an app; others lead to pages to read."""
    return [link for link in card.get("links", ()) if link["type"] == "smart"]


def test_alone_the_user_picks_a_patient(browser: requests.Session, url: str) -> None:
    asked = browser.get(f"{url}/smart/standalone", params={"iss": f"{url}/sandbox/fhir"})
    assert asked.url.startswith(f"{url}/sandbox/auth/authorize?")
    form = query_of(asked.url) | {"decision": "allow", "patient": PATIENT}
    found = told(browser, url, browser.post(f"{url}/sandbox/auth/authorize", data=form))
    assert found["patient_id"] == PATIENT


def test_a_user_who_declines(browser: requests.Session, url: str) -> None:
    asked = browser.get(f"{url}/smart/standalone", params={"iss": f"{url}/sandbox/fhir"})
    form = query_of(asked.url) | {"decision": "deny"}
    answer = browser.post(f"{url}/sandbox/auth/authorize", data=form)
    assert (answer.status_code, "<code>declined</code>" in answer.text) == (403, True)
    again = unescape(answer.text.partition('class="button" href="')[2].partition('"')[0])
    assert browser.get(url + again).url.startswith(f"{url}/sandbox/auth/authorize?")


def test_closing_it_ends_the_access(browser: requests.Session, url: str) -> None:
    found = told(browser, url, opened_from_a_card(browser, url))
    answer = browser.post(f"{url}/smart/close", data=found["hidden"])
    assert (answer.status_code, "is closed" in answer.text) == (200, True)
    asked = {"Authorization": f"Bearer {found['access_token']}"}
    assert browser.get(f"{url}/sandbox/fhir/Patient/{PATIENT}", headers=asked).status_code == 401
    assert browser.get(f"{url}/told", params=found["hidden"]).status_code == 403


@pytest.mark.parametrize("iss", ["https://ehr.example.org/fhir", "http://10.0.0.1/fhir"])
def test_in_development_only_this_machine_launches_it(browser: requests.Session, url: str, iss: str) -> None:
    answer = browser.get(f"{url}/smart/launch", params={"iss": iss, "launch": "x"})
    assert (answer.status_code, "<code>unknown-ehr</code>" in answer.text) == (400, True)


def test_alone_without_a_fhir_server_there_is_nothing_to_begin_with(browser: requests.Session, url: str) -> None:
    answer = browser.get(f"{url}/smart/standalone")
    assert (answer.status_code, "<code>unknown-ehr</code>" in answer.text) == (400, True)


def test_a_page_that_may_be_framed_names_by_whom(browser: requests.Session, url: str) -> None:
    arrived = opened_from_a_card(browser, url)
    page = browser.get(f"{url}/told", params={"s": query_of(arrived.url)["s"]})
    assert f"frame-ancestors {url}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    refused = browser.get(f"{url}/smart/launch")
    assert refused.headers["X-Frame-Options"] == "DENY"


def test_where_others_can_reach_the_service_nobody_launches_unconfigured(tmp_path: Path) -> None:
    settings = Settings(host="0.0.0.0", allow_unauthenticated=True, state_dir=tmp_path, public_url="https://x.example")
    store = open_installation(settings, development=True)
    client = create_app(settings, lambda: MAN.as_of, store=store).test_client()
    answer = client.get("/smart/launch?iss=http://127.0.0.1:8080/sandbox/fhir&launch=x")
    assert b"<code>unknown-ehr</code>" in answer.data
    store.close(0)
