"""docs/operate.md is held against the code: its commands run, and its tables hold what the service has, no more."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.operations.fields import EVENTS
from cds_service.operations.metrics import COUNTERS
from cds_service.settings import PREFIX, Settings
from tests.support.terminal import Terminal

TEXT = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
KNOWN_NUMBERS = {
    "workers": "1", "threads": "8", "keepalive": "75", "grace": "20", "max_requests": "0", "request_timeout": "30 s",
    "log_level": "`info`", "log_format": "`auto`", "metrics": "`false`", "tracing": "`false`", "max_body_bytes": "32 MiB",
    "rate_limit": "`6000/minute`",
}  # fmt: skip
FIRST = re.compile(r"^\| `([^`]+)`", re.MULTILINE)


def section(title: str) -> str:
    return re.split(r"^## ", TEXT.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> Iterator[list[str]]:
    for line in section(title).splitlines():
        if line.startswith("| ") and not line.startswith(("| Metric", "| Event", "| Setting", "| Limit")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_metric_stands_in_its_table_with_its_labels() -> None:
    told = {row[0].strip("`"): tuple(re.findall(r"`(\w+)`", row[1])) for row in rows("Metrics")}
    counters = {f"osteohooks_{name}_total": labels for name, (_, labels) in COUNTERS.items()}
    others = {
        "osteohooks_request_duration_seconds": ("service", "status"),
        "osteohooks_build_info": ("version", "edition", "editions"),
    }
    assert told == {**counters, **others}


def test_every_alert_asks_a_metric_that_exists() -> None:
    queries = re.search(r"```promql\n(.*?)```", TEXT, re.DOTALL)
    assert queries is not None
    asked = set(re.findall(r"osteohooks_\w+", queries.group(1)))
    known = {f"osteohooks_{name}_total" for name in COUNTERS} | {"osteohooks_request_duration_seconds_bucket"}
    assert asked
    assert asked <= known


def test_every_event_of_the_log_is_explained() -> None:
    assert {word for row in rows("The log") for word in re.findall(r"`([^`]+)`", row[0])} == EVENTS


@pytest.mark.parametrize("name", KNOWN_NUMBERS)
def test_a_setting_is_told_with_its_default(name: str) -> None:
    told = [
        row for title in ("Limits", "Processes") for row in rows(title) if f"`{PREFIX}{name.upper()}`" in " ".join(row)
    ]
    assert told, f"{PREFIX}{name.upper()} stands in no table"
    assert KNOWN_NUMBERS[name] in " ".join(told[0])
    default = str(Settings.model_fields[name].default).lower()
    amount = {"max_body_bytes": str(32 * 1024 * 1024)}.get(name, KNOWN_NUMBERS[name].strip("`").split()[0])
    assert default == amount


def test_no_setting_is_told_that_does_not_exist() -> None:
    told = set(re.findall(rf"`{PREFIX}(\w+)`", TEXT))
    assert told <= {name.upper() for name in Settings.model_fields}


def test_every_command_is_one_of_the_program() -> None:
    for line in (line for block in COMMANDS for line in block.splitlines() if line.startswith("osteohooks ")):
        name = line.split()[1]
        shown = CliRunner().invoke(main, [name, "--help"], prog_name="osteohooks")
        assert shown.exit_code == 0, line
        for option in re.findall(r"--[a-z-]+", line.split("#")[0]):
            assert option in shown.output, line


def test_the_pages_and_the_checks_answer_as_told(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    with terminal.serving():
        pages = (f"curl -fsS http://127.0.0.1:8080/{page}; echo" for page in ("livez", "readyz", "metrics"))
        said = "\n".join(terminal.run(*pages, "osteohooks doctor --offline"))
    for part in FIRST.findall(section("Health").split("| Part |", 1)[1]):
        assert f'"{part}"' in said, part
    assert "osteohooks_build_info" in said
    assert re.search(r"^ok ", said, re.MULTILINE)
