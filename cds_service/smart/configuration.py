"""What an EHR says of itself at ``.well-known/smart-configuration``: read, checked, and kept for an hour."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.clients import SmartApp
from cds_service.fetching.addresses import Base
from cds_service.smart.outgoing import NotVouched, Outgoing, Reach, Unreachable
from cds_service.smart.refusals import Reason, SmartRefusal

FRESH = 3600.0  # seconds until it is read again
REST = 5.0  # seconds an EHR that gave none is left alone: many users click again, and each would wait
_KEPT = 200
WELL_KNOWN = "/.well-known/smart-configuration"
_OPENID = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where the EHR does what, and what it can. Every address was checked.

    Attributes:
        issuer, jwks_uri: of its id_tokens; None when it has none.
        revocation_endpoint: where tokens are given back; None when it cannot be done.
        methods: ways an app may prove itself at the token endpoint; empty when it does not say.
        scopes: those it knows; empty when it does not say.
        capabilities: in the words of SMART App Launch.
    """

    authorization_endpoint: str
    token_endpoint: str
    issuer: str | None = None
    jwks_uri: str | None = None
    revocation_endpoint: str | None = None
    methods: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()


class Configurations:
    """Reads the configuration of FHIR servers, each at most once an hour. Safe for threads."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float] = time.monotonic) -> None:
        self._outgoing, self._clock = outgoing, clock
        self._known: dict[str, tuple[float, Configuration | None]] = {}
        self._lock = threading.Lock()

    def of(self, app: SmartApp, base: Base) -> Configuration:
        """The configuration of a FHIR server.

        Raises:
            SmartRefusal: it cannot be used, or is not for us.
            Unreachable: it cannot be read, or could not a moment ago.
        """
        with self._lock:
            until, found = self._known.get(base.url, (0.0, None))
        if self._clock() < until:
            if found is None:
                raise Unreachable
            return found
        try:
            found = self._read(app, base)
        except Unreachable:
            self._keep(base, REST, None)
            raise
        self._keep(base, FRESH, found)
        return found

    def _keep(self, base: Base, seconds: float, found: Configuration | None) -> None:
        with self._lock:
            self._known[base.url] = (self._clock() + seconds, found)
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]

    def _read(self, app: SmartApp, base: Base) -> Configuration:
        said = self._outgoing.read_json(base.url + WELL_KNOWN)
        reach = Reach.of(app, base)
        methods = said.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise SmartRefusal(Reason.NO_PKCE)
        try:
            issuer, jwks_uri = self._identity(said, app, reach)
            return Configuration(
                authorization_endpoint=reach.check(said.get("authorization_endpoint")),
                token_endpoint=reach.check(said.get("token_endpoint")),
                issuer=issuer,
                jwks_uri=jwks_uri,
                revocation_endpoint=_perhaps(reach, said.get("revocation_endpoint")),
                methods=_words(said, "token_endpoint_auth_methods_supported"),
                scopes=_words(said, "scopes_supported"),
                capabilities=_words(said, "capabilities"),
            )
        except NotVouched:
            raise SmartRefusal(Reason.FOREIGN_ADDRESS) from None

    def _identity(self, said: Mapping[str, Any], app: SmartApp, reach: Reach) -> tuple[str | None, str | None]:
        """The issuer of id_tokens and where its keys are; OpenID Connect Discovery fills in what SMART leaves out."""
        issuer = app.issuer or _text(said.get("issuer"))
        jwks_uri = said.get("jwks_uri")
        if jwks_uri is None and issuer is not None:
            more = self._outgoing.read_json(reach.check(issuer.rstrip("/") + _OPENID))
            jwks_uri = more.get("jwks_uri") if more.get("issuer") == issuer else None
        return issuer, _perhaps(reach, jwks_uri)


def _perhaps(reach: Reach, address: object) -> str | None:
    return None if address is None else reach.check(address)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _words(said: Mapping[str, Any], name: str) -> frozenset[str]:
    found = said.get(name)
    return frozenset(word for word in found if isinstance(word, str)) if isinstance(found, list) else frozenset()
