"""Procedure and DiagnosticReport → procedures: what was done, where, with which outcome."""

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end_or_start, start
from fhir_mappers.record.events import Procedure
from fhir_mappers.shapes import DiagnosticReport
from fhir_mappers.shapes import Procedure as SentProcedure

_AS_IF_ABSENT = frozenset({"entered-in-error", "cancelled"})
_REPORTED = frozenset({"final", "amended", "corrected", "appended"})


def read_procedure(sent: SentProcedure, place: Place, clerk: Clerk) -> Procedure | None:
    """A procedure, dated by its end; None when its code means nothing to us."""
    understood = clerk.coder.codes(sent.code)
    status = clerk.status(place, sent.status) if understood.concepts else None
    if status is None or status in _AS_IF_ABSENT:
        return None
    return Procedure(
        place.source(understood.token),
        understood.concepts,
        "not-done" if sent.not_performed or sent.not_done else status,
        date_of(sent.performed_date_time, *end_or_start(sent.performed_period)),
        sites=clerk.coder.all(sent.body_site),
        outcome=clerk.coder.all(sent.outcome),
        began=date_of(start(sent.performed_period)),
    )


def read_report(sent: DiagnosticReport, place: Place, clerk: Clerk) -> Procedure | None:
    """A report as the procedure it reports: ``completed`` once final; its coded conclusion is the outcome."""
    understood = clerk.coder.codes(sent.code)
    outcome = clerk.coder.all(sent.conclusion_code or sent.coded_diagnosis)
    if not understood.concepts and not outcome:
        return None
    status = clerk.status(place, sent.status)
    if status is None or status in _AS_IF_ABSENT:
        return None
    return Procedure(
        place.source(understood.token),
        understood.concepts,
        "completed" if status in _REPORTED else status,
        date_of(sent.effective_date_time, *end_or_start(sent.effective_period), sent.issued),
        outcome=outcome,
    )
