"""The EHR of another hospital: a real HTTP server on this machine with an authorization server, that can misbehave.

It checks what a careful one checks (PKCE, redirect address, client, code once) and remembers what it was asked.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1"})
EC_KEY = ECKey.generate_key("P-256", {"kid": "e1"})
Json = dict[str, Any]


@dataclass
class Hospital:
    """What the server says. Values that are None are left out; functions are called.

    Attributes:
        configuration, token, claims: laid over what a good server says.
        header: laid over the header of the id_token, and ``signs`` its key; bytes sign by HS256, none of them not at all.
        keys: what is published.
        refuses: an OAuth error that the token endpoint answers with.
        gate: the token endpoint waits for it.
        secret: of the client, where it has one; ``public`` its public key.
    """

    url: str = ""
    configuration: Json = field(default_factory=dict)
    token: Json = field(default_factory=dict)
    claims: Json = field(default_factory=dict)
    header: Json = field(default_factory=dict)
    signs: Any = field(default_factory=lambda: KEY)
    keys: list[Json] = field(default_factory=lambda: [KEY.as_dict(private=False), EC_KEY.as_dict(private=False)])
    refuses: str | None = None
    down: set[str] = field(default_factory=set)
    gate: threading.Event = field(default_factory=threading.Event)
    secret: str | None = None
    client_id: str = "osteohooks"
    asked: list[tuple[str, Json]] = field(default_factory=list)
    codes: dict[str, Json] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)

    @property
    def fhir(self) -> str:
        return f"{self.url}/fhir"

    def count(self, what: str) -> int:
        return sum(name == what for name, _ in self.asked)

    def last(self, what: str) -> Json:
        return next(sent for name, sent in reversed(self.asked) if name == what)

    def login(self, address: str, **changes: str) -> str:
        """What a browser does at the authorization endpoint: where it is sent back to."""
        parts = urlsplit(address)
        sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert address.startswith(f"{self.url}/auth/authorize?"), address
        assert sent["response_type"] == "code"
        self.asked.append(("authorize", sent))
        code = secrets.token_urlsafe(16)
        self.codes[code] = sent
        return f"{sent['redirect_uri']}?{urlencode({'code': code, 'state': sent['state']} | changes)}"


def laid_over(good: Json, changes: Json) -> Json:
    return {name: value for name, value in (good | changes).items() if value is not None}


def _configuration(hospital: Hospital) -> Json:
    auth = f"{hospital.url}/auth"
    good = {
        "issuer": auth,
        "jwks_uri": f"{auth}/jwks",
        "authorization_endpoint": f"{auth}/authorize",
        "token_endpoint": f"{auth}/token",
        "revocation_endpoint": f"{auth}/revoke",
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["launch-ehr", "permission-v2"],
    }
    return laid_over(good, hospital.configuration)


def _id_token(hospital: Hospital, asked: Json) -> str:
    now = int(time.time())
    good = {
        "iss": f"{hospital.url}/auth",
        "aud": hospital.client_id,
        "sub": "u1",
        "iat": now,
        "exp": now + 300,
        "nonce": asked["nonce"],
        "fhirUser": f"{hospital.fhir}/Practitioner/7",
    }
    header, claims = laid_over({"alg": "RS256", "kid": "k1"}, hospital.header), laid_over(good, hospital.claims)
    if isinstance(hospital.signs, bytes):
        return _by_hand(header, claims, hospital.signs)
    return jwt.encode(header, claims, hospital.signs, algorithms=["RS256", "RS512", "ES256", "PS256"])


def _by_hand(header: Json, claims: Json, key: bytes) -> str:
    """What no library signs any more: with a shared secret, or with nothing."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    start = b".".join(parts)
    seal = hmac.digest(key, start, "sha256") if key else b""
    return (start + b"." + base64.urlsafe_b64encode(seal).rstrip(b"=")).decode()


def _token(hospital: Hospital) -> tuple[int, Json]:
    sent = dict(request.form.items())
    hospital.asked.append(("token", sent | {"authorization": request.headers.get("Authorization")}))
    if "token" in hospital.down:
        return 503, {}
    if hospital.refuses is not None:
        return 400, {"error": hospital.refuses, "error_description": "a secret reason"}
    if sent["grant_type"] == "refresh_token":
        if sent["refresh_token"] not in hospital.refresh_tokens:
            return 400, {"error": "invalid_grant"}
        hospital.refresh_tokens.remove(sent["refresh_token"])
        return 200, _given(hospital, {})
    asked = hospital.codes.pop(sent["code"], None)
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != sent["redirect_uri"]:
        return 400, {"error": "invalid_grant"}
    context = {"id_token": _id_token(hospital, asked), "patient": "p1", "encounter": "e1", "scope": asked["scope"]}
    return 200, _given(hospital, context)


def _given(hospital: Hospital, context: Json) -> Json:
    refresh = secrets.token_urlsafe(16)
    hospital.refresh_tokens.add(refresh)
    good = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 3600}
    return laid_over(good | {"refresh_token": refresh} | context, hospital.token)


def _app(hospital: Hospital) -> Flask:
    app = Flask("hospital")

    def said(status: int, body: Any) -> Response:
        return Response(body if isinstance(body, bytes) else json.dumps(body), status, content_type="application/json")

    @app.get("/fhir/.well-known/smart-configuration")
    def configuration() -> Any:
        hospital.asked.append(("configuration", {}))
        if "redirect" in hospital.down:
            return redirect(f"{hospital.url}/auth/.well-known/openid-configuration")
        if "configuration" in hospital.down:
            return said(500, b"<html>")
        return said(200, b"[1]" if "odd" in hospital.down else _configuration(hospital))

    @app.get("/auth/.well-known/openid-configuration")
    def openid() -> Any:
        return said(200, {"issuer": f"{hospital.url}/auth", "jwks_uri": f"{hospital.url}/auth/jwks"})

    @app.get("/auth/authorize")
    def authorize() -> Any:
        return redirect(hospital.login(request.url))  # everybody is logged in

    @app.get("/auth/jwks")
    def jwks() -> Any:
        hospital.asked.append(("jwks", {}))
        return said(503, {}) if "jwks" in hospital.down else said(200, {"keys": hospital.keys})

    @app.post("/auth/token")
    def token() -> Any:
        hospital.gate.wait(20)
        return said(*_token(hospital))

    @app.post("/auth/revoke")
    def revoke() -> Any:
        hospital.revoked.append(f"{request.form['token_type_hint']} {request.form['token']}")
        return said(503 if "revoke" in hospital.down else 200, {})

    return app


@contextmanager
def open_hospital() -> Iterator[Hospital]:
    """A server that runs."""
    hospital = Hospital()
    hospital.gate.set()
    server = make_server("127.0.0.1", 0, _app(hospital), threaded=True)
    hospital.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hospital
    finally:
        hospital.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
