"""Medications that orders only point at. Many EHRs name every drug this way, and searches do not bring it along."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS

_RELATIVE = re.compile(r"Medication/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]*)?")
_POINTER, _DRUG = b'"medicationReference"', b'"Medication"'
_POINTING = (ORDERS, STATEMENTS, ADMINISTRATIONS)


class _Reference(msgspec.Struct):
    reference: str | None = None


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str | None = None
    id: str | None = None
    medication_reference: _Reference | None = None


class _Entry(msgspec.Struct, rename="camel"):
    full_url: str | None = None
    resource: _Resource | None = None


class _Value(_Resource, rename="camel"):
    entry: list[_Entry] | None = None


_value = msgspec.json.Decoder(_Value)


def loose_medications(values: Mapping[str, bytes | None], context: Mapping[str, object], server: str) -> list[str]:
    """Ids of the Medications that are pointed at and did not come, each once, in the order of mention.

    Args:
        values: the prefetch values by key.
        context: the fields of the context; drafts may point at Medications too.
        server: the base address, for references that are written in full.
    """
    sent = [value for value in values.values() if value is not None]
    pointing = [value for key in _POINTING if (value := values.get(key)) is not None and _POINTER in value]
    entries = [entry for field in context.values() for entry in _drafted(field)]
    entries += [entry for value in pointing for entry in _entries(value)]
    wanted = dict.fromkeys(filter(None, map(_pointed_at, entries)))
    if not wanted:
        return []
    present = {name for entry in entries for name in _names(entry)}
    present |= {name for value in sent if _DRUG in value for entry in _entries(value) for name in _names(entry)}
    named = {_id_of(one, server): None for one in wanted if one not in present}
    return [name for name in named if name is not None and f"Medication/{name}" not in present]


def _pointed_at(entry: _Entry) -> str | None:
    pointer = entry.resource.medication_reference if entry.resource is not None else None
    return pointer.reference if pointer is not None else None


def _entries(value: bytes) -> list[_Entry]:
    """The resource itself, and the entries of a Bundle."""
    try:
        read = _value.decode(value)
    except (ValueError, RecursionError):
        return []
    return [_Entry(resource=read), *(read.entry or ())]


def _drafted(field: object) -> Iterator[_Entry]:
    """The same of a Bundle in the context, which is parsed already."""
    entries = field.get("entry") if isinstance(field, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        try:
            yield msgspec.convert(entry, _Entry)
        except msgspec.ValidationError:
            continue


def _names(entry: _Entry) -> Iterator[str]:
    """What a Medication can be pointed at by."""
    resource = entry.resource
    if resource is not None and resource.resource_type == "Medication":
        yield from filter(None, (entry.full_url, f"Medication/{resource.id}" if resource.id else None))


def _id_of(reference: str, server: str) -> str | None:
    """The id of a Medication on this server; None for one contained, elsewhere, or of a form we do not know."""
    match = _RELATIVE.fullmatch(reference.removeprefix(f"{server.rstrip('/')}/"))
    return match[1] if match and match[1].strip(".") else None
