"""Who should start an antiresorptive, and who must not take two (family AR)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, AMBIGUOUS, Answer, Missing, either, no, unknown, yes
from fhir_mappers.record.dates import PartialDate, add_months
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.events import Dose, Event, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS, evidence_of
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Use
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, Outcome, PatientRecord, Verdict, judge

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
    unknown_survival = isinstance(record.latest(*c.LIFE_EXPECTANCY), Missing)
    now = _dosing_clearance(record, limits.dosing)
    verdict = judge(
        for_whom,
        _treated(record, limits.recent),
        proposals=_ways_to_start(limits.dosing, now),
        survival=limits.survival,
        clearance=now,
        notes=(*(("survival_not_recorded",) if unknown_survival else ()), *(("dose_by_clearance",) if now else ())),
    )
    return verdict.resting_on(*now.evidence) if now and verdict.outcome is Outcome.DUE else verdict


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
    now = None if dying else _dosing_clearance(record, limits.dosing)
    verdict = judge(
        for_whom,
        _treated(record, limits.recent) | record.flagged(c.ANTIRESORPTIVE_DECLINED),
        case="comfort_care" if dying else "due",
        proposals=() if dying else _ways_to_start(limits.dosing, now),
        event=event.evidence[0].date if event.evidence else None,
        clearance=now,
        notes=("dose_by_clearance",) if now else (),
    )
    return verdict.resting_on(*now.evidence) if now and verdict.outcome is Outcome.DUE else verdict


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
    """An earlier course of at least ``length`` calendar months, from first to last recorded dose; dates that are not
    known to the day count for the shortest course they allow.
    """
    doses: list[PartialDate] = [e.when for e in record.given() if e.when is not None]
    if not doses:
        return record.looked(ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    first, last = min(d.last for d in doses), max(d.first for d in doses)
    return Answer(add_months(first, int(length.value)) <= last)


def _dosing_clearance(record: PatientRecord, dosing: ZoledronateDose) -> Clearance | None:
    """The clearance that tells a dose of zoledronic acid; None when there is none to tell."""
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    return now if record.dialysis().is_no and dosing.table.dose_for(now) else None


def _ways_to_start(dosing: ZoledronateDose, now: Clearance | None) -> tuple[Proposal, ...]:
    advised = dosing.table.dose_for(now) if now else None
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
              (an active order without any recorded dose counts from the day it was written; an older one is
              undecided), unless it is stopped in the same session; the order of the same product is a renewal
    Units     days (UCUM d)
    Source    guidelines/indication.toml [AR-DUP-01]
    """
    for_whom = yes(draft.evidence("draft_order")) & ~Answer(draft.is_reason(c.DECLARED_SWITCH))
    twice = [d for d in record.drafts if d is not draft and _is_live(d) and _differs(d, draft)]
    others = [o for o in _running(record) if _differs(o, draft) and not _being_stopped(record, o)]
    acting = [(o, _still_acts(record, limits, o) & _is_another(o, draft)) for o in others]
    clash = either(answer for _, answer in acting) | record.looked(ORDERS, what="other_antiresorptive")
    clash = yes(*evidence_of(twice, "other_antiresorptive")) | clash if twice else clash
    orders = tuple(o for o, answer in acting if answer.is_yes and o.kind == "order")
    stop = (StopOrder(orders),) if orders else ()
    return judge(for_whom, ~clash, case="drafted_twice" if twice else "due", proposals=stop, margin=limits.margin)


def _is_live(draft: DraftOrder) -> bool:
    """A draft that adds a product and does not declare itself a switch."""
    return not draft.stops and draft.product is not None and not draft.is_reason(c.DECLARED_SWITCH)


def _running(record: PatientRecord) -> tuple[TreatmentCourse, ...]:
    """Active orders, and what the patient is said to take at home."""
    told = (s for s in record.courses if s.kind == "statement" and s.status == "active" and s.product is not None)
    return (*record.orders(use=None), *told)


def _differs(other: DraftOrder | TreatmentCourse, draft: DraftOrder) -> bool:
    mine, theirs = draft.product, other.product
    return mine is not None and theirs is not None and (theirs.substance, theirs.use) != (mine.substance, mine.use)


def _is_another(course: TreatmentCourse, draft: DraftOrder) -> Answer:
    """Unknown when the substance is the same and the course does not say which of its products it is."""
    other, mine = course.product, draft.product
    doubtful = other is not None and mine is not None and other.substance == mine.substance
    if doubtful and other is not None and other.use is Use.UNIDENTIFIED:
        return unknown(Missing("product", AMBIGUOUS, course.evidence("other_antiresorptive")))
    return yes()


def _being_stopped(record: PatientRecord, course: TreatmentCourse) -> bool:
    stops = [d for d in record.drafts if d.stops]
    return any(
        d.prior == course.source.resource
        if d.prior and course.kind == "order"
        else (d.product is None or (course.product is not None and d.product.substance == course.product.substance))
        for d in stops
    )


def _still_acts(record: PatientRecord, limits: Duplicate, course: TreatmentCourse) -> Answer:
    """A dose within the interval and margin; without any dose on file the day of writing stands in for it, and from
    then on, as long as treatment is presumed (P8), nobody knows.
    """
    assert course.product is not None
    proof = course.evidence("other_antiresorptive")
    window = (course.interval or _usual_interval(limits, course)) + limits.margin
    unsure = record.looked(ADMINISTRATIONS, STATEMENTS, what="last_dose")
    given = [g for g in record.given(course.product.substance, use=None) if g.when and _may_be(g, course)]
    if given:
        return yes(proof) if any(record.within(g.when, window) is not False for g in given) else unsure
    if course.planned is not None and course.planned.surely_after(record.as_of):
        return no()
    if course.when is not None and record.within(course.when, window) is not False:
        return yes(proof)
    if course.when is not None and record.within(course.when, record.conventions.treatment.presumed_to) is False:
        return unsure
    return unsure if unsure.is_unknown else unknown(Missing("last_dose", ABSENT, proof))


def _may_be(dose: Event, course: TreatmentCourse) -> bool:
    """A dose of the product of the course, as far as both say which one it is."""
    uses = {e.product.use for e in (dose, course) if isinstance(e, Dose | TreatmentCourse) and e.product is not None}
    return len(uses) == 1 or Use.UNIDENTIFIED in uses


def _usual_interval(limits: Duplicate, order: TreatmentCourse) -> Quantity:
    if order.product is not None and order.product.use is Use.ONCOLOGY:
        return limits.oncology
    substance = order.product.substance if order.product else ""
    return {
        DENOSUMAB_INGREDIENT: limits.denosumab_osteoporosis,
        ZOLEDRONATE: limits.zoledronate_osteoporosis,
    }.get(substance, limits.other)
