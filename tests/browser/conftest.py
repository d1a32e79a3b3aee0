"""A real browser at a real server on this machine. What a page must never do is checked after every test.

Chromium is found by name, or named by CHROMIUM. Without it the tests are skipped, in one line that says so; where CI is
set they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.driving import PATIENCE, Served, Visit, serving
from tests.smart.conftest import database, hospital, template  # noqa: F401  # fixtures, of the launches tried in frames

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = "CHROMIUM IS NOT INSTALLED: NO PAGE WAS TRIED IN A BROWSER. As root: apt-get install chromium"


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Chromium, without a window of its own.

    Raises:
        FileNotFoundError: there is none.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise FileNotFoundError(ABSENT)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        plain = ["--disable-gpu", "--disable-dev-shm-usage"]
        running = playwright.chromium.launch(executable_path=found, args=[*root, *plain])
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with opened_browser() as running:
            yield running
    except FileNotFoundError as absent:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(absent))


@pytest.fixture(scope="session")
def windows(browser: Browser) -> BrowserContext:
    """Where the windows of all tests open: pages keep no cookie, so the next one knows nothing of the last."""
    context = browser.new_context(locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return context


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """The whole service with its sandbox, on a fixed day; started once."""
    with serving() as running:
        yield running


@pytest.fixture
def visit(windows: BrowserContext, server: Served) -> Iterator[Callable[..., Visit]]:
    """Opens windows: ``visit(path, width=…, scheme=…, …)``. Afterwards none of them may have misbehaved."""
    begun: list[Visit] = []

    def open_window(path: str, **wishes: object) -> Visit:
        window = Visit.begin(windows, server.url, **wishes)
        begun.append(window)
        window.go(path)
        return window

    yield open_window
    server.reset()
    for window in begun:
        window.end()
    assert windows.cookies() == []
