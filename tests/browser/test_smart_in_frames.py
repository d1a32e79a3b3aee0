"""A real browser: the cookie, the frame of an EHR of another site, and the frame of somebody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from cds_service.store.engine import Database
from tests.smart.desk import north, product, query_of
from tests.smart.hospital import Hospital


@contextmanager
def served(app: Flask) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def chart(launch: str) -> Iterator[str]:
    """The page of an EHR of another site, with the app in a frame."""
    app = Flask("chart")
    app.add_url_rule("/", "chart", lambda: f'<!doctype html><iframe name="app" src="{launch}"></iframe>')
    with served(app) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def launch(hospital: Hospital, database: Database) -> Iterator[str]:
    """The address that opens the app, which pages of any ``localhost`` port 1 may frame."""
    holder = Flask("product")
    with served(holder) as port:
        client = north(hospital, frame_ancestors=("http://localhost:*",))
        desk = product(hospital, database, client, public_url=f"http://127.0.0.1:{port}")
        holder.wsgi_app = desk.app.wsgi_app  # type: ignore[method-assign]  # its port had to be known first
        yield f"http://127.0.0.1:{port}/smart/launch?iss={hospital.fhir}&launch=abc"


def test_in_a_window_the_address_holds_no_secret(browser: Browser, launch: str) -> None:
    page = browser.new_page()
    page.goto(launch)
    assert '"patient_id": "p1"' in page.content()
    assert "." not in query_of(page.url)["s"]
    page.context.clear_cookies()
    page.reload()
    assert "Your session has ended" in page.content()
    page.close()


def test_in_the_frame_of_an_ehr_of_another_site(browser: Browser, launch: str) -> None:
    with chart(launch) as address:
        page = browser.new_page()
        page.goto(address)
        frame = page.frame("app")
        assert frame is not None
        frame.wait_for_url("**/app?s=*")
        assert '"patient_id": "p1"' in frame.content()
        page.close()


def test_not_in_the_frame_of_anybody_else(browser: Browser, hospital: Hospital, database: Database) -> None:
    desk = product(hospital, database, public_url="http://127.0.0.1:1")
    with served(desk.app) as port, chart(f"http://127.0.0.1:{port}/smart/launch") as address:
        page, said = browser.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        page.wait_for_timeout(200)
        assert any("frame-ancestors" in text for text in said)
        page.close()
