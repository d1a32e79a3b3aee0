"""Nobody takes two antiresorptives at once, nor the same one twice (family AR)."""

from dataclasses import dataclass
from functools import reduce
from operator import add

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, AMBIGUOUS, Answer, Missing, either, no, unknown, yes
from fhir_mappers.record.events import Dose, Event, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS, evidence_of
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Use
from fhir_mappers.record.proposals import Names, RemoveDraft, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, judge


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Usual intervals (d) of the products, the margin (d) after which one no longer counts as running, and how far
    apart (d) two orders of one drug must be planned to be two courses of it.
    """

    oncology: Quantity
    denosumab_osteoporosis: Quantity
    zoledronate_osteoporosis: Quantity
    other: Quantity
    margin: Quantity
    apart: Quantity


def duplicate(record: PatientRecord, limits: Duplicate, draft: DraftOrder) -> Verdict:
    """Two antiresorptives do not run together, save a declared switch or bridge.

    For whom  an oncology antiresorptive is drafted without declaring a switch or bridge
    Holds     the same product is not drafted twice for the same time (the doses add up); no other product is drafted
              with it, and none is active with a last dose within its interval plus margin
              (an active order without any recorded dose counts from the day it was written; an older one is
              undecided), unless it is stopped in the same session; the order of the same product is a renewal
    Units     days (UCUM d)
    Source    guidelines/duplicate.toml [AR-DUP-01]
    """
    for_whom = yes(draft.evidence("draft_order")) & ~Answer(draft.is_reason(c.DECLARED_SWITCH))
    if again := _drafted_again(record, limits, draft):
        doubled = no(*evidence_of(again, "other_antiresorptive"))
        remove = (RemoveDraft(draft),)
        return judge(for_whom, doubled, case="same_twice", proposals=remove, total=_total((draft, *again)))
    twice = [d for d in record.drafts if d is not draft and _is_live(d) and _differs(d, draft)]
    others = [o for o in _running(record) if _differs(o, draft) and not _being_stopped(record, o)]
    acting = [(o, _still_acts(record, limits, o) & _is_another(o, draft)) for o in others]
    clash = either(answer for _, answer in acting) | record.looked(ORDERS, STATEMENTS, what="other_antiresorptive")
    clash = yes(*evidence_of(twice, "other_antiresorptive")) | clash if twice else clash
    orders = tuple(o for o, answer in acting if answer.is_yes and o.kind == "order")
    stop = (StopOrder(orders),) if orders else ()
    named = _names((*twice, *(o for o, answer in acting if answer.is_yes)))
    case = "drafted_twice" if twice else "due"
    return judge(for_whom, ~clash, case=case, proposals=stop, margin=limits.margin, other=named)


def _names(others: tuple[DraftOrder | TreatmentCourse, ...]) -> Names | None:
    found = dict.fromkeys(other.product.substance for other in others if other.product is not None)
    return Names(tuple(found)) if found else None


def _drafted_again(record: PatientRecord, limits: Duplicate, draft: DraftOrder) -> list[DraftOrder]:
    day = record.planned_day(draft)
    same = (d for d in record.drafts if d is not draft and _is_live(d) and d.product == draft.product)
    return [d for d in same if abs((record.planned_day(d) - day).days) < limits.apart.value]


def _total(drafts: tuple[DraftOrder, ...]) -> Quantity | None:
    """All doses together; None when one of them is not stated."""
    doses = [d.dose for d in drafts if isinstance(d.dose, Quantity)]
    return reduce(add, doses) if len(doses) == len(drafts) else None


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
