"""Brings the tables up to date, once, however many workers start at the same time.

Alembic takes the steps. It is loaded where there is one to take: at which step the tables are is one query, which steps
there are stands in the names of their files, and a new SQLite database is made whole from ``new.sql``.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.store.engine import Database, Unavailable, reason

if TYPE_CHECKING:
    from alembic.config import Config

_STEP = re.compile(r"step_(\d{4})_\w+\.py")
_VERSION = "alembic_version"  # where Alembic keeps the step
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
                if database.is_sqlite and not inspect(connection).get_table_names():
                    _make_at_once(connection)
                    progress(len(steps()))
                else:
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
    found = _at(database)
    _refuse_newer(found)
    if found != newest():
        raise WrongSchema(
            f"The tables of the database are at step {found or 'none'}, this version needs step {newest()}: "
            "run 'osteohooks database upgrade'."
        )


def current(connection: Connection) -> str | None:
    """The step the tables are at; None where there are no tables yet."""
    if not inspect(connection).has_table(_VERSION):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar_one_or_none()
    return None if found is None else str(found)


def missing(database: Database) -> int:
    """How many steps an upgrade would take; 0 where the tables are newer than this software.

    Raises:
        Unavailable: the database cannot be asked.
    """
    found = _at(database)
    known = steps()
    return len(known) - 1 - known.index(found) if found in known else 0 if found else len(known)


def _at(database: Database) -> str | None:
    try:
        with database.reading() as connection:
            return current(connection)
    except SQLAlchemyError as error:
        raise Unavailable(reason(error)) from None


def newest() -> str:
    """The last step this software knows."""
    return steps()[-1]


@cache
def steps() -> tuple[str, ...]:
    """Every step this software knows, in order."""
    names = (file.name for file in files("cds_service.store.migrations").joinpath("versions").iterdir())
    return tuple(sorted(match[1] for match in map(_STEP.fullmatch, names) if match))


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in steps():
        raise WrongSchema(
            f"The tables of the database are at step {found}, which this version does not know: "
            "run the version of Osteohooks that made them, or a newer one."
        )


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cds_service.store:migrations")
    return config


def statements() -> list[str]:
    """The statements that make a new SQLite database, in order."""
    text = files("cds_service.store").joinpath("new.sql").read_text("utf-8")
    return [part for part in text.strip().split("\n\n") if not part.startswith("--")]


def _make_at_once(connection: Connection) -> None:
    for statement in statements():
        connection.exec_driver_sql(statement)


def _take_steps(connection: Connection, progress: Callable[[int], None]) -> None:
    """Under a lock: whoever comes second finds the work done."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {_PATIENCE_MS}"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    config.attributes["applied"] = lambda **_: progress(1)
    command.upgrade(config, "head")
