"""The report as files, as a page and behind its gate: complete, safe to keep, and for nobody else's eyes."""

import base64
import csv
import hashlib
import json
import os
import re
from datetime import date
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from cds_service.cli import main
from cds_service.settings import Settings
from cds_service.site import burden_plots
from cds_service.site.burden import burden
from cds_service.site.burden_data import Scope
from cds_service.site.burden_files import write as write_files
from cds_service.site.burden_page import page, policy, style
from cds_service.site.policies import Site
from cds_service.site.report_api import Gate, create_report, gate
from cds_service.site.report_words import Words, table
from cds_service.store.engine import Database
from hooks.limits import load_rules
from hooks.registry import CHECKS
from hooks.texts import LANGUAGES
from tests.site.log import DAY, Said, write
from tests.site.test_burden import hand_counted

RULES = load_rules(CHECKS)
SITE = Site(lambda: DAY, "aura-2026")
TOKEN = "a-token-of-the-tests-0123456789"
SCOPE = Scope(DAY, DAY)
LOCAL = {"base_url": "http://127.0.0.1:8080"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(Settings, "today", lambda self: DAY)


@pytest.fixture
def log(database: Database) -> Database:
    with write(database) as written:
        hand_counted(written)
        for number in range(6):
            written.call([Said("AR-DENTAL-01", "card")], ward="=onco", patient=f"w{number}")
    return database


def made(log: Database, language: str = "en", *, plots: bool = False) -> str:
    words = Words(language, RULES, 5)
    with log.reading() as connection:
        report = burden(connection, SCOPE)
    return page(report, words, burden_plots.draw(report, words) if plots else ())


class _Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


# ---- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_but_itself_and_runs_nothing(log: Database, language: str) -> None:
    read = _Page(made(log, language, plots=True))
    assert not {tag for tag, _ in read.tags} & {"script", "link", "iframe", "object", "form", "base"}
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on") or name == "style"]
    pictures = [attributes for tag, attributes in read.tags if tag == "img"]
    assert len(pictures) == 2
    assert all((one["src"] or "").startswith("data:image/png;base64,") and one["alt"] for one in pictures)
    assert not [
        a for _, attributes in read.tags for k, a in attributes.items() if k in ("src", "href") and "//" in a[:9]
    ]
    assert ("html", {"lang": language}) in read.tags


def test_only_our_own_style_is_allowed(log: Database) -> None:
    text = made(log)
    inside = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert inside is not None
    digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy()
    assert "default-src 'none'" in policy()
    assert policy().replace("'", "&#39;") in text
    assert inside[1] == style()


def test_every_number_counted_by_hand_stands_in_a_table(log: Database) -> None:
    text = made(log)
    row = re.search(r"<th scope=\"row\">AR-DENTAL-01 Dental assessment.*?</tr>", text)
    assert row is not None
    assert re.findall(r"<td>(.*?)</td>", row[0]) == ["16", "9", "56.2", "0", "8", "50", "8"]
    assert "silent mode" in text
    assert "Calls from 2 Nov 2026 to 2 Nov 2026" in text
    assert "&lt;5" in text  # patients of ZOL-DOSE-01: two


def test_a_ward_cannot_write_into_the_page(database: Database) -> None:
    with write(database) as log:
        for number in range(6):
            log.call([Said("AR-DENTAL-01")], ward="<script>alert(1)</script>", patient=f"a{number}")
            log.call(ward="b", patient=f"b{number}")
    text = made(database)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_french_page_is_french(log: Database) -> None:
    text = made(log, "fr")
    for words in (
        "Charge d&#39;alertes",
        "Par règle",
        "Bilan dentaire avant la première dose",
        "56,2",
        "mode silencieux",
    ):
        assert words in text


def test_an_empty_period_is_a_page_too(database: Database) -> None:
    assert "there is nothing to report" in made(database)


def test_every_word_is_said_in_both_languages_with_the_same_figures() -> None:
    for key, row in table().items():
        assert set(row) == set(LANGUAGES), key
        figures = [set(re.findall(r"\{(\w+)\}", text)) for text in row.values()]
        assert figures[0] == figures[1], key


def test_override_reasons_are_told_in_words() -> None:
    words = Words("fr", RULES, 5)
    own = "https://osteohooks.github.io/fhir/CodeSystem/override-reason"
    assert words.reason(own, "comfort-care") == "Soins de confort"
    assert (words.reason("https://site", "x7"), words.reason(None, "")) == ("x7", "sans motif")
    assert (words.because("snoozed"), words.because("silent")) == ("snoozed", "mode silencieux")
    assert (words.rule("GONE-01"), words.ward(None)) == ("GONE-01", "non indiqué")


# ---- plots ------------------------------------------------------------------------------------------------------------


def test_plots_are_the_same_every_time_and_only_where_there_is_something(log: Database) -> None:
    words = Words("en", RULES, 5)
    with log.reading() as connection:
        report = burden(connection, SCOPE)
    once, again = (burden_plots.draw(report, words) for _ in range(2))
    assert once == again
    assert [plot.name for plot in once] == ["rules", "answers"]  # what is hidden of wards is not drawn either
    for plot in once:
        assert plot.png.startswith(b"\x89PNG")
        assert b"<svg" in plot.svg
        assert b"<script" not in plot.svg


def test_weeks_and_wards_are_drawn_from_two_on(database: Database) -> None:
    with write(database) as log:
        for number in range(12):
            log.call([Said("AR-DENTAL-01")], ward=f"w{number % 2}", patient=f"p{number}")
        log.call(day=date(2026, 11, 9), ward="w0")
    with database.reading() as connection:
        report = burden(connection, Scope(DAY, date(2026, 11, 9)))
    drawn = [plot.name for plot in burden_plots.draw(report, Words("fr", RULES, 5))]
    assert drawn == ["rules", "answers", "weeks", "wards"]


def test_without_the_library_the_page_says_so(log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert not burden_plots.can_draw()
    assert "Plots are not drawn: install osteohooks[plots]." in made(log)


def test_where_there_is_nothing_to_draw_nobody_is_told_to_install_anything(log: Database) -> None:
    assert burden_plots.can_draw()
    assert "Plots are not drawn" not in made(log)


# ---- files ------------------------------------------------------------------------------------------------------------


def test_files_hold_the_same_numbers(log: Database, tmp_path: Path) -> None:
    words = Words("en", RULES, 5)
    with log.reading() as connection:
        report = burden(connection, SCOPE)
    files = {path.name: path for path in write_files(report, words, (), ("csv", "json"), tmp_path / "new" / "folder")}
    rows = list(csv.DictReader(StringIO(files["rules.csv"].read_text("utf-8-sig"))))
    dental = next(row for row in rows if row["rule"] == "AR-DENTAL-01")
    assert (dental["asked"], dental["calls"], dental["per_100"], dental["accepted"]) == ("16", "9", "56.2", "1")
    assert next(row for row in rows if row["rule"] == "ZOL-DOSE-01")["patients"] == ""
    wards = list(csv.DictReader(StringIO(files["wards.csv"].read_text("utf-8-sig"))))
    assert {row["ward"] for row in wards} == {"'=onco", ""}  # no spreadsheet takes it for a formula
    told = json.loads(files["report.json"].read_bytes())
    assert (told["calls"], told["from"]) == (18, "2026-11-02")
    assert next(row for row in told["rules"] if row["rule"] == "AR-DENTAL-01")["shown"] == 8
    assert set(files) == {"rules.csv", "services.csv", "wards.csv", "wards-by-rule.csv", "overrides.csv", "withheld.csv",
                          "weeks.csv", "report.json"}  # fmt: skip


def test_no_keyed_hash_of_a_patient_leaves(log: Database, tmp_path: Path) -> None:
    words = Words("en", RULES, 1)
    with log.reading() as connection:
        report = burden(connection, SCOPE, 1)
    every = ("html", "csv", "json")
    text = b"".join(path.read_bytes() for path in write_files(report, words, (), every, tmp_path))
    assert not re.search(rb"[0-9a-f]{64}", text)


# ---- the command line -------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, arguments)], prog_name="osteohooks")


def test_the_command_writes_what_it_was_asked_for(
    log: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTEOHOOKS_DATABASE", log.url.render_as_string(hide_password=False))
    result = run("--out", tmp_path / "out", "--from", "2026-11-02", "--to", "2026-11-02", "--lang", "fr")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "18 calls from 2026-11-02 to 2026-11-02"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.html",
        *(f"{name}.{kind}" for name in ("rules", "answers") for kind in ("svg", "png")),
    }
    assert "Charge d" in (tmp_path / "out" / "report.html").read_text("utf-8")
    nobody = run("--out", tmp_path / "none", "--client", "nobody", "--format", "json")
    assert nobody.stdout.splitlines()[0] == "0 calls from 2026-10-06 to 2026-11-02"
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run("--out", blocked / "below").exit_code == 1


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (f"sqlite:///{tmp_path / 'none.sqlite3'}", "mysql://x"):
        monkeypatch.setenv("OSTEOHOOKS_DATABASE", url)
        result = run("--out", tmp_path / "out")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(("There is no decision log yet", "OSTEOHOOKS_DATABASE is neither SQLite"))
    monkeypatch.delenv("OSTEOHOOKS_DATABASE")
    monkeypatch.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path))
    assert run("--out", tmp_path / "out").stderr.startswith("There is no decision log yet")
    (tmp_path / "osteohooks.sqlite3").write_bytes(b"")
    assert "run 'osteohooks database upgrade'" in run("--out", tmp_path / "out").stderr
    (tmp_path / "osteohooks.sqlite3").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    assert "The decision log cannot be read: " in run("--out", tmp_path / "out").stderr
    assert not (tmp_path / "none.sqlite3").exists()


# ---- the page behind its gate -----------------------------------------------------------------------------------------


@pytest.fixture
def browse(log: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A page without plots, which take their time and are shown elsewhere."""
    monkeypatch.setattr(burden_plots, "can_draw", lambda: False)

    def client(guard: Gate) -> FlaskClient:
        app = Flask("t")
        app.register_blueprint(create_report(log, guard, SITE, "en"))
        return app.test_client()

    return client


def test_without_a_token_the_page_exists_in_development_on_this_machine_alone(tmp_path: Path) -> None:
    assert not gate(Settings(), development=True).is_shut
    assert gate(Settings(), development=False).is_shut  # clients are configured: a proxy may stand before it
    assert gate(Settings(host="0.0.0.0", allow_unauthenticated=True), development=True).is_shut
    (tmp_path / "token").write_text(TOKEN)
    guarded = gate(Settings(operator_token_file=tmp_path / "token"), development=True)
    assert (guarded.is_shut, guarded.asks) == (False, True)
    (tmp_path / "token").write_text("short")
    for path in (tmp_path / "token", tmp_path / "none"):
        with pytest.raises(SystemExit, match="OSTEOHOOKS_OPERATOR_TOKEN_FILE"):
            gate(Settings(operator_token_file=path), development=True)


def test_a_shut_gate_is_no_page(browse: Any) -> None:
    assert browse(Gate(None, open_here=False)).get("/report", **LOCAL).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example.org"}, 403),
        ({"X-Forwarded-For": "10.0.0.1"}, 403),
        ({"Forwarded": "for=10.0.0.1"}, 403),
        ({"Via": "1.1 proxy"}, 403),
        ({"Host": "evil.example.org"}, 403),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Host": "[::1]"}, 200),
    ],
)
def test_in_development_only_a_person_at_this_machine_is_let_in(
    browse: Any, headers: dict[str, str], status: int
) -> None:
    answer = browse(Gate(None, open_here=True)).get("/report", headers=headers, **LOCAL)
    assert answer.status_code == status
    other = browse(Gate(None, open_here=True)).get("/report", environ_base={"REMOTE_ADDR": "10.1.1.1"}, **LOCAL)
    assert other.status_code == 403


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 401),
        (basic(TOKEN), 200),
        (f"Bearer {TOKEN}", 200),
        (basic(TOKEN[:-1]), 401),
        (basic(""), 401),
        ("Bearer ", 401),
        ("Bearer é", 401),
        ('Digest username="a"', 401),
        ("nonsense", 401),
    ],
)
def test_with_a_token_whoever_knows_it_is_let_in_from_anywhere(browse: Any, sent: str | None, status: int) -> None:
    headers = {"Authorization": sent} if sent else {}
    client = browse(Gate(TOKEN, open_here=False))
    answer = client.get("/report", headers=headers, environ_base={"REMOTE_ADDR": "10.1.1.1"})
    assert answer.status_code == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_the_page_takes_a_period_a_client_and_a_language(browse: Any) -> None:
    client = browse(Gate(None, open_here=True))
    whole = client.get("/report", **LOCAL)
    assert "18 calls in all" in whole.text
    assert whole.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "0 calls in all" in client.get("/report?from=2026-11-03&to=2026-11-04", **LOCAL).text
    assert "client ehr" in client.get("/report?client=ehr", **LOCAL).text
    assert "18 appels en tout" in client.get("/report?lang=fr", **LOCAL).text
    assert "18 appels en tout" in client.get("/report", headers={"Accept-Language": "fr"}, **LOCAL).text
    for wrong in ("from=soon", "to=2026-13-01", "from=2026-11-05", "from=2020-01-01"):
        answer = client.get(f"/report?{wrong}", **LOCAL)
        assert (answer.status_code, answer.mimetype) == (400, "text/plain")


def test_a_log_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    app = Flask("t")
    nowhere = Database(f"sqlite:///{tmp_path / 'none.sqlite3'}")
    app.register_blueprint(create_report(nowhere, Gate(None, open_here=True), SITE, "en"))
    answer = app.test_client().get("/report", **LOCAL)
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert answer.text.startswith("There is no decision log yet")
