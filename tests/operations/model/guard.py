"""Checks tokens of CDS clients, for the model: every rule of the specification, each of which can be left out."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

REFUSED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]}
LEEWAY = 60


class Refused(Exception):
    pass


@dataclass
class Guard:
    """``keys`` by kid; ``lax`` names the rules that are left out; ``whole`` asks for tokens at discovery too."""

    issuer: str
    keys: dict[str, ECKey | RSAKey]
    lax: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    whole: bool = False

    def check(self) -> Response | None:
        if request.method == "OPTIONS" and "preflight" not in self.lax:
            return None
        if request.path == "/cds-services" and not self.whole:
            return None
        if "feedback" in self.lax and request.path.endswith("/feedback"):
            return None
        if "body first" in self.lax and request.method == "POST":
            try:
                json.loads(request.get_data())
            except ValueError:
                return self.refuse(400)
        try:
            self.believe(request.headers.get("Authorization", ""))
        except (Refused, JoseError, ValueError, KeyError, TypeError, AttributeError) as why:
            return self.refuse(401, type(why).__name__ if "telling" in self.lax else "")
        return None

    def refuse(self, status: int, why: str = "") -> Response:
        body = REFUSED | ({"id": why} if why else {})
        headers = {} if "silent" in self.lax else {"WWW-Authenticate": "Bearer"}
        return Response(json.dumps(body), status, headers, content_type="application/json")

    def believe(self, header: str) -> None:
        if not header and "nobody" in self.lax:
            return
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer" if "case" in self.lax else scheme.casefold() != "bearer":
            raise Refused
        first, second, third = token.split(".")
        head, claims = (json.loads(decoded(part)) for part in (first, second))
        self.signature(head, f"{first}.{second}".encode(), third)
        self.header(head)
        self.claims(claims)

    def signature(self, head: dict[str, Any], text: bytes, signature: str) -> None:
        algorithm = head["alg"]
        if algorithm.casefold() == "none" and "none" in self.lax:
            return
        key = self.keys.get(head.get("kid", ""), next(iter(self.keys.values())) if "kid" in self.lax else None)
        if "jwk" in head and "jwk" in self.lax:
            key = ECKey.import_key(head["jwk"])
        if key is None:
            raise Refused
        if algorithm.startswith("HS") and "hmac" in self.lax:
            digest = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}[algorithm[2:]]
            if hmac.new(key.as_pem(private=False), text, digest).digest() == decoded(signature):
                return
        allowed = {"ES384": ECKey, "RS384": RSAKey}
        if algorithm not in allowed or algorithm in self.lax or not isinstance(key, allowed[algorithm]):
            raise Refused
        if "signature" in self.lax or ("jku" in head and "jku" in self.lax):
            return
        if not JWSRegistry.algorithms[algorithm].verify(text, decoded(signature), key):
            raise Refused

    def header(self, head: dict[str, Any]) -> None:
        if (head.get("typ") != "JWT" and "typ" not in self.lax) or ("crit" in head and "crit" not in self.lax):
            raise Refused

    def claims(self, claims: dict[str, Any]) -> None:
        now = time.time()
        audience = claims["aud"] if "claims" not in self.lax else claims.get("aud", request.base_url)
        several = audience if isinstance(audience, list) and "list" not in self.lax else [audience]
        if request.base_url not in several and "aud" not in self.lax:
            raise Refused
        if claims.get("iss") != self.issuer and "iss" not in self.lax:
            raise Refused
        if "exp" not in self.lax and claims["exp"] < now - LEEWAY:
            raise Refused
        future = (claims.get("nbf", 0) > now + LEEWAY, claims["iat"] > now + LEEWAY, claims["exp"] - claims["iat"] > 3600) if "iat" not in self.lax else ()  # fmt: skip
        if any(future) or ("tenant" in claims and "tenant" in self.lax):
            raise Refused
        if claims["jti"] in self.seen and "jti" not in self.lax:
            raise Refused
        self.seen.add(claims["jti"])


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
