"""``[client.NAME.smart]``: what is understood, and what a hospital engineer is told when it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey, OctKey, RSAKey

from cds_service.cli import main
from cds_service.client_row import WRITE
from cds_service.clients import SmartApp
from cds_service.clients_file import Agreement, BadClients, load_clients
from cds_service.smart.refusals import SmartRefusal
from cds_service.smart.registry import Registry
from cds_service.smart.row import SmartRow

FHIR = "https://ehr.example.org/fhir"
LEAST = f'[client.north]\nfhir_servers = ["{FHIR}"]\n[client.north.smart]\nclient_id = "osteohooks"\n'


EC, RSA = ECKey.generate_key("P-384", {"kid": "a"}), RSAKey.generate_key(2048, {"kid": "b"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    private(tmp_path, "ec.json", EC.as_dict(private=True))
    private(tmp_path, "rsa.json", RSA.as_dict(private=True))
    private(tmp_path, "curve.json", ECKey.generate_key("P-256", {"kid": "a"}).as_dict(private=True))
    private(tmp_path, "short.json", {**RSA.as_dict(private=True), "n": 42 * "d3d3"})
    private(tmp_path, "public.json", EC.as_dict(private=False))
    private(tmp_path, "nameless.json", {**EC.as_dict(private=True), "kid": ""})
    private(tmp_path, "oct.json", OctKey.generate_key(256).as_dict())
    private(tmp_path, "secret", "sesame\n")
    private(tmp_path, "two-words", "open sesame")
    private(tmp_path, "accent", "sésame")
    private(tmp_path, "empty", "")
    private(tmp_path, "open", "sesame").chmod(0o644)
    return tmp_path


def private(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    path.chmod(0o600)
    return path


def read(folder: Path, text: str) -> Agreement:
    (folder / "clients.toml").write_text(text, "utf-8")
    return load_clients(folder / "clients.toml").agreements[0]


def app(folder: Path, more: str = "") -> SmartApp:
    found = read(folder, LEAST + more).client.smart
    assert found is not None
    return found


def test_the_shortest(folder: Path) -> None:
    agreement = read(folder, LEAST)
    assert agreement.client.smart == SmartApp(FHIR, "osteohooks", lasts=240 * 60, idle=30 * 60)
    assert (agreement.client.issuer, agreement.place) == (None, None)
    assert agreement.notes == ("it may launch the app and call no service, for it has no issuer and no keys",)
    assert load_clients(folder / "clients.toml").registrations() == ()


def test_everything(folder: Path) -> None:
    more = """
        client_secret_file = "secret"
        fhir_server = "https://ehr.example.org/fhir/tenant-1"
        scopes = ["openid", "fhirUser", "patient/*.rs"]
        authorization_servers = ["https://login.example.org/"]
        issuer = "https://login.example.org/issuer"
        frame_ancestors = ["https://ehr.example.org"]
        session_minutes = 60
        idle_minutes = 5
    """
    assert app(folder, more) == SmartApp(
        fhir_server=f"{FHIR}/tenant-1",
        client_id="osteohooks",
        secret="sesame",
        scopes=("openid", "fhirUser", "patient/*.rs"),
        authorization_servers=("https://login.example.org",),
        issuer="https://login.example.org/issuer",
        frame_ancestors=("https://ehr.example.org",),
        lasts=3600,
        idle=300,
    )


@pytest.mark.parametrize(("file", "kind"), [("ec.json", ECKey), ("rsa.json", RSAKey)])
def test_a_key_of_its_own(folder: Path, file: str, kind: type) -> None:
    found = app(folder, f'private_key_file = "{file}"')
    assert isinstance(found.key, kind)
    assert "key" not in repr(found)


def test_no_secret_is_shown(folder: Path) -> None:
    assert "sesame" not in repr(app(folder, 'client_secret_file = "secret"'))


@pytest.mark.parametrize(
    ("more", "where", "says"),
    [
        ('fhir_server = "http://ehr.example.org/fhir"', "fhir_server", "is not encrypted"),
        ('fhir_server = "https://ehr.example.org/other"', "fhir_server", "is not among the fhir_servers of the client"),
        ("fhir_server = 7", "fhir_server", "must be the FHIR base address the EHR sends"),
        ("client_secret = 'x'", "client_secret", "did you mean client_secret_file?"),
        ("client_secret_file = 'nowhere'", "client_secret_file", "names a file that cannot be opened"),
        ("client_secret_file = 'open'", "client_secret_file", "other users of this machine can read: chmod 600 it"),
        ("client_secret_file = 'two-words'", "client_secret_file", "holds no client secret"),
        ("client_secret_file = 'accent'", "client_secret_file", "holds no client secret"),
        ("client_secret_file = 'empty'", "client_secret_file", "holds no client secret"),
        ("private_key_file = 'secret'", "private_key_file", "is no JWK with an EC or RSA key"),
        ("private_key_file = 'oct.json'", "private_key_file", "is no JWK with an EC or RSA key"),
        ("private_key_file = 'public.json'", "private_key_file", 'must hold a private key with a "kid"'),
        ("private_key_file = 'nameless.json'", "private_key_file", 'must hold a private key with a "kid"'),
        ("private_key_file = 'curve.json'", "private_key_file", "must hold a key on P-384"),
        ("private_key_file = 'short.json'", "private_key_file", "at least 2048 bits"),
        (
            "private_key_file = 'ec.json'\nclient_secret_file = 'secret'",
            "client_secret_file and private_key_file",
            "the app proves itself in one way: leave one out.",
        ),
        ("scopes = ['patient/*.rs openid']", "scopes (item 1)", "must be one word of plain letters"),
        ("scopes = 'openid'", "scopes", "must be a list of scopes"),
        ("authorization_servers = ['http://x.example']", "authorization_servers (item 1)", "is not encrypted"),
        ("issuer = 'login'", "issuer", "is not an address"),
        ("frame_ancestors = ['*']", "frame_ancestors (item 1)", "is not an origin"),
        ("frame_ancestors = ['https://a.example/']", "frame_ancestors (item 1)", "is not an origin"),
        ("session_minutes = 4", "session_minutes", "must be whole minutes from 5 to 1440"),
        ("session_minutes = 1441", "session_minutes", "must be whole minutes from 5 to 1440"),
        ("idle_minutes = 0", "idle_minutes", "must be whole minutes from 1 to 240"),
        ("idle_minutes = true", "idle_minutes", "must be whole minutes from 1 to 240"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, more: str, where: str, says: str) -> None:
    with pytest.raises(BadClients) as refusal:
        app(folder, more)
    assert [str(problem).partition(": ")[0] for problem in refusal.value.problems] == [f'client "north", smart.{where}']
    assert says in str(refusal.value)
    assert "sesame" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            LEAST.replace('client_id = "osteohooks"', ""),
            "smart.client_id: is missing. Write the id the EHR gave the app",
        ),
        (LEAST.replace('"osteohooks"', '""'), "smart.client_id: must be one word"),
        (LEAST.replace(f'"{FHIR}"', ""), "smart.fhir_server: is missing: the client has not one of fhir_servers"),
        (
            LEAST.replace(f'"{FHIR}"', f'"{FHIR}", "https://b.example"'),
            "smart.fhir_server: is missing: the client has not one of fhir_servers",
        ),
        (LEAST.replace("https", "http"), "smart.fhir_server: is not encrypted"),
        ('[client.north]\nsmart = "yes"', "smart: must be fhir_server and client_id, below [client.NAME.smart]"),
        (LEAST.replace("[client.north.smart]", 'issuer = "x"\n[client.north.smart]'), "a client needs its public keys"),
        ('[client.north]\nfhir_servers = ["https://x.example"]', "a client needs its public keys"),
        (LEAST.replace("[client.north.smart]", "[client.north.samrt]"), "did you mean smart?"),
    ],
)
def test_what_else_is_wrong(folder: Path, text: str, says: str) -> None:
    with pytest.raises(BadClients) as refusal:
        read(folder, text)
    assert says in str(refusal.value)


def test_every_key_says_what_to_write() -> None:
    assert {name.removeprefix("smart.") for name in WRITE if name.startswith("smart.")} == set(SmartRow.model_fields)


def test_the_public_launcher_in_two_lines(folder: Path) -> None:
    agreement = read(folder, '[client.launcher]\npreset = "smart-app-launcher"')
    assert agreement.client.smart is not None
    assert agreement.client.smart.fhir_server == "https://launch.smarthealthit.org/v/r4/fhir"
    assert "synthetic patients only" in agreement.notes[0]


LAUNCHER = "https://launch.smarthealthit.org/v/r4"
SIM = "WzMsIjg3YTMzOWQwLThjYWUtNDE4ZS04OWM3LTg2NTFlNmFhYjNjNiIsIiIsIkFVVE8iLDAsMCwwLCIiLCIiLCIiLCIiLCIiLCIiLCIiLDAsMV0"


def test_the_public_launcher_launches_from_a_chart_and_alone(folder: Path) -> None:
    """It sends its own FHIR base from a chart; alone it shows one that holds what was chosen there."""
    client = read(folder, '[client.launcher]\npreset = "smart-app-launcher"').client
    registry = Registry([client])
    for fhir in (f"{LAUNCHER}/fhir", f"{LAUNCHER}/sim/{SIM}/fhir"):
        assert [each.url for each in (registry.launching(fhir)[1], registry.alone(None, fhir)[1])] == [fhir, fhir]
        assert registry.find("launcher", fhir) == client
    assert registry.alone("launcher", None)[1].url == f"{LAUNCHER}/fhir"
    for elsewhere in (
        "https://launch.smarthealthit.org/v/r3/fhir",
        f"http://launch.smarthealthit.org/v/r4/sim/{SIM}/fhir",
    ):
        with pytest.raises(SmartRefusal):
            registry.launching(elsewhere)


def test_another_server_of_the_client_does_not_launch_the_app(folder: Path) -> None:
    text = LEAST.replace(f'["{FHIR}"]', f'["{FHIR}", "https://ehr.example.org/archive"]')
    client = read(folder, text + f'fhir_server = "{FHIR}"\n').client
    with pytest.raises(SmartRefusal):
        Registry([client]).launching("https://ehr.example.org/archive")


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ("", f"osteohooks at {FHIR}, proved by nothing (a public app)"),
        ('client_secret_file = "secret"', "proved by a secret"),
        ('private_key_file = "ec.json"', "proved by a key of its own"),
    ],
)
def test_the_command_line_shows_what_was_understood(folder: Path, more: str, shown: str) -> None:
    private(folder, "clients.toml", LEAST + more)
    result = CliRunner().invoke(main, ["clients", "check", str(folder / "clients.toml"), "--fetch"])
    assert result.exit_code == 0, result.output
    assert shown in result.output
    assert "none: it calls no service" in result.output
    assert "sesame" not in result.output


def test_the_command_line_says_where_the_app_cannot_be_launched(folder: Path) -> None:
    CliRunner().invoke(main, ["clients", "key", "north", "--folder", str(folder)])
    text = '[client.north]\nissuer = "https://ehr.example.org"\njwks_file = "north.jwks.json"'
    private(folder, "clients.toml", text)
    result = CliRunner().invoke(main, ["clients", "check", str(folder / "clients.toml")])
    assert "cannot be launched" in result.output
