"""Keys and tokens of our own, to try a configuration without an EHR: the same as an EHR makes, for five minutes."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from cds_service.keys import ES384

_LIFETIME = timedelta(minutes=5)


class NotAKey(ValueError):
    """The file holds no private key as `make_pair` writes it."""


def make_pair(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a new key pair: ``NAME.private.json``, which only its owner may read, and ``NAME.jwks.json`` to give away.

    Raises:
        FileExistsError: there is one of that name already.
    """
    key = ECKey.generate_key("P-384", {"kid": f"{name}-{uuid4().hex[:8]}", "alg": ES384, "use": "sig"})
    private, public = folder / f"{name}.private.json", folder / f"{name}.jwks.json"
    _write_new(private, key.as_dict(private=True), 0o600)
    _write_new(public, {"keys": [key.as_dict(private=False)]}, 0o644)
    return private, public


def make_token(
    private: Path, issuer: str, url: str, now: datetime, tenant: str | None = None, lifetime: timedelta = _LIFETIME
) -> str:
    """A CDS client JWT for one call to ``url``.

    Raises:
        NotAKey: the file holds no key of ours.
        OSError: the file cannot be read.
    """
    try:
        key = ECKey.import_key(json.loads(private.read_bytes()))
    except (JoseError, ValueError, TypeError):
        raise NotAKey from None
    if not key.is_private or key.curve_name != "P-384" or key.kid is None:
        raise NotAKey
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": url,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "jti": str(uuid4()),
    }
    if tenant is not None:
        claims["tenant"] = tenant
    return jwt.encode({"alg": ES384, "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=[ES384])


def _write_new(path: Path, content: object, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
