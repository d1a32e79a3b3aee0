"""One patient → the calls an EHR would have made, and what each is answered: rows of findings and of calls."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from cds_service.asking import consider
from cds_service.errors import Refusal
from cds_service.pipeline import Parts, read, respond
from cds_service.prefetch import Completed
from cds_service.replay.envelopes import Record
from cds_service.replay.moments import ANYBODY, Moment, Unsound, moments
from cds_service.replay.plan import BASE, OTHER, Plan, Side, parts_of, service_of
from cds_service.replay.record import Chart
from cds_service.replay.routing import Wanted
from fhir_mappers.kinds import KIND_OF_NAME, KINDS
from fhir_mappers.record.patient_record import PatientRecord
from hooks.cards import arranged
from hooks.evaluate import ALONE, MUTED, Finding, Findings
from hooks.refusal import BadRequest
from hooks.request import Context, HookRequest
from hooks.services import Service
from hooks.texts import Speaker

Rows = Mapping[str, list[tuple[Any, ...]]]
Shelf = Callable[[Iterable[str]], list[Record]]
"""Gives the Medications of these names."""

_NOBODY = UUID(int=0)
_TOLD = (MUTED, ALONE)  # silences that depend on the patient; the others follow from edition and policy


class Asking(msgspec.Struct, frozen=True):
    """One side, ready to be asked."""

    name: str
    side: Side
    parts: Parts
    service: Service


class Heard(NamedTuple):
    """What a call found, and its cards: what each says, those shown first, and why it is withheld (None: shown)."""

    findings: Findings
    cards: list[tuple[tuple[Finding, ...], str | None]]


class Judge:
    """Asks about patients. Made once in every process.

    Args:
        types: the resource types that were exported; of the kinds none of them belongs to, nothing was looked for.
    """

    def __init__(self, plan: Plan, types: Iterable[str] = ()) -> None:
        self.plan = plan
        self.sides = tuple(_ready(plan.hook, *named) for named in zip((BASE, OTHER), plan.sides, strict=False))
        self.wanted = Wanted.of(side.service for side in self.sides)
        came = {KIND_OF_NAME[name] for name in types if name in KIND_OF_NAME}
        self._searched = frozenset(KINDS) if plan.complete else frozenset(came)
        self._shared = len(self.sides) == 2 and _read_alike(*self.sides)

    def rows(self, patient: str, records: list[Record], shelf: Shelf) -> Rows:
        """What is said about one patient: for each side the findings and the calls."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        name = patient if self.plan.names else self.plan.key(patient)
        chart = Chart(patient, records, shelf)
        found["counts"] = [(chart.duplicates, chart.superseded)]
        for number, moment in enumerate(moments(self.plan, chart)):
            head = (name, number, moment.day if isinstance(moment, Moment) else None, self.plan.hook)
            for side, answer in self._ask(moment, chart):
                findings, call = self._told(side, head, answer)
                found.setdefault(f"{side.name}", []).extend(findings)
                found.setdefault(f"{side.name}-calls", []).append(call)
        return found

    def _ask(self, moment: Moment | Unsound, chart: Chart) -> Iterator[tuple[Asking, Heard | str]]:
        """Both sides are asked about the same record where they read it alike."""
        record = None
        for side in self.sides:
            if isinstance(moment, Unsound):
                yield side, moment.why
                continue
            try:
                call = moment.request or self._call(moment, chart, side.service)
                had = Completed(call.prefetch)
                if record is None or not self._shared:
                    record = read(call, side.parts, moment.day, had)
                yield side, _heard(call, side, self.plan.language, record, had)
            except (Refusal, BadRequest) as refused:
                yield side, f"refused: {refused.what}"
            except Exception as error:  # one patient must not stop a million: the call is told as broken, and counted
                yield side, f"failed: {type(error).__name__}"

    def _call(self, moment: Moment, chart: Chart, service: Service) -> HookRequest:
        prefetch = chart.prefetch(service.prefetch, self._searched, moment.known)
        fields = {"patientId": chart.patient, "userId": ANYBODY, "draftOrders": moment.drafts}
        context = Context(chart.patient, ANYBODY, None, moment.drafts, (), fields)
        return HookRequest(self.plan.hook, _NOBODY, context, prefetch)

    def _told(
        self, side: Asking, head: tuple[Any, ...], answer: Heard | str
    ) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
        about = (*head, side.service.id, side.side.edition, side.parts.policy_version)
        if isinstance(answer, str):
            return [], (*about, 0, 0, 0, answer, [])
        speaker = side.parts.speakers[self.plan.language, side.side.edition]
        rows = list(_findings(answer, head, self.plan, speaker))
        speaking = len(answer.findings.speaking)
        broken = [f"{one.rule}: {one.error}" for one in answer.findings.broken]
        withheld = sum(because is not None for _, because in answer.cards)
        return rows, (*about, speaking, len(answer.cards) - withheld, withheld, None, broken)


def _ready(hook: str, name: str, side: Side) -> Asking:
    parts = parts_of(side)
    return Asking(name, side, parts, service_of(hook, parts))


def _read_alike(one: Asking, other: Asking) -> bool:
    """Whether both make the same record of the same data."""
    tables = [(side.parts.terminology, side.parts.conventions, side.service.prefetch) for side in (one, other)]
    return tables[0] == tables[1]


def _heard(call: HookRequest, side: Asking, language: str, record: PatientRecord, had: Completed) -> Heard:
    """A caller without wishes, of whom nothing is remembered, is shown every card: so none need be written."""
    if not call.extension:
        found = consider(side.service, side.parts.guideline(side.side.edition), record, had).findings
        return Heard(found, [(card, None) for card in arranged(found)])
    reply = respond(call, side.service, side.parts, language, record, had)
    told = [(one, None) for one in reply.shown]
    withheld = [(one.card, " ".join(reason.value for reason in one.reasons)) for one in reply.withheld]
    cards = [(tuple(finding for finding, _ in card.findings), because) for card, because in (*told, *withheld)]
    return Heard(reply.findings, cards)


def _findings(heard: Heard, head: tuple[Any, ...], plan: Plan, speaker: Speaker) -> Iterator[tuple[Any, ...]]:
    """In the order of `tables.FINDINGS`: those that speak, and those that fell silent because of another one."""
    places: dict[int, tuple[int, str | None]] = {}
    for number, (card, because) in enumerate(heard.cards):
        places.update((id(finding), (number, because)) for finding in card)
    seen: dict[tuple[str, str], int] = {}
    for finding in heard.findings.all:
        if not finding.speaks and not (finding.because or "").startswith(_TOLD):
            continue
        draft = plan.order(finding.draft.source.resource if finding.draft else "")
        ordinal = seen[finding.rule.id, draft] = seen.get((finding.rule.id, draft), -1) + 1
        card_number, hidden = places.get(id(finding), (None, "left-out" if finding.speaks else None))
        shown = finding.speaks and hidden is None
        yield (
            *head, finding.rule.id, draft, ordinal, finding.status,
            *((finding.verdict.case, finding.severity.value) if finding.speaks else (None, None)),
            shown, hidden, card_number, finding.because,
            [f"{gap.what}: {gap.why}" for gap in finding.verdict.missing],
            *_said(finding, speaker),
        )  # fmt: skip


def _said(finding: Finding, speaker: Speaker) -> tuple[str | None, str | None]:
    """The sentence that leads the card, and a digest of everything the card says."""
    if not finding.speaks:
        return None, None
    summary = speaker.summary(finding)
    words = (summary, *speaker.paragraphs(finding), *speaker.departures(finding))
    return summary, hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:16]
