"""Takes the pictures of the documentation anew: ``make screenshots``."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import opened_browser
from tests.browser.driving import Visit, serving
from tests.forms.served import serving as forms_serving

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 150_000  # bytes
COLOURS = 128  # of a palette: a third of the bytes, and no difference to the eye
SIGN = "/sandbox?scenario=lung-zol-clearance-42&hook=order-sign"


def _as_it_is(window: Visit) -> None:
    """Nothing more to do."""


def _cards_first(window: Visit) -> None:
    window.page.evaluate("document.getElementById('cards').scrollIntoView()")


def _suggestion_accepted(window: Visit) -> None:
    window.find("article.card").get_by_role("button", name="Corriger la dose").click()
    expect(window.find(".draft .badge")).to_have_text("Modifié")
    window.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def _on_the_wire(window: Visit) -> None:
    window.page.evaluate("document.querySelector('.wire').scrollIntoView()")


@dataclass(frozen=True)
class Picture:
    """One state of a page. ``size`` in CSS pixels."""

    address: str
    prepare: Callable[[Visit], None] = _as_it_is
    size: tuple[int, int] = (1280, 800)
    scheme: str = "light"


PICTURES = {
    "sandbox": Picture("/sandbox"),
    "sandbox-order-sign": Picture(SIGN),
    "sandbox-order-sign-small": Picture(SIGN, _cards_first, (390, 844)),
    "sandbox-accepted-fr-dark": Picture(f"{SIGN}&lang=fr", _suggestion_accepted, scheme="dark"),
    "sandbox-wire": Picture("/sandbox?scenario=lung-zol-kidney-failing&hook=patient-view", _on_the_wire),
}


FORMS = {
    "form-jaw": Picture("/app/forms/jaw"),
    "form-board-fr": Picture("/app/forms/board"),
    "form-jaw-fr-small-dark": Picture("/app/forms/jaw", size=(390, 844), scheme="dark"),
}


def main() -> None:
    """Write every picture, and say how large it is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with opened_browser() as browser, TemporaryDirectory() as folder:
        context = browser.new_context(locale="en-GB")
        with serving() as server:
            for name, picture in PICTURES.items():
                _take(context, server.url, name, picture)
        with forms_serving(Path(folder)) as service:
            chart = service.open("syn-breast-onj-exposed-bone")
            for name, picture in FORMS.items():
                language = "fr" if "-fr" in name else "en"
                at = f"{picture.address}?s={chart.ticket}&lang={language}"
                _take(context, service.url, name, replace(picture, address=at))


def _take(context: BrowserContext, url: str, name: str, picture: Picture) -> None:
    width, height = picture.size
    window = Visit.begin(context, url, width=width, height=height, scheme=picture.scheme)
    window.go(picture.address)
    picture.prepare(window)
    found = smaller(window.page.screenshot(animations="disabled", caret="hide"))
    window.end()
    if len(found) > LARGEST:
        raise SystemExit(f"{name}.png would have {len(found)} bytes; at most {LARGEST}.")
    (FOLDER / f"{name}.png").write_bytes(found)
    print(f"docs/screenshots/{name}.png  {len(found) // 1000} kB")


def smaller(picture: bytes) -> bytes:
    """The same PNG with a palette."""
    kept = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


if __name__ == "__main__":
    main()
