"""What the documentation shows is what happens: its files may be used, its commands print what it says."""

import os
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.settings import Settings
from cds_service.site.canaries import canaries
from cds_service.site.code_maps import read_code_map
from cds_service.site.drift import FEWEST_EXPECTED, FEWEST_PATIENTS, WEEKS
from cds_service.site.policy_file import read_policy
from hooks.policy import Policy
from tests.site.policies import ask, parts

ROOT = Path(__file__).parents[2]
POLICY, WATCHDOG = ((ROOT / "docs" / name).read_text("utf-8") for name in ("policy.md", "watchdog.md"))


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Settings, "today", lambda self: date(2026, 1, 2))
    (tmp_path / "policy.toml").write_text(blocks(POLICY, "toml")[0], "utf-8")


def policy() -> Policy:
    return read_policy(Path("policy.toml")).all[0]


@pytest.mark.parametrize("block", blocks(POLICY, "console"), ids=lambda block: block.partition("\n")[0])
def test_a_command_prints_what_the_page_shows(block: str) -> None:
    command, _, shown = block.partition("\n")
    result = CliRunner().invoke(main, command.removeprefix("$ osteohooks ").split(), prog_name="osteohooks")
    assert result.exit_code == 0, result.output
    pattern = "".join(".*" if part == "..." else re.escape(part) for part in re.split(r"(\.\.\.)", shown))
    assert re.fullmatch(pattern, result.stdout), result.stdout


def test_the_page_quotes_its_cards_word_for_word() -> None:
    made = parts(policy())
    said = "\n".join(
        card.detail or ""
        for scenario in ("lung-zol-clearance-42", "prostate-zol-clearance-60")
        for card in ask(scenario, made).cards
    )
    quotes = [
        " ".join(quote.replace("\n> ", " ").split())
        for quote in re.findall(r"^> (.*(?:\n> .*)*)", POLICY, re.MULTILINE)
    ]
    assert len(quotes) == 2
    assert [quote for quote in quotes if quote not in said] == []


def test_the_code_map_of_the_page_may_be_used(tmp_path: Path) -> None:
    (block,) = blocks(POLICY, "csv")
    (tmp_path / "codes.csv").write_text(block, "utf-8")
    assert len(read_code_map(tmp_path / "codes.csv")) == 3


def test_the_numbers_of_the_watchdog_are_those_of_the_page() -> None:
    assert (len(canaries()), WEEKS, FEWEST_PATIENTS, FEWEST_EXPECTED) == (8, 8, 20, 5.0)
    assert "Eight shipped patients" in WATCHDOG
    assert "the eight weeks before" in WATCHDOG
    assert "twenty patients in the week, or fewer than five expected firings" in WATCHDOG.replace("\n", " ")


@pytest.mark.parametrize("page", ["policy.md", "watchdog.md"])
def test_no_link_leads_nowhere(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", text)):
        path = ROOT / "docs" / (target or page)
        assert path.exists(), target
        headings = {re.sub(r"[^\w\s-]", "", h).strip().lower().replace(" ", "-")
                    for h in re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)}  # fmt: skip
        assert not anchor or anchor in headings, anchor
