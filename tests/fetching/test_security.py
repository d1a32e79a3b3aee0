"""The token and the service's hands stay where they belong."""

import logging
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from cds_service.app import build_fetcher
from cds_service.clients import DEVELOPMENT, Client
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.limits import Limits
from cds_service.settings import Settings
from fhir_mappers.record.answer import FAILED, INCOMPLETE, NOT_FETCHED, TOO_MUCH, UNREACHABLE
from tests.fetching.desk import BODY, DEADLINE, KEYS, MAN, SIGN, TOKEN, ask, complete, ehr, fetcher, product
from tests.service.calls import post
from tests.support import faults
from tests.support.ehr import Ehr, calling, running

PATIENT = f"syn-{MAN.id}"


@pytest.fixture
def canary() -> Iterator[Ehr]:
    """A server that nobody may ask, whatever another one says."""
    with running(Ehr()) as server:
        yield server
        assert server.seen == []


def client(*servers: str) -> Client:
    return Client("hospital", issuer="https://ehr.example.org", fhir_servers=servers)


# ---- the token goes nowhere else -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(canary: Ehr, code: int) -> None:
    with running(ehr(faults={"*": faults.redirect_to(canary.url, code)})) as server:
        assert complete(server).failures == dict.fromkeys(KEYS, FAILED)


def test_not_even_a_redirect_to_the_same_server() -> None:
    with running(ehr()) as server:
        server.faults["Condition"] = faults.redirect_to(f"{server.url}/Procedure")
        assert complete(server).failures == {"conditions": FAILED}


def test_a_next_page_elsewhere_is_not_asked_for(canary: Ehr) -> None:
    pages = [canary.url, f"{canary.url}/Observation?page=2", canary.url.replace("http:", "")]
    for page in [*pages, canary.url.replace("127.0.0.1", "localhost"), canary.url.replace("//", "//x@")]:
        fault = faults.next_at(lambda _, url=page: url)
        with running(ehr(faults={"Observation": fault})) as server:
            assert complete(server).failures == {"observations": INCOMPLETE}


def test_a_list_the_ehr_began_does_not_lead_elsewhere(canary: Ehr) -> None:
    begun = {"resourceType": "Bundle", "link": [{"relation": "next", "url": f"{canary.url}/Condition?page=2"}]}
    with running(ehr()) as server:
        data = complete(server, prefetch={**BODY["prefetch"], "conditions": begun})
        assert server.seen == []
    assert data.failures == {"conditions": INCOMPLETE}
    assert "conditions" not in data.prefetch


def test_a_reference_elsewhere_is_not_looked_up(canary: Ehr) -> None:
    drug = {"reference": f"{canary.url}/Medication/m"}
    order = {"resourceType": "MedicationRequest", "id": "r", "medicationReference": drug}
    with running(ehr()) as server:
        complete(server, prefetch={**BODY["prefetch"], "medicationRequests": order})
        assert server.seen == []


def test_no_proxy_and_no_netrc_of_the_environment(canary: Ehr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, canary.url.removesuffix("/fhir"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with running(ehr()) as server:
        server.token = None
        assert complete(server, fhirAuthorization=None).failures == {}
        assert {seen.token for seen in server.seen} == {None}


def test_cookies_are_not_kept() -> None:
    own = fetcher()
    with running(ehr()) as server:
        server.faults["*"] = lambda handler: handler.say(200, b"{}", Set_Cookie="session=1; Path=/")
        complete(server, by=own)
        server.faults.clear()
        assert complete(server, by=own).failures == {}
        assert not any("Cookie" in seen.headers for seen in server.seen)
    own.close()


def test_two_tenants_at_once_never_see_each_other() -> None:
    """Two tokens, two patients, one server and one fetcher, many calls at a time."""
    own = fetcher(deadline=60.0)
    with running(Ehr()) as server:
        server.faults["*"] = _mirror

        def one(number: int) -> None:
            patient, token = f"patient-{number % 2}", f"token-{number % 2}"
            context = {**BODY["context"], "patientId": patient}
            data = own.complete(ask(server, token=token, context=context), SIGN, DEVELOPMENT)
            assert data.failures == {}
            for value in data.prefetch.values():
                assert value is not None
                assert f'"{patient}"'.encode() in value
                assert f'"Bearer {token}"'.encode() in value

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one, range(60)))
        for seen in server.seen:
            number = "0" if "patient-0" in seen.path else "1"
            assert seen.token == f"Bearer token-{number}"
    own.close()


def _mirror(handler: Any) -> None:
    """Gives back whose data were asked for and with which token."""
    patient = next(name for name in ("patient-0", "patient-1") if name in handler.path)
    said = {"id": patient, "text": handler.headers["Authorization"]}
    kind = handler.path.removeprefix("/fhir/").partition("?")[0].partition("/")[0]
    resource = {"resourceType": kind, **said}
    handler.say(200, resource if kind == "Patient" else {"resourceType": "Bundle", "entry": [{"resource": resource}]})


def test_token_and_patient_are_in_no_log_and_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "urllib3", "urllib3.connectionpool", "requests", "osteohooks"):
        caplog.set_level(logging.DEBUG, logger=name)
    for fault in (None, faults.status(500), faults.truncated, faults.html, faults.gibberish, faults.circle):
        with running(ehr(faults={"*": fault} if fault else {})) as server:
            sent = calling(BODY, server, TOKEN)
            told = post(product(), sent, "/cds-services/bone-order-sign")
            complete(server)
        assert TOKEN not in told.text + str(told.headers)
    assert "fetching: client development" in caplog.text
    for secret in (TOKEN, PATIENT, "Bearer", "127.0.0.1"):
        assert secret not in caplog.text
    assert TOKEN not in repr(ask("http://127.0.0.1:9/fhir"))


# ---- who may be asked ------------------------------------------------------------------------------------------------


def test_a_server_that_is_not_listed_is_not_asked(canary: Ehr, caplog: pytest.LogCaptureFixture) -> None:
    data = complete(canary, client=client("https://ehr.example.org/fhir"))
    assert (data.failures, data.origins, dict(data.prefetch)) == ({}, {}, {})
    assert "client hospital named a FHIR server that is not on its list" in caplog.text


def test_a_client_without_a_list_never_fetches(canary: Ehr) -> None:
    assert complete(canary, client=client()).prefetch == {}


def test_a_listed_server_is_asked_also_inside_the_hospital() -> None:
    with running(ehr()) as server:
        assert complete(server, client=client(server.url)).failures == {}


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/fhir", "http://localhost:{port}/fhir"])
def test_without_clients_this_machine_may_be_asked_where_nobody_else_can_call(url: str) -> None:
    with running(ehr()) as server:
        named = url.format(port=server.url.split(":")[2].partition("/")[0])
        assert complete(named).failures == {}


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.5", "ehr.example.org"])
def test_without_clients_nothing_is_asked_where_others_can_call(canary: Ehr, host: str) -> None:
    own = build_fetcher(Settings(host=host))
    assert own.complete(ask(canary), SIGN, DEVELOPMENT).prefetch == {}


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/fhir", "http://169.254.169.254/latest", "https://ehr.example.org/fhir", "http://[fe80::1]/fhir"],
)
def test_without_clients_nothing_but_this_machine_is_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("was resolved"))
    assert complete(url).prefetch == {}


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Names resolve to these addresses; gives the names that were asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_made_to_point_at_this_machine_is_not_followed(canary: Ehr, monkeypatch: pytest.MonkeyPatch) -> None:
    port = canary.url.split(":")[2].partition("/")[0]
    listed = f"http://ehr.example.org:{port}/fhir"
    resolving(monkeypatch, "127.0.0.1", "169.254.169.254")
    data = complete(listed, client=client(listed))
    assert data.failures == dict.fromkeys(KEYS, NOT_FETCHED)


def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection resolves once, and goes to a permitted address of that very answer."""
    with running(ehr()) as server:
        port = server.url.split(":")[2].partition("/")[0]
        asked = resolving(monkeypatch, "169.254.169.254", "127.0.0.1")
        listed = f"http://localhost:{port}/fhir"
        assert complete(listed, client=client(listed)).failures == {}
        assert len(asked) == len({seen.connection for seen in server.seen})


def test_a_name_that_does_not_resolve_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    url = "https://ehr.example.org/fhir"
    assert complete(url, client=client(url)).failures == dict.fromkeys(KEYS, UNREACHABLE)


@pytest.mark.parametrize("patient", ["..", "."])
def test_an_id_that_climbs_is_not_asked_for(canary: Ehr, patient: str) -> None:
    assert complete(canary, context={**BODY["context"], "patientId": patient}).prefetch == {}


# ---- how much may come -----------------------------------------------------------------------------------------------


def test_a_bomb_does_not_fill_the_memory() -> None:
    bomb = faults.bomb(64)
    tracemalloc.start()
    try:
        with running(ehr(faults={"*": faults.packed(bomb)})) as server:
            data = complete(server, by=Fetcher(Limits(deadline=30.0, size=1_000_000), own_machine=True))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert set(data.failures.values()) == {TOO_MUCH}
    assert peak < 16 * faults.MEGABYTE


# ---- certificates ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hospital's own authority, which nobody else trusts: certificate and key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hospital")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "hospital.pem"
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with running(ehr(), tls(certificate)) as server:
        patient = fetcher(deadline=10.0)  # so many handshakes take their time on a busy machine
        assert complete(server, by=patient).failures == dict.fromkeys(KEYS, UNREACHABLE)
        assert server.seen == []


def test_a_hospitals_own_authority_can_be_trusted(certificate: Path) -> None:
    own = Fetcher(Limits(deadline=30.0), own_machine=True, ca_file=str(certificate))
    with running(ehr(), tls(certificate)) as server:
        assert complete(server, by=own).failures == {}
        assert {seen.token for seen in server.seen} == {f"Bearer {TOKEN}"}
        other_name = server.url.replace("127.0.0.1", "localhost")
        assert complete(other_name, by=own).failures == dict.fromkeys(KEYS, UNREACHABLE)
    own.close()


@pytest.mark.parametrize("behaviour", [faults.silent, faults.drip_body, faults.drip_head])
def test_the_deadline_holds_under_tls_too(certificate: Path, behaviour: faults.Behaviour) -> None:
    own = Fetcher(Limits(deadline=DEADLINE), own_machine=True, ca_file=str(certificate))
    with running(ehr(faults={"Condition": behaviour}), tls(certificate)) as server:
        assert complete(server, by=own).failures["conditions"] == "timed-out"
    own.close()


def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path, certificate: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for wrong in (tmp_path / "empty.pem", tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ValidationError):
            Settings(fetch_ca_file=wrong)
    assert Settings(fetch_ca_file=certificate).fetch_ca_file == certificate
