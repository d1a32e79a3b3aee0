"""A FHIR server for the service under test to read from, healthy or sick in a way its address names; it remembers all.

Bound to an address the service can reach. The first segment of a path is the case: ``/whole/Patient/1`` answers,
``/status-500/Patient/1`` fails. Only what was made up for the test is served.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cds_service.conformance import synthetic
from cds_service.conformance.target import Json

PAGE = 2  # entries of a page, so that there are several
ENDLESS = 200  # pages after which even an endless search ends
SLEEP = 20.0  # seconds; longer than any service should wait
STATUSES = (401, 403, 404, 429, 500, 503)
SICK = (*(f"status-{status}" for status in STATUSES), "html", "not-json", "other-type", "cut", "sleep", "drip", "loop",
        "endless", "redirect")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that arrived."""

    method: str
    case: str
    path: str
    query: str
    headers: dict[str, str]

    @property
    def token(self) -> str | None:
        """The bearer token it carried."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.casefold() == "bearer" else None


@dataclass(slots=True)
class Stub:
    """The server: what it serves, what it has seen, and another server that must never see a token."""

    host: str
    port: int
    record: list[Json] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    elsewhere: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)

    def url(self, case: str) -> str:
        """The base address of a case."""
        return f"http://{self.host}:{self.port}/{case}"

    def asked(self, case: str) -> list[Seen]:
        """What was asked of a case."""
        return [each for each in self.seen if each.case == case]


@contextmanager
def running(host: str, port: int = 0, elsewhere: str = "") -> Iterator[Stub]:
    """The server, in threads of its own, until the end of the block."""
    stub = Stub(host, port, elsewhere=elsewhere)
    server = _Server((host, port), _handler(stub))
    stub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up too: a kept connection would still be answered, with what it knew, when the next server is up."""
        super().server_close()
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A service that hangs up on a sick server does right: nothing to say."""


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        do_PUT = do_PATCH = do_DELETE = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            case, _, path = parts.path.strip("/").partition("/")
            query = parts.query or (body.decode("utf-8", "replace") if path.endswith("_search") else "")
            headers = {name.casefold(): value for name, value in self.headers.items()}
            stub.seen.append(Seen(self.command, case, path.removesuffix("/_search"), query, headers))
            try:
                _serve(self, stub, case, path.removesuffix("/_search"), query)
            except OSError:
                self.close_connection = True  # the service gave up waiting, as it should

    return Handler


def _serve(handler: BaseHTTPRequestHandler, stub: Stub, case: str, path: str, query: str) -> None:
    if case.startswith("status-"):
        _send(handler, int(case.removeprefix("status-")), {"resourceType": "OperationOutcome", "issue": []})
    elif case == "html":
        _send(handler, 200, b"<html><body>Please log in</body></html>", "text/html")
    elif case == "not-json":
        _send(handler, 200, b'{"resourceType": "Bundle", "entry": [')
    elif case == "other-type":
        _send(handler, 200, {"resourceType": "Basic", "id": "x"})
    elif case == "redirect":
        _send(handler, 302, b"", location=f"{stub.elsewhere}/{path}?{query}")
    elif case == "cut":
        _cut(handler)
    elif case in ("sleep", "drip"):
        _slow(handler, stub, drip=case == "drip")
    else:
        _resources(handler, stub, case, path, query)


def _resources(handler: BaseHTTPRequestHandler, stub: Stub, case: str, path: str, query: str) -> None:
    kind, _, wanted = path.partition("/")
    if wanted:
        found = [each for each in stub.record if each["resourceType"] == kind and each["id"] == wanted]
        known = found or ([{"resourceType": kind, "id": wanted}] if kind in synthetic.USERS else [])
        return _send(handler, 200, known[0]) if known else _send(handler, 404, {"resourceType": "OperationOutcome"})
    first = int(parse_qs(query).get("_page", ["0"])[0])
    matches = [each for each in stub.record if each["resourceType"] == kind]
    bundle = synthetic.searchset(matches[first * PAGE : (first + 1) * PAGE])
    bundle["total"] = len(matches)
    if (following := _next(stub, case, kind, first, len(matches))) is not None:
        bundle["link"] = [{"relation": "next", "url": following}]
    return _send(handler, 200, bundle)


def _next(stub: Stub, case: str, kind: str, page: int, matches: int) -> str | None:
    if case == "loop":
        return f"{stub.url(case)}/{kind}?_page=0"
    if case == "foreign":
        return f"{stub.elsewhere}/{kind}?_page=1"
    more = (page + 1) * PAGE < matches or (case == "endless" and page < ENDLESS)
    return f"{stub.url(case)}/{kind}?_page={page + 1}" if more else None


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: Json | bytes,
    kind: str = "application/fhir+json",
    location: str = "",
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content)))
    if location:
        handler.send_header("Location", location)
    handler.end_headers()
    handler.wfile.write(content)


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/fhir+json")
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"resourceType": "Bundle"')
    handler.close_connection = True


def _slow(handler: BaseHTTPRequestHandler, stub: Stub, *, drip: bool) -> None:
    end = time.monotonic() + SLEEP
    if drip:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/fhir+json")
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
    while time.monotonic() < end and not stub.stopping.wait(0.2):
        if drip:
            handler.wfile.write(b" ")
            handler.wfile.flush()
    handler.close_connection = True
