"""The request of a call, encrypted, for clients that asked for it: to replay with the very data that were sent.

Off unless a client has a key. What is kept is the hook, its context and the prefetch, fetched data included; the access
token of the EHR is left out. The key is the client's, not ours: whoever has the database and our secret cannot read it.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cds_service.store.chain import moment

_BYTES = 32
_NONCE = 12
_KEPT = frozenset({"hook", "hookInstance", "context", "prefetch", "extension"})
_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


class BadKey(ValueError):
    """A key that cannot be used; the message says why and never repeats it."""


class WrongKey(ValueError):
    """A capture that this key does not open."""


@dataclass(frozen=True, slots=True)
class CaptureKey:
    """A key of 32 bytes; ``id`` tells keys apart without giving them away."""

    id: str
    box: AESGCM = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "CaptureKey":
        """The key in a file: 32 bytes in base64, as ``openssl rand -base64 32`` makes them.

        Raises:
            BadKey: the file cannot be read, or holds something else.
        """
        try:
            key = base64.b64decode(path.read_text("ascii").strip().replace("-", "+").replace("_", "/"), validate=True)
        except (OSError, ValueError) as error:
            raise BadKey(f"cannot be read ({type(error).__name__})") from None
        if len(key) != _BYTES:
            raise BadKey(f"is not {_BYTES} bytes in base64")
        return cls(hashlib.sha256(b"osteohooks capture" + key).hexdigest()[:16], AESGCM(key))

    def seal(self, call: str, request: bytes) -> bytes:
        """Encrypt the request of the call with this id; it opens for no other call."""
        nonce = os.urandom(_NONCE)
        return nonce + self.box.encrypt(nonce, request, call.encode())

    def open(self, call: str, ciphertext: bytes) -> bytes:
        """The request again.

        Raises:
            WrongKey: it was sealed with another key or for another call, or was changed since.
        """
        try:
            return self.box.decrypt(ciphertext[:_NONCE], ciphertext[_NONCE:], call.encode())
        except InvalidTag:
            raise WrongKey("not sealed with this key, or changed since") from None


def capture_line(call: str, at: datetime, request: bytes, key: CaptureKey) -> bytes:
    """The line of the journal, values in the order of `ingest.CAPTURE`."""
    sealed = base64.b64encode(key.seal(call, request)).decode()
    return orjson.dumps(["capture/1", [call, moment(at), key.id, sealed]])


def replayable(body: bytes, prefetch: Mapping[str, bytes | None]) -> bytes:
    """A request as it was judged: without access token, the ``prefetch`` as it was after fetching, digits untouched."""
    sent = {name: value for name, value in _decoder.decode(body).items() if name in _KEPT - {"prefetch"}}
    data = {name: msgspec.Raw(b"null" if value is None else value) for name, value in prefetch.items()}
    return msgspec.json.encode({**sent, "prefetch": data})
