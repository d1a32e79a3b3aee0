"""FHIR → PatientRecord: the prefetch of one call, its draft orders and the day make one record. FHIR ends here."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from fhir_mappers.answers import read_answers
from fhir_mappers.bundles import AnyResource
from fhir_mappers.clerk import Clerk, Library, Owner
from fhir_mappers.codings import Coder, relative
from fhir_mappers.conventions import default_conventions
from fhir_mappers.datatypes import Reference
from fhir_mappers.drafts import read_drafts
from fhir_mappers.kinds import KIND_OF, KIND_OF_NAME, KINDS, READERS, looked_for
from fhir_mappers.measurements import Results, read_observations
from fhir_mappers.ordering import Sorted, in_order, shelve_medications, sort
from fhir_mappers.patient import find_patient, patient_urls
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.events import Event, Gap, Problem, TreatmentCourse
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.shapes import Appointment, Patient, QuestionnaireResponse
from fhir_mappers.terminology import Terminology, default_terminology
from fhir_mappers.wire import Prefetched, read_value


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
    failures: Mapping[str, str] | None = None,
    referred: Iterable[bytes] = (),
    moment: str = "order-sign",
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
        failures: why a key could not be had (``record.answer`` reasons), where that is known.
        referred: Medications that orders point at and that did not come with them.
        moment: the hook that is asked.
    """
    found = {key: read_value(key, prefetch[key]) for key in KINDS if key in prefetch}
    clerk = Clerk(
        Owner(patient_id, patient_urls(found.values(), patient_id)),
        Coder(terminology or default_terminology()),
        Library(),
        conventions or default_conventions(),
        as_of,
        [gap for value in found.values() for gap in value.gaps],
        {KIND_OF_NAME[name] for value in found.values() for name in value.unreadable if name in KIND_OF_NAME},
        origins or {},
    )
    shelve_medications(referred, clerk)
    resources = sort(found, KIND_OF, clerk)
    person = find_patient(resources.by_type.get(Patient, []), clerk)
    results = _measurements(resources, clerk)
    events: Mapping[str, Any] = {name: in_order(read) for name, read in _events(resources, clerk).items()}
    drafts = read_drafts(draft_orders, selections, clerk)
    searched = looked_for(found, resources.kinds(), failures or {}, clerk)
    gaps = tuple(sorted(clerk.gaps, key=_gap_order))
    alike = clerk.lookalikes.found()
    return PatientRecord(
        *(as_of, clerk.conventions, person, searched, results),
        **{**events, "drafts": drafts, "gaps": gaps, "unmatched": alike, "moment": moment},
    )


def _measurements(resources: Sorted, clerk: Clerk) -> Results:
    results = Results(clerk.coder)
    for key, observations in resources.observations.items():
        read_observations(observations, key, clerk, results)
    for place, sent in resources.by_type.get(QuestionnaireResponse, []):
        if clerk.is_ours(place, sent.subject):
            read_answers(sent, place, clerk, results)
    return results


def _events(resources: Sorted, clerk: Clerk) -> dict[str, list[Any]]:
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


def _gap_order(gap: Gap) -> tuple[str, str, str, str]:
    return gap.kind, gap.resource, gap.why, gap.detail
