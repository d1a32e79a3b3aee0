"""Resources by type, whatever key they came under; facts in an order that does not depend on the order of sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.record import facts
from fhir_mappers.record.events import Event, Measurement
from fhir_mappers.shapes import Medication, Observation
from fhir_mappers.wire import Found, Placed, read_value

F = TypeVar("F", bound=Event | Measurement)


@dataclass(slots=True)
class Sorted:
    """The resources of all prefetch values by type, and those of Observations by key."""

    by_type: dict[type[Any], list[tuple[Place, Any]]] = field(default_factory=dict)
    observations: dict[str, list[Placed[Observation]]] = field(default_factory=dict)

    def kinds(self) -> list[str]:
        """The kind of every resource, once for each."""
        results = sum(map(len, self.observations.values()))
        return [facts.OBSERVATIONS] * results + [place.kind for all in self.by_type.values() for place, _ in all]


def sort(found: Mapping[str, Found], kinds: Mapping[type[Any], str], clerk: Clerk) -> Sorted:
    """By type, those of the given kinds; what others refer to goes into the library."""
    result = Sorted()
    for key, value in found.items():
        origin = clerk.origins.get(key, "prefetch")
        if value.observations:
            result.observations[key] = value.observations
        for index, url, resource in value.others:
            kind = type(resource)
            name = f"{kind.__name__}/{resource.id}" if resource.id else url or f"{key}.entry[{index}]"
            if url is not None:
                clerk.library.names[url] = name
            if isinstance(resource, Medication):
                clerk.library.medications.setdefault(name, resource)
            elif kind in kinds:
                result.by_type.setdefault(kind, []).append((Place(kinds[kind], name, origin), resource))
    return result


def shelve_medications(referred: Iterable[bytes], clerk: Clerk) -> None:
    """Keep Medications that came by themselves, by their names; whatever else came is left aside."""
    for sent in referred:
        for _, _, resource in read_value("Medication", sent).others:
            if isinstance(resource, Medication) and resource.id:
                clerk.library.medications.setdefault(f"Medication/{resource.id}", resource)


def in_order(read: list[F]) -> tuple[F, ...]:
    """By the names of their resources; the same resource sent twice is one fact."""
    ordered = sorted(read, key=_name)
    return tuple(fact for i, fact in enumerate(ordered) if i == 0 or not _is_repeated(fact, ordered[i - 1]))


def _is_repeated(fact: F, before: F) -> bool:
    return fact.source.resource == before.source.resource and fact == before


def _name(fact: Event | Measurement) -> str:
    return fact.source.resource
