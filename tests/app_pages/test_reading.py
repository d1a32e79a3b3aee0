"""Cards lead to the page where their rule can be read: in their language, in their edition, and only where it is known."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.app_pages.routes import card_pages
from cds_service.sandbox.scenarios import Scenario, hook_request, scenario
from cds_service.settings import Settings
from hooks.cards import FAULT, Composed
from hooks.exact_json import dumps_exact
from tests.app_pages.seen import NEWEST, speaker
from tests.app_pages.test_page import Read
from tests.cohorts.cohort import ask

PUBLIC = "https://cds.example.org"
HERE = "http://localhost"
ABOUT = scenario("lung-femur-mirels-10")
EVERY_CHAPTER = [scenario(each) for each in ("lung-zol-clearance-42", "lung-cord-compression", "lung-femur-mirels-10")]


@pytest.fixture(scope="module")
def public() -> FlaskClient:
    return create_app(Settings(public_url=PUBLIC, sandbox=False), lambda: ABOUT.as_of).test_client()


@pytest.fixture(scope="module")
def sandbox() -> FlaskClient:
    return create_app(Settings(sandbox=True), lambda: ABOUT.as_of).test_client()


def cards(client: FlaskClient, about: Scenario, language: str = "en", **changes: Any) -> list[Any]:
    body = dumps_exact(hook_request(about) | changes)
    headers = {"Accept-Language": language, "Content-Type": "application/json"}
    answer = client.post(f"/cds-services/{about.service}", data=body, headers=headers)
    found: list[Any] = answer.json["cards"] if answer.json else []
    assert found
    return found


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Read this recommendation"), ("fr", "Lire cette recommandation")]
)
@pytest.mark.parametrize("about", EVERY_CHAPTER, ids=lambda each: each.id)
def test_every_card_leads_to_the_chapter_of_its_rule(
    public: FlaskClient, about: Scenario, language: str, label: str
) -> None:
    for card in cards(public, about, language):
        (link,) = card["links"]
        rule = card["source"]["topic"]["code"]
        assert link["label"].startswith(label)
        assert (link["type"], link.keys()) == ("absolute", {"label", "type", "url"})
        address, _, fragment = link["url"].partition("#")
        assert address.startswith(f"{PUBLIC}/app/reference/")
        assert address.endswith(f"?lang={language}&edition={NEWEST}")
        shown = Read(public.get(link["url"].removeprefix(PUBLIC)).text)
        assert (fragment, fragment in [each["id"] for each in shown.all("section")]) == (rule, True)


def test_the_edition_is_that_of_the_card() -> None:
    app = create_app(Settings(public_url=PUBLIC, edition="aura-earlier"), lambda: ABOUT.as_of).test_client()
    (link,) = cards(app, scenario("lung-zol-clearance-42"))[0]["links"]
    assert "edition=aura-earlier" in link["url"]


def test_nothing_of_the_patient_is_in_the_address(public: FlaskClient) -> None:
    patient = hook_request(ABOUT)["context"]["patientId"]
    assert not [card for card in cards(public, ABOUT) if patient in str(card["links"])]


def test_in_the_sandbox_it_leads_to_this_machine(sandbox: FlaskClient) -> None:
    for card in cards(sandbox, ABOUT, fhirServer=f"{HERE}/sandbox/fhir"):
        assert card["links"][-1]["url"].startswith(f"{HERE}/app/reference/")


@pytest.mark.parametrize("changes", [{}, {"fhirServer": "https://ehr.example.org/fhir"}])
def test_without_a_known_address_there_is_no_link(sandbox: FlaskClient, changes: dict[str, Any]) -> None:
    assert not [card for card in cards(sandbox, ABOUT, **changes) if "links" in card]


def test_a_host_that_a_caller_made_up_is_never_linked_to(sandbox: FlaskClient) -> None:
    body = dumps_exact(hook_request(ABOUT) | {"fhirServer": "http://evil.example.org/sandbox/fhir"})
    headers = {"Content-Type": "application/json", "Host": "evil.example.org"}
    answer = sandbox.post(f"/cds-services/{ABOUT.service}", data=body, headers=headers)
    assert b"evil.example.org" not in answer.data


def test_a_card_about_a_fault_has_nothing_to_read() -> None:
    about = ask(ABOUT, NEWEST, "en")
    page = card_pages(Settings(public_url=PUBLIC))
    assert page(Composed(about.cards[0], FAULT), None, speaker()) is None
