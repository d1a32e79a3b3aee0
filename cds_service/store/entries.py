"""One answered call as an entry of the decision log: everything needed to replay and explain it, and nobody's name.

What is kept of a decision are its figures (numbers with their units and days), keyed hashes of the facts it rests on,
the rule with edition, case and severity, and what became of its card. Patients, users and orders are keyed hashes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

from cds_service.clients import Caller
from cds_service.pipeline import Reply
from cds_service.store.chain import call_line, moment
from cds_service.store.columns import encoded
from cds_service.store.keys import Keys
from fhir_mappers.record.answer import Evidence
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity
from hooks.evaluate import Finding
from hooks.exact_json import dumps_exact
from hooks.findings import evidence_json, plain
from hooks.quiet import Trace, Whose
from hooks.request import HookRequest
from hooks.response import Card
from hooks.withholding import Traced

_OURS = (Quantity, Clearance, PartialDate, date, Names, int, Decimal)
SILENT, LEFT_OUT = "silent", "left-out"
_TABLES = (("hooks", "guidelines"), ("hooks", "texts"), ("fhir_mappers", "valuesets"))


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered, on its way into the log.

    Attributes:
        id: ours; ``call.hook_instance`` is the EHR's, and may come twice.
        at: when it came.
        seconds: what it took.
        unanswered: prefetch keys that could not be had, and why.
        hushed: rules that shadow mode kept out of the cards.
        ward: where it was made, when that is known.
        policy: version of the site policy that was applied.
    """

    caller: Caller
    service: str
    call: HookRequest
    whose: Whose
    reply: Reply
    at: datetime
    seconds: float
    unanswered: Mapping[str, str] = field(default_factory=dict)
    hushed: frozenset[str] = frozenset()
    ward: str | None = None
    policy: str | None = None
    id: UUID = field(default_factory=uuid4)


@cache
def software_version() -> str:
    """The version of this distribution."""
    return version("osteohooks")


@cache
def config_version() -> str:
    """A digest of the guideline numbers, words and value sets that ship with this version."""
    digest = sha256()
    for package, folder in _TABLES:
        for table in sorted((files(package) / folder).iterdir(), key=lambda file: file.name):
            if table.is_file():
                digest.update(table.name.encode() + b"\0" + table.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def entry(answered: Answered, keys: Keys) -> bytes:
    """The line of the journal, which is what the chain hashes."""
    cards = tuple(_outcomes(answered))
    decided = [row for card, because in cards for row in _carried(card, because, keys)]
    decided += _uncarried(cards, answered, keys)
    made = [_card(card, because, answered) for card, because in cards]
    return call_line(_call(answered, [because for _, because in cards]), decided, made)


def _outcomes(answered: Answered) -> Iterable[tuple[Traced, str | None]]:
    """Each card made, with why it was not shown."""
    for card in answered.reply.shown:
        yield card, None
    for withheld in answered.reply.withheld:
        yield withheld.card, " ".join(reason.value for reason in withheld.reasons)


def _call(answered: Answered, outcomes: Sequence[str | None]) -> list[Any]:
    """In the order of `chain.CALL`."""
    reply, call, caller = answered.reply, answered.call, answered.caller
    shown = outcomes.count(None)
    return [
        str(answered.id),
        moment(answered.at),
        reply.record.as_of.isoformat(),
        caller.client.id,
        caller.tenant or "",
        answered.service,
        call.hook,
        str(call.hook_instance),
        answered.whose.patient,
        answered.whose.user or "",
        answered.ward,
        reply.speaker.edition.id,
        reply.speaker.language,
        config_version(),
        software_version(),
        answered.policy,
        round(answered.seconds * 1e6),
        len({finding.rule.id for finding in reply.findings.all}) + len(reply.findings.broken),
        encoded(answered.unanswered),
        encoded({broken.rule: broken.error for broken in reply.findings.broken}),
        bool(answered.hushed),
        shown,
        len(outcomes) - shown,
    ]


def _carried(card: Traced, because: str | None, keys: Keys) -> Iterable[list[Any]]:
    """The findings a card carries."""
    for finding, traces in card.findings:
        yield _decision(finding, traces, (str(card.made.card.uuid), because), keys)


def _uncarried(cards: Iterable[tuple[Traced, object]], answered: Answered, keys: Keys) -> Iterable[list[Any]]:
    """Findings that speak and stand in no card."""
    carried = {id(finding) for card, _ in cards for finding, _ in card.findings}
    for finding in answered.reply.findings.speaking:
        if id(finding) not in carried:
            because = SILENT if finding.rule.id in answered.hushed else LEFT_OUT
            yield _decision(finding, (), (None, because), keys)


def _decision(finding: Finding, traces: Sequence[Trace], card: tuple[str | None, str | None], keys: Keys) -> list[Any]:
    """In the order of `chain.DECISION`."""
    trace = traces[0] if traces else None
    uuid, because = card
    figures = {name: _figure(value, keys) for name, value in finding.verdict.figures.items() if value is not None}
    return [
        finding.rule.id,
        finding.verdict.case,
        finding.status,
        finding.severity.value,
        trace.draft if trace and finding.draft is not None else None,
        trace.fingerprint if trace else None,
        encoded(figures),
        encoded([_hash(proof, keys) for proof in finding.verdict.evidence]),
        encoded({gap.what: gap.why for gap in finding.verdict.missing}),
        uuid,
        because is None,
        because,
    ]


def _card(traced: Traced, because: str | None, answered: Answered) -> list[Any]:
    """In the order of `chain.CARD`."""
    card: Card = traced.made.card
    rules = dict.fromkeys(finding.rule.id for finding, _ in traced.findings)
    return [
        str(card.uuid),
        answered.caller.client.id,
        answered.caller.tenant or "",
        answered.service,
        card.indicator.value,
        encoded(list(rules)),
        encoded([str(suggestion.uuid) for suggestion in card.suggestions or ()]),
        encoded([[reason.system, reason.code] for reason in card.override_reasons or ()]),
        because is None,
    ]


def _figure(value: Any, keys: Keys) -> Any:
    """A figure without a name in it: of a result its number and day, of words that the EHR wrote a hash."""
    if isinstance(value, Evidence):
        number = value.converted if value.converted is not None else value.value
        told = {"what": value.what, "value": _figure(number, keys), "date": value.date.text if value.date else None}
        return {name: one for name, one in told.items() if one is not None}
    if value is None or isinstance(value, _OURS):
        return plain(value)
    return {"hash": keys.fact(str(value).encode("utf-8", "surrogatepass"))}


def _hash(proof: Evidence, keys: Keys) -> str:
    """Of the fact alone: how it reached us changes nothing."""
    return keys.fact(dumps_exact({name: value for name, value in evidence_json(proof).items() if name != "origin"}))
