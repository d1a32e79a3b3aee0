"""Medications that orders only point at. Many EHRs name every drug this way, and searches do not bring it along."""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

_RELATIVE = re.compile(r"Medication/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]*)?")
_POINTER, _DRUG = b'"medicationReference"', b'"Medication"'


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


def loose_medications(values: Iterable[bytes | None], context: Mapping[str, object], server: str) -> list[str]:
    """Ids of the Medications that are pointed at and did not come, each once, in the order of mention.

    Args:
        values: the prefetch values.
        context: the fields of the context; drafts may point at Medications too.
        server: the base address, for references that are written in full.
    """
    sent = [entry for value in values if value is not None for entry in _entries(value)]
    sent += [entry for field in context.values() for entry in _drafted(field)]
    present = {name for entry in sent for name in _names(entry)}
    pointers = [entry.resource.medication_reference for entry in sent if entry.resource is not None]
    wanted = [pointer.reference for pointer in pointers if pointer is not None and pointer.reference]
    named = {_id_of(one, server): None for one in wanted if one not in present}
    return [name for name in named if name is not None and f"Medication/{name}" not in present]


def _entries(value: bytes) -> list[_Entry]:
    """The entries of a value in which something points at a Medication or is one."""
    if _POINTER not in value and _DRUG not in value:
        return []
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
