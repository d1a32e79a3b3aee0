"""Dosage → dose in mg, interval in days, infusion time in minutes, routes."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from fhir_mappers import units
from fhir_mappers.codings import REFUSALS, Coder, convert, date_of, start
from fhir_mappers.datatypes import Dosage, DoseAndRate, Repeat
from fhir_mappers.datatypes import Quantity as SentQuantity
from fhir_mappers.record.answer import AMBIGUOUS, UNIT_UNKNOWN, UNREADABLE, Evidence, Missing
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.quantity import Quantity

Dosages = list[Dosage] | None

_LARGEST_POWER = 30


def milligrams(sent: SentQuantity, concepts: Iterable[str]) -> Quantity | str:
    """A dose in the house unit of its drug (mg, or [iU]), else the reason why not. Its size is not judged here."""
    if sent.value is None or not sent.value.is_finite() or abs(sent.value.adjusted()) > _LARGEST_POWER:
        return UNREADABLE
    table = _dose_table(tuple(concepts))
    if table is None:
        return Quantity(sent.value, "mg") if {sent.unit, sent.code} - {None} == {"mg"} else UNIT_UNKNOWN
    known = convert(table, sent, check_range=False)
    return Quantity(known.value, known.unit) if isinstance(known, units.Converted) else REFUSALS[known.reason]


@lru_cache(maxsize=1024)
def _dose_table(concepts: tuple[str, ...]) -> str | None:
    """The rows of the unit table for a drug, under the first of its names that has some."""
    return next((name for c in concepts if units.canonical_unit(name := f"{c}_dose")), None)


def dose_of(sent: Dosages, concepts: Iterable[str], resource: str) -> Quantity | Missing | None:
    """The one dose all instructions agree on; Missing when they differ or cannot be read; None when none is stated."""
    names = tuple(concepts)
    parts = list(_parts(sent))
    stated = [q for part in parts for q in (part.dose_quantity, getattr(part, "quantity_quantity", None)) if q]
    if any(part.dose_range is not None for part in parts):
        return Missing("dose", AMBIGUOUS)
    read = [(milligrams(quantity, names), quantity) for quantity in stated]
    for dose, quantity in read:
        if isinstance(dose, str):
            return Missing("dose", dose, _seen(resource, quantity))
    doses = {dose for dose, _ in read if isinstance(dose, Quantity)}
    if len(doses) > 1:
        return Missing("dose", AMBIGUOUS)
    return doses.pop() if doses else None


def interval_of(sent: Dosages) -> Quantity | None:
    """Days between doses (``period / frequency``); the shortest where instructions differ."""
    spans = [days for dosage in sent or () if (days := _days(_repeat(dosage))) is not None]
    return Quantity(min(spans), "d") if spans else None


def count_of(sent: Dosages) -> int | None:
    """How many doses are ordered in all (``timing.repeat.count``): a course; None when none or several counts stand."""
    counts = {r.count for dosage in sent or () if (r := _repeat(dosage)) is not None and r.count is not None}
    return counts.pop() if len(counts) == 1 else None


def infusion_of(sent: Dosages, concepts: Iterable[str], dose: Quantity | None) -> Quantity | None:
    """Minutes: the stated duration, else dose by rate in the unit of the dose; the shortest where they differ."""
    names = tuple(concepts)
    stated = [m for dosage in sent or () if (m := _duration(_repeat(dosage))) is not None]
    if not stated and dose is not None and dose.value > 0:
        stated = [m for part in _parts(sent) for m in _rate_times(part, names, dose)]
    return Quantity(min(stated), "min") if stated else None


def planned_of(sent: Dosages) -> PartialDate | None:
    """The day the timing says the drug is to begin: start of its bounds, else its first event."""
    repeats = [repeat for dosage in sent or () if (repeat := _repeat(dosage)) is not None]
    bounds = [start(repeat.bounds_period) for repeat in repeats]
    events = [event for dosage in sent or () if dosage.timing for event in dosage.timing.event or ()]
    return date_of(*bounds, *events)


def bounds_end(sent: Dosages) -> PartialDate | None:
    """The latest end of the timing's bounds."""
    repeats = [repeat for dosage in sent or () if (repeat := _repeat(dosage)) is not None]
    ends = [date for r in repeats if r.bounds_period and (date := date_of(r.bounds_period.end)) is not None]
    return max(ends, key=lambda date: date.latest, default=None)


def routes_of(sent: Dosages, coder: Coder) -> tuple[str, ...]:
    """The routes of all instructions."""
    return coder.all([dosage.route for dosage in sent or () if dosage.route is not None])


def is_intravenous(routes: tuple[str, ...]) -> bool:
    """Whether one of the routes is intravenous."""
    return "route_iv" in routes


def _parts(sent: Dosages) -> Iterable[DoseAndRate]:
    return (part for dosage in sent or () for part in (dosage, *(dosage.dose_and_rate or ())))


def _seen(resource: str, quantity: SentQuantity) -> Evidence:
    value = str(quantity.value)[:40] if quantity.value is not None else None
    return Evidence(resource, "dose", value=value, unit=quantity.unit or quantity.code)


def _repeat(dosage: Dosage) -> Repeat | None:
    return dosage.timing.repeat if dosage.timing is not None else None


def _days(repeat: Repeat | None) -> Decimal | None:
    if repeat is None or repeat.period is None:
        return None
    period = units.days(repeat.period, repeat.period_unit or repeat.period_units)
    times = 1 if repeat.frequency is None else repeat.frequency
    return period / times if period and 0 < times < 10_000 else None


def _duration(repeat: Repeat | None) -> Decimal | None:
    if repeat is None or repeat.duration is None:
        return None
    return units.duration(repeat.duration, repeat.duration_unit or repeat.duration_units)


def _rate_times(part: DoseAndRate, concepts: tuple[str, ...], dose: Quantity) -> Iterable[Decimal]:
    rates = []
    if part.rate_ratio is not None and part.rate_ratio.numerator and part.rate_ratio.denominator:
        rates.append((part.rate_ratio.numerator, part.rate_ratio.denominator))
    if part.rate_quantity is not None:
        rates.append(_as_ratio(part.rate_quantity))
    for amount, time in rates:
        given = milligrams(amount, concepts)
        minutes = units.duration(time.value, time.code or time.unit) if time.value is not None else None
        if isinstance(given, Quantity) and given.unit == dose.unit and given.value > 0 and minutes:
            yield dose.value * minutes / given.value


def _as_ratio(rate: SentQuantity) -> tuple[SentQuantity, SentQuantity]:
    """0.2 mg/min as 0.2 mg per 1 min."""
    above, _, below = (rate.code or rate.unit or "").rpartition("/")
    return SentQuantity(value=rate.value, unit=above.strip()), SentQuantity(value=Decimal(1), unit=below.strip())
