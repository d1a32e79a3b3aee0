"""Results page by page: what a search has found is kept for a while, so that each page follows exactly on the last."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

from cds_service.sandbox.fhir.kinds import Resource, reference_of
from cds_service.sandbox.fhir.outcomes import Gone, NotFound
from cds_service.sandbox.fhir.store import Store

_KEPT = 200

Visible = Callable[[Resource], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """What one search has found: the type, the ids in order, and how many go on a page."""

    kind: str
    ids: tuple[str, ...]
    count: int


class Pages:
    """The results of the latest searches. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Found] = OrderedDict()
        self._lock = Lock()

    def keep(self, found: Found) -> str:
        """Keep results for their next pages; the handle to ask for them with."""
        handle = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[handle] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return handle

    def again(self, handle: str) -> Found:
        """The results behind a handle.

        Raises:
            Gone: they are not kept any more.
        """
        with self._lock:
            if handle not in self._kept:
                raise Gone("The results of this search are not kept any more.")
            return self._kept[handle]


def first_page(found: list[Resource], kind: str, count: int, base: str, asked: str, pages: Pages) -> Resource:
    """The searchset of a search: the whole of it, or its first page with a link to the next."""
    links = [{"relation": "self", "url": asked}]
    if count == 0:  # FHIR: only the total is wanted
        return _bundle(len(found), [], links, base)
    if len(found) > count:
        handle = pages.keep(Found(kind, tuple(each["id"] for each in found), count))
        links.append({"relation": "next", "url": _address(base, kind, handle, count)})
    return _bundle(len(found), found[:count], links, base)


def later_page(handle: str, start: int, base: str, store: Store, visible: Visible, pages: Pages) -> Resource:
    """The page that begins at ``start``. A resource that was deleted since is left out; a new one does not come in.

    Raises:
        Gone: the search is too long ago.
    """
    found = pages.again(handle)
    end = start + found.count
    links = [{"relation": "self", "url": _address(base, found.kind, handle, start)}]
    if end < len(found.ids):
        links.append({"relation": "next", "url": _address(base, found.kind, handle, end)})
    here = [each for each in _still_there(store, found.kind, found.ids[start:end]) if visible(each)]
    return _bundle(len(found.ids), here, links, base)


def _still_there(store: Store, kind: str, ids: Iterable[str]) -> Iterable[Resource]:
    for identifier in ids:
        try:
            yield store.read(kind, identifier)
        except (Gone, NotFound):
            continue


def _address(base: str, kind: str, handle: str, start: int) -> str:
    return f"{base}/{kind}?_page={handle}&_from={start}"


def _bundle(total: int, resources: list[Resource], links: list[Resource], base: str) -> Resource:
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    entries = [
        {"fullUrl": f"{base}/{reference_of(each)}", "resource": each, "search": {"mode": "match"}} for each in resources
    ]
    return bundle | ({"entry": entries} if entries else {})
