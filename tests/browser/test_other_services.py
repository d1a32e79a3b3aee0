"""Cards of services that are not ours, with everything a card may have: shown safely, links opened, apps launched.

The service is answered for by the test, as another hospital's would answer.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Route, expect

from tests.browser.driving import FAILED_LOAD, Served, Visit
from tests.browser.test_ehr_page import MAN, SIGN, answered
from tests.sandbox.app import App

Open = Callable[..., Visit]
PATIENT = f"syn-{MAN}"


class _Launched(BaseHTTPRequestHandler):
    """An app that only shows that it was opened."""

    seen: list[str]

    def do_GET(self) -> None:
        if self.path.startswith("/launch"):
            self.seen.append(self.path)
        body = b"<!doctype html><html lang=en><title>App</title><link rel=icon href=data:,><h1>The app</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def app() -> Iterator[tuple[str, list[str]]]:
    """The address of an app, and the addresses it was opened at."""
    handler = type("Launched", (_Launched,), {"seen": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/launch", handler.seen
    running.shutdown()
    thread.join()
    running.server_close()


def opened(visit: Open, *cards: Any, status: int = 200, **more: Any) -> Visit:
    """The page at order-sign, with these cards answered."""
    window = visit(f"/sandbox?scenario={MAN}", excused=(FAILED_LOAD,))

    def answer(route: Route) -> None:
        body = json.dumps({"cards": cards, **more})
        route.fulfill(status=status, body=body, content_type="application/json")

    window.page.route("**/cds-services/bone-order-sign", answer)
    window.find("[data-hook=order-sign]").click()
    answered(window, "order-sign")
    return window


def card(**more: Any) -> dict[str, Any]:
    return {"uuid": "c1", "summary": "A card", "indicator": "info", "source": {"label": "Elsewhere"}, **more}


def suggestion(*actions: Any) -> dict[str, Any]:
    told = {"label": "Take it", "uuid": "s1", "actions": [{"description": "Does it", **each} for each in actions]}
    return {"suggestions": [told], "selectionBehavior": "any"}


def test_what_others_write_cannot_run(visit: Open) -> None:
    evil = "<img src=x onerror=window.evil=1><script>window.evil=2</script>"
    detail = f"{evil}\n\n[x](javascript:window.evil=3) **bold** ![p](http://elsewhere.example/p.png)"
    source = {"label": evil, "url": "http://127.0.0.1:1/"}
    links = [{"label": evil, "url": "http://127.0.0.1:1/", "type": "absolute"}]
    reasons = [{"code": "x", "system": "y", "display": evil}]
    window = opened(visit, card(summary=evil, detail=detail, source=source, links=links, overrideReasons=reasons,
                                **suggestion({"type": "delete", "resourceId": "Observation/x", "description": evil})))  # fmt: skip
    shown = window.find("article.card")
    expect(shown.locator("h3")).to_have_text(evil)
    expect(shown.locator(".detail strong")).to_have_text("bold")
    expect(shown.locator("img, script, a[href^=javascript]")).to_have_count(0)
    assert window.page.evaluate("window.evil") is None


def test_an_indicator_is_a_word_a_shape_and_a_colour(visit: Open) -> None:
    words = {"critical": "Critical", "warning": "Warning", "info": "Information"}
    window = opened(visit, *(card(uuid=each, indicator=each) for each in words))
    for indicator, word in words.items():
        expect(window.find(f".card.{indicator} .indicator")).to_contain_text(word)
        expect(window.find(f".card.{indicator} .shape.{indicator}")).to_be_visible()


def test_a_card_without_a_uuid_cannot_be_reported_on(visit: Open) -> None:
    window = opened(visit, {key: value for key, value in card().items() if key != "uuid"})
    expect(window.find(".card .overriding")).to_be_hidden()


def test_an_order_is_deleted(visit: Open) -> None:
    window = opened(
        visit, card(**suggestion({"type": "delete", "resourceId": "MedicationRequest/syn-l42-draft-zometa-1"}))
    )
    window.find("article.card").get_by_role("button", name="Take it").click()
    expect(window.find("#drafts")).to_have_text("Nothing is being written.")


def test_an_order_without_an_id_is_created_and_an_appointment_goes_to_its_list(visit: Open) -> None:
    order = {"resourceType": "ServiceRequest", "status": "draft", "intent": "order", "code": {"text": "A scan"}}
    meeting = {
        "resourceType": "Appointment",
        "status": "proposed",
        "description": "A visit",
        "start": "2026-04-01T10:00:00Z",
    }
    window = opened(
        visit, card(**suggestion({"type": "create", "resource": order}, {"type": "create", "resource": meeting}))
    )
    window.find("article.card").get_by_role("button", name="Take it").click()
    expect(window.find(".draft h3")).to_have_count(2)
    expect(window.find(".draft h3").nth(1)).to_have_text("A scan")
    window.find("[data-hook=appointment-book]").click()
    expect(window.find(".draft h3").nth(1)).to_have_text("A visit")


def test_at_most_one_means_that_the_others_are_put_away(visit: Open) -> None:
    both = [{"label": name, "uuid": name, "actions": []} for name in ("First", "Second")]
    window = opened(visit, card(suggestions=both, selectionBehavior="at-most-one"))
    window.find("article.card").get_by_role("button", name="First").click()
    expect(window.find("article.card").get_by_role("button", name="Second")).to_be_disabled()


def test_what_is_not_said_again_is_told(visit: Open) -> None:
    withheld = [{"rules": ["ZOL-CI-01"], "indicator": "critical", "reasons": ["repeated"]}]
    window = opened(visit, extension={"io.github.osteohooks.withheld": withheld})
    expect(window.find("#card-list .notice")).to_contain_text("ZOL-CI-01 (repeated)")


def test_an_answer_that_is_none(visit: Open) -> None:
    window = visit(f"/sandbox?scenario={MAN}", excused=(FAILED_LOAD,))
    answers = ["<html>no</html>", "null", "[]", '{"cards": null}']
    left = iter(answers)
    window.page.route("**/cds-services/bone-order-sign", lambda route: route.fulfill(status=502, body=next(left)))
    for body in answers:
        window.find("[data-hook=order-sign]").click()
        shown = body if body.startswith("<") else json.dumps(json.loads(body), indent=2)
        expect(window.find("#response")).to_have_text(shown)
        expect(window.find(".notice.critical")).to_contain_text("did not answer with cards (502)")


def test_a_service_that_is_not_there(visit: Open) -> None:
    window = visit(f"/sandbox?scenario={MAN}", excused=(FAILED_LOAD,))
    window.page.route("**/cds-services/bone-order-sign", lambda route: route.abort())
    window.find("[data-hook=order-sign]").click()
    expect(window.find("#status")).to_have_text("The service cannot be reached.")


def test_the_slower_of_two_answers_does_not_win(visit: Open) -> None:
    window = visit(f"/sandbox?scenario={MAN}")
    waiting: list[Route] = []
    window.page.route("**/cds-services/bone-order-sign", lambda route: waiting.append(route))
    window.find("[data-hook=order-sign]").click()
    window.page.wait_for_timeout(300)
    window.find("[data-hook=patient-view]").click()
    answered(window, "patient-view")
    waiting[0].fulfill(
        status=200, body=json.dumps({"cards": [card(summary="Too late")]}), content_type="application/json"
    )
    window.page.wait_for_timeout(300)
    expect(window.find("#status")).to_contain_text("patient-view")
    expect(window.find("#card-list")).not_to_contain_text("Too late")


# --- apps ---


def test_an_app_is_launched_from_a_card(visit: Open, server: Served, app: tuple[str, list[str]]) -> None:
    url, seen = app
    links = [{"label": "Open the form", "url": url, "type": "smart", "appContext": "form=mirels"}]
    window = opened(visit, card(links=links))
    with window.context.expect_page() as appearing:
        window.find("article.card").get_by_role("button", name="Open the form").click()
    appearing.value.wait_for_load_state()
    expect(appearing.value.locator("h1")).to_have_text("The app")
    query = {name: values[0] for name, values in parse_qs(urlsplit(seen[0]).query).items()}
    assert query["iss"] == f"{server.url}/sandbox/fhir"
    told = redeemed(server, query["launch"])
    assert (told["patient"], told["encounter"], told["appContext"]) == (PATIENT, f"{PATIENT}-stay", "form=mirels")


def redeemed(server: Served, launch: str) -> Any:
    """The token response of an app that was opened with this handle."""
    redirect = "http://127.0.0.1:9/callback"
    app = App(None)  # type: ignore[arg-type]  # only its PKCE is used; the server is a real one
    asked = app.parameters(
        "launch patient/*.rs", launch=launch, aud=f"{server.url}/sandbox/fhir", redirect_uri=redirect
    )
    code = _redirected(f"{server.url}/sandbox/auth/authorize?{urlencode(asked)}")["code"][0]
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect,
            "code_verifier": app.verifier, "client_id": app.client_id}  # fmt: skip
    return server.post("/sandbox/auth/token", urlencode(sent).encode(), "application/x-www-form-urlencoded")


def _redirected(url: str) -> dict[str, list[str]]:
    """Where a redirect leads, without going there."""
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    try:
        build_opener(Stay).open(url)
    except HTTPError as answer:
        with answer:
            return parse_qs(urlsplit(answer.headers["Location"]).query)
    raise AssertionError("not redirected")


def test_a_link_to_read_on_opens_elsewhere_and_tells_nothing(visit: Open, app: tuple[str, list[str]]) -> None:
    url, seen = app
    window = opened(visit, card(links=[{"label": "Read on", "url": url, "type": "absolute"}]))
    with window.context.expect_page() as appearing:
        window.find("article.card").get_by_role("link", name="Read on").click()
    appearing.value.wait_for_load_state()
    assert seen == ["/launch"]
    assert appearing.value.evaluate("[window.opener, document.referrer]") == [None, ""]


def test_the_user_opens_an_app_and_picks_the_patient(visit: Open, server: Served, app: tuple[str, list[str]]) -> None:
    url, seen = app
    asked = App(None).parameters("launch/patient patient/*.rs", aud=f"{server.url}/sandbox/fhir", redirect_uri=url)  # type: ignore[arg-type]  # only its parameters are used
    window = visit("/sandbox")
    window.page.goto(f"{server.url}/sandbox/auth/authorize?{urlencode(asked)}")
    window.page.get_by_label("For which patient?").select_option(PATIENT)
    window.page.get_by_role("button", name="Allow").click()
    expect(window.page.locator("h1")).to_have_text("The app")
    assert "code=" in seen[0]


def test_the_sandbox_is_not_shown_inside_another_page(visit: Open, server: Served) -> None:
    with urlopen(f"{server.url}{SIGN}") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
