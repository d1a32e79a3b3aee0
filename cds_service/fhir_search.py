"""Searching a shelf of FHIR resources that hold nothing of any patient: which of them fit, as a searchset."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from cds_service.errors import UnknownParameter

Json = dict[str, Any]
Shelf = Mapping[str, Json]  # resources of one type by their ids
_Match = Callable[[Json, str], bool]

_RESULTS = frozenset({"_format", "_pretty", "_summary", "_count", "_total"})  # they say how to answer, not with what


def searched(kind: str, shelf: Shelf, sent: Iterable[tuple[str, str]], base: str, *, strict: bool = False) -> Json:
    """The searchset of a search. Parameters we do not know are passed over, as FHIR wants it, unless ``strict``.

    Raises:
        UnknownParameter: a parameter is not known, and they are all to be heeded.
    """
    matches = parameters(kind)
    heeded: list[tuple[str, str]] = []
    found = list(shelf.values())
    for name, value in sent:
        if name in matches and value:
            found = [each for each in found if any(_MATCHES[name](each, one) for one in _alternatives(value))]
            heeded.append((name, value))
        elif strict and name not in _RESULTS:
            raise UnknownParameter(matches)
    own = f"{base}/{kind}"
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": [{"relation": "self", "url": f"{own}?{urlencode(heeded)}" if heeded else own}],
        **({"entry": [_entry(each, own) for each in found]} if found else {}),
    }


def parameters(kind: str) -> tuple[str, ...]:
    """The search parameters of a resource type, in the order in which they are told."""
    return tuple(name for name in TYPES if name != "code" or kind == "Questionnaire")


def _entry(resource: Json, own: str) -> Json:
    return {"fullUrl": f"{own}/{resource['id']}", "resource": resource, "search": {"mode": "match"}}


def _alternatives(value: str) -> list[str]:
    r"""The values of a parameter: any of those between commas, where ``\,`` is a comma of the value itself."""
    return [re.sub(r"\\([,$|\\])", r"\1", one) for one in re.split(r"(?<!\\),", value)]


def _string(text: str, asked: str) -> bool:
    """Strings are found by their beginning, whatever their case."""
    return text.casefold().startswith(asked.casefold())


def _titles(resource: Json) -> Iterator[str]:
    """The title and its translations."""
    yield resource.get("title", "")
    for translation in resource.get("_title", {}).get("extension", ()):
        yield from (part["valueString"] for part in translation["extension"] if part["url"] == "content")


def _is_coded(resource: Json, asked: str) -> bool:
    system, bar, code = asked.rpartition("|")
    return any(own["code"] == code and (not bar or own["system"] == system) for own in resource.get("code", ()))


_MATCHES: Mapping[str, _Match] = {
    "url": lambda resource, asked: resource["url"] == asked.partition("|")[0],
    "name": lambda resource, asked: _string(resource["name"], asked),
    "title": lambda resource, asked: any(_string(title, asked) for title in _titles(resource)),
    "code": _is_coded,
    "status": lambda resource, asked: resource["status"] == asked.rpartition("|")[2],
    "_id": lambda resource, asked: resource["id"] == asked,
}
TYPES = {"url": "uri", "name": "string", "title": "string", "code": "token", "status": "token", "_id": "token"}
