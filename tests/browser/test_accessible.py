"""The pages for everyone: with the keyboard alone, with a screen reader, on a small screen, in the dark."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from tests.browser.driving import FAILED_LOAD, Visit
from tests.browser.test_ehr_page import MAN, SIGN, answered

Open = Callable[..., Visit]
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 800}, "small": {"width": 390, "height": 844}}
PAGES = {
    "list": "/sandbox",
    "signing": SIGN,
    "signing in French": f"{SIGN}&lang=fr",
    "a chart opened": "/sandbox?scenario=lung-zol-kidney-failing&hook=patient-view",
    "booking": "/sandbox?scenario=lung-zol-renewal-monthly&hook=appointment-book",
    "not found": "/sandbox?scenario=nobody",
}


def opened(visit: Open, name: str) -> Visit:
    """One of the pages, with its answer."""
    window = visit(PAGES[name], excused=(FAILED_LOAD,))
    if "hook=" in PAGES[name]:
        answered(window, PAGES[name].split("hook=")[1].split("&")[0])
    return window


def complaints(window: Visit) -> list[Any]:
    """What axe-core finds wrong, each with where."""
    found = Axe().run(window.page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found]


@pytest.mark.parametrize("name", PAGES)
def test_on_any_screen_axe_finds_nothing_and_nothing_is_cut_off(visit: Open, name: str) -> None:
    window = opened(visit, name)
    for summary in window.find("main summary, aside summary, .wire summary").all():
        if not summary.evaluate("node => node.parentElement.open"):
            summary.click()
    for width in (320, 390, 768, 895, 1000, 1199, 1280, 1920):
        window.page.set_viewport_size({"width": width, "height": 844})
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width
    for size, scheme in (("wide", "light"), ("small", "dark")):
        window.page.set_viewport_size(SIZES[size])
        window.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert complaints(window) == [], (size, scheme)


def test_axe_finds_nothing_in_what_happens_later(visit: Open) -> None:
    window = visit(SIGN, excused=(FAILED_LOAD,))
    answered(window, "order-sign")
    cards = window.find("article.card")
    cards.nth(0).get_by_role("button", name="Change the dose").click()
    cards.nth(1).locator("summary").click()
    cards.nth(1).get_by_role("button", name="Override this card").click()
    expect(cards.nth(1).locator(".feedback")).not_to_be_empty()
    assert complaints(window) == []
    window.page.emulate_media(color_scheme="dark")
    assert complaints(window) == []
    window.find("#fault").select_option("unauthorised")
    expect(window.find("#request")).to_contain_text("/faults/unauthorised/fhir")
    answered(window, "order-sign")
    assert complaints(window) == []


def focused(window: Visit) -> str:
    """What has the focus, as it is called."""
    named = """() => { const on = document.activeElement;
        return (on.getAttribute('aria-label') || on.innerText || on.name || on.id || on.tagName).trim() }"""
    return str(window.page.evaluate(named))


def tab_to(window: Visit, words: str, key: str = "Tab") -> None:
    for _ in range(200):
        window.page.keyboard.press(key)
        if focused(window).startswith(words):
            return
    raise AssertionError(f"the keyboard does not get to {words}")


def test_everything_with_the_keyboard_alone(visit: Open) -> None:
    window = visit("/sandbox", excused=(FAILED_LOAD,))
    keyboard = window.page.keyboard
    tab_to(window, "filter")
    keyboard.type("clearance 42")
    tab_to(window, "First Zometa 4 mg, clearance 42")
    keyboard.press("Enter")
    window.page.wait_for_url("**scenario=**")
    window.ready()
    answered(window, "order-sign")

    keyboard.press("Tab")
    assert focused(window) == "Skip to the cards"
    keyboard.press("Enter")
    tab_to(window, "Change the dose to 3.3 mg")
    keyboard.press("Enter")
    expect(window.find(".draft .dosage")).to_contain_text("3.3 mg")
    expect(window.find(".card .feedback").first).not_to_be_empty()
    tab_to(window, "Override")
    keyboard.press("Enter")
    expect(window.find("button:visible", has_text="Override this card")).to_be_visible()
    tab_to(window, "Override this card")
    keyboard.press("Enter")
    expect(window.find(".card .badge", has_text="Overridden")).to_be_visible()

    tab_to(window, "Change", "Shift+Tab")
    keyboard.press("Enter")
    tab_to(window, "dose")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("3")
    keyboard.press("Tab")
    expect(window.find(".draft .dosage")).to_contain_text("3 mg · intravenous")
    tab_to(window, "Sign the order")
    keyboard.press("Enter")
    expect(window.find("#request")).to_contain_text('"value": 3,')


def test_the_focus_is_always_seen_and_never_lost(visit: Open) -> None:
    window = visit(SIGN)
    answered(window, "order-sign")
    for _ in range(90):
        window.page.keyboard.press("Tab")
        outline = """() => { const on = document.activeElement, style = getComputedStyle(on);
            return on === document.body || style.outlineStyle !== 'none' }"""
        assert window.page.evaluate(outline), focused(window)


def test_the_focus_stays_in_the_form_while_an_order_is_changed(visit: Open) -> None:
    window = visit(SIGN)
    window.find(".draft summary").click()
    window.find(".draft [name=dose]").fill("5")
    window.find(".draft [name=dose]").press("Enter")
    expect(window.find(".draft .dosage")).to_contain_text("5 mg")
    expect(window.find(".draft [name=dose]")).to_be_focused()


def test_on_a_small_screen_the_answer_is_brought_into_view(visit: Open) -> None:
    window = visit(f"/sandbox?scenario={MAN}", **SIZES["small"])
    expect(window.find("#chart-panel")).not_to_have_attribute("open", "")
    window.find("[data-hook=order-sign]").click()
    answered(window, "order-sign")
    expect(window.find("article.card").first).to_be_in_viewport()


def test_parts_have_names_and_headings_an_order(visit: Open) -> None:
    window = visit(SIGN)
    answered(window, "order-sign")
    for role, name in (
        ("navigation", "Scenarios"),
        ("region", "Cards"),
        ("region", "On the wire"),
        ("form", "How the service is called"),
    ):
        expect(window.page.get_by_role(role, name=name).first).to_be_visible()  # type: ignore[arg-type]  # these are roles
    levels = window.page.evaluate("[...document.querySelectorAll('main h1, main h2, main h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_without_scripts_the_chart_can_be_read(visit: Open, browser: Any, server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url + SIGN)
    expect(page.locator("h1")).to_have_text("Clairon TESTPATIENT")
    expect(page.locator("#chart")).to_contain_text("Créatininémie")
    context.close()
