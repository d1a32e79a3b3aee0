"""The life of one call, without HTTP: used by the API and the command line alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

from cds_service.asking import LOUD, consider
from cds_service.clients import Silence
from cds_service.operations.tracing import span
from cds_service.prefetch import Completed
from fhir_mappers.build import build_record
from fhir_mappers.conventions import default_conventions
from fhir_mappers.local_codes import with_local_codes
from fhir_mappers.orders import OrderContext
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.templates import check_templates
from fhir_mappers.terminology import Terminology, default_terminology
from hooks.cards import compose
from hooks.evaluate import Findings, Guideline
from hooks.limits import Edition, Rule, load_editions
from hooks.policy import Policy
from hooks.policy_rules import amend
from hooks.preferences import preferences
from hooks.quiet import CardMemo, Reason, Recollection, Remembered
from hooks.registry import CHECKS
from hooks.request import HookRequest
from hooks.response import Card
from hooks.services import Service, services_with, shipped_rules
from hooks.texts import LANGUAGES, Speaker
from hooks.withholding import Traced, Withheld, select, told, trace

Clock = Callable[[], date]


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything wired once at the start: clock, tables, value sets, speakers, as the policy of a site has them, and
    the key of fingerprints (64 bytes).

    ``policy_version`` says which version of which policy that is; None: as shipped. ``services`` are those that ask for
    the site's own codes too, by id; none where it has no codes.
    """

    today: Clock
    edition: str
    rules: Mapping[str, Rule]
    editions: Mapping[str, Edition]
    terminology: Terminology
    conventions: Conventions
    speakers: Mapping[tuple[str, str], Speaker] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)
    policy_version: str | None = None
    services: Mapping[str, Service] = field(default_factory=dict)
    _guidelines: dict[str, Guideline] = field(default_factory=dict, init=False, repr=False, compare=False)

    def guideline(self, edition: str) -> Guideline:
        """The rules of one edition: one object for all calls, so that what they have in common is kept with it."""
        if edition not in self._guidelines:
            self._guidelines[edition] = Guideline(self.rules, edition)
        return self._guidelines[edition]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call is answered: the cards, and what lies behind them. ``memos`` and ``seen`` are for the memory."""

    cards: list[Card]
    findings: Findings
    record: PatientRecord
    speaker: Speaker
    shown: tuple[Traced, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    memos: tuple[CardMemo, ...] = ()
    seen: tuple[Remembered, ...] = ()
    policy_version: str | None = None

    @property
    def extension(self) -> Mapping[str, Any] | None:
        """Which cards were withheld, and why; None when all are shown. A caller is not told what is silent for it."""
        return told(one for one in self.withheld if Reason.SILENT not in one.reasons)


def build_parts(
    today: Clock, edition: str, policy: Policy | None = None, codes: Iterable[tuple[str, str, str]] = ()
) -> Parts:
    """Load and check every table and the outgoing templates; a bad one stops the start.

    ``policy`` is the version of a site's policy to apply, ``codes`` a code map besides its own.

    Raises:
        BadTable: a guideline table does not fit.
        ValueError: a template or a convention does not fit.
        BadPolicy, BadCodeMap: the site's data must not be applied.
    """
    shipped = _shipped()
    terminology = with_local_codes(default_terminology(), (*codes, *(policy.codes if policy else ())))
    editions = load_editions()
    if policy is None:
        rules, conventions, reasons = dict(shipped), default_conventions(), None
    else:
        amended = amend(policy, CHECKS)
        rules, conventions, reasons = dict(amended.rules), amended.conventions, amended.reasons
    speakers = {
        (language, key): Speaker(language, rules, found, reasons)
        for language in LANGUAGES
        for key, found in editions.items()
    }
    made = Parts(today, edition, rules, editions, terminology, conventions, speakers)
    asking = {one.id: one for one in services_with(terminology)} if terminology is not default_terminology() else {}
    return replace(made, policy_version=policy.version if policy else None, services=asking)


@cache
def _shipped() -> Mapping[str, Rule]:
    """The tables as delivered, checked together with all that can be drafted: once, for only a release changes them."""
    check_templates()
    return shipped_rules()


def advise(
    call: HookRequest,
    service: Service,
    parts: Parts,
    language: str,
    *,
    as_of: date | None = None,
    edition: str | None = None,
    silence: Silence = LOUD,
    remembered: tuple[Remembered, ...] = (),
    user: str | None = None,
    data: Completed | None = None,
) -> Reply:
    """Read, ask, say, show. The clock is read once, here, unless ``as_of`` is given. ``remembered`` is what the memory
    holds of this patient, ``user`` the key under which it knows who asks; ``data`` is what the call brought along,
    unless more was fetched.

    Raises:
        MissingData: nothing useful can be said because none of the service's data came.
    """
    day, had = as_of or parts.today(), data or Completed(call.prefetch)
    with span("read"):
        record = read(call, parts, day, had)
    return respond(
        call, service, parts, language, record, had,
        edition=edition, silence=silence, remembered=remembered, user=user,
    )  # fmt: skip


def respond(
    call: HookRequest,
    service: Service,
    parts: Parts,
    language: str,
    record: PatientRecord,
    had: Completed,
    *,
    edition: str | None = None,
    silence: Silence = LOUD,
    remembered: tuple[Remembered, ...] = (),
    user: str | None = None,
) -> Reply:
    """Ask, say, show: what `advise` does once the record is read. ``had`` is what it was read from.

    Raises:
        MissingData: as `advise`.
    """
    chosen = edition or parts.edition
    asked = consider(service, parts.guideline(chosen), record, had, silence)
    speaker = parts.speakers[language, chosen]
    wanted = preferences(call.extension, call.hook)
    past = Recollection(remembered, record.as_of, user, wanted.drop_repeated)
    context = _context(call, record, language)

    def cards(found: Findings) -> tuple[Traced, ...]:
        return trace(compose(found, context, speaker, with_evidence=wanted.evidence), record.drafts, parts.key)

    with span("show"):
        selection = select(cards(asked.aloud), wanted, past, speaker)
        silent = tuple(Withheld(card, (Reason.SILENT,)) for card in cards(asked.aside))
    return Reply(
        selection.cards,
        asked.findings,
        record,
        speaker,
        selection.shown,
        (*selection.withheld, *silent),
        selection.memos(service.id, call.hook),
        selection.seen(call.hook, wanted.remember_shown, past),
        parts.policy_version,
    )


def _context(call: HookRequest, record: PatientRecord, language: str) -> OrderContext:
    """For whom, by whom and beside what a proposed order would be written."""
    named = call.context
    return OrderContext(
        named.patient_id,
        named.user_id,
        named.encounter_id,
        record.as_of,
        language,
        record.drafts,
        record.unanswered(),
    )


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
