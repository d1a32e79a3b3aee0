"""What attackers try: signing with what is public, borrowing another's key, bending a good token. Nothing is believed."""

import base64
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import json_b64encode, urlsafe_b64encode

from cds_service.auth import Authenticator
from cds_service.clients import Client
from cds_service.errors import Unauthorized
from tests.auth.ehr import NORTH, SOUTH, URL, authenticator, claims, ec, jwks, registration, rsa, sent, token

fuzz = settings(max_examples=200, deadline=None)
EC, RSA = ec("n1"), rsa("n2")


def believed(value: str, by: Authenticator | None = None) -> bool:
    try:
        (by or authenticator()).verify(sent(value), URL)
    except Unauthorized:
        return False
    return True


def public_forms(key: ECKey | RSAKey) -> list[bytes]:
    """Everything that is public about a key and that careless code takes for the secret of an HMAC."""
    public = key.as_dict(private=False)
    forms = [key.as_pem(private=False), key.as_der(private=False), json.dumps(public).encode(), jwks(key)]
    forms += [json.dumps(public, separators=(",", ":")).encode(), str(key.kid).encode()]
    return [*forms, *(value.encode() for name, value in public.items() if name in ("x", "y", "n"))]


@pytest.mark.parametrize("bits", [256, 384, 512])
@pytest.mark.parametrize("named", ["HS", "ES384", "RS384"])
@pytest.mark.parametrize("key", [EC, RSA], ids=["EC", "RSA"])
def test_what_is_public_is_no_secret(key: Any, named: str, bits: int) -> None:
    """An HMAC keyed with something public, under its own name or under that of a signature."""
    algorithm = f"HS{bits}" if named == "HS" else named
    start = json_b64encode({"alg": algorithm, "typ": "JWT", "kid": key.kid}) + b"." + json_b64encode(claims())
    for form in public_forms(key):
        for secret in (form, form.strip(), base64.b64encode(form)):
            sealed = hmac.new(secret, start, f"sha{bits}").digest()
            assert not believed(f"{start.decode()}.{urlsafe_b64encode(sealed).decode()}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("end", ["", ".", ".AA"])
def test_no_signature(algorithm: str, end: str) -> None:
    start = json_b64encode({"alg": algorithm, "typ": "JWT", "kid": "n1"}) + b"." + json_b64encode(claims())
    assert not believed(start.decode() + end)


@pytest.mark.parametrize("right", ["n1", "n2"])
def test_a_stranger_under_the_right_name(right: str) -> None:
    for stranger in (ec("stranger"), rsa("stranger")):
        assert not believed(token(stranger, kid=right))
        assert not believed(token(stranger, kid=right, alg="ES384" if right == "n1" else "RS384"))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": ec("stranger").as_dict(private=False)},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": [base64.b64encode(ec("stranger").as_der(private=False)).decode()]},
        {"x5t": "YWJj", "x5t#S256": "YWJj"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_key_brought_along(header: dict[str, Any]) -> None:
    stranger = ec("stranger")
    assert not believed(token(stranger, **header))
    assert not believed(token(stranger, kid="n1", **header))
    assert believed(token(EC, **header)), "it is ignored, not held against the caller"


def test_a_client_cannot_speak_for_another() -> None:
    north, south = registration(Client("north", NORTH), EC), registration(Client("south", SOUTH), ec("s1"))
    both = authenticator(north, south)
    for issuer, key in ((NORTH, ec("s1")), (SOUTH, EC)):
        assert not believed(token(key, claims(iss=issuer)), both)
        assert not believed(token(key, claims(iss=issuer), kid="n1"), both)
        assert not believed(token(key, claims(iss=issuer), kid="s1"), both)


def test_two_clients_whose_keys_have_one_name() -> None:
    mine, yours = ECKey.generate_key("P-384", {"kid": "1"}), ECKey.generate_key("P-384", {"kid": "1"})
    both = authenticator(registration(Client("north", NORTH), mine), registration(Client("south", SOUTH), yours))
    assert both.verify(sent(token(mine)), URL).client.id == "north"
    assert both.verify(sent(token(yours, claims(iss=SOUTH))), URL).client.id == "south"
    assert not believed(token(yours), both)
    assert not believed(token(mine, claims(iss=SOUTH)), both)


def test_the_claims_of_another_token() -> None:
    head, _, seal_ = token(EC).split(".")
    other = token(EC, claims(tenant="hospital-1")).split(".")[1]
    assert not believed(f"{head}.{other}.{seal_}")


@pytest.mark.parametrize("curve", ["P-256", "P-521"])
def test_other_curves(curve: str) -> None:
    assert not believed(token(ec("n1", curve)))
    assert not believed(token(ec("n1", curve), alg="ES384"))


def test_signatures_of_zeros() -> None:
    """r = s = 0, and the order of the curve, which broken verifiers accept for every text."""
    start = ".".join(token(EC).split(".")[:2])
    order = bytes.fromhex("ff" * 24 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973")
    for number in (bytes(48), order, b"\xff" * 48, bytes(47) + b"\x01"):
        for other in (bytes(48), number):
            assert not believed(f"{start}.{urlsafe_b64encode(number + other).decode()}")


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES384", "RS384"])
@fuzz
@given(st.data())
def test_a_bent_token_is_never_believed(key: Any, data: st.DataObject) -> None:
    good = token(key)
    alphabet = st.sampled_from("ABCXYZabcxyz0189-_.=+/ %\u00e9\x00\n")
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 5)))
    bent = good[:start] + data.draw(st.text(alphabet, max_size=5)) + good[end:]
    if bent.strip(" \t") != good:
        assert not believed(bent)


@fuzz
@given(st.data())
def test_a_bent_part_is_never_believed(data: st.DataObject) -> None:
    """One bit of the bytes inside, so that the text around it stays well formed."""
    parts = [base64.urlsafe_b64decode(part + "==") for part in token(EC).split(".")]
    which = data.draw(st.integers(0, 2))
    place = data.draw(st.integers(0, len(parts[which]) * 8 - 1))
    changed = bytearray(parts[which])
    changed[place // 8] ^= 1 << place % 8
    parts[which] = bytes(changed)
    assert not believed(".".join(urlsafe_b64encode(part).decode() for part in parts))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@fuzz
@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "x5c", "jku", "cty"]), JSON))
def test_any_header_is_judged_without_a_fault(header: dict[str, Any]) -> None:
    believed(token(EC, **header))


@fuzz
@given(st.dictionaries(st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant", "sub"]), JSON))
def test_any_claims_are_judged_without_a_fault(changes: dict[str, Any]) -> None:
    if {"iss", "aud", "exp", "iat", "jti"} & changes.keys():
        assert not believed(token(EC, claims() | changes)) or changes.keys() <= {"jti", "iat", "tenant", "sub", "nbf"}
    else:
        believed(token(EC, claims() | changes))


@fuzz
@given(st.text(max_size=40))
def test_any_authorization_header_is_judged_without_a_fault(header: str) -> None:
    for value in (header, f"Bearer {header}"):
        with pytest.raises(Unauthorized):
            authenticator().verify({"Authorization": value}, URL)
