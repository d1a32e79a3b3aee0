"""A real browser at a real server on this machine. What a page must never do is checked after every test.

Chromium is found by name, or named by CHROMIUM. Without it the tests are skipped, in one line that says so; where CI is
set they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.driving import Served, Visit, serving

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = "CHROMIUM IS NOT INSTALLED: the pages were not tried in a browser. As root: apt-get install chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=found, args=[*root, "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """The whole service with its sandbox, on a fixed day; started once."""
    with serving() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, server: Served) -> Iterator[Callable[..., Visit]]:
    """Opens windows: ``visit(path, width=…, scheme=…, …)``. Afterwards none of them may have misbehaved."""
    begun: list[Visit] = []

    def open_window(path: str, **wishes: object) -> Visit:
        window = Visit.begin(browser, server.url, **wishes)
        begun.append(window)
        window.go(path)
        return window

    yield open_window
    for window in begun:
        window.end()
    server.reset()
