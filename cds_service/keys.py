"""The public keys of an EHR client: read from a JWK Set (RFC 7517), checked, and found by ``kid`` and algorithm.

CDS Hooks recommends ES384 and RS384; nothing else is ever accepted, so a key for anything else is none of ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int

ES384, RS384 = ALGORITHMS = ("ES384", "RS384")
KeySet = Mapping[tuple[str, str], ECKey | RSAKey]
"""Keys by (``kid``, algorithm)."""

_CURVE = "P-384"
_SHORTEST, _LONGEST = 2048, 8192  # bits of an RSA modulus; longer ones only cost time
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHM_OF = {"EC": ES384, "RSA": RS384}

SECRET = (
    "holds a PRIVATE or secret key: whoever has read it can sign as this EHR. Treat the key pair as lost: have the EHR "
    "make a new one, and put only its public half here"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a JWK Set holds.

    Attributes:
        keys: those that can be used.
        faults: one sentence for each that looks meant for us and cannot be used, or for the whole set.
        ignored: one sentence for each that is plainly meant for something else.
    """

    keys: KeySet
    faults: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class _Faulty(Exception):
    """Why a key cannot be used."""


class _Foreign(Exception):
    """Why a key is not for us."""


def read_keys(data: bytes) -> Reading:
    """Read a JWK Set; never raises. No sentence repeats anything of a key."""
    keys: dict[tuple[str, str], ECKey | RSAKey] = {}
    faults, ignored, kids = [], [], set[str]()
    try:
        members = _members(data)
    except _Faulty as fault:
        return Reading({}, (str(fault),))
    for number, member in enumerate(members, start=1):
        try:
            kid, algorithm, key = _key(member)
        except _Faulty as fault:
            faults.append(f"key {number} {fault}")
        except _Foreign as why:
            ignored.append(f"key {number} {why}")
        else:
            if kid in kids:
                faults.append(f'key {number} has the "kid" of another key: each needs its own')
                _forget(keys, kid)
            else:
                keys[kid, algorithm] = key
            kids.add(kid)
    if not keys and not faults:
        faults.append("it has no key for signatures by ES384 (EC, P-384) or RS384 (RSA)")
    return Reading(keys, tuple(faults), tuple(ignored))


def _forget(keys: dict[tuple[str, str], ECKey | RSAKey], kid: str) -> None:
    """Of two keys with one name, nobody can tell which is meant: neither is used."""
    for algorithm in ALGORITHMS:
        keys.pop((kid, algorithm), None)


def _members(data: bytes) -> list[Any]:
    if b"PRIVATE KEY-----" in data:
        raise _Faulty(f"it {SECRET}")
    if data.lstrip().startswith(b"-----BEGIN"):
        raise _Faulty("it is a PEM file: ask the EHR for the same public key as a JWK Set (RFC 7517)")
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        raise _Faulty("it is not JSON") from None
    if isinstance(whole, dict) and "kty" in whole:
        raise _Faulty(
            f"it {SECRET}" if _PRIVATE & whole.keys() else 'it is one key, not a set: write {"keys": [ ... ]} around it'
        )
    members = whole.get("keys") if isinstance(whole, dict) else None
    if not isinstance(members, list):
        raise _Faulty('it is not a JWK Set: it must read {"keys": [ ... ]}')
    return members


def _key(member: Any) -> tuple[str, str, ECKey | RSAKey]:
    """The ``kid``, the algorithm and the key."""
    if not isinstance(member, dict):
        raise _Faulty("is not a JSON object")
    if _PRIVATE & member.keys():
        raise _Faulty(SECRET)
    kind, kid = str(member.get("kty")), member.get("kid")
    _refuse_foreign(member)
    if not isinstance(kid, str) or not kid.strip():
        raise _Faulty('has no "kid": every token names its key by it')
    algorithm = _ALGORITHM_OF[kind]
    if member.get("alg", algorithm) != algorithm:
        raise _Faulty(f'has an "alg" that does not fit its "kty": leave it out, or write {algorithm}')
    try:
        return kid, algorithm, _elliptic(member) if kind == "EC" else _rsa(member)
    except (JoseError, ValueError, TypeError):
        raise _Faulty("cannot be read: its numbers are missing, damaged or no key") from None


def _refuse_foreign(member: Mapping[str, Any]) -> None:
    operations = member.get("key_ops")
    if member.get("kty") not in ("EC", "RSA"):
        raise _Foreign("is neither EC nor RSA")
    if member.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        raise _Foreign("is not for verifying signatures")
    if member.get("alg", ES384) not in ALGORITHMS:
        raise _Foreign("is for another algorithm than ES384 and RS384")


def _elliptic(member: Mapping[str, Any]) -> ECKey:
    if member.get("crv") != _CURVE:
        raise _Faulty(f'is on another curve: ES384 needs "crv": "{_CURVE}"')
    return ECKey.import_key({"kty": "EC", "crv": _CURVE, "x": member.get("x", ""), "y": member.get("y", "")})


def _rsa(member: Mapping[str, Any]) -> RSAKey:
    bits = base64_to_int(member.get("n", "")).bit_length()
    if not _SHORTEST <= bits <= _LONGEST:
        raise _Faulty(f"is an RSA key of {bits} bits: make one of {_SHORTEST} to {_LONGEST}")
    return RSAKey.import_key({"kty": "RSA", "n": member.get("n", ""), "e": member.get("e", "")})
