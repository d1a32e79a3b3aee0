"""Calls made up for any service: the context of its hook, and for each of its templates what an EHR would send.

The patients are the shipped synthetic ones, moved to today. Of a template only the type of resource is read.
"""

import copy
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any
from uuid import uuid4

from cds_service.conformance.target import Json
from cds_service.sandbox.scenarios import Scenario, hook_request, scenarios
from hooks.exact_json import dumps_exact
from hooks.request import HOOKS

_TYPE = re.compile(r"([A-Z][A-Za-z]+)[/?]")
_REFERENCE = re.compile(r"\{\{context\.(\w+)\}\}|([A-Z][A-Za-z]+)/\{\{(?:context\.)?(\w+)\}\}")
USERS = {"Practitioner": "conf-practitioner", "PractitionerRole": "conf-role", "RelatedPerson": "conf-relative"}


def calls(service: Json, day: date, patients: int) -> Iterator[Json]:
    """A call for each of so many patients; those of the service's own hook first. None for a hook nobody here knows."""
    hook = service["hook"]
    if hook not in HOOKS:
        return
    known = sorted(scenarios(), key=lambda each: each.hook != hook)
    chosen = [each for each in known if each.id != "breast-long-history"]
    for each in _spread(chosen, patients):
        yield call(service, each, day)


def call(service: Json, of: Scenario, day: date) -> Json:
    """The call an EHR would post for this patient at the service's hook, with all the keys it asks for."""
    shipped = _shipped(of.id, day.isoformat(), service["hook"])
    context = _context(copy.deepcopy(shipped["context"]), service["hook"])
    record = [entry for bundle in shipped["prefetch"].values() for entry in resources(bundle)]
    body: Json = {"hook": service["hook"], "hookInstance": str(uuid4()), "context": context}
    templates = service.get("prefetch")
    if isinstance(templates, dict) and templates:
        body["prefetch"] = {key: answer(str(template), context, record) for key, template in templates.items()}
    return body


def answer(template: str, context: Json, record: Iterable[Json]) -> Any:
    """What a FHIR server answers to a template: a resource, a searchset, or null where it has nothing."""
    if (search := _TYPE.match(template)) is not None and "?" in template:
        return searchset(each for each in record if each["resourceType"] == search[1])
    if (read := _REFERENCE.fullmatch(template)) is None:
        return None
    kind, _, wanted = _target(read, context).partition("/")
    for each in record:
        if each["resourceType"] == kind and each["id"] == wanted:
            return copy.deepcopy(each)
    return {"resourceType": kind, "id": wanted} if kind in USERS or kind == "Encounter" else None


def searchset(resources: Iterable[Json]) -> Json:
    """A searchset of these resources."""
    entries = [
        {
            "fullUrl": f"https://ehr.example.org/fhir/{each['resourceType']}/{each['id']}",
            "resource": copy.deepcopy(each),
            "search": {"mode": "match"},
        }
        for each in resources
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return bundle | ({"entry": entries} if entries else {})


def with_user(body: Json, kind: str, patient: str) -> Json:
    """The same call made by another kind of user."""
    user = f"Patient/{patient}" if kind == "Patient" else f"{kind}/{USERS[kind]}"
    return body | {"context": {**body["context"], "userId": user}}


def without(body: Json, *path: str) -> Json:
    """The same call without one member."""
    changed = copy.deepcopy(body)
    target = changed
    for step in path[:-1]:
        target = target[step]
    target.pop(path[-1], None)
    return changed


def replaced(body: Json, value: Any, *path: str) -> Json:
    """The same call with one member replaced or added."""
    changed = copy.deepcopy(body)
    target = changed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return changed


def _context(context: Json, hook: str) -> Json:
    """What the shipped patients do not do: dispatch an order, or start a stay."""
    shape = HOOKS[hook]
    if shape.users and "userId" not in context:
        context["userId"] = f"Practitioner/{USERS['Practitioner']}"
    if not shape.users:
        context.pop("userId", None)
    if shape.encounter_required:
        context.setdefault("encounterId", "conf-stay")
    for field in shape.reference_lists:
        context.setdefault(field, ["ServiceRequest/conf-order"])
    for field in shape.references:
        context.setdefault(field, "Organization/conf-performer")
    return context


def _target(read: re.Match[str], context: Json) -> str:
    if read[1]:
        value = context.get(read[1], "")
        return value if isinstance(value, str) and "/" in value else f"Patient/{value}"
    field = read[3]
    value = str(context.get(field, "")) if field != "userPractitionerId" else USERS["Practitioner"]
    return value if "/" in value else f"{read[2]}/{value}"


def resources(value: Any) -> list[Json]:
    """The resources under one prefetch key."""
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        return [entry["resource"] for entry in value.get("entry", [])]
    return [value] if isinstance(value, dict) else []


def _spread(found: list[Scenario], number: int) -> list[Scenario]:
    """So many of the list, spread over its first two thirds: neighbours are much alike."""
    step = max(1, len(found) * 2 // 3 // max(1, number))
    return found[: step * number : step]


@cache
def _shipped(name: str, day: str, hook: str) -> Json:
    """With numbers as JSON has them."""
    of = next(each for each in scenarios() if each.id == name)
    found: Json = json.loads(dumps_exact(hook_request(of, date.fromisoformat(day), hook)))
    return found
