"""The app's pages in a real browser: screen reader, keyboard, small and dark screens, paper, without script."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Request
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from cds_service.app_pages.routes import create_app_pages
from cds_service.assets import create_assets
from cds_service.sandbox.scenarios import record, scenario, scenarios
from cds_service.site.policies import Site
from hooks.exact_json import dumps_exact
from tests.app_pages.seen import NEWEST, parts
from tests.app_pages.test_routes import TOKEN, Opened
from tests.browser.driving import Visit
from tests.fetching.desk import fetcher
from tests.support.ehr import Ehr, running

SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 800}, "small": {"width": 390, "height": 844}}
KIDNEY, POINTS, OVERDUE = "lung-zol-kidney-failing", "lung-zol-two-points", "prostate-xgeva-overdue"
PAPER = [KIDNEY, POINTS, OVERDUE, "breast-long-history", "breast-onj-exposed-bone", "lung-denosumab-stopped-no-bridge"]
LOOKS: tuple[tuple[str, Literal["light", "dark"]], ...] = (("wide", "light"), ("small", "dark"))
Open = Callable[..., Visit]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a test says itself what went wrong."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The pages over one hospital with every shipped patient; the session's ticket names the patient."""
    wanted = {scenario(name).patient: scenario(name) for name in PAPER}
    resources = [one for each in wanted.values() for one in json.loads(dumps_exact(record(each)))]
    asking = fetcher()
    with running(Ehr(resources=resources, token=TOKEN)) as ehr:

        def current(request: Request) -> Opened:
            name, _, rule = request.args["s"].partition(":")
            opened = Opened(ehr.url, f"syn-{name}", ticket=request.args["s"], language="en")
            opened.app_context.rule = rule or None
            return opened

        site = Site(lambda: scenarios()[0].as_of, NEWEST, given=parts())
        object.__setattr__(site, "today", lambda: scenario(KIDNEY).as_of)
        app = Flask("cds_service", static_folder=None)
        app.register_blueprint(create_assets())
        app.register_blueprint(create_app_pages(site, asking, "en", lambda rule: "dietary-calcium", current))
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()
    asking.close()


@pytest.fixture
def window(windows: BrowserContext, address: str) -> Iterator[Open]:
    """Opens windows; afterwards none of them may have complained or talked to anyone else."""
    begun: list[Visit] = []

    def opened(path: str, **wishes: object) -> Visit:
        visit = Visit.begin(windows, address, **wishes)
        begun.append(visit)
        visit.go(path)
        return visit

    yield opened
    for visit in begun:
        visit.end()


def complaints(visit: Visit) -> list[Any]:
    """What axe-core finds wrong, each with where."""
    found = Axe().run(visit.page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found]


PAGES = {
    "kidney": f"/app?s={KIDNEY}:NEPH-STOP-01&lang=en",
    "overdue in French": f"/app?s={OVERDUE}&lang=fr",
    "reference": "/app/reference/zoledronate?lang=fr",
    "chapters": "/app/reference?lang=en",
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(window: Open, name: str) -> None:
    visit = window(PAGES[name])
    visit.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    for size, scheme in LOOKS:
        visit.page.set_viewport_size(SIZES[size])
        visit.page.emulate_media(color_scheme=scheme)
        assert complaints(visit) == [], (size, scheme)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(window: Open, name: str) -> None:
    visit = window(PAGES[name])
    visit.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    for width in (320, 390, 640, 768, 1000, 1280, 1920):
        visit.page.set_viewport_size({"width": width, "height": 844})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_evidence_opens_with_the_keyboard_alone(window: Open) -> None:
    visit = window(f"/app?s={POINTS}&lang=en")
    visit.page.keyboard.press("Tab")
    expect(visit.find(".skip")).to_be_focused()
    visit.page.keyboard.press("Enter")
    for _ in range(30):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.matches('#rule-VITD-REPL-01 > summary')"):
            break
    visit.page.keyboard.press("Enter")
    expect(visit.find("#rule-VITD-REPL-01 .facts").first).to_be_visible()
    expect(visit.find("#rule-VITD-REPL-01 .facts").first).to_contain_text("15 ng/mL")
    outlined = "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
    assert visit.page.evaluate(outlined)


def test_the_rule_of_the_card_is_open_and_a_link_leads_there(window: Open) -> None:
    visit = window(PAGES["kidney"])
    expect(visit.find("#rule-NEPH-STOP-01 .facts")).to_be_visible()
    visit.page.get_by_role("link", name="Go to it").click()
    expect(visit.find("#rule-NEPH-STOP-01")).to_be_in_viewport()


def test_a_link_opens_what_is_inside_a_closed_group(window: Open) -> None:
    visit = window(f"/app?s={KIDNEY}&lang=en#rule-BRIDGE-02")
    expect(visit.find("#rule-BRIDGE-02")).to_have_attribute("open", "")
    expect(visit.find("#rule-BRIDGE-02")).to_be_visible()


def test_language_and_edition_change_and_stay(window: Open) -> None:
    visit = window(f"/app?s={POINTS}&lang=en")
    visit.page.get_by_label("Guideline edition").select_option("aura-earlier")
    visit.page.get_by_role("button", name="Show").click()
    visit.ready()
    expect(visit.find("#due")).to_contain_text("3 loading doses of 100,000 IU")
    visit.page.get_by_role("link", name="Français").click()
    visit.ready()
    expect(visit.find("#due")).to_contain_text("100 000")
    expect(visit.page.get_by_label("Édition du référentiel")).to_have_value("aura-earlier")


@pytest.mark.parametrize(("name", "language"), list(zip(PAPER, ("en", "fr") * 3, strict=True)))
def test_it_prints_on_one_page(window: Open, name: str, language: str) -> None:
    visit = window(f"/app?s={name}&lang={language}")
    visit.page.emulate_media(media="print")
    sheets = re.findall(rb"/Type\s*/Page[^s]", visit.page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 1


def test_without_script_everything_can_be_read(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/app?s={KIDNEY}&lang=en")
    page.locator("#rule-NEPH-STOP-01 > summary").click()
    expect(page.locator("#rule-NEPH-STOP-01 .inside")).to_be_visible()
    page.locator("figure.clearance details > summary").click()
    expect(page.locator("figure.clearance table").first).to_contain_text("23.8 mL/min")
    expect(page.locator("[data-print]")).to_be_hidden()
    context.close()


def test_pictures_are_seen_and_begin_at_today_on_a_small_screen(window: Open) -> None:
    visit = window("/app?s=breast-long-history&lang=en", **SIZES["small"])
    drawn = "[...document.images].every(each => each.complete && each.naturalWidth > 600)"
    assert visit.page.evaluate(drawn)
    held = visit.find("figure.course .picture")
    assert held.evaluate("each => each.scrollLeft === 0 && each.scrollWidth > each.clientWidth")


def test_printing_is_offered_where_a_script_runs(window: Open) -> None:
    visit = window(f"/app?s={KIDNEY}&lang=en")
    visit.page.evaluate("window.print = () => { document.title = 'printed' }")
    visit.page.get_by_role("button", name="Print").click()
    assert visit.page.title() == "printed"
