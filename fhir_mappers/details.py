"""The shape of a draft, and what an order tells about itself: the contained Observations it points at.

Convention: ``ServiceRequest.supportingInfo`` or ``Appointment.supportingInformation`` refers to ``#id`` of a contained
Observation with a final status; each is read like a result of its concept and travels with the draft only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end_or_start
from fhir_mappers.datatypes import Codes, Participant, Period, Reference, Timing
from fhir_mappers.mending import mend_softly
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.events import Measurement
from fhir_mappers.shapes import MedicationRequest, Observation
from fhir_mappers.values import ValueReader

_FINAL = frozenset({"final", "amended", "corrected"})

Json = Mapping[str, Any]


class Draft(MedicationRequest, tag=False, tag_field=None):
    """An order being drafted, of any kind: what any of them may have. Filled by ``mending`` from parsed JSON."""

    code: Codes | None = None
    priority: str | None = None
    ordered_on: str | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurrence_timing: Timing | None = None
    scheduled_date_time: str | None = None
    scheduled_period: Period | None = None
    scheduled_timing: Timing | None = None
    start: str | None = None
    prior_prescription: Reference | None = None
    based_on: list[Reference] | None = None
    replaces: list[Reference] | None = None
    service_type: list[Codes] | None = None
    participant: list[Participant] | None = None
    supporting_info: list[Reference] | None = None
    supporting_information: list[Reference] | None = None
    body_site: list[Codes] | None = None


def read_details(raw: Json, sent: Draft, place: Place, clerk: Clerk) -> tuple[Measurement, ...]:
    """The details of a draft in the order sent; a detail that cannot be read becomes a gap.

    A detail without a date of its own counts from the day of the hook.
    """
    wanted = {
        (one.reference or "").strip() for one in (*(sent.supporting_info or ()), *(sent.supporting_information or ()))
    }
    return tuple(measured for detail in _contained(raw, wanted) for measured in _read(detail, place, clerk))


def by_concept(details: tuple[Measurement, ...]) -> dict[str, Measurement]:
    """The first detail of each concept."""
    return {measured.what: measured for measured in reversed(details)}


def _contained(raw: Json, wanted: set[str]) -> Iterator[Json]:
    """The contained Observations that are referred to."""
    contained = raw.get("contained")
    for one in contained if isinstance(contained, list) else [contained]:
        if isinstance(one, Mapping) and one.get("resourceType") == "Observation":
            name = one.get("id")
            if isinstance(name, str) and f"#{name.lstrip('#')}" in wanted:
                yield one


def _read(detail: Json, place: Place, clerk: Clerk) -> Iterator[Measurement]:
    sent, dropped = mend_softly(detail, Observation)
    if dropped:
        clerk.refuse(place, f"contained {', '.join(dropped)}")
    understood = clerk.coder.codes(sent.code)
    if (sent.status or "").strip().lower() not in _FINAL:
        return
    when = date_of(sent.effective_date_time, *end_or_start(sent.effective_period), sent.issued) or of_day(clerk.as_of)
    reader = ValueReader(clerk.coder)
    for concept in understood.concepts:
        yield reader.read(concept, sent, place.source(understood.token), when)
