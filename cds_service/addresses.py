"""Web addresses in settings and in the clients file: what may stand there. Sentences never repeat the address."""

import ipaddress
import re
from urllib.parse import urlsplit

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_origin(value: str) -> bool:
    """Scheme, host and perhaps a port, as browsers send it (RFC 6454)."""
    return _ORIGIN.fullmatch(value) is not None


def address(value: str) -> str:
    """An absolute http(s) address without anything secret or ambiguous in it; a final slash is dropped.

    Raises:
        ValueError: what is wrong with it.
    """
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise ValueError("is not an address: it must begin with https:// (or http://) and a host.")
    if parts.username is not None or not value.isascii() or re.search(r"[\s?#\\\x00-\x1f\x7f]", value):
        raise ValueError("has a user, a question mark, a # or another character in it that an address must not have.")
    return value.rstrip("/")


def secure_address(value: str) -> str:
    """An https address; http only where no other machine is on the way.

    Raises:
        ValueError: what is wrong with it.
    """
    found = address(value)
    if not found.startswith("https://") and not is_loopback(urlsplit(found).hostname or ""):
        raise ValueError("is not encrypted: it must begin with https:// (http:// is for this machine only).")
    return found
