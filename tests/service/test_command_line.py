"""The command line as a person meets it: completion by the shell, a bar for whoever waits, help and refusals that help."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.lazy_commands import bar

ROOT = Path(__file__).parents[2]
SHELLS = ("bash", "zsh", "fish")


def completed(*words: str) -> list[str]:
    """What bash offers after these words, the last of which is being typed."""
    shell = get_completion_class("bash")
    assert shell is not None
    offered = shell(main, {}, "osteohooks", "_OSTEOHOOKS_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [each.value for each in offered]


def test_the_shell_completes_commands_options_and_choices() -> None:
    assert completed("cat") == ["catalogue"]
    assert completed("policy", "d") == ["diff"]
    assert "--as-of" in completed("evaluate", "--")
    assert completed("evaluate", "--edition", "aura-e") == ["aura-earlier"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_page_on_completion_names_what_the_shell_asks(shell: str) -> None:
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(main, {}, "osteohooks", "_OSTEOHOOKS_COMPLETE").source()
    assert f"_OSTEOHOOKS_COMPLETE={shell}_complete" in script
    assert f"_OSTEOHOOKS_COMPLETE={shell}_source osteohooks" in (ROOT / "docs/operate.md").read_text("utf-8")


def everything(terminal: int) -> str:
    """What was drawn on a terminal whose other end is closed."""
    drawn = b""
    with suppress(OSError):  # how Linux says that the other end is closed
        while more := os.read(terminal, 10_000):
            drawn += more
    return drawn.decode()


def test_a_bar_is_drawn_at_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with bar(2, "Patients") as advance:
            advance(1)
            advance(1)
    drawn = everything(ours)
    os.close(ours)
    assert "Patients" in drawn
    assert "100%" in drawn
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        with bar(1, "Patients") as advance:
            advance(1)
    assert (tmp_path / "file").read_text() == ""


def commands(group: click.Group, *above: str) -> list[tuple[tuple[str, ...], click.Command]]:
    context, found = click.Context(group), []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*above, name), command))
        found += commands(command, *above, name) if isinstance(command, click.Group) else []
    return found


@pytest.mark.parametrize(("words", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in commands(main)])
def test_every_command_says_what_it_does_in_a_sentence(words: tuple[str, ...], command: click.Command) -> None:
    help_text = (command.help or "").strip()
    assert help_text.split("\n")[0].rstrip().endswith((".", ":", "?")) or "." in help_text, words
    assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0


WRONG = [
    (["evalute", "x"], "No such command 'evalute'"),
    (["sample", "nobody"], "osteohooks sample lists them"),
    (["evaluate", "--edition", "aura-2030", "x"], "'aura-2026', 'aura-intermediate', 'aura-earlier'"),
    (["evaluate", "--as-of", "yesterday", "x"], "does not match the format '%Y-%m-%d'"),
    (["checklist", "not-there.json"], "not-there.json"),
    (["policy", "diff", "shipped", "not-there.toml"], "not-there.toml"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=lambda value: value[0] if isinstance(value, list) else "")
def test_a_mistake_is_refused_in_a_sentence_without_a_trace(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments, prog_name="osteohooks")
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
