"""The pages of the sandbox as they are served: every scenario in both languages, deep links, strict headers, the forms."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.assets import page_policy
from cds_service.sandbox.desk import HOOKS, offered, start
from cds_service.sandbox.fhir.faults import FAULTS
from cds_service.sandbox.pages import APPS_AT
from cds_service.sandbox.scenarios import Scenario, hook_request, scenario, scenarios
from fhir_mappers.terminology import default_terminology
from hooks.limits import EDITIONS
from hooks.request import HOOKS as KNOWN_HOOKS
from hooks.services import services
from hooks.texts import LANGUAGES
from tests.sandbox.desk import MAN, TODAY, observation, send

MAN_42 = "lung-zol-clearance-42"
VOID = {"meta", "link", "input", "img", "br", "hr"}


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, texts, ids; whether all that opens is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [a for t, a in self.elements if t == tag and all(a.get(n) == v for n, v in wanted.items())]

    def attributes(self, name: str) -> list[str]:
        return [value for _, a in self.elements if (value := a.get(name)) is not None]


def opened(client: FlaskClient, address: str, status: int = 200, **headers: str) -> Page:
    response = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == status
    assert response.content_type == "text/html; charset=utf-8"
    return Page(response.get_data(as_text=True))


def selected(page: Page, name: str) -> list[str | None]:
    """The value chosen in the select of this id."""
    inside, found = False, []
    for tag, attributes in page.elements:
        if tag == "select":
            inside = attributes.get("id") == name
        if inside and tag == "option" and "selected" in attributes:
            found.append(attributes["value"])
    return found


# --- the list ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_offers_every_scenario(client: FlaskClient, language: str) -> None:
    page = opened(client, f"/sandbox?lang={language}")
    links = [href for href in page.attributes("href") if "scenario=" in href]
    assert len(links) == len(scenarios()) == len(set(links))
    for each in scenarios():
        assert f"/sandbox?scenario={each.id}&hook={each.hook}&lang={language}" in links
        assert each.title[language] in page.texts
        assert each.shows[language] in page.texts
    assert page.all("html", lang=language)


def test_the_language_of_the_browser_is_taken_unless_the_address_says_one(client: FlaskClient) -> None:
    assert opened(client, "/sandbox", Accept_Language="fr-FR,fr;q=0.9").all("html", lang="fr")
    assert opened(client, "/sandbox?lang=en", Accept_Language="fr").all("html", lang="en")
    assert opened(client, "/sandbox?lang=de", Accept_Language="de").all("html", lang="en")


# --- one scenario ---


@pytest.mark.parametrize(("number", "each"), list(enumerate(scenarios())), ids=lambda each: getattr(each, "id", ""))
def test_every_scenario_has_its_page(client: FlaskClient, number: int, each: Scenario) -> None:
    language = LANGUAGES[number % len(LANGUAGES)]
    page = opened(client, f"/sandbox?scenario={each.id}&lang={language}")
    assert each.shows[language] in "".join(page.texts)
    assert [each_.get("data-hook") for each_ in page.all("button") if "data-hook" in each_] == list(HOOKS)
    assert page.all("div", id="ehr", data_scenario=each.id)


def test_a_deep_link_restores_what_the_server_shows(client: FlaskClient) -> None:
    address = f"/sandbox?scenario={MAN_42}&hook=order-select&edition=aura-earlier&fault=slow&prefetch=off&lang=fr"
    page = opened(client, address)
    assert [button["data-hook"] for button in page.all("button", **{"class": "primary"})] == ["order-select"]
    assert (selected(page, "edition"), selected(page, "fault")) == (["aura-earlier"], ["slow"])
    assert "checked" not in page.all("input", id="prefetch")[0]
    english = next(a["href"] for a in page.all("a", data_language="en"))
    assert english == address.replace("lang=fr", "lang=en")
    for href in page.attributes("href"):
        if "scenario=" in href and MAN_42 not in href:
            assert "edition=aura-earlier&fault=slow&prefetch=off&lang=fr" in href


def test_what_a_link_says_wrongly_is_as_if_it_did_not(client: FlaskClient) -> None:
    page = opened(client, f"/sandbox?scenario={MAN_42}&hook=x&edition=y&fault=z&prefetch=maybe&lang=tlh")
    assert [button["data-hook"] for button in page.all("button", **{"class": "primary"})] == ["order-sign"]
    assert (selected(page, "edition"), selected(page, "fault")) == (["aura-2026"], [])
    assert "checked" in page.all("input", id="prefetch")[0]


@pytest.mark.parametrize("name", ["no-such-one", "<script>alert(1)</script>", "../../etc/passwd", "%00"])
def test_a_scenario_that_is_not_there(client: FlaskClient, name: str) -> None:
    page = opened(client, f"/sandbox?scenario={name}", 404)
    assert any(a.get("role") == "alert" for _, a in page.elements)
    assert len(page.all("script")) == 1
    assert "no-such-one" not in "".join(page.texts)


def test_every_edition_and_fault_is_offered(client: FlaskClient) -> None:
    page = opened(client, f"/sandbox?scenario={MAN_42}")
    values = [option.get("value") for option in page.all("option")]
    assert set(EDITIONS) | set(FAULTS) <= set(values)


# --- strict ---


@pytest.mark.parametrize(
    "address", ["/sandbox", f"/sandbox?scenario={MAN_42}&hook=order-sign", "/sandbox?scenario=nobody"]
)
def test_a_page_has_no_script_and_no_style_of_its_own(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    policy = response.headers["Content-Security-Policy"]
    assert policy == page_policy(form_action=APPS_AT)
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    page = Page(response.get_data(as_text=True))
    assert page.all("style") == []
    assert all(script.get("src") for script in page.all("script"))
    assert not [name for _, a in page.elements for name in a if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("address", ["/sandbox", f"/sandbox?scenario={MAN_42}&hook=order-sign"])
def test_everything_a_page_loads_is_here(client: FlaskClient, address: str) -> None:
    page = opened(client, address)
    loaded = [a["href"] for a in page.all("link")] + [a["src"] for a in page.all("script") + page.all("img")]
    for path in loaded:
        assert path is not None
        with client.get(path) as response:
            assert response.status_code == 200, path


def test_every_module_imports_modules_that_are_there(client: FlaskClient) -> None:
    waiting, seen = {"ehr.js", "home.js"}, set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        with client.get(f"/sandbox/static/{name}") as response:
            assert (response.status_code, response.mimetype) == (200, "text/javascript"), name
            assert response.headers["Cache-Control"] == "no-cache"
            text = response.get_data(as_text=True)
        assert "http://" not in text.replace('"http://unitsofmeasure.org"', "")
        waiting |= set(re.findall(r'from "\./([\w.]+)"', text)) - seen
    assert "orders.js" in seen


@pytest.mark.parametrize("name", ["../guard.py", "..%2fguard.py", "nothing.js", "", "ehr.js/", ".."])
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    for folder in ("/static", "/sandbox/static"):
        assert client.get(f"{folder}/{name}").status_code == 404


def test_labels_point_at_fields_and_ids_are_unique(client: FlaskClient) -> None:
    for address in ("/sandbox", f"/sandbox?scenario={MAN_42}"):
        page = opened(client, address)
        ids = page.attributes("id")
        assert len(ids) == len(set(ids))
        for name in ("for", "aria-labelledby", "aria-describedby", "form"):
            assert {word for value in page.attributes(name) for word in value.split()} <= set(ids)


# --- what the scripts start from ---


@pytest.mark.parametrize(
    "each", [each for each in scenarios()[::2] if "history" not in each.id], ids=lambda each: each.id
)
def test_the_desk_holds_the_context_of_every_hook(each: Scenario) -> None:
    begun = start(each, TODAY, "en")
    listed = {"medication-refill": "medications", "appointment-book": "appointments"}
    assert list(begun["contexts"]) == list(HOOKS)
    for hook in HOOKS:
        expected = hook_request(each, TODAY, hook)["context"]
        name = listed.get(hook, "draftOrders")
        if name in expected:
            assert begun["lists"][name] == [entry["resource"] for entry in expected.pop(name).get("entry", [])]
        if "selections" in expected:
            assert begun["chosen"] == expected.pop("selections")
        assert begun["contexts"][hook] == expected


def test_every_service_can_be_asked() -> None:
    assert {service.hook for service in services()} <= set(HOOKS) <= set(KNOWN_HOOKS)


def test_the_forms_offer_codes_the_service_knows() -> None:
    known = default_terminology()
    for language in LANGUAGES:
        choices = offered(language)
        codings = [c for row in choices["products"] + choices["routes"] for c in row["concept"].get("coding", [])]
        codings += [c for row in choices["visits"][1:] for c in row["concept"]["coding"]]
        assert all(known.concepts(coding["system"], coding["code"]) for coding in codings)
        assert all(row["text"] == row["concept"]["text"] for rows in choices.values() for row in rows)
        routes = {row["id"] for row in choices["routes"]}
        assert {row["order"]["route"] for row in choices["products"]} <= routes


def test_the_start_is_in_the_language_asked_for(client: FlaskClient) -> None:
    french = client.get(f"/sandbox/start/{MAN_42}?lang=fr").get_json()
    assert french["words"]["order-sign"] == "Signer la prescription"
    assert french["offered"]["routes"][0]["text"] == "voie intraveineuse"
    assert french["scenario"] == {"id": MAN_42, "hook": "order-sign"}
    assert client.get("/sandbox/start/nobody").status_code == 404


# --- the shipped requests ---


def test_a_request_can_be_had_for_another_hook(client: FlaskClient) -> None:
    body = client.get(f"/sandbox/requests/{MAN_42}?hook=patient-view").get_json()
    assert body["hook"] == "patient-view"
    answer = client.post("/cds-services/bone-patient-view", json=body)
    assert answer.status_code == 200
    assert client.get(f"/sandbox/requests/{MAN_42}?hook=nonsense").status_code == 404


def test_each_row_of_the_list_has_its_page(client: FlaskClient) -> None:
    for row in client.get("/sandbox/requests").get_json()["scenarios"]:
        assert row["page"] == f"/sandbox?scenario={row['id']}&hook={scenario(row['id']).hook}"
    assert client.get(row["page"]).status_code == 200


# --- the edition a call asks for ---


def test_the_edition_can_be_chosen_by_the_call(client: FlaskClient) -> None:
    body = client.get("/sandbox/requests/lung-zol-kidney-failing").data

    def cards(query: str) -> list[str]:
        answer = client.post(f"/cds-services/bone-patient-view{query}", data=body, content_type="application/json")
        assert answer.status_code == 200
        return [card["summary"] + card["detail"] for card in answer.get_json()["cards"]]

    assert cards("?edition=aura-2026") == cards("")
    assert cards("?edition=aura-earlier") != cards("")


def test_an_edition_that_is_not_there_is_refused(client: FlaskClient) -> None:
    body = client.get(f"/sandbox/requests/{MAN_42}").data
    answer = client.post("/cds-services/bone-order-sign?edition=aura-2099", data=body, content_type="application/json")
    told = answer.get_json()
    assert (answer.status_code, told["resourceType"], told["issue"][0]["expression"]) == (
        400,
        "OperationOutcome",
        ["edition"],
    )
    assert "2099" not in answer.get_data(as_text=True)


# --- the chart ---


def test_the_chart_shows_what_is_on_the_server_now(fresh: FlaskClient) -> None:
    before = fresh.get(f"/sandbox/chart/{MAN}?lang=fr").get_data(as_text=True)
    assert "132,6 µmol/L" in before
    assert "Métastases osseuses" in before
    odd = observation(code={"text": "<b>Odd</b>"}, valueQuantity={"value": 12.5, "unit": "<i>"})
    send(fresh, "POST", "/sandbox/fhir/Observation", odd)
    after = fresh.get(f"/sandbox/chart/{MAN}").get_data(as_text=True)
    assert "&lt;b&gt;Odd&lt;/b&gt;" in after
    assert "12.5 &lt;i&gt;" in after
    assert "1 Jun 2026" in after
    Page(after)


def test_a_long_chart_stays_short(client: FlaskClient) -> None:
    page = client.get("/sandbox/chart/syn-breast-long-history").get_data(as_text=True)
    assert page.count("<tr>") < 90
    assert re.search(r"\+ \d{4} earlier", page)


@pytest.mark.parametrize("each", scenarios()[::2], ids=lambda each: each.id)
def test_every_chart_can_be_shown(client: FlaskClient, each: Scenario) -> None:
    patient = hook_request(each)["context"]["patientId"]
    for language in LANGUAGES:
        text = client.get(f"/sandbox/chart/{patient}?lang={language}").get_data(as_text=True)
        assert "<table" in text
        assert "None" not in text


def test_a_chart_of_nobody(client: FlaskClient) -> None:
    assert client.get("/sandbox/chart/nobody").status_code == 404


def test_without_scripts_the_requests_are_pointed_at(client: FlaskClient) -> None:
    text = client.get(f"/sandbox?scenario={MAN_42}").get_data(as_text=True)
    noscript = text[text.index("<noscript>") : text.index("</noscript>")]
    assert 'href="/sandbox/requests"' in noscript
