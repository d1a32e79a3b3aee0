"""For mkdocs: pages of the root join the site, those that the product makes of itself too, and links lead on.

In the repository a page in ``docs`` links to ``../GLOSSARY.md``, and ``CONTRIBUTING.md`` to ``docs/extend.md``. In the
site they are neighbours. Every rule has a page, and every rule that is named leads to it.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from docs import site_api, site_rules
from hooks.limits import load_tables

ROOT = Path(__file__).parents[1]
JOINING = ("CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md")
ALL_RULES = "recommendations.md"
RULES = frozenset(load_tables())
WIDE = (ALL_RULES, "editions.md")  # the tables need the room of the contents beside them
OVERVIEW = "index.md"  # what README.md is in the repository
_APART = (r"```.*?```", r"`[^`\n]*`", r"\[[^\]\n]*\]\([^)\n]*\)", r"^(?:#| *(?:!!!|\?\?\?|===))[^\n]*$")
_FIELD = (
    '<p class="filter" data-filtered><input type="search" aria-label="Rules that hold these words" '
    'placeholder="zoledronic order-sign critical"> <output></output></p>'
)
_SEARCHED = re.compile(r"^(\| )([A-Z]{2,6}(?:-[A-Z0-9]{1,8})*-\d{2})( \|)", re.MULTILINE)
_RULE = re.compile(
    "|".join(_APART) + r"|(?<![\w/-])([A-Z]{2,6}(?:-[A-Z0-9]{1,8})*-\d{2})(?![\w-])", re.DOTALL | re.MULTILINE
)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root, and those that the product makes: a page for each rule, and the interface."""
    for name in JOINING:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    for address, text in ((site_api.ADDRESS, site_api.page()), *site_rules.pages()):
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links between the root and ``docs`` into links between neighbours, and names of rules into links."""
    address = page.file.src_uri
    if address in JOINING:
        markdown = markdown.replace("](docs/adr)", "](adr/0001-record-architecture-decisions.md)")
        markdown = markdown.replace("](docs/", "](")
    markdown = re.sub(r"\]\(\.\./README\.md", f"]({OVERVIEW}", markdown)
    markdown = re.sub(r"\]\(\.\./((?:CHANGELOG|CONTRIBUTING|GLOSSARY)\.md)", r"](\1", markdown)
    if address == ALL_RULES:
        markdown = _SEARCHED.sub(_with_words, markdown.replace("\n| Rule |", f"\n{_FIELD}\n\n| Rule |", 1))
    if address in WIDE:
        page.meta["hide"] = ["toc"]
    return _RULE.sub(lambda found: _leading_on(found, address), markdown)


def _with_words(found: re.Match[str]) -> str:
    """A row of the table of all rules with what the rule says, for the field above it; nobody sees it."""
    return f'{found[1]}{found[2]}<span data-said="{site_rules.words().get(found[2], "")}"></span>{found[3]}'


def _leading_on(found: re.Match[str], address: str) -> str:
    """The name of a rule as a link to its page; code, links and headings stay as they are."""
    rule = found[1]
    if rule not in RULES or address == f"{site_rules.FOLDER}/{rule}.md":
        return found[0]
    return f"[{rule}]({'../' * address.count('/')}{site_rules.FOLDER}/{rule}.md)"
