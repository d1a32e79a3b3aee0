"""Whether EHRs can launch the app: what each says of itself, and what it lacks, before a clinician finds out."""

from collections.abc import Iterator

from cds_service.clients import Client
from cds_service.doctor.lines import Line, Patient, fail, ok, warn
from cds_service.fetching.addresses import read_base
from cds_service.smart.configuration import Configuration, Configurations
from cds_service.smart.outgoing import Outgoing, Unreachable
from cds_service.smart.refusals import SmartRefusal

_CHECK = "app"
_SEE = "See docs/smart.md, 'When it does not open'."


def launches(patient: Patient) -> Iterator[Line]:
    """The SMART configuration of each EHR that may launch the app, read as the service would."""
    settings, agreed = patient.settings, patient.clients.agreements if patient.clients else ()
    launching = [each.client for each in agreed if each.client.smart is not None]
    if launching and not (settings.public_url or "").startswith("https://"):
        said = "OSTEOHOOKS_PUBLIC_URL is not https: browsers keep no cookie of the app in a frame."
        yield warn(_CHECK, said, "Put a proxy with TLS in front before anybody but you opens it.")
    configurations = Configurations(Outgoing(None if settings.fetch_ca_file is None else str(settings.fetch_ca_file)))
    for client in launching:
        yield _line(client, configurations)


def _line(client: Client, configurations: Configurations) -> Line:
    assert client.smart is not None, "only those that launch the app"
    base = read_base(client.smart.fhir_server)
    assert base is not None, "checked when the clients file was read"
    try:
        found = configurations.of(client.smart, base)
    except SmartRefusal as refusal:
        return fail(_CHECK, f"It cannot be launched: {refusal.reason}.", _SEE, client.id)
    except Unreachable:
        said = "Its .well-known/smart-configuration cannot be read."
        return fail(_CHECK, said, "Is the address right, the firewall open, the certificate trusted?", client.id)
    lacking = _lacking(found)
    if lacking:
        return warn(_CHECK, f"It can be launched; the EHR names no {' and no '.join(lacking)}.", _SEE, client.id)
    return ok(_CHECK, "It can be launched.", client.id)


def _lacking(found: Configuration) -> list[str]:
    """What an EHR can do without, at a price."""
    identified = found.issuer is not None and found.jwks_uri is not None
    lacking = [] if identified else ["issuer with keys, so that a user who is asked for (openid) is refused"]
    return lacking + ([] if found.revocation_endpoint else ["place to give tokens back"])
