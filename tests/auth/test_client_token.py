"""Every way a token can be wrong, as tables: what is changed in a good one, and what the log says then."""

import json
from typing import Any

import pytest
from joserfc.util import json_b64encode, urlsafe_b64encode

from cds_service.client_token import LARGEST, NotBelieved, Reason, bearer, opened
from cds_service.clients import Client
from cds_service.errors import Unauthorized
from tests.auth.ehr import NORTH, NOW, SOUTH, URL, authenticator, claims, ec, registration, rsa, sent, token
from tests.support.drawn import name, rows

SECONDS = int(NOW.timestamp())
CLIENTS = (registration(Client("north", NORTH), ec("n1"), rsa("n2")), registration(Client("south", SOUTH), ec("s1")))

# A cell is a Python literal after {now}; ``...`` removes the claim; REASON is blank where the token is good.
CLAIMS = f"""
    claim  | value                                    | reason
    -------+------------------------------------------+---------------
    iss    | {NORTH!r}                                |
    iss    | ...                                      | UNKNOWN_ISSUER
    iss    | None                                     | UNKNOWN_ISSUER
    iss    | ""                                       | UNKNOWN_ISSUER
    iss    | ["{NORTH}"]                              | UNKNOWN_ISSUER
    iss    | 5                                        | UNKNOWN_ISSUER
    iss    | "{NORTH}/"                               | UNKNOWN_ISSUER   # letter for letter
    iss    | "https://EHR.north.example"              | UNKNOWN_ISSUER
    iss    | "https://evil.example"                   | UNKNOWN_ISSUER
    iss    | "{SOUTH}"                                | UNKNOWN_KEY      # another client's issuer, our key
    aud    | {URL!r}                                  |
    aud    | ["{URL}"]                                |
    aud    | ["https://other.example", "{URL}"]       |
    aud    | ...                                      | CLAIM
    aud    | None                                     | CLAIM
    aud    | ""                                       | CLAIM
    aud    | []                                       | CLAIM
    aud    | 5                                        | AUDIENCE
    aud    | [["{URL}"]]                              | AUDIENCE
    aud    | {{"{URL}": "{URL}"}}                     | AUDIENCE
    aud    | "https://cds.example.org"                | AUDIENCE         # the base address
    aud    | "https://cds.example.org/cds-services"   | AUDIENCE         # discovery
    aud    | "{URL}/"                                 | AUDIENCE
    aud    | "{URL}/feedback"                         | AUDIENCE
    aud    | "{URL}?x=1"                              | AUDIENCE
    aud    | "http{URL[5:]}"                          | AUDIENCE
    aud    | "HTTPS{URL[5:]}"                         | AUDIENCE
    aud    | "https://cds.example.org:443{URL[23:]}"  | AUDIENCE
    aud    | "https://evil.example{URL[23:]}"         | AUDIENCE
    exp    | {{now}} + 300                            |
    exp    | {{now}} - 59                             |                  # clocks may differ by a minute
    exp    | {{now}} - 60                             | EXPIRED
    exp    | {{now}} - 3600                           | EXPIRED
    exp    | {{now}} + 3660                           |                  # an hour, and a minute of clocks
    exp    | {{now}} + 3661                           | LONG_LIVED
    exp    | {{now}} + 300.5                          |
    exp    | ...                                      | CLAIM
    exp    | None                                     | CLAIM
    exp    | True                                     | CLAIM
    exp    | "{SECONDS + 300}"                        | CLAIM
    exp    | [{SECONDS + 300}]                        | CLAIM
    exp    | float("nan")                             | CLAIM
    exp    | float("inf")                             | CLAIM
    exp    | 10 ** 400                                | CLAIM
    exp    | 10 ** 18                                 | LONG_LIVED
    exp    | -1                                       | EXPIRED
    exp    | 0                                        | EXPIRED
    iat    | {{now}}                                  |
    iat    | {{now}} + 60                             |
    iat    | {{now}} + 61                             | FUTURE
    iat    | {{now}} - 3360                           |                  # exp is an hour and a minute later
    iat    | {{now}} - 3361                           | LONG_LIVED
    iat    | ...                                      | CLAIM
    iat    | None                                     | CLAIM
    iat    | False                                    | CLAIM
    iat    | "{SECONDS}"                              | CLAIM
    iat    | float("-inf")                            | CLAIM
    iat    | 0                                        | LONG_LIVED
    nbf    | {{now}}                                  |
    nbf    | {{now}} + 60                             |
    nbf    | {{now}} + 61                             | FUTURE
    nbf    | None                                     | CLAIM
    nbf    | "now"                                    | CLAIM
    jti    | "a"                                      |
    jti    | "é" * 500                                |
    jti    | "x" * 501                                | CLAIM
    jti    | ...                                      | CLAIM
    jti    | None                                     | CLAIM
    jti    | ""                                       | CLAIM
    jti    | " "                                      | CLAIM
    jti    | 5                                        | CLAIM
    jti    | ["a"]                                    | CLAIM
    jti    | "\\ud800"                              | CLAIM            # half a character, which no store can hold
    jti    | "a\\0b"                                | CLAIM
    tenant | None                                     |
    tenant | "hospital-1"                             | UNKNOWN_TENANT   # the client has none
    tenant | ""                                       | UNKNOWN_TENANT
    tenant | 5                                        | UNKNOWN_TENANT
    tenant | ["hospital-1"]                           | UNKNOWN_TENANT
    sub    | "anything"                               |
    sub    | {{"a": [1]}}                             |
"""

HEADERS = """
    header | value                                    | reason
    -------+------------------------------------------+---------------
    alg    | "ES384"                                  |
    alg    | "none"                                   | ALGORITHM
    alg    | "None"                                   | ALGORITHM
    alg    | "NONE"                                   | ALGORITHM
    alg    | "nOnE"                                   | ALGORITHM
    alg    | ""                                       | ALGORITHM
    alg    | ...                                      | MALFORMED
    alg    | None                                     | ALGORITHM
    alg    | 5                                        | ALGORITHM
    alg    | ["ES384"]                                | ALGORITHM
    alg    | "HS256"                                  | ALGORITHM
    alg    | "HS384"                                  | ALGORITHM
    alg    | "HS512"                                  | ALGORITHM
    alg    | "es384"                                  | ALGORITHM
    alg    | "ES256"                                  | ALGORITHM
    alg    | "ES512"                                  | ALGORITHM
    alg    | "RS256"                                  | ALGORITHM
    alg    | "PS384"                                  | ALGORITHM
    alg    | "EdDSA"                                  | ALGORITHM
    alg    | "RS384"                                  | UNKNOWN_KEY      # the key of this name is for ES384
    typ    | "JWT"                                    |
    typ    | ...                                      | TYPE
    typ    | "jwt"                                    | TYPE
    typ    | "at+jwt"                                 | TYPE
    typ    | None                                     | TYPE
    typ    | ["JWT"]                                  | TYPE
    kid    | "n1"                                     |
    kid    | ...                                      | NO_KEY_ID
    kid    | None                                     | NO_KEY_ID
    kid    | ""                                       | NO_KEY_ID
    kid    | 5                                        | NO_KEY_ID
    kid    | ["n1"]                                   | NO_KEY_ID
    kid    | "N1"                                     | UNKNOWN_KEY
    kid    | "../../etc/passwd"                       | UNKNOWN_KEY
    kid    | "s1"                                     | UNKNOWN_KEY      # another client's
    crit   | ["exp"]                                  | CRITICAL
    crit   | ["b64"]                                  | CRITICAL
    crit   | []                                       | CRITICAL
    crit   | 5                                        | CRITICAL
    b64    | True                                     | CRITICAL
    b64    | False                                    | MALFORMED
    jku    | "https://evil.example/jwks.json"         |                  # never followed
    x5u    | "https://evil.example/cert.pem"          |
    x5c    | ["MIIB" * 300]                           |
    jwk    | {"kty": "EC"}                            |
    jwk    | 5                                        | SIGNATURE        # ill-formed, though it would not be used
    cty    | "anything"                               |
    other  | {"a": 1}                                 |
"""


def value(cell: str) -> Any:
    return eval(cell.replace("{now}", str(SECONDS)))


def said(caplog: pytest.LogCaptureFixture, header: str | None) -> str:
    """The reason in the log, or nothing when the caller is believed."""
    caplog.clear()
    headers = {} if header is None else {"Authorization": header}
    try:
        assert authenticator(*CLIENTS).verify(headers, URL).client.id == "north"
    except Unauthorized:
        (record,) = caplog.records
        return str(record.__dict__["reason"].name)
    assert caplog.records == []
    return ""


@pytest.mark.parametrize("row", rows(CLAIMS), ids=name)
@pytest.mark.parametrize("key", [ec("n1"), rsa("n2")], ids=["ES384", "RS384"])
def test_claims(caplog: pytest.LogCaptureFixture, row: dict[str, str], key: Any) -> None:
    changed = claims(**{row["claim"]: value(row["value"])})
    assert said(caplog, f"Bearer {token(key, changed)}") == row["reason"]


@pytest.mark.parametrize("row", rows(HEADERS), ids=name)
def test_headers(caplog: pytest.LogCaptureFixture, row: dict[str, str]) -> None:
    changed = token(ec("n1"), **{row["header"]: value(row["value"])})
    if row["reason"] == "ALGORITHM":  # also when the signature is what that algorithm asks for: none at all
        assert said(caplog, f"Bearer {changed[: changed.rindex('.') + 1]}AA") == "ALGORITHM"
    assert said(caplog, f"Bearer {changed}") == row["reason"]


GOOD = token(ec("n1"))
HEAD, BODY, SEAL = GOOD.split(".")
DEEP = urlsafe_b64encode(b"[" * 2000).decode()


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (f"Bearer {GOOD}", ""),
        (f"bearer {GOOD}", ""),
        (f"BEARER  {GOOD} ", ""),
        (None, "NO_TOKEN"),
        ("", "NO_TOKEN"),
        ("Bearer", "NO_TOKEN"),
        ("Basic YTpi", "NO_TOKEN"),
        (GOOD, "NO_TOKEN"),
        (f"Token {GOOD}", "NO_TOKEN"),
        (f"Bearer\t{GOOD}", "NO_TOKEN"),
        (f"Bearer {GOOD}, Bearer {GOOD}", "MALFORMED"),
        (f"Bearer {GOOD} x", "MALFORMED"),
        (f"Bearer {GOOD}.", "MALFORMED"),
        (f"Bearer {HEAD}.{BODY}", "MALFORMED"),
        (f"Bearer {HEAD}.{BODY}.", "MALFORMED"),  # no signature
        (f"Bearer {HEAD}..{SEAL}", "MALFORMED"),
        (f"Bearer .{BODY}.{SEAL}", "MALFORMED"),
        (f"Bearer {HEAD}=.{BODY}.{SEAL}", "MALFORMED"),
        (f"Bearer {HEAD}.{BODY}.{SEAL[:-1]}", "SIGNATURE"),
        (f"Bearer {HEAD}.{BODY}.{SEAL}AAAA", "SIGNATURE"),
        (f"Bearer {HEAD}.{BODY}.{'A' * len(SEAL)}", "SIGNATURE"),
        ("Bearer a.b.c", "MALFORMED"),
        ("Bearer é.é.é", "MALFORMED"),
        (f"Bearer {DEEP}.{BODY}.{SEAL}", "MALFORMED"),
        (f"Bearer {HEAD}.{DEEP}.{SEAL}", "MALFORMED"),
        ("Bearer " + "a" * LARGEST, "TOO_LARGE"),
        *[
            (f"Bearer {json_b64encode(odd).decode()}.{BODY}.{SEAL}", "MALFORMED")
            for odd in (None, 5, "alg", ["alg"], [], {}, "b64 alg", ["alg", "b64"])
        ],
        *[(f"Bearer {HEAD}.{json_b64encode(odd).decode()}.{SEAL}", "MALFORMED") for odd in (None, 5, "iss", ["iss"])],
        (f"Bearer {HEAD}.{urlsafe_b64encode(b'not JSON').decode()}.{SEAL}", "MALFORMED"),
        (f"Bearer {HEAD}.{urlsafe_b64encode(b'9' * 5000).decode()}.{SEAL}", "MALFORMED"),
        (
            f"Bearer {HEAD}.{urlsafe_b64encode(json.dumps({'iss': NORTH}).encode('utf-16')).decode()}.{SEAL}",
            "SIGNATURE",
        ),
    ],
)
def test_authorization_headers(caplog: pytest.LogCaptureFixture, header: str | None, reason: str) -> None:
    assert said(caplog, header) == reason


def test_the_longest_token_is_read() -> None:
    assert bearer("Bearer a.b." + "c" * (LARGEST - 11)).startswith("a.b.c")
    with pytest.raises(NotBelieved, match=Reason.TOO_LARGE.value):
        bearer("Bearer a.b." + "c" * (LARGEST - 10))


def test_what_is_opened_is_only_what_was_sent() -> None:
    found = opened(token(ec("n1"), jku="https://evil.example"))
    assert (found.kid, found.algorithm) == ("n1", "ES384")
    assert not found.is_signed_with(ec("s1"))
    assert not found.is_signed_with(rsa("n2"))


def test_a_caller_is_its_client(caplog: pytest.LogCaptureFixture) -> None:
    caller = authenticator(*CLIENTS).verify(sent(token(ec("s1"), claims(iss=SOUTH))), URL)
    assert (caller.client.id, caller.tenant, caller.key) == ("south", None, "south")
    assert caplog.records == []
