"""The real server remembers: what it answered is in the log when it is gone, whether it was asked to stop or not."""

import json
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.settings import Settings
from tests.service import test_server
from tests.service.test_server import serving

SERVICE = "bone-order-sign"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_what_was_answered_is_in_the_log_when_the_server_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: signal.Signals
) -> None:
    monkeypatch.setattr(test_server, "PATIENCE", 60.0)
    today = Settings().today()
    with serving(OSTEOHOOKS_STATE_DIR=str(tmp_path)) as server:
        cards = server.cards(SERVICE, hook_request_bytes(scenario("lung-zol-clearance-42"), today))
        assert cards
        reports = [
            {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-03-12T09:30:00Z"}
            for card in cards
        ]
        status, _, answer = server.get(f"/cds-services/{SERVICE}/feedback", json.dumps({"feedback": reports}).encode())
        assert (status, answer) == (200, b"{}")
        server.cards(SERVICE, hook_request_bytes(scenario("lung-zol-clearance-42"), today))
        server.process.send_signal(end)
        server.process.wait(20)
    assert list((tmp_path / "journal").iterdir()) == []
    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path))
    done = CliRunner().invoke(main, ["log", "verify"])
    assert done.exit_code == 0, done.output
    assert "calls: 2 entries hold" in done.output
    assert f"feedback: {len(cards)} entries hold" in done.output
