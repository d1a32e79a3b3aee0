"""What can only be checked by asking others: FHIR servers, key servers, certificates, clocks."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from cds_service.doctor.lines import Line, Patient, fail, ok, warn
from cds_service.key_source import BadKeys, from_url

PATIENCE = 5.0  # seconds for one server
FHIR = "application/fhir+json"
SOON = timedelta(days=30)  # a certificate that ends within is renewed by then, or forgotten
DRIFT, TOO_FAR = timedelta(seconds=5), timedelta(seconds=45)  # tokens are believed with 60 s of difference


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; ``headers`` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: Any


def fhir_servers(patient: Patient) -> Iterator[Line]:
    """Each FHIR server of each client: reachable, and FHIR R4. Asked without a token, so 401 and 403 are fine."""
    for client, url in _servers(patient):
        try:
            found = _ask(f"{url}/metadata", patient)
        except (requests.RequestException, OSError) as error:
            remedy = "Is the address right, the firewall open, the certificate trusted (OSTEOHOOKS_FETCH_CA_FILE)?"
            yield fail("FHIR server", f"It cannot be reached: {type(error).__name__}.", remedy, f"{client}: {url}")
            continue
        yield _judged(found, f"{client}: {url}")


def keys(patient: Patient) -> Iterator[Line]:
    """The keys of each client, as the service would read them."""
    for agreement in patient.clients.agreements if patient.clients else ():
        name = agreement.client.id
        if agreement.place is None:
            continue
        if agreement.place.file is not None:
            yield ok("keys", "In a file, read.", name)
            continue
        try:
            found = from_url(agreement.place.name)
        except (BadKeys, OSError) as error:
            why = str(error) if isinstance(error, BadKeys) else f"no answer ({type(error).__name__})"
            yield fail("keys", f"They cannot be read: {why}.", "Ask the EHR's operator for the right jwks_url.", name)
        else:
            yield ok("keys", f"{len(found)} usable.", name)


def clock(patient: Patient) -> Iterator[Line]:
    """The clock of this machine against those of the servers it works with: tokens have a beginning and an end."""
    compared = False
    for url in _hosts(patient):
        try:
            theirs = _their_time(_ask(url, patient))
        except (requests.RequestException, OSError):
            continue  # that it cannot be reached is said elsewhere
        if theirs is None:
            continue
        compared = True
        apart = abs(patient.now() - theirs)
        said = f"{apart.total_seconds():.0f} s apart."
        remedy = "Let both machines take their time from the same NTP server."
        level = fail if apart > TOO_FAR else warn
        yield ok("clock", said, url) if apart <= DRIFT else level("clock", said, remedy, url)
    if not compared and patient.clients is not None:
        yield warn("clock", "There is no server to compare with.", "See that the clock of this machine is kept by NTP.")


def certificates(patient: Patient) -> Iterator[Line]:
    """The certificates of the public address and of every https server: name, trust, end."""
    public = patient.settings.public_url
    for url in dict.fromkeys([*([public] if public else []), *_hosts(patient)]):
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            yield _certificate(parts.hostname, parts.port or 443, patient)


def _servers(patient: Patient) -> Iterator[tuple[str, str]]:
    for agreement in patient.clients.agreements if patient.clients else ():
        yield from ((agreement.client.id, url.rstrip("/")) for url in agreement.client.fhir_servers)


def _hosts(patient: Patient) -> list[str]:
    found = [url for _, url in _servers(patient)]
    for agreement in patient.clients.agreements if patient.clients else ():
        if agreement.place is not None and agreement.place.file is None:
            found.append(agreement.place.name)
    return list(dict.fromkeys(found))


def _ask(url: str, patient: Patient) -> Answer:
    trusted = patient.settings.fetch_ca_file
    with requests.get(
        url,
        headers={"Accept": FHIR},
        timeout=PATIENCE,
        allow_redirects=False,
        stream=True,
        verify=str(trusted) if trusted else True,
        auth=lambda request: request,  # none, also where .netrc has one for this host
    ) as reply:
        body = reply.raw.read(1 << 20, decode_content=True)
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        return Answer(reply.status_code, {name.casefold(): value for name, value in reply.headers.items()}, found)


def _judged(found: Answer, about: str) -> Line:
    version = found.body.get("fhirVersion") if isinstance(found.body, dict) else None
    if found.status in (401, 403):
        return ok("FHIR server", "It answers, and asks for a token.", about)
    if found.status != 200 or not isinstance(version, str):
        remedy = "The base address must be that of a FHIR server: [base]/metadata answers with its CapabilityStatement."
        return fail("FHIR server", f"It answers with status {found.status} and no CapabilityStatement.", remedy, about)
    if not version.startswith("4.0"):
        return warn("FHIR server", f"It speaks FHIR {version[:20]}.", "Osteohooks reads FHIR R4 (4.0.1).", about)
    return ok("FHIR server", "It answers, and speaks FHIR R4.", about)


def _their_time(found: Answer) -> datetime | None:
    try:
        said = parsedate_to_datetime(found.headers.get("date", ""))
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _certificate(host: str, port: int, patient: Patient) -> Line:
    about = f"{host}:{port}"
    context = ssl.create_default_context()
    if patient.settings.fetch_ca_file is not None:
        context.load_verify_locations(cafile=patient.settings.fetch_ca_file)
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            found, version = secured.getpeercert() or {}, secured.version()
    except ssl.SSLCertVerificationError as error:
        remedy = "Renew it, or trust its authority with OSTEOHOOKS_FETCH_CA_FILE."
        return fail("certificate", f"It is not valid: {error.verify_message}.", remedy, about)
    except OSError as error:
        return fail(
            "certificate", f"No TLS connection: {type(error).__name__}.", "Is the server up, the port right?", about
        )
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    said = f"{version}, valid until {end.date()}."
    if end - patient.now() < SOON:
        return warn("certificate", said, "Renew it.", about)
    return ok("certificate", said, about)
