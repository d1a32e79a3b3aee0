"""Markdown of cards as HTML that is safe to put into a page, whoever wrote it.

HTML in the text is shown as text, pictures are shown as their description (they would be fetched from elsewhere), and
links lead only to web addresses, in a window of their own that learns nothing of ours.
"""

from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

LONGEST = 20_000  # characters; a card has some hundreds


def to_html(markdown: str) -> str:
    """HTML with nothing in it that runs or loads."""
    return str(_parser().render(markdown[:LONGEST]))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # here: most calls show no page

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.validateLink = _is_web_address  # type: ignore[method-assign]  # the library's documented way to restrict links
    parser.add_render_rule("link_open", _outside)
    return parser


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)


def _outside(
    self: "RendererHTML", tokens: "Sequence[Token]", index: int, options: "OptionsDict", env: MutableMapping[str, Any]
) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, index, options, env)
