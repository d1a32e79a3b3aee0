"""The protocol, by Authlib: clients, the two grants SMART uses, PKCE, id_token and revocation."""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_oauth2 import AuthorizationServer  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749 import InvalidRequestError, grants  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6750 import BearerTokenGenerator  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7009 import RevocationEndpoint  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.core import OpenIDCode  # type: ignore[import-untyped]  # ships no types

from cds_service.sandbox.authorization.held import ACCESS_LASTS, Code, Held, Token
from cds_service.sandbox.authorization.signing import ALGORITHM, signing_key
from cds_service.sandbox.scopes import granted
from cds_service.settings import is_loopback

SECRETS = {"osteohooks-confidential": "sandbox-secret"}
"""Clients that authenticate, each with its secret; every other id is a public client."""

_METHODS = ["client_secret_basic", "client_secret_post", "none"]
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~\-]{1,64}")


@dataclass(frozen=True, slots=True)
class Client:
    """An app. None is registered: apps of this machine are welcome, and no code is sent anywhere else."""

    client_id: str
    secret: str | None = None

    def get_client_id(self) -> str:
        """Its id."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: it must be given."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """What it may have of what it asks for."""
        return granted(scope or "")

    def check_redirect_uri(self, uri: str) -> bool:
        """An address on this machine, without a fragment."""
        parts = urlsplit(uri)
        return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "") and "#" not in uri

    def check_client_secret(self, secret: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest((self.secret or "").encode(), secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whoever has a secret must use it."""
        return (method == "none") is (self.secret is None)

    def check_response_type(self, response_type: str) -> bool:
        """Codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """The two that SMART uses."""
        return grant_type in ("authorization_code", "refresh_token")


def find_client(client_id: str) -> Client | None:
    """The client of this id; None when it is none."""
    return Client(client_id, SECRETS.get(client_id)) if _CLIENT_ID.fullmatch(client_id) else None


def create_server(held: Held) -> AuthorizationServer:
    """Authlib's server on what is ``held``."""

    def save_token(token: dict[str, Any], request: Any) -> None:
        # Both know the code it all began with, so that its misuse ends everything that came of it.
        code = (request.authorization_code or request.refresh_token).code
        client_id, scope = request.client.client_id, token.get("scope", "")
        held.keep_token(Token(token["access_token"], token.get("refresh_token"), client_id, scope, request.user, code))

    server = AuthorizationServer()
    server.init_app(_NoConfiguration(), query_client=find_client, save_token=save_token)
    server.register_token_generator("default", _generated)
    extensions = [_AlwaysChallenged(required=True), _IdToken(), _LaunchContext()]
    server.register_grant(_bound(_CodeGrant, held), extensions)
    server.register_grant(_bound(_RefreshGrant, held), [_LaunchContext()])
    server.register_endpoint(_bound(_Revocation, held))
    return server


class _NoConfiguration:
    """Authlib reads its options from an application; ours are given in code."""

    config: Mapping[str, Any] = MappingProxyType({})


def _bound(kind: type, held: Held) -> type:
    return type(kind.__name__, (kind,), {"held": held})


def _random(**_: Any) -> str:
    return secrets.token_urlsafe(32)


_generator = BearerTokenGenerator(_random, _random, ACCESS_LASTS)


def _generated(scope: str | None, include_refresh_token: bool, **options: Any) -> Any:
    """SMART: a refresh token is given for ``offline_access`` or ``online_access``."""
    lasting = bool({"offline_access", "online_access"} & set((scope or "").split()))
    return _generator(scope=scope, include_refresh_token=include_refresh_token and lasting, **options)


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    held: Held

    def save_authorization_code(self, code: str, request: Any) -> None:
        sent = request.payload.data
        self.held.keep_code(
            Code(
                code,
                request.client.client_id,
                request.payload.redirect_uri,
                request.scope,
                request.user,
                sent.get("code_challenge"),
                sent.get("code_challenge_method"),
                sent.get("nonce"),
                int(self.held.now()),
            )
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.held.take_code(code)
        return found if found is not None and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It was taken when it was looked up."""

    def authenticate_user(self, authorization_code: Code) -> Any:
        return authorization_code.decision


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True
    held: Held

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        return self.held.refreshable(refresh_token)

    def authenticate_user(self, refresh_token: Token) -> Any:
        return refresh_token.decision

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """A refresh token is used once."""
        self.held.revoke_where(lambda token: token.refresh == refresh_token.refresh)


class _Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib ships no types
    CLIENT_AUTH_METHODS = _METHODS
    held: Held

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        return self.held.token(token_string) or self.held.refreshable(token_string)

    def revoke_token(self, token: Token, request: Any) -> None:
        """With its refresh token an app gives up everything; with its access token only that one."""
        if request.form["token"] == token.access:
            self.held.end_access(token.access)
        else:
            self.held.revoke_where(lambda other: other.refresh == token.refresh)


class _AlwaysChallenged(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """SMART App Launch 2: every client uses PKCE, with S256."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        sent = grant.request.payload.data
        if not sent.get("code_challenge") or sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge' with 'code_challenge_method=S256' is required.")
        super().validate_code_challenge(grant, redirect_uri)


class _IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib ships no types
    """Who the user is: ``fhirUser`` is their resource on the FHIR server that was asked for."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """Whether a nonce is new is for the app to say."""
        return False

    def resolve_client_private_key(self, client: Client) -> Any:
        return signing_key()

    def get_client_algorithm(self, client: Client) -> str:
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": ALGORITHM, "kid": signing_key().kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        from cds_service.sandbox.fhir.server import authority_url

        return {"iss": authority_url(), "aud": client.client_id}

    def generate_user_info(self, user: Any, scope: str) -> dict[str, Any]:
        profile = {"fhirUser": f"{user.audience}/{user.user}"} if "fhirUser" in scope.split() else {}
        return {"sub": user.user.rpartition("/")[2], **profile}


class _LaunchContext:
    """The launch context beside the token: patient, encounter, and what the EHR told the app."""

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self.add)

    def add(self, grant: Any, response: Any) -> None:
        _, token, _ = response
        launch = grant.request.user.launch
        known = {"patient": launch.patient, "encounter": launch.encounter, "need_patient_banner": True}
        token.update({name: value for name, value in {**launch.more, **known}.items() if value is not None})
