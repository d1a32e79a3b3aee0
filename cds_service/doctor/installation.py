"""What can be checked on this machine alone: settings, clients, rules, disk."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from cds_service.addresses import is_loopback
from cds_service.doctor.lines import Line, Patient, fail, ok, warn
from cds_service.operations import roundtrip
from cds_service.pipeline import build_parts

SCARCE, TOO_LITTLE = 1 << 30, 100 << 20  # bytes free: fewer is worth a word, or too few
_MEGA = 1 << 20


def listening(patient: Patient) -> Iterator[Line]:
    """Who can reach the service, and whether it knows who calls."""
    settings, name = patient.settings, "address"
    where = f"{settings.host}:{settings.port}"
    if settings.clients is not None:
        yield ok(name, "Callers are authenticated.", where)
    elif is_loopback(settings.host):
        yield warn(
            name,
            "Development mode: callers are not authenticated; only this machine can reach the service.",
            "Name the EHRs that may call in OSTEOHOOKS_CLIENTS before real patients depend on it.",
            where,
        )
    elif settings.allow_unauthenticated:
        yield warn(
            name, "Callers are not authenticated.", "Make sure that the proxy in front authenticates them.", where
        )
    else:
        yield fail(name, "Other machines could call unauthenticated.", "Set OSTEOHOOKS_CLIENTS.", where)
    yield from _public(patient)


def _public(patient: Patient) -> Iterator[Line]:
    settings, name = patient.settings, "public address"
    if settings.public_url is not None:
        yield ok(name, "Tokens must be made for it.", settings.public_url)
    elif settings.clients is not None:
        level = warn if is_loopback(settings.host) else fail
        yield level(
            name,
            "It is not known under which address EHRs call; without it only tokens for this machine are believed.",
            "Set OSTEOHOOKS_PUBLIC_URL to that address, without /cds-services.",
        )


def agreements(patient: Patient) -> Iterator[Line]:
    """What was agreed with each EHR, and what its operator should know."""
    if patient.clients is None:
        return
    for agreement in patient.clients.agreements:
        client = agreement.client
        servers = f"{len(client.fhir_servers)} FHIR servers" if client.fhir_servers else "never fetches"
        yield ok("client", f"{'silent, ' if client.silence.everything else ''}{servers}.", client.id)
        for note in agreement.notes:
            yield warn("client", note, "See docs/clients.md.", client.id)


def rules(patient: Patient) -> Iterator[Line]:
    """Every table is read, and shipped patients are asked as at a call: the round trip through the whole pipeline."""
    parts = build_parts(patient.settings.today, patient.settings.edition)
    wrong = list(roundtrip.differences(parts))
    for difference in wrong:
        yield fail("round trip", f"A shipped patient is answered wrongly: {difference}.", "Install this version anew.")
    if not wrong:
        told = f"{len(parts.rules)} rules, {len(parts.editions)} editions"
        yield ok("round trip", f"{told}; {len(roundtrip.CASES)} shipped patients are right.", parts.edition)


def disk(patient: Patient) -> Iterator[Line]:
    """Room and permission where the service keeps what must outlive it."""
    folder = patient.settings.state_dir.resolve()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    said = f"{free // _MEGA} MB free."
    remedy = "Make room, purge the log (osteohooks log purge), or move OSTEOHOOKS_STATE_DIR."
    if free < TOO_LITTLE:
        yield fail("disk", said, remedy, str(folder))
    elif free < SCARCE:
        yield warn("disk", said, remedy, str(folder))
    else:
        yield ok("disk", said, str(folder))
    if not os.access(existing, os.W_OK | os.X_OK):
        yield fail(
            "disk",
            "The folder may not be written to.",
            f"Give user {os.getuid()} the right to, or move it.",
            str(folder),
        )


def secrets_are_private(patient: Patient) -> Iterator[Line]:
    """Files with secrets in them are for one user."""
    settings = patient.settings
    for path in (settings.secret_file, settings.state_dir / "secret"):
        if path is not None and path.exists():
            yield _private(path)


def _private(path: Path) -> Line:
    mode = path.stat().st_mode & 0o077
    if mode:
        return warn("secret", "Other users of this machine may read it.", f"chmod 600 {path}", str(path))
    return ok("secret", "For one user only.", str(path))
