"""Who calls: tokens that must be believed, and all those that must not."""

import time
from collections.abc import Iterator
from typing import Any

from joserfc.jwk import ECKey

from cds_service.conformance.caller import Reply
from cds_service.conformance.jwt import Signer
from cds_service.conformance.target import Json, Target
from hooks.exact_json import dumps_exact

NEEDS_KEY = "needs --key and --issuer of a client the service knows"
_YEAR = 365 * 24 * 3600

Wrong = tuple[str, str, str]
"""A row, what is wrong with a token, and the Authorization header that carries it."""


def check(target: Target, service: Json, body: Json, signers: tuple[Signer, ...]) -> None:
    """One service with every kind of token. ``signers`` hold the keys the user gave."""
    anonymous = _send(target, service, body, None)
    target.findings.note("HTTP-07", anonymous.status != 500, str(anonymous))
    if not signers:
        _without_keys(target, service, body, anonymous)
        return
    for signer in signers:
        _believed(target, service, body, signer)
    signer = signers[0]
    replies = [anonymous, *_not_believed(target, service, body, signer)]
    _refuses(target, "JWT-04", anonymous, "no token")
    _alike(target, [reply for reply in replies if reply.status == 401])
    _first(target, service, signer)
    _feedback(target, service, signer)


def row_of(signer: Signer) -> str:
    """The row that says a valid token of this signer is accepted."""
    return "JWT-01" if signer.algorithm == "ES384" else "JWT-03"


def _without_keys(target: Target, service: Json, body: Json, anonymous: Reply) -> None:
    target.findings.skip_family("JWT-", NEEDS_KEY)
    target.findings.skip("FB-11", NEEDS_KEY)
    if anonymous.status == 401:
        _refuses(target, "JWT-04", anonymous, "no token")
        target.findings.skip("INF-05", "the service asks for tokens")
        return
    unknown = Signer(ECKey.generate_key("P-384"), "https://conformance.invalid", "1").token(target.address(service))
    reply = _send(target, service, body, f"Bearer {unknown}")
    target.findings.note("INF-05", reply.status == anonymous.status, f"{reply}: with a token nobody asked for")


def _send(target: Target, service: Json, body: Json | bytes, authorization: str | None) -> Reply:
    sent = body if isinstance(body, bytes) else dumps_exact(body)
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": authorization} if authorization is not None else {}
    )
    if authorization is not None and len(authorization) > 20:
        target.tokens.append(authorization.partition(" ")[2])
    return target.caller.send("POST", target.address(service), sent, headers, sign=False)


def _refuses(target: Target, row: str, reply: Reply, what: str) -> bool:
    fine = reply.status == 401 and (row != "JWT-04" or "www-authenticate" in reply.headers)
    return target.findings.note(row, fine, f"{reply}: {what}")


def _believed(target: Target, service: Json, body: Json, signer: Signer) -> None:
    """What must be let in, at every address."""
    url = target.address(service)
    row = row_of(signer)
    target.findings.skip("JWT-03" if row == "JWT-01" else "JWT-01", "needs a key of the other kind as well")
    reply = _send(target, service, body, f"Bearer {signer.token(url)}")
    target.findings.note(row, reply.status == 200, f"{reply}: a valid {signer.algorithm} token")
    if signer.tenant is not None:
        target.findings.note("JWT-17", reply.status == 200, f"{reply}: with a tenant")
    else:
        target.findings.skip("JWT-17", "needs --tenant")
    known = {"Authorization": f"Bearer {signer.token(target.discovery)}"}
    found = target.caller.send("GET", target.discovery, headers=known, sign=False)
    target.findings.note(row, found.status == 200, f"{found}: a valid token for discovery")
    several = _send(target, service, body, f"Bearer {signer.token(['https://other.invalid/', url])}")
    target.findings.note("JWT-02", several.status == 200, f"{several}: aud as a list")
    for scheme in ("bearer", "BEARER"):
        lower = _send(target, service, body, f"{scheme} {signer.token(url)}")
        target.findings.note("JWT-22", lower.status == 200, f"{lower}: {scheme}")


def _not_believed(target: Target, service: Json, body: Json, signer: Signer) -> Iterator[Reply]:
    """Everything that must be kept out; each is sent once and must be refused."""
    url = target.address(service)
    for row, what, authorization in _wrong(target, url, signer):
        reply = _send(target, service, body, authorization)
        _refuses(target, row, reply, what)
        yield reply
    once = f"Bearer {signer.token(url)}"
    first = _send(target, service, body, once)
    again = [_send(target, service, body, once) for _ in range(5)]
    let_in = sum(reply.status != 401 for reply in again)
    target.findings.note("JWT-09", first.status == 200 and not let_in, f"{first}, then {let_in} of 5 replays let in")
    yield from again


def _wrong(target: Target, url: str, signer: Signer) -> Iterator[Wrong]:
    yield from (("JWT-04", text, text) for text in ("Bearer", "Bearer x", "Bearer a.b.c", "Basic eDp5"))
    yield from _wrong_claims(target, url, signer)
    yield from _wrong_header(url, signer)
    for algorithm in ("none", "None", "NONE", "nOnE"):
        yield "JWT-10", f"alg {algorithm}", f"Bearer {signer.unsigned(url, algorithm)}"
    for algorithm in ("HS256", "HS384", "HS512"):
        for secret in (*signer.public(), b"", b"secret"):
            yield "JWT-11", algorithm, f"Bearer {signer.hashed(url, algorithm, secret)}"
    stranger = signer.stranger()
    yield "JWT-12", "another key", f"Bearer {signer.forged(url, stranger)}"
    yield "JWT-12", "a changed payload", f"Bearer {_tampered(signer.token(url), signer.token(url))}"
    yield "JWT-12", "a cut signature", f"Bearer {signer.token(url)[:-8]}"
    public = stranger.as_dict(private=False)
    for extra in ({"jwk": public}, {"x5u": "https://stranger.invalid/x.pem"}, {"jku": "https://stranger.invalid/jwks"}):
        row = "JWT-08" if "jku" in extra else "JWT-18"
        yield row, f"a key by {next(iter(extra))}", f"Bearer {signer.forged(url, stranger, extra)}"
    yield "JWT-18", "an unknown crit", f"Bearer {signer.token(url, {'crit': ['x'], 'x': 1})}"


def _wrong_claims(target: Target, url: str, signer: Signer) -> Iterator[Wrong]:
    now = int(time.time())
    others = (f"{target.base}/", target.base, f"{url}/", f"{url}x", "https://other.invalid/cds-services/x", "", 7)
    for other in others:
        yield "JWT-06", f"aud {other!r}", f"Bearer {signer.token(other)}"
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("JWT-05", "expired", {"iat": now - 900, "exp": now - 600}),
        ("JWT-05", "expired 90 s ago", {"iat": now - 300, "exp": now - 90}),
        ("JWT-05", "no exp", {"exp": ...}),
        ("JWT-05", "exp no number", {"exp": "soon"}),
        ("JWT-07", "an unknown issuer", {"iss": "https://stranger.invalid"}),
        ("JWT-16", "iat in the future", {"iat": now + 900, "exp": now + 1000}),
        ("JWT-16", "nbf in the future", {"nbf": now + 900}),
        ("JWT-16", "valid for a year", {"exp": now + _YEAR}),
        *(("JWT-15", f"no {name}", {name: ...}) for name in ("iss", "aud", "exp", "iat", "jti")),
    ]
    for row, what, change in changes:
        yield row, what, f"Bearer {signer.token(url, None, change)}"


def _wrong_header(url: str, signer: Signer) -> Iterator[Wrong]:
    for row, change in (
        ("JWT-13", {"kid": ...}), ("JWT-13", {"kid": "nobody"}), ("JWT-13", {"kid": 7}),
        ("JWT-14", {"typ": ...}), ("JWT-14", {"typ": "at+jwt"}),
    ):  # fmt: skip
        yield row, f"header {change}", f"Bearer {signer.token(url, change)}"


def _tampered(first: str, second: str) -> str:
    """The payload of one token under the signature of another."""
    return ".".join((first.split(".")[0], second.split(".")[1], first.split(".")[2]))


def _alike(target: Target, refusals: list[Reply]) -> None:
    bodies = {reply.body for reply in refusals}
    target.findings.note("JWT-19", len(bodies) <= 1, f"{len(bodies)} different refusals")


def _first(target: Target, service: Json, signer: Signer) -> None:
    """Before the body: a malformed one without a token is 401; a preflight needs none."""
    reply = _send(target, service, b"{", "Bearer x")
    target.findings.note("JWT-21", reply.status == 401, f"{reply}: broken body without a token")
    asked = {"Access-Control-Request-Method": "POST"}
    preflight = target.caller.send("OPTIONS", target.address(service), headers=asked, sign=False)
    target.findings.note("JWT-21", preflight.status in (200, 204), f"{preflight}: preflight without a token")


def _feedback(target: Target, service: Json, signer: Signer) -> None:
    url = f"{target.address(service)}/feedback"
    headers = {"Content-Type": "application/json"}
    nobody = target.caller.send("POST", url, b'{"feedback":[]}', headers, sign=False)
    if nobody.status in (404, 405):
        target.findings.skip("FB-11", "feedback is not offered")
        return
    wrong = {**headers, "Authorization": f"Bearer {signer.token(target.address(service))}"}
    other = target.caller.send("POST", url, b'{"feedback":[]}', wrong, sign=False)
    fine = nobody.status == other.status == 401
    target.findings.note("FB-11", fine, f"{nobody} without a token, {other.status} with one for the call")
