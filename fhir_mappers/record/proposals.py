"""What a check may propose or name, in clinical terms; ``fhir_mappers.orders`` turns proposals into FHIR."""

from datetime import date

from msgspec import Struct

from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import DraftOrder, TreatmentCourse
from fhir_mappers.record.quantity import Quantity


class SetDose(Struct, frozen=True):
    """Change only the dose of the draft (mg); ``route`` and ``interval`` only when given."""

    draft: DraftOrder
    dose: Quantity | None = None
    interval: Quantity | None = None
    route: str | None = None


class SetInfusionTime(Struct, frozen=True):
    """Change only the infusion time of the draft (min)."""

    draft: DraftOrder
    time: Quantity


class PostponeDraft(Struct, frozen=True):
    """Start the draft no earlier than a day."""

    draft: DraftOrder
    to: date


class RemoveDraft(Struct, frozen=True):
    """Delete the draft; ``instead`` is created with it in one suggestion."""

    draft: DraftOrder
    instead: "NewMedication | NewService | None" = None


class HoldDraft(Struct, frozen=True):
    """Put the draft on hold."""

    draft: DraftOrder


class NewMedication(Struct, frozen=True):
    """Draft a medication order of the formulary: dose in mg or [iU], first day, interval in days, number of doses."""

    item: str
    dose: Quantity | None = None
    on: date | None = None
    reason: str | None = None
    interval: Quantity | None = None
    count: int | None = None


class Annotate(Struct, frozen=True):
    """Add notes (keys of the formulary) to a service the same card asks for; alone it asks for nothing."""

    item: str
    notes: tuple[str, ...]


class NewService(Struct, frozen=True):
    """Draft service requests (concept keys), optionally for a day or not before it, with notes on some of them."""

    items: tuple[str, ...]
    on: date | None = None
    notes: tuple[Annotate, ...] = ()


class NewCondition(Struct, frozen=True):
    """Write a diagnosis of the formulary into the problem list: ``confirmed`` or ``provisional``, with its onset."""

    item: str
    certainty: str
    onset: PartialDate | None = None


class MoveVisit(Struct, frozen=True):
    """Move a booking on its own day into the hours from ``earliest`` to ``latest`` (h), with what the patient is told
    of the service it is for.
    """

    draft: DraftOrder
    earliest: Quantity
    latest: Quantity
    item: str


class StopOrder(Struct, frozen=True):
    """Stop running orders; with ``instead`` as in :class:`RemoveDraft`."""

    orders: tuple[TreatmentCourse, ...]
    instead: NewMedication | None = None


class RecordTaking(Struct, frozen=True):
    """Write down that the patient already takes a drug of the formulary (not an order)."""

    item: str


class SetDetail(Struct, frozen=True):
    """Let a drafted request answer a question (concept) with this answer (``details`` of the formulary)."""

    draft: DraftOrder
    question: str
    answer: str


class AddRemark(Struct, frozen=True):
    """Add a remark of the formulary to a drafted request or booking, with the day it speaks of."""

    draft: DraftOrder
    remark: str
    day: PartialDate


class Together(Struct, frozen=True):
    """Proposals that belong together: one suggestion with all their actions. Edits of drafts are not among them, they
    are merged by draft. ``title`` is the key of a shared sentence; without one the labels of the parts are joined.
    """

    parts: tuple["Proposal", ...]
    title: str | None = None


Proposal = (
    SetDose
    | SetInfusionTime
    | PostponeDraft
    | HoldDraft
    | RemoveDraft
    | NewMedication
    | NewService
    | NewCondition
    | MoveVisit
    | StopOrder
    | RecordTaking
    | SetDetail
    | AddRemark
    | Together
)


class Names(Struct, frozen=True):
    """A list of named things, each a key of the shared texts."""

    keys: tuple[str, ...]


class Literal(Struct, frozen=True):
    """Text from the record or the order, shown escaped and as it is."""

    text: str
