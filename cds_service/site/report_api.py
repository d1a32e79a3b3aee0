"""The page ``/report``: the burden of alerts, for operators only.

It is served where an operator's token is configured, to whoever knows it, or in development on this machine to this
machine alone. Being bound to loopback is no proof of that: a reverse proxy calls from loopback too, and so does any web
page a developer opens. So a request that was forwarded, came from another origin or names another host is refused.
"""

import hmac
import threading
from datetime import date, timedelta
from pathlib import Path

from flask import Blueprint, Response, request

from cds_service.settings import Settings, is_loopback
from cds_service.site import burden_page, burden_plots
from cds_service.site.burden import burden
from cds_service.site.burden_data import Scope
from cds_service.site.burden_privacy import SMALLEST
from cds_service.site.policies import EVERYONE, Site
from cds_service.site.reading import NoLog, reading
from cds_service.site.report_words import Words
from cds_service.store.engine import Database
from hooks.texts import LANGUAGES

USUAL = timedelta(days=27)  # four weeks with today
_LONGEST = timedelta(days=366 * 3)
_SHORTEST_TOKEN = 24
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
_HTML, _TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


class Gate:
    """Who may read the report."""

    def __init__(self, token: str | None, *, open_here: bool) -> None:
        self._token, self._open_here = token, open_here

    @property
    def is_shut(self) -> bool:
        """True where nobody may."""
        return self._token is None and not self._open_here

    def admits(self) -> bool:
        """Whether the request at hand may."""
        if self._token is not None:
            return self._knows(self._token)
        return self._open_here and _from_here()

    @property
    def asks(self) -> bool:
        """Whether a token would help."""
        return self._token is not None

    @staticmethod
    def _knows(token: str) -> bool:
        sent = request.authorization
        given = "" if sent is None else (sent.password if sent.type == "basic" else sent.token) or ""
        return hmac.compare_digest(given.encode(), token.encode())


def gate(settings: Settings, *, development: bool) -> Gate:
    """The gate of an installation.

    Raises:
        SystemExit: the file of the token cannot be read, or holds too little.
    """
    path = settings.operator_token_file
    if path is None:
        return Gate(None, open_here=development and is_loopback(settings.host))
    return Gate(_token(path), open_here=False)


def create_report(database: Database, guard: Gate, site: Site, language: str) -> Blueprint:
    """The page; titles are those of the rules in force. A gate that is shut answers 404."""
    pages = Blueprint("report", __name__)
    one_at_a_time = threading.Lock()  # a plot costs a second of one core: calls of clinicians come first

    @pages.get("/report")
    def report() -> Response:
        if guard.is_shut:
            return _plain("There is no page at this address.", 404)
        if not guard.admits():
            return _refused(guard)
        rules = site.parts(EVERYONE, site.today()).rules
        words = Words(_language(language), rules, SMALLEST)
        try:
            scope = _scope(site.today())
            with one_at_a_time:
                with reading(database) as log:
                    found = burden(log, scope)
                plots = burden_plots.draw(found, words) if found.calls and burden_plots.can_draw() else ()
        except (NoLog, ValueError) as error:
            return _plain(str(error), 503 if isinstance(error, NoLog) else 400)
        response = Response(burden_page.page(found, words, plots), content_type=_HTML)
        response.headers["Content-Security-Policy"] = f"{burden_page.policy()}; frame-ancestors 'none'"
        return response

    return pages


def _scope(today: date) -> Scope:
    """The period asked for: by default four weeks up to today.

    Raises:
        ValueError: in words for the operator.
    """
    first, last = _day("from"), _day("to")
    last = last or today
    first = first or last - USUAL
    if not first <= last <= first + _LONGEST:
        raise ValueError("from must lie before to, at most three years.")
    return Scope(first, last, request.args.get("client") or None)


def _day(name: str) -> date | None:
    text = request.args.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{name} must be a date like 2026-12-01.") from None


def _language(default: str) -> str:
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or default


def _from_here() -> bool:
    """Asked by a person at this machine: not forwarded, not by a page of another origin, not under another name."""
    if any(name in request.headers for name in (*_FORWARDED, "Origin")):
        return False
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return False
    host = request.host.rsplit(":", 1)[0].strip("[]") if not request.host.endswith("]") else request.host.strip("[]")
    return is_loopback(host) and is_loopback(request.remote_addr or "")


def _refused(guard: Gate) -> Response:
    if not guard.asks:
        return _plain("This page is shown on the machine of the service only.", 403)
    response = _plain("This page needs the operator's token, as password of any user name or as bearer token.", 401)
    response.headers["WWW-Authenticate"] = 'Basic realm="osteohooks", charset="UTF-8"'
    return response


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, content_type=_TEXT)


def _token(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SystemExit("Osteohooks cannot start.\n  OSTEOHOOKS_OPERATOR_TOKEN_FILE cannot be read.") from None
    if len(token) < _SHORTEST_TOKEN:
        raise SystemExit(
            "Osteohooks cannot start.\n  OSTEOHOOKS_OPERATOR_TOKEN_FILE must hold at least "
            f"{_SHORTEST_TOKEN} characters, for example of: openssl rand -hex 32"
        )
    return token
