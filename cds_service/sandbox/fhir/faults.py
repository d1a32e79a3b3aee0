"""Servers that are not well, each at an address of its own, to see what the service says when data cannot be had."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response

from cds_service.sandbox.fhir.outcomes import FHIR_JSON, Broken, NoToken, UnknownType

SLOWNESS = 5.0  # seconds; longer than a CDS service may wait
LACKING = ("Observation", "Procedure")

_HALF = b'{"resourceType": "Bundle", "type": "searchset", "total": 3, "entry": [{"resource": {"resourceType": "Obser'


def _slow(kind: str) -> None:
    """Laboratory results take their time, everything else comes at once: as it is where systems are joined."""
    if kind == "Observation":
        time.sleep(SLOWNESS)


def _unauthorised(kind: str) -> None:
    raise NoToken


def _missing(kind: str) -> None:
    if kind in LACKING:
        raise UnknownType


def _failing(kind: str) -> None:
    raise Broken


def _garbled(kind: str) -> Response:
    """An answer that ends in the middle, as from a proxy that gave up."""
    return Response(_HALF, content_type=FHIR_JSON)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way not to be well. ``meddle`` gets the type asked for; what it returns is answered instead."""

    id: str
    meddle: Callable[[str], Response | None]


FAULTS: Mapping[str, Fault] = {
    name: Fault(name, meddle)
    for name, meddle in {
        "slow": _slow,
        "unauthorised": _unauthorised,
        "missing": _missing,
        "failing": _failing,
        "garbled": _garbled,
    }.items()
}
