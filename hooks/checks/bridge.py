"""When denosumab stops, zoledronic acid takes over (family BRIDGE)."""

from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, Reading, at_most, below, no, unknown, yes
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.drafting import drafted, stops_denosumab
from fhir_mappers.record.events import Event, TreatmentCourse
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS, evidence_of
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Use
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, judge


@dataclass(frozen=True, slots=True)
class Bridge:
    """Days after the last denosumab at which the first zoledronic acid is proposed, and its dose table."""

    after_last: Quantity
    dosing: ZoledronateDose


def stop(record: PatientRecord, limits: Bridge, draft: DraftOrder) -> Verdict:
    """Stopping denosumab is followed by zoledronic acid: the rebound breaks vertebrae.

    For whom  an oncology denosumab that was given, or is presumed given, is being stopped; not in terminal care; no
              other oncology denosumab goes on
    Holds     zoledronic acid is given since the last dose, ordered or drafted
    Units     mg, days (UCUM d)
    Source    guidelines/bridge.toml [BRIDGE-01]
    """
    verdict = judge(_left_uncovered(record, draft), _bridged(record))
    return _with_plan(record, limits, verdict)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The window (d) after the last dose in which a missing bridge is still worth catching up, and the bridge."""

    earliest: Quantity
    latest: Quantity
    bridge: Bridge


def catch_up(record: PatientRecord, limits: CatchUp) -> Verdict:
    """Denosumab ended some time ago and no zoledronic acid followed.

    For whom  an oncology denosumab order is stopped or completed, the last dose lies in the window, no antiresorptive
              runs, not in terminal care; without a recorded dose the end of the order counts, marked approximate
    Holds     zoledronic acid was given since, or is ordered
    Units     days (UCUM d)
    Source    guidelines/bridge.toml [BRIDGE-02]
    """
    ended = record.orders(DENOSUMAB_INGREDIENT, status=("stopped", "completed"))
    over = record.any_of(ended, ORDERS, what="antiresorptive_order")
    running = record.any_of(record.orders(use=None), ORDERS, what="antiresorptive_order")
    for_whom = over & ~running & ~record.terminal()
    last = record.last_given(DENOSUMAB_INGREDIENT)
    if isinstance(last, Missing) and last.why != ABSENT:
        return judge(for_whom, unknown(last))
    when = last.value.when if isinstance(last, Known) else _latest_end(record, ended)
    span = record.days_since(when)
    if span is None:
        return judge(for_whom & no(), yes())
    since = Known(span, last.evidence if isinstance(last, Known) else over.evidence)
    in_window = ~below(since, limits.earliest) & at_most(since, limits.latest)
    days = Quantity.of(f"{span.low} d")
    verdict = judge(for_whom & in_window, _bridged(record, when), last=when, days=days)
    return _with_plan(record, limits.bridge, verdict, ("approximate",) if isinstance(last, Missing) else ())


@dataclass(frozen=True, slots=True)
class Impossible:
    """The clearance (mL/min) below which the bridge is contraindicated."""

    below: Quantity


def impossible(record: PatientRecord, limits: Impossible, draft: DraftOrder) -> Verdict:
    """The bridge is contraindicated by renal function: specialist advice, no dose.

    For whom  the patient of BRIDGE-01 without a bridge
    Holds     clearance >= below and no dialysis (not known: BRIDGE-01 speaks for it)
    Units     mL/min
    Source    guidelines/bridge.toml [BRIDGE-03]
    """
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    harmful = record.dialysis() | now.below(limits.below)
    for_whom = _left_uncovered(record, draft) & ~_bridged(record)
    return judge(
        for_whom, ~harmful, said_by="BRIDGE-01", proposals=(), clearance=now if now.span else None, below=limits.below
    )


def _bridged(record: PatientRecord, ended: PartialDate | None = None) -> Answer:
    """Zoledronic acid follows, whichever product: drafted in the same session, ordered, or given after the last
    denosumab; where no dose is on file, after its order ended or, still running, was written.
    """
    if planned := drafted(record.drafts, ZOLEDRONATE):
        return yes(*evidence_of(planned, "draft_order"))
    last = record.last_given(DENOSUMAB_INGREDIENT)
    since = last.value.when if isinstance(last, Known) else ended or _latest_written(record)
    given = record.given(ZOLEDRONATE, use=None)
    later = [g for g in given if g.when and (since is None or g.when.first > since.last)]
    later_doses = record.any_of(later, ADMINISTRATIONS, STATEMENTS, what="zoledronic_acid")
    return later_doses | record.any_of(record.orders(ZOLEDRONATE, use=None), ORDERS, what="zoledronic_acid")


def _left_uncovered(record: PatientRecord, draft: DraftOrder) -> Answer:
    begun = record.ever_given(DENOSUMAB_INGREDIENT) | record.presumed(DENOSUMAB_INGREDIENT)
    return yes(draft.evidence("draft_order")) & begun & ~_goes_on(record) & ~record.terminal()


def _goes_on(record: PatientRecord) -> Answer:
    """Another oncology denosumab is drafted, or active and not among those being stopped. A stop that names no order
    on file means all of them.
    """
    if renewed := drafted(record.drafts, DENOSUMAB_INGREDIENT, Use.ONCOLOGY):
        return yes(*evidence_of(renewed, "draft_order"))
    running = record.orders(DENOSUMAB_INGREDIENT)
    ending = {draft.prior for draft in record.drafts if stops_denosumab(draft)}
    if not ending <= {order.source.resource for order in running}:
        return no()
    others = (order for order in running if order.source.resource not in ending)
    return record.any_of(others, ORDERS, what="antiresorptive_order")


def _with_plan(record: PatientRecord, limits: Bridge, verdict: Verdict, notes: tuple[str, ...] = ()) -> Verdict:
    """A due verdict gets the dose and day of the bridge, or says why there is none."""
    if verdict.outcome != "due":
        return verdict
    now = record.clearance(record.conventions.clearance.creatinine_zoledronate)
    last = record.last_given(DENOSUMAB_INGREDIENT)
    on = _bridge_day(record, limits, last)
    figures = {
        **verdict.figures,
        "clearance": now if now.span is not None else None,
        "on": on,
        "after_last": limits.after_last,
    }
    figures["last"] = last.value.when if isinstance(last, Known) else figures.get("last")
    unsafe = record.dialysis() | now.below(limits.dosing.table.contraindicated_below)
    advised = limits.dosing.table.dose_for(now)
    referral = NewService(("ctx_fasting", "rheumatology_oncology_referral"))
    if unsafe.is_yes:
        return _planned(verdict, "impossible", figures, (referral,), now, notes)
    if advised is None or unsafe.is_unknown:
        steps = (NewService(("creatinine_test", *referral.items)),)
        lacking = tuple(dict.fromkeys((*now.missing, *unsafe.missing)))
        return _planned(verdict, "kidney_unknown", figures, steps, now, notes).lacking(lacking)
    bridge = NewMedication(ZOLEDRONATE, advised, on, reason="denosumab_zoledronate_bridge")
    undated = () if on else ("last_dose_unknown",)
    return _planned(verdict, "due", {**figures, "advised": advised}, (bridge, referral), now, (*notes, *undated))


def _planned(
    verdict: Verdict,
    case: str,
    figures: dict[str, object],
    proposals: tuple[Proposal, ...],
    now: Clearance,
    notes: tuple[str, ...],
) -> Verdict:
    return Verdict(
        verdict.outcome,
        case,
        verdict.evidence,
        figures=figures,
        proposals=proposals,
        notes=notes,
    ).resting_on(*now.evidence)


def _bridge_day(record: PatientRecord, limits: Bridge, last: Reading[Event]) -> date | None:
    if not isinstance(last, Known) or last.value.when is None:
        return None
    return max(record.as_of, last.value.when.last + timedelta(days=int(limits.after_last.value)))


def _latest_end(record: PatientRecord, ended: tuple[TreatmentCourse, ...]) -> PartialDate | None:
    ends = [o.until for o in ended if o.until is not None and not o.until.surely_after(record.as_of)]
    return max(ends, key=lambda end: end.latest) if ends else None


def _latest_written(record: PatientRecord) -> PartialDate | None:
    orders = record.orders(DENOSUMAB_INGREDIENT, status=("active", "completed"))
    return max((o.when for o in orders if o.when is not None), key=lambda day: day.latest, default=None)
