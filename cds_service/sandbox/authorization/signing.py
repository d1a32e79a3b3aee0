"""The key that signs id_tokens: made when it is first needed, gone when the process ends."""

from functools import cache
from threading import Lock
from typing import Any

from joserfc.jwk import KeySet, RSAKey

ALGORITHM = "RS256"
_BITS = 2048
_making = Lock()


def signing_key() -> RSAKey:
    """The private key; its id is the thumbprint of the public one."""
    with _making:
        return _made()


def public_keys() -> dict[str, Any]:
    """The JWK Set that apps verify with."""
    found = KeySet([signing_key()]).as_dict(private=False)
    return {"keys": [{**key, "use": "sig", "alg": ALGORITHM} for key in found["keys"]]}


def openid_configuration(endpoints: dict[str, Any]) -> dict[str, Any]:
    """``.well-known/openid-configuration`` (OpenID Connect Discovery 1.0)."""
    return endpoints | {
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "scopes_supported": ["openid", "fhirUser", "launch", "launch/patient", "offline_access", "online_access"],
        "claims_supported": ["sub", "fhirUser"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
    }


@cache
def _made() -> RSAKey:
    key = RSAKey.generate_key(_BITS, auto_kid=True)
    key.ensure_kid()
    return key
