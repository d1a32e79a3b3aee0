"""Who calls: the CDS client JWT of a call against the configured clients. No body has been read yet when this is asked.

Each refusal looks the same from outside (401); the log has its reason, and never anything of the token.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

from flask import Request
from joserfc.jwk import ECKey, RSAKey

from cds_service.addresses import is_loopback
from cds_service.client_token import SKEW, NotBelieved, Opened, Reason, bearer, check_claims, is_text, opened
from cds_service.clients import ANY_TENANT, DEVELOPMENT, Caller, Client
from cds_service.errors import CannotVerify, Unauthorized

_log = logging.getLogger("osteohooks")

Authenticate = Callable[[Request], Caller]
"""Says who makes a request, or raises `errors.Unauthorized` or `errors.CannotVerify`."""


class Headers(Protocol):
    """The headers of a request."""

    def get(self, key: str, /) -> str | None:
        """One of them by its name."""


class Keys(Protocol):
    """The keys of one client; `cds_service.key_source.KeySource` is one."""

    def find(self, kid: str, algorithm: str) -> ECKey | RSAKey | None:
        """The key of this name for this algorithm."""


Clock = Callable[[], datetime]
"""The time now, with a time zone."""


class SeenTokens(Protocol):
    """Remembers which tokens were used, for all workers of an installation and over restarts."""

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        """True once for each issuer and ``jti``, and False until ``expires``; after that nobody asks again.

        Raises:
            Exception: it cannot be said. The call is refused then.
        """


@dataclass(frozen=True, slots=True)
class Registration:
    """A client and the keys that prove it is calling."""

    client: Client
    keys: Keys


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class Authenticator:
    """Believes tokens of the registered clients.

    Args:
        clients: of those that share an issuer, each has tenants of its own.
        tokens: where used tokens are remembered.
        clock: of this machine; other clocks may be `client_token.SKEW` off.
    """

    def __init__(self, clients: Iterable[Registration], tokens: SeenTokens, clock: Clock = utc_now) -> None:
        self._tokens, self._clock = tokens, clock
        self._clients = {
            (each.client.issuer, tenant): each for each in clients for tenant in each.client.tenants or (None,)
        }
        self._issuers = {issuer for issuer, _ in self._clients}

    def verify(self, headers: Headers, url: str | None) -> Caller:
        """Who calls.

        Args:
            headers: of the request.
            url: the address that was called, as the EHR knows it; None where it cannot be told.

        Raises:
            Unauthorized: it is not known, for whatever reason.
            CannotVerify: it cannot be said whether the token was used before.
        """
        try:
            return self._believe(bearer(headers.get("Authorization")), url)
        except NotBelieved as why:
            extra = {"event": "caller refused", "client": why.client, "reason": why.reason}
            _log.warning("caller refused (client %s): %s", why.client or "unknown", why.reason, extra=extra)
            reason = why.reason
        raise Unauthorized(reason)

    def _believe(self, token: str, url: str | None) -> Caller:
        sent = opened(token)
        registration, tenant = self._registration(sent)
        client = registration.client
        try:
            key = registration.keys.find(sent.kid, sent.algorithm)
            if key is None:
                raise NotBelieved(Reason.UNKNOWN_KEY)
            if not sent.is_signed_with(key):
                raise NotBelieved(Reason.SIGNATURE)
            if url is None:
                raise NotBelieved(Reason.NO_ADDRESS)
            self._use_up(client, *check_claims(sent.claims, url, self._clock()))
        except NotBelieved as why:
            raise NotBelieved(why.reason, client.id) from None
        return Caller(client, tenant)

    def _registration(self, sent: Opened) -> tuple[Registration, str | None]:
        """Whose keys the token must be signed with. Nothing is believed yet: a wrong claim only finds a wrong key."""
        issuer, tenant = sent.claims.get("iss"), sent.claims.get("tenant")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise NotBelieved(Reason.UNKNOWN_ISSUER)
        if tenant is not None and not is_text(tenant):
            raise NotBelieved(Reason.UNKNOWN_TENANT)
        found = self._clients.get((issuer, tenant))
        if found is None and tenant is not None:
            found = self._clients.get((issuer, ANY_TENANT))
        if found is None:
            raise NotBelieved(Reason.UNKNOWN_TENANT)
        return found, tenant

    def _use_up(self, client: Client, jti: str, expires: datetime) -> None:
        try:
            first = self._tokens.first_use(str(client.issuer), jti, expires)
        except Exception as error:  # whatever a store may raise: without its answer nobody is let in
            extra = {"event": "tokens not looked up", "client": client.id, "error": type(error)}
            _log.error("used tokens cannot be looked up: %s", type(error).__name__, extra=extra)
            raise CannotVerify from None
        if not first:
            raise NotBelieved(Reason.REPLAYED)


def by_token(authenticator: Authenticator, public_url: str | None) -> Authenticate:
    """Ask every request for a token for its own address: the public one of the installation, and its path."""

    def authenticate(request: Request) -> Caller:
        base = public_url or own_address(request)
        return authenticator.verify(request.headers, None if base is None else f"{base}{request.path}")

    return authenticate


def by_nobody(request: Request) -> Caller:
    """Development mode: everyone may call."""
    return Caller(DEVELOPMENT)


def own_address(request: Request) -> str | None:
    """The address in the request itself, but only if it names this machine: any other a caller could make up."""
    return _if_own(request.host_url)


@lru_cache(maxsize=64)
def _if_own(address: str) -> str | None:
    host = urlsplit(address).hostname or ""  # werkzeug leaves out a Host that is none
    return address.rstrip("/") if is_loopback(host) else None


class MemoryTokens:
    """Remembers used tokens in this process only: for development and tests, where there is one worker."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: dict[tuple[str, str], datetime] = {}
        self._swept = clock()

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        """True the first time."""
        with self._lock:
            if (issuer, jti) in self._seen:
                return False
            self._sweep(self._clock())
            self._seen[issuer, jti] = expires
            return True

    def _sweep(self, now: datetime) -> None:
        if now - self._swept > SKEW:
            self._seen = {token: end for token, end in self._seen.items() if end > now}
            self._swept = now
