"""Every form on both sides of its boundaries, typed in a browser: what is read beside it follows at once."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hooks.questionnaires import forms
from tests.browser.driving import Visit
from tests.forms.served import Chart, Service, serving

TABLE: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("boundaries.toml").read_text("utf-8"))
USUAL = "lung-bone-metastases-untreated"
OF_AN_ORDER = {"board"}  # its eight items are counted on a request: tests/checks/test_board.py
PAUSE = 500  # ms; the page waits a little less
PUT = """answers => {
  for (const [link, value] of Object.entries(answers))
    for (const field of document.getElementsByName(`q.${link}`))
      if (["radio", "checkbox"].includes(field.type)) field.checked = field.value === value; else field.value = value;
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture(scope="module")
def opened(browser: Browser, service: Service) -> Iterator[Visit]:
    """One window for all forms, whose clock is put forward by the pause after the last key."""
    context = browser.new_context(locale="en-GB")
    context.clock.install()
    window = Visit.begin(context, service.url)
    yield window
    window.end()
    context.close()


@pytest.fixture(scope="module")
def charts(service: Service) -> Mapping[str, Chart]:
    names = {str(rows.get("patient", USUAL)) for rows in TABLE.values()}
    return {name: service.open(f"syn-{name}") for name in names}


def test_every_form_has_its_boundaries() -> None:
    assert {str(rows.get("form", name)) for name, rows in TABLE.items()} | OF_AN_ORDER == set(forms())


@pytest.mark.parametrize("name", TABLE)
def test_what_is_read_changes_at_the_boundary(name: str, opened: Visit, charts: Mapping[str, Chart]) -> None:
    rows, window = TABLE[name], opened
    form = rows.get("form", name)
    window.go(f"/app/forms/{form}?s={charts[rows.get('patient', USUAL)].ticket}&lang=en")
    window.page.evaluate(PUT, rows["answers"])
    results = window.find("#results")
    first, near, *_ = rows["rows"][0]
    answer(window, first, near)
    expect(results).to_contain_text(rows["says"])
    before = results.inner_text()
    for link, near, far, said in rows["rows"]:
        assert rows["answers"][link] == near
        assert said not in before
        answer(window, link, far)
        expect(results).to_contain_text(said)
        expect(window.find(".problem:visible")).to_have_count(0)
        window.page.evaluate(PUT, {link: near})


def answer(window: Visit, link: str, value: str) -> None:
    """Answer one question as a person does, and let the pause after the last key pass."""
    field = window.find(f'[name="q.{link}"]')
    if field.first.get_attribute("type") in ("radio", "checkbox"):
        option = window.find(f'[name="q.{link}"][value="{value}"]')
        option.dispatch_event("input") if option.is_checked() else option.click()
    elif field.evaluate("node => node.localName") == "select":
        field.select_option(value)
    else:
        field.fill(value)
    window.page.clock.run_for(PAUSE)
