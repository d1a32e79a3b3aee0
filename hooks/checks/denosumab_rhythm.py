"""The rhythm of denosumab: monthly, never late, and what may be spaced instead (family DMAB)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, at_most, no, unknown, yes
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.facts import ORDERS
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, RemoveDraft, SetDose
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.starting import dosing_clearance
from hooks.check import DraftOrder, Outcome, PatientRecord, Verdict, judge, not_applicable, undecided

INJECTION, REFERRAL = NewService(("denosumab_injection",)), NewService(("rheumatology_oncology_referral",))


@dataclass(frozen=True, slots=True)
class Quarterly:
    """The rhythm (d) the guideline names for oligometastatic disease, and the dose table of its drug."""

    quarterly: Quantity
    dosing: ZoledronateDose


@dataclass(frozen=True, slots=True)
class DenosumabSpacing:
    """The longest interval still called monthly, and the usual one (d); what the guideline allows to space instead."""

    monthly: Quantity
    usual: Quantity
    instead: Quarterly


def spacing(record: PatientRecord, limits: DenosumabSpacing, draft: DraftOrder) -> Verdict:
    """Denosumab is not spaced out: too few data, whatever the response.

    For whom  lung cancer, the oncology product drafted with an interval
    Holds     interval <= monthly; after a good response quarterly zoledronic acid is offered, which may be spaced
    Units     days (UCUM d)
    Source    guidelines/denosumab_rhythm.toml [DMAB-SPACE-01]
    """
    if draft.interval is None:
        return not_applicable()
    right = Answer(draft.interval <= limits.monthly, (draft.evidence("draft_order"),))
    good = record.coded(c.ONCOLOGICAL_RESPONSE, *c.GOOD_RESPONSE, within=record.conventions.answers.extent)
    now, instead = _quarterly(record, limits.instead, draft) if good.is_yes else (None, ())
    verdict = judge(
        record.has(c.LUNG_CANCER),
        right,
        proposals=(SetDose(draft, interval=limits.usual), *instead),
        notes=("spaced_zoledronate",) if instead else (),
        interval=draft.interval,
        monthly=limits.monthly,
        quarterly=limits.instead.quarterly,
        clearance=now,
    )
    return verdict.resting_on(*now.evidence) if now is not None and verdict.outcome is Outcome.DUE else verdict


def oligometastatic(record: PatientRecord, limits: Quarterly, draft: DraftOrder) -> Verdict:
    """For oligometastatic lung cancer the guideline names quarterly zoledronic acid, not denosumab.

    For whom  lung cancer, the oncology product drafted
    Holds     the recorded extent is not oligometastatic (not known is silent)
    Source    guidelines/denosumab_rhythm.toml [DMAB-OLIGO-01]
    """
    few = record.coded(c.DISEASE_EXTENT, c.OLIGOMETASTATIC, within=record.conventions.answers.extent)
    few = no() if few.is_unknown else few
    _, other = _quarterly(record, limits, draft)
    return judge(record.has(c.LUNG_CANCER), ~few, proposals=other, quarterly=limits.quarterly)


def _quarterly(
    record: PatientRecord, limits: Quarterly, draft: DraftOrder
) -> tuple[Clearance | None, tuple[Proposal, ...]]:
    """Zoledronic acid every so often instead of the draft, and the clearance that tells its dose."""
    now = dosing_clearance(record, limits.dosing)
    advised = limits.dosing.table.dose_for(now) if now is not None else None
    if advised is None:
        return None, ()
    return now, (RemoveDraft(draft, NewMedication(ZOLEDRONATE, advised, interval=limits.quarterly)),)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Days after the last injection that make the next overdue, those that call for a re-evaluation, and how near an
    appointment must be (d).
    """

    overdue: Quantity
    lapsed: Quantity
    appointment: Quantity


def overdue(record: PatientRecord, limits: Overdue) -> Verdict:
    """Denosumab has no inertia: an injection is not late.

    For whom  an oncology denosumab order is active and begun, and no injection visit is booked in the coming days
    Holds     days since the last completed dose <= overdue; never recorded (and the order old enough) is undecided
    Units     days (UCUM d)
    Source    guidelines/denosumab_rhythm.toml [DMAB-ADH-01]
    """
    running = [o for o in record.orders(DENOSUMAB_INGREDIENT) if o.planned is None or o.planned.first <= record.as_of]
    active = record.any_of(running, ORDERS, what="antiresorptive_order")
    for_whom = active & ~record.visit_booked(c.INJECTION_VISIT, limits.appointment)
    last = record.last_given(DENOSUMAB_INGREDIENT)
    if isinstance(last, Missing):
        begun = any(record.within(o.when, limits.overdue) is not True for o in running)
        if last.why == ABSENT and for_whom.is_yes and begun:
            return undecided((last,), case="never_recorded", evidence=for_whom.evidence)
        # Whether there is an order, or a visit, may itself not be known: then nothing on file is no all-clear.
        open_question = for_whom.is_unknown and (begun or not running)
        gaps = (last,) if last.why != ABSENT else for_whom.missing if open_question else ()
        return judge(for_whom, unknown(*gaps) if gaps else yes())
    since = record.days_since(last.value.when) or Span.exactly(0, "d")
    days = Quantity.of(f"{since.low} d")
    on_time = at_most(Known(since, last.evidence), limits.overdue)
    verdict = judge(
        for_whom,
        on_time,
        case="lapsed" if days > limits.lapsed else "due",
        proposals=(INJECTION, REFERRAL) if days > limits.lapsed else (INJECTION,),
        days=days,
        last=last.value.when,
        overdue=limits.overdue,
    )
    return verdict.resting_on(*last.evidence)
