"""Hypercalcaemia: the acute crisis, and what lies below it (family HCAL)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Known, Missing, unknown, yes
from fhir_mappers.record.calcium import Calcium
from fhir_mappers.record.products import ZOLEDRONATE
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, StopOrder
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.starting import StartAfterEvent, dosing_clearance, lacks_one, under_way, ways_to_start
from hooks.check import Outcome, PatientRecord, Verdict, grade, judge, not_applicable

REFERRAL = NewService(("emergency_referral",))
WORK_UP = (
    "electrocardiogram",
    "calcium_ionised",
    "calcium_albumin",
    "creatinine_test",
    "phosphate",
    "magnesium",
    "pth",
)
REPEAT = ("calcium_albumin", "creatinine_test", "pth")
AFTER_EVENT, EMERGENCY = "AR-START-02", "emergency_hypercalcaemia"


@dataclass(frozen=True, slots=True)
class Crisis:
    """The calcium above which it is a crisis and the upper limit of the ionised one (mmol/L), how old the result may be
    (d), and the numbers of AR-START-02.
    """

    above: Quantity
    ionised_upper: Quantity
    window: Quantity
    start: StartAfterEvent


def crisis(record: PatientRecord, limits: Crisis) -> Verdict:
    """A corrected calcium above 3.5 mmol/L is an acute crisis that threatens life.

    For whom  any active malignancy on record (one the value sets do not know is not seen)
    Holds     newest calcium, corrected by the guideline's formula and as measured, <= above (as measured: an albumin
              above 40 g/L cannot hide it); or a measured ionised calcium of a later day is normal. One of the same day
              is said, not believed: the safer reading
    Units     mmol/L, days (UCUM d)
    Unknown   observations not available, or the newest result cannot be used; none or an old one is silent here
    Source    guidelines/hypercalcaemia.toml [HCAL-CRISIS-01]
    """
    reading = record.high_calcium(limits.window)
    fresh = isinstance(reading, Known) and record.within(reading.value.result.when, limits.window) is True
    if isinstance(reading, Missing) or not fresh:
        fine = _without_result(record, reading, limits.window) if isinstance(reading, Missing) else yes()
        return judge(record.malignancy(), fine)
    found = reading.value
    ionised = _normal_ionised(record, found, limits.ionised_upper, limits.window)
    high = found.highest > limits.above and not (ionised and ionised.result.when.first > found.result.when.last)
    return grade(
        record.malignancy(),
        _crisis_case(found, limits.above) if high else None,
        reading.evidence,
        proposals=(REFERRAL, NewService(WORK_UP), *_at_once(record, limits.start)) if high else (),
        notes=("ionised_normal",) if ionised else (),
        mutes=_same_event(record, limits.start.event) if high else (),
        calcium=found.highest,
        corrected=found.value,
        other=found.other,
        above=limits.above,
        ionised=ionised.value if ionised else None,
    )


def _crisis_case(found: Calcium, above: Quantity) -> str:
    if not found.corrected:
        return "uncorrected"
    return "due" if found.value > above else "high_albumin"


@dataclass(frozen=True, slots=True)
class BelowCrisis:
    """Calcium (mmol/L): the usual upper limit, the one of the ionised calcium, the level of the marked band and that of
    the crisis; how old a result may be, how far back an older one is remembered (d); the numbers of AR-START-02.
    """

    upper: Quantity
    ionised_upper: Quantity
    marked: Quantity
    crisis: Quantity
    window: Quantity
    look_back: Quantity
    start: StartAfterEvent


def below_crisis(record: PatientRecord, limits: BelowCrisis) -> Verdict:
    """Malignant hypercalcaemia below the crisis level is a skeletal event and calls for action.

    For whom  malignant bone disease
    Holds     newest corrected calcium <= the laboratory's upper limit, else <= upper; or a measured ionised calcium of
              the same day or later is normal; or it is a crisis of the last days (HCAL-CRISIS-01 speaks). A high one
              older than ``window`` and not repeated since asks for a repeat. Where it is the only skeletal event, what
              AR-START-02 would propose is proposed here
    Units     mmol/L, days (UCUM d)
    Unknown   observations not available, or the newest result cannot be used
    Source    guidelines/hypercalcaemia.toml [HCAL-WARN-01]
    """
    reading = record.high_calcium(limits.look_back)
    ill = record.malignant_bone_disease()
    if isinstance(reading, Missing):
        return judge(ill, _without_result(record, reading, limits.window))
    found = reading.value
    in_crisis = found.highest > limits.crisis
    fresh = record.within(found.result.when, limits.window) is True
    if in_crisis and fresh:
        return not_applicable(*reading.evidence)
    stops, mutes = _supplements_to_stop(record), _same_event(record, limits.start.event)
    ionised = _normal_ionised(record, found, limits.ionised_upper, limits.look_back)
    begins = fresh and bool(mutes) and lacks_one(record, limits.start).is_yes
    now = dosing_clearance(record, limits.start.dosing) if begins else None
    verdict = grade(
        ill,
        None if ionised else _band(limits, found, in_crisis=in_crisis, fresh=fresh),
        reading.evidence,
        proposals=(*stops, NewService(REPEAT), *(ways_to_start(limits.start.dosing, now) if begins else ())),
        notes=_warning_notes(running=bool(stops), corrected=found.corrected, dosed=now is not None),
        mutes=mutes,
        calcium=found.highest if in_crisis else found.value,
        other=found.other,
        limit=found.ceiling or limits.upper,
        crisis=limits.crisis,
        day=found.result.when,
        window=limits.window,
        clearance=now,
    )
    return verdict.resting_on(*now.evidence) if now is not None and verdict.outcome is Outcome.DUE else verdict


def _warning_notes(*, running: bool, corrected: bool, dosed: bool) -> tuple[str, ...]:
    found = {"supplement_running": running, "not_corrected": not corrected, "dose_by_clearance": dosed}
    return tuple(name for name, holds in found.items() if holds)


def _band(limits: BelowCrisis, found: Calcium, *, in_crisis: bool, fresh: bool) -> str | None:
    if not in_crisis and found.value <= (found.ceiling or limits.upper):
        return None
    marked = in_crisis or found.value >= limits.marked
    if not fresh:
        return "repeat_marked" if marked else "repeat"
    return "marked" if marked else "mild"


def _normal_ionised(record: PatientRecord, found: Calcium, upper: Quantity, window: Quantity) -> Calcium | None:
    """A measured ionised calcium of the same day or later that is not above its limit."""
    ionised = record.ionised_calcium(window, since=found.result.when)
    if ionised is None or ionised.value.value > (ionised.value.ceiling or upper):
        return None
    return ionised.value


def _without_result(record: PatientRecord, missing: Missing, window: Quantity) -> Answer:
    """Only a recent result that cannot be used, or results that were not sent, leave it open; else all is well."""
    old = missing.last is not None and record.within(missing.last.date, window) is False
    return yes() if old or missing.why in (ABSENT, TOO_OLD) else unknown(missing)


def _same_event(record: PatientRecord, look_back: Quantity) -> tuple[str, ...]:
    """The start after an event is not proposed beside this when hypercalcaemia is the only event there is."""
    return (AFTER_EVENT,) if record.structural_event(look_back).is_no else ()


def _at_once(record: PatientRecord, limits: StartAfterEvent) -> tuple[Proposal, ...]:
    """Zoledronic acid after the renal check, in malignant bone disease and where no antiresorptive is under way; no
    dose, because the guideline defines the crisis and does not treat it.
    """
    against = record.age_below(limits.adult) | record.pregnant() | record.comfort_care()
    wanted = record.malignant_bone_disease() & ~against & ~under_way(record, limits.recent)
    checked = dosing_clearance(record, limits.dosing) is not None
    return (NewMedication(ZOLEDRONATE, reason=EMERGENCY),) if wanted.is_yes and checked else ()


def _supplements_to_stop(record: PatientRecord) -> tuple[Proposal, ...]:
    wanted = (*c.CALCIUM_DRUGS, *c.VITAMIN_D_DRUGS)
    running = tuple(o for o in record.courses if o.kind == "order" and o.status == "active" and o.is_any(wanted))
    return (StopOrder(running),) if running else ()
