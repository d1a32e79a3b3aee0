"""The words of the form pages in both languages."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fhir_mappers.form_answers import LONGEST_TEXT
from hooks.texts import LANGUAGES

Words = Mapping[str, str]


class BadWords(ValueError):
    """A word stands in one language only."""


@cache
def form_words(language: str) -> Words:
    """Every word by its key, in one language.

    Raises:
        BadWords: one of them is missing in one of the languages.
    """
    table = tomllib.loads((files("cds_service.form_pages") / "words.toml").read_text(encoding="utf-8"))
    lacking = [key for key, row in table.items() if set(row) != set(LANGUAGES) or not all(row.values())]
    if lacking:
        raise BadWords(f"not in every language: {', '.join(lacking)}")
    return {key: row[language] for key, row in table.items()}


def other_language(language: str) -> str:
    """The language a page could be read in instead."""
    return next(each for each in LANGUAGES if each != language)


def problem_words(problems: Mapping[str, str], language: str) -> dict[str, str]:
    """What is wrong, in words, by link id."""
    words = form_words(language)
    return {link: words[f"problem-{why}"].format(most=LONGEST_TEXT) for link, why in problems.items()}
