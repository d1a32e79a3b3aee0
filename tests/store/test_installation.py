"""How a store is opened from the settings, and how it is refused with a sentence an operator understands."""

import logging
from pathlib import Path

import pytest
from sqlalchemy import text

from cds_service.settings import Settings, load_settings
from cds_service.store import migrate
from cds_service.store.engine import Database
from cds_service.store.installation import connect, has_made_secret, open_installation, ring
from cds_service.store.keys import Keys
from tests.store.answers import SECRET, note
from tests.store.postgres import Postgres


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**more: object) -> Settings:
    return Settings(**{"secret": SECRET.replace(" ", "-"), **more})  # type: ignore[arg-type]  # as the environment gives them


def test_by_default_everything_is_in_a_folder_of_its_own(tmp_path: Path) -> None:
    store = open_installation(Settings(), development=True)
    note(store)
    store.close()
    state = tmp_path / "var"
    assert sorted(path.name for path in state.iterdir() if "-" not in path.name) == [
        "journal",
        "osteohooks.sqlite3",
        "secret",
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (state, *state.iterdir()))
    assert has_made_secret(Settings())
    again = open_installation(Settings(), development=True)
    assert again.ring.current.id == store.ring.current.id
    again.close()


def test_where_callers_are_real_no_secret_is_made_up() -> None:
    with pytest.raises(SystemExit, match=r"There is no secret[\s\S]*OSTEOHOOKS_SECRET_FILE"):
        open_installation(Settings(), development=False)
    assert not has_made_secret(Settings())


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("y" * 40)
    assert ring(settings(), development=False).current.id == Keys(SECRET.replace(" ", "-")).id
    from_file = Settings(secret_file=tmp_path / "secret")
    assert ring(from_file, development=False).current.id == Keys("y" * 40).id
    (tmp_path / "secret").write_text("short")
    with pytest.raises(SystemExit, match=r"shorter than 32[\s\S]*OSTEOHOOKS_SECRET_FILE"):
        ring(from_file, development=False)


def test_a_secret_that_is_too_short_stops_the_start_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("short-secret", f"{'x' * 40} short-secret", " \t"):
        monkeypatch.setenv("OSTEOHOOKS_SECRET", value)
        with pytest.raises(SystemExit, match="OSTEOHOOKS_SECRET must be at least 32") as stop:
            load_settings()
        assert "short-secret" not in str(stop.value)
    monkeypatch.setenv("OSTEOHOOKS_SECRET", SECRET.replace(" ", "-"))
    assert SECRET.replace(" ", "-") not in repr(load_settings())


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://root:hunter2@host/db", "neither SQLite nor PostgreSQL"),
        ("sqlite://", "without a file"),
        ("sqlite:///:memory:", "without a file"),
    ],
)
def test_a_database_we_cannot_use_is_refused_without_its_password(url: str, what: str) -> None:
    with pytest.raises(SystemExit, match=what) as stop:
        connect(settings(database=url), development=False)
    assert "OSTEOHOOKS_DATABASE" in str(stop.value)
    assert "hunter2" not in str(stop.value)


def test_an_address_may_be_written_as_others_do(tmp_path: Path) -> None:
    for url in ("postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"):
        assert Database(url).url.drivername == "postgresql+psycopg"
    assert Database(f"sqlite:///{tmp_path}/x").url.drivername == "sqlite+pysqlite"


def test_a_file_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SystemExit, match="cannot be opened"):
        open_installation(settings(database=f"sqlite:///{tmp_path}/folder"), development=False)


def test_a_state_folder_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    with pytest.raises(SystemExit, match=r"cannot be[\s\S]*OSTEOHOOKS_STATE_DIR"):
        open_installation(Settings(), development=True)
    with pytest.raises(SystemExit, match="cannot be opened"):
        open_installation(settings(), development=True)


def test_sqlite_is_brought_up_to_date_and_postgresql_is_not(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database("template1") as url:
        with pytest.raises(SystemExit, match="osteohooks database upgrade"):
            open_installation(settings(database=url), development=False)
        store = connect(settings(database=url), development=False)
        migrate.upgrade(store.database)
        store.close()
        store = open_installation(settings(database=url), development=False)
        with store.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        store.close()
        with pytest.raises(SystemExit, match="does not know"):
            open_installation(settings(database=url), development=False)


def test_where_postgresql_is_away_answers_are_given_all_the_same(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.ERROR, "osteohooks"):
        store = open_installation(
            settings(database="postgresql://u:hunter2@127.0.0.1:1/d", state_dir=tmp_path / "s"), development=False
        )
    assert "cannot be reached" in caplog.text
    assert "hunter2" not in caplog.text
    assert not store.healthy(ask=True).ok
    store.close(0)
