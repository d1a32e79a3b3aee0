"""Which tokens were used: each identifier is accepted once, by whichever worker or machine sees it first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, delete, text

from cds_service.store.columns import inserting
from cds_service.store.engine import Database
from cds_service.store.schema import seen_tokens

_EXPIRED = delete(seen_tokens).where(seen_tokens.c.expires_at < bindparam("before"))
_SOON = text("SET LOCAL synchronous_commit = off")
"""Every call uses a token, so it does not wait for the disk. Others see it at once all the same, and it outlives our
death; only where PostgreSQL itself dies may the uses of the last half second be lost.
"""
_MARGIN = timedelta(hours=1)  # the clocks of other machines may be late


class SqlTokens:
    """The primary key of the table decides who was first, so that no two processes both are."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        """True once for each issuer and ``jti``, and False until ``expires``; after that nobody asks again.

        When the connection is lost just while the first use is being stored, it may be False already: the caller makes
        a new token then, which is better than believing one twice.

        Raises:
            Unavailable: it cannot be said. The call must be refused then.
        """
        row = {"issuer": issuer, "jti_hash": sha256(jti.encode("utf-8", "surrogatepass")).hexdigest()}

        def add(connection: Connection) -> bool:
            if connection.dialect.name == "postgresql":
                connection.execute(_SOON)
            added = connection.execute(_adding(connection.dialect.name), row | {"expires_at": expires})
            return added.first() is not None

        return self._database.write(add)


@cache
def _adding(dialect: str) -> Any:
    return inserting(dialect, seen_tokens).on_conflict_do_nothing().returning(seen_tokens.c.jti_hash)


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop the identifiers of tokens that expired long enough ago; returns how many."""
    return connection.execute(_EXPIRED, {"before": now - _MARGIN}).rowcount
