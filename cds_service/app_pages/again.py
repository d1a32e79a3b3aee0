"""Safe to give today: the running orders as drafts of today, so that the rules of an order judge the dose to come.

What a renewal would write is what the EHR holds, word for word; only its state and day are new. What was dispensed or
noted about the earlier prescription does not pass on.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cds_service.app_pages.asking import judged, read_at_app
from cds_service.pipeline import Parts
from cds_service.prefetch import Completed
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.facts import ORDERS
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity
from hooks.evaluate import Findings
from hooks.figures import escape
from hooks.texts import Speaker

SIGNATURE = "order-sign"
_COPIED = (
    "medicationCodeableConcept",
    "medicationReference",
    "subject",
    "requester",
    "reasonCode",
    "reasonReference",
    "dosageInstruction",
    "contained",
)


@dataclass(frozen=True, slots=True)
class Again:
    """What the engine says if the running orders were signed again today; ``orders`` are the drafts of that.

    Without a running order it is what it says of the open chart.
    """

    record: PatientRecord
    findings: Findings
    orders: tuple[DraftOrder, ...] = ()


def again(patient_id: str, chart: PatientRecord, heard: Findings, data: Completed, parts: Parts, edition: str) -> Again:
    """The running antiresorptive orders of the chart, signed again today."""
    running = {order.source.resource for order in chart.orders(use=None)}
    drafts = [_draft(sent, chart.as_of) for sent in _sent(data.prefetch.get(ORDERS)) if _reference(sent) in running]
    if not drafts:
        return Again(chart, heard)
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft} for draft in drafts]}
    record = read_at_app(patient_id, parts, chart.as_of, data, drafts=bundle, moment=SIGNATURE)
    asked = judged(record, parts, edition, with_orders=True)
    return Again(record, asked, record.drafts)


def named(orders: Iterable[DraftOrder], speaker: Speaker) -> tuple[str, ...]:
    """Drug and dose of each, and where the running order stands, as a card would say it."""
    figures = speaker.figures
    return tuple(
        " ".join(
            [
                figures.name(order.product.substance if order.product else "product"),
                *([figures.quantity(order.dose)] if isinstance(order.dose, Quantity) else []),
                f"({escape(order.prior or order.source.resource)})",
            ]
        )
        for order in orders
    )


def _draft(sent: Mapping[str, Any], today: date) -> dict[str, Any]:
    kept = {name: sent[name] for name in _COPIED if name in sent}
    state = {"resourceType": "MedicationRequest", "id": f"{sent['id']}-again", "status": "draft", "intent": "order"}
    return {**kept, **state, "authoredOn": today.isoformat(), "priorPrescription": {"reference": _reference(sent)}}


def _reference(sent: Mapping[str, Any]) -> str:
    return f"{sent.get('resourceType')}/{sent.get('id')}"


def _sent(value: bytes | None) -> Iterable[dict[str, Any]]:
    """The MedicationRequests of a searchset as sent, numbers with all their digits."""
    try:
        bundle = json.loads(value, parse_float=Decimal) if value else {}
    except (ValueError, RecursionError):
        return
    for row in bundle.get("entry") or () if isinstance(bundle, dict) else ():
        held = row.get("resource") if isinstance(row, dict) else None
        if (
            isinstance(held, dict)
            and held.get("resourceType") == "MedicationRequest"
            and isinstance(held.get("id"), str)
        ):
            yield held
