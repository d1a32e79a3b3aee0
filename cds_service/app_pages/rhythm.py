"""When the next dose is due and from when it is late: the interval of the order, the days of the guideline tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fhir_mappers.record.answer import Known
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import TreatmentCourse
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE
from fhir_mappers.record.quantity import Quantity
from hooks.limits import Rule

DRUGS = (DENOSUMAB_INGREDIENT, ZOLEDRONATE)
_LONGEST = 3660  # days; an order that repeats after more than ten years does not repeat


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one edition by rule; a rule that the edition or the site does not have has none."""

    rules: Mapping[str, Rule]
    edition: str

    def of(self, rule: str) -> Any:
        """The numbers of a rule in force; None when there are none."""
        known = self.rules.get(rule)
        return None if known is None or not known.is_in_force else known.numbers.get(self.edition)


@dataclass(frozen=True, slots=True)
class Next:
    """The next dose of a running order. ``late`` is the first day on which it is late; None where nothing says so."""

    drug: str
    last: PartialDate | None
    due: date | None
    late: date | None
    interval: Quantity | None
    resource: str


def running(record: PatientRecord, drug: str) -> TreatmentCourse | None:
    """The newest running oncology order of a drug that has begun."""
    begun = [o for o in record.orders(drug) if o.planned is None or o.planned.first <= record.as_of]
    return max(begun, key=lambda o: (o.when.last if o.when else date.min, o.source.resource), default=None)


def next_doses(record: PatientRecord, numbers: Numbers) -> tuple[Next, ...]:
    """The next dose of each running order, denosumab first."""
    return tuple(one for drug in DRUGS if (one := _next(record, drug, numbers)) is not None)


def _next(record: PatientRecord, drug: str, numbers: Numbers) -> Next | None:
    order = running(record, drug)
    if order is None:
        return None
    reading = record.last_given(drug)
    last = reading.value.when if isinstance(reading, Known) else None
    interval = order.interval or _usual(drug, numbers)
    interval = interval if interval is not None and 0 < interval.value <= _LONGEST else None
    day = last.last if last is not None else None
    overdue = numbers.of("DMAB-ADH-01") if drug == DENOSUMAB_INGREDIENT else None
    return Next(
        drug,
        last,
        day + _days(interval) if day and interval else None,
        day + _days(overdue.overdue) + timedelta(days=1) if day and overdue else None,
        interval,
        order.source.resource,
    )


def _usual(drug: str, numbers: Numbers) -> Quantity | None:
    """The monthly rhythm of denosumab where the order names none; of zoledronic acid there are two."""
    spacing = numbers.of("DMAB-SPACE-01") if drug == DENOSUMAB_INGREDIENT else None
    usual: Quantity | None = spacing.usual if spacing is not None else None
    return usual


def _days(quantity: Quantity) -> timedelta:
    """Whole days of a time in days."""
    return timedelta(days=int(quantity.value))
