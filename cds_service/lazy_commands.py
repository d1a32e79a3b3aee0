"""What commands share: they are imported when they are asked for, so that evaluating a file need not wait for a
database library, and they show whoever waits how far they are.
"""

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, Protocol

import click


class Advance(Protocol):
    """Told how many steps were done, and what comes next."""

    def __call__(self, steps: int, item: str | None = None, /) -> None:
        """So many more are done; the item is shown."""


class Elsewhere(NamedTuple):
    """A command in a module of its own: ``package.module:attribute``, and its first sentence, to list it unimported."""

    place: str
    told: str


class LazyGroup(click.Group):
    """A group of which some commands live in modules of their own.

    Args:
        lazy: these, by the name of the command.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, Elsewhere] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lazy = dict(lazy or {})

    def invoke(self, context: click.Context) -> Any:
        """Run the command; a file or an address that cannot be used is said in a sentence, without the way to it."""
        try:
            return super().invoke(context)
        except BrokenPipeError:  # whoever read along has seen enough
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or type(error).__name__}") from error

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, in order."""
        return sorted({*super().list_commands(context), *self._lazy})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A command by its name, imported now if need be."""
        return _imported(self._lazy[name].place) if name in self._lazy else super().get_command(context, name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help, as click writes it; nothing is imported for it."""
        told = {name: click.Command(name, help=each.told) for name, each in self._lazy.items()}
        click.Group(commands={**self.commands, **told}).format_commands(context, formatter)


@contextmanager
def uncollected() -> Iterator[None]:
    """What is imported and made here stays: looking for garbage in it again and again takes a tenth of a start."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def bar(length: int, label: str, *, amid: bool = False) -> Iterator[Advance]:
    """A progress bar on standard error; nothing where that is no terminal, nor ``amid`` output that goes to a terminal
    meanwhile. Who says what comes next has it shown; a bar that is left in peace ends full.
    """
    hidden = not sys.stderr.isatty() or (amid and sys.stdout.isatty())
    whole = max(length, 1)
    named = click.progressbar(length=whole, label=label, hidden=hidden, file=sys.stderr, item_show_func=_named)
    with named as shown:
        yield shown.update
        shown.update(whole - shown.pos, "")


def _named(item: object) -> str | None:
    return str(item) if item else None


def _imported(place: str) -> click.Command:
    """The command at ``package.module:attribute``.

    Raises:
        TypeError: something else is there.
    """
    module, _, attribute = place.partition(":")
    with uncollected():
        command = getattr(import_module(module), attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{place} is no command")
    return command
