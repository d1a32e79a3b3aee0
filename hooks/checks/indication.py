"""Who should start an antiresorptive, and who must not take two (family AR)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, Missing, either, yes
from fhir_mappers.record.dates import PartialDate, add_months
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.events import Event, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Use
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, judge

BEFORE_START = ("vitamin_d_test", "creatinine_test", "dental_consultation", "panoramic_xray")


@dataclass(frozen=True, slots=True)
class Start:
    """Adult age (a), survival (mo) from which a start is advised, look-back for an event and for doses (d), the length
    of a completed earlier course (mo), and the dose table.
    """

    adult: Quantity
    survival: Quantity
    event: Quantity
    recent: Quantity
    course: Quantity
    dosing: ZoledronateDose


def start(record: PatientRecord, limits: Start) -> Verdict:
    """Lung cancer with a bone metastasis: an antiresorptive is offered from its discovery.

    For whom  an adult, not pregnant, with lung cancer and a bone metastasis, without a recent skeletal event, whose
              recorded survival is not below the limit; not declined, no jaw osteonecrosis, no comfort-only care, no
              earlier course completed or stopped for a reason
    Holds     an antiresorptive is active, drafted or was given recently
    Source    guidelines/indication.toml [AR-START-01]
    """
    against = either(
        (
            record.skeletal_event(limits.event),
            record.survival_below(limits.survival),
            record.flagged(c.ANTIRESORPTIVE_DECLINED),
            record.has(c.JAW_OSTEONECROSIS),
            record.comfort_care(),
            _stopped_for_a_reason(record),
            _course_completed(record, limits.course),
        )
    )
    for_whom = _adult_with_bone_metastasis(record, limits.adult) & ~against
    known = not isinstance(record.latest(*c.LIFE_EXPECTANCY), Missing)
    return judge(
        for_whom,
        _treated(record, limits.recent),
        proposals=_ways_to_start(record, limits.dosing),
        survival=limits.survival,
        notes=() if known else ("survival_not_recorded",),
    )


@dataclass(frozen=True, slots=True)
class StartAfterEvent:
    """Adult age (a), look-back for the event and for doses (d), and the dose table."""

    adult: Quantity
    event: Quantity
    recent: Quantity
    dosing: ZoledronateDose


def start_after_event(record: PatientRecord, limits: StartAfterEvent) -> Verdict:
    """After a skeletal event an antiresorptive is proposed whatever the prognosis.

    For whom  an adult, not pregnant, with lung cancer and a bone metastasis and a skeletal event in the look-back
    Holds     an antiresorptive is active, drafted or was given recently, or the patient declines it
    Units     days (UCUM d)
    Source    guidelines/indication.toml [AR-START-02]
    """
    event = record.skeletal_event(limits.event)
    for_whom = _adult_with_bone_metastasis(record, limits.adult) & event
    dying = record.comfort_care().is_yes
    return judge(
        for_whom,
        _treated(record, limits.recent) | record.flagged(c.ANTIRESORPTIVE_DECLINED),
        case="comfort_care" if dying else "due",
        proposals=() if dying else _ways_to_start(record, limits.dosing),
        event=event.evidence[0].date if event.evidence else None,
    )


def _adult_with_bone_metastasis(record: PatientRecord, adult: Quantity) -> Answer:
    return record.lung_bone_metastasis() & ~record.age_below(adult) & ~record.pregnant()


def _treated(record: PatientRecord, recent: Quantity) -> Answer:
    drafts = Answer(any(d.product is not None and not d.stops for d in record.drafts))
    active = record.any_of(record.orders(use=None), ORDERS, what="antiresorptive_order")
    given = record.recent(record.given(use=None), recent, ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    return either((drafts, active, given))


def _stopped_for_a_reason(record: PatientRecord) -> Answer:
    stopped = [o for o in record.orders(use=None, status=("stopped", "completed")) if o.stop_reasons]
    return record.any_of(stopped, ORDERS, what="stop_reason")


def _course_completed(record: PatientRecord, length: Quantity) -> Answer:
    """An earlier course of at least ``length`` calendar months, from first to last recorded dose."""
    doses: list[PartialDate] = [e.when for e in record.given() if e.when is not None]
    if not doses:
        return record.looked(ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    first, last = min(d.first for d in doses), max(d.last for d in doses)
    return Answer(add_months(first, int(length.value)) <= last)


def _ways_to_start(record: PatientRecord, dosing: ZoledronateDose) -> tuple[Proposal, ...]:
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    advised = None if record.dialysis().is_yes else dosing.table.dose_for(now)
    zoledronate = (NewMedication(ZOLEDRONATE, advised),) if advised else ()
    return (*zoledronate, NewMedication(DENOSUMAB_INGREDIENT), NewService(BEFORE_START))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Usual intervals (d) of the products, and the margin (d) after which a product no longer counts as running."""

    oncology: Quantity
    denosumab_osteoporosis: Quantity
    zoledronate_osteoporosis: Quantity
    other: Quantity
    margin: Quantity


def duplicate(record: PatientRecord, limits: Duplicate, draft: DraftOrder) -> Verdict:
    """Two antiresorptives do not run together, save a declared switch or bridge.

    For whom  an oncology antiresorptive is drafted without declaring a switch or bridge
    Holds     no other product is drafted with it, and none is active with a last dose within its interval plus margin
              (an active order without any recorded dose counts from the day it was written), unless it is stopped in
              the same session; the running order of the same product is a renewal
    Units     days (UCUM d)
    Source    guidelines/indication.toml [AR-DUP-01]
    """
    for_whom = yes(draft.evidence("draft_order")) & ~Answer(draft.is_reason(c.DECLARED_SWITCH))
    twice = [d for d in record.drafts if d is not draft and not d.stops and d.product and _differs(d, draft)]
    running = [o for o in record.orders(use=None) if _differs(o, draft) and not _being_stopped(record, o)]
    clashing = [o for o in running if _still_acts(record, limits, o)]
    found = (*twice, *clashing)
    answer = (
        yes(*(e.evidence("other_antiresorptive") for e in found))
        if found
        else record.looked(ORDERS, what="other_antiresorptive")
    )
    stop = (StopOrder(tuple(clashing)),) if clashing else ()
    return judge(for_whom, ~answer, case="drafted_twice" if twice else "due", proposals=stop, margin=limits.margin)


def _differs(other: DraftOrder | TreatmentCourse, draft: DraftOrder) -> bool:
    if other.product is None or draft.product is None:
        return False
    return (other.product.substance, other.product.use) != (draft.product.substance, draft.product.use)


def _being_stopped(record: PatientRecord, order: TreatmentCourse) -> bool:
    stops = [d for d in record.drafts if d.stops]
    return any(
        d.prior == order.source.resource
        if d.prior
        else (d.product is None or (order.product is not None and d.product.substance == order.product.substance))
        for d in stops
    )


def _still_acts(record: PatientRecord, limits: Duplicate, order: TreatmentCourse) -> bool:
    assert order.product is not None
    given: list[Event] = [g for g in record.given(order.product.substance, use=None) if g.when is not None]
    dated = given or [order]
    window = (order.interval or _usual_interval(limits, order)) + limits.margin
    return any(record.within(event.when, window) is not False for event in dated)


def _usual_interval(limits: Duplicate, order: TreatmentCourse) -> Quantity:
    if order.product is not None and order.product.use is Use.ONCOLOGY:
        return limits.oncology
    substance = order.product.substance if order.product else ""
    return {
        DENOSUMAB_INGREDIENT: limits.denosumab_osteoporosis,
        ZOLEDRONATE: limits.zoledronate_osteoporosis,
    }.get(substance, limits.other)
