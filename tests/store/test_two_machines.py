"""Two machines behind a balancer with one database: what is told to one, the other knows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.store import Store
from tests.service.calls import post
from tests.store.answers import DAY, body, parts

ROOT = Path(__file__).parents[2]
SERVICE = "/cds-services/bone-order-sign"
WHEN = "2026-03-12T09:30:00.52Z"


class Other:
    """The other machine."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._line() == "ready"

    def call(self, address: str, sent: Any) -> tuple[int, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps([address, sent])}\n")
        self._process.stdin.flush()
        status, answer = json.loads(self._line())
        return status, answer

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def other(database_url: str, tmp_path: Path) -> Iterator[Other]:
    command = [sys.executable, "-m", "tests.store.elsewhere", database_url, str(tmp_path / "elsewhere")]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield Other(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def test_feedback_and_snoozes_are_those_of_the_installation(store: Store, other: Other) -> None:
    """Shown here, overridden there: there it is known which card that was, and here it is said no more."""
    here = create_app(Settings(), lambda: DAY, parts(), store=store).test_client()
    cards = json.loads(post(here, body(), SERVICE).data)["cards"]
    assert len(cards) == 2
    assert store.flush(20)
    reason = {"userComment": "dose of the nephrologist"}
    told = [{"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": WHEN, "overrideReason": reason}
            for card in cards]  # fmt: skip
    assert other.call(f"{SERVICE}/feedback", {"feedback": told}) == (200, {})
    again = json.loads(post(here, body(), SERVICE).data)
    assert again["cards"] == []
    assert [row["reasons"] for row in again["extension"]["io.github.osteohooks.withheld"]] == [["overridden"]] * 2
    status, there = other.call(SERVICE, json.loads(body()))
    assert (status, there["cards"]) == (200, [])
