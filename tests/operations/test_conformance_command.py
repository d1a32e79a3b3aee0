"""``osteohooks conformance``: our own service against every row it can be asked, and what the command says and returns."""

import json
import os
import ssl
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey, RSAKey

from cds_service.cli import main
from cds_service.conformance import strict, web
from cds_service.conformance.caller import may_be_asked
from cds_service.conformance.jwt import Signer, read_signer
from cds_service.conformance.report import as_json, as_junit, as_text, printable
from cds_service.conformance.results import Findings, Status, rows
from cds_service.conformance.results import Result as Judged
from cds_service.conformance.run import check
from cds_service.conformance.target import Options, Target
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from tests.operations.certificates import certificate, speaking_tls
from tests.operations.model.breaks import card
from tests.operations.model.service import Model, serving
from tests.service.test_server import free_port
from tests.service.test_server import serving as serving_ours

EHR = "https://ehr.example.org"
UNSEEN = {  # there is nothing to look at: no links, no system actions, no icon, no second page, no TLS, no tenant
    "DISC-11", "PRE-05", "CARD-12", "SRC-03", "SYS-01", "SYS-02", "SYS-03", "LINK-01", "LINK-02", "LINK-03", "LINK-04",
    "LINK-05", "LINK-06", "SEC-01", "INF-01", "INF-05", "JWT-17",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)


def wrong(results: Iterable[Judged]) -> list[str]:
    """What was found, apart from how long this machine took."""
    bad = [one for one in results if one.status in (Status.FAIL, Status.WARN) and not one.row.id.startswith("PERF-")]
    return [f"{one.row.id} {one.status}: {one.why}" for one in bad]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["conformance", *arguments], prog_name="osteohooks")


def test_our_own_service_does_all_it_shall_and_should() -> None:
    """The real server, as it is delivered, with the shipped patients."""
    with serving_ours() as server:
        results = check(Options(server.url, pace=0.0, patients=2), date.today())
    assert not wrong(results)
    assert sum(one.status is Status.PASS for one in results) >= 115


def test_our_own_service_does_so_for_a_known_client_and_with_a_fhir_server(tmp_path: Path) -> None:
    """As a hospital runs it: tokens are asked for, missing data are fetched, feedback is kept."""
    signers = [Signer(ECKey.generate_key("P-384"), EHR, "ec"), Signer(RSAKey.generate_key(2048), EHR, "rsa")]
    public = [signer.key.as_dict(private=False) | {"kid": signer.kid, "alg": signer.algorithm} for signer in signers]
    (tmp_path / "ehr.jwks.json").write_text(json.dumps({"keys": public}))
    fhir = free_port()
    clients = tmp_path / "clients.toml"
    clients.write_text(
        f'[client.ehr]\nissuer = "{EHR}"\njwks_file = "ehr.jwks.json"\nfhir_servers = ["http://127.0.0.1:{fhir}"]\n'
        'cors_origins = ["https://sandbox.cds-hooks.org"]\n'
    )
    (tmp_path / "secret").write_text("5" * 64)
    kept = {"OSTEOHOOKS_STATE_DIR": str(tmp_path), "OSTEOHOOKS_SECRET_FILE": str(tmp_path / "secret")}
    with serving_ours(OSTEOHOOKS_CLIENTS=str(clients), OSTEOHOOKS_FETCH_DEADLINE="5", **kept) as server:
        options = Options(server.url, pace=0.0, patients=1, listen=f"127.0.0.1:{fhir}")
        results = check(options, date.today(), tuple(signers))
    assert not wrong(results)
    skipped = {one.row.id: one.why for one in results if one.status is Status.SKIP and one.row.manual is None}
    assert skipped.keys() == UNSEEN, skipped


def test_a_service_that_passes_is_0_and_one_that_fails_1(tmp_path: Path) -> None:
    with serving(Model()) as url:
        good = run(url, "--only", "cards", "--patients", "1")
    assert (good.exit_code, good.stderr) == (0, "")
    assert f"CDS Hooks conformance of {url}" in good.output
    assert "CARD-02  SHALL     PASS  summary: not blank, fewer than 140 characters" in good.output
    assert " 0 FAIL, 0 WARN, " in good.output.splitlines()[-1]
    with serving(Model([card(summary="x" * 140)])) as url:
        bad = run(url, "--only", "cards", "--patients", "1", "--json", "--junit", str(tmp_path / "junit.xml"))
    assert bad.exit_code == 1
    found = json.loads(bad.stdout)
    (row,) = [each for each in found["rows"] if each["id"] == "CARD-02"]
    assert (row["level"], row["status"]) == ("SHALL", "FAIL")
    assert found["counts"]["FAIL"] == 1
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert suite.get("failures") == "1"
    assert suite.find("testcase[@classname='CARD']/failure") is not None


def test_a_warning_counts_where_it_is_asked_to() -> None:
    with serving(Model([card(priority=1)])) as url:
        assert run(url, "--only", "cards", "--patients", "1").exit_code == 0
        assert run(url, "--only", "cards", "--patients", "1", "--strict").exit_code == 1


def test_requests_of_ones_own_are_asked_too(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_bytes(hook_request_bytes(scenario("lung-zol-8mg")))
    (tmp_path / "list.json").write_text("[]")
    seen: list[Any] = []
    with serving(Model([lambda q, a: seen.append(q.get_data()) or None])) as url:  # type: ignore[func-returns-value]  # one line
        assert run(url, "--only", "cards", "--patients", "1", "--request", str(path)).exit_code == 0
        assert "holds no JSON object" in run(url, "--request", str(tmp_path / "list.json")).stderr
    assert any(b"syn-lung-zol-8mg" in body for body in seen)


def keep(path: Path, key: Any, **options: Any) -> str:
    path.write_text(json.dumps(key.as_dict(private=True) | options))
    return str(path)


def test_keys_may_be_pem_or_jwk(tmp_path: Path) -> None:
    ec, rsa = ECKey.generate_key("P-384"), RSAKey.generate_key(2048)
    for key, algorithm in ((ec, "ES384"), (rsa, "RS384")):
        (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
        signer = read_signer(tmp_path / "key.pem", "https://ehr.example.org", "k")
        assert signer.algorithm == algorithm
        named = read_signer(Path(keep(tmp_path / "key.json", key, kid="own")), "https://ehr.example.org", None)
        assert (named.algorithm, named.kid) == (algorithm, "own")


@pytest.mark.parametrize("content", ["", "{}", "nonsense", json.dumps({"kty": "oct", "k": "c2VjcmV0"})])
def test_other_files_are_no_keys(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(ValueError, match="private key"):
        read_signer(tmp_path / "key", "x", "k")


def test_a_public_key_or_one_without_name_is_not_enough(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-384")
    (tmp_path / "public.pem").write_bytes(key.as_pem(private=False))
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    for name, kid in (("public.pem", "k"), ("key.pem", None)):
        with pytest.raises(ValueError, match="kid"):
            read_signer(tmp_path / name, "x", kid)


def test_keys_on_the_command_line(tmp_path: Path) -> None:
    key = keep(tmp_path / "key.json", ECKey.generate_key("P-384"), kid="k")
    assert "--key needs --issuer" in run("http://127.0.0.1:9", "--key", key).stderr
    (tmp_path / "none").write_text("x")
    assert "private key" in run("http://127.0.0.1:9", "--key", str(tmp_path / "none"), "--issuer", "x").stderr
    with serving(Model()) as url:
        result = run(url, "--only", "tokens", "--key", key, "--issuer", "https://ehr.example.org", "--json")
    found = {row["id"]: row["status"] for row in json.loads(result.stdout)["rows"]}
    assert found["JWT-01"] == "PASS", "whoever checks no tokens lets a valid one in"
    assert found["JWT-10"] == "FAIL"
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("url", "insecure", "why"),
    [
        ("https://cds.example.org", False, None),
        ("https://cds.example.org/base/", False, None),
        ("http://127.0.0.1:8080", False, None),
        ("http://[::1]:8080", False, None),
        ("http://localhost", False, None),
        ("http://cds.example.org", False, "not encrypted"),
        ("http://10.0.0.1", False, "not encrypted"),
        ("http://cds.example.org", True, None),
        ("ftp://cds.example.org", True, "not an http"),
        ("cds.example.org", False, "not an http"),
        ("https://user:secret@cds.example.org", False, "no user"),
        ("https://cds.example.org?x=1", False, "no user"),
    ],
)
def test_calls_travel_encrypted_except_on_this_machine(url: str, insecure: bool, why: str | None) -> None:
    said = may_be_asked(url, insecure=insecure)
    assert (said is None) == (why is None)
    if why:
        assert why in (said or "")
        refused = run(url, *(["--insecure"] if insecure else []))
        assert refused.exit_code == 2
        assert why in " ".join(refused.stderr.split())


def test_inf_01_old_tls(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    for minimum, expected in ((ssl.TLSVersion.TLSv1, Status.WARN), (ssl.TLSVersion.TLSv1_2, Status.PASS)):
        with speaking_tls(path, minimum) as port:
            target = Target(Options(f"https://127.0.0.1:{port}"))
            web._tls(target)
        found = {one.row.id: one for one in target.findings.results()}
        assert found["INF-01"].status is expected
        assert found["SEC-01"].status is Status.PASS


def test_a_service_nobody_vouches_for_is_not_asked(tmp_path: Path) -> None:
    with speaking_tls(certificate(tmp_path)) as port:
        results = check(
            Options(f"https://127.0.0.1:{port}", pace=0.0, timeout=3.0), date.today(), sections=("discovery",)
        )
    found = {one.row.id: one for one in results}
    assert found["DISC-01"].status is Status.FAIL
    assert "SSLError" in found["DISC-01"].why


# ---- results and reports ---------------------------------------------------------------------------------------------


def test_many_observations_are_one_verdict() -> None:
    findings = Findings()
    findings.note("CARD-02", True, "")
    for number in range(5):
        findings.note("CARD-02", False, f"cards[{number}]")
    findings.note("CARD-07", False, "cards[0]")
    findings.note("CARD-05", True, "")
    findings.skip("CARD-05", "an observation counts more")
    findings.skip("CARD-12", "no links")
    found = {one.row.id: one for one in findings.results()}
    assert list(found) == list(rows())
    assert (found["CARD-02"].status, found["CARD-02"].why) == (Status.FAIL, "cards[0]; cards[1]; cards[2] (and 2 more)")
    assert found["CARD-07"].status is Status.WARN
    assert found["CARD-05"].status is Status.PASS
    assert (found["CARD-12"].status, found["CARD-12"].why) == (Status.SKIP, "no links")
    assert found["DISC-16"].why == "a duty of the client"


@pytest.mark.parametrize("use", [lambda f: f.note("CARD-99", True, ""), lambda f: f.skip("CARD-99", "")])
def test_rows_that_do_not_exist_are_mistakes(use: Any) -> None:
    with pytest.raises(KeyError):
        use(Findings())


def test_reports_cannot_steer_a_terminal_or_break_xml() -> None:
    findings = Findings()
    findings.note("CARD-02", False, "\x1b[2J\x00<&\ud800 boo")
    findings.note("CARD-07", False, "\x1b]0;x\x07")
    results = findings.results()
    assert "\x1b" not in as_text("u", results) + json.dumps(as_json("u", results)["counts"])
    suite = ElementTree.fromstring(as_junit("u", results))
    assert suite.find("testcase/failure[@message]") is not None
    assert suite.find("testcase/system-out") is not None
    assert printable("a" * 1000) == "a" * 500


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'\xef\xbb\xbf{"a":1}', "byte order mark"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":1,}', "character"),
        (b"[" * 100_000, "deeply"),
        (b"", "character 0"),
    ],
)
def test_json_is_read_strictly(body: bytes, why: str) -> None:
    with pytest.raises(strict.NotJson, match=why):
        strict.read(body)


def test_extensions_of_resources_are_lists_and_none_of_our_business() -> None:
    answer = {
        "cards": [
            {"extension": {"a": 1}, "resource": {"extension": [1]}, "x": {"resourceType": "Basic", "extension": [1]}}
        ]
    }
    assert list(strict.extensions(answer)) == [("$.cards[0].extension", {"a": 1})]
