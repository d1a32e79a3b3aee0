"""Tokens of a CDS client, right and wrong in every way: made with the keys the user gives."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

LIFETIME = 240  # seconds


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes tokens of one client.

    Attributes:
        key: private; P-384 for ES384, RSA for RS384.
        kid: the name under which the service knows the key.
        tenant: the ``tenant`` claim, if the client has one.
    """

    key: ECKey | RSAKey
    issuer: str
    kid: str
    tenant: str | None = None

    @property
    def algorithm(self) -> str:
        """What the key is for."""
        return "ES384" if isinstance(self.key, ECKey) else "RS384"

    def token(
        self, audience: Any, header: Mapping[str, Any] | None = None, claims: Mapping[str, Any] | None = None
    ) -> str:
        """A token for an address; ``header`` and ``claims`` replace members, a value of ``...`` removes one."""
        return self._signed(self._header(header), self._claims(audience, claims), self.key)

    def forged(self, audience: str, key: ECKey | RSAKey, header: Mapping[str, Any] | None = None) -> str:
        """A token that claims to be of this client and is signed with another key."""
        return self._signed(self._header(header), self._claims(audience, None), key)

    def unsigned(self, audience: str, algorithm: str) -> str:
        """A token without signature."""
        header = self._header({"alg": algorithm})
        return f"{_part(header)}.{_part(self._claims(audience, None))}."

    def hashed(self, audience: str, algorithm: str, secret: bytes) -> str:
        """A token signed by HMAC with something that is not secret."""
        text = f"{_part(self._header({'alg': algorithm}))}.{_part(self._claims(audience, None))}"
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{text}.{_encoded(hmac.new(secret, text.encode(), digest).digest())}"

    def public(self) -> tuple[bytes, ...]:
        """The public key in the forms an attacker may take for an HMAC secret."""
        as_json = json.dumps(self.key.as_dict(private=False), separators=(",", ":")).encode()
        return self.key.as_pem(private=False), self.key.as_pem(private=False).strip(), as_json

    def stranger(self) -> ECKey | RSAKey:
        """A fresh key of the same kind."""
        return ECKey.generate_key("P-384") if isinstance(self.key, ECKey) else RSAKey.generate_key(2048)

    def _header(self, changes: Mapping[str, Any] | None) -> dict[str, Any]:
        return _changed({"alg": self.algorithm, "typ": "JWT", "kid": self.kid}, changes)

    def _claims(self, audience: Any, changes: Mapping[str, Any] | None) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + LIFETIME, "jti": str(uuid4())}
        return _changed(claims | ({"tenant": self.tenant} if self.tenant else {}), changes)

    def _signed(self, header: dict[str, Any], claims: dict[str, Any], key: ECKey | RSAKey) -> str:
        """Any header, also one that no library would sign; the signature is right, so that it alone is at fault."""
        text = f"{_part(header)}.{_part(claims)}"
        return f"{text}.{_encoded(JWSRegistry.algorithms[self.algorithm].sign(text.encode(), key))}"


def read_signer(path: Path, issuer: str, kid: str | None, tenant: str | None = None) -> Signer:
    """A signer from a private key in PEM or as a JWK.

    Raises:
        ValueError: the file holds no P-384 or RSA private key, or the key has no name and none is given.
    """
    data = path.read_bytes()
    try:
        content: Any = json.loads(data)
    except ValueError:
        content = data
    key = _imported(content)
    name = kid or (content.get("kid") if isinstance(content, dict) else None)
    if key is None or not key.is_private or not name:
        raise ValueError("a P-384 or RSA private key in PEM or JWK form, and its kid, are needed")
    return Signer(key, issuer, str(name), tenant)


def _imported(content: Any) -> ECKey | RSAKey | None:
    """PKCS#8 does not say in its first line which of the two it holds."""
    for kind in (ECKey, RSAKey):
        try:
            return kind.import_key(content)
        except (ValueError, TypeError, JoseError):
            continue
    return None


def _changed(members: dict[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**members, **(changes or {})}.items() if value is not ...}


def _part(members: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(members, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
