"""A new edition of the guideline is data: two tables change, no code, and it is compared with the one before."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from tests.service.test_server import environment

ROOT = Path(__file__).parents[2]
EDITION = """
[aura-2027]
label = { en = "A thirteenth edition, of these tests", fr = "Une treizième édition, celle de ces tests" }
url = "https://guideline.example.org"

"""
ROW = """[[ZOL-INFUS-01.edition]]
id = "aura-2027"
never_below = "15 min"
advised = "25 min"
preferred = "30 min"
source = { en = "Systemic bone treatment, 9.9", fr = "Traitement osseux systémique, 9.9" }

"""
NEXT = '[[ZOL-INFUS-01.edition]]\nid = "aura-2026"\n'
PROGRAM = """
import sys
from click.testing import CliRunner
from cds_service.cli import main
with open("request.json", "wb") as file:
    file.write(CliRunner().invoke(main, ["sample", "lung-zol-infusion-15-min"]).stdout_bytes)
for edition in ("aura-2027", "aura-2026"):
    sys.stdout.write(CliRunner().invoke(main, ["evaluate", "request.json", "--edition", edition]).stdout)
sys.stdout.write(CliRunner().invoke(main, ["--version"]).stdout)
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    house = tmp_path_factory.mktemp("house")
    for package in ("cds_service", "hooks", "fhir_mappers"):
        copytree(ROOT / package, house / package, ignore=ignore_patterns("__pycache__"))
    editions, table = (house / "hooks/guidelines" / name for name in ("editions.toml", "zoledronate_use.toml"))
    editions.write_text(EDITION + editions.read_text("utf-8"), "utf-8")
    assert NEXT in table.read_text("utf-8")
    table.write_text(table.read_text("utf-8").replace(NEXT, ROW + NEXT), "utf-8")
    command = [sys.executable, "-c", PROGRAM]
    surroundings = environment(PYTHONPATH=os.fspath(house))
    done = subprocess.run(command, cwd=house, env=surroundings, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def infusion(line: str) -> dict[str, Any]:
    (found,) = [row for row in json.loads(line)["findings"] if row["rule"] == "ZOL-INFUS-01"]
    return dict(found)


def test_the_new_edition_is_asked_and_differs_where_its_numbers_do(printed: list[str]) -> None:
    new, old = infusion(printed[0]), infusion(printed[1])
    assert (new["edition"], old["edition"]) == ("aura-2027", "aura-2026")
    assert "25 min" in new["summary"]
    assert "20 min" in old["summary"]


def test_a_rule_that_the_new_edition_does_not_have_is_silent_in_it(printed: list[str]) -> None:
    new, old = (json.loads(line)["findings"] for line in printed[:2])
    assert [row["rule"] for row in new if row["status"] != "silent"] == ["ZOL-INFUS-01"]
    assert len([row for row in old if row["status"] != "silent" or row["outcome"] == "satisfied"]) > 1


def test_the_version_names_it_as_the_newest(printed: list[str]) -> None:
    assert any(line.startswith("  * aura-2027") for line in printed)
