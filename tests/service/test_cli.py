"""The command line: the same answers as the service, for files, for a person, for every misuse a clear word."""

import json
import os
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service import cli_evaluate
from cds_service.cli import main
from cds_service.sandbox.scenarios import hook_request_bytes, scenario, scenarios
from cds_service.settings import Settings
from hooks.limits import EDITIONS
from hooks.services import services
from tests.service.calls import blanks
from tests.support.bedside import RULES

MAN = scenario("lung-zol-clearance-42")
DAY = str(MAN.as_of)
BODY = hook_request_bytes(MAN)
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "man.json"
    path.write_bytes(BODY)
    return str(path)


def run(*arguments: str, body: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=body, prog_name="osteohooks")


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def summaries(answer: dict[str, Any]) -> list[str]:
    return [card["summary"] for card in answer["cards"]]


# ---- evaluate --------------------------------------------------------------------------------------------------------


def test_a_file_gets_its_cards_and_every_rule(file: str) -> None:
    result = run("evaluate", file, "--as-of", DAY)
    assert (result.exit_code, result.stderr) == (0, "")
    (answer,) = answers(result)
    assert list(answer) == ["file", "cards", "findings"]
    assert answer["file"] == file
    assert blanks(answer["cards"]) == []
    assert "give 3.3 mg" in summaries(answer)[0]
    assert [row["rule"] for row in answer["findings"]] == [check.id for check in services()[0].checks]
    assert {row["status"] for row in answer["findings"]} == {"fires", "silent"}
    assert {row["outcome"] for row in answer["findings"]} == {"due", "satisfied", "not-applicable"}


def test_several_files_and_standard_input_in_order(file: str) -> None:
    result = run("evaluate", file, "-", file, "--as-of", DAY, body=hook_request_bytes(scenario("lung-zol-all-clear")))
    assert [answer["file"] for answer in answers(result)] == [file, "-", file]
    assert [len(answer["cards"]) for answer in answers(result)] == [2, 0, 2]


@pytest.mark.parametrize("each", {each.hook: each for each in scenarios()}.values(), ids=lambda each: each.id)
def test_each_hook_is_answered_by_its_service(each: Any) -> None:
    result = run("evaluate", "-", "--as-of", str(each.as_of), body=hook_request_bytes(each))
    service = next(service for service in services() if service.id == each.service)
    asked = dict.fromkeys(row["rule"] for row in answers(result)[0]["findings"])  # once for each draft it is about
    assert list(asked) == [check.id for check in service.checks]


def test_day_edition_and_language(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "today", lambda self: MAN.as_of)
    (today,) = answers(run("evaluate", file))
    assert "give 3.3 mg" in summaries(today)[0]
    (later,) = answers(run("evaluate", file, "--as-of", "2026-12-01"))
    assert not any("give 3.3 mg" in summary for summary in summaries(later))
    (french,) = answers(run("evaluate", file, "--lang", "fr"))
    assert summaries(french)[0].endswith("donner 3,3 mg")
    for edition in EDITIONS:
        (answer,) = answers(run("evaluate", file, "--edition", edition))
        assert {row["edition"] for row in answer["findings"]} == {edition}


def test_settings_are_the_defaults(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_LANGUAGE", "fr")
    monkeypatch.setenv("OSTEOHOOKS_EDITION", "aura-earlier")
    (answer,) = answers(run("evaluate", file, "--as-of", DAY))
    assert answer["findings"][0]["edition"] == "aura-earlier"
    assert summaries(answer)[0].endswith("donner 3,3 mg")
    (answer,) = answers(run("evaluate", file, "--as-of", DAY, "--lang", "en", "--edition", "aura-2026"))
    assert summaries(answer)[0].endswith("give 3.3 mg")
    monkeypatch.setenv("OSTEOHOOKS_EDITION", "aura-3000")
    result = run("evaluate", file)
    assert result.exit_code == 1
    assert "OSTEOHOOKS_EDITION must be one of" in result.output


def test_digits_are_kept(file: str) -> None:
    text = run("evaluate", file, "--as-of", DAY).stdout
    assert '"value":132.6' in text
    assert '"value":{"value":' not in text
    update, *_ = [
        action["resource"]
        for card in answers(run("evaluate", file, "--as-of", DAY))[0]["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if action["type"] == "update"
    ]
    assert update["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 3.3


def test_for_a_person(file: str) -> None:
    result = run("evaluate", file, file, "--as-of", DAY, "--explain")
    assert result.exit_code == 0
    assert result.stdout.count(f"{file} (as of {DAY}, edition aura-2026)") == 2
    assert "[WARNING] Zoledronic acid 4 mg is too much" in result.stdout
    assert "DMAB-DOSE-01" in result.stdout


MALFORMED = [
    (b"", "structure"),
    (b"{", "structure"),
    (b"null", "structure"),
    (b"[1]", "structure"),
    (b'"text"', "structure"),
    (b"\xff\xfe", "structure"),
    (b"[" * 100_000, "structure"),
    (b'{"hook":5}', "structure"),
    (b'{"hook":"order-sign"}', "required"),
    (b'{"hook":"appointment-book"}', "required"),
    (b'{"hook":"order-dispatch"}', "value"),
    (b'{"hook":"no-such-hook"}', "value"),
]


@pytest.mark.parametrize(("body", "code"), MALFORMED, ids=[repr(body[:30]) for body, _ in MALFORMED])
def test_a_body_that_a_call_would_refuse_is_an_error_object(body: bytes, code: str, file: str) -> None:
    result = run("evaluate", "-", file, "--as-of", DAY, body=body)
    assert result.exit_code == 1
    refused, answered = answers(result)
    assert list(refused) == ["file", "error"]
    assert refused["error"]["resourceType"] == "OperationOutcome"
    assert refused["error"]["issue"][0]["code"] == code
    assert "cards" in answered, "the others are still evaluated"


def test_a_body_without_data_is_refused_as_a_call_would_be() -> None:
    call = json.loads(BODY)
    del call["prefetch"]
    result = run("evaluate", "-", "--as-of", DAY, body=json.dumps(call).encode())
    assert result.exit_code == 1
    assert "Required data is missing" in answers(result)[0]["error"]["issue"][0]["details"]["text"]


def test_what_cannot_be_decoded_any_deeper_is_refused(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    def too_deep(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(cli_evaluate, "advise", too_deep)
    result = run("evaluate", file)
    assert result.exit_code == 1
    assert answers(result)[0]["error"]["issue"][0]["code"] == "too-costly"


MISUSE = [
    (("evaluate",), "Missing argument"),
    (("evaluate", "nowhere.json"), "Could not open file 'nowhere.json': No such file"),
    (("evaluate", "."), "Could not open file '.': Is a directory"),
    (("evaluate", "-", "--as-of", "tomorrow"), "does not match the format '%Y-%m-%d'"),
    (("evaluate", "-", "--edition", "aura-1999"), "is not one of 'aura-2026'"),
    (("evaluate", "-", "--lang", "de"), "is not one of 'en', 'fr'"),
    (("sample", "nobody"), "nobody is no scenario; osteohooks sample lists them"),
    (("sample", MAN.id, "--on", "2026-13-01"), "does not match the format"),
    (("serve", "--port", "many"), "is not a valid integer"),
    (("serve", "--port", "70000"), "OSTEOHOOKS_PORT must be a whole number from 0 to 65535"),
    (("dance",), "No such command 'dance'"),
]


@pytest.mark.parametrize(("arguments", "said"), MISUSE, ids=[" ".join(arguments) for arguments, _ in MISUSE])
def test_misuse_is_answered_with_a_word_and_a_status(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments, body=b"")
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert "Traceback" not in result.output


# ---- the other commands ----------------------------------------------------------------------------------------------


def test_catalogue_as_table_and_as_data() -> None:
    table = run("catalogue")
    assert table.exit_code == 0
    assert len(table.stdout.splitlines()) == len(RULES) + 1
    for language in ("en", "fr"):
        rows = json.loads(run("catalogue", "--json", "--lang", language).stdout)
        assert {row["id"]: row["title"] for row in rows} == {r.id: r.title[language] for r in RULES.values()}
        assert {"id", "title", "hooks", "severity", "editions", "source"} <= rows[0].keys()


def test_samples_are_listed_and_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = run("sample").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [each.id for each in scenarios()]
    assert listed[0].endswith(MAN.title["en"])
    assert run("sample", MAN.id, "--on", DAY).stdout_bytes == BODY + b"\n"
    monkeypatch.setattr(Settings, "today", lambda self: date(2027, 2, 28))
    assert run("sample", MAN.id).stdout_bytes == hook_request_bytes(MAN, date(2027, 2, 28)) + b"\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_serving_refuses_an_address_others_can_reach(host: str) -> None:
    result = run("serve", "--host", host)
    assert result.exit_code == 1
    assert "OSTEOHOOKS_HOST can be reached from other machines" in result.output
    assert "OSTEOHOOKS_ALLOW_UNAUTHENTICATED=true" in result.output


def test_serving_hands_the_settings_to_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from cds_service import server

    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path))
    served: list[tuple[Settings, str, str]] = []

    class Stub:
        def __init__(self, settings: Settings, app: Any, store: Any) -> None:
            self.settings, self.app, self.store = settings, app, store

        def run(self) -> None:
            served.append((self.settings, str(self.settings.port), self.app.name))
            self.store.close()

    monkeypatch.setattr(server, "_Server", Stub)
    monkeypatch.setattr(server.gc, "freeze", lambda: None)  # the tests go on in this process
    monkeypatch.setattr(server, "observe", lambda *_: None)
    result = run("serve", "--host", "127.0.0.1", "--port", "8099")
    assert result.exit_code == 0
    assert [(port, name) for _, port, name in served] == [("8099", "cds_service")]
    assert "Osteohooks on http://127.0.0.1:8099/cds-services" in result.output
    assert "not authenticated" in result.output


def test_the_server_is_configured_from_the_settings() -> None:
    from cds_service import server

    settings = Settings(port=8099)
    app = object()
    configured = server._Server(settings, app)  # type: ignore[arg-type]  # the server only hands it on
    assert configured.cfg.bind == ["127.0.0.1:8099"]
    assert configured.cfg.accesslog is None, "addresses may hold ids"
    assert configured.load() is app


def test_version_and_help() -> None:
    told = run("--version").output.splitlines()
    assert told[0] == f"osteohooks, version {version('osteohooks')}"
    for edition in EDITIONS:
        assert sum(edition in line for line in told) == 1
    assert run("-h").output == run("--help").output
    for command in ("serve", "evaluate", "catalogue", "sample"):
        assert command in run("--help").output
        text = run(command, "--help")
        assert text.exit_code == 0
        assert text.output.startswith(f"Usage: osteohooks {command}")
    assert '{"file", "cards", "findings"}' in " ".join(run("evaluate", "--help").output.split())


def test_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-c", "from cds_service.cli import main; main(prog_name='osteohooks')"]
    ended = subprocess.run(
        [*command, "evaluate", "-", "--as-of", DAY, "--lang", "fr"],
        input=BODY,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    answer = json.loads(ended.stdout)
    assert "clairance (42,0 mL/min)" in answer["cards"][0]["summary"]
