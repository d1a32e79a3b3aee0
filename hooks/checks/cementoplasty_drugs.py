"""Drugs that thin the blood before a cementoplasty: when the last dose may be (family CEM)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import ABSENT, IMPRECISE, Answer, Evidence, Missing, no
from fhir_mappers.record.events import Dose, TreatmentCourse
from fhir_mappers.record.intervention import Act, Intake, act_at_risk, gap, intake
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, grade, not_applicable, undecided


@dataclass(frozen=True, slots=True)
class Hold:
    """How long (h or d) before the act the drug is stopped, and how old (d) an order halted without an end may be."""

    hold: Quantity
    recent: Quantity


@dataclass(frozen=True, slots=True)
class DirectHold:
    """The same for a direct anticoagulant; dabigatran below a clearance (mL/min) is held for ``renal_hold`` (h)."""

    hold: Quantity
    recent: Quantity
    renal: Quantity
    renal_hold: Quantity


def direct_anticoagulant(record: PatientRecord, limits: DirectHold, draft: DraftOrder) -> Verdict:
    """A direct oral anticoagulant is stopped 48 hours before, without a bridge.

    For whom  a cementoplasty is asked for or booked (or the drug is ordered before a booked one)
    Holds     last dose to act >= ``hold``; an order without an end is taken up to the act. Dabigatran and a clearance
              below ``renal``: at least ``renal_hold`` (this project's addition)
    Unknown   halted lately and nothing tells when; dabigatran held for less than ``renal_hold``, no clearance
    Units     hours (UCUM h) where both times of day are known, else calendar days of 24 h
    Source    guidelines/cementoplasty_drugs.toml [CEM-AC-02]
    """
    act = act_at_risk(record, draft, ci.CEMENTOPLASTY)
    if act is None:
        return not_applicable()
    taken = intake(record, ci.DIRECT_ANTICOAGULANTS, act, limits.recent)
    case, gaps = _held(taken, act, limits.hold)
    if case == "running" and act.day < record.as_of + timedelta(days=_days(limits.hold)):
        case = "running_soon"
    low = _low_clearance(record, taken, limits)
    if case is None and not gaps and _held(taken, act, limits.renal_hold)[0] is not None:
        case, gaps = ("renal", ()) if low.is_yes else (None, low.missing)
    figures = {"act": act.day, "last": taken.last, "by": _last_day(act, limits.hold), "hold": limits.hold}
    figures = {**figures, "renal": limits.renal, "long": limits.renal_hold}
    return _said(taken, case, gaps, _direct_notes(act, low, case), figures, low.evidence)


def clopidogrel(record: PatientRecord, limits: Hold, draft: DraftOrder) -> Verdict:
    """Clopidogrel is stopped five days before.

    For whom  a cementoplasty is asked for or booked (or the drug is ordered before a booked one)
    Holds     last dose to act >= ``hold``; an order without an end is taken up to the act
    Unknown   halted lately and nothing tells when
    Units     days of 24 h (UCUM d)
    Source    guidelines/cementoplasty_drugs.toml [CEM-AP-01]
    """
    act = act_at_risk(record, draft, ci.CEMENTOPLASTY)
    if act is None:
        return not_applicable()
    taken = intake(record, (ci.CLOPIDOGREL,), act, limits.recent)
    case, gaps = _held(taken, act, limits.hold)
    figures = {"act": act.day, "last": taken.last, "by": _last_day(act, limits.hold), "hold": limits.hold}
    return _said(taken, case, gaps, _undated_notes(act), figures)


@dataclass(frozen=True, slots=True)
class LowDose:
    """The daily dose (mg) below which aspirin goes on, and otherwise as for :class:`Hold`."""

    below: Quantity
    hold: Quantity
    recent: Quantity


def aspirin(record: PatientRecord, limits: LowDose, draft: DraftOrder) -> Verdict:
    """Aspirin goes on below 160 mg a day; from there it is stopped five days before.

    For whom  a cementoplasty is asked for or booked (or the drug is ordered before a booked one)
    Holds     all daily doses together < ``below``, or last dose to act >= ``hold``
    Unknown   taken within ``hold`` and the dose is not stated in mass; halted lately and nothing tells when
    Units     mg a day, days of 24 h (UCUM d)
    Source    guidelines/cementoplasty_drugs.toml [CEM-AP-02]
    """
    act = act_at_risk(record, draft, ci.CEMENTOPLASTY)
    if act is None:
        return not_applicable()
    taken = intake(record, (ci.ASPIRIN,), act, limits.recent)
    case, gaps = _held(taken, act, limits.hold)
    daily = [_daily(source) for source in taken.sources]
    total = sum((dose for dose in daily if dose is not None), Decimal(0))
    if daily and None not in daily and total < limits.below.value:
        case, gaps = None, ()
    elif case is not None and total < limits.below.value:
        case, gaps = None, (Missing("dose", ABSENT, taken.evidence[0]),)
    dose = Quantity(total, "mg/d") if total else None
    figures = {"act": act.day, "last": taken.last, "by": _last_day(act, limits.hold), "hold": limits.hold}
    figures = {**figures, "below": limits.below, "dose": dose}
    return _said(taken, case, gaps, _undated_notes(act), figures)


def _held(taken: Intake, act: Act, hold: Quantity) -> tuple[str | None, tuple[Missing, ...]]:
    """Whether the drug is stopped for long enough: the case when it is not, and what is not known."""
    if taken.endless:
        return "running", ()
    if taken.last is None:
        return None, taken.missing
    short = gap(taken.last, act.when).below(_in_hours(hold))
    if short:
        return "too_short", ()
    doubt = (Missing("last_dose", IMPRECISE, taken.evidence[0]),) if short is None else ()
    return None, (*taken.missing, *doubt)


def _said(
    taken: Intake,
    case: str | None,
    gaps: tuple[Missing, ...],
    notes: tuple[str, ...],
    figures: dict[str, Any],
    evidence: tuple[Evidence, ...] = (),
) -> Verdict:
    """The verdict about one drug."""
    if case is None and gaps:
        return undecided(gaps, evidence=taken.evidence, notes=notes, **figures)
    return grade(Answer(bool(taken.sources)), case, (*taken.evidence, *evidence), notes=notes, **figures)


def _last_day(act: Act, hold: Quantity) -> date:
    """The last day on which the drug may be taken."""
    return act.day - timedelta(days=_days(hold))


def _direct_notes(act: Act, low: Answer, case: str | None) -> tuple[str, ...]:
    found = {"renal": low.is_yes and case != "renal", "undated": not act.stated}
    return tuple(name for name, holds in found.items() if holds)


def _undated_notes(act: Act) -> tuple[str, ...]:
    return () if act.stated else ("undated",)


def _low_clearance(record: PatientRecord, taken: Intake, limits: DirectHold) -> Answer:
    """Whether the clearance is too low for dabigatran to leave in time; asked only where it is taken."""
    if not taken.is_of(ci.DABIGATRAN):
        return no()
    return record.clearance(record.conventions.clearance.creatinine_denosumab).below(limits.renal)


def _in_hours(time: Quantity) -> Quantity:
    return time if time.unit == "h" else Quantity(time.value * 24, "h")


def _days(time: Quantity) -> int:
    """Whole calendar days (d) of a time in hours or days, rounded up."""
    return int(-(-_in_hours(time).value // 24))


def _daily(source: Any) -> Decimal | None:
    """Milligrams a day; an order that states no rhythm is taken once a day."""
    if isinstance(source, Dose):
        return source.amount.value if source.amount is not None else None
    if not isinstance(source, (TreatmentCourse, DraftOrder)) or not isinstance(source.dose, Quantity):
        return None
    return source.dose.value / (source.interval.value if source.interval is not None else 1)
