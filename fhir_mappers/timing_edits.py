"""Changes of when and how fast a drafted order is given: interval, infusion time, first day. See ``draft_edits``."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from fhir_mappers.draft_edits import Change, all_rates, drug_names, instructions, stated_dose, the_only
from fhir_mappers.rates import Json, exactly, minutes_in, number
from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.quantity import Quantity

_MINUTES_PER_DAY = 1440
_DURATIONS = ("duration", "durationMax")


def set_infusion_time(draft: DraftOrder, time: Quantity) -> Change:
    """Whatever is infused faster than ``time`` (min) takes that long; nothing is made faster.

    The stated duration is changed, and the rates with it; where only a rate tells the time, only the rate.
    """

    def change(order: Json) -> bool:
        if time.unit != "min":
            return False
        drug, wanted = drug_names(draft), Fraction(time.value)
        dose = stated_dose(order, drug)
        told = [(one, _infused_in(one, dose, drug)) for one in instructions(order)]
        if all(was is None for _, was in told):
            return _add_duration(order, wanted)
        for instruction, was in told:
            if was is not None and was < wanted:
                _slow_down(instruction, was, wanted, dose, drug)
        return True

    return change


def set_interval(interval: Quantity) -> Change:
    """The interval (d) all instructions agree on becomes this one, in the unit of the draft where that is exact."""

    def change(order: Json) -> bool:
        if interval.unit != "d":
            return False
        told = [repeat for one in instructions(order) if (repeat := _repeat(one)) is not None and "period" in repeat]
        if told:
            spans = {_span(repeat) for repeat in told}
            if len(spans) != 1 or None in spans:
                return False
        else:
            only = the_only(order)
            repeat = None if only is None else _made(_made(only, "timing"), "repeat")
            if repeat is None:
                return False
            repeat["frequency"] = 1
            told = [repeat]
        for repeat in told:
            _write_interval(order, repeat, Fraction(interval.value))
        for one in instructions(order):
            if any(_repeat(one) is repeat for repeat in told):
                one["timing"].pop("code", None)  # FHIR: the code restates the timing, so it would contradict it now
        return True

    return change


def postpone(to: date) -> Change:
    """Every stated first day before ``to`` becomes ``to``; without one the dispensing begins then.

    An order that ends before ``to`` is left alone: it cannot be postponed, only written anew.
    """

    def change(order: Json) -> bool:
        periods, timings = list(_periods(order)), list(_timings_with_events(order))
        if any(_last(period.get("end")) < to for period in periods):
            return False
        for period in periods:
            if _first(period.get("start")) < to:
                period["start"] = to.isoformat()
        for timing in timings:
            later = (to.isoformat() if _first(event) < to else event for event in timing["event"])
            timing["event"] = list(dict.fromkeys(later))
        if timings or any("start" in period for period in periods):
            return True
        validity = _made(_made(order, "dispenseRequest"), "validityPeriod")
        if validity is None:
            return False
        validity["start"] = to.isoformat()
        return True

    return change


def _repeat(instruction: Json) -> Json | None:
    timing = instruction.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    return repeat if isinstance(repeat, dict) else None


def _made(parent: Json | None, name: str) -> Json | None:
    """The object of this name, made when absent; None when something else stands there."""
    if parent is None:
        return None
    child = parent.setdefault(name, {})
    return child if isinstance(child, dict) else None


def _unit_key(order: Json | None, repeat: Json, name: str) -> str:
    """``periodUnit``, in DSTU2 ``periodUnits``."""
    old = order is not None and order.get("resourceType") == "MedicationOrder" and f"{name}Unit" not in repeat
    return f"{name}Units" if old or f"{name}Units" in repeat else f"{name}Unit"


def _unit(repeat: Json, name: str) -> object:
    return repeat.get(_unit_key(None, repeat, name))


def _minutes(repeat: Json, name: str) -> Fraction | None:
    value, one = number(repeat.get(name)), minutes_in(_unit(repeat, "duration"))
    return Fraction(value) * one if value is not None and value >= 0 and one is not None else None


def _infused_in(instruction: Json, dose: Quantity | None, drug: tuple[str, ...]) -> Fraction | None:
    """The stated minutes, else the shortest a rate in the unit of the dose tells."""
    repeat = _repeat(instruction)
    stated = _minutes(repeat, "duration") if repeat is not None else None
    if stated is not None or dose is None:
        return stated
    told = (rate.minutes(dose, drug) for rate in all_rates(instruction))
    return min((minutes for minutes in told if minutes is not None), default=None)


def _slow_down(
    instruction: Json, was: Fraction, wanted: Fraction, dose: Quantity | None, drug: tuple[str, ...]
) -> None:
    repeat = _repeat(instruction)
    if repeat is not None and _minutes(repeat, "duration") is not None:
        _write_durations(repeat, wanted)
    for rate in all_rates(instruction):
        own = rate.minutes(dose, drug) if dose is not None else None
        takes = was if own is None else own  # mL/h, drops: the volume is the same, so it goes with the time
        if takes < wanted:
            rate.lengthen(takes, wanted)


def _write_durations(repeat: Json, wanted: Fraction) -> None:
    """At least ``wanted`` minutes in every duration, in the unit of the draft where that is exact, else in minutes."""
    found = {name: max(m, wanted) for name in _DURATIONS if (m := _minutes(repeat, name)) is not None}
    one = minutes_in(_unit(repeat, "duration")) or Fraction(1)
    values = {name: exactly(minutes / one) for name, minutes in found.items()}
    if None in values.values():
        values = {name: exactly(minutes) for name, minutes in found.items()}
        repeat[_unit_key(None, repeat, "duration")] = "min"
    repeat.update({name: value for name, value in values.items() if value != repeat[name]})


def _add_duration(order: Json, wanted: Fraction) -> bool:
    only = the_only(order)
    repeat = _made(_made(only, "timing"), "repeat") if only is not None and not all_rates(only) else None
    if repeat is None or "duration" in repeat:
        return False
    repeat["duration"] = exactly(wanted)
    repeat[_unit_key(order, repeat, "duration")] = "min"
    return True


def _span(repeat: Json) -> Fraction | None:
    """Days between two doses."""
    period, times = number(repeat.get("period")), number(repeat.get("frequency", 1))
    one = _days_in(_unit(repeat, "period"))
    return Fraction(period) * one / Fraction(times) if period and one and times and times > 0 else None


def _days_in(unit: object) -> Fraction | None:
    minutes = minutes_in(unit)
    return None if minutes is None else minutes / _MINUTES_PER_DAY


def _write_interval(order: Json, repeat: Json, wanted: Fraction) -> None:
    key = _unit_key(order, repeat, "period")
    one = _days_in(_unit(repeat, "period"))
    value = exactly(wanted / one) if one else None
    repeat["period"] = exactly(wanted) if value is None else value
    if value is None:
        repeat[key] = "d"
    if number(repeat.get("frequency", 1)) != 1:
        repeat["frequency"] = 1
    for name in ("periodMax", "frequencyMax"):
        repeat.pop(name, None)


def _periods(order: Json) -> Iterator[Json]:
    dispensing = order.get("dispenseRequest")
    found = [dispensing.get("validityPeriod") if isinstance(dispensing, dict) else None]
    found += [repeat.get("boundsPeriod") for one in instructions(order) if (repeat := _repeat(one)) is not None]
    return (period for period in found if isinstance(period, dict))


def _timings_with_events(order: Json) -> Iterator[Json]:
    timings = (one.get("timing") for one in instructions(order))
    return (t for t in timings if isinstance(t, dict) and isinstance(t.get("event"), list) and t["event"])


def _first(sent: object) -> date:
    """The first day a date can mean; one that cannot be read is never too early."""
    when = parse_date(sent) if isinstance(sent, str) else None
    return date.max if when is None else when.first


def _last(sent: object) -> date:
    when = parse_date(sent) if isinstance(sent, str) else None
    return date.max if when is None else when.last
