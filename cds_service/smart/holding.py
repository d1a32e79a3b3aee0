"""What is held for a launch under way and for a session, as it is sealed in the store, and the names it goes by."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from flask import Request, Response

from cds_service.smart.configuration import Configuration

LAUNCH_LASTS = timedelta(minutes=10)  # the user may have to log in meanwhile
ARRIVAL_LASTS = timedelta(seconds=60)  # one redirect
_COOKIES = 10  # sessions a browser keeps at once; the oldest go first

_SECRET = r"[A-Za-z0-9_-]{43}"
_TICKET = re.compile(rf"([0-9a-f]{{24}})(?:\.({_SECRET}))?")
_COOKIE = re.compile(r"(?:__Host-)?osteohooks-([0-9a-f]{24})")


class Launch(msgspec.Struct, frozen=True):
    """A launch under way, held under its ``state``: everything the callback must know, whatever the browser forgets."""

    client: str
    iss: str
    redirect_uri: str
    verifier: str
    nonce: str
    scope: str
    context: str
    language: str
    configuration: Configuration
    again: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """A session; times in seconds of the epoch."""

    client: str
    fhir_server: str
    patient: str
    encounter: str | None
    user: str | None
    access_token: str
    refresh_token: str | None
    token_ends: float | None
    scopes: frozenset[str]
    language: str
    context: str
    configuration: Configuration


def encoded(content: Launch | Opened) -> bytes:
    """As it is sealed."""
    return msgspec.json.encode(content)


def read_launch(content: bytes) -> Launch:
    """A launch as it was sealed."""
    return msgspec.json.decode(content, type=Launch)


def read_opened(content: bytes) -> Opened:
    """A session as it was sealed."""
    return msgspec.json.decode(content, type=Opened)


@dataclass(frozen=True, slots=True)
class Key:
    """What opens a session: a public part, which addresses carry, and a secret one, which the cookie holds.

    A browser without cookies carries the secret in its addresses too.
    """

    public: str
    secret: str

    @classmethod
    def new(cls, now: float) -> "Key":
        """For a new session; its public part begins with the time, so that the oldest cookies can be told."""
        return cls(f"{int(now):08x}{secrets.token_hex(8)}", secrets.token_urlsafe(32))

    @property
    def handle(self) -> str:
        """The name in the store."""
        return f"session {self.public}.{self.secret}"

    @property
    def whole(self) -> str:
        """The ticket for a browser that keeps no cookie."""
        return f"{self.public}.{self.secret}"

    @property
    def csrf(self) -> str:
        """What only pages of this session know."""
        return hmac.digest(self.secret.encode(), b"osteohooks csrf", hashlib.sha256).hex()


@dataclass(frozen=True, slots=True)
class Cookies:
    """One cookie for each session, so that two open charts stay apart.

    Attributes:
        encrypted: whether browsers use https, whatever the proxy in front uses to us. Then no other host of the
            hospital's domain can set the cookie (``__Host-``).
    """

    encrypted: bool

    def key(self, ticket: str, request: Request) -> Key | None:
        """The key that a ticket and the cookies of a request make; None when they make none."""
        parts = _TICKET.fullmatch(ticket)
        if parts is None:
            return None
        secret = parts[2] or request.cookies.get(self._name(parts[1])) or ""
        return Key(parts[1], secret) if re.fullmatch(_SECRET, secret) else None

    def has(self, key: Key, request: Request) -> bool:
        """Whether the browser kept the cookie of this session."""
        kept = request.cookies.get(self._name(key.public), "")
        return hmac.compare_digest(kept.encode(), key.secret.encode())

    def keep(self, response: Response, request: Request, key: Key, seconds: int) -> None:
        """Give the browser the secret, also within a frame of another site; the oldest beyond a few are taken back."""
        kept = sorted(found[1] for name in request.cookies if (found := _COOKIE.fullmatch(name)))
        for public in kept[: max(0, len(kept) + 1 - _COOKIES)]:
            self._set(response, public, "", 0)
        self._set(response, key.public, key.secret, seconds)

    def drop(self, response: Response, key: Key) -> None:
        """Take it back."""
        self._set(response, key.public, "", 0)

    def _set(self, response: Response, public: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self._name(public),
            value,
            max_age=seconds,
            secure=True,
            httponly=True,
            samesite="None",
            partitioned=True,
        )

    def _name(self, public: str) -> str:
        return f"__Host-osteohooks-{public}" if self.encrypted else f"osteohooks-{public}"
