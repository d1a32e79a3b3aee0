"""Commands in modules of their own are found by name, and imported no earlier."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.lazy_commands import Elsewhere, LazyGroup

ROOT = Path(__file__).parents[2]


def test_every_command_is_listed_and_there() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    assert {"serve", "evaluate", "log", "database"} <= set(names)
    assert names == sorted(names)
    assert all(main.get_command(context, name) is not None for name in names)
    assert main.get_command(context, "none") is None
    assert "Prove, purge and export" in CliRunner().invoke(main, ["--help"]).output


def test_the_help_lists_each_command_with_its_own_first_sentence() -> None:
    context = click.Context(main)
    for name, listed in main._lazy.items():
        command = main.get_command(context, name)
        assert command is not None
        assert listed.told == command.get_short_help_str(1000), name


def test_the_command_line_starts_without_the_database_library() -> None:
    code = "import sys, cds_service.cli; print('sqlalchemy' in sys.modules, 'alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False False\n", done.stderr


def test_what_is_no_command_is_said_to_be_none() -> None:
    group = LazyGroup("group", lazy={"path": Elsewhere("os:path", "None.")})
    with pytest.raises(TypeError, match="os:path is no command"):
        group.get_command(click.Context(group), "path")


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    asked = CliRunner().invoke(main, ["sample", "lung-zol-clearance-42"])
    request, out = tmp_path / "request.json", tmp_path / "none" / "page.html"
    request.write_text(asked.stdout, "utf-8")
    said = CliRunner().invoke(main, ["page", str(request), "--out", str(out)])
    assert (said.exit_code, said.stderr) == (1, f"Error: {out}: No such file or directory\n")


def test_a_reader_who_goes_away_is_no_error() -> None:
    group = LazyGroup("group")

    @group.command()
    def leave() -> None:
        raise BrokenPipeError

    @group.command()
    def lose() -> None:
        raise ConnectionResetError

    assert CliRunner().invoke(group, ["leave"]).output == ""
    assert CliRunner().invoke(group, ["lose"]).stderr == "Error: ConnectionResetError\n"
