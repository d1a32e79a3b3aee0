"""When an EHR would have called about a patient, and at order-sign with which drafts."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from cds_service.replay.envelopes import Record
from cds_service.replay.plan import Plan
from cds_service.replay.record import Chart
from fhir_mappers.build import build_record
from hooks.refusal import BadRequest
from hooks.request import HookRequest

ANYBODY = "Practitioner/replay"
ORDER = "MedicationRequest"
NO_DAY = "refused: a recorded request tells no day; give --as-of"
_OPEN = frozenset({"active", "draft"})
_NEVER = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Moment:
    """One call: its day, the drafts, which resources the record held; or the request as it was recorded."""

    day: date
    known: Callable[[Record], bool] = field(default=lambda record: True)
    drafts: dict[str, Any] | None = None
    request: HookRequest | None = None


@dataclass(frozen=True, slots=True)
class Unsound:
    """A recorded request that cannot be replayed, and why."""

    why: str


def moments(plan: Plan, chart: Chart) -> Iterator[Moment | Unsound]:
    """The calls about one patient, in the order of their days; recorded requests last."""
    if chart.resources:
        yield from _signing(plan, chart) if plan.hook == "order-sign" else _viewing(plan, chart)
    for record in chart.requests:
        day = plan.as_of or _day(record.since)
        try:
            sent = HookRequest.parse(record.raw, plan.hook)
        except BadRequest as wrong:
            yield Unsound(f"refused: {wrong.what}")
        except RecursionError:
            yield Unsound("refused: nested too deeply")
        else:
            if day is None:
                yield Unsound(NO_DAY)
            elif plan.as_of is not None or plan.asks_on(day):
                yield Moment(day, request=sent)


def _viewing(plan: Plan, chart: Chart) -> Iterator[Moment]:
    """The chart is opened on the day, or on each day on which something new was in it."""
    days = [plan.as_of] if plan.as_of else _days(plan, chart.resources)
    return (Moment(day, _known_by(day)) for day in days)


def _signing(plan: Plan, chart: Chart) -> Iterator[Moment]:
    """The antiresorptive orders of the record are signed: on the day those that are open then, all together; else on
    the day each was written, whatever became of it. What is signed is not in the record yet.
    """
    status = _OPEN if plan.as_of else None
    orders = [(one, sent) for one in chart.resources if one.type == ORDER and (sent := _order(one, status))]
    if not orders:
        return
    signed = _antiresorptive(orders, chart, plan.as_of or date.max)
    for day in [plan.as_of] if plan.as_of else _days(plan, (one for one, _ in signed)):
        held = _known_by(day)
        now = [(one, sent) for one, sent in signed if (held(one) if plan.as_of else one.since == day.isoformat())]
        if now:
            yield Moment(day, _without(held, {one for one, _ in now}), _drafts(now, chart, day))


def _order(record: Record, status: frozenset[str] | None) -> dict[str, Any] | None:
    """The order, where its status is one of these (None: any but those that never were orders)."""
    sent = json.loads(record.raw, parse_float=Decimal)
    told = sent.get("status")
    fits = told in status if status is not None and isinstance(told, str) else told not in _NEVER
    return sent if fits and not sent.get("doNotPerform") else None


def _antiresorptive(
    orders: list[tuple[Record, dict[str, Any]]], chart: Chart, day: date
) -> list[tuple[Record, dict[str, Any]]]:
    """Those that the rules would know for one: read as drafts, by the readers of the product."""
    asked = _drafts(orders, chart, day)
    known = build_record({}, asked, None, chart.patient, day, moment="order-sign").drafts
    names = {draft.source.resource for draft in known if draft.product is not None}
    return [(one, sent) for one, sent in orders if f"{ORDER}/{one.id}" in names]


def _drafts(orders: list[tuple[Record, dict[str, Any]]], chart: Chart, day: date) -> dict[str, Any]:
    """The orders as they stand on the screen before signature, with the Medications they name."""
    written = {"status": "draft", "intent": "order", "authoredOn": day.isoformat()}
    named = [json.loads(one.raw, parse_float=Decimal) for one in chart.medications(one for one, _ in orders)]
    resources: Iterable[dict[str, Any]] = (*({**sent, **written} for _, sent in orders), *named)
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def _days(plan: Plan, records: Iterable[Record]) -> list[date]:
    found = {day for one in records if (day := _day(one.since)) is not None}
    return sorted(day for day in found if plan.asks_on(day))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _known_by(day: date) -> Callable[[Record], bool]:
    text = day.isoformat()
    return lambda record: record.since <= text


def _without(known: Callable[[Record], bool], signed: set[Record]) -> Callable[[Record], bool]:
    return lambda record: record not in signed and known(record)
