"""Sealed things that must be found again by whoever holds their handle: launches under way, sessions of the app.

A handle is a long random text that only a browser or an EHR holds. The row is named by its digest, and its key is made
of the handle and the installation's secret: neither the database, nor the secret, nor both open a session. Several
workers share the rows; one that replaces a row leases it first, so that a refresh token is used once.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from cds_service.store.engine import Database
from cds_service.store.keys import Ring
from cds_service.store.schema import held

_NONCE = 12
_SELDOM = timedelta(seconds=60)  # of a use
_PORTION = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """What was held: its content, when it ends, when it ends unless it is used, and how often it was replaced."""

    content: bytes
    ends: datetime
    idle: datetime | None
    version: int


class Vault:
    """Put, find and take by handle. Every method raises `engine.Unavailable` where the database cannot be used."""

    def __init__(self, database: Database, ring: Ring, clock: Callable[[], datetime]) -> None:
        self._database, self._ring, self._clock = database, ring, clock

    def put(self, handle: str, content: bytes, lasts: timedelta, idle: timedelta | None = None) -> None:
        """Hold something until it ends: ``lasts`` from now, or ``idle`` after its last use."""
        now, name = self._clock(), named(handle)
        keys = self._ring.current
        row = {
            "id": name,
            "ends_at": now + lasts,
            "idle_at": None if idle is None else now + idle,
            "version": 1,
            "key_id": keys.id,
            "ciphertext": _sealed(keys.sealing(handle), name, content),
        }

        def add(connection: Connection) -> None:
            connection.execute(delete(held).where(held.c.id == name))  # the same again, when a connection was lost
            connection.execute(insert(held), row)

        self._database.write(add)

    def take(self, handle: str) -> bytes | None:
        """The content, once: whoever asks first has it."""
        gone = delete(held).where(held.c.id == named(handle)).returning(*held.c)
        row = self._database.write(lambda connection: connection.execute(gone).one_or_none())
        found = self._opened(handle, row)
        return None if found is None else found.content

    def find(self, handle: str) -> Found | None:
        """What is held; None when there is nothing, it has ended or was not used for too long."""
        query = select(held).where(held.c.id == named(handle))
        return self._opened(handle, self._database.read(lambda connection: connection.execute(query).one_or_none()))

    def used(self, handle: str, found: Found, idle: timedelta) -> None:
        """Count a use: it ends ``idle`` from now, unless it is used again. Written down once a minute at most."""
        until = self._clock() + idle
        if found.idle is None or until - found.idle >= _SELDOM:
            later = update(held).where(held.c.id == named(handle)).values(idle_at=until)
            self._database.write(lambda connection: connection.execute(later))

    def lease(self, handle: str, version: int, seconds: float) -> bool:
        """Whether the caller alone may replace this version, within the seconds."""
        now = self._clock()
        free = or_(held.c.leased_until.is_(None), held.c.leased_until < now)
        mine = update(held).where(held.c.id == named(handle), held.c.version == version, free)
        taken = mine.values(leased_until=now + timedelta(seconds=seconds))
        return self._database.write(lambda connection: connection.execute(taken).rowcount) == 1

    def release(self, handle: str, version: int) -> None:
        """Give a lease back without having replaced anything."""
        free = update(held).where(held.c.id == named(handle), held.c.version == version).values(leased_until=None)
        self._database.write(lambda connection: connection.execute(free))

    def replace(self, handle: str, content: bytes, version: int) -> bool:
        """Put new content in the place of this version; False when it was replaced or ended meanwhile."""
        name, keys = named(handle), self._ring.current
        made = {"version": version + 1, "leased_until": None, "key_id": keys.id}
        new = update(held).where(held.c.id == name, held.c.version == version)
        new = new.values(ciphertext=_sealed(keys.sealing(handle), name, content), **made)
        return self._database.write(lambda connection: connection.execute(new).rowcount) == 1

    def drop(self, handle: str) -> None:
        """End it."""
        gone = delete(held).where(held.c.id == named(handle))
        self._database.write(lambda connection: connection.execute(gone))

    def _opened(self, handle: str, row: Row[Any] | None) -> Found | None:
        now = self._clock()
        if row is None or row.ends_at <= now or (row.idle_at is not None and row.idle_at <= now):
            return None
        keys = self._ring.find(row.key_id)
        if keys is None:  # held under a secret this installation does not have any more
            return None
        try:
            box = AESGCM(keys.sealing(handle))
            content = box.decrypt(row.ciphertext[:_NONCE], row.ciphertext[_NONCE:], row.id.encode())
        except (InvalidTag, ValueError):  # the latter for what is too short to be ours
            return None
        return Found(content, row.ends_at, row.idle_at, row.version)


def named(handle: str) -> str:
    """The name of a row: tells nothing of the handle, and is the same for all workers."""
    return hashlib.sha256(b"osteohooks held " + handle.encode("utf-8", "surrogatepass")).hexdigest()


def forget_ended(connection: Connection, now: datetime) -> int:
    """Drop what has ended; returns how many rows."""
    ended = select(held.c.id).where(or_(held.c.ends_at <= now, held.c.idle_at <= now)).limit(_PORTION)
    return connection.execute(delete(held).where(held.c.id.in_(ended))).rowcount


def _sealed(key: bytes, name: str, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, name.encode())
