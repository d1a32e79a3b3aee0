"""The moment of the page: every rule that the guideline tables give to an open chart or to the app, asked at once."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any
from uuid import uuid4

from cds_service.pipeline import Parts
from cds_service.prefetch import Completed
from fhir_mappers.build import build_record
from fhir_mappers.record import concepts as c
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import Terminology, default_terminology
from hooks.check import Check
from hooks.context import Context
from hooks.evaluate import Findings, evaluate
from hooks.limits import Rule, in_use
from hooks.reads import observed
from hooks.registry import CHECKS
from hooks.request import FhirAuthorization, HookRequest
from hooks.services import prefetch_templates

APP = "app"
DRAWN = observed(c.CTX)  # no edition has a limit for it: its trend is shown
MOMENTS = frozenset({"patient-view", APP})
_log = logging.getLogger("osteohooks")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page fetches: the same templates that discovery would list for its rules."""

    prefetch: Mapping[str, str]


def page_checks(rules: Mapping[str, Rule], *, with_orders: bool = False) -> tuple[Check, ...]:
    """The checks of the page, in the order of the registry. The summary of a hook is left out: the page is one.
    ``with_orders`` adds those of an order being signed.
    """
    moments = MOMENTS | {"order-sign"} if with_orders else MOMENTS
    asked = in_use(CHECKS, rules)
    return tuple(check for check in asked if not check.sums_up and moments & set(rules[check.id].hooks))


def wanted(parts: Parts) -> Wanted:
    """The templates of what the checks of the page read, those about the next dose included, and of what is drawn
    without a rule.
    """
    checks = page_checks(parts.rules, with_orders=True)
    return _wanted((*checks, replace(checks[0], reads=DRAWN)), parts.terminology)


def request_for(patient_id: str, fhir_server: str, access_token: str, user: str | None = None) -> HookRequest:
    """What the fetcher needs to know of a session: whose data, where, with which token."""
    context = Context(patient_id, user, None, None, (), {"patientId": patient_id, "userId": user})
    access = FhirAuthorization(access_token, "Bearer", 300, "", user or "", patient_id)
    return HookRequest("patient-view", uuid4(), context, {}, fhir_server, access)


def read_at_app(
    patient_id: str, parts: Parts, day: date, data: Completed, *, drafts: object = None, moment: str = APP
) -> PatientRecord:
    """The record of the patient on that day. FHIR ends here."""
    return build_record(
        data.prefetch,
        drafts,
        None,
        patient_id,
        day,
        terminology=parts.terminology,
        conventions=parts.conventions,
        origins=data.origins,
        failures=data.failures,
        referred=data.referred,
        moment=moment,
    )


def judged(record: PatientRecord, parts: Parts, edition: str, *, with_orders: bool = False) -> Findings:
    """What the engine says of the record, by one edition of the guideline."""
    checks = page_checks(parts.rules, with_orders=with_orders)
    return evaluate(checks, record, parts.guideline(edition), _report)


@cache
def _templates(checks: tuple[Check, ...]) -> Mapping[str, str]:
    return prefetch_templates(checks, default_terminology())


def _wanted(checks: Iterable[Check], terminology: Terminology) -> Wanted:
    asked = tuple(checks)
    if terminology is default_terminology():
        return Wanted(_templates(asked))
    return Wanted(prefetch_templates(asked, terminology))


def _report(rule: str, error: Exception) -> None:
    """A broken check is logged by rule and kind of error: never a value, never a message that may hold one."""
    about: dict[str, Any] = {"event": "check failed", "rule": rule, "error": type(error), "place": error.__traceback__}
    _log.error("check %s failed: %s", rule, type(error).__name__, extra=about)
