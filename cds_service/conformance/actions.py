"""Actions of suggestions: what is to be done with which resource."""

import re
from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.conformance import strict
from cds_service.conformance.results import Findings
from cds_service.conformance.target import Json

_ACTION = {"type", "description", "resource", "resourceId", "extension"}
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_SUBJECT = ("subject", "patient", "for", "beneficiary")


def check_action(findings: Findings, action: Any, where: str, request: Json) -> bool:
    """One action. True when nothing the specification demands of it is missing."""
    if not findings.note("ACT-01", isinstance(action, dict), f"{where} is no object"):
        return False
    kind = action.get("type")
    sound = findings.note("ACT-01", kind in ("create", "update", "delete"), f"{where}: type {kind!r}")
    text = action.get("description")
    described = isinstance(text, str) and bool(text.strip())
    if not where.startswith("systemActions"):
        sound &= findings.note("ACT-02", described, f"{where}: no description")
    unknown = sorted(action.keys() - _ACTION)
    findings.note("ACT-08", not unknown, f"{where}: {', '.join(unknown)}")
    if kind == "delete":
        return sound & _delete(findings, action, where, request)
    return sound & _write(findings, action, where, request)


def _delete(findings: Findings, action: Json, where: str, request: Json) -> bool:
    target = action.get("resourceId")
    fits = isinstance(target, str) and _RELATIVE.fullmatch(target) and "resource" not in action
    findings.note("ACT-04", fits, f"{where}: delete without resourceId Type/id")
    if isinstance(target, str):
        findings.note("ACT-06", target in set(_references(request)), f"{where}: {target} is not of this request")
    return bool(fits)


def _write(findings: Findings, action: Json, where: str, request: Json) -> bool:
    resource: Any = action.get("resource")
    whole = isinstance(resource, dict) and isinstance(resource.get("resourceType"), str)
    if whole and action.get("type") == "update":
        whole = isinstance(resource.get("id"), str)
    if not findings.note("ACT-03", whole, f"{where}: no whole resource"):
        return False
    if action.get("type") == "update":
        target = f"{resource['resourceType']}/{resource['id']}"
        findings.note("ACT-06", target in set(_references(request)), f"{where}: {target} is not of this request")
    return _resource(findings, resource, where, request)


def _resource(findings: Findings, resource: Json, where: str, request: Json) -> bool:
    holes = [*strict.nulls(resource), *strict.empties(resource), *strict.blanks(resource)]
    findings.note("JSON-05", not holes, f"{where}: {', '.join(holes[:3])}")
    wrong = _faults(resource)
    findings.note("ACT-05", not wrong, f"{where}: {resource['resourceType']}: {wrong}")
    patient = str(request.get("context", {}).get("patientId"))
    others = [reference for reference in _subjects(resource) if reference.rpartition("/")[2] != patient]
    mine = findings.note("ACT-07", not others, f"{where}: about another patient")
    return not holes and not wrong and mine


def _faults(resource: Json) -> str:
    """What a FHIR R4 model finds wrong, by element; a fault is named without the value."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except KeyError:
        return "no such type of resource"
    except ValidationError as error:
        return ", ".join(sorted({".".join(map(str, each["loc"][:3])) for each in error.errors()}))[:200]
    except (ValueError, TypeError) as error:
        return type(error).__name__
    return ""


def _subjects(resource: Json) -> Iterator[str]:
    for name in _SUBJECT:
        member = resource.get(name)
        if isinstance(member, dict) and isinstance(member.get("reference"), str):
            reference = member["reference"]
            if name != "for" or "Patient/" in reference:
                yield reference


def _references(value: Any) -> Iterator[str]:
    """``Type/id`` of every resource anywhere in a request."""
    if isinstance(value, dict):
        if isinstance(value.get("resourceType"), str) and isinstance(value.get("id"), str):
            yield f"{value['resourceType']}/{value['id']}"
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
