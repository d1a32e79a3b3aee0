"""docs/clients.md is run as it stands: its files are loaded, its commands executed, its tables compared with the code."""

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from cds_service import key_source
from cds_service.client_row import ClientRow, SilentRow
from cds_service.client_token import LARGEST, Reason
from cds_service.clients_file import load_clients
from cds_service.operations.fields import named
from cds_service.smart.row import SmartRow
from cds_service.trial_keys import make_pair
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "clients.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
TABLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
OWN_KEY, SERVE, CALL, REFUSED, SANDBOX = COMMANDS


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the document calls with curl")


@needs_curl
def test_a_key_of_your_own(terminal: Terminal) -> None:
    checked = terminal.run(OWN_KEY)
    assert "clients.toml: 1 client; discovery is open to everyone." in checked
    with terminal.serving(SERVE) as written:
        discovery, cards, statuses = values("".join(terminal.run(CALL, REFUSED)))
        assert discovery["services"][0]["id"] == "bone-order-sign"
        assert cards["cards"]
        assert statuses == 401401
        log = written.read_text()
    assert "Callers are authenticated." in log
    assert '"reason":"no-token"' in log
    assert '"reason":"audience"' in log
    assert "Traceback" not in log


def values(text: str) -> list[Any]:
    """curl writes no line ends: JSON values follow each other."""
    found, place = [], 0
    while place < len(text):
        value, place = json.JSONDecoder().raw_decode(text, place)
        found.append(value)
    return found


def test_the_sandbox(terminal: Terminal) -> None:
    with terminal.serving(SANDBOX) as written:
        with urlopen(f"http://127.0.0.1:{terminal.port}/cds-services", timeout=5) as answer:
            assert len(json.loads(answer.read())["services"]) > 1
        assert "everybody can sign as the public sandbox" in written.read_text()


@pytest.mark.parametrize("table", TABLES)
def test_every_clients_file_shown_can_be_used(tmp_path: Path, table: str) -> None:
    for name in ("north", "south"):
        make_pair(name, tmp_path)
    (tmp_path / "clients.toml").write_text(table)
    assert load_clients(tmp_path / "clients.toml").agreements


def test_every_key_is_explained() -> None:
    section = TEXT.partition("## When a call is refused")[0]
    explained = set(re.findall(r"^\| `([a-z_.]+)` \|", section, re.MULTILINE))
    nested = {f"silent.{name}" for name in SilentRow.model_fields} | {f"smart.{name}" for name in SmartRow.model_fields}
    known = {*ClientRow.model_fields, *nested, "open_discovery"}
    assert explained == known - {"silent", "smart"} | {"iss", "aud", "nbf", "jti", "tenant"}


def test_every_reason_is_explained() -> None:
    section = TEXT.partition("## When a call is refused")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| `([^|]+)` \| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE)
    assert explained[1:] == [(named(reason), reason.value) for reason in Reason]


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"at most {LARGEST} characters" in TEXT
    assert (key_source.PAUSE, key_source.FRESH, key_source.STALE) == (30, 3600, 86400)
    assert (key_source.DEADLINE, key_source.LARGEST) == (5, 256 * 1024)
