"""Keyed hashes and signatures, all derived from the one secret of the installation.

Whoever has the database but not the secret can neither turn a key back into a patient, nor test whether a known patient
is in it, nor forge a link of the chain. Old secrets are kept to verify what was written under them.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cds_service.settings import SHORTEST_SECRET

_SEPARATOR = "\x1f"


class BadSecret(ValueError):
    """The secret cannot be used; the message says why and never repeats it."""


class Keys:
    """What one secret can do. ``id`` tells secrets apart without giving them away; ``facts`` is for fingerprints."""

    def __init__(self, secret: str) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise BadSecret(f"shorter than {SHORTEST_SECRET} characters")
        master = secret.encode()
        self._names, self._chain, self.facts = (_derived(master, use) for use in ("names", "chain", "facts"))
        self._sealing = _derived(master, "sealing")
        self.id = _derived(master, "id").hex()[:16]

    def __repr__(self) -> str:
        return f"Keys({self.id})"

    def pseudonym(self, owner: str, kind: str, name: str) -> str:
        """The keyed hash of a patient, user or order; another one for each owner (`clients.Caller.key`)."""
        text = _SEPARATOR.join((owner, kind, name))
        return hmac.digest(self._names, text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def fact(self, fact: bytes) -> str:
        """A short keyed hash of one fact of the record, to see later whether it is still the same."""
        return hashlib.blake2b(fact, digest_size=12, key=self.facts).hexdigest()

    def sealing(self, handle: str) -> bytes:
        """The key of what is sealed under a handle: it takes the secret and the handle, which is kept nowhere."""
        return hmac.digest(self._sealing, handle.encode("utf-8", "surrogatepass"), "sha256")

    def sign(self, text: bytes) -> str:
        """The keyed hash of a link or an anchor."""
        return hmac.digest(self._chain, text, "sha256").hex()


class Ring:
    """The secrets of an installation: the first one writes, all of them verify.

    Raises:
        BadSecret: there is none, or one is too short.
    """

    def __init__(self, first: str, *older: str) -> None:
        self.current = Keys(first)
        self._all = {keys.id: keys for keys in (*(Keys(secret) for secret in older), self.current)}

    def find(self, key_id: str) -> Keys | None:
        """The keys that were current when something was written."""
        return self._all.get(key_id)


def ring_of(text: str) -> Ring:
    """Secrets as they stand in a file or a variable: one per line, or between blanks, the current one first.

    Raises:
        BadSecret: there is none, or one is too short.
    """
    words = text.split()
    if not words:
        raise BadSecret("empty")
    return Ring(*words)


def ring_in(path: Path) -> Ring:
    """The secrets in a file.

    Raises:
        BadSecret: the file cannot be read, or holds no usable secret.
    """
    try:
        return ring_of(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSecret(f"cannot be read ({type(error).__name__})") from None


def made_ring(path: Path) -> Ring:
    """The secret in a file that is made on first use, readable by its owner only; for development.

    Raises:
        BadSecret: it can neither be read nor made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
            _settle(draft, path)
    except OSError as error:
        raise BadSecret(f"cannot be made ({type(error).__name__})") from None
    return ring_in(path)


def _settle(draft: Path, path: Path) -> None:
    """Give the file its name unless another process was first."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _derived(master: bytes, use: str) -> bytes:
    return hmac.digest(master, f"osteohooks {use}".encode(), "sha256")
