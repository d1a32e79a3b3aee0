"""README and docs: links lead somewhere, commands exist, and every test that the safety page names is there."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cds_service.cli import main
from hooks.texts import LANGUAGES
from tests.support.bedside import RULES

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`((?:\.venv/bin/)?osteohooks [^`\n]+)`")
SAFETY = (ROOT / "docs" / "safety.md").read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The places of a page that a link can name, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        address, _, place = link.partition("#")
        if "://" in address or address.startswith("mailto:"):
            continue
        target = (page.parent / address).resolve() if address else page
        assert target.exists(), link
        assert not place or place in anchors(target), link


def commands() -> list[str]:
    """Lines of shell, and commands within a sentence."""
    texts = [page.read_text("utf-8") for page in PAGES]
    shell = (line.strip() for text in texts for block in SHELL.findall(text) for line in whole(block))
    ours = {line for line in shell if re.match(r"(\.venv/bin/)?osteohooks ", line)}
    return sorted(ours | {told for text in texts for told in INLINE.findall(text)})


def whole(block: str) -> list[str]:
    return block.replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("line", commands())
def test_every_command_is_one_of_the_program_with_its_options(line: str) -> None:
    words = re.split(r"[|>]| #", line)[0].split()[1:]
    command: click.Command = main
    context = click.Context(main, info_name="osteohooks")
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command, context = found, click.Context(found, parent=context)
    known = {option for parameter in command.get_params(context) for option in (*parameter.opts, "--version")}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_whoever_follows_a_page_in_a_clone_is_told_how_its_commands_are_found(page: Path) -> None:
    text = page.read_text("utf-8")
    bare = [line for block in SHELL.findall(text) for line in whole(block) if re.match(r"\s*osteohooks ", line)]
    assert not bare or ".venv/bin/activate" in text or "pip wheel" in text


def test_every_page_is_in_the_contents() -> None:
    listed = {
        (ROOT / "docs" / link.split("#")[0]).resolve() for link in LINK.findall((ROOT / "docs/index.md").read_text())
    }
    assert {page for page in (ROOT / "docs").glob("*.md") if page.name != "index.md"} <= listed


HAZARDS = [line for line in SAFETY.split("## Hazards")[1].split("\n## ")[0].splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("line", HAZARDS)
def test_every_hazard_has_a_mitigation_and_a_test_that_exists(line: str) -> None:
    hazard, severity, mitigation, test = (cell.strip() for cell in line.strip("|").split("|"))
    assert hazard
    assert severity in ("minor", "moderate", "severe")
    assert len(mitigation) > 10
    path, _, name = test.strip("`").partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_hazards_were_found() -> None:
    assert len(HAZARDS) > 15


@pytest.mark.parametrize("page", ["docs/index.md", "docs/safety.md", "docs/recommendations.md", "docs/knowledge.md"])
def test_whoever_reads_on_safety_is_told_that_the_review_is_pending(page: str) -> None:
    assert "review is pending" in (ROOT / page).read_text("utf-8").casefold()


def leaves(entry: Any) -> Iterator[str]:
    """The pages of a part of the contents."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from leaves(part)


GENERATED = {"api.md"}  # made by docs/site_hooks.py, besides a page for each rule


def test_every_page_is_in_the_contents_of_the_site_once() -> None:
    listed = list(leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted({*pages, *GENERATED, "CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` builds it; a warning is an error."""
    folder = tmp_path_factory.mktemp("built") / "site"
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_has_every_page_and_one_for_each_rule(site: Path) -> None:
    assert (site / "safety" / "index.html").exists()
    assert {path.parent.name for path in (site / "rules").glob("*/index.html")} == set(RULES)
    everything = (site / "recommendations" / "index.html").read_text("utf-8")
    assert [rule for rule in RULES if f'href="../rules/{rule}/"' not in everything] == []
    assert "data-filtered" in everything
    assert "/cds-services/bone-order-sign" in (site / "api" / "index.html").read_text("utf-8")


def test_a_rule_is_found_by_what_it_says_in_either_language(site: Path) -> None:
    everything = (site / "recommendations" / "index.html").read_text("utf-8")
    said = dict(re.findall(r'href="\.\./rules/([^"/]+)/"[^>]*>[^<]*</a><span data-said="([^"]*)"', everything))
    assert said.keys() == set(RULES)
    for word in ("zoledronic", "sévère"):
        assert word in said["ZOL-CI-01"].split(), "its title names no drug"


def test_the_statement_of_a_rule_has_its_numbers(site: Path) -> None:
    page = unescape((site / "rules/AR-DENTAL-01/index.html").read_text("utf-8"))
    statement = page.partition(">Statement<")[2].partition("<h2")[0]
    assert "recorded within 183 days" in statement
    assert "de moins de 183 jours" in statement
    assert "{" not in statement


def test_a_number_is_called_as_in_the_rule_it_is_of(site: Path) -> None:
    dose, bridge, score = (
        (site / "rules" / rule / "index.html").read_text("utf-8")
        for rule in ("ZOL-DOSE-01", "BRIDGE-01", "FRAC-MIRELS-04")
    )
    for page in (dose, bridge):
        assert "first reduced dose" in page
        assert "number of doses" not in page
    assert "highest possible score" in score
    assert "highest dose" not in score


def test_the_site_asks_nobody_else_for_anything(site: Path) -> None:
    asked = re.compile(r'<(?:script|img|iframe|source|link)[^>]*(?:src|href)="?(?:https?:)?//[^"\s>]+', re.IGNORECASE)
    for page in (site / "index.html", site / "recommendations/index.html", site / "rules/ZOL-DOSE-01/index.html"):
        assert asked.findall(page.read_text("utf-8")) == []


ALWAYS = ("Statement", "Boundaries, edition by edition", "Known limits")


@pytest.mark.parametrize("rule", ["ZOL-DOSE-01", "SBRT-CORD-01", "DUR-MIN-01", "BIOP-WHEN-01"])
def test_the_page_of_a_rule_tells_everything_about_it(site: Path, rule: str) -> None:
    page = unescape(re.sub(r"<[^>]+>", " ", (site / "rules" / rule / "index.html").read_text("utf-8")))
    for heading in (*ALWAYS, "Logic in words", "Severity, and what is said", "Example card", "Test rows"):
        assert heading in page, heading
    for language in LANGUAGES:
        assert RULES[rule].title[language] in page
    for source in RULES[rule].sources.values():
        assert source["en"] in page
    assert "tests/checks/test_" in page
    assert "Clinical review is pending" in page or RULES[rule].review.checked_by


def test_a_rule_that_is_told_or_not_computed_says_so(site: Path) -> None:
    for rule in ("RT-TAB6-01", "ZOL-BASE-01"):
        page = (site / "rules" / rule / "index.html").read_text("utf-8")
        assert all(heading in page for heading in ALWAYS)
        assert "Example card" not in page
        assert "not computed" in page


def test_the_card_of_a_rule_is_the_one_of_the_product_in_both_languages(site: Path) -> None:
    page = (site / "rules" / "ZOL-DOSE-01" / "index.html").read_text("utf-8")
    assert "Zoledronic acid 4 mg is too much for this clearance (42.0 mL/min): give 3.3 mg" in page
    assert "Acide zolédronique 4 mg : trop élevé pour cette clairance (42,0 mL/min), donner 3,3 mg" in page
    assert "97.2" in page, "the first row of its first table"
