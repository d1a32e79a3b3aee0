"""Clearance, calcium and 25-OH vitamin D over time, each value as the engine would have read it on that day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from cds_service.app_pages.rhythm import Numbers
from cds_service.app_pages.series import (
    MOST_POINTS,
    Band,
    Curve,
    Dated,
    Mark,
    Point,
    Table,
    amount,
    dated,
    near,
    on_day,
)
from cds_service.app_pages.words import Words, inline, plain
from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Known
from fhir_mappers.record.dosing import DoseTable
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.products import ZOLEDRONATE
from hooks.texts import Speaker


def clearance_curve(record: PatientRecord, table: DoseTable | None, speaker: Speaker, words: Words) -> Curve | None:
    """Clearance by creatinine, the bands of the dose table, the doses of zoledronic acid given."""
    results = record.results(c.CREATININE)
    window = record.conventions.clearance.creatinine_zoledronate
    read = [(day, on_day(record, day).clearance(window)) for day in _days(results)]
    if not read:
        return None
    doses = dated(record.given(ZOLEDRONATE))
    points = tuple(
        Point(day, float(now.span.low), float(now.span.high), _is_provisional(now)) for day, now in read if now.span
    )
    marks = tuple(Mark(near(when), amount(dose, speaker), "zoledronate") for when, dose in doses)
    tables = (_clearances(read, table, speaker, words), *_given(record, doses, table, speaker, words))
    latest = speaker.figures.show(read[-1][1], "short")
    alt = words("alt-clearance", count=len(points), latest=plain(latest), day=speaker.figures.show(read[-1][0]))
    bands = _dose_bands(table, speaker, words) if table else ()
    return Curve("clearance", words("plot-clearance"), "mL/min", points, bands, marks, tables, alt)


def calcium_curve(record: PatientRecord, low: Any, speaker: Speaker, words: Words) -> Curve | None:
    """Calcium corrected for albumin; ``low`` are the numbers of CA-HYPO-01, None where the edition has none."""
    results = record.results(c.CALCIUM, c.CALCIUM_CORRECTED)
    n = record.conventions.calcium
    read = [(day, on_day(record, day).calcium(n.window)) for day in _days(results)]
    found = [(day, reading.value) for day, reading in read if isinstance(reading, Known)]
    if not found:
        return None
    show = speaker.figures.show
    rows = tuple(
        (
            show(day),
            inline(show(one.value)),
            inline(show(one.total)),
            words("calcium-corrected" if one.corrected else "calcium-uncorrected"),
        )
        for day, one in reversed(found)
    )
    heads = (words("day"), words("calcium-value"), words("calcium-total"), words("note"))
    points = tuple(Point(day, float(one.value.value), float(one.value.value)) for day, one in found)
    bands = [Band(float(n.crisis.value), None, words("band-crisis"), "critical")]
    bands.append(Band(float(n.upper.value), float(n.crisis.value), words("band-high"), "warning"))
    if low is not None:
        bands.append(Band(float(low.lower.value), float(n.upper.value), words("band-normal"), "ok"))
        bands.append(Band(float(low.critical.value), float(low.lower.value), words("band-low"), "warning"))
        bands.append(Band(None, float(low.critical.value), words("band-very-low"), "critical"))
    day, newest = found[-1]
    alt = words("alt-calcium", count=len(points), latest=plain(show(newest.value)), day=show(day))
    return Curve("calcium", words("plot-calcium"), "mmol/L", points, tuple(bands), (), (Table(heads, rows),), alt)


def vitamin_d_curve(record: PatientRecord, rules: Any, speaker: Speaker, words: Words) -> Curve | None:
    """25-OH vitamin D in the unit the newest result was sent in; ``rules`` are the levels of the edition."""
    results = [m for m in record.results(*c.VITAMIN_D_LEVELS) if m.value is not None and m.when.is_day][:MOST_POINTS]
    if not results:
        return None
    target, toxic, bands = rules
    unit = target.beside(results[0]).unit
    points = tuple(_level(m, target, unit) for m in reversed(results))
    show = speaker.figures.show
    rows = tuple((show(m.when), inline(show(m.evidence())), m.source.resource) for m in results)
    marks = tuple(Mark(near(when), "", "vitamin-d") for when, _ in dated(record.doses_of(c.VITAMIN_D_DRUGS)))
    alt = words("alt-vitamin-d", count=len(points), latest=plain(show(results[0].evidence())))
    table = Table((words("day"), words("level"), words("resource")), rows)
    by_mass = unit == target.mass.unit
    steps = _levels(bands, target, toxic, words, by_mass=by_mass)
    return Curve("vitamin-d", words("plot-vitamin-d"), unit, points, steps, marks, (table,), alt)


def ctx_curve(record: PatientRecord, speaker: Speaker, words: Words) -> Curve | None:
    """CTX as a trend: no edition has a limit for it, so there is no band and no rule."""
    results = [m for m in record.results(c.CTX) if m.value is not None and m.when.is_day][:MOST_POINTS]
    if not results:
        return None
    show = speaker.figures.show
    points = tuple(
        Point(m.when.first, float(m.value.value), float(m.value.value), m.provisional)
        for m in reversed(results)
        if m.value is not None
    )
    rows = tuple((show(m.when), inline(show(m.evidence())), m.source.resource) for m in results)
    alt = words("alt-ctx", count=len(points), latest=plain(show(results[0].evidence())))
    table = Table((words("day"), words("value"), words("resource")), rows)
    return Curve("ctx", words("plot-ctx"), "pg/mL", points, (), (), (table,), alt)


def _days(results: Iterable[Measurement]) -> list[date]:
    """The civil days of usable results, oldest first, the latest so many."""
    days = {m.when.first for m in results if m.problem is None and m.when.is_day}
    return sorted(days)[-MOST_POINTS:]


def _is_provisional(now: Clearance) -> bool:
    return now.creatinine is not None and now.creatinine.provisional


def _dose_bands(table: DoseTable, speaker: Speaker, words: Words) -> tuple[Band, ...]:
    """From the full dose down to none."""
    doses = [plain(speaker.figures.quantity(dose)) for dose in (table.full, *table.doses)]
    cuts = [float(cut.value) for cut in table.cut_offs]
    tones = ("ok", *("warning" for _ in doses[1:]))
    bands = [
        Band(low, high, label, tone) for low, high, label, tone in zip(cuts, (None, *cuts), doses, tones, strict=False)
    ]
    return (*bands, Band(None, cuts[-1], words("band-no-dose"), "critical"))


def _clearances(read: list[tuple[date, Clearance]], table: DoseTable | None, speaker: Speaker, words: Words) -> Table:
    heads = (words("day"), words("clearance"), words("table-dose"), words("rests-on"))
    show = speaker.figures.show
    rows = tuple(
        (
            show(day),
            inline(show(now, "short")) if now.span else inline(speaker.figures.missing(now.missing, "short")),
            inline(_dose(table, now, speaker, words)),
            inline(show(now)) if now.span else "",
        )
        for day, now in reversed(read)
    )
    return Table(heads, rows)


def _given(
    record: PatientRecord, doses: list[Dated], table: DoseTable | None, speaker: Speaker, words: Words
) -> tuple[Table, ...]:
    """Each dose given beside the clearance of its day and the dose of the table."""
    if not doses:
        return ()
    window = record.conventions.clearance.creatinine_zoledronate
    heads = (words("infusion-on"), words("given"), words("clearance-then"), words("table-dose"))
    rows = []
    for when, dose in reversed(doses):
        now = on_day(record, when.last).clearance(window) if when.is_day else Clearance(None, ())
        shown = inline(speaker.figures.show(now, "short")) if now.span else words("not-known")
        said = amount(dose, speaker) or words("not-told")
        rows.append((speaker.figures.day(when), said, shown, inline(_dose(table, now, speaker, words))))
    return (Table(heads, tuple(rows)),)


def _dose(table: DoseTable | None, now: Clearance, speaker: Speaker, words: Words) -> str:
    if table is None or now.span is None:
        return "–"
    if now.below(table.contraindicated_below).is_yes:
        return words("band-no-dose")
    advised = table.dose_for(now)
    return speaker.figures.quantity(advised) if advised is not None else words("not-settled")


def _level(result: Measurement, target: Any, unit: str) -> Point:
    """A level in the unit of the picture; one sent in the other unit is converted for the picture alone."""
    house = float(result.value.value) if result.value is not None else 0.0
    molar_per_mass = float(target.molar.value / target.mass.value)
    value = house if unit == target.molar.unit else house / molar_per_mass
    if target.beside(result).unit == unit and result.raw is not None and result.raw.unit == unit:
        value = float(result.raw.value)
    return Point(result.when.first, value, value, result.provisional)


def _levels(bands: Any, target: Any, toxic: Any, words: Words, *, by_mass: bool) -> tuple[Band, ...]:
    def at(level: Any) -> float:
        return float((level.mass if by_mass else level.molar).value)

    lowest = max(at(one.below) for one in bands if one.deficiency)
    return (
        Band(None, lowest, words("band-deficiency"), "critical"),
        Band(lowest, at(target), words("band-insufficiency"), "warning"),
        Band(at(target), at(toxic), words("band-target"), "ok"),
        Band(at(toxic), None, words("band-toxic"), "critical"),
    )


def vitamin_d_levels(numbers: Numbers) -> Any:
    """Target, toxic level and bands of one edition; None where it lacks one of them."""
    loading, excess = numbers.of("VITD-REPL-01"), numbers.of("VITD-TOX-01")
    return None if loading is None or excess is None else (loading.target, excess.above, loading.bands)
