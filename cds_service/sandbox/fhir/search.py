"""Searches: the parameters that the prefetch templates use, and nothing that would be ignored in silence.

``_id``, ``patient`` and ``code`` filter; values separated by commas are alternatives, a parameter that is repeated must
hold each time (FHIR R4, 3.1.1). ``_sort`` takes ``_id``, ``_lastUpdated`` and the date parameter of the type.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from cds_service.sandbox.fhir.kinds import KINDS, Kind, Resource, patient_of
from cds_service.sandbox.fhir.outcomes import Unsearchable

DEFAULT_COUNT, LARGEST_COUNT = 100, 1000

Matches = Callable[[Resource], bool]

_UNESCAPED = r"(?:[^\\{0}]|\\.)*"
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(T.+)?)?)?")
_LAST = (True, "")


@dataclass(frozen=True, slots=True)
class Search:
    """One search, understood. ``sort`` are parameters with whether they descend; ``count`` resources to a page."""

    kind: str
    conditions: tuple[Matches, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    count: int = DEFAULT_COUNT

    def run(self, resources: Iterable[Resource]) -> list[Resource]:
        """The resources that match, in the order asked for; else in the order in which they came."""
        found = [each for each in resources if all(matches(each) for matches in self.conditions)]
        for parameter, descends in reversed(self.sort):
            found.sort(key=lambda each: _sort_key(each, parameter, descends), reverse=descends)
        return found


def parse(kind: str, parameters: MultiDict[str, str], *, lenient: bool = False) -> Search:
    """Read the parameters of a search in ``kind``.

    Raises:
        Unsearchable: a parameter or a value is not understood (with ``lenient``, unknown parameters are left out).
    """
    filters = _filters(KINDS[kind])
    conditions = []
    for name, values in parameters.lists():
        if name in filters:
            conditions += [filters[name](_alternatives(name, value)) for value in values]
        elif name not in ("_count", "_sort", "_format") and not lenient:
            raise Unsearchable(
                "A search parameter is not supported here.", f"Use {', '.join((*filters, '_count', '_sort'))}."
            )
    sort = _sort(KINDS[kind], parameters.get("_sort"))
    return Search(kind, tuple(conditions), sort, _count(parameters.get("_count")))


def parameters_of(kind: Kind) -> Mapping[str, str]:
    """The search parameters of a type, each with its FHIR type."""
    found = {"_id": "token"}
    found |= {"patient": "reference"} if kind.patient else {}
    return found | ({"code": "token"} if kind.code else {})


def _filters(kind: Kind) -> dict[str, Callable[[list[str]], Matches]]:
    makers: dict[str, Callable[[list[str]], Matches]] = {
        "_id": lambda wanted: lambda resource: resource["id"] in wanted,
        "patient": _about,
        "code": lambda wanted: _coded(kind.code or "", wanted),
    }
    return {name: makers[name] for name in parameters_of(kind)}


def _about(wanted: list[str]) -> Matches:
    """``p1``, ``Patient/p1`` or an absolute address of it; a reference to something else matches nothing."""
    ids = {value.rpartition("/")[2] for value in wanted if "/" not in value or re.search(r"(^|/)Patient/[^/]+$", value)}
    return lambda resource: patient_of(resource) in ids


def _coded(element: str, wanted: list[str]) -> Matches:
    tokens = [_token(value) for value in wanted]

    def matches(resource: Resource) -> bool:
        found = [(coding.get("system"), coding.get("code")) for coding in _codings(resource.get(element))]
        return any(_is_meant(token, coding) for token in tokens for coding in found)

    return matches


def _codings(concept: Any) -> Iterator[Resource]:
    yield from (concept or {}).get("coding", ())


def _token(value: str) -> tuple[str | None, str | None]:
    """``code``, ``system|code``, ``|code`` (without a system, here "") or ``system|`` (any code of it, here None)."""
    parts = re.fullmatch(f"({_UNESCAPED.format('|')})(?:(\\|)(.*))?", value, re.DOTALL)
    if parts is None or not parts[2]:
        return None, _plain(value)
    return _plain(parts[1]), _plain(parts[3]) or None


def _is_meant(token: tuple[str | None, str | None], coding: tuple[Any, Any]) -> bool:
    system, code = token
    right_system = system is None or (coding[0] or "") == system
    return right_system and (code is None or coding[1] == code)


def _alternatives(name: str, value: str) -> list[str]:
    """The values between commas that are not escaped, still escaped themselves where they are tokens."""
    found = [part for part in re.findall(f"({_UNESCAPED.format(',')})(?:,|$)", value, re.DOTALL) if part]
    if not found:
        raise Unsearchable(f"The search parameter {name} has no value.", "Give one, or leave the parameter out.")
    return found if name == "code" else [_plain(part) for part in found]


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


def _count(sent: str | None) -> int:
    if sent is None:
        return DEFAULT_COUNT
    if not re.fullmatch(r"[0-9]{1,9}", sent):
        raise Unsearchable("_count is not a whole number.", f"Give one from 0 to {LARGEST_COUNT}.")
    return min(int(sent), LARGEST_COUNT)


def _sort(kind: Kind, sent: str | None) -> tuple[tuple[str, bool], ...]:
    known = ("_id", "_lastUpdated", *((kind.date[0],) if kind.date else ()))
    keys = [(key.removeprefix("-"), key.startswith("-")) for key in (sent or "").split(",") if key]
    if any(parameter not in known for parameter, _ in keys):
        raise Unsearchable("_sort names a parameter that is not sorted by here.", f"Use {', '.join(known)}.")
    return tuple(keys)


def _sort_key(resource: Resource, parameter: str, descends: bool) -> tuple[bool, str]:
    """What has no date comes last, whichever way the others are sorted."""
    if parameter == "_id":
        return False, str(resource["id"])
    if parameter == "_lastUpdated":
        return False, str(resource["meta"]["lastUpdated"])
    moment = _moment(resource)
    return (not descends, "") if moment is None else (descends, moment) if descends else (False, moment)


def _moment(resource: Resource) -> str | None:
    """When it was: the beginning of a day, a month or a year where no more is said; comparable as text."""
    _, elements = KINDS[resource["resourceType"]].date or ("", ())
    for element in elements:
        value = resource.get(element)
        text = value.get("start") if isinstance(value, dict) else value
        if isinstance(text, str) and (parts := _DATE.fullmatch(text)):
            return _utc(text) if parts[4] else f"{parts[1]}-{parts[2] or '01'}-{parts[3] or '01'}T00:00:00"
    return None


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") if moment.tzinfo else text
