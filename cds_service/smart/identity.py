"""Who the user is: the id_token of the EHR, believed only when everything about it is as OpenID Connect wants it.

Its signature by a key of the EHR (never by a shared secret, never ``none``), its issuer, audience, times and nonce.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # ships no types
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int

from cds_service.fetching.addresses import Base
from cds_service.smart.configuration import Configuration
from cds_service.smart.outgoing import Outgoing, Unreachable

ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
_KIND = {"RS256": RSAKey, "RS384": RSAKey, "ES256": ECKey, "ES384": ECKey}
_CURVE = {"ES256": "P-256", "ES384": "P-384"}
_SKEW = 60  # seconds that clocks may be apart
_FRESH, _PAUSE = 3600.0, 30.0  # seconds until keys are read again, and at least between two readings
_SHORTEST_RSA = 2048
_USER = re.compile(r"(?:(.+)/)?((?:Practitioner|PractitionerRole|Patient|RelatedPerson|Person)/[A-Za-z0-9.\-]{1,64})")


class NotBelieved(Exception):
    """The id_token proves nothing."""


class _Registry(jws.JWSRegistry):
    max_header_length = max_payload_length = 16_000


_registry = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class _Known:
    kid: str | None
    algorithm: str | None
    curve: str | None
    key: RSAKey | ECKey

    def fits(self, kid: object, algorithm: str) -> bool:
        """Whether it may have signed a token with this header."""
        named = kid is None or kid == self.kid
        meant = self.algorithm in (None, algorithm) and isinstance(self.key, _KIND[algorithm])
        return named and meant and self.curve == _CURVE.get(algorithm)


class Identity:
    """Judges id_tokens; keeps the keys of EHRs. Safe for threads."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float] = time.monotonic) -> None:
        self._outgoing, self._clock = outgoing, clock
        self._keys: dict[str, tuple[float, tuple[_Known, ...]]] = {}
        self._lock = threading.Lock()

    def user(
        self, id_token: object, access_token: str, client_id: str, nonce: str, said: Configuration, fhir: Base
    ) -> str | None:
        """The user as a reference on the FHIR server; None where the token names nobody of FHIR.

        Raises:
            NotBelieved: the token proves nothing.
            Unreachable: the keys cannot be read.
        """
        if not isinstance(id_token, str) or said.issuer is None or said.jwks_uri is None:
            raise NotBelieved
        header, claims = self._opened(id_token, said.jwks_uri)
        options = {"iss": {"essential": True, "value": said.issuer}, "aud": {"essential": True, "value": client_id}}
        asked = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        try:
            CodeIDToken(claims, header, options, asked).validate(leeway=_SKEW)
        except (JoseError, ValueError, TypeError):
            raise NotBelieved from None
        return _reference(claims.get("fhirUser") or claims.get("profile"), fhir)

    def _opened(self, token: str, jwks_uri: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token whose signature is good."""
        try:
            signed = jws.extract_compact(token.encode("ascii"), registry=_registry)
            header: dict[str, Any] = dict(signed.headers())
            claims = json.loads(signed.payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise NotBelieved from None
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS or "crit" in header or not isinstance(claims, dict):
            raise NotBelieved
        for known in self._candidates(jwks_uri, header.get("kid"), algorithm):
            if _is_signed(signed, known.key):
                return header, claims
        raise NotBelieved

    def _candidates(self, jwks_uri: str, kid: object, algorithm: str) -> tuple[_Known, ...]:
        found = self._read(jwks_uri, _FRESH)
        fitting = tuple(known for known in found if known.fits(kid, algorithm))
        if fitting:
            return fitting
        return tuple(known for known in self._read(jwks_uri, _PAUSE) if known.fits(kid, algorithm))

    def _read(self, jwks_uri: str, lasting: float) -> tuple[_Known, ...]:
        with self._lock:
            read_at, found = self._keys.get(jwks_uri, (0.0, None))
        if found is not None and self._clock() - read_at < lasting:
            return found
        said = self._outgoing.read_json(jwks_uri)
        members = said.get("keys")
        if not isinstance(members, list):
            raise Unreachable
        made = tuple(known for member in members if (known := _known(member)) is not None)
        with self._lock:
            self._keys[jwks_uri] = (self._clock(), made)
        return made


def _known(member: object) -> _Known | None:
    """A public key for signatures; None for anything else, of which a set may be full."""
    if not isinstance(member, Mapping) or member.get("use", "sig") != "sig":
        return None
    kind = {"RSA": RSAKey, "EC": ECKey}.get(str(member.get("kty")))
    public = {name: member[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in member}
    try:
        if kind is None or (kind is RSAKey and base64_to_int(public["n"]).bit_length() < _SHORTEST_RSA):
            return None
        key = kind.import_key(public)  # type: ignore[attr-defined]  # both have it
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return _Known(member.get("kid"), member.get("alg"), member.get("crv"), key)


def _is_signed(signed: jws.CompactSignature, key: RSAKey | ECKey) -> bool:
    try:
        return jws.validate_compact(signed, key, registry=_registry)
    except (JoseError, ValueError, TypeError):
        return False


def _reference(claimed: object, fhir: Base) -> str | None:
    """``Practitioner/7`` on this FHIR server; a user of another server keeps the whole address."""
    parts = _USER.fullmatch(claimed) if isinstance(claimed, str) else None
    if parts is None:
        return None
    return parts[2] if parts[1] in (None, fhir.url) else parts[0]
