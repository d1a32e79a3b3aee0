"""Starts the service in a thread, and drives a window that remembers everything it asked for and complained about."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, WebError
from playwright.sync_api import Request as Asked
from werkzeug.serving import WSGIRequestHandler, make_server

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.installation import open_installation

TODAY = date(2026, 3, 16)
PATIENCE = 20_000  # ms; a machine may be busy
EMPTY = "about:blank"
FAILED_LOAD = "Failed to load resource"  # what Chromium says of every answer that is an error, asked for or not


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a test says itself what went wrong."""


@dataclass(frozen=True)
class Served:
    """A running service."""

    url: str

    def post(self, path: str, body: bytes = b"", kind: str = "application/json") -> Any:
        """The JSON that is answered; None where there is none."""
        request = Request(self.url + path, data=body, headers={"Content-Type": kind}, method="POST")
        with urlopen(request, timeout=PATIENCE / 1000) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def reset(self) -> None:
        """The shipped patients again."""
        self.post("/sandbox/reset")


@contextmanager
def serving(clock: Callable[[], date] = lambda: TODAY, **settings: Any) -> Iterator[Served]:
    """The whole service with its store, on 127.0.0.1, at a port of its own."""
    with TemporaryDirectory() as folder:
        here = Settings(state_dir=Path(folder), **{"fetch_deadline": 10, **settings})  # no test is about a slow machine
        store = open_installation(here, development=True)
        store.start()
        app = create_app(here, clock, store=store)
        running = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{running.server_port}")
        finally:
            running.shutdown()
            thread.join()
            running.server_close()
            store.close(5)


@dataclass
class Visit:
    """One window and what it did. ``excused`` are messages of the console that this test expects."""

    url: str
    context: BrowserContext
    page: Page
    asked: list[Asked] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    excused: tuple[str, ...] = ()

    @classmethod
    def begin(cls, context: BrowserContext, url: str, **wishes: Any) -> Self:
        """A window, of ``width``, ``height``, ``scheme`` (light, dark) and ``excused``.

        An empty one that is open already is taken: to open one takes longer than most of what is done in it.
        """
        empty = [each for each in context.pages if each.url == EMPTY]
        window = cls(url, context, empty[0] if empty else context.new_page(), excused=wishes.get("excused", ()))
        window.page.set_viewport_size({"width": wishes.get("width", 1280), "height": wishes.get("height", 800)})
        scheme = wishes.get("scheme", "light")
        window.page.emulate_media(media="screen", color_scheme=scheme, reduced_motion="reduce")
        context.on("request", window.remember)
        context.on("console", window.listen)
        context.on("weberror", window.stumble)
        return window

    def listen(self, message: ConsoleMessage) -> None:
        """Keep what a console shows in yellow or red."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def remember(self, request: Asked) -> None:
        """Keep what was asked for."""
        self.asked.append(request)

    def stumble(self, error: WebError) -> None:
        """Keep what a script did not catch."""
        self.complaints.append(str(error.error))

    def go(self, path: str) -> None:
        """Open an address, and wait until the scripts of the page have done their part."""
        self.page.goto(self.url + path)
        self.ready()

    def ready(self) -> None:
        """Wait for the scripts of a page that has just been opened."""
        self.page.wait_for_selector("html[data-ready]")

    def find(self, selector: str, **having: Any) -> Locator:
        """What a selector finds; ``has_text`` narrows it."""
        return self.page.locator(selector, **having)

    def sent(self, path: str) -> list[Any]:
        """The bodies posted to an address, in order."""
        found = [each for each in self.asked if each.method == "POST" and urlsplit(each.url).path == path]
        return [each.post_data_json for each in found]

    def hosts(self) -> set[str]:
        """Whom the window talked to."""
        return {urlsplit(each.url).hostname or "" for each in self.asked if not each.url.startswith("data:")}

    def end(self) -> None:
        """Leave an empty window; nothing may have left this machine, and nothing may have gone wrong unseen."""
        first, *others = self.context.pages
        for page in others:
            page.close()
        first.unroute_all()
        first.goto(EMPTY)
        self.context.remove_listener("request", self.remember)
        self.context.remove_listener("console", self.listen)
        self.context.remove_listener("weberror", self.stumble)
        assert self.hosts() <= {"127.0.0.1"}
        assert [each for each in self.complaints if not each.startswith(self.excused or ("\0",))] == []
