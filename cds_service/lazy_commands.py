"""What commands share: they are imported when they are asked for, so that evaluating a file need not wait for a
database library, and they show whoever waits how far they are.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of which some commands live in modules of their own.

    Args:
        lazy: by the name of a command, where it is: ``package.module:attribute``.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lazy = dict(lazy or {})

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, in order."""
        return sorted({*super().list_commands(context), *self._lazy})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A command by its name, imported now if need be."""
        return _imported(self._lazy[name]) if name in self._lazy else super().get_command(context, name)


@contextmanager
def bar(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, told how many steps were done; nothing where that is no terminal."""
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        yield shown.update


def _imported(place: str) -> click.Command:
    """The command at ``package.module:attribute``.

    Raises:
        TypeError: something else is there.
    """
    module, _, attribute = place.partition(":")
    command = getattr(import_module(module), attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{place} is no command")
    return command
