"""ServiceRequest, Appointment, CarePlan → what is asked for, booked or planned."""

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end, start
from fhir_mappers.record.events import Event, Request
from fhir_mappers.shapes import Appointment, CarePlan, ServiceRequest

_AS_IF_ABSENT = frozenset({"entered-in-error", "cancelled", "revoked", "rejected", "aborted", "noshow"})
# The words of DSTU2 for an active request.
_OLD_ACTIVE = frozenset({"requested", "received", "accepted", "in-progress"})


def read_service(sent: ServiceRequest, place: Place, clerk: Clerk) -> Request | None:
    """A service asked for (``active``, ``draft``, ``on-hold``, ``completed``); ``when`` is the day it was written,
    ``planned`` to ``until`` when it is to take place.
    """
    understood = clerk.coder.codes(sent.code)
    status = clerk.status(place, sent.status) if understood.concepts else None
    if status is None or status in _AS_IF_ABSENT or sent.do_not_perform:
        return None
    wanted = date_of(
        sent.occurrence_date_time,
        start(sent.occurrence_period),
        sent.scheduled_date_time,
        start(sent.scheduled_period),
    )
    return Request(
        place.source(understood.token),
        understood.concepts,
        "active" if status in _OLD_ACTIVE else status,
        date_of(sent.authored_on, sent.ordered_on) or wanted,
        date_of(end(sent.occurrence_period), end(sent.scheduled_period)),
        sites=clerk.coder.all(sent.body_site),
        planned=wanted,
    )


def read_appointment(sent: Appointment, place: Place, clerk: Clerk) -> Request | None:
    """A visit whose kind means something to us; ``when`` is its beginning."""
    concepts = clerk.coder.all(sent.service_type)
    status = clerk.status(place, sent.status) if concepts else None
    if status is None or status in _AS_IF_ABSENT:
        return None
    begins = date_of(sent.start)
    return Request(place.source(), concepts, status, begins, date_of(sent.end), planned=begins)


def read_care_plan(sent: CarePlan, place: Place, clerk: Clerk) -> Event | None:
    """A care plan whose category means something to us."""
    concepts = clerk.coder.all(sent.category)
    status = clerk.status(place, sent.status) if concepts else None
    if status is None or status in _AS_IF_ABSENT:
        return None
    return Event(place.source(), concepts, status, date_of(start(sent.period), sent.created), date_of(end(sent.period)))
