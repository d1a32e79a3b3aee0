"""Immunotherapy and denosumab (family IMM)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, yes
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.proposals import PostponeDraft, Proposal
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, judge

PLANNED = frozenset({("order", "active"), ("statement", "intended")})
TAKEN = frozenset({"active", "completed"})
BONE_EVENTS = (*c.REASON_HYPERCALCAEMIA, *c.PATHOLOGICAL_FRACTURE, *c.CORD_COMPRESSION)


@dataclass(frozen=True, slots=True)
class Sequence:
    """How recent (d) a skeletal event leaves no time for a sequence, and how long (d) after the first immunotherapy
    denosumab may start.
    """

    event: Quantity
    after: Quantity


def sequence(record: PatientRecord, limits: Sequence, draft: DraftOrder) -> Verdict:
    """Immunotherapy first, denosumab after: a retrospective signal that never delays an urgent bone treatment.

    For whom  lung cancer, oncology denosumab is being started, an immune checkpoint inhibitor is ordered, drafted or
              intended; no emergency, no skeletal event within ``event``, no hypercalcaemia, neither as reason
    Holds     a checkpoint inhibitor was given or is reported as taken, or denosumab is planned for a later day than the
              coming first dose
    Units     days (UCUM d)
    Source    guidelines/immunotherapy.toml [IMM-SEQ-01]
    """
    planned = tuple(o for o in record.courses if (o.kind, o.status) in PLANNED and o.is_any(c.CHECKPOINT_INHIBITORS))
    drafted = tuple(d for d in record.live_drafts() if d.is_any(c.CHECKPOINT_INHIBITORS))
    ordered = record.any_of((*planned, *drafted), ORDERS, STATEMENTS, what="immunotherapy")
    first = _first_day(record, (*planned, *drafted))
    later = first is not None and record.planned_day(draft) > first.last
    return judge(
        record.has(c.LUNG_CANCER, certain=True) & record.starts(draft) & ordered & ~_urgent(record, limits, draft),
        Answer(later) | _given(record),
        proposals=_afterwards(draft, first, limits.after),
        on=first,
        event=limits.event,
    )


def _urgent(record: PatientRecord, limits: Sequence, draft: DraftOrder) -> Answer:
    """The bone cannot wait for a hypothesis."""
    if draft.is_reason(BONE_EVENTS):
        return yes(draft.evidence("draft_order"))
    return record.emergency(draft) | record.skeletal_event(limits.event) | record.has(c.HYPERCALCAEMIA)


def _given(record: PatientRecord) -> Answer:
    told = (s for s in record.courses if s.kind == "statement" and s.status in TAKEN)
    taken = (s for s in told if s.is_any(c.CHECKPOINT_INHIBITORS))
    doses = record.doses_of(c.CHECKPOINT_INHIBITORS)
    return record.any_of((*doses, *taken), ADMINISTRATIONS, STATEMENTS, what="immunotherapy_doses")


def _first_day(record: PatientRecord, orders: Iterable[TreatmentCourse | DraftOrder]) -> PartialDate | None:
    """The earliest day, not yet past, for which immunotherapy is planned."""
    days = (order.planned for order in orders)
    return min(
        (day for day in days if day is not None and day.last >= record.as_of), key=lambda d: d.last, default=None
    )


def _afterwards(draft: DraftOrder, first: PartialDate | None, after: Quantity) -> tuple[Proposal, ...]:
    return (PostponeDraft(draft, first.last + timedelta(days=int(after.value))),) if first is not None else ()
