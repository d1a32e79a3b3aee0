"""What a replay says of its changes, in one language."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from hooks.limits import Rule


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by key and language."""
    return tomllib.loads(files("cds_service.replay").joinpath("words.toml").read_text("utf-8"))


class Words:
    """Says everything about changes; ``rules`` give the titles."""

    def __init__(self, language: str, rules: Mapping[str, Rule]) -> None:
        self.language, self._rules = language, rules

    def __call__(self, key: str, **figures: object) -> str:
        """A sentence or a heading."""
        return table()[key][self.language].format(**{name: self._said(value) for name, value in figures.items()})

    def rule(self, rule: str) -> str:
        """A rule by its id and title."""
        known = self._rules.get(rule)
        return f"{rule} {known.title[self.language]}" if known else rule

    def number(self, value: int) -> str:
        """A count."""
        return str(format_decimal(value, locale=self.language))

    def day(self, day: date) -> str:
        """A date in words."""
        return str(format_date(day, format="d MMM y", locale=self.language))

    def _said(self, value: Any) -> str:
        return self.number(value) if isinstance(value, int) else str(value)
