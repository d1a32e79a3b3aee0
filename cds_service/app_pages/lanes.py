"""The course of the patient as rows on one axis: doses with due and late days, mouth, events, what is planned."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from cds_service.app_pages.plans import Plan
from cds_service.app_pages.rhythm import Next
from cds_service.app_pages.series import Axis, Cell, Course, Dated, Lane, Mark, Stretch, Table, amount, dated, near
from cds_service.app_pages.words import Words
from fhir_mappers.record import concepts as c
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Event, TreatmentCourse
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE
from hooks.texts import Speaker

# What a row of events is made of: the word of its kind, and the concepts.
PROBLEMS: Mapping[str, tuple[str, ...]] = {
    "event-fracture": c.PATHOLOGICAL_FRACTURE,
    "event-cord": c.CORD_COMPRESSION,
    "event-hypercalcaemia": (c.HYPERCALCAEMIA,),
    "event-jaw": (c.JAW_OSTEONECROSIS, c.EXPOSED_JAW_BONE),
    "event-metastasis": (c.BONE_METASTASIS, c.MYELOMA),
}
ACTS: Mapping[str, tuple[str, ...]] = {
    "event-radiotherapy": c.RADIOTHERAPY,
    "event-surgery": c.BONE_SURGERY,
    "event-review": c.REEVALUATED,
}
MOUTH: Mapping[str, tuple[str, ...]] = {
    "event-extraction": (c.TOOTH_EXTRACTION,),
    "event-panoramic": (c.PANORAMIC_XRAY,),
    "event-dental": (c.DENTAL_EXAMINATION,),
}
_DONE = ("completed", "in-progress")
_Told = tuple[str, PartialDate, Event]


def course(
    record: PatientRecord, days: Axis, upcoming: Iterable[Next], plans: Iterable[Plan], speaker: Speaker, words: Words
) -> Course:
    """The rows that have something to show, each with its table."""
    ahead = {one.drug: one for one in upcoming}
    lanes: list[Lane] = []
    tables: list[Table] = []
    for drug in (DENOSUMAB_INGREDIENT, ZOLEDRONATE):
        doses, orders = _doses(record, drug), _orders(record, drug)
        if doses or orders:
            lanes.append(_drug(drug, doses, orders, ahead.get(drug), days, speaker))
            tables += _dose_table(drug, doses, speaker, words)
    mouth, events = sorted(_mouth(record), key=_newest), sorted(_events(record), key=_newest)
    lanes += [_happened(words("lane-mouth"), mouth, words)] if mouth else []
    lanes += [_happened(words("lane-events"), events, words)] if events else []
    planned = tuple(Mark(plan.day, plan.short, f"plan-{plan.state}") for plan in plans if plan.day >= record.as_of)
    lanes += [Lane(words("lane-planned"), planned)] if planned else []
    tables += [_event_table([*mouth, *events], words, speaker)] if mouth or events else []
    alt = words("alt-course", rows=", ".join(lane.name for lane in lanes))
    return Course("course", words("plot-course"), tuple(lanes), tuple(tables), alt)


def days_of(record: PatientRecord, plans: Iterable[Plan]) -> list[date]:
    """Every day the course wants to show."""
    found = [when for drug in (DENOSUMAB_INGREDIENT, ZOLEDRONATE) for when, _ in _doses(record, drug)]
    found += [when for _, when, _ in (*_mouth(record), *_events(record))]
    return [*map(near, found), *(plan.day for plan in plans)]


def _doses(record: PatientRecord, drug: str) -> list[Dated]:
    return [one for one in dated(record.given(drug, use=None)) if not one[0].surely_after(record.as_of)]


def _orders(record: PatientRecord, drug: str) -> list[TreatmentCourse]:
    statuses = ("active", "on-hold", "completed", "stopped")
    return [order for order in record.orders(drug, use=None, status=statuses) if order.when is not None]


def _drug(
    drug: str, doses: list[Dated], orders: list[TreatmentCourse], ahead: Next | None, days: Axis, speaker: Speaker
) -> Lane:
    """A dose is a mark; an order runs to its end or today; then the days when the next dose is due and when late."""
    spans = [Stretch(near(o.when), _end(o, days.today), "order") for o in orders if o.when is not None]
    if ahead is not None and ahead.due is not None:
        late = ahead.late or max(ahead.due, days.today) + timedelta(days=7)
        spans.append(Stretch(ahead.due, late, "due"))
    if ahead is not None and ahead.late is not None and ahead.late <= days.today:
        spans.append(Stretch(ahead.late, days.today, "late"))
    marks = tuple(Mark(near(when), amount(dose, speaker), drug) for when, dose in doses)
    return Lane(_capital(speaker.figures.name(drug)), marks, tuple(spans))


def _end(order: TreatmentCourse, today: date) -> date:
    """A running order runs to today; one that ended without saying when is drawn as a point."""
    if order.status == "active":
        return today
    ended = order.until or order.when
    return today if ended is None else min(near(ended), today)


def _dose_table(drug: str, doses: list[Dated], speaker: Speaker, words: Words) -> Iterator[Table]:
    """Each dose with the days since the one before."""
    if not doses:
        return
    rows: list[tuple[Cell, ...]] = []
    for (when, dose), before in zip(reversed(doses), [*reversed(doses[:-1]), None], strict=True):
        gap = str((when.first - before[0].last).days) if before and when.is_day and before[0].is_day else "–"
        rows.append((speaker.figures.day(when), amount(dose, speaker) or words("not-told"), gap, dose.source.resource))
    heads = (_capital(speaker.figures.name(drug)), words("given"), words("days-since"), words("resource"))
    yield Table(heads, tuple(rows))


def _mouth(record: PatientRecord) -> Iterator[_Told]:
    yield from _acts(record, MOUTH)


def _events(record: PatientRecord) -> Iterator[_Told]:
    for kind, concepts in PROBLEMS.items():
        for when, problem in dated(record.problems_of(concepts)):
            yield kind, when, problem
    yield from _acts(record, ACTS)


def _acts(record: PatientRecord, kinds: Mapping[str, tuple[str, ...]]) -> Iterator[_Told]:
    for kind, concepts in kinds.items():
        for when, act in dated(p for p in record.procedures if p.is_any(concepts) and p.status in _DONE):
            if not when.surely_after(record.as_of):
                yield kind, when, act


def _newest(told: _Told) -> tuple[object, str]:
    return told[1].latest, told[0]


def _happened(name: str, told: Iterable[_Told], words: Words) -> Lane:
    """Each with a short word beside its shape, where there is room."""
    shown = ((near(when), kind) for kind, when, _ in told)
    return Lane(name, tuple(Mark(day, words(kind.replace("event-", "short-")), kind) for day, kind in shown))


def _event_table(told: list[_Told], words: Words, speaker: Speaker) -> Table:
    newest = sorted(told, key=_newest, reverse=True)
    rows = tuple((speaker.figures.day(when), words(kind), event.source.resource) for kind, when, event in newest)
    return Table((words("day"), words("event"), words("resource")), rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
