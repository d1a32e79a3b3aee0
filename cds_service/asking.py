"""Asks the rules of a service about a record: what they find, before a word is said about it. Used by every way in."""

import logging

from cds_service.clients import Silence
from cds_service.errors import MissingData
from cds_service.operations.tracing import span
from cds_service.prefetch import Completed, what_failed
from cds_service.silence import Asked, ask
from fhir_mappers.record.answer import NOT_FETCHED, UNOBTAINED
from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Outcome
from hooks.evaluate import Findings, Guideline
from hooks.services import Service

LOUD = Silence()
_log = logging.getLogger("osteohooks")


def consider(
    service: Service, guideline: Guideline, record: PatientRecord, had: Completed, silence: Silence = LOUD
) -> Asked:
    """What the rules of a service find. ``had`` is what the record was read from.

    Raises:
        MissingData: nothing useful can be said because none of the service's data came.
    """
    hushed = silence.hushes(service.id, (check.id for check in service.checks))
    with span("ask"):
        asked = ask(service.checks, record, guideline, hushed, _report)
    _require_something(service, record, asked.aloud, had)
    return asked


def _require_something(service: Service, record: PatientRecord, findings: Findings, data: Completed) -> None:
    """Refuse with 412 when no data at all came, a rule needs some, and none can speak without."""
    came = (record.looked_for.get(key, NOT_FETCHED) for key in service.prefetch if key not in data.failures)
    if any(why not in UNOBTAINED for why in came):
        return
    outcomes = {f.verdict.outcome for f in findings.all}
    if Outcome.UNDECIDED in outcomes and Outcome.DUE not in outcomes:
        raise MissingData(tuple(service.prefetch), what_failed(data.failures))


def _report(rule: str, error: Exception) -> None:
    """A broken check is logged by rule and kind of error: never a value, never a message that may hold one."""
    kind = type(error).__name__
    about = {"event": "check failed", "rule": rule, "error": type(error), "place": error.__traceback__}
    _log.error("check %s failed: %s", rule, kind, extra=about)
