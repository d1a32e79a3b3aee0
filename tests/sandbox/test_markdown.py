"""Markdown of a card, whoever wrote it, becomes HTML in which nothing runs and nothing loads."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.markdown import LONGEST, to_html

HARMLESS = {"p", "strong", "em", "code", "pre", "ul", "ol", "li", "a", "br", "hr", "s", "blockquote", "table", "thead",
            "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6"}  # fmt: skip
HARMLESS_ATTRIBUTES = {"a": {"href", "title", "target", "rel"}, "ol": {"start"}, "code": {"class"}}
PIECES = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](http://e.example/p)",
          "[x](http://e.example)", "<http://e.example>", "[x](data:text/html,x)", "**", "`", "\n\n", "- ", "| a | b |\n|--|--|\n",
          "&lt;script&gt;", "[x](//e.example)", "[x][1]\n\n[1]: vbscript:x", '[x](http://e.example "onclick=1")', "<!--", "]]>"]  # fmt: skip


class Found(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))


def check(html: str) -> None:
    for tag, attributes in Found(html).tags:
        assert tag in HARMLESS
        assert not set(attributes) - HARMLESS_ATTRIBUTES.get(tag, {"style"} if tag in ("th", "td") else set())
        if tag in ("th", "td"):
            assert attributes.get("style", "text-align:left").startswith("text-align:")
        if "href" in attributes:
            assert attributes["href"].startswith(("http://", "https://"))
            assert (attributes["target"], attributes["rel"]) == ("_blank", "noopener noreferrer")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=12).map("".join))
def test_nothing_runs_and_nothing_loads(markdown: str) -> None:
    check(to_html(markdown))


def test_what_cards_use_is_shown() -> None:
    html = to_html("Ordered: **4 mg**; *table*\n\n- one\n- two\n\n| a |\n|---|\n| ~~b~~ |")
    for piece in ("<strong>4 mg</strong>", "<em>table</em>", "<li>one</li>", "<td><s>b</s></td>"):
        assert piece in html


def test_html_is_shown_as_text() -> None:
    assert to_html("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"
    assert "<img" not in to_html("![a picture](http://e.example/p.png)")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "file:///etc",
        "//e.example",
        "http:",
        "mailto:a@b",
        "x",
    ],
)
def test_only_web_addresses_are_links(address: str) -> None:
    assert "<a" not in to_html(f"[x]({address})")


def test_a_very_long_text_is_cut() -> None:
    assert len(to_html("x" * (LONGEST * 3))) < LONGEST + 100
    check(to_html("[" * 5000))


def test_the_page_asks_for_several_at_once(client: FlaskClient) -> None:
    answer = client.post("/sandbox/markdown", json={"texts": ["**a**", "<script>"]})
    assert answer.get_json() == {"html": ["<p><strong>a</strong></p>\n", "<p>&lt;script&gt;</p>\n"]}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"texts": "x"}', b'{"texts": [1]}', json.dumps({"texts": ["x"] * 101}).encode()]
)
def test_what_is_no_list_of_texts_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/sandbox/markdown", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["resourceType"]) == (400, "OperationOutcome")
