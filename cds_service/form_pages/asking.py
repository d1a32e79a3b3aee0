"""What a form needs of the record, and what the rules say to its answers: the same checks, asked at moment ``app``."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from cds_service.pipeline import Parts
from cds_service.prefetch import Completed
from cds_service.smart.sessions import AppSession
from fhir_mappers.build import build_record
from fhir_mappers.form_prefill import concept_of
from fhir_mappers.forms import Form
from fhir_mappers.record.patient_record import PatientRecord
from hooks import board_request
from hooks.check import Check
from hooks.context import Context
from hooks.evaluate import Findings, evaluate
from hooks.limits import Rule, in_use
from hooks.reads import observed
from hooks.registry import CHECKS
from hooks.request import FhirAuthorization, HookRequest
from hooks.services import templates_for

APP = "app"
_LASTS = 300  # s; nobody reads it, and it must be said
_log = logging.getLogger("osteohooks")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched for a form."""

    prefetch: Mapping[str, str]


def checks_of(form: Form, rules: Mapping[str, Rule]) -> tuple[Check, ...]:
    """The rules its answers serve, as far as they are there and are asked in the app."""
    return tuple(check for check in in_use(CHECKS, rules) if check.id in form.rules and APP in rules[check.id].hooks)


def wanted(form: Form, parts: Parts) -> Wanted:
    """What its rules read, what may fill it in, and who the patient is."""
    reads = [name for check in checks_of(form, parts.rules) for name in check.reads]
    asked = observed(*(concept_of(question) for question in form.questions))
    more = board_request.READS if form.id == board_request.FORM else ()
    return Wanted(templates_for((*reads, *asked, *more), parts.terminology))


def request_of(session: AppSession) -> HookRequest:
    """What the fetcher needs to know of a session: whose data, where, with which token."""
    user = session.user
    known = {"patientId": session.patient_id, "userId": user}
    context = Context(session.patient_id, user, session.encounter_id, None, (), known)
    access = FhirAuthorization(session.access_token, "Bearer", _LASTS, "", user or "", session.patient_id)
    return HookRequest("patient-view", uuid4(), context, {}, session.fhir_server, access)


def read(patient_id: str, parts: Parts, day: date, data: Completed) -> PatientRecord:
    """The record of the patient on that day."""
    return build_record(
        data.prefetch,
        None,
        None,
        patient_id,
        day,
        terminology=parts.terminology,
        conventions=parts.conventions,
        origins=data.origins,
        failures=data.failures,
        referred=data.referred,
        moment=APP,
    )


def found(form: Form, record: PatientRecord, parts: Parts) -> Findings:
    """What the rules of a form say to a record."""
    return evaluate(checks_of(form, parts.rules), record, parts.guideline(parts.edition), _report)


def _report(rule: str, error: Exception) -> None:
    """A broken check is logged by rule and kind of error: never a value, never a message that may hold one."""
    about: dict[str, Any] = {"event": "check failed", "rule": rule, "error": type(error), "place": error.__traceback__}
    _log.error("check %s failed: %s", rule, type(error).__name__, extra=about)
