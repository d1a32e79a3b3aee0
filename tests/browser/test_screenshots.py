"""The pictures in the documentation, taken anew: ``make screenshots`` keeps them in docs/screenshots.

Everywhere else they go to a temporary folder; what is checked is that each can be taken, is small, and is not cut off.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.driving import FAILED_LOAD, Visit
from tests.browser.test_ehr_page import MAN, SIGN, answered

Open = Callable[..., Visit]
LARGEST = 200_000  # bytes
SIZES = {"wide": (1280, 800), "small": (390, 844)}


def scenarios_listed(window: Visit) -> None:
    expect(window.find(".tile").first).to_be_visible()


def order_signed(window: Visit) -> None:
    answered(window, "order-sign")


def suggestion_accepted(window: Visit) -> None:
    answered(window, "order-sign")
    window.find("article.card").get_by_role("button", name="Corriger la dose").click()
    expect(window.find(".draft .badge")).to_have_text("Modifié")
    window.find(".draft summary").click()
    window.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def results_missing(window: Visit) -> None:
    answered(window, "order-sign")
    expect(window.find("article.card").first).to_be_visible()


def wire_shown(window: Visit) -> None:
    answered(window, "patient-view")
    window.find(".wire").scroll_into_view_if_needed()
    window.page.evaluate("document.querySelector('.wire').scrollIntoView()")


PICTURES: dict[str, tuple[str, Callable[[Visit], None]]] = {
    "sandbox-scenarios": ("/sandbox", scenarios_listed),
    "sandbox-order-sign": (SIGN, order_signed),
    "sandbox-accepted-fr": (f"{SIGN}&lang=fr", suggestion_accepted),
    "sandbox-results-missing": (f"/sandbox?scenario={MAN}&hook=order-sign&fault=missing", results_missing),
    "sandbox-on-the-wire": ("/sandbox?scenario=lung-zol-kidney-failing&hook=patient-view", wire_shown),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", SIZES)
def test_picture(visit: Open, tmp_path: Path, name: str, size: str, scheme: str) -> None:
    address, prepare = PICTURES[name]
    width, height = SIZES[size]
    window = visit(address, width=width, height=height, scheme=scheme, excused=(FAILED_LOAD,))
    prepare(window)
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{name}-{size}-{scheme}.png"
    window.page.screenshot(path=picture, animations="disabled", caret="hide")
    assert 5_000 < picture.stat().st_size < LARGEST
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width
