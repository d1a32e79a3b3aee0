"""Writes: one resource, or several in a transaction or batch. Only valid R4 is stored, of types that may be written."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from cds_service.errors import outcome
from cds_service.sandbox.fhir.kinds import KINDS, Resource, patient_of, reference_of
from cds_service.sandbox.fhir.outcomes import (
    FhirRefusal,
    Invalid,
    NotGranted,
    NotWritable,
    UnknownType,
    Unreadable,
)
from cds_service.sandbox.fhir.store import Store, Written, etag, location

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VERSION = re.compile(r'W/"([0-9]{1,9})"')

Permit = Callable[[str, str, str | None], bool]
"""Whether an interaction (``c``, ``r``, ``u``, ``d``, ``s``) is allowed on a type, for the data of a patient."""


def read_body(body: bytes) -> Resource:
    """The resource that was sent, with every digit of its numbers.

    Raises:
        Unreadable: it is none.
    """
    try:
        resource = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise Unreadable
    return resource


def create(store: Store, resource: Resource, permit: Permit) -> Written:
    """A new resource.

    Raises:
        FhirRefusal: it is not valid, its type cannot be written, or it is not allowed.
    """
    checked(resource)
    _allow(permit, "c", resource)
    return Written(store.create(resource), is_new=True)


def update(store: Store, identifier: str, resource: Resource, if_match: str | None, permit: Permit) -> Written:
    """The resource under this id, changed or new.

    Raises:
        FhirRefusal: as for ``create``; its id is another one; it has changed since ``if_match``.
    """
    checked(resource)
    if resource.get("id") != identifier or not ID.fullmatch(identifier):
        raise Invalid("The id of the resource is not the one in the address.", "Send the same id in both.", ("id",))
    _allow(permit, "u", resource)
    version = _VERSION.fullmatch(if_match) if if_match else None
    if if_match and version is None:
        raise Invalid("If-Match is not a version.", 'Send W/"1", as the ETag of the resource says.')
    return store.update(resource, version[1] if version else None)


def delete(store: Store, kind: str, identifier: str, permit: Permit) -> Written:
    """Take a resource away.

    Raises:
        FhirRefusal: it was never there, its type cannot be written, or it is not allowed.
    """
    _require_writable(kind)
    if any(each["id"] == identifier and not permit("d", kind, patient_of(each)) for each in store.all(kind)):
        raise NotGranted
    return store.delete(kind, identifier)


def process(store: Store, bundle: Resource, base: str, permit: Permit) -> Resource:
    """A transaction, of which all or nothing is done, or a batch, of which each part is done that can be.

    Raises:
        FhirRefusal: it is neither; or, of a transaction, what is wrong with the first part that cannot be done.
    """
    kind, entries = bundle.get("type"), bundle.get("entry", [])
    if bundle["resourceType"] != "Bundle" or kind not in ("transaction", "batch") or not isinstance(entries, list):
        raise Invalid("Only a Bundle of type transaction or batch is processed.", "Set its type.", ("Bundle.type",))
    assigned = _assigned(entries) if kind == "transaction" else {}
    steps = [partial(_one, store, _renamed(entry, assigned), frozenset(assigned.values()), permit) for entry in entries]
    if kind == "transaction":
        done: list[Written | FhirRefusal] = list(store.together(steps))
    else:
        done = [_attempt(step) for step in steps]
    answers = [_answer(each, base) for each in done]
    return {"resourceType": "Bundle", "type": f"{kind}-response"} | ({"entry": answers} if answers else {})


def checked(resource: Resource) -> None:
    """Make sure that a resource may be stored.

    Raises:
        UnknownType, NotWritable, Invalid: it may not; ``expression`` says which elements are wrong.
    """
    from fhir.resources.R4B import get_fhir_model_class  # slow to load, and needed for writes only
    from pydantic import ValidationError

    kind = resource["resourceType"]
    _require_writable(kind)
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        places = [".".join(map(str, detail["loc"])) for detail in error.errors()[:20]]
        fields = tuple(dict.fromkeys(f"{kind}.{place}" if place else kind for place in places))
        raise Invalid("The resource is not valid.", "Correct the elements named.", fields) from None


def _require_writable(kind: str) -> None:
    if kind not in KINDS:
        raise UnknownType
    if not KINDS[kind].writable:
        raise NotWritable


def _allow(permit: Permit, interaction: str, resource: Resource) -> None:
    if not permit(interaction, resource["resourceType"], patient_of(resource)):
        raise NotGranted


def _no_number(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _assigned(entries: list[Any]) -> dict[str, str]:
    """The references that new resources of a transaction will have, by the temporary addresses they were sent with."""
    found = {}
    for entry in entries:
        temporary = entry.get("fullUrl") if isinstance(entry, dict) else None
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(temporary, str) and temporary.startswith("urn:") and isinstance(resource, dict):
            found[temporary] = f"{resource.get('resourceType')}/{uuid4()}"
    return found


def _renamed(value: Any, assigned: dict[str, str]) -> Any:
    """The same with temporary addresses replaced, wherever one stands as a reference."""
    if isinstance(value, dict):
        return {
            key: assigned.get(member, member) if key in ("reference", "fullUrl") and isinstance(member, str)
            else _renamed(member, assigned)
            for key, member in value.items()
        }  # fmt: skip
    return [_renamed(item, assigned) for item in value] if isinstance(value, list) else value


def _one(store: Store, entry: Any, assigned: frozenset[str], permit: Permit) -> Written:
    request, resource = (entry.get("request"), entry.get("resource")) if isinstance(entry, dict) else (None, None)
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise Invalid("An entry has no request.", "Give each its method and url.", ("Bundle.entry.request",))
    kind, _, identifier = request["url"].strip("/").partition("/")
    method = request.get("method")
    if method == "DELETE":
        return delete(store, kind, identifier, permit)
    if method not in ("POST", "PUT") or not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise Invalid("An entry cannot be carried out.", "POST or PUT a resource of the type in its url, or DELETE.")
    if method == "PUT":
        return update(store, identifier, resource, request.get("ifMatch"), permit)
    if "ifNoneExist" in request:
        raise Invalid("Conditional creates are not supported.", "Search first.", ("Bundle.entry.request.ifNoneExist",))
    if entry.get("fullUrl") not in assigned:
        return create(store, resource, permit)
    checked(resource)
    _allow(permit, "c", resource)
    return store.update({**resource, "id": str(entry["fullUrl"]).partition("/")[2]})


def _attempt(step: Callable[[], Written]) -> Written | FhirRefusal:
    try:
        return step()
    except FhirRefusal as refusal:
        return refusal


def _answer(done: Written | FhirRefusal, base: str) -> Resource:
    if isinstance(done, FhirRefusal):
        return {"response": {"status": str(done.status), "outcome": outcome(done)}}
    if done.resource is None:
        return {"response": {"status": "204"}}
    resource = done.resource
    response = {"status": "201" if done.is_new else "200", "location": location(base, resource), "etag": etag(resource)}
    return {
        "fullUrl": f"{base}/{reference_of(resource)}",
        "resource": resource,
        "response": response | {"lastModified": resource["meta"]["lastUpdated"]},
    }
