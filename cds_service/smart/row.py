"""``[client.NAME.smart]`` of the clients file: how the app is registered with the EHR, read and checked at the start.

No sentence repeats a value: somebody may have put a secret in the wrong place.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cds_service.addresses import is_origin, secure_address
from cds_service.clients import SmartApp
from cds_service.fetching.addresses import listed, read_base

WRITE: Mapping[str, str] = {
    "smart": "fhir_server and client_id, below [client.NAME.smart]",
    "smart.fhir_server": 'the FHIR base address the EHR sends as "iss", as in fhir_server = "https://ehr.example.org/fhir"',
    "smart.client_id": 'the id the EHR gave the app, as in client_id = "osteohooks"',
    "smart.client_secret_file": 'the file with the client secret, as in client_secret_file = "north.secret"',
    "smart.private_key_file": 'the file with the private key as a JWK, as in private_key_file = "north.private.json"',
    "smart.scopes": 'a list of scopes, as in scopes = ["openid", "fhirUser", "patient/*.rs"]',
    "smart.authorization_servers": 'a list of addresses, as in authorization_servers = ["https://login.example.org"]',
    "smart.issuer": 'the "iss" of its id_tokens, as in issuer = "https://login.example.org"',
    "smart.frame_ancestors": 'a list of origins, as in frame_ancestors = ["https://ehr.example.org"]',
    "smart.session_minutes": "whole minutes from 5 to 1440, as in session_minutes = 240",
    "smart.idle_minutes": "whole minutes from 1 to 240, as in idle_minutes = 30",
}
_LONGEST = 500
_SHORTEST_RSA = 2048


def _word(value: str) -> str:
    if not 0 < len(value) <= _LONGEST or any(not "!" <= letter <= "~" for letter in value):
        raise ValueError("must be one word of plain letters: no blank, no quotation mark of another kind, no accent.")
    return value


def _frame(value: str) -> str:
    if not is_origin(value):
        raise ValueError("is not an origin: write scheme, host and perhaps port, no path, no final slash, no *.")
    return value


Word = Annotated[str, AfterValidator(_word)]
Secure = Annotated[str, AfterValidator(secure_address)]


class SmartRow(BaseModel):
    """What may stand in the table."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fhir_server: Secure | None = None
    client_id: Word
    client_secret_file: str | None = None
    private_key_file: str | None = None
    scopes: list[Word] = []
    authorization_servers: list[Secure] = []
    issuer: Secure | None = None
    frame_ancestors: list[Annotated[str, AfterValidator(_frame)]] = []
    session_minutes: Annotated[int, Field(ge=5, le=1440)] = 240
    idle_minutes: Annotated[int, Field(ge=1, le=240)] = 30


def smart_app(row: SmartRow, fhir_servers: list[str], read_secret: Callable[[str], bytes]) -> SmartApp:
    """The registration of a checked row.

    Args:
        row: the table.
        fhir_servers: of the client: what may be fetched from at all.
        read_secret: the content of a file only its owner may read; raises ValueError with a sentence.

    Raises:
        Misfit: what is wrong, and with which key.
    """
    if row.client_secret_file is not None and row.private_key_file is not None:
        raise Misfit("client_secret_file and private_key_file", "the app proves itself in one way: leave one out.")
    secret, key = row.client_secret_file, row.private_key_file
    return SmartApp(
        fhir_server=_server(row.fhir_server, fhir_servers),
        client_id=row.client_id,
        secret=None if secret is None else _read("client_secret_file", lambda: _secret(read_secret(secret))),
        key=None if key is None else _read("private_key_file", lambda: private_key(read_secret(key))),
        scopes=tuple(row.scopes),
        authorization_servers=tuple(row.authorization_servers),
        issuer=row.issuer,
        frame_ancestors=tuple(row.frame_ancestors),
        lasts=row.session_minutes * 60,
        idle=row.idle_minutes * 60,
    )


class Misfit(ValueError):
    """A key of the table that does not fit the others, or names a file that does not hold what it should."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(what)
        self.key, self.what = key, what


def private_key(data: bytes) -> ECKey | RSAKey:
    """The key that signs client assertions, which the EHR knows by its ``kid``: ES384 or RS384, as SMART requires.

    Raises:
        ValueError: the file holds something else; nothing of it is repeated.
    """
    try:
        found = json.loads(data)
        kind = {"EC": ECKey, "RSA": RSAKey}[found["kty"]]
        sound = base64_to_int(found["n"]).bit_length() >= _SHORTEST_RSA if kind is RSAKey else found["crv"] == "P-384"
        key: Any = kind.import_key(found) if sound else None  # type: ignore[attr-defined]  # both have it
    except (ValueError, KeyError, TypeError, JoseError, RecursionError):
        raise ValueError("is no JWK with an EC or RSA key; osteohooks clients key NAME makes one.") from None
    if key is None:
        raise ValueError(f"must hold a key on P-384, or an RSA key of at least {_SHORTEST_RSA} bits.")
    if not key.is_private or not found.get("kid"):
        raise ValueError('must hold a private key with a "kid": the EHR finds its public half by that name.')
    return key  # type: ignore[no-any-return]  # one of the two


def _server(named: str | None, fhir_servers: list[str]) -> str:
    if named is None:
        if len(fhir_servers) != 1:
            raise Misfit("fhir_server", f"is missing: the client has not one of fhir_servers. {_write('fhir_server')}")
        named = _read("fhir_server", lambda: secure_address(fhir_servers[0]))
    base = read_base(named)
    if base is None or listed(base, fhir_servers) is None:
        raise Misfit("fhir_server", "is not among the fhir_servers of the client: add it there, letter for letter.")
    return str(named)


def _write(key: str) -> str:
    return f"Write {WRITE[f'smart.{key}']}."


def _secret(data: bytes) -> str:
    try:
        return _word(data.decode("ascii").strip())
    except ValueError:
        raise ValueError("holds no client secret: one word of plain letters.") from None


def _read(key: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError as wrong:
        raise Misfit(key, str(wrong)) from None
