"""The life of one call, without HTTP: used by the API and the command line alike."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from cds_service.errors import MissingData
from cds_service.prefetch import Completed
from fhir_mappers.build import build_record
from fhir_mappers.conventions import default_conventions
from fhir_mappers.orders import OrderContext, check_templates
from fhir_mappers.record.answer import NOT_FETCHED, UNOBTAINED
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import Terminology, default_terminology
from hooks.cards import show
from hooks.check import Outcome
from hooks.evaluate import Findings, Guideline, evaluate
from hooks.limits import Edition, Rule, load_editions, load_rules
from hooks.registry import CHECKS
from hooks.request import HookRequest
from hooks.response import Card
from hooks.services import Service
from hooks.texts import LANGUAGES, Speaker

Clock = Callable[[], date]
_log = logging.getLogger("osteohooks")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything wired once at the start: clock, tables, value sets, speakers."""

    today: Clock
    edition: str
    rules: Mapping[str, Rule]
    editions: Mapping[str, Edition]
    terminology: Terminology
    conventions: Conventions
    speakers: Mapping[tuple[str, str], Speaker] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call is answered: the cards, and what lies behind them."""

    cards: list[Card]
    findings: Findings
    record: PatientRecord
    speaker: Speaker


def build_parts(today: Clock, edition: str) -> Parts:
    """Load and check every table, and validate the outgoing templates; a bad one stops the start.

    Raises:
        BadTable: a guideline table does not fit.
        ValueError: a template or a convention does not fit.
    """
    check_templates()
    rules, editions = load_rules(CHECKS), load_editions()
    speakers = {
        (language, key): Speaker(language, rules, found) for language in LANGUAGES for key, found in editions.items()
    }
    return Parts(today, edition, rules, editions, default_terminology(), default_conventions(), speakers)


def advise(
    call: HookRequest,
    service: Service,
    parts: Parts,
    language: str,
    *,
    as_of: date | None = None,
    edition: str | None = None,
    data: Completed | None = None,
) -> Reply:
    """Read, ask, say, show. The clock is read once, here, unless ``as_of`` is given; ``data`` is what the call brought
    along unless more was fetched.

    Raises:
        MissingData: nothing useful can be said because none of the service's data came.
    """
    day, chosen = as_of or parts.today(), edition or parts.edition
    had = data or Completed(call.prefetch)
    record = read(call, parts, day, had)
    findings = evaluate(service.checks, record, Guideline(parts.rules, chosen), _report)
    _require_something(service, record, findings, had)
    speaker = parts.speakers[language, chosen]
    context = OrderContext(
        call.context.patient_id,
        call.context.user_id,
        call.context.encounter_id,
        day,
        language,
        record.drafts,
        record.requests,
    )
    return Reply(show(findings, context, speaker), findings, record, speaker)


def read(call: HookRequest, parts: Parts, day: date, data: Completed | None = None) -> PatientRecord:
    """The patient record of one call. FHIR ends here."""
    had = data or Completed(call.prefetch)
    selections = call.context.selections if call.hook == "order-select" else None
    return build_record(
        had.prefetch,
        _drafts(call),
        selections,
        call.context.patient_id,
        day,
        terminology=parts.terminology,
        conventions=parts.conventions,
        origins=had.origins,
        failures=had.failures,
        referred=had.referred,
        moment=call.hook,
    )


def _drafts(call: HookRequest) -> object:
    """What the user is writing at this hook: orders, renewals or appointments."""
    named = {"medication-refill": "medications", "appointment-book": "appointments"}.get(call.hook)
    return call.context.draft_orders if named is None else call.context.fields.get(named)


def _require_something(service: Service, record: PatientRecord, findings: Findings, data: Completed) -> None:
    """Refuse with 412 when no data at all came, a rule needs some, and none can speak without."""
    came = (record.looked_for.get(key, NOT_FETCHED) for key in service.prefetch if key not in data.failures)
    if any(why not in UNOBTAINED for why in came):
        return
    outcomes = {f.verdict.outcome for f in findings.all}
    if Outcome.UNDECIDED in outcomes and Outcome.DUE not in outcomes:
        raise MissingData(tuple(service.prefetch), data.failures)


def _report(rule: str, error: Exception) -> None:
    """A broken check is logged by rule and kind of error: never a value, never a message that may hold one."""
    kind = type(error).__name__
    _log.error("check %s failed: %s", rule, kind, extra={"rule": rule, "error": kind})
