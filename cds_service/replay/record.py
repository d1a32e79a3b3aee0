"""The chart of one patient out of files: each resource once, as the searches of the prefetch would give it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from cds_service.replay.envelopes import Record
from cds_service.replay.routing import MEDICATION, REQUEST
from fhir_mappers.kinds import KIND_OF_NAME
from fhir_mappers.record import facts

_HEAD, _TAIL = b'{"resourceType":"Bundle","type":"searchset","entry":[', b"]}"


class Shelf(Protocol):
    """Where Medications are found."""

    def __call__(self, names: Iterable[str], /) -> list[Record]:
        """Those of these names (``Medication/id``)."""


class Known(Protocol):
    """Tells whether a resource was in the record on the day of a call."""

    def __call__(self, record: Record, /) -> bool:
        """As it says."""


class _Meta(msgspec.Struct, rename="camel"):
    version_id: Any = None
    last_updated: Any = None


class _Versioned(msgspec.Struct):
    meta: _Meta | None = None


_versions = msgspec.json.Decoder(_Versioned)


class Chart:
    """The resources of a patient, in an order that depends on nothing but themselves.

    Attributes:
        duplicates: resources that came again, byte for byte; ``superseded`` those of which a newer version came.
    """

    def __init__(self, patient: str, records: Iterable[Record], shelf: Shelf) -> None:
        self.patient, self._shelf = patient, shelf
        everything = list(records)
        once = sorted(set(everything), key=lambda one: (one.type, one.id, one.raw, one.url))
        self.requests = [one for one in once if one.type == REQUEST]
        self.resources = newest([one for one in once if one.type != REQUEST])
        self.duplicates = len(everything) - len(once)
        self.superseded = len(once) - len(self.requests) - len(self.resources)

    def prefetch(self, templates: Iterable[str], searched: frozenset[str], known: Known) -> dict[str, bytes | None]:
        """A value for every kind that is asked for and was looked for."""
        kinds: dict[str, list[Record]] = {}
        for one in self.resources:
            if known(one):
                kinds.setdefault(KIND_OF_NAME[one.type], []).append(one)
        found: dict[str, bytes | None] = {}
        for kind in templates:
            held = kinds.get(kind, [])
            if kind == facts.PATIENT and held:
                found[kind] = held[0].raw
            elif kind != facts.PATIENT and kind in searched:
                found[kind] = searchset(held, self.medications(held))
        return found

    def medications(self, held: Iterable[Record]) -> list[Record]:
        """The Medications that these point at."""
        names = dict.fromkeys(one.medication for one in held if one.medication)
        return newest(sorted(set(self._shelf(names)), key=lambda one: (one.id, one.raw, one.url))) if names else []


def searchset(matches: Sequence[Record], included: Sequence[Record] = ()) -> bytes:
    """A Bundle of resources as they were written, byte for byte."""
    entries = [*(_entry(one, b"match") for one in matches), *(_entry(one, b"include") for one in included)]
    return _HEAD + b",".join(entries) + _TAIL


def newest(records: Iterable[Record]) -> list[Record]:
    """Of the versions of a resource the newest; those without an id are all different."""
    held: dict[tuple[str, str], list[Record]] = {}
    found: list[Record] = []
    for one in records:
        if one.id:
            held.setdefault((one.type, one.id), []).append(one)
        else:
            found.append(one)
    return [*found, *(versions[0] if len(versions) == 1 else max(versions, key=_age) for versions in held.values())]


def name_of(medication: Record) -> str:
    """How orders point at it."""
    return f"{MEDICATION}/{medication.id}"


def _age(record: Record) -> tuple[str, int, str, bytes]:
    """By when it was last updated, then by number of version; the rest only so that there is an order."""
    try:
        meta = _versions.decode(record.raw).meta or _Meta()
    except msgspec.ValidationError:
        meta = _Meta()
    version = str(meta.version_id or "")
    return str(meta.last_updated or ""), int(version[:18]) if version.isdecimal() else -1, version, record.raw


def _entry(record: Record, mode: bytes) -> bytes:
    url = b'"fullUrl":' + msgspec.json.encode(record.url) + b"," if record.url else b""
    return b"{" + url + b'"resource":' + record.raw + b',"search":{"mode":"' + mode + b'"}}'
