"""The command: what it reads, writes, compares and refuses."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.sandbox.scenarios import hook_request_bytes
from tests.replay.cohort import DAY, export, people, rows

TEN = [*people(9), *(each for each in people() if each.id == "lung-zol-kidney-failing")]  # of a rule of 2026 alone


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("cli") / "bulk", TEN)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path / "state"))


def _replay(source: Path, out: Path, *more: str, hook: str = "patient-view") -> Result:
    given = [str(source), "--hook", hook, "--out", str(out), "--workers", "1", *more]
    given += [] if "--format" in more else ["--format", "json"]  # drawing is tried once
    return CliRunner().invoke(main, ["replay", *given, *([] if "--as-of" in more else ["--as-of", f"{DAY}"])])


def test_two_editions_are_compared_on_a_page(source: Path, tmp_path: Path) -> None:
    done = _replay(
        source,
        tmp_path / "out",
        "--against",
        "aura-earlier",
        "--edition",
        "aura-2026",
        "--lang",
        "fr",
        "--format",
        "html",
    )
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "changes.html").read_text()
    changes = rows(tmp_path / "out" / "changes.parquet")
    assert "Ce qui change" in page
    assert changes
    assert all(row["rule"] in page and row["why"] for row in changes)
    assert any("absente de aura-earlier" in row["why"] for row in changes)
    assert "script" not in page
    assert (tmp_path / "out" / "report.html").exists()
    assert not (tmp_path / "out" / "work").exists()


def test_a_policy_is_compared_and_its_numbers_are_the_reason(tmp_path: Path) -> None:
    source = export(tmp_path / "bulk", [each for each in people() if "infusion" in each.id])
    example = CliRunner().invoke(main, ["policy", "example"]).output
    policy = tmp_path / "policy.toml"
    policy.write_text(example)
    done = _replay(source, tmp_path / "out", "--against", str(policy), hook="order-sign")
    assert done.exit_code == 0, done.output
    changes = rows(tmp_path / "out" / "changes.parquet")
    assert {row["why"] for row in changes if row["rule"] == "ZOL-INFUS-01"} == {"advised 20 min → 30 min"}
    assert (tmp_path / "out" / "changes.html").exists()


def test_a_recorded_version_is_compared(source: Path, tmp_path: Path) -> None:
    assert _replay(source, tmp_path / "old", "--edition", "aura-earlier").exit_code == 0
    done = _replay(source, tmp_path / "new", "--edition", "aura-2026", "--against", str(tmp_path / "old"))
    assert done.exit_code == 0, done.output
    changes = rows(tmp_path / "new" / "changes.parquet")
    assert changes
    assert all("aura-earlier, 0.1.0" in row["why"] for row in changes)
    same = _replay(source, tmp_path / "same", "--edition", "aura-2026", "--against", str(tmp_path / "new"))
    assert same.exit_code == 0
    assert rows(tmp_path / "same" / "changes.parquet") == []
    assert "Nothing changes." in (tmp_path / "same" / "changes.html").read_text()


def test_recorded_requests_are_replayed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for each in TEN:
        (tmp_path / "in" / f"{each.id}.json").write_bytes(hook_request_bytes(each, DAY, "order-sign"))
    bad = json.loads(hook_request_bytes(TEN[0], DAY, "order-sign"))
    del bad["hookInstance"]
    (tmp_path / "in" / "bad.json").write_text(json.dumps(bad))
    done = _replay(tmp_path / "in", tmp_path / "out", hook="order-sign")
    assert done.exit_code == 0, done.output
    calls = rows(tmp_path / "out" / "findings-calls.parquet")
    assert len(calls) == 11
    assert len([row for row in calls if row["refused"]]) == 1
    assert "1 calls were refused" in done.output
    timeless = _replay(tmp_path / "in", tmp_path / "timeless", "--as-of", "each-event", hook="order-sign")
    assert "11 calls were refused" in timeless.output


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--as-of", "yesterday"], "neither a day"),
        (["--against", "nowhere"], "no file and no folder"),
        (["--edition", "aura-1999"], "aura-1999"),
        (["--policy", "/nonexistent.toml"], "nonexistent"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(more: list[str], said: str, source: Path, tmp_path: Path) -> None:
    done = _replay(source, tmp_path / "out", *more)
    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output


def test_results_are_not_overwritten_unasked(source: Path, tmp_path: Path) -> None:
    assert _replay(source, tmp_path / "out").exit_code == 0
    again = _replay(source, tmp_path / "out")
    assert again.exit_code == 1
    assert "--again" in again.output
    assert _replay(source, tmp_path / "out", "--again").exit_code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--with-ids"], "names patients in another way"),
        (["--key", "other.key"], "names patients in another way"),
    ],
)
def test_replays_that_name_patients_differently_are_not_compared(
    more: list[str], said: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _replay(source, tmp_path / "old").exit_code == 0
    done = _replay(source, tmp_path / "new", "--against", str(tmp_path / "old"), *more)
    assert done.exit_code == 1
    assert said in done.output


def test_nothing_to_read_and_another_hook_are_said(source: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no file ends in" in _replay(tmp_path / "empty", tmp_path / "out").output
    assert f"{tmp_path / 'none'}: there is no such file" in _replay(tmp_path / "none", tmp_path / "out").output
    assert _replay(source, tmp_path / "old").exit_code == 0
    other = _replay(source, tmp_path / "new", "--against", str(tmp_path / "old"), hook="order-sign")
    assert "is a replay of patient-view" in other.output


@pytest.mark.parametrize(
    ("absent", "more", "said"),
    [
        (["duckdb", "pyarrow"], [], "pip install 'osteohooks[replay]'"),
        (["pyspark"], ["--engine", "spark"], "pip install 'osteohooks[replay,spark]'"),
    ],
)
def test_without_its_extra_it_says_in_one_line_what_to_install(
    absent: list[str], more: list[str], said: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in absent:
        monkeypatch.setitem(sys.modules, name, None)
    done = _replay(source, tmp_path / "out", *more)
    assert done.exit_code == 1
    assert said in done.output
    assert len(done.output.splitlines()) == 1
    assert not (tmp_path / "out" / "findings.parquet").exists()


def test_an_unfinished_replay_of_something_else_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "work").mkdir(parents=True)
    (tmp_path / "out" / "work" / "plan").write_text("another")
    done = _replay(source, tmp_path / "out")
    assert done.exit_code == 1
    assert "unfinished replay of something else" in done.output
