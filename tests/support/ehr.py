"""The FHIR server of another hospital: a real HTTP server on this machine, which can be told to misbehave in every way.

It holds plain resources, answers reads and searches by patient and code, gives pages, asks for a token, and remembers
every request it got, so that a test can say what was asked and with which token.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hooks.exact_json import dumps_exact

Json = dict[str, Any]
FHIR_JSON = "application/fhir+json"
PATIENT_OF = ("subject", "patient", "beneficiary")


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    token: str | None
    accept: str | None
    headers: dict[str, str]
    connection: int

    @property
    def kind(self) -> str:
        """The resource type asked for."""
        return _kind(self.path)


Behaviour = Callable[["Handler"], None]


@dataclass
class Ehr:
    """What the server holds and how it behaves.

    Attributes:
        token: the one token it accepts; None accepts every request.
        page: results per page; None gives all at once.
        faults: by resource type, what happens instead of an answer; "*" for every type.
        delay: seconds before each answer.
    """

    resources: list[Json] = field(default_factory=list)
    token: str | None = None
    page: int | None = None
    faults: dict[str, Behaviour] = field(default_factory=dict)
    delay: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    @property
    def kinds(self) -> list[str]:
        """The types asked for, in the order of asking."""
        return [one.kind for one in self.seen]

    def answer(self, handler: "Handler") -> None:
        """What a good server says."""
        parts = urlsplit(handler.path)
        steps = parts.path.removeprefix("/fhir/").split("/")
        if self.token is not None and handler.headers.get("Authorization") != f"Bearer {self.token}":
            handler.say(401, outcome("login"))
        elif len(steps) == 2:
            found = [r for r in self.resources if (r["resourceType"], r.get("id")) == tuple(steps)]
            handler.say(200, found[0]) if found else handler.say(404, outcome("not-found"))
        else:
            handler.say(200, self.bundle(steps[0], parts.query))

    def bundle(self, kind: str, query: str) -> Json:
        """A searchset: by patient, by code (any system), page by page."""
        wanted = {name: values[0] for name, values in parse_qs(query).items()}
        codes = set(wanted["code"].split(",")) if "code" in wanted else None
        found = [r for r in self.resources if r["resourceType"] == kind and _is_of(r, wanted.get("patient", ""))]
        found = [r for r in found if codes is None or codes & set(_codes(r))]
        start, size = int(wanted.get("_offset", 0)), self.page or len(found) or 1
        links = [{"relation": "self", "url": f"{self.url}/{kind}?{query}"}]
        if start + size < len(found):
            rest = "&".join(part for part in query.split("&") if not part.startswith("_offset"))
            links.append({"relation": "next", "url": f"{self.url}/{kind}?{rest}&_offset={start + size}"})
        entries = [{"fullUrl": f"{self.url}/{kind}/{r['id']}", "resource": r} for r in found[start : start + size]]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links, "entry": entries}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together
    ehr: Ehr
    halted: threading.Event

    def do_GET(self) -> None:
        ehr, headers = self.ehr, dict(self.headers)
        token = headers.get("Authorization")
        ehr.seen.append(Seen(self.command, self.path, token, headers.get("Accept"), headers, self.client_address[1]))
        time.sleep(ehr.delay)
        fault = ehr.faults.get(_kind(self.path)) or ehr.faults.get("*")
        (fault or ehr.answer)(self)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def say(self, status: int, body: Json | bytes, **headers: str) -> None:
        sent = body if isinstance(body, bytes) else dumps_exact(body)
        self.send_response(status)
        shown = {"Content-Type": FHIR_JSON, "Content-Length": str(len(sent))}
        for name, value in (shown | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *args: Any) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *args: Any) -> None:
        """A client that hangs up is none of our business."""


@contextmanager
def running(ehr: Ehr, tls: ssl.SSLContext | None = None) -> Iterator[Ehr]:
    """The server, on a free port of 127.0.0.1, until the block ends."""
    halted = threading.Event()
    handler = type("Handler", (Handler,), {"ehr": ehr, "halted": halted})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ehr.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/fhir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield ehr
    finally:
        halted.set()
        server.shutdown()
        server.server_close()
        thread.join()


def outcome(code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def calling(body: Json, ehr: Ehr | str, token: str | None = "t0ken", keep: Iterable[str] = (), **more: Any) -> Json:
    """A hook call whose prefetch keeps only some keys, with the server to ask and a token for it."""
    url = ehr if isinstance(ehr, str) else ehr.url
    call = {**body, "prefetch": {key: body["prefetch"][key] for key in keep}, "fhirServer": url}
    if token is not None:
        granted = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read"}
        call["fhirAuthorization"] = {**granted, "subject": "osteohooks"}
    read: Json = json.loads(dumps_exact(call | more))
    return read


def _kind(path: str) -> str:
    return urlsplit(path).path.removeprefix("/fhir/").split("/")[0]


def _is_of(resource: Json, patient: str) -> bool:
    whose = [resource.get(name, {}).get("reference") for name in PATIENT_OF]
    whose += [one.get("actor", {}).get("reference") for one in resource.get("participant", [])]
    return f"Patient/{patient}" in whose


def _codes(resource: Json) -> Iterator[str]:
    for part in (resource, *resource.get("component", [])):
        yield from (coding.get("code") for coding in part.get("code", {}).get("coding", []))
