"""``osteohooks doctor``: each check on an installation that is well, and on one that is ill in its way."""

import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey
from sqlalchemy import text

from cds_service import cli_doctor
from cds_service.app import create_app
from cds_service.cli import main
from cds_service.clients_file import load_clients
from cds_service.doctor import installation, network, storage
from cds_service.doctor.launches import launches
from cds_service.doctor.lines import Check, Level, Line, Patient, examine, ok, worst
from cds_service.operations import roundtrip
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.settings import Settings
from cds_service.store.installation import open_installation
from tests.operations.certificates import certificate, speaking_tls

CAPABLE = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], prog_name="osteohooks")


def settings_of(tmp_path: Path, **given: Any) -> Settings:
    return Settings(state_dir=tmp_path / "var", **given)


def levels(check: Check, patient: Patient) -> list[tuple[str, str]]:
    return [(line.check, line.level.value) for line in examine(patient, [check])]


def lines_of(check: Check, patient: Patient) -> list[Line]:
    return list(examine(patient, [check]))


@contextmanager
def answering(body: Any, status: int = 200, **headers: str) -> Iterator[str]:
    """A server that gives everybody the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def agreed(tmp_path: Path, fhir: str = "", jwks: str = "") -> Patient:
    """An installation with one client."""
    keys = {"keys": [ECKey.generate_key("P-384").as_dict(private=False) | {"kid": "k", "alg": "ES384"}]}
    (tmp_path / "north.jwks.json").write_text(json.dumps(keys))
    place = f'jwks_url = "{jwks}"' if jwks else 'jwks_file = "north.jwks.json"'
    servers = f'fhir_servers = ["{fhir}"]\n' if fhir else ""
    path = tmp_path / "clients.toml"
    path.write_text(f'[client.north]\nissuer = "https://ehr.north.example"\n{place}\n{servers}')
    settings = settings_of(tmp_path, clients=path, public_url="https://127.0.0.1:1")
    return Patient(settings, load_clients(path))


# ---- the command -----------------------------------------------------------------------------------------------------


def test_a_fresh_machine_is_told_what_to_do_before_patients_come() -> None:
    result = run("--offline")
    assert result.exit_code == 0
    assert "ok    settings        Every variable fits." in result.output
    assert "warn  address         Development mode" in result.output
    assert "-> Name the EHRs that may call in OSTEOHOOKS_CLIENTS" in result.output
    assert "ok    round trip" in result.output
    assert result.output.splitlines()[-1].endswith("0 fail")
    assert run("--offline", "--strict").exit_code == 1
    assert not Path("var").exists(), "nothing is made"


def test_wrong_settings_are_told_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_PORT", "many")
    monkeypatch.setenv("OSTEOHOOKS_LANGUAGES", "fr")
    result = run("--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["level"]) == (1, "fail")
    assert [line["check"] for line in found["lines"]] == ["settings", "settings"]
    assert any("OSTEOHOOKS_PORT must be a whole number" in line["said"] for line in found["lines"])


def test_a_clients_file_that_does_not_fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "clients.toml").write_text("[client.North]\nissuer = 5\n")
    monkeypatch.setenv("OSTEOHOOKS_CLIENTS", str(tmp_path / "clients.toml"))
    result = run("--offline")
    assert result.exit_code == 1
    assert "fail  clients file" in result.output
    assert "osteohooks clients check" in result.output


def test_every_check_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def noting(check: Check) -> Check:
        def noted(patient: Patient) -> Iterator[Line]:
            asked.append(check)
            yield ok("x", "y")

        return noted

    monkeypatch.setattr(cli_doctor, "LOCAL", tuple(map(noting, cli_doctor.LOCAL)))
    monkeypatch.setattr(cli_doctor, "REMOTE", tuple(map(noting, cli_doctor.REMOTE)))
    assert run("--offline").exit_code == 0
    assert asked == [installation.listening, installation.agreements, installation.rules, installation.disk,
                     installation.secrets_are_private, storage.database]  # fmt: skip
    assert run().exit_code == 0
    assert asked[-5:] == [network.keys, network.fhir_servers, launches, network.certificates, network.clock]


def test_a_check_that_breaks_hides_no_other_and_no_value(tmp_path: Path) -> None:
    def broken(patient: Patient) -> Iterator[Line]:
        yield ok("first", "fine")
        raise ValueError("postgresql://osteo:secret@db")

    lines = list(examine(Patient(settings_of(tmp_path)), [broken, lambda _: iter([ok("last", "fine")])]))
    assert [(line.check, line.level) for line in lines] == [
        ("first", Level.OK),
        ("broken", Level.FAIL),
        ("last", Level.OK),
    ]
    assert lines[1].said == "The check itself broke: ValueError."
    assert worst(lines) is Level.FAIL
    assert worst([]) is Level.OK


# ---- this machine ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("address", "warn")]),
        ({"host": "0.0.0.0"}, [("address", "fail")]),
        ({"host": "0.0.0.0", "allow_unauthenticated": True}, [("address", "warn")]),
        ({"clients": Path("c.toml")}, [("address", "ok"), ("public address", "warn")]),
        ({"clients": Path("c.toml"), "host": "0.0.0.0"}, [("address", "ok"), ("public address", "fail")]),
        (
            {"clients": Path("c.toml"), "host": "0.0.0.0", "public_url": "https://cds.example.org"},
            [("address", "ok"), ("public address", "ok")],
        ),
    ],
)
def test_who_can_reach_the_service(tmp_path: Path, given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert levels(installation.listening, Patient(settings_of(tmp_path, **given))) == expected


def test_what_was_agreed(tmp_path: Path) -> None:
    (line,) = lines_of(installation.agreements, agreed(tmp_path, "https://ehr.north.example/fhir"))
    assert (line.level, line.about, line.said) == (Level.OK, "north", "1 FHIR servers.")
    (line,) = lines_of(installation.agreements, agreed(tmp_path))
    assert line.said == "never fetches."
    assert lines_of(installation.agreements, Patient(settings_of(tmp_path))) == []


def test_shipped_patients_that_are_answered_wrongly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Patient(settings_of(tmp_path))
    assert levels(installation.rules, patient) == [("round trip", "ok")]
    monkeypatch.setattr(roundtrip, "CASES", {"lung-zol-all-clear": roundtrip.Expected(frozenset({"ZOL-CI-01"}))})
    (line,) = lines_of(installation.rules, patient)
    assert line.level is Level.FAIL
    assert "lung-zol-all-clear: nothing fired instead of ZOL-CI-01" in line.said


@pytest.mark.parametrize(("free", "level"), [(50 << 20, "fail"), (500 << 20, "warn"), (5 << 30, "ok")])
def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    class Usage:
        pass

    Usage.free = free  # type: ignore[attr-defined]  # all that is looked at
    monkeypatch.setattr(installation.shutil, "disk_usage", lambda _: Usage)
    assert levels(installation.disk, Patient(settings_of(tmp_path))) == [("disk", level)]


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation.os, "access", lambda *_: False)
    assert ("disk", "fail") in levels(installation.disk, Patient(settings_of(tmp_path)))


def test_secrets_others_may_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 40)
    patient = Patient(settings_of(tmp_path, secret_file=tmp_path / "secret"))
    (tmp_path / "secret").chmod(0o640)
    (line,) = lines_of(installation.secrets_are_private, patient)
    assert (line.level, line.remedy) == (Level.WARN, f"chmod 600 {tmp_path / 'secret'}")
    (tmp_path / "secret").chmod(0o600)
    assert levels(installation.secrets_are_private, patient) == [("secret", "ok")]


# ---- the database ----------------------------------------------------------------------------------------------------


def prepared(tmp_path: Path) -> Settings:
    settings = settings_of(tmp_path)
    open_installation(settings, development=True).close(1)
    return settings


def altered(settings: Settings, *statements: str) -> Patient:
    store = open_installation(settings, development=True)
    with store.database.writing() as connection:
        guards = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for statement in (*(f"DROP TRIGGER {guard}" for guard in guards), *statements):
            connection.execute(text(statement))
    store.close(1)
    return Patient(settings)


def test_a_database_that_is_well(tmp_path: Path) -> None:
    found = lines_of(storage.database, Patient(prepared(tmp_path)))
    assert [(line.check, line.level.value) for line in found] == [("database", "ok"), ("log", "ok"), ("log", "ok")]
    assert {line.about for line in found} == {"SQLite", "calls", "feedback"}


def test_tables_of_another_version(tmp_path: Path) -> None:
    patient = altered(prepared(tmp_path), "UPDATE alembic_version SET version_num = '9999'")
    (line,) = lines_of(storage.database, patient)
    assert line.level is Level.WARN
    assert "9999" in line.said


def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    (settings.state_dir / "osteohooks.sqlite3").write_bytes(b"no database" * 1000)
    (line,) = lines_of(storage.database, Patient(settings))
    assert (line.check, line.level) == ("database", Level.FAIL)
    unreachable = settings_of(tmp_path, database="postgresql://osteo:hidden@127.0.0.1:9/osteo")
    (line,) = lines_of(storage.database, Patient(unreachable))
    assert (line.level, line.about) == (Level.FAIL, "PostgreSQL")
    assert "hidden" not in str(line)


def test_no_secret_for_a_log_of_clients(tmp_path: Path) -> None:
    patient = agreed(tmp_path)
    patient.settings.state_dir.mkdir()
    (patient.settings.state_dir / "osteohooks.sqlite3").touch()
    (line,) = lines_of(storage.database, patient)
    assert line.level is Level.FAIL
    assert "no secret" in line.said


def test_an_end_of_the_log_that_was_forged(tmp_path: Path) -> None:
    """The record of the end says there is more than there is; then it is gone."""
    settings = prepared(tmp_path)
    forged = altered(settings, "UPDATE chains SET seq = 7, signature = 'x' WHERE name = 'feedback'")
    found = {line.about: line for line in lines_of(storage.database, forged)}
    assert found["calls"].level is Level.OK
    assert found["feedback"].level is Level.FAIL
    assert "not the one that was signed" in found["feedback"].said
    assert "osteohooks log verify" in found["feedback"].remedy
    gone = altered(settings, "DELETE FROM chains WHERE name = 'feedback'")
    found = {line.about: line for line in lines_of(storage.database, gone)}
    assert found["feedback"].said == "The record of its end is missing."


def test_a_signature_of_the_log_that_was_forged(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    store = open_installation(settings, development=True)
    store.start()
    app = create_app(settings, lambda: scenario("lung-zol-8mg").as_of, store=store)
    body = hook_request_bytes(scenario("lung-zol-8mg"))
    answer = app.test_client().post("/cds-services/bone-order-sign", data=body, content_type="application/json")
    assert answer.status_code == 200
    store.close(5)
    found = {line.about: line for line in lines_of(storage.database, Patient(settings))}
    assert (found["calls"].level, found["calls"].said[:21]) == (Level.OK, "It ends at entry 1, s")
    forged = altered(settings, "UPDATE chains SET signature = 'x' WHERE name = 'calls'")
    found = {line.about: line for line in lines_of(storage.database, forged)}
    assert found["calls"].said == "The signature of its end is forged."
    (settings.state_dir / "secret").write_text("b" * 64 + "\n")
    found = {line.about: line for line in lines_of(storage.database, forged)}
    assert found["calls"].said == "It was signed with another secret."


# ---- others ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "level"),
    [
        (CAPABLE, 200, "ok"),
        ({}, 401, "ok"),
        ({}, 403, "ok"),
        (CAPABLE | {"fhirVersion": "3.0.2"}, 200, "warn"),
        (b"<html>", 200, "fail"),
        ({}, 404, "fail"),
        ({}, 500, "fail"),
        ({}, 302, "fail"),
    ],
)
def test_fhir_servers(tmp_path: Path, body: Any, status: int, level: str) -> None:
    with answering(body, status) as url:
        assert levels(network.fhir_servers, agreed(tmp_path, url)) == [("FHIR server", level)]


def test_a_fhir_server_that_is_not_there(tmp_path: Path) -> None:
    (line,) = lines_of(network.fhir_servers, agreed(tmp_path, "http://127.0.0.1:9/fhir"))
    assert line.level is Level.FAIL
    assert "ConnectionError" in line.said
    assert lines_of(network.fhir_servers, Patient(settings_of(tmp_path))) == []


def test_keys_of_clients(tmp_path: Path) -> None:
    assert levels(network.keys, agreed(tmp_path)) == [("keys", "ok")]
    keys = json.loads((tmp_path / "north.jwks.json").read_text())
    with answering(keys) as url:
        (line,) = lines_of(network.keys, agreed(tmp_path, jwks=url))
        assert (line.level, line.said) == (Level.OK, "1 usable.")
    with answering({"keys": []}) as url:
        assert levels(network.keys, agreed(tmp_path, jwks=url)) == [("keys", "fail")]
    assert levels(network.keys, agreed(tmp_path, jwks="http://127.0.0.1:9/x")) == [("keys", "fail")]


@pytest.mark.parametrize(
    ("apart", "level"), [(0, "ok"), (4, "ok"), (-15, "warn"), (20, "warn"), (120, "fail"), (-3600, "fail")]
)
def test_clocks_that_differ(tmp_path: Path, apart: int, level: str) -> None:
    theirs = format_datetime(datetime.now(UTC) + timedelta(seconds=apart), usegmt=True)
    with answering(CAPABLE, Date=theirs) as url:
        assert levels(network.clock, agreed(tmp_path, url)) == [("clock", level)]


@pytest.mark.parametrize("date", ["soon", ""])
def test_servers_that_do_not_tell_the_time(tmp_path: Path, date: str) -> None:
    with answering(CAPABLE, Date=date) as url:
        (line,) = lines_of(network.clock, agreed(tmp_path, url))
    assert (line.level, line.said) == (Level.WARN, "There is no server to compare with.")
    assert lines_of(network.clock, Patient(settings_of(tmp_path))) == []
    assert levels(network.clock, agreed(tmp_path, "http://127.0.0.1:9")) == [("clock", "warn")]


@pytest.mark.parametrize(
    ("days", "address", "level", "said"),
    [
        (90, "127.0.0.1", "ok", "TLSv1"),
        (10, "127.0.0.1", "warn", "valid until"),
        (-0.5, "127.0.0.1", "fail", "expired"),
        (90, "127.0.0.2", "fail", "mismatch"),
    ],
)
def test_certificates(tmp_path: Path, days: float, address: str, level: str, said: str) -> None:
    path = certificate(tmp_path, days, address)
    with speaking_tls(path) as port:
        settings = settings_of(tmp_path, public_url=f"https://127.0.0.1:{port}", fetch_ca_file=path)
        (line,) = lines_of(network.certificates, Patient(settings))
    assert (line.level.value, line.about) == (level, f"127.0.0.1:{port}")
    assert said in line.said


def test_certificates_nobody_vouches_for(tmp_path: Path) -> None:
    with speaking_tls(certificate(tmp_path)) as port:
        found = lines_of(network.certificates, agreed(tmp_path, f"https://127.0.0.1:{port}/fhir"))
    assert [line.level for line in found] == [Level.FAIL, Level.FAIL]
    assert "No TLS connection" in found[0].said, "nobody listens at the public address"
    assert "OSTEOHOOKS_FETCH_CA_FILE" in found[1].remedy


def test_addresses_without_tls_have_no_certificate(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, public_url="http://127.0.0.1:8080")
    assert lines_of(network.certificates, Patient(settings)) == []


def test_old_tls_is_no_certificate_problem_but_no_connection(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    with speaking_tls(path, ssl.TLSVersion.TLSv1_2) as port:
        settings = settings_of(tmp_path, public_url=f"https://127.0.0.1:{port}", fetch_ca_file=path)
        assert levels(network.certificates, Patient(settings)) == [("certificate", "ok")]
