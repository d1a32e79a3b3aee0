"""FHIR → PatientRecord: the prefetch of one call, its draft orders and the day make one record. FHIR ends here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from fhir_mappers.answers import read_answers
from fhir_mappers.bundles import AnyResource
from fhir_mappers.clerk import Clerk, Library, Owner, Place
from fhir_mappers.codings import Coder, relative
from fhir_mappers.conventions import default_conventions
from fhir_mappers.datatypes import Reference
from fhir_mappers.drafts import read_drafts
from fhir_mappers.kinds import KIND_OF, KIND_OF_NAME, KINDS, READERS, looked_for
from fhir_mappers.measurements import Filed, read_observations
from fhir_mappers.patient import read_patient
from fhir_mappers.record import facts
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.events import Event, Gap, Measurement, Problem, TreatmentCourse
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.shapes import Appointment, Medication, Observation, Patient, QuestionnaireResponse
from fhir_mappers.terminology import Terminology, default_terminology
from fhir_mappers.wire import Found, Prefetched, read_value

F = TypeVar("F", Event, Measurement)


_Placed = list[tuple[Place, Any]]


@dataclass(slots=True)
class _Sorted:
    """The resources of all prefetch values by type, and those of Observations by key."""

    by_type: dict[type[Any], _Placed] = field(default_factory=dict)
    observations: dict[str, list[tuple[int, str | None, Observation]]] = field(default_factory=dict)

    def kinds(self) -> list[str]:
        """The kind of every resource, once for each."""
        results = sum(map(len, self.observations.values()))
        return [facts.OBSERVATIONS] * results + [place.kind for all in self.by_type.values() for place, _ in all]


def build_record(
    prefetch: Mapping[str, Prefetched],
    draft_orders: object,
    selections: tuple[str, ...] | None,
    patient_id: str,
    as_of: date,
    *,
    terminology: Terminology | None = None,
    conventions: Conventions | None = None,
    origins: Mapping[str, str] | None = None,
) -> PatientRecord:
    """The record of one patient on one day. Never raises on anything an EHR can send: what is unreadable is a gap.

    Args:
        prefetch: JSON text by key; None when the search found nothing; an absent key was not fetched.
        draft_orders: ``context.draftOrders`` as parsed JSON (numbers best as Decimal), or None.
        selections: ``Type/id`` of the selected drafts; None when the hook has none: all count as selected.
        patient_id: resources of other patients are left out.
        as_of: the day of the hook.
        terminology: the shipped one when None, as ``conventions``.
        conventions: windows and constants.
        origins: how each key reached us (``fetched``), when not by prefetch.
    """
    found = {key: read_value(key, prefetch[key]) for key in KINDS if key in prefetch}
    clerk = Clerk(
        Owner(patient_id, _patient_urls(found.values(), patient_id)),
        Coder(terminology or default_terminology()),
        Library(),
        conventions or default_conventions(),
        as_of,
        [gap for value in found.values() for gap in value.gaps],
        {KIND_OF_NAME[name] for value in found.values() for name in value.unreadable if name in KIND_OF_NAME},
        origins or {},
    )
    resources = _sort(found, clerk)
    person = _person(resources.by_type.get(Patient, []), clerk)
    filed = _measurements(resources, clerk)
    events: Mapping[str, Any] = {name: _ordered(read) for name, read in _events(resources, clerk).items()}
    drafts = read_drafts(draft_orders, selections, clerk)
    return PatientRecord(
        as_of,
        clerk.conventions,
        person or facts.Person(),
        looked_for(found, resources.kinds(), clerk),
        {concept: _ordered(results) for concept, results in sorted(filed.items())},
        drafts=drafts,
        gaps=tuple(sorted(clerk.gaps, key=_gap_order)),
        **events,
    )


def _patient_urls(found: Iterable[Found], patient_id: str) -> frozenset[str]:
    """The ``fullUrl`` under which a Bundle refers to the patient."""
    return frozenset(
        url
        for value in found
        for _, url, resource in value.resources
        if url is not None and isinstance(resource, Patient) and resource.id in (None, patient_id)
    )


def _sort(found: Mapping[str, Found], clerk: Clerk) -> _Sorted:
    """By type; what others refer to goes into the library."""
    result = _Sorted()
    for key, value in found.items():
        origin = clerk.origins.get(key, "prefetch")
        for index, url, resource in value.resources:
            if isinstance(resource, Observation):
                result.observations.setdefault(key, []).append((index, url, resource))
                continue
            kind = type(resource)
            name = f"{kind.__name__}/{resource.id}" if resource.id else url or f"{key}.entry[{index}]"
            if url is not None:
                clerk.library.names[url] = name
            if isinstance(resource, Medication):
                clerk.library.medications.setdefault(name, resource)
            elif kind in KIND_OF:
                result.by_type.setdefault(kind, []).append((Place(KIND_OF[kind], name, origin), resource))
    return result


def _person(patients: _Placed, clerk: Clerk) -> facts.Person | None:
    """The patient of the call; another one is a gap."""
    mine: facts.Person | None = None
    for place, sent in patients:
        whose = None if sent.id is None else Reference(f"Patient/{sent.id}")
        if clerk.is_ours(place, whose) and mine is None:
            mine = read_patient(sent, place, clerk)
    return mine


def _measurements(resources: _Sorted, clerk: Clerk) -> Filed:
    filed: Filed = {}
    for key, observations in resources.observations.items():
        read_observations(observations, key, clerk, filed)
    for place, sent in resources.by_type.get(QuestionnaireResponse, []):
        if clerk.is_ours(place, sent.subject):
            read_answers(sent, place, clerk, filed)
    return filed


def _events(resources: _Sorted, clerk: Clerk) -> dict[str, list[Any]]:
    events: dict[str, list[Any]] = {reader.field: [] for reader in READERS.values()}
    for kind, reader in READERS.items():
        for place, sent in resources.by_type.get(kind, []):
            if not clerk.is_ours(place, *_whose(sent)):
                continue
            event = reader.read(sent, place, clerk)
            if event is not None:
                events[reader.field].append(event)
                _shelve(event, clerk)
    return events


def _shelve(event: Event, clerk: Clerk) -> None:
    """Keep what later readers refer to."""
    if isinstance(event, Problem):
        clerk.library.conditions[event.source.resource] = event.concepts
    elif isinstance(event, TreatmentCourse) and event.kind == "order":
        clerk.library.orders[event.source.resource] = event


def _whose(sent: AnyResource) -> list[Reference | None]:
    if isinstance(sent, Appointment):
        actors = [one.actor for one in sent.participant or () if one.actor is not None]
        return [actor for actor in actors if (relative(actor.reference) or "").startswith("Patient/")]
    return [getattr(sent, "subject", None), getattr(sent, "patient", None)]


def _ordered(read: list[F]) -> tuple[F, ...]:
    """In the order of their names, whatever order they were sent in; the same resource sent twice is one fact."""
    ordered = sorted(read, key=_name)
    return tuple(fact for i, fact in enumerate(ordered) if i == 0 or not _is_repeated(fact, ordered[i - 1]))


def _is_repeated(fact: F, before: F) -> bool:
    return fact.source.resource == before.source.resource and fact == before


def _name(fact: Event | Measurement) -> str:
    return fact.source.resource


def _gap_order(gap: Gap) -> tuple[str, str, str, str]:
    return gap.kind, gap.resource, gap.why, gap.detail
