"""Takes the pictures of the documentation anew: ``make screenshots``; with names, those alone."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import opened_browser
from tests.browser.driving import TODAY, Visit, serving
from tests.forms.served import serving as forms_serving

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 150_000  # bytes
COLOURS = 256  # of a palette: a third of the bytes, and no difference to the eye
SMALL = (390, 844)
SIGN = "/sandbox?scenario=lung-zol-clearance-42&hook=order-sign"


def _as_it_is(window: Visit) -> None:
    """Nothing more to do."""


def _cards_first(window: Visit) -> None:
    window.page.evaluate("document.getElementById('cards').scrollIntoView()")


def _suggestion_accepted(window: Visit) -> None:
    window.find("article.card").get_by_role("button", name="Corriger la dose").click()
    expect(window.find(".draft .badge")).to_have_text("Modifié")
    window.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def _timeline(window: Visit) -> None:
    window.page.evaluate("document.getElementById('timeline').scrollIntoView()")


def _first_of_all(window: Visit) -> None:
    window.page.evaluate("document.querySelector('.finding').open = true")
    window.page.evaluate("document.getElementById('due').scrollIntoView()")


def _results(window: Visit) -> None:
    window.page.evaluate("document.querySelector('.results').scrollIntoView()")


def _on_the_wire(window: Visit) -> None:
    window.page.evaluate("document.querySelector('.wire').scrollIntoView()")


@dataclass(frozen=True)
class Picture:
    """One state of a page. ``size`` in CSS pixels; ``patient`` whose session of the app it is."""

    address: str
    prepare: Callable[[Visit], None] = _as_it_is
    size: tuple[int, int] = (1280, 800)
    scheme: str = "light"
    patient: str = ""
    language: str = "en"
    scripted: bool = True


PICTURES = {
    "sandbox": Picture("/sandbox"),
    "sandbox-order-sign": Picture(SIGN),
    "sandbox-order-sign-small": Picture(SIGN, _cards_first, SMALL),
    "sandbox-accepted-fr-dark": Picture(f"{SIGN}&lang=fr", _suggestion_accepted, scheme="dark"),
    "sandbox-wire": Picture("/sandbox?scenario=lung-zol-kidney-failing&hook=patient-view", _on_the_wire),
}


JAW, FEMUR, CORD = "breast-onj-exposed-bone", "lung-femur-mirels-10", "lung-cord-compression"
KIDNEY, LONG = "lung-zol-kidney-failing", "breast-long-history"
APP = {
    "patient": Picture("/app", patient=KIDNEY),
    "patient-evidence": Picture("/app", _first_of_all, patient=KIDNEY),
    "patient-timeline": Picture("/app", _timeline, patient=KIDNEY),
    "patient-fr-dark": Picture("/app", patient=LONG, language="fr", scheme="dark"),
    "patient-small": Picture("/app", patient=KIDNEY, size=SMALL),
    "reference": Picture("/app/reference/zoledronate"),
    "reference-fr-small": Picture("/app/reference/zoledronate", size=SMALL, language="fr"),
    "forms-small": Picture("/app/forms", patient=FEMUR, size=SMALL, scripted=False),
    "form-mirels": Picture("/app/forms/mirels", patient=FEMUR),
    "form-mirels-small": Picture("/app/forms/mirels", _results, patient=FEMUR, size=SMALL),
    "form-sins-fr": Picture("/app/forms/sins", patient=CORD, language="fr"),
    "form-sins-small-dark": Picture("/app/forms/sins", patient=CORD, size=SMALL, scheme="dark"),
    "form-jaw": Picture("/app/forms/jaw", patient=JAW),
    "form-board-fr": Picture("/app/forms/board", patient=JAW, language="fr"),
    "form-board-small": Picture("/app/forms/board", patient=JAW, size=SMALL),
    "form-jaw-fr-small-dark": Picture("/app/forms/jaw", patient=JAW, language="fr", size=SMALL, scheme="dark"),
}


def main(*only: str) -> None:
    """Write every picture, or ``only`` these, and say how large it is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with opened_browser() as browser, TemporaryDirectory() as folder:
        context = browser.new_context(locale="en-GB")
        with serving() as server:
            for name, picture in PICTURES.items():
                if not only or name in only:
                    _take(context, server.url, name, picture, picture.address)
        with forms_serving(Path(folder), TODAY) as service:
            for name, picture in APP.items():
                if not only or name in only:
                    session = f"s={service.open(f'syn-{picture.patient}').ticket}&" if picture.patient else ""
                    _take(context, service.url, name, picture, f"{picture.address}?{session}lang={picture.language}")


def _take(context: BrowserContext, url: str, name: str, picture: Picture, address: str) -> None:
    width, height = picture.size
    window = Visit.begin(context, url, width=width, height=height, scheme=picture.scheme)
    window.page.goto(url + address)
    if picture.scripted:
        window.ready()
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
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:])
