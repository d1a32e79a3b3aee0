"""A progress bar for whoever waits at a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def bar(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, to be told how many steps were done; nothing where that is no terminal."""
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        yield shown.update
