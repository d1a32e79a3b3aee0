"""docs/smart.md against the code: its files are loaded, its reasons and numbers compared."""

import re
from pathlib import Path

import pytest

from cds_service.clients import SmartApp
from cds_service.clients_file import load_clients
from cds_service.operations.fields import named
from cds_service.smart.holding import LAUNCH_LASTS
from cds_service.smart.identity import ALGORITHMS
from cds_service.smart.launch import CALLBACK
from cds_service.smart.refusals import Reason
from cds_service.smart.registry import LAUNCH
from cds_service.trial_keys import make_pair

TEXT = (Path(__file__).parents[2] / "docs" / "smart.md").read_text("utf-8")
TABLES = [re.sub("^   ", "", table, flags=re.MULTILINE) for table in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)]


@pytest.mark.parametrize("table", TABLES)
def test_every_clients_file_shown_can_be_used(tmp_path: Path, table: str) -> None:
    make_pair("north", tmp_path)
    (tmp_path / "clients.toml").write_text(table)
    (agreement,) = load_clients(tmp_path / "clients.toml").agreements
    assert agreement.client.smart is not None


def test_the_public_launcher_in_five_lines(tmp_path: Path) -> None:
    commands = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0].splitlines()
    assert len(commands) == 5
    written = "\n".join(re.findall(r"echo '(.*)'", "\n".join(commands)))
    (tmp_path / "launcher.toml").write_text(written)
    assert load_clients(tmp_path / "launcher.toml").agreements[0].client.id == "launcher"


def test_every_reason_is_explained() -> None:
    explained = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| [^|]+ \|$", TEXT, re.MULTILINE)
    assert explained[1:] == [(named(reason), reason.value) for reason in Reason]


def test_its_numbers_and_addresses_are_those_of_the_code() -> None:
    usual = SmartApp("", "")
    assert "Four hours from its start, half an hour from its last use" in TEXT
    assert (usual.lasts, usual.idle) == (4 * 3600, 30 * 60)
    assert "More than ten minutes at the login" in TEXT
    assert LAUNCH_LASTS.total_seconds() == 600
    assert f"({', '.join(ALGORITHMS)})" in TEXT
    assert f"https://cds.example.org{LAUNCH}`" in TEXT
    assert f"https://cds.example.org{CALLBACK}`" in TEXT
