"""The command line of the store, as an operator uses it beside a running service."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy import select, text

from cds_service.cli import main
from cds_service.store.captures import CaptureKey
from cds_service.store.keys import Ring
from cds_service.store.schema import feedback
from cds_service.store.store import Store, open_store
from tests.store.answers import answer, body
from tests.store.conftest import Clock
from tests.store.tamper import tamper
from tests.store.test_captures import KEY
from tests.store.test_verify import FILLED, filled

ONE_WORD = "a-secret-of-the-tests-and-of-nobody-else"


@pytest.fixture
def ring() -> Ring:
    return Ring(ONE_WORD)


@pytest.fixture
def run(store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    settings = {"DATABASE": database_url, "SECRET": ONE_WORD, "STATE_DIR": str(tmp_path / "state")}
    for name, value in settings.items():
        monkeypatch.setenv(f"OSTEOHOOKS_{name}", value)

    def command(*words: str, **options: object) -> Result:
        return CliRunner().invoke(main, words, **options)  # type: ignore[arg-type]  # what click takes

    return command


def test_a_whole_log_is_proven_and_its_ends_are_printed(store: Store, run: object) -> None:
    filled(store)
    done = run("log", "verify")  # type: ignore[operator]  # a function
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split(";")[0] for line in lines] == [
        f"calls: {FILLED} entries hold",
        f"feedback: {FILLED} entries hold",
    ]
    ends = [line.split()[-1] for line in lines]
    again = run("log", "verify", "--noted", ends[0], "--noted", ends[1])  # type: ignore[operator]  # a function
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    other = run("log", "verify", "--noted", ends[0][:-1] + ("0" if ends[0][-1] != "0" else "1"))  # type: ignore[operator]
    assert (other.exit_code, "written anew" in other.stdout) == (1, True)
    assert run("log", "verify", "--noted", "nonsense").exit_code == 2  # type: ignore[operator]  # a function


def test_a_broken_log_is_named_and_fails(store: Store, run: object) -> None:
    filled(store)
    tamper(store.database, "UPDATE calls SET client = 'x' WHERE seq = 4")
    done = run("log", "verify")  # type: ignore[operator]  # a function
    assert done.exit_code == 1
    assert "calls: BROKEN at entry 4: it is not what was written" in done.stdout
    assert f"feedback: {FILLED} entries hold" in done.stdout


def test_what_is_old_is_purged_once_it_is_asked(store: Store, run: object) -> None:
    filled(store)
    asked = run("log", "purge", "--older-than", "2026-03-13", input="n\n")  # type: ignore[operator]  # a function
    assert asked.exit_code == 1
    assert "Everything older than 2026-03-13" in asked.output
    assert f"calls: {FILLED} entries hold" in run("log", "verify").stdout  # type: ignore[operator]  # a function
    done = run("log", "purge", "--older-than", "2026-03-13", "--yes")  # type: ignore[operator]  # a function
    assert done.exit_code == 0, done.output
    assert f"calls: {FILLED} entries removed." in done.output
    after = run("log", "verify").stdout  # type: ignore[operator]  # a function
    assert "calls: 0 entries hold" in after
    assert f"calls: up to entry {FILLED} purged on" in after


def test_days_are_counted_back_from_today(store: Store, run: object) -> None:
    filled(store)  # of March 2026
    assert "calls: 0 entries removed" in run("log", "purge", "--older-than", "36500", "--yes").output  # type: ignore[operator]
    for wrong in ("soon", "2026-13-01", "-3"):
        assert run("log", "purge", "--older-than", wrong, "--yes").exit_code == 2  # type: ignore[operator]  # a function


def test_a_broken_log_is_purged_only_on_purpose(store: Store, run: object) -> None:
    filled(store)
    tamper(store.database, "UPDATE calls SET client = 'x' WHERE seq = 1")
    refused = run("log", "purge", "--older-than", "2026-03-13", "--yes")  # type: ignore[operator]  # a function
    assert refused.exit_code == 1
    assert "calls, entry 1: it is not what was written" in refused.output
    assert "--though-broken" in refused.output
    done = run("log", "purge", "--older-than", "2026-03-13", "--yes", "--though-broken")  # type: ignore[operator]
    assert done.exit_code == 0, done.output
    assert "although the chain was broken then" in run("log", "verify").stdout  # type: ignore[operator]  # a function


def test_the_log_is_exported(store: Store, run: object, tmp_path: Path) -> None:
    filled(store)
    plain = [json.loads(line) for line in run("log", "export").stdout.splitlines()]  # type: ignore[operator]  # a function
    assert [row["kind"] for row in plain] == ["call"] * FILLED + ["feedback"] * FILLED
    assert not any("comment" in row for row in plain)
    out = tmp_path / "log.ndjson"
    done = run(
        "log", "export", "--format", "fhir", "--since", "2026-03-12", "--until", "2026-03-13", "--output", str(out)
    )  # type: ignore[operator]
    assert (done.exit_code, done.stdout) == (0, "")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == FILLED * 3 + FILLED
    AuditEvent.model_validate(rows[0])
    none = run("log", "export", "--until", "2026-03-12")  # type: ignore[operator]  # a function
    assert (none.exit_code, none.stdout) == (0, "")


def test_a_comment_is_erased(store: Store, run: object) -> None:
    filled(store)
    with store.database.reading() as connection:
        report = connection.scalar(select(feedback.c.id).where(feedback.c.seq == 2))
    assert run("log", "erase-comment", report).exit_code == 0  # type: ignore[operator]  # a function
    with store.database.reading() as connection:
        assert connection.scalar(select(feedback.c.comment).where(feedback.c.seq == 2)) is None
    assert "feedback: 1 comments erased" in run("log", "verify").stdout  # type: ignore[operator]  # a function
    unknown = run("log", "erase-comment", "00000000-0000-0000-0000-000000000000")  # type: ignore[operator]  # a function
    assert (unknown.exit_code, "no such report" in unknown.output) == (2, True)


def test_a_captured_request_is_printed_for_replay(store: Store, run: object, tmp_path: Path) -> None:
    path = tmp_path / "capture.key"
    path.write_text(KEY)
    made, sent = answer(store), body()
    prefetch = {name: json.dumps(value).encode() for name, value in json.loads(sent)["prefetch"].items()}
    store.decisions.capture(made, sent, prefetch, CaptureKey.read(path))
    assert store.flush(20)
    done = run("log", "request", str(made.id), "--key-file", str(path))  # type: ignore[operator]  # a function
    assert json.loads(done.stdout) == json.loads(sent)
    again = CliRunner().invoke(
        main, ["evaluate", "-", "--as-of", made.reply.record.as_of.isoformat()], input=done.stdout
    )
    assert [card["summary"] for card in json.loads(again.stdout)["cards"]] == [
        card.summary for card in made.reply.cards
    ]
    path.write_text(KEY[:-2] + "A=")
    assert run("log", "request", str(made.id), "--key-file", str(path)).exit_code == 2  # type: ignore[operator]
    none = run("log", "request", "00000000-0000-0000-0000-000000000000", "--key-file", str(path))  # type: ignore[operator]
    assert (none.exit_code, "no request was captured" in none.output) == (2, True)


def test_the_tables_are_looked_after(store: Store, run: object) -> None:
    assert "0 entries were ever written" in run("database", "status").output  # type: ignore[operator]  # a function
    assert "already" in run("database", "upgrade").output  # type: ignore[operator]  # a function
    with store.database.writing() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    done = run("database", "status")  # type: ignore[operator]  # a function
    assert (done.exit_code, "osteohooks database upgrade" in done.output) == (1, True)
    again = run("database", "upgrade")  # type: ignore[operator]  # a function
    assert (again.exit_code, "cannot be used" in again.output) == (1, True)  # the tables are there already


def test_a_database_that_is_away_is_a_sentence(run: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_DATABASE", "postgresql://u:hunter2@127.0.0.1:1/d")
    for words in (("log", "verify"), ("log", "export"), ("database", "status"), ("database", "upgrade")):
        done = run(*words)  # type: ignore[operator]  # a function
        assert done.exit_code == 1
        assert "The database cannot be used: OperationalError" in done.output
        assert "hunter2" not in done.output


def test_an_empty_database_is_sent_to_the_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("OSTEOHOOKS_SECRET", ONE_WORD)
    assert "osteohooks database upgrade" in CliRunner().invoke(main, ["database", "status"]).output
    done = CliRunner().invoke(main, ["database", "upgrade"])
    assert "before: none" in done.output
    store = open_store(f"sqlite:///{tmp_path}/osteohooks.sqlite3", Ring(ONE_WORD), tmp_path, clock)
    filled(store)
    store.close()
    assert f"calls: {FILLED} entries hold" in CliRunner().invoke(main, ["log", "verify"]).output
