"""The other side: an EHR with keys of its own that signs tokens, right ones and every kind of wrong one."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Any
from uuid import uuid4

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64encode, urlsafe_b64encode

from cds_service.auth import Authenticator, MemoryTokens, Registration
from cds_service.clients import Client
from cds_service.keys import KeySet, read_keys

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
NORTH, SOUTH = "https://ehr.north.example", "https://ehr.south.example"
BASE = "https://cds.example.org"
URL = f"{BASE}/cds-services/demo-order-sign"
AnyKey = ECKey | RSAKey | OctKey
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


@cache
def ec(name: str, curve: str = "P-384") -> ECKey:
    """A key of the EHR, the same for each name during a run."""
    return ECKey.generate_key(curve, {"kid": name})


@cache
def rsa(name: str, bits: int = 2048) -> RSAKey:
    return RSAKey.generate_key(bits, {"kid": name})


def jwks(*keys: AnyKey, **more: Any) -> bytes:
    """The public halves, as an EHR publishes them; ``more`` is added to each."""
    return json.dumps({"keys": [{**key.as_dict(private=False), **more} for key in keys]}).encode()


def claims(at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """The claims of a good token; a value of ``...`` removes one."""
    seconds = int(at.timestamp())
    good = {"iss": NORTH, "aud": URL, "iat": seconds, "exp": seconds + 300, "jti": str(uuid4())}
    return {name: value for name, value in (good | changes).items() if value is not ...}


def token(key: AnyKey, body: Any = None, **header: Any) -> str:
    """A JWS in compact form, made by hand so that it can be wrong in every way; ``header`` changes the good header."""
    good = {"alg": own(key), "kid": key.kid, "typ": "JWT"}
    sent = {name: value for name, value in (good | header).items() if value is not ...}
    start = json_b64encode(sent) + b"." + json_b64encode(claims() if body is None else body)
    return seal(start, key, sent.get("alg"))


def seal(start: bytes, key: AnyKey, algorithm: object = None) -> str:
    """Sign with that algorithm, or with the one the key is for where the two do not fit."""
    known = JWSRegistry.algorithms.get(str(algorithm))
    try:
        known = JWSRegistry.algorithms[own(key)] if known is None or known.name == "none" else known
        known.check_key(key)
    except JoseError:
        known = JWSRegistry.algorithms[own(key)]
    return (start + b"." + urlsafe_b64encode(known.sign(start, key))).decode()


def own(key: AnyKey) -> str:
    return "HS384" if isinstance(key, OctKey) else "RS384" if isinstance(key, RSAKey) else _BY_CURVE[key.curve_name]


@dataclass(frozen=True)
class Pinned:
    """Keys that never change."""

    keys: KeySet

    def find(self, kid: str, algorithm: str) -> ECKey | RSAKey | None:
        return self.keys.get((kid, algorithm))


def registration(client: Client, *keys: AnyKey) -> Registration:
    return Registration(client, Pinned(read_keys(jwks(*keys)).keys))


def authenticator(*registrations: Registration, at: datetime = NOW) -> Authenticator:
    listed = registrations or (registration(Client("north", NORTH), ec("n1"), rsa("n2")),)
    return Authenticator(listed, MemoryTokens(lambda: at), lambda: at)


def sent(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def later(**time: float) -> datetime:
    return NOW + timedelta(**time)


@dataclass
class KeyServer:
    """A JWKS address of an EHR, over real HTTP on this machine. ``answers`` may be changed while it runs."""

    url: str
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: int = 0
    seen: list[dict[str, str]] = field(default_factory=list)
    silent_for: float = 0.0  # s before it answers at all
    drip: float = 0.0  # s after each byte
    chunked: bool = False


class _Handler(BaseHTTPRequestHandler):
    place: KeyServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        place = self.place
        place.asked += 1
        place.seen.append(dict(self.headers))
        if place.silent_for:
            sleep(place.silent_for)
        self.send_response(place.status)
        for name, value in place.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        if place.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "Content-Length" not in place.headers:
            self.send_header("Content-Length", str(len(place.body)))
        self.end_headers()
        with suppress(OSError):
            self._write(place.body)

    def _write(self, body: bytes) -> None:
        pieces = [body[i : i + 1] for i in range(len(body))] if self.place.drip else [body]
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if self.place.chunked else piece)
            self.wfile.flush()
            sleep(self.place.drip)
        if self.place.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        """Silence."""


@contextmanager
def key_server(body: bytes = b"") -> Iterator[KeyServer]:
    place = KeyServer("", body)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"place": place}))
    server.daemon_threads = True
    place.url = f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
