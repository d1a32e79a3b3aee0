"""The store of an installation, from its settings, ready to serve or refused with a sentence for the operator."""

import logging

from cds_service.settings import Settings
from cds_service.store import migrate
from cds_service.store.decisions import utc_now
from cds_service.store.engine import Unavailable
from cds_service.store.keys import BadSecret, Ring, made_ring, ring_in, ring_of
from cds_service.store.store import Store, open_store

_log = logging.getLogger("osteohooks")
_FILE = "osteohooks.sqlite3"
_SECRET = "secret"


def open_installation(settings: Settings, *, development: bool) -> Store:
    """The store, its tables up to date.

    SQLite is brought up to date here. PostgreSQL is not: several versions of the software may be using it, so somebody
    decides when. Where PostgreSQL cannot be reached the service starts all the same, and says so: answers matter more
    than their record, which waits in the journal.

    Args:
        development: no clients are configured, so a secret may be made up.

    Raises:
        SystemExit: what is wrong, and what to do.
    """
    store = connect(settings, development=development)
    try:
        _prepare(store)
    except SystemExit:
        store.close(0)
        raise
    return store


def connect(settings: Settings, *, development: bool) -> Store:
    """The store as it stands, whatever its tables are like: for the command line.

    Raises:
        SystemExit: what is wrong, and what to do.
    """
    state = settings.state_dir.resolve()
    url = settings.database.get_secret_value() if settings.database else f"sqlite:///{state / _FILE}"
    try:
        return open_store(url, ring(settings, development=development), state, utc_now)
    except ValueError as error:
        raise _refusal(f"OSTEOHOOKS_DATABASE is {error}.", "OSTEOHOOKS_DATABASE") from None


def has_made_secret(settings: Settings) -> bool:
    """Whether this installation made up its own secret once: its log is read with it."""
    return (settings.state_dir.resolve() / _SECRET).exists()


def ring(settings: Settings, *, development: bool) -> Ring:
    """The secrets of an installation.

    Raises:
        SystemExit: there is none, or it cannot be used.
    """
    try:
        if settings.secret is not None:
            return ring_of(settings.secret.get_secret_value())
        if settings.secret_file is not None:
            return ring_in(settings.secret_file)
        if development:
            return made_ring(settings.state_dir.resolve() / _SECRET)
    except BadSecret as error:
        name = "OSTEOHOOKS_SECRET_FILE" if settings.secret_file else "OSTEOHOOKS_STATE_DIR"
        raise _refusal(f"The secret {error}.", name) from None
    raise _refusal(
        "There is no secret: patients would appear in the log under names that anybody could test.",
        "OSTEOHOOKS_SECRET_FILE",
    )


def _prepare(store: Store) -> None:
    try:
        if store.database.is_sqlite:
            migrate.upgrade(store.database)
        else:
            migrate.check(store.database)
    except migrate.WrongSchema as error:
        raise _refusal(str(error)) from None
    except Unavailable as error:
        if store.database.is_sqlite:
            raise _refusal(f"The database cannot be opened ({error.reason}).", "OSTEOHOOKS_DATABASE") from None
        _log.error("the database cannot be reached: %s; answers are given, and logged when it can", error.reason)


def _refusal(what: str, setting: str | None = None) -> SystemExit:
    remedy = f"\n  See {setting} in docs/store.md." if setting else ""
    return SystemExit(f"Osteohooks cannot start.\n  {what}{remedy}")
