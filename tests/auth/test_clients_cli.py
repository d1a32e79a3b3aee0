"""``osteohooks clients``: what an engineer types, and what is printed."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.auth import Authenticator, MemoryTokens, utc_now
from cds_service.cli import main
from cds_service.client_row import ClientRow
from cds_service.clients_file import load_clients
from cds_service.errors import Unauthorized
from cds_service.smart.row import SmartRow
from cds_service.trial_keys import NotAKey, make_pair, make_token
from tests.auth.ehr import URL, ec, jwks, key_server, rsa, sent


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["clients", *map(str, arguments)], prog_name="osteohooks")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example as printed, with a key for it."""
    assert run("key", "north", "--folder", tmp_path).exit_code == 0
    (tmp_path / "clients.toml").write_text(run("example").stdout)
    return tmp_path / "clients.toml"


def test_the_example_can_be_used_and_says_what_it_says(example: Path) -> None:
    result = run("check", example)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{example}: 2 clients; discovery is open to everyone." in result.stdout
    for line in (
        "issuer         https://ehr.north.example",
        r"keys           north\.jwks\.json \(ES384 north-[0-9a-f]{8}\)",
        "tenants        hospital-1, hospital-2",
        "languages      fr, en",
        "services       bone-order-select, bone-order-sign, bone-patient-view",
        "silent         AR-DENTAL-01, bone-patient-view",
        "rate limit     600 calls a minute",
        r"keys           shipped with the preset \(ES384 44823f3d",
        "tenants        none: a token must not name one",
        "NOTE           everybody can sign as the public sandbox",
    ):
        assert re.search(line, result.stdout), line


def test_every_key_is_in_the_example(example: Path) -> None:
    text = example.read_text()
    keys = {*ClientRow.model_fields, *SmartRow.model_fields} - {"silent", "smart"}
    assert [key for key in keys if not re.search(rf"^(# )?{key} = ", text, re.MULTILINE)] == []
    assert "[client.north.silent]" in text
    assert "[client.north.smart]" in text
    policy = 'id = "north"\n[[version]]\nfrom = 2026-01-01\napproved_by = "Dr A."\napproved_on = 2025-12-01\n'
    for name, content in (("policy.toml", policy), ("laboratory.csv", "system,code,concept\n"), ("capture.key", "")):
        (example.parent / name).write_text(content)
        (example.parent / name).chmod(0o600)
    example.write_text(re.sub(r"^# (policy|code_maps|ward|capture_key_file) =", r"\1 =", text, flags=re.MULTILINE))
    printed = run("check", example).stdout
    assert "policy.toml" in printed
    assert "laboratory.csv" in printed
    assert "onco-2" in printed
    assert "kept, encrypted" in printed


def test_a_policy_or_a_code_map_that_must_not_be_used_is_told(example: Path) -> None:
    (example.parent / "policy.toml").write_text("id = 7")
    (example.parent / "laboratory.csv").write_text("code\n")
    example.write_text(re.sub(r"^# (policy|code_maps) =", r"\1 =", example.read_text(), flags=re.MULTILINE))
    checked = run("check", example)
    assert (checked.exit_code, checked.stdout) == (1, "")
    assert "policy.toml: id must be text in quotes." in checked.stderr
    assert "laboratory.csv: its heading lacks system, concept" in checked.stderr


@pytest.mark.parametrize("ward", ["Mme Dupont", "123456", ""])
def test_a_ward_is_a_short_code(example: Path, ward: str) -> None:
    example.write_text(example.read_text().replace('# ward = "onco-2"', f'ward = "{ward}"'))
    checked = run("check", example)
    assert checked.exit_code == 1
    assert "ward: is no short code" in checked.stderr


def test_a_file_that_cannot_be_used(example: Path) -> None:
    example.write_text(example.read_text().replace("issuer", "isuer").replace('"fr"', '"de"'))
    result = run("check", example)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 4
    assert "did you mean issuer?" in result.stderr


def test_everything_silent_and_nothing_on(tmp_path: Path) -> None:
    (tmp_path / "n.json").write_bytes(jwks(ec("n1"), rsa("n2")))
    rows = 'issuer = "a"\njwks_file = "n.json"\nservices = []\nsilent.everything = true\n'
    (tmp_path / "clients.toml").write_text(f"open_discovery = false\n[client.a]\n{rows}")
    printed = run("check", tmp_path / "clients.toml").stdout
    assert "1 client; discovery is for clients only." in printed
    assert "keys           n.json (ES384 n1, RS384 n2)" in printed
    assert "services       none" in printed
    assert "silent         everything" in printed


def test_keys_at_an_address_are_read_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    with key_server(jwks(ec("n1"))) as server:
        file.write_text(f'[client.a]\nissuer = "a"\njwks_url = "{server.url}"\n')
        assert "(read when needed)" in run("check", file).stdout
        assert server.asked == 0
        result = run("check", file, "--fetch")
        assert (result.exit_code, server.asked) == (0, 1)
        assert "read now       ES384 n1" in result.stdout
        server.status = 404
        result = run("check", file, "--fetch")
        assert result.exit_code == 1
        assert "NOT READ       the server answers with status 404" in result.stdout
    result = run("check", file, "--fetch")
    assert result.exit_code == 1
    assert "NOT READ       ConnectionError" in result.stdout


def test_a_trial_key_and_its_token_are_believed(example: Path) -> None:
    private = example.parent / "north.private.json"
    assert private.stat().st_mode & 0o077 == 0
    assert "d" not in json.loads((example.parent / "north.jwks.json").read_text())["keys"][0]
    by = Authenticator(load_clients(example).registrations(), MemoryTokens())
    options = ("--key", private, "--issuer", "https://ehr.north.example")
    printed = run("token", URL, *options, "--tenant", "hospital-1").stdout.strip()
    assert by.verify(sent(printed), URL).key == "north/hospital-1"
    with pytest.raises(Unauthorized):
        by.verify(sent(run("token", URL, *options).stdout.strip()), URL)
    late = make_token(private, "https://ehr.north.example", URL, utc_now(), "hospital-1", timedelta(hours=2))
    with pytest.raises(Unauthorized):
        by.verify(sent(late), URL)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    make_pair("a", tmp_path)
    before = (tmp_path / "a.private.json").read_bytes()
    result = run("key", "a", "--folder", tmp_path)
    assert result.exit_code == 1
    assert "the keys cannot be written: File exists" in result.stderr
    assert (tmp_path / "a.private.json").read_bytes() == before


@pytest.mark.parametrize("name", ["", "../a", "a b", "-"])
def test_odd_names_of_keys(tmp_path: Path, name: str) -> None:
    result = run("key", "--folder", tmp_path, "--", name)
    assert result.exit_code == 2
    assert "use letters, digits, - and _" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", "5", '{"kty": "EC"}', "public", "P-256", "rsa"])
def test_what_is_no_private_key(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key.json"
    keys = {
        "public": ec("n1").as_dict(private=False),
        "P-256": ec("p", "P-256").as_dict(private=True),
        "rsa": rsa("n2").as_dict(private=True),
    }
    file.write_text(json.dumps(keys[content]) if content in keys else content)
    with pytest.raises(NotAKey):
        make_token(file, "a", URL, utc_now())
    for named in (file, tmp_path / "none"):
        result = run("token", URL, "--key", named, "--issuer", "a")
        assert result.exit_code == 1
        assert "--key must name a private key" in result.stderr
