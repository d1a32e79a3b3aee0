"""Condition → Problem (catalogue P1)."""

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end, plain_code, start
from fhir_mappers.record.events import Problem
from fhir_mappers.shapes import Condition

_STATUSES = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
_AS_IF_ABSENT = frozenset({"refuted", "entered-in-error"})
_DOUBTFUL = frozenset({"provisional", "differential", "unconfirmed"})


def read_problem(sent: Condition, place: Place, clerk: Clerk) -> Problem | None:
    """The problem, or None when its code means nothing to us, or when it was refuted or entered in error.

    A missing clinical status counts as active, unless the condition says that it ended.
    """
    understood = clerk.coder.codes(sent.code)
    verified = plain_code(sent.verification_status)
    if not understood.concepts or verified in _AS_IF_ABSENT:
        return None
    return Problem(
        place.source(understood.token),
        understood.concepts,
        _status(sent),
        date_of(
            sent.onset_date_time,
            start(sent.onset_period),
            sent.recorded_date,
            sent.asserted_date,
            sent.date_recorded,
        ),
        date_of(sent.abatement_date_time, end(sent.abatement_period), start(sent.abatement_period)),
        certain=verified not in _DOUBTFUL,
        sites=clerk.coder.all(sent.body_site),
    )


def _status(sent: Condition) -> str:
    status = plain_code(sent.clinical_status)
    if status in _STATUSES:
        return status
    ended = sent.abatement_date_time or sent.abatement_period or sent.abatement_boolean
    return "resolved" if ended else "active"
