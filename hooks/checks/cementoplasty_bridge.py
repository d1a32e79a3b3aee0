"""The bridge from a vitamin K antagonist to heparin before a cementoplasty (family CEM)."""

from dataclasses import dataclass
from datetime import timedelta

from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import Answer
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Event
from fhir_mappers.record.intervention import Act, Intake, act_at_risk, intake
from fhir_mappers.record.ordered import days_between
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, grade, not_applicable, undecided

HEPARINS = (*ci.LOW_WEIGHT_HEPARINS, ci.HEPARIN_GROUP)


@dataclass(frozen=True, slots=True)
class Bridge:
    """How long (d) before the act the last dose of heparin is at the latest, how long before it a stop counts as made
    for it, and how old (d) an order halted without an end may be to leave that open.
    """

    before: Quantity
    stopped_for: Quantity
    recent: Quantity


def bridge(record: PatientRecord, limits: Bridge, draft: DraftOrder) -> Verdict:
    """A vitamin K antagonist is replaced by a low-molecular-weight heparin, whose last dose is on the day before.

    For whom  a cementoplasty is asked for or booked (or one of these drugs is ordered before a booked one)
    Holds     the antagonist is no longer taken on the day before; a heparin was ordered in between (or a direct
              anticoagulant instead) unless the stop is older than ``stopped_for``; no heparin on the day of the act
    Unknown   the antagonist was halted lately and nothing tells when
    Units     calendar days (UCUM d)
    Source    guidelines/cementoplasty_bridge.toml [CEM-AC-01]; heparin without an antagonist: this project's choice
    """
    act = act_at_risk(record, draft, ci.CEMENTOPLASTY)
    if act is None:
        return not_applicable()
    antagonist = intake(record, ci.VITAMIN_K_ANTAGONISTS, act, limits.recent)
    heparin = intake(record, HEPARINS, act, limits.recent, but=ci.UNFRACTIONATED_HEPARIN, on_the_day=True)
    case = _bridge_case(record, antagonist, heparin, act, limits)
    if case is None and antagonist.missing:
        return undecided(antagonist.missing, evidence=antagonist.evidence, notes=_notes(act), act=act.day)
    both = ("both",) if case == "antagonist" and _on_the_day(heparin, act) else ()
    return grade(
        Answer(bool(antagonist.sources or heparin.sources)),
        case,
        (*antagonist.evidence, *heparin.evidence),
        notes=(*both, *_notes(act)),
        act=act.day,
        last=antagonist.last,
        by=act.day - timedelta(days=int(limits.before.value)),
    )


def _bridge_case(record: PatientRecord, antagonist: Intake, heparin: Intake, act: Act, limits: Bridge) -> str | None:
    if antagonist.endless or _within(antagonist, act, limits.before):
        return "antagonist"
    if _on_the_day(heparin, act):
        return "heparin_on_the_day"
    if antagonist.missing or antagonist.last is None or not _within(antagonist, act, limits.stopped_for):
        return None
    return None if _relayed(record, antagonist.last) else "no_bridge"


def _relayed(record: PatientRecord, since: PartialDate) -> bool:
    """Whether heparin, or a direct anticoagulant instead, was ordered or given after the last dose."""
    drafts = [one for one in record.live_drafts() if _relays(one)]
    orders = [one for one in record.courses if _relays(one) and one.status != "not-taken"]
    running = any(one.until is None and one.status in ("active", "draft") for one in (*drafts, *orders))
    days = [one.until or one.when for one in (*drafts, *orders, *record.doses) if _relays(one)]
    return running or any(day.last >= since.first for day in days if day is not None)


def _relays(event: Event) -> bool:
    return event.is_any((*HEPARINS, *ci.DIRECT_ANTICOAGULANTS)) and not event.is_any(ci.UNFRACTIONATED_HEPARIN)


def _within(taken: Intake, act: Act, window: Quantity) -> bool:
    """Whether the last dose is at most so many days (d) before the act; an imprecise one may be."""
    return taken.last is not None and days_between(taken.last, act.when).at_most(window) is not False


def _on_the_day(heparin: Intake, act: Act) -> bool:
    return heparin.endless or (heparin.last is not None and heparin.last.last >= act.day)


def _notes(act: Act) -> tuple[str, ...]:
    return () if act.stated else ("undated",)
