"""A CDS client JWT, taken apart and judged (CDS Hooks 2.0.1, "Trusting CDS Clients", and its best practices; RFC 7519).

What is wrong becomes a `Reason`, one sentence for the log of the operator. No sentence holds anything of the token, and
the caller is told none of them.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from cds_service.keys import ALGORITHMS

SKEW = timedelta(seconds=60)
LIFETIME = timedelta(hours=1)
LARGEST = 8000  # characters of a token
_LONGEST_TEXT = 500  # characters of one claim that is kept or looked up
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE | re.ASCII)


class Reason(StrEnum):
    """Why a caller is not believed; docs/clients.md says what to do about each."""

    NO_TOKEN = "no bearer token"
    TOO_LARGE = "the token is too large"
    MALFORMED = "the token is not a signed JWT"
    ALGORITHM = "alg is neither ES384 nor RS384"
    TYPE = "typ is not JWT"
    CRITICAL = "crit or b64 asks for an extension"
    NO_KEY_ID = "kid is missing"
    UNKNOWN_ISSUER = "iss is no configured client"
    UNKNOWN_TENANT = "tenant is not one of the client's"
    UNKNOWN_KEY = "kid is none of the client's keys"
    SIGNATURE = "the signature does not match the key"
    CLAIM = "one of iss, aud, exp, iat, jti is missing or of the wrong kind"
    AUDIENCE = "aud is not the address that was called"
    EXPIRED = "exp has passed"
    FUTURE = "iat or nbf lies in the future"
    LONG_LIVED = "exp is more than an hour after iat"
    REPLAYED = "jti was used before"
    NO_ADDRESS = "OSTEOHOOKS_PUBLIC_URL is not set and Host is not this machine, so aud cannot be judged"


class NotBelieved(Exception):
    """A token that proves nothing."""

    def __init__(self, reason: Reason, client: str | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.client = reason, client


class _Registry(jws.JWSRegistry):
    """Two algorithms, and room for the headers that are ignored (``jwk``, ``x5c``)."""

    max_header_length = LARGEST
    max_payload_length = LARGEST


_registry = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A token whose signature has not been looked at yet: nothing in it is known to be true."""

    signed: jws.CompactSignature
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def kid(self) -> str:
        """The name of the key; never a key itself, nor an address of one."""
        return str(self.header["kid"])

    @property
    def algorithm(self) -> str:
        """ES384 or RS384."""
        return str(self.header["alg"])

    def is_signed_with(self, key: ECKey | RSAKey) -> bool:
        """Whether the signature is good."""
        try:
            return jws.validate_compact(self.signed, key, registry=_registry)
        except (JoseError, ValueError, TypeError):
            return False


def bearer(header: str | None) -> str:
    """The token of an Authorization header.

    Raises:
        NotBelieved: there is none, or it does not look like a signed JWT.
    """
    if header is None:
        raise NotBelieved(Reason.NO_TOKEN)
    if len(header) > LARGEST:
        raise NotBelieved(Reason.TOO_LARGE)
    found = _BEARER.fullmatch(header.strip(" \t"))
    if found is None:
        raise NotBelieved(Reason.MALFORMED if header.strip().casefold().startswith("bearer ") else Reason.NO_TOKEN)
    return found[1]


def opened(token: str) -> Opened:
    """Take a token apart and check what its header asks for.

    Raises:
        NotBelieved: it is no JWT, or its header breaks a rule of CDS Hooks.
    """
    try:
        signed = jws.extract_compact(token.encode("ascii"), registry=_registry)
        header: object = signed.headers()  # as sent: so far it need not even be an object
        claims: object = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise NotBelieved(Reason.MALFORMED) from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotBelieved(Reason.MALFORMED)
    if header.get("alg") not in ALGORITHMS:
        raise NotBelieved(Reason.ALGORITHM)
    if header.get("typ") != "JWT":
        raise NotBelieved(Reason.TYPE)
    if "crit" in header or "b64" in header:  # we know none, and RFC 7797 forbids b64 in a JWT
        raise NotBelieved(Reason.CRITICAL)
    if not is_text(header.get("kid")):
        raise NotBelieved(Reason.NO_KEY_ID)
    return Opened(signed, header, claims)


def check_claims(claims: Mapping[str, Any], url: str, now: datetime) -> tuple[str, datetime]:
    """Judge the claims of a token whose signature is good; its ``jti``, and until when that must be remembered.

    Raises:
        NotBelieved: the token is not for this address and this moment.
    """
    audience, jti = claims.get("aud"), claims.get("jti")
    expires, issued = _instant(claims.get("exp")), _instant(claims.get("iat"))
    starts = _instant(claims.get("nbf", claims.get("iat")))
    if not isinstance(jti, str) or not is_text(jti) or expires is None or issued is None or starts is None:
        raise NotBelieved(Reason.CLAIM)
    if audience != url and not (isinstance(audience, list) and url in audience):
        raise NotBelieved(Reason.AUDIENCE if audience else Reason.CLAIM)
    skew, at = SKEW.total_seconds(), now.timestamp()
    if expires <= at - skew:
        raise NotBelieved(Reason.EXPIRED)
    if max(issued, starts) > at + skew:
        raise NotBelieved(Reason.FUTURE)
    if expires - issued > LIFETIME.total_seconds() + skew:
        raise NotBelieved(Reason.LONG_LIVED)
    return jti, datetime.fromtimestamp(expires + skew, UTC)


def is_text(value: object) -> bool:
    """Whether a claim is a text that can be looked up and kept: not blank, not endless, no half characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
        return False
    return not any("\ud800" <= character <= "\udfff" or character == "\0" for character in value)


def _instant(value: object) -> float | None:
    """A NumericDate, in seconds since 1970 (RFC 7519, 2); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None
