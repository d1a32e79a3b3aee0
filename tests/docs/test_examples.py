"""Every example of the documentation is run as it stands, or checked; what cannot be run stands here with its reason."""

import json
import re
import shlex
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.cli import main
from cds_service.settings import Settings
from cds_service.store.installation import open_installation
from hooks.retirement import read_retirement
from hooks.reviews import read_review
from tests.replay.cohort import export, people

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
BASE = "http://127.0.0.1:8080"
# Pages that a test of their own runs from the first to the last example.
ELSEWHERE = {
    "docs/clients.md": "tests/auth/test_clients_doc.py",
    "docs/operate.md": "tests/operations/test_operate_doc.py",
    "docs/policy.md": "tests/site/test_docs.py",
    "docs/quiet.md": "tests/service/test_quiet.py",
    "docs/smart.md": "tests/smart/test_smart_doc.py",
    "docs/watchdog.md": "tests/site/test_docs.py",
}
# A block that serves the public sandboxes, by its first words: a test of its own runs it.
SERVING = ("printf '[client.sandbox]", "tests/auth/test_public_sandbox.py")
NOT_RUN = {
    "make run": "it installs, and serves until it is stopped; the server of these tests stands in its place",
    "make test": "it runs these tests",
    "pip wheel": "tests/delivery builds the wheel",
    "pip install": "it asks a package index; tests/delivery installs the wheel",
    "osteohooks serve": "the server of these tests stands in its place",
    "python -m tests.house.recommendations": "it writes into the repository; a test compares what it would write",
    "kubectl": "it needs a cluster; tests/delivery holds the manifests against the product",
    "docker": "it needs an engine; tests/delivery holds the files against the product",
}
# The same command with less to do, or in the folder of the test: all patients at all hooks take seconds.
SHORTER = {
    "policy diff shipped policy.toml": "policy diff shipped policy.toml --patient lung-zol-clearance-42",
    "replay /data/export": "replay export/",
    "--out /data/replay": "--out replay/",
}


@dataclass(frozen=True)
class Example:
    """A fenced block: on which page, of which language, its text without the indentation of the page."""

    page: str
    kind: str
    text: str


def examples() -> Iterator[Example]:
    for page in sorted(PAGES):
        for indent, kind, text in BLOCK.findall(page.read_text("utf-8")):
            flush = re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
            yield Example(page.relative_to(ROOT).as_posix(), kind, flush)


EXAMPLES = [example for example in examples() if example.page not in ELSEWHERE]
RUN = [e for e in EXAMPLES if e.kind == "sh" and not e.text.startswith(SERVING[0])]
SHELL = {page: [e.text for e in RUN if e.page == page] for page in {e.page for e in EXAMPLES}}


def lines(text: str) -> Iterator[str]:
    """The commands of a block: what ends in a bar or a backslash goes on."""
    for line in re.sub(r"(\|)\s*\n|\\\n", r"\1 ", text).splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def why_not(line: str) -> str | None:
    words = line.replace(".venv/bin/", "")
    return next((reason for start, reason in NOT_RUN.items() if f"{words} ".startswith(f"{start} ")), None)


def run(line: str) -> None:
    """A line of shell with pipes and one redirection; commands of ours run in this process."""
    for whole, less in SHORTER.items():
        line = line.replace(whole, less)
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    stages, target = [[]], None
    for token in (tokens := iter(lexer)):
        if token == "|":
            stages.append([])
        elif token == ">":
            target = Path(next(tokens))
        else:
            stages[-1].append(token)
    data = b"y\n"  # whoever is asked says yes
    for program, *arguments in stages:
        data = ours(arguments, data) if program.endswith("osteohooks") else theirs([program, *arguments], data)
    if target is not None:
        target.write_bytes(data)


def ours(arguments: list[str], data: bytes) -> bytes:
    result = CliRunner().invoke(main, arguments, input=data, prog_name="osteohooks")
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    return result.stdout_bytes


def theirs(command: list[str], data: bytes) -> bytes:
    """Of curl a refusal is a failure."""
    command = [*command, "--fail-with-body"] if command[0] == "curl" else command
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """What ``make run`` starts: its address and its state folder, in which it has made a secret."""
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"))
    store = open_installation(settings, development=True)
    server = make_server("127.0.0.1", 0, create_app(settings, settings.today, store=store), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", settings.state_dir
    server.shutdown()
    thread.join()
    server.server_close()
    store.close(5)


@pytest.mark.parametrize("page", sorted(page for page, blocks in SHELL.items() if blocks))
def test_the_commands_of_a_page_work_to_the_letter(
    page: str, running: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, state = running
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(state))
    (tmp_path / "request.json").write_bytes(ours(["sample", "lung-xgeva-stop"], b""))  # of an earlier page
    if any("osteohooks replay" in block for block in SHELL[page]):
        export(tmp_path / "export", people(2))
    for line in (line for block in SHELL[page] for line in lines(block)):
        if why_not(line) is None:
            run(line.replace(BASE, address))


def test_what_is_not_run_is_still_written_somewhere() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert [start for start in NOT_RUN if start not in text] == []
    assert [whole for whole in SHORTER if whole not in text] == []


@pytest.mark.parametrize(("page", "test"), ELSEWHERE.items())
def test_a_page_run_elsewhere_is_run_there(page: str, test: str) -> None:
    assert Path(page).name in (ROOT / test).read_text("utf-8")
    assert "read_text" in (ROOT / test).read_text("utf-8")


def test_the_block_of_the_public_sandboxes_is_run_by_its_test() -> None:
    assert len([e for e in EXAMPLES if e.text.startswith(SERVING[0])]) == 1
    assert r"```sh\n(printf .*?)\n```" in (ROOT / SERVING[1]).read_text("utf-8")


def test_json_is_json_on_every_page() -> None:
    found = [json.loads(example.text) for example in examples() if example.kind == "json"]
    assert len(found) > 3


def test_five_lines_connect_an_ehr(tmp_path: Path) -> None:
    (five,) = [example.text for example in EXAMPLES if (example.page, example.kind) == ("README.md", "toml")]
    assert len(five.splitlines()) == 5
    (tmp_path / "clients.toml").write_text(five, "utf-8")
    understood = ours(["clients", "check", str(tmp_path / "clients.toml")], b"").decode()
    assert "https://ehr.north.example/.well-known/jwks.json" in understood


def test_the_signature_and_the_end_of_a_rule_are_read_as_shown() -> None:
    signed, gone = [example.text for example in EXAMPLES if (example.page, example.kind) == ("docs/extend.md", "toml")]
    retired = read_retirement("ZOL-DOSE-01", tomllib.loads(gone))
    assert retired is not None
    assert retired.since == date(2027, 1, 15)
    review = read_review("ZOL-DOSE-01", tomllib.loads(signed))
    assert (review.checked_on, review.review_by) == (date(2026, 12, 1), date(2027, 12, 1))
    assert review.read_by
    assert review.checked_by


def test_every_file_that_is_shown_is_read_by_a_test() -> None:
    assert {example.page for example in EXAMPLES if example.kind == "toml"} == {"README.md", "docs/extend.md"}


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.kind in ("", "text")], ids=lambda e: e.page)
def test_a_block_without_a_language_is_a_drawing_or_what_was_printed(example: Example) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in example.text.splitlines():
        assert not re.match(r"(\.venv/bin/)?(osteohooks|curl|python|docker|kubectl) ", line), "a command: mark it sh"
        made = re.match(r"make (\w+)", line)
        assert made is None or made[1] in targets


def test_every_kind_of_block_is_known() -> None:
    assert {example.kind for example in EXAMPLES} <= {"sh", "toml", "text", ""}
