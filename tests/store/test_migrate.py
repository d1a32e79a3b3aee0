"""The tables: made step by step, the same as the schema says, once however many start, and refused when they do not fit."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from cds_service.store import migrate
from cds_service.store.engine import Database, Unavailable
from cds_service.store.schema import metadata
from tests.store.conftest import KINDS

ROOT = Path(__file__).parents[2]
UPGRADE = (
    "import sys; from cds_service.store import engine, migrate; print(migrate.upgrade(engine.Database(sys.argv[1])))"
)


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        yield (database := Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}"))
        database.close()
        return
    with request.getfixturevalue("postgres").database("template1") as url:
        yield (database := Database(url))
        database.close()


def test_the_steps_lead_to_the_schema(empty: Database) -> None:
    assert migrate.upgrade(empty) == (None, migrate.newest())
    with empty.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_names_of_the_files_tell_the_steps() -> None:
    known = [script.revision for script in ScriptDirectory.from_config(migrate._config()).walk_revisions()]
    assert migrate.steps() == tuple(reversed(known))


def by_steps(connection: Connection) -> None:
    migrate._take_steps(connection, lambda steps: None)


def test_a_new_database_is_what_the_steps_lead_to(tmp_path: Path) -> None:
    made = []
    for name, make in (("whole", migrate._make_at_once), ("steps", by_steps)):
        database = Database(f"sqlite:///{tmp_path / name}")
        with database.writing() as connection:
            make(connection)
            made.append(contents(connection))
        database.close()
    assert made[0] == made[1], "write new.sql anew: contents() of a database made by the steps, blank lines between"


def contents(connection: Connection) -> list[str]:
    """What makes this database: the statements of its tables, guards and rows; white space apart."""
    made = (
        connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")).scalars().all()
    )
    rows = [
        f"INSERT INTO {table} ({', '.join(row)}) VALUES {tuple(row.values())}".replace(",)", ")")
        for table in inspect(connection).get_table_names()
        for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()
    ]
    return [" ".join(statement.split()) for statement in (*made, *rows)]


def test_an_upgrade_that_is_not_needed_changes_nothing(empty: Database) -> None:
    migrate.upgrade(empty)
    assert migrate.upgrade(empty) == (migrate.newest(), migrate.newest())
    migrate.check(empty)


def test_many_start_at_once_and_one_upgrades(empty: Database) -> None:
    url = empty.url.render_as_string(hide_password=False)
    started = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in started:
        out, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b""), out
    migrate.check(empty)


def test_tables_that_are_too_old_are_refused_with_the_remedy(empty: Database) -> None:
    with pytest.raises(migrate.WrongSchema, match=r"at step none.*osteohooks database upgrade"):
        migrate.check(empty)
    with empty.writing() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with pytest.raises(migrate.WrongSchema, match=f"at step 0001, this version needs step {migrate.newest()}"):
        migrate.check(empty)
    assert migrate.upgrade(empty) == ("0001", migrate.newest())


@pytest.mark.parametrize("asked", [migrate.check, migrate.upgrade], ids=["serve", "upgrade"])
def test_tables_of_a_newer_version_are_refused(empty: Database, asked: Callable[[Database], object]) -> None:
    migrate.upgrade(empty)
    with empty.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.WrongSchema, match="at step 9999, which this version does not know"):
        asked(empty)


def test_what_a_failed_step_began_is_undone(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with empty.writing() as connection:  # the last step will find a name taken
        kind = "VIEW" if empty.is_sqlite else "TABLE"
        connection.execute(text(f"CREATE {kind} watch AS SELECT 1 AS one"))
    with pytest.raises(Unavailable):
        migrate.upgrade(empty)
    with empty.reading() as connection:
        assert inspect(connection).get_table_names() == ([] if empty.is_sqlite else ["watch"])


def test_a_database_that_cannot_be_asked_is_said_to_be_so() -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    for asked in (migrate.check, migrate.upgrade):
        with pytest.raises(Unavailable, match="OperationalError"):
            asked(nowhere)


def test_alembic_itself_is_sent_to_our_command(empty: Database) -> None:
    with pytest.raises(RuntimeError, match="osteohooks database upgrade"):
        command.upgrade(migrate._config(), "head")
