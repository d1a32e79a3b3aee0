"""The resources in memory: seeded with the shipped patients of today, changed by callers, put back by a reset."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import RLock
from uuid import uuid4

from cds_service.sandbox.fhir.kinds import Resource, reference_of
from cds_service.sandbox.fhir.outcomes import Conflict, Gone, NotFound

Seed = Callable[[date], Iterable[Resource]]
Names = tuple[str, str]
"""Type and id."""

_FIRST = "1"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write: the resource as it is now (None: deleted), and whether it is new."""

    resource: Resource | None
    is_new: bool = False


class Store:
    """Thread-safe. A resource is never changed in place, so what was read stays what it was.

    Args:
        seed: the resources of a day; asked once a day, because the shipped patients live today.
        today: the clock of the house.
    """

    def __init__(self, seed: Seed, today: Callable[[], date]) -> None:
        self._seed, self._today = seed, today
        self._lock = RLock()
        self._day: date | None = None
        self._held: dict[Names, Resource] = {}
        self._deleted: set[Names] = set()

    def all(self, kind: str) -> list[Resource]:
        """Every resource of a type, in the order in which they came."""
        with self._lock:
            return [resource for (known, _), resource in self._fresh().items() if known == kind]

    def read(self, kind: str, identifier: str) -> Resource:
        """One resource.

        Raises:
            NotFound, Gone: there is none, or not any more.
        """
        with self._lock:
            resource = self._fresh().get((kind, identifier))
            if resource is None:
                raise Gone if (kind, identifier) in self._deleted else NotFound
            return resource

    def create(self, resource: Resource) -> Resource:
        """A new resource; the server gives it its id."""
        with self._lock:
            self._fresh()  # the first call of a day may be a write
            return self._put({**resource, "id": str(uuid4())}, _FIRST)

    def update(self, resource: Resource, if_match: str | None = None) -> Written:
        """The resource of this type and id, as it is now to be; a new one where there is none.

        Raises:
            Conflict: it is not at the version that ``if_match`` names.
        """
        with self._lock:
            known = self._fresh().get((resource["resourceType"], resource["id"]))
            version = known["meta"]["versionId"] if known else "0"
            if if_match is not None and if_match != version:
                raise Conflict
            return Written(self._put(resource, str(int(version) + 1)), known is None)

    def delete(self, kind: str, identifier: str) -> Written:
        """Take a resource away; nothing happens where it is gone already.

        Raises:
            NotFound: there never was one.
        """
        with self._lock:
            if self._fresh().pop((kind, identifier), None) is None and (kind, identifier) not in self._deleted:
                raise NotFound
            self._deleted.add((kind, identifier))
            return Written(None)

    def together(self, changes: Iterable[Callable[[], Written]]) -> list[Written]:
        """All of the changes, or none of them when one fails."""
        with self._lock:
            before = dict(self._fresh()), set(self._deleted)
            try:
                return [change() for change in changes]
            except Exception:
                self._held, self._deleted = before
                raise

    def reset(self) -> None:
        """Back to the shipped patients."""
        with self._lock:
            self._day = None

    def _fresh(self) -> dict[Names, Resource]:
        """What is held, seeded anew on another day: what is "today" in the records must be today."""
        day = self._today()
        if day != self._day:
            self._held, self._deleted, self._day = {}, set(), day
            for resource in self._seed(day):
                self._put(resource, _FIRST)
        return self._held

    def _put(self, resource: Resource, version: str) -> Resource:
        when = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        meta = {**resource.get("meta", {}), "versionId": version, "lastUpdated": when}
        stored = {"resourceType": resource["resourceType"], "id": resource["id"], **resource, "meta": meta}
        names = stored["resourceType"], stored["id"]
        self._held[names] = stored
        self._deleted.discard(names)
        return stored


def etag(resource: Resource) -> str:
    """The version of a resource as an HTTP header tells it."""
    return f'W/"{resource["meta"]["versionId"]}"'


def location(base: str, resource: Resource) -> str:
    """The address of this version."""
    return f"{base}/{reference_of(resource)}/_history/{resource['meta']['versionId']}"
