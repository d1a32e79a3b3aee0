"""The words and numbers of the report in one language."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from cds_service.site.burden_privacy import OTHER_WARDS
from hooks.limits import Rule
from hooks.texts import load_texts


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Every word by key and language."""
    return tomllib.loads(files("cds_service.site").joinpath("report_words.toml").read_text("utf-8"))


class Words:
    """Says everything a report shows; ``rules`` are those of the site, for their titles."""

    def __init__(self, language: str, rules: Mapping[str, Rule], smallest: int) -> None:
        self.language, self._rules, self._smallest = language, rules, smallest
        self._reasons = {(row["system"], row.get("code", key)): row for key, row in load_texts()[1]["override"].items()}

    def __call__(self, key: str, **figures: Any) -> str:
        """A sentence or a heading."""
        shown = {name: self.day(value) if isinstance(value, date) else value for name, value in figures.items()}
        return table()[key][self.language].format(**shown)

    def number(self, value: float | None) -> str:
        """A count or a rate; an empty rate is a dash, a hidden count says below which number it lies."""
        return "–" if value is None else format_decimal(value, locale=self.language)

    def count(self, value: int | None) -> str:
        """A count that may be hidden."""
        return f"<{self._smallest}" if value is None else self.number(value)

    def day(self, day: date) -> str:
        """A date in words."""
        return format_date(day, format="d MMM y", locale=self.language)

    def rule(self, rule: str) -> str:
        """The title of a rule."""
        return self._rules[rule].title[self.language] if rule in self._rules else rule

    def ward(self, ward: str | None) -> str:
        """The name of a ward."""
        if ward is None:
            return self("no-ward")
        return self("other-wards") if ward == OTHER_WARDS else ward

    def reason(self, system: str | None, code: str) -> str:
        """An override reason in words: the product's own by name, a site's by its code."""
        if not code:
            return self("no-reason")
        row = self._reasons.get((system or "", code))
        return str(row[self.language]) if row else code

    def because(self, word: str) -> str:
        """Why a card was not shown."""
        key = f"because-{word}"
        return self(key) if key in table() else word
