"""Bytes of one prefetch value → typed resources; whatever cannot be read becomes a Gap, never an exception.

The fast way decodes a whole Bundle at once, and what thousands of results have in common once for all. When anything in
it does not fit, the slow way takes it entry by entry, so that one bad resource costs one Gap, and mends what can be
mended.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

import msgspec

from fhir_mappers.bundles import BY_NAME, AnyResource, Bundle, Entry, Link
from fhir_mappers.datatypes import Labelled, Range, Shape
from fhir_mappers.mending import Unmendable, mend
from fhir_mappers.record.answer import INCOMPLETE, NOT_FETCHED, UNREADABLE
from fhir_mappers.record.events import Gap
from fhir_mappers.shapes import Observation, OperationOutcome

Prefetched = bytes | None
"""One prefetch value: its JSON text, or None when the search found nothing (JSON null)."""

# Severity and code of what an OperationOutcome may say in a searchset that is complete all the same.
_REMARKS = {(severity, code) for severity in ("information", "success") for code in ("informational", "success")}
_REMARKS |= {("information", "not-found"), ("warning", "informational"), ("warning", "not-supported")}

_UNREADABLE_JSON = (ValueError, ArithmeticError, RecursionError)  # msgspec's and json's own errors are ValueErrors

_value = msgspec.json.Decoder(Bundle | AnyResource)
_entry = msgspec.json.Decoder(Entry)
_code, _ranges = msgspec.json.Decoder(Labelled | None), msgspec.json.Decoder(list[Range] | None)

P = TypeVar("P", Observation, AnyResource)
Placed = tuple[int, str | None, P]
"""Position in the Bundle, ``fullUrl`` and resource."""


@dataclass(slots=True)
class Found:
    """What one prefetch value held.

    Attributes:
        observations: results and findings, of which there may be thousands.
        others: the resources of other types.
        why: None when the value was read and is complete, else why absence proves nothing (``record.answer`` reasons).
        unreadable: names of the resource types of which at least one could not be read.
    """

    observations: list[Placed[Observation]] = field(default_factory=list)
    others: list[Placed[AnyResource]] = field(default_factory=list)
    why: str | None = None
    gaps: list[Gap] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)


class Shared:
    """What the results of one value have in common. A laboratory sends the same code and mostly the same limits with
    each result of a test: they are decoded once and shared, and equal bytes become the same object.
    """

    __slots__ = ("_codes", "_limits")

    def __init__(self) -> None:
        self._codes: dict[bytes, Labelled | None] = {}
        self._limits: dict[int, tuple[msgspec.Raw, list[Range] | None]] = {}  # those seen last, by their code

    def put_into(self, entries: Iterable[Entry]) -> None:
        """Decode what was left as bytes in the Observations among these.

        Raises:
            ValueError, ArithmeticError, RecursionError: it does not fit.
        """
        codes, limits = self._codes, self._limits
        for entry in entries:
            if not isinstance(entry.resource, Observation):
                continue
            sent: Any = entry.resource
            raw, left = bytes(sent.code), sent.reference_range
            code = codes.get(raw)
            if code is None and raw:
                code = codes[raw] = _code.decode(raw)
            sent.code = code
            known = limits.get(id(code))
            if known is None or known[0] != left:
                known = limits[id(code)] = left, _ranges.decode(left) if left else None
            sent.reference_range = known[1]


def read_value(key: str, sent: Prefetched) -> Found:
    """Read one prefetch value: a Bundle, a single resource, an OperationOutcome, or something else."""
    if sent is None or sent.strip() == b"null":
        return Found()
    found = Found()
    try:
        top = _value.decode(sent)
        entries = top.entry or [] if isinstance(top, Bundle) else [Entry(resource=top)]
        Shared().put_into(entries)
    except _UNREADABLE_JSON:
        return _slowly(key, sent)
    if not (isinstance(top, Bundle) and _is_unfinished(found, key, top.link)):
        _file(found, key, enumerate(entries))
    return found


def _file(found: Found, key: str, entries: Iterable[tuple[int, Entry]]) -> None:
    keep = found.observations.append
    for index, entry in entries:
        resource, search = entry.resource, entry.search
        said = search is not None and search.mode == "outcome"
        if isinstance(resource, Observation) and not said:
            keep((index, entry.full_url, resource))
        elif said or isinstance(resource, OperationOutcome):
            if said and isinstance(resource, OperationOutcome) and _is_remark(resource):
                continue
            found.why = found.why or NOT_FETCHED
            found.gaps.append(Gap(key, f"{key}.entry[{index}]", NOT_FETCHED, "OperationOutcome"))
        elif resource is not None:
            found.others.append((index, entry.full_url, resource))


def _is_remark(outcome: OperationOutcome) -> bool:
    """Beside the data a server may say that nothing was found, or that it took no notice of a parameter."""
    return bool(outcome.issue) and all((issue.severity, issue.code) in _REMARKS for issue in outcome.issue or ())


def _is_unfinished(found: Found, key: str, links: list[Link] | None) -> bool:
    """Whether pages are unread. Nothing is taken from the others: the newest result may be on a page that did not come,
    and an older one in its place could reassure, or change a dose.
    """
    if not any(link.relation == "next" for link in links or ()):
        return False
    found.why = INCOMPLETE
    found.gaps.append(Gap(key, key, INCOMPLETE, "more pages"))
    return True


class _Skeleton(Shape):
    """A Bundle whose entries are left as bytes."""

    resource_type: str
    link: list[Link] | None = None
    entry: list[msgspec.Raw] | None = None


_skeleton = msgspec.json.Decoder(_Skeleton)


def _slowly(key: str, sent: bytes) -> Found:
    found = Found()
    try:
        skeleton = _skeleton.decode(sent)
    except _UNREADABLE_JSON:
        return _as_plain(found, key, sent)
    if skeleton.resource_type != "Bundle":
        return _as_plain(found, key, sent)
    if _is_unfinished(found, key, skeleton.link):
        return found
    shared = Shared()
    for index, raw in enumerate(skeleton.entry or ()):
        try:
            entry = _entry.decode(raw)
            shared.put_into([entry])
        except _UNREADABLE_JSON:
            _mend_entry(found, key, index, _plain(bytes(raw)))
        else:
            _file(found, key, [(index, entry)])
    return found


def _as_plain(found: Found, key: str, sent: bytes) -> Found:
    """A value whose outermost shape is wrong already."""
    value = _plain(sent)
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        unfinished = _is_unfinished(found, key, list(_plain_links(value.get("link"))))
        entries = [] if unfinished else value.get("entry")
        for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            _mend_entry(found, key, index, entry)
    elif isinstance(value, dict) and isinstance(value.get("resourceType"), str):
        _mend_entry(found, key, 0, {"resource": value})
    else:
        found.why = UNREADABLE
        found.gaps.append(Gap(key, key, UNREADABLE, "not a FHIR resource"))
    return found


def _mend_entry(found: Found, key: str, index: int, entry: object) -> None:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(entry, dict) or not isinstance(name, str):
        if entry is None or (isinstance(entry, dict) and resource is None):
            return
        _refuse(found, key, f"{key}.entry[{index}]", None, "not a FHIR resource")
        return
    assert isinstance(resource, dict)
    kind = BY_NAME.get(name)
    if kind is None:
        return  # a type we do not read
    where = f"{name}/{resource['id']}" if isinstance(resource.get("id"), str) else f"{key}.entry[{index}]"
    url = entry.get("fullUrl")
    try:
        mended, dropped = mend(resource, kind)
    except (Unmendable, RecursionError) as error:
        _refuse(found, key, where, name, str(error) if isinstance(error, Unmendable) else "too deep")
        return
    if dropped:
        _refuse(found, key, where, name, ", ".join(dropped))
    _file(found, key, [(index, Entry(url if isinstance(url, str) else None, mended))])


def _refuse(found: Found, key: str, where: str, name: str | None, detail: str) -> None:
    if name is None:
        found.why = found.why or UNREADABLE
    else:
        found.unreadable.add(name)
    found.gaps.append(Gap(key, where, UNREADABLE, detail))


def _plain_links(sent: object) -> Iterator[Link]:
    for link in sent if isinstance(sent, list) else [sent]:
        relation = link.get("relation") if isinstance(link, dict) else None
        if isinstance(relation, str):
            yield Link(relation)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _plain(sent: bytes) -> object:
    """The value as Python objects with Decimals, or an empty string when it is no JSON (which nothing accepts)."""
    try:
        value: object = json.loads(sent, parse_float=Decimal, parse_constant=_no_constant)
    except _UNREADABLE_JSON:
        return ""
    return value
