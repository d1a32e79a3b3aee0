"""The shipped scenarios, and the CDS Hooks 2.0.1 request body that an EHR would post for each of them.

Reads package data only: no clock, no network. Numbers keep the digits they are written with (``Decimal``), in and out.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cds_service.sandbox.moments import FHIR_BASE, PRACTITIONER, Resource, context, full_url, reference
from hooks.exact_json import dumps_exact

__all__ = ["FHIR_BASE", "PRACTITIONER", "PREFETCH_TYPES", "Resource", "Scenario", "drafts", "hook_request",
           "hook_request_bytes", "record", "scenario", "scenarios"]  # fmt: skip

PREFETCH_TYPES: Mapping[str, str] = {
    "conditions": "Condition",
    "observations": "Observation",
    "medicationRequests": "MedicationRequest",
    "medicationStatements": "MedicationStatement",
    "medicationAdministrations": "MedicationAdministration",
    "procedures": "Procedure",
    "serviceRequests": "ServiceRequest",
    "allergies": "AllergyIntolerance",
    "appointments": "Appointment",
    "carePlans": "CarePlan",
    "questionnaireResponses": "QuestionnaireResponse",
    "diagnosticReports": "DiagnosticReport",
}
_FHIR_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One moment in one synthetic record.

    Shapes  ``title`` and ``shows`` by language (``en``, ``fr``); ``drafts`` are ids; ``habits`` is ``fr`` or ``us``
    Units   ``clearance`` in mL/min, one decimal, on ``as_of``; None where no usable creatinine is on file
    """

    id: str
    title: Mapping[str, str]
    shows: Mapping[str, str]
    patient: str
    as_of: date
    hook: str
    service: str
    drafts: tuple[str, ...]
    habits: str
    clearance: Decimal | None = None


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Every scenario, in the order of ``scenarios.toml``.

    Raises:
        TypeError: a scenario lacks a field or has one too many.
    """
    return tuple(_scenario(name, fields) for name, fields in tomllib.loads(_text("scenarios.toml")).items())


def scenario(scenario_id: str) -> Scenario:
    """The scenario of this id.

    Raises:
        KeyError: there is none; the message names those there are.
    """
    for known in scenarios():
        if known.id == scenario_id:
            return known
    raise KeyError(f"no scenario {scenario_id!r}; there are {', '.join(known.id for known in scenarios())}")


def record(of: Scenario, on: date | None = None) -> list[Resource]:
    """The resources of the record, the Patient first; fresh copies, moved to ``on`` (see ``hook_request``)."""
    return _copies(of.patient, _distance(of, on))


def drafts(of: Scenario, on: date | None = None) -> list[Resource]:
    """The orders being signed, selected or renewed, or the appointments being booked, with resources they refer to;
    fresh copies, moved to ``on``.
    """
    return _copies(f"{of.patient}.drafts", _distance(of, on)) if of.drafts else []


def hook_request(of: Scenario, on: date | None = None, hook: str | None = None) -> Resource:
    """The body an EHR would post: context and a complete prefetch (every key; an empty searchset where nothing is).

    With ``on`` the whole body is moved by ``on - as_of`` days, so that a scenario can be replayed today: every string
    that is a FHIR date, dateTime or instant of at least day precision moves, whatever its element. The birth date moves
    too, so that the age, and with it the clearance, stays what it was. A bare year or month does not move.

    With ``hook`` the same patient is asked at another moment: the drafts, if any, are signed, selected, renewed or,
    when they are appointments, booked; a renewal without drafts writes the running antiresorptives again; a booking
    without drafts proposes a plain visit.
    """
    resources, moment = record(of, on), hook or of.hook
    prefetch = _prefetch(resources)
    return {
        "hook": moment,
        "hookInstance": str(uuid5(NAMESPACE_URL, f"https://osteohooks.github.io/sandbox/{of.id}")),
        "context": context(moment, resources[0], drafts(of, on), of.drafts, prefetch, on or of.as_of),
        "prefetch": prefetch,
    }


def hook_request_bytes(of: Scenario, on: date | None = None, hook: str | None = None) -> bytes:
    """``hook_request`` as JSON, each number with exactly the digits of the record: 4.0 stays 4.0."""
    return dumps_exact(hook_request(of, on, hook))


def _prefetch(resources: list[Resource]) -> Resource:
    medications = {reference(r): r for r in resources if r["resourceType"] == "Medication"}
    prefetch: Resource = {"patient": resources[0]}
    for key, kind in PREFETCH_TYPES.items():
        matches = [r for r in resources if r["resourceType"] == kind]
        named = {r.get("medicationReference", {}).get("reference") for r in matches}
        prefetch[key] = _searchset(matches, (m for reference, m in medications.items() if reference in named))
    return prefetch


def _searchset(matches: list[Resource], included: Iterable[Resource]) -> Resource:
    entries = [_entry(r, "match") for r in matches] + [_entry(r, "include") for r in included]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(matches)}
    return bundle | ({"entry": entries} if entries else {})


def _entry(resource: Resource, mode: str) -> Resource:
    return {"fullUrl": full_url(resource), "resource": resource, "search": {"mode": mode}}


def _scenario(name: str, fields: Mapping[str, Any]) -> Scenario:
    clearance = fields.get("clearance")
    exact = {"drafts": tuple(fields["drafts"]), "clearance": Decimal(clearance) if clearance else None}
    return Scenario(id=name, **{**fields, **exact})


def _distance(of: Scenario, on: date | None) -> timedelta:
    return (on or of.as_of) - of.as_of


def _copies(name: str, by: timedelta) -> list[Resource]:
    return [_moved(resource, by) for resource in _resources(name)]


def _moved(value: Any, by: timedelta) -> Any:
    """A copy in which every date of day precision is ``by`` later; times of day and their offsets stay."""
    if isinstance(value, dict):
        return {key: _moved(member, by) for key, member in value.items()}
    if isinstance(value, list):
        return [_moved(item, by) for item in value]
    if by and isinstance(value, str) and (match := _FHIR_DAY.fullmatch(value)):
        return f"{date.fromisoformat(match[1]) + by}{match[2] or ''}"
    return value


@cache
def _resources(name: str) -> tuple[Resource, ...]:
    bundle = json.loads(_text(f"patients/{name}.json"), parse_float=Decimal)
    return tuple(entry["resource"] for entry in bundle["entry"])


def _text(path: str) -> str:
    return (files("cds_service.sandbox") / path).read_text(encoding="utf-8")
