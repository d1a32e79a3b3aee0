"""The dealings with the token endpoint of an EHR, by Authlib: tokens for a code, further ones, and giving them back.

The app proves itself as it was registered: with a secret, with a signed assertion (RFC 7523), or, as a public app, with
PKCE alone.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from authlib.common.security import generate_token  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]  # ships no types
from joserfc.jwk import ECKey

from cds_service.clients import SmartApp
from cds_service.smart import scopes
from cds_service.smart.configuration import Configuration
from cds_service.smart.outgoing import Outgoing, Unreachable

_ASSERTION_LASTS = 240  # seconds: SMART allows five minutes
_LONGEST = 20_000  # characters of a token


class Refused(Exception):
    """The token endpoint said no, with an error of OAuth."""


class Unusable(Exception):
    """It said yes, and what it gave cannot be used."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave.

    Attributes:
        ends: when the access token ends, in seconds of the epoch; None when the EHR does not say.
        scopes: what was granted; empty when it does not say, which means all that was asked for.
        said: everything it said beside the tokens: the launch context.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    ends: float | None
    scopes: frozenset[str]
    said: Mapping[str, Any] = field(repr=False)


@cache
def kinds_read() -> tuple[str, ...]:
    """The resource types the app reads: those any rule reads, and the answers it wrote itself."""
    from hooks.limits import in_use, load_rules
    from hooks.registry import CHECKS
    from hooks.services import prefetch_templates

    return scopes.kinds_of(prefetch_templates(in_use(CHECKS, load_rules(CHECKS))).values())


def new_verifier() -> str:
    """A code verifier of PKCE."""
    return str(generate_token(64))


class TokenDesk:
    """Safe to share between threads: every dealing has its own client of Authlib."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def address(self, app: SmartApp, said: Configuration, redirect_uri: str, verifier: str, **more: str) -> str:
        """Where to send the browser: ``more`` holds state, nonce, aud, scope and perhaps launch."""
        client = self._client(app, said, redirect_uri)
        url, _ = client.create_authorization_url(said.authorization_endpoint, code_verifier=verifier, **more)
        return str(url)

    def redeem(self, app: SmartApp, said: Configuration, redirect_uri: str, verifier: str, code: str) -> Tokens:
        """The tokens for a code.

        Raises:
            Refused, Unusable, Unreachable: there are none.
        """
        client = self._client(app, said, redirect_uri)
        return _tokens(lambda: client.fetch_token(said.token_endpoint, code=code, code_verifier=verifier))

    def refresh(self, app: SmartApp, said: Configuration, refresh_token: str) -> Tokens:
        """The next tokens.

        Raises:
            Refused, Unusable, Unreachable: there are none.
        """
        client = self._client(app, said)
        return _tokens(lambda: client.refresh_token(said.token_endpoint, refresh_token=refresh_token))

    def revoke(self, app: SmartApp, said: Configuration, tokens: Iterable[tuple[str, str | None]]) -> bool:
        """Give tokens back, each with its kind (``refresh_token`` …); False where the EHR did not take them all."""
        if said.revocation_endpoint is None:
            return False
        client, taken = self._client(app, said), True
        for kind, token in tokens:
            if token is None:
                continue
            try:
                answer = client.revoke_token(said.revocation_endpoint, token=token, token_type_hint=kind)
                taken &= answer.status_code == 200
            except (Unreachable, ValueError):
                taken = False
        return taken

    def _client(self, app: SmartApp, said: Configuration, redirect_uri: str | None = None) -> Any:
        method = _method(app, said)
        client = OAuth2Client(
            self._outgoing,
            client_id=app.client_id,
            client_secret=app.key if app.key is not None else app.secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        if app.key is not None:
            client.register_client_auth_method(_assertion(app, said.token_endpoint))
        return client


def _method(app: SmartApp, said: Configuration) -> str:
    if app.key is not None:
        return "private_key_jwt"
    if app.secret is None:
        return "none"
    in_body = "client_secret_post" in said.methods and "client_secret_basic" not in said.methods
    return "client_secret_post" if in_body else "client_secret_basic"


def _assertion(app: SmartApp, token_endpoint: str) -> Any:
    algorithm = "ES384" if isinstance(app.key, ECKey) else "RS384"
    claims = {"exp": int(time.time()) + _ASSERTION_LASTS}
    return PrivateKeyJWT(token_endpoint, claims=claims, headers={"kid": app.key.kid}, alg=algorithm)


def _tokens(ask: Any) -> Tokens:
    try:
        said = dict(ask())
    except OAuth2Error:
        raise Refused from None
    except (ValueError, TypeError, KeyError):
        raise Unusable from None
    access, refresh = said.pop("access_token", None), said.pop("refresh_token", None)
    ends = said.pop("expires_at", None)
    if not _is_token(access) or str(said.pop("token_type", "")).casefold() != "bearer":
        raise Unusable
    scope = said.pop("scope", None)
    return Tokens(
        access=str(access),
        refresh=str(refresh) if _is_token(refresh) else None,
        ends=float(ends) if isinstance(ends, int | float) else None,
        scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
        said=said,
    )


def _is_token(value: object) -> bool:
    """Whether it can stand in an Authorization header."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and all("!" <= letter <= "~" for letter in value)
