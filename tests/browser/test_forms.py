"""The forms in a real browser: live scoring, keyboard, screen reader, small screens, paper, French."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.driving import FAILED_LOAD, Visit
from tests.forms.served import WRITES, Chart, Service, serving

JAW = "syn-breast-onj-exposed-bone"
WIDE, SMALL = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture
def visit(windows: BrowserContext, service: Service) -> Iterator[Open]:
    """Opens a page of a session: ``visit(chart, path, …)``. Afterwards no window may have misbehaved."""
    begun: list[Visit] = []

    def open_window(chart: Chart, path: str, lang: str = "en", **wishes: object) -> Visit:
        window = Visit.begin(windows, service.url, **wishes)
        begun.append(window)
        window.page.goto(f"{service.url}{path}?s={chart.ticket}&lang={lang}")
        return window

    yield open_window
    for window in begun:
        window.end()


@pytest.fixture
def chart(service: Service) -> Chart:
    service.app.test_client().post("/sandbox/reset")
    return service.open(JAW, WRITES)


def test_what_the_guideline_says_follows_the_answers(visit: Open, chart: Chart) -> None:
    window = visit(chart, "/app/forms/jaw")
    window.ready()
    results = window.find("#results")
    expect(results).to_contain_text("meets the definition")
    source = window.find("#source-exposed-jaw-bone")
    expect(source).to_be_visible()
    window.find('[name="q.craniofacial-radiotherapy"][value="true"]').check()
    expect(results).to_contain_text("after craniofacial radiotherapy")
    window.find('[name="q.exposed-jaw-bone"][value="false"]').check()
    expect(source).to_have_count(0)
    number = window.find('[name="q.exposed-bone-days"]')
    number.fill("many")
    expect(window.find("#problem-exposed-bone-days")).to_have_text("Write a number, for example 12.5.")
    assert number.get_attribute("aria-invalid") == "true"
    assert "problem-exposed-bone-days" in str(number.get_attribute("aria-describedby"))
    number.fill("12")
    expect(window.find("#problem-exposed-bone-days")).to_be_hidden()
    assert number.get_attribute("aria-invalid") is None
    expect(window.find("button", has_text="Score")).to_be_hidden()


def test_answers_are_saved_and_the_next_advice_uses_them(visit: Open, chart: Chart, service: Service) -> None:
    window = visit(chart, "/app/forms/calcium", lang="fr")
    window.ready()
    window.find('[name="q.dietary-calcium-intake"]').fill("640,5")
    expect(window.find("#results")).to_contain_text("Règle CA-INTAKE-01")
    window.find("button", has_text="Enregistrer les réponses").click()
    expect(window.find("#saved")).to_have_text("Les réponses sont enregistrées dans le dossier du patient.")
    assert len(chart.stored("QuestionnaireResponse")) == 1


def test_a_form_is_filled_in_with_the_keyboard_alone(visit: Open, chart: Chart) -> None:
    window = visit(chart, "/app/forms/calcium")
    window.ready()
    keys = window.page.keyboard
    keys.press("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    for _ in range(20):
        keys.press("Tab")
        if window.page.evaluate("document.activeElement.name") == "q.dietary-calcium-intake":
            break
    keys.type("900")
    keys.press("Enter")
    expect(window.find("#saved")).to_contain_text("stored in the patient's record")


def test_a_server_that_goes_away_is_said_and_nothing_typed_is_lost(visit: Open, chart: Chart) -> None:
    window = visit(chart, "/app/forms/calcium", excused=(FAILED_LOAD,))
    window.ready()
    window.page.route("**/score", lambda route: route.abort())
    field = window.find('[name="q.dietary-calcium-intake"]')
    field.fill("900")
    expect(window.find("#results")).to_have_text(
        "The server does not answer. Your answers are still here: try again in a moment."
    )
    expect(field).to_have_value("900")
    window.page.unroute("**/score")
    field.fill("901")
    expect(window.find("#results")).to_contain_text("CA-INTAKE-01")


@pytest.mark.parametrize("path", ["/app/forms", "/app/forms/jaw", "/app/forms/board"])
def test_axe_finds_nothing_and_nothing_is_cut_off(visit: Open, chart: Chart, path: str) -> None:
    window = visit(chart, path, lang="fr" if path.endswith("board") else "en")
    for size, scheme in ((WIDE, "light"), (SMALL, "dark")):
        window.page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict has the same keys
        window.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found = Axe().run(window.page).response["violations"]
        assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found] == [], (size, scheme)
        assert window.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (size, scheme)


def test_axe_finds_nothing_in_what_is_wrong(visit: Open, chart: Chart) -> None:
    window = visit(chart, "/app/forms/jaw", excused=(FAILED_LOAD,))
    window.ready()
    window.find('[name="q.exposed-bone-days"]').fill("many")
    window.find("button", has_text="Save the answers").click()
    expect(window.find("[role=alert] a")).to_have_text("Days of exposed bone under adequate care")
    found = Axe().run(window.page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found] == []


def test_a_form_works_without_scripts(browser: Browser, chart: Chart, service: Service) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.url}/app/forms/calcium?s={chart.ticket}")
    page.fill('[name="q.dietary-calcium-intake"]', "640")
    page.locator("button", has_text="Score").click()
    expect(page.locator("#results")).to_contain_text("CA-INTAKE-01")
    page.locator("button", has_text="Save the answers").click()
    expect(page.locator("#saved")).to_be_visible()
    context.close()


def test_the_board_request_fits_on_one_sheet_of_paper(visit: Open, chart: Chart) -> None:
    window = visit(chart, "/app/forms/board", lang="fr")
    window.ready()
    window.find('[name="q.board-circumstances"]').fill("Ostéonécrose de la mâchoire sous dénosumab : poursuite ?")
    window.find("button", has_text="Version imprimable").click()
    expect(window.find(".paper h1")).to_contain_text("RCP-OOS")
    expect(window.find("dd").first).to_contain_text("poursuite ?")
    window.page.emulate_media(media="print")
    assert window.find(".whose").is_hidden()
    assert len(re.findall(rb"/Type\s*/Page\b", window.page.pdf(format="A4"))) == 1
