"""The clients file: what is understood, and for every mistake a sentence that says which client, which key, what is
wrong and what to write instead; all of them at once, and never a value that might be a secret.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.client_row import PRESETS, RULES, WRITE, ClientRow, Problem, SilentRow
from cds_service.clients import Client, Silence
from cds_service.clients_file import BadClients, ClientsFile, load_clients
from cds_service.smart.row import SmartRow
from hooks.services import services
from tests.auth.ehr import ec, jwks, rsa

NORTH = 'issuer = "https://ehr.north.example"\njwks_file = "north.jwks.json"\n'
SOUTH = 'issuer = "https://ehr.south.example"\njwks_url = "https://ehr.south.example/jwks.json"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "north.jwks.json").write_bytes(jwks(ec("n1"), rsa("n2")))
    (tmp_path / "private.json").write_text(json.dumps({"keys": [ec("n1").as_dict(private=True)]}))
    for name in ("policy.toml", "laboratory.csv", "capture.key"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "open.key").write_text("x")
    (tmp_path / "open.key").chmod(0o644)
    (tmp_path / "folder").mkdir()
    return tmp_path


def load(folder: Path, text: str | bytes) -> ClientsFile:
    file = folder / "clients.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_clients(file)


def north(folder: Path, more: str = "", rows: str = NORTH) -> ClientsFile:
    return load(folder, f"[client.north]\n{rows}{more}\n")


def said(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(BadClients) as stop:
        load(folder, text)
    assert str(stop.value).splitlines()[0] == f"The clients file {folder / 'clients.toml'} cannot be used."
    return [str(problem) for problem in stop.value.problems]


# ---- what is understood ----------------------------------------------------------------------------------------------


def test_the_shortest_client(folder: Path) -> None:
    found = north(folder)
    assert found.open_discovery is True
    (agreement,) = found.agreements
    assert agreement.client == Client("north", "https://ehr.north.example")
    assert set(agreement.place.keys or {}) == {("n1", "ES384"), ("n2", "RS384")}
    assert found.notes == ()
    (registration,) = found.registrations()
    assert registration.client is agreement.client
    assert registration.keys.find("n1", "ES384") is not None
    assert registration.keys.find("n1", "RS384") is None


def test_every_key(folder: Path) -> None:
    found = load(
        folder,
        f"""
        open_discovery = false
        [client.north]
        {NORTH}
        tenants = ["a", "b"]
        fhir_servers = ["https://ehr.north.example/fhir/", "http://10.0.0.5:8080/fhir"]
        languages = ["fr", "en"]
        edition = "aura-earlier"
        services = ["bone-order-sign"]
        policy = "policy.toml"
        code_maps = ["laboratory.csv"]
        cors_origins = ["https://ehr.north.example", "http://localhost:3000"]
        rate_limit = 600
        capture_key_file = "capture.key"
        [client.north.silent]
        everything = false
        services = ["bone-patient-view"]
        rules = ["ZOL-DOSE-01"]
        [client.south]
        {SOUTH}
        """,
    )
    assert found.open_discovery is False
    client, south = (agreement.client for agreement in found.agreements)
    assert client == Client(
        id="north",
        issuer="https://ehr.north.example",
        tenants=frozenset({"a", "b"}),
        fhir_servers=("https://ehr.north.example/fhir", "http://10.0.0.5:8080/fhir"),
        edition="aura-earlier",
        languages=("fr", "en"),
        services=frozenset({"bone-order-sign"}),
        silence=Silence(False, frozenset({"bone-patient-view"}), frozenset({"ZOL-DOSE-01"})),
        policy=str(folder / "policy.toml"),
        code_maps=(str(folder / "laboratory.csv"),),
        cors_origins=("https://ehr.north.example", "http://localhost:3000"),
        rate_limit=600,
        capture_key=str(folder / "capture.key"),
    )
    assert south == Client("south", "https://ehr.south.example")
    assert found.agreements[1].place.keys is None, "read at the first call"
    assert found.cors_origins == client.cors_origins
    assert found.notes == ("north: a FHIR server is reached without encryption (http://)",)


def test_the_public_sandbox(folder: Path) -> None:
    found = load(folder, '[client.sandbox]\npreset = "cds-hooks-sandbox"')
    (agreement,) = found.agreements
    assert agreement.client == Client(
        "sandbox", "https://sandbox.cds-hooks.org", cors_origins=("https://sandbox.cds-hooks.org",)
    )
    assert set(agreement.place.keys or {}) == {("44823f3d-0b01-4a6c-a80e-b9d3e8a7226f", "ES384")}
    assert agreement.place.is_preset
    assert "its private key is published: synthetic patients only" in found.notes[0]


def test_a_preset_gives_way_to_what_is_said(folder: Path) -> None:
    sandbox = '[client.sandbox]\npreset = "cds-hooks-sandbox"\n'
    (agreement,) = load(folder, f'{sandbox}jwks_file = "north.jwks.json"\nlanguages = ["fr"]').agreements
    assert set(agreement.place.keys or {}) == {("n1", "ES384"), ("n2", "RS384")}
    assert agreement.client.languages == ("fr",)
    url = "https://sandbox.cds-hooks.org/.well-known/jwks.json"
    (agreement,) = load(folder, f'{sandbox}jwks_url = "{url}"').agreements
    assert (agreement.place.name, agreement.place.keys) == (url, None)


def test_every_preset_can_be_used(folder: Path) -> None:
    for preset in PRESETS:
        assert load(folder, f'[client.a]\npreset = "{preset}"').notes


def test_what_the_operator_should_know(folder: Path) -> None:
    (folder / "mixed.json").write_text(
        json.dumps(
            {"keys": [ec("n1").as_dict(private=False), ec("p", "P-256").as_dict(private=False) | {"alg": "ES256"}]}
        )
    )
    rows = NORTH.replace("north.jwks.json", "mixed.json")
    assert north(folder, "services = []\nsilent.everything = true", rows).notes == (
        "north: mixed.json: key 2 is for another algorithm than ES384 and RS384, and is left aside",
        "north: no service is on",
        "north: silent: everything is computed and no card is shown",
    )


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("isuer = 1", "isuer: is not a key of a client: did you mean issuer?"),
        ("jwks = 1", "jwks: is not a key of a client: did you mean jwks_url?"),
        ("jku = 'x'", "jku: is not a key of a client: there are preset, issuer, jwks_file"),
        ("silent.rule = []", "silent.rule: is not a key of a client: did you mean rules?"),
        ("preset = 'cds-hook-sandbox'", "preset: is not a known preset: did you mean cds-hooks-sandbox?"),
        ("preset = 5", "preset: must be a preset there is, as in preset = "),
        ("tenants = 'a'", 'tenants: must be a list of texts, as in tenants = ["hospital-1"]'),
        ("tenants = [5]", "tenants (item 1): must be a list of texts"),
        ("tenants = ['a', ' ']", "tenants (item 2): is blank"),
        ("tenants = ['a ']", "tenants (item 1): is blank, too long, or has spaces around it."),
        ("fhir_servers = ['ehr.example/fhir']", "fhir_servers (item 1): is not an address"),
        ("fhir_servers = ['ftp://ehr.example']", "fhir_servers (item 1): is not an address"),
        ("fhir_servers = ['https://']", "fhir_servers (item 1): is not an address"),
        ("fhir_servers = ['https://[x']", "fhir_servers (item 1): is not an address."),
        ("fhir_servers = ['https://u:p@ehr.example']", "fhir_servers (item 1): has a user"),
        ("fhir_servers = ['https://ehr.example/?a=b']", "fhir_servers (item 1): has a user"),
        ("fhir_servers = ['https://ehr.example/a b']", "fhir_servers (item 1): has a user"),
        ("fhir_servers = ['https://ehr.example:0/']", "fhir_servers (item 1): is not an address"),
        ("fhir_servers = ['https://ehr.example:x/']", "fhir_servers (item 1): is not an address"),
        ("languages = ['de']", "languages (item 1): is not a known language: there are en, fr."),
        ("languages = 'fr'", "languages: must be a list of en, fr"),
        ("edition = 'aura-2025'", "edition: is not a known edition: did you mean aura-2026?"),
        (
            "services = ['bone-order-sing']",
            "services (item 1): is not a known service: did you mean bone-order-sign?",
        ),
        ("services = ['x']", "services (item 1): is not a known service: there are bone-order-sign, "),
        ("services = true", "services: must be a list of the services that are on"),
        ("policy = 'none.toml'", "policy: names a file that cannot be opened (No such file or directory)"),
        ("code_maps = ['folder']", "code_maps (item 1): names a file that cannot be opened (Is a directory)"),
        ("fhir_servers = ['https://ehr.example/fhir/../x']", "fhir_servers (item 1): is not the base of a FHIR server"),
        ('policy = "a\\u0000b"', "policy: names a file that cannot be opened (no path)"),
        ("code_maps = ['laboratory.csv', 'none.csv']", "code_maps (item 2): names a file that cannot be opened"),
        ("cors_origins = ['*']", "cors_origins (item 1): is not an origin"),
        ("cors_origins = ['https://ehr.example/']", "cors_origins (item 1): is not an origin"),
        ("rate_limit = 0", "rate_limit: must be a whole number of calls a minute"),
        ("rate_limit = '600'", "rate_limit: must be a whole number of calls a minute"),
        ("rate_limit = true", "rate_limit: must be a whole number of calls a minute"),
        ("capture_key_file = 'none'", "capture_key_file: names a file that cannot be opened"),
        ("capture_key_file = 'open.key'", "capture_key_file: names a secret file that other users"),
        ("silent = true", "silent: must be everything = true, or services"),
        ("silent.everything = 'yes'", "silent.everything: must be everything = true or everything = false"),
        (
            "silent.services = ['bone-order-sing']",
            "silent.services (item 1): is not a known service: did you mean bone",
        ),
        ("silent.rules = ['ZOL-DOSE-1']", "silent.rules (item 1): is not a known rule: did you mean ZOL-DOSE-01?"),
        ("silent.rules = ['x']", "silent.rules (item 1): is not a known rule: osteohooks catalogue lists them."),
        ("silent.rules = 'ZOL-DOSE-01'", "silent.rules: must be a list of rules"),
        ("jwks_url = 'https://ehr.example/jwks.json'", "jwks_file and jwks_url: keys come from one place"),
    ],
)
def test_a_wrong_key(folder: Path, more: str, sentence: str) -> None:
    (found,) = said(folder, f"[client.north]\n{NORTH}{more}")
    assert found.startswith(f'client "north", {sentence}')


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("jwks_file = 'north.jwks.json'", 'issuer: is missing. Write the "iss" of its tokens, as in issuer = "https'),
        ("issuer = 5\njwks_file = 'north.jwks.json'", 'issuer: must be the "iss" of its tokens'),
        ("issuer = ''\njwks_file = 'north.jwks.json'", "issuer: is blank"),
        ("issuer = 'a'", "jwks_file or jwks_url: a client needs its public keys. Write the file with its public keys"),
        ("issuer = 'a'\njwks_file = 'none.json'", "jwks_file: names a file that cannot be opened (No such file"),
        ("issuer = 'a'\njwks_file = 'folder'", "jwks_file: names a file that cannot be opened (Is a directory)"),
        ("issuer = 'a'\njwks_file = 'policy.toml'", "jwks_file: it is not JSON."),
        (
            "issuer = 'a'\njwks_file = 'private.json'",
            "jwks_file: key 1 holds a PRIVATE or secret key: whoever has read",
        ),
        ("issuer = 'a'\njwks_file = 5", "jwks_file: must be the file with its public keys"),
        ("issuer = 'a'\njwks_url = 5", "jwks_url: must be an https address"),
        (
            "issuer = 'a'\njwks_url = 'http://ehr.example/jwks'",
            "jwks_url: is not encrypted: it must begin with https://",
        ),
        ("issuer = 'a'\njwks_url = 'http://10.0.0.1/jwks'", "jwks_url: is not encrypted"),
        ("issuer = 'a'\njwks_url = 'file:///etc/passwd'", "jwks_url: is not an address"),
    ],
)
def test_a_wrong_client(folder: Path, rows: str, sentence: str) -> None:
    (found,) = said(folder, f"[client.north]\n{rows}")
    assert found.startswith(f'client "north", {sentence}')


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["client: there is none: begin one with [client.NAME], a short name of your own."]),
        ("[client]", ["client: there is none"]),
        ("client = 5", ["client: there is none"]),
        ("[clients.north]", ["clients: is not a key of this file: did you mean client?", "client: there is none"]),
        (f"open_discovery = 'no'\n[client.a]\n{NORTH}", ["open_discovery: must be true or false."]),
        (
            f"opendiscovery = true\n[client.a]\n{NORTH}",
            ["opendiscovery: is not a key of this file: did you mean open_dis"],
        ),
        ("client.north = 5", ['client "north": must be a table: write [client.north] above its keys.']),
        ("[client.North]", ["client number 1: its name must be at most 63 of a to z"]),
        (f"[client.{'a' * 64}]", ["client number 1: its name must be"]),
        ("[client.development]", ["client number 1: its name must be"]),
        ("[client.unknown]", ["client number 1: its name must be"]),
        ("[client.'a b']", ["client number 1: its name must be"]),
        ("[client.north\n", ["line 1, column 14: is not TOML."]),
        ("[client.north]\nissuer = x", ["line 2, column 10: is not TOML."]),
        ("[client.north]\nissuer = 'secret", ["end of document: is not TOML."]),
        ("a = 1\na = 2", ["end of document: is not TOML."]),
        (b"\xff\xfe", ["file: is not text in UTF-8."]),
    ],
)
def test_a_wrong_file(folder: Path, text: str | bytes, sentences: list[str]) -> None:
    found = said(folder, text)
    assert len(found) == len(sentences)
    assert all(one.startswith(sentence) for one, sentence in zip(found, sentences, strict=True)), found


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadClients, match=r"file: cannot be read: No such file or directory\."):
        load_clients(tmp_path / "none.toml")
    with pytest.raises(BadClients, match=r"file: cannot be read: Is a directory\."):
        load_clients(tmp_path)


def test_all_that_is_wrong_is_said_at_once(folder: Path) -> None:
    found = said(
        folder,
        """
        open_discovery = 1
        [client.north]
        isuer = "a"
        jwks_file = "private.json"
        languages = ["en", "de"]
        silent.rules = ["ZOL-DOSE-1"]
        [client.south]
        issuer = "b"
        edition = "x"
        [client."x y"]
        """,
    )
    starts = [one.split(":")[0] for one in found]
    assert starts == [
        "open_discovery",
        'client "north", issuer',
        'client "north", languages (item 2)',
        'client "north", silent.rules (item 1)',
        'client "north", isuer',
        'client "north", jwks_file',
        'client "south", edition',
        'client "south", jwks_file or jwks_url',
        "client number 3",
    ]


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        ("", "", True),
        ("tenants = ['a']", "tenants = ['b']", False),
        ("tenants = ['a', 'b']", "tenants = ['c', 'b']", True),
        ("", "tenants = ['b']", False),
        ("tenants = ['*']", "tenants = ['*']", True),
        ("tenants = ['*']", "tenants = ['a']", False),
    ],
)
def test_a_token_belongs_to_one_client(folder: Path, first: str, second: str, fault: bool) -> None:
    text = f"[client.one]\n{NORTH}{first}\n[client.two]\n{NORTH}{second}\n"
    if not fault:
        assert len(load(folder, text).agreements) == 2
        return
    assert said(folder, text) == [
        'client "two", issuer and tenants: a token of client "one" would fit it too: give each tenants of its own.'
    ]


SECRET = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDC"


@pytest.mark.parametrize("key", [*ClientRow.model_fields, *(f"silent.{name}" for name in SilentRow.model_fields)])
@pytest.mark.parametrize("form", ['"{}"', '["{}"]', '"-----BEGIN PRIVATE KEY-----\\n{}"', '{{ x = "{}" }}'])
def test_a_secret_in_the_wrong_place_is_not_repeated(folder: Path, key: str, form: str) -> None:
    rows = "".join(line + "\n" for line in NORTH.splitlines() if not line.startswith(f"{key} "))
    try:
        found = "\n".join(said(folder, f"[client.north]\n{rows}{key} = {form.format(SECRET)}\n"))
    except pytest.fail.Exception:
        assert key in ("issuer", "tenants"), "any text will do there"
        return
    assert SECRET not in found


def test_what_to_write_is_known_for_every_key() -> None:
    nested = {f"silent.{name}" for name in SilentRow.model_fields} | {f"smart.{name}" for name in SmartRow.model_fields}
    assert {*ClientRow.model_fields, *nested} == set(WRITE)
    assert all(f'"{service.id}"' in WRITE[key] for service in services()[:1] for key in ("services", "silent.services"))
    assert "ZOL-DOSE-01" in RULES


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        "true",
        "5",
        "1.5",
        "''",
        "'x'",
        "[]",
        "['x']",
        "[5]",
        "[[]]",
        "{}",
        "{a=1}",
        "2026-01-01",
        "'https://a.example'",
        "nan",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*WRITE, "open_discovery", "other"]), VALUES, max_size=5))
def test_any_file_is_understood_or_refused_with_sentences(rows: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as made:
        text = "[client.north]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items())
        found: tuple[Problem, ...] = ()
        try:
            load(Path(made), text)
        except BadClients as error:
            found = error.problems
        assert all(problem.what.endswith((".", "?")) for problem in found), found
