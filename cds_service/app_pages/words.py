"""The words of the app's pages in both languages, and how texts of cards become HTML or plain text."""

import html
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cds_service.markdown import to_html
from hooks.texts import LANGUAGES

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+!|~@:.])")


class BadWords(ValueError):
    """A word stands in one language only, or with other figures."""


class Words:
    """The words of one language: ``words("due")``, ``words("id", id="p1")``."""

    def __init__(self, language: str, table: Mapping[str, str]) -> None:
        self.language = language
        self._table = table

    def __call__(self, key: str, **figures: Any) -> str:
        """The words of a key, with its figures.

        Raises:
            KeyError: there are none.
        """
        text = self._table[key]
        return text.format(**figures) if figures else text

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that has words."""
        return tuple(self._table)

    def has(self, key: str) -> bool:
        """Whether a key has words."""
        return key in self._table


@cache
def page_words(language: str) -> Words:
    """The words of one language.

    Raises:
        BadWords: naming the keys.
    """
    table = tomllib.loads((files("cds_service.app_pages") / "words.toml").read_text(encoding="utf-8"))
    bad = [key for key, row in table.items() if set(row) != set(LANGUAGES) or len({_figures(row[x]) for x in row}) != 1]
    if bad:
        raise BadWords(f"not in every language, or with other figures: {', '.join(bad)}")
    return Words(language, {key: row[language] for key, row in table.items()})


def inline(text: str) -> Markup:
    """A line of a card, whose figures are escaped for Markdown, as HTML without a paragraph around it."""
    return Markup(_inline().renderInline(text))  # the parser lets no HTML of the text through


def block(text: str) -> Markup:
    """The same for a text of several lines."""
    return Markup(to_html(text))  # the parser lets no HTML of the text through


def plain(text: str) -> str:
    """The same as plain text, for a picture or an attribute."""
    return html.unescape(_ESCAPED.sub(r"\1", text))


@cache
def _inline() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # here: most calls show no page

    return MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).disable(["image", "link", "autolink"])


def _figures(text: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"\{(\w+)", text)))
