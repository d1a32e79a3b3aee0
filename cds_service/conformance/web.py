"""The transport: TLS, cross-origin calls, time."""

import socket
import ssl
import warnings
from statistics import median
from urllib.parse import urlsplit

from cds_service.conformance.caller import JSON
from cds_service.conformance.target import Json, Target
from cds_service.settings import is_loopback

AIM = 0.5  # seconds
_OLD = ((ssl.TLSVersion.TLSv1, "1.0"), (ssl.TLSVersion.TLSv1_1, "1.1"))
_STRANGER = "https://stranger.conformance.invalid"


def check(target: Target) -> None:
    """TLS and CORS; time where a service can be called."""
    _tls(target)
    paths = [target.discovery, *(target.address(service) for service, _ in target.each())][:2]
    for url in paths:
        _preflight(target, url)
    _stranger(target)


def pace(target: Target, service: Json, body: Json) -> None:
    """The median of ten calls."""
    seconds = [target.call(service, body).seconds for _ in range(10)]
    target.findings.note(
        "PERF-01", median(seconds) <= AIM, f"{service['id']}: median of ten calls {median(seconds):.2f} s"
    )


def _tls(target: Target) -> None:
    parts = urlsplit(target.base)
    if parts.scheme == "http":
        if is_loopback(parts.hostname or ""):
            target.findings.skip("SEC-01", "on this machine without TLS")
        else:
            target.findings.note("SEC-01", False, "the address is not https")
        target.findings.skip("INF-01", "the address is not https")
        return
    target.findings.note("SEC-01", True, "")
    for version, name in _OLD:
        target.findings.note(
            "INF-01", not _speaks(parts.hostname or "", parts.port or 443, version), f"speaks TLS {name}"
        )


def _speaks(host: str, port: int, version: ssl.TLSVersion) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only whether it would speak is asked
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is outdated is why it is tried
        context.minimum_version = context.maximum_version = version
    try:
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False


def _preflight(target: Target, url: str) -> None:
    method = "GET" if url == target.discovery else "POST"
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
    reply = target.caller.send("OPTIONS", url, headers=asked, sign=False)
    allowed = {
        name: {word.strip().casefold() for word in reply.headers.get(f"access-control-allow-{name}", "").split(",")}
        for name in ("origin", "methods", "headers")
    }
    note = target.findings.note
    note("CORS-01", reply.status in (200, 204), f"{reply}: preflight")
    note("CORS-01", allowed["origin"] & {"*", target.options.origin.casefold()}, f"{reply}: the origin is not allowed")
    note("CORS-01", allowed["methods"] & {"*", method.casefold()}, f"{reply}: {method} is not allowed")
    fine = {"authorization", "content-type"} <= allowed["headers"]
    note("CORS-01", fine, f"{reply}: authorization and content-type are not allowed")


def _stranger(target: Target) -> None:
    """A foreign origin must never be allowed to send credentials."""
    reply = target.caller.get(target.discovery, Origin=_STRANGER, Accept=JSON)
    origin = reply.headers.get("access-control-allow-origin")
    credentials = reply.headers.get("access-control-allow-credentials", "").casefold() == "true"
    target.findings.note(
        "CORS-03", not (credentials and origin in ("*", _STRANGER)), f"{reply}: any origin with credentials"
    )
