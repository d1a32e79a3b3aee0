"""Brings the tables up to date, once, however many workers start at the same time."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.store.engine import Database, Unavailable, reason

_LOCK = 7_305_117_441_920_264_001  # of PostgreSQL's advisory locks: any number nobody else uses
_PATIENCE_MS = 60_000  # while another worker upgrades


class WrongSchema(Exception):
    """The tables are older or newer than this version of the software; the message says what to do."""


def upgrade(database: Database, progress: Callable[[int], None] = lambda steps: None) -> tuple[str | None, str]:
    """Take every step that is missing, in one transaction; returns the steps before and after.

    ``progress`` is called with 1 after each step.

    Raises:
        WrongSchema: the tables are newer than this software.
        Unavailable: the database cannot be used.
    """
    try:
        with database.reading() as connection:
            before = current(connection)
        if before != newest():
            _refuse_newer(before)
            with database.writing() as connection:
                _take_steps(connection, progress)
        return before, newest()
    except SQLAlchemyError as error:
        raise Unavailable(reason(error)) from None


def check(database: Database) -> None:
    """Whether the tables are those of this software.

    Raises:
        WrongSchema: they are not.
        Unavailable: the database cannot be asked.
    """
    try:
        with database.reading() as connection:
            found = current(connection)
    except SQLAlchemyError as error:
        raise Unavailable(reason(error)) from None
    _refuse_newer(found)
    if found != newest():
        raise WrongSchema(
            f"The tables of the database are at step {found or 'none'}, this version needs step {newest()}: "
            "run 'osteohooks database upgrade'."
        )


def current(connection: Connection) -> str | None:
    """The step the tables are at; None where there are no tables yet."""
    return MigrationContext.configure(connection).get_current_revision()


def missing(database: Database) -> int:
    """How many steps an upgrade would take; 0 where the tables are newer than this software.

    Raises:
        Unavailable: the database cannot be asked.
    """
    try:
        with database.reading() as connection:
            found = current(connection)
    except SQLAlchemyError as error:
        raise Unavailable(reason(error)) from None
    steps = [script.revision for script in _scripts().walk_revisions()]  # newest first
    return steps.index(found) if found in steps else 0 if found else len(steps)


def newest() -> str:
    """The last step this software knows."""
    return str(_scripts().get_current_head())


def _refuse_newer(found: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise WrongSchema(
            f"The tables of the database are at step {found}, which this version does not know: "
            "run the version of Osteohooks that made them, or a newer one."
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "cds_service.store:migrations")
    return config


def _take_steps(connection: Connection, progress: Callable[[int], None]) -> None:
    """Under a lock: whoever comes second finds the work done."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {_PATIENCE_MS}"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["applied"] = lambda **_: progress(1)
    command.upgrade(config, "head")
