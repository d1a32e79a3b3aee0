"""Whoever waits at a terminal is shown how far a command is, on standard error; nobody else is shown anything."""

import os
import pty
import re
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.conformance.run import SECTIONS
from cds_service.lazy_commands import bar
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.site.burden import QUESTIONS, burden
from cds_service.site.burden_data import Scope
from cds_service.site.reading import asked
from cds_service.site.watchdog import QUESTIONS as LOOKS
from cds_service.site.watchdog import look
from cds_service.store import migrate
from cds_service.store.engine import Database
from tests.operations.model.service import Model, serving
from tests.replay.cohort import export, people
from tests.site.log import DAY, Log, Said

Run = Callable[..., str]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path))


class Screen:
    """A terminal: what is written to ``paper`` is read as it comes, by a thread, until the end is told."""

    END = "\x04 end of the test"

    def __init__(self) -> None:
        self._reader, writer = pty.openpty()
        self.paper = os.fdopen(writer, "w", encoding="utf-8")
        self._shown = b""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        while self.END.encode() not in self._shown:
            self._shown += os.read(self._reader, 4096)

    def close(self) -> str:
        """Everything that was shown."""
        self.paper.write(self.END)
        self.paper.flush()
        self._reading.join(20)
        self.paper.close()
        os.close(self._reader)
        return self._shown.decode().removesuffix(self.END)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command whose standard error is a terminal; returns what was shown there."""

    def run(*arguments: str) -> str:
        screen = Screen()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", screen.paper)
            with pytest.raises(SystemExit):
                main.main([*arguments], prog_name="osteohooks")
        return screen.close()

    return run


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Database]:
    """A log of two wards, so that a report asks everything it may ask."""
    database = Database(f"sqlite:///{tmp_path / 'osteohooks.sqlite3'}")
    migrate.upgrade(database)
    with database.writing() as connection:
        written = Log(connection)
        for number in range(12):
            ward = "A" if number % 2 else "B"
            written.call([Said("ZOL-DOSE-01")], ward=ward, patient=f"p{number}")
    yield database
    database.close()


def test_a_report_shows_how_far_it_is(terminal: Run, log: Database, tmp_path: Path) -> None:
    shown = terminal("report", "--from", str(DAY), "--to", str(DAY), "--out", str(tmp_path / "out"))
    assert "Counting" in shown
    assert "100%" in shown
    assert "drawing" in shown


def test_the_watchdog_does(terminal: Run, log: Database) -> None:
    shown = terminal("watch")
    assert "Looking" in shown
    assert "100%" in shown
    assert CliRunner().invoke(main, ["watch"]).stderr == ""


def test_a_report_and_a_look_ask_as_often_as_the_bar_is_long(log: Database) -> None:
    steps: list[int] = []
    with log.snapshot() as connection:
        with asked(connection, steps.append):
            burden(connection, Scope(DAY, DAY), 5)
        assert steps == [1] * QUESTIONS
        steps.clear()
        with asked(connection, steps.append):
            look(connection, DAY + timedelta(days=1))
        assert steps == [1] * LOOKS
        burden(connection, Scope(DAY, DAY), 5)
    assert len(steps) == LOOKS, "only what is asked meanwhile counts"


def test_the_doctor_says_what_was_examined(terminal: Run) -> None:
    shown = terminal("doctor", "--offline")
    assert "Examining" in shown
    assert "secrets are private" in shown
    assert "100%" in shown


def test_many_requests_do_where_the_answers_go_into_a_file(terminal: Run, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_bytes(hook_request_bytes(scenario("lung-zol-clearance-42")))
    shown = terminal("evaluate", str(request), str(request))
    assert "Evaluating" in shown
    assert "50%" in shown
    assert "100%" in shown


def test_an_upgrade_does(terminal: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret-of-this-test"
    secret.write_text("0123456789abcdef" * 4)
    secret.chmod(0o600)
    monkeypatch.setenv("OSTEOHOOKS_SECRET_FILE", str(secret))
    shown = terminal("database", "upgrade")
    assert "Upgrading" in shown
    assert "100%" in shown
    assert "The tables are at step" in shown


def test_a_replay_shows_its_stages_one_below_the_other(terminal: Run, tmp_path: Path) -> None:
    export(tmp_path / "export", people(1))
    said = ("replay", str(tmp_path / "export"), "--hook", "patient-view", "--as-of", "2026-03-01", "--workers", "1")
    shown = terminal(*said, "--format", "csv", "--out", str(tmp_path / "out"))
    for stage in ("Reading", "Asking", "Writing"):
        assert re.search(rf"{stage} [^\n]*100%[^\n]*\n", shown), stage


def test_the_conformance_check_names_its_sections(terminal: Run) -> None:
    with serving(Model()) as url:
        shown = terminal("conformance", f"{url}/cds-services/", "--only", "web", "--patients", "1")
    assert "Asking" in shown
    assert all(section in shown for section in (SECTIONS[0], "web"))


def test_a_bar_amid_output_to_a_terminal_would_be_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", screen.paper)
        patched.setattr(sys, "stdout", screen.paper)
        with bar(2, "Exporting", amid=True) as advance:
            advance(1)
        screen.paper.write("the output")
    assert screen.close() == "the output"
