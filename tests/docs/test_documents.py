"""README and docs: links lead somewhere, commands exist, and every test that the safety page names is there."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cds_service.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
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
    return sorted(
        {
            line.strip()
            for page in PAGES
            for block in SHELL.findall(page.read_text("utf-8"))
            for line in block.replace("\\\n", " ").splitlines()
            if re.match(r"\s*(\.venv/bin/)?osteohooks ", line)
        }
    )


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


def test_every_page_is_in_the_contents_of_the_site_once() -> None:
    listed = list(leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted({*pages, "CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md"})


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "safety" / "index.html").exists()
