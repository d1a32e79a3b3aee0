"""The ways in which a FHIR server fails, as behaviours of `tests.support.ehr`."""

import gzip
import json
import socket
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.ehr import Behaviour, Handler, Json, outcome

MEGABYTE = 1024 * 1024


def status(code: int, **headers: str) -> Behaviour:
    return lambda handler: handler.say(code, outcome("processing"), **headers)


def body(sent: Any, **headers: str) -> Behaviour:
    """A 200 answer with this body, whatever was asked."""
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return lambda handler: handler.say(200, raw, **headers)


def first(*behaviours: Behaviour) -> Behaviour:
    """One after the other, then the server is well."""
    left = list(behaviours)
    return lambda handler: (left.pop(0) if left else handler.ehr.answer)(handler)


def silent(handler: Handler) -> None:
    """Takes the request and says nothing."""
    handler.halted.wait(60)
    handler.close_connection = True


def drip_body(handler: Handler) -> None:
    """A byte at a time: no timeout between two bytes ever strikes."""
    _head(handler, 100_000)
    _drip(handler, b'{"resourceType":"Bundle"' + b" " * 100_000)


def drip_head(handler: Handler) -> None:
    """The same before the body begins."""
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 60_000)


def _drip(handler: Handler, sent: bytes) -> None:
    for at in range(len(sent)):
        handler.wfile.write(sent[at : at + 1])
        handler.wfile.flush()
        if handler.halted.wait(0.05):
            break
    handler.close_connection = True


def truncated(handler: Handler) -> None:
    """Announces more than it sends."""
    _head(handler, 5_000)
    handler.wfile.write(b'{"resourceType":"Bundle","type":"searchset","entry":[]}')
    handler.close_connection = True


def truncated_chunks(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n" + b'{"resourceType":"Bundle"')
    handler.close_connection = True


def chunks(handler: Handler) -> None:
    """A good answer of unannounced length."""
    sent = json.dumps(_searchset()).encode()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    handler.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(sent), sent))


def gibberish(handler: Handler) -> None:
    handler.wfile.write(b"no HTTP at all\r\n\r\n")
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """Hangs up before answering."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def html(handler: Handler) -> None:
    handler.say(200, b"<html><body>Please log in</body></html>", Content_Type="text/html")


def endless(handler: Handler) -> None:
    """Every page names another one."""
    number = int(parse_qs(urlsplit(handler.path).query).get("page", ["1"])[0])
    handler.say(200, _searchset(f"{handler.ehr.url}{_path(handler)}?page={number + 1}"))


def circle(handler: Handler) -> None:
    """Two pages that name each other."""
    other = "a" if handler.path.endswith("page=b") else "b"
    handler.say(200, _searchset(f"{handler.ehr.url}{_path(handler)}?page={other}"))


def next_at(url: Callable[[Handler], str]) -> Behaviour:
    return lambda handler: handler.say(200, _searchset(url(handler)))


def redirect_to(url: str, code: int = 302) -> Behaviour:
    return lambda handler: handler.say(code, b"", Location=url)


@cache
def bomb(megabytes: int) -> bytes:
    """Megabytes of spaces, packed into a thousandth."""
    return gzip.compress(b" " * (megabytes * MEGABYTE), compresslevel=1)


def packed(sent: bytes, coding: str = "gzip") -> Behaviour:
    return lambda handler: handler.say(200, sent, Content_Encoding=coding)


def good_gzip(handler: Handler) -> None:
    packed(gzip.compress(json.dumps(_searchset()).encode()))(handler)


def cut_gzip(handler: Handler) -> None:
    """All of the Bundle, and not the checksum behind it."""
    packed(gzip.compress(json.dumps(_searchset()).encode())[:-8])(handler)


def deflated(handler: Handler) -> None:
    packed(zlib.compress(json.dumps(_searchset()).encode()), "deflate")(handler)


def flood(handler: Handler) -> None:
    """A body without an end."""
    _head(handler, 10_000 * MEGABYTE)
    while not handler.halted.is_set():
        handler.wfile.write(b" " * MEGABYTE)


def _head(handler: Handler, length: int) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n")
    handler.wfile.write(f"Content-Length: {length}\r\n\r\n".encode())
    handler.wfile.flush()


def _path(handler: Handler) -> str:
    return urlsplit(handler.path).path.removeprefix("/fhir")


def _searchset(following: str | None = None) -> Json:
    links = [{"relation": "next", "url": following}] if following is not None else []
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": []}
