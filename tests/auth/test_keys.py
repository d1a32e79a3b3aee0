"""What a JWK Set may hold: each fault in one sentence that names the key by its place and repeats nothing of it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from cds_service.keys import read_keys
from tests.auth.ehr import ec, jwks, rsa

EC = ec("n1").as_dict(private=False)
RSA = rsa("n2").as_dict(private=False)
PRIVATE = "PRIVATE or secret key"


def said(*members: Any) -> str:
    reading = read_keys(json.dumps({"keys": list(members)}).encode())
    return "; ".join(reading.faults)


def without(key: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in names} | more


def test_public_keys_of_both_kinds_are_read() -> None:
    reading = read_keys(jwks(ec("n1"), rsa("n2")))
    assert set(reading.keys) == {("n1", "ES384"), ("n2", "RS384")}
    assert (reading.faults, reading.ignored) == ((), ())
    assert not any(key.is_private for key in reading.keys.values())


@pytest.mark.parametrize("more", [{"use": "sig"}, {"key_ops": ["verify"]}, {"x5c": ["MIIB"]}, {"ext": True}])
def test_what_else_an_ehr_says_of_a_key(more: dict[str, Any]) -> None:
    assert set(read_keys(jwks(ec("n1"), rsa("n2"), **more)).keys) == {("n1", "ES384"), ("n2", "RS384")}


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        (ec("n1").as_dict(private=True), PRIVATE),
        (rsa("n2").as_dict(private=True), PRIVATE),
        (OctKey.generate_key(256, {"kid": "o"}).as_dict(private=True), PRIVATE),
        (without(EC, d=""), PRIVATE),
        (without(EC, "kid"), 'has no "kid"'),
        (without(EC, kid=""), 'has no "kid"'),
        (without(EC, kid=7), 'has no "kid"'),
        (without(ec("p", "P-256").as_dict(private=False), "alg"), 'ES384 needs "crv": "P-384"'),
        (without(ec("p", "P-521").as_dict(private=False), "alg"), 'ES384 needs "crv": "P-384"'),
        (without(EC, "crv"), 'ES384 needs "crv": "P-384"'),
        (without(EC, alg="RS384"), "write ES384"),
        (without(RSA, alg="ES384"), "write RS384"),
        (without(EC, "x"), "cannot be read"),
        (without(EC, x="AAAA"), "cannot be read"),
        (without(EC, x=EC["y"]), "cannot be read"),  # not on the curve
        (without(EC, y=5), "cannot be read"),
        (without(EC, y="é"), "cannot be read"),
        (without(RSA, "n"), "cannot be read"),
        (without(RSA, n=[]), "cannot be read"),
        (without(RSA, n="AQAB"), "RSA key of 17 bits: make one of 2048 to 8192"),
        (without(RSA, n="A" * 342), "RSA key of 0 bits"),
        (without(RSA, n="_" * 1400), "RSA key of 8400 bits"),
        (without(RSA, "e"), "cannot be read"),
        (without(RSA, e="AA"), "cannot be read"),
        ("n1", "is not a JSON object"),
        (None, "is not a JSON object"),
    ],
)
def test_a_key_that_cannot_be_used(member: Any, fault: str) -> None:
    assert fault in said(EC | {"kid": "first"}, member)
    assert said(EC | {"kid": "first"}, member).startswith("key 2 ")
    secrets = [str(value) for value in member.values() if len(str(value)) > 20] if isinstance(member, dict) else []
    assert not any(secret in said(member) for secret in secrets)


@pytest.mark.parametrize("bits", [1024, 2047])
def test_weak_rsa_keys(bits: int) -> None:
    number = (1 << bits - 1) + 1
    encoded = json.loads(jwks(rsa("n2")))["keys"][0]
    from joserfc.util import int_to_base64

    assert f"RSA key of {bits} bits: make one of 2048" in said(encoded | {"n": int_to_base64(number)})


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (without(EC, use="enc"), "not for verifying signatures"),
        (without(EC, key_ops=["sign"]), "not for verifying signatures"),
        (without(RSA, alg="RS256"), "another algorithm"),
        (without(RSA, alg="RSA-OAEP"), "another algorithm"),
        (without(ec("p", "P-256").as_dict(private=False), alg="ES256"), "another algorithm"),
        (without(EC, alg=["ES384"]), "another algorithm"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "e"}, "neither EC nor RSA"),
        ({"kty": ["EC"]}, "neither EC nor RSA"),
        ({}, "neither EC nor RSA"),
    ],
)
def test_a_key_for_something_else_is_left_aside(member: Any, why: str) -> None:
    reading = read_keys(json.dumps({"keys": [EC, member]}).encode())
    assert set(reading.keys) == {("n1", "ES384")}
    assert reading.faults == ()
    assert [why in sentence for sentence in reading.ignored] == [True]
    assert "no key for signatures" in said(member)


def test_of_two_keys_with_one_name_neither_is_used() -> None:
    other = without(ec("other").as_dict(private=False), kid="n1")
    reading = read_keys(json.dumps({"keys": [EC, other, without(RSA, kid="n1"), RSA]}).encode())
    assert set(reading.keys) == {("n2", "RS384")}
    assert [sentence[:5] for sentence in reading.faults] == ["key 2", "key 3"]
    assert "each needs its own" in reading.faults[0]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JWK Set"),
        (b"5", "not a JWK Set"),
        (b"{}", "not a JWK Set"),
        (b'{"keys": {}}', "not a JWK Set"),
        (b'{"keys": []}', "no key for signatures"),
        (json.dumps(EC).encode(), "it is one key, not a set"),
        (json.dumps(ec("n1").as_dict(private=True)).encode(), PRIVATE),
        (ec("n1").as_pem(private=False), "it is a PEM file"),
        (ec("n1").as_pem(private=True), PRIVATE),
        (b"\n" + rsa("n2").as_pem(private=True), PRIVATE),
    ],
)
def test_what_is_no_set_of_keys(data: bytes, fault: str) -> None:
    reading = read_keys(data)
    assert reading.keys == {}
    assert [fault in sentence for sentence in reading.faults] == [True]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_bent_key_is_read_without_a_fault_of_ours(data: st.DataObject) -> None:
    odd = st.none() | st.integers() | st.text(max_size=6) | st.lists(st.text(max_size=3), max_size=2) | st.booleans()
    member = dict(data.draw(st.sampled_from([EC, RSA])))
    for name in data.draw(st.sets(st.sampled_from([*member, "use", "alg", "key_ops"]), min_size=1)):
        member[name] = data.draw(odd)
    reading = read_keys(json.dumps({"keys": [member]}).encode())
    assert bool(reading.keys) != bool(reading.faults)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_without_a_fault_of_ours(data: bytes) -> None:
    assert len(read_keys(data).faults) == 1
