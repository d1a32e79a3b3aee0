"""The words of the sandbox's pages in both languages, and in which language a page is wanted."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from flask import request

from hooks.texts import LANGUAGES

Words = Mapping[str, str]


class BadWords(ValueError):
    """A word stands in one language only."""


@cache
def words(language: str) -> Words:
    """Every word by its key, in ``language``.

    Raises:
        BadWords: one of them is missing in one of the languages.
    """
    table = tomllib.loads((files("cds_service.sandbox") / "words.toml").read_text(encoding="utf-8"))
    lacking = [key for key, row in table.items() if any(not row.get(each, "").strip() for each in LANGUAGES)]
    if lacking:
        raise BadWords(f"not in every language: {', '.join(lacking)}")
    return {key: row[language] for key, row in table.items()}


def wanted_language(default: str = LANGUAGES[0]) -> str:
    """The language that the address says (``lang``), else the one the browser prefers among ours."""
    named = request.values.get("lang")
    if named in LANGUAGES:
        return str(named)
    ours = (default, *(language for language in LANGUAGES if language != default))
    return request.accept_languages.best_match(ours) or default


def page_words(language: str) -> dict[str, object]:
    """What every template is given: the words as ``w``, the language, and the others."""
    return {"w": words(language), "lang": language, "languages": LANGUAGES}
