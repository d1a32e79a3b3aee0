"""Anticancer drugs around radiotherapy: those to hold, those that go together, those little is known of (family RT)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import Answer, Missing, either, no, yes
from fhir_mappers.record.concomitance import (
    Exposure,
    Irradiation,
    drafted,
    drafted_exposure,
    ended_within,
    exposure,
    looked_for_irradiations,
    plain_names,
    planned,
    shown,
)
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.ordered import days_between, running
from fhir_mappers.record.proposals import HoldDraft, Names, NewService, PostponeDraft, Proposal
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.radiotherapy import is_radiotherapy, is_stereotactic
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, undecided

_GRAVEST = ("due", "last_dose", "washing_out")
_NOT_MEANT = (*rt.HELD, *c.CDK_INHIBITORS)  # a class code may cover them
_ASK: Proposal = NewService((rt.CONSULTATION,))


@dataclass(frozen=True, slots=True)
class Held:
    """Days (d): the least between the last dose and radiotherapy for doxorubicin, the span in which a last dose of the
    others is grave and the one in which it counts at all, the span after radiotherapy in which a reaction may be
    recalled; how long a request without days and a course without an end count, and an order that ended without a dose
    on file.
    """

    doxorubicin: Quantity
    near: Quantity
    window: Quantity
    recall: Quantity
    scheduled: Quantity
    course: Quantity
    unsure: Quantity


def is_held_with_radiotherapy(draft: DraftOrder) -> bool:
    """Radiotherapy, or a live order of a drug that is stopped for it."""
    return is_radiotherapy(draft) or (not draft.stops and draft.is_any(rt.HELD))


def held(record: PatientRecord, limits: Held, draft: DraftOrder) -> Verdict:
    """Gemcitabine, doxorubicin, bleomycin and anti-angiogenic drugs stop for radiotherapy.

    For whom  radiotherapy is drafted, or one of these drugs while radiotherapy is planned, under way or just over
    Holds     no dose is possible from now to the end of the course, and the last one lies far enough before it:
              doxorubicin at least ``doxorubicin``, the others more than ``window`` (between ``near`` and ``window`` a
              warning for gemcitabine and bleomycin); none of them within ``recall`` after a course
    Units     calendar days (UCUM d); a date known to the month counts as the last day it can mean
    Unknown   an order ended and no dose is on file; orders, or radiotherapy, were not available
    Source    guidelines/radiotherapy_drugs.toml [RT-CONC-01]
    """
    if is_radiotherapy(draft):
        return _drugs_before(record, limits, draft)
    return _radiotherapy_around(record, limits, draft)


def _drugs_before(record: PatientRecord, limits: Held, draft: DraftOrder) -> Verdict:
    course = drafted(record, draft)
    found = [exposure(record, drug, course, limits.unsure) for drug in rt.HELD]
    known = [one for one in found if isinstance(one, Exposure)]
    gaps = tuple(one for one in found if isinstance(one, Missing))
    graded = _graded(known, course, limits)
    if graded:
        return _told(graded, course, draft, limits)
    if gaps:
        return undecided(gaps[:1], window=limits.window, drugs=_drugs(gaps), proposals=())
    looked = record.looked(ORDERS, ADMINISTRATIONS, STATEMENTS, what="anticancer_drugs")
    return judge(yes(), yes()) if known and looked.is_no else judge(looked, no(), window=limits.window)


def _radiotherapy_around(record: PatientRecord, limits: Held, draft: DraftOrder) -> Verdict:
    courses = planned(record, limits.scheduled, limits.course)
    drug = plain_names(name for name in rt.HELD if draft.is_any(name))[0]
    for course in courses:
        before = drafted_exposure(record, drug, draft, course)
        graded = _graded([before] if before is not None else [], course, limits)
        if graded:
            return _told(graded, course, draft, limits)
    just_over = ended_within(record, limits.recall)
    verdict = judge(
        just_over,
        no(),
        case="recall",
        proposals=(HoldDraft(draft), _ASK),
        drugs=Names((drug,)),
        recall=limits.recall,
        window=limits.window,
    )
    return (
        verdict if just_over.is_yes else judge(looked_for_irradiations(record) | just_over, no(), window=limits.window)
    )


def _graded(known: Iterable[Exposure], course: Irradiation, limits: Held) -> list[tuple[str, Exposure]]:
    """The drugs that come too close, the gravest first."""
    cases = ((_case(one, course.first, limits), one) for one in known)
    found = [(case, one) for case, one in cases if case is not None]
    return sorted(found, key=lambda pair: _GRAVEST.index(pair[0]))


def _case(one: Exposure, begin: PartialDate, limits: Held) -> str | None:
    if one.goes_on or one.last is None:
        return "due"
    span = days_between(one.last, begin)
    if one.drug == rt.DOXORUBICIN:
        return None if span.below(limits.doxorubicin) is False else "last_dose"
    if span.at_most(limits.window) is False:
        return None
    near = one.drug in c.ANTI_ANGIOGENICS or span.at_most(limits.near) is not False
    return "last_dose" if near else "washing_out"


def _told(graded: list[tuple[str, Exposure]], course: Irradiation, draft: DraftOrder, limits: Held) -> Verdict:
    case, first = graded[0]
    drugs = plain_names(one.drug for _, one in graded)
    notes = ("half_lives",) if set(drugs) & set(c.ANTI_ANGIOGENICS) else ()
    named = (one for _, one in graded if one.drug in drugs)
    proof = tuple(dict.fromkeys(e for one in named for e in (*one.evidence, *course.evidence)))
    return judge(
        yes(*proof),
        no(),
        case=case,
        proposals=_proposed(graded, draft, limits),
        notes=notes,
        drugs=Names(drugs),
        last=shown(first.last),
        begin=shown(course.first),
        window=limits.window,
        doxorubicin=limits.doxorubicin,
    )


def _proposed(graded: list[tuple[str, Exposure]], draft: DraftOrder, limits: Held) -> tuple[Proposal, ...]:
    """A drug is held. Radiotherapy, which may be urgent, first has its specialist asked; where the table alone decides
    it can begin later.
    """
    if not is_radiotherapy(draft):
        return (HoldDraft(draft), _ASK)
    by_table = all(case == "last_dose" and one.drug == rt.DOXORUBICIN for case, one in graded)
    last = max((one.last.last for _, one in graded if one.last is not None), default=None)
    if by_table and last is not None:
        return (_ASK, PostponeDraft(draft, last + timedelta(days=int(limits.doxorubicin.value))), HoldDraft(draft))
    return (_ASK, HoldDraft(draft))


def _drugs(gaps: Iterable[Missing]) -> Names:
    return Names(plain_names(gap.last.what for gap in gaps if gap.last is not None))


@dataclass(frozen=True, slots=True)
class LittleKnown:
    """How long (d) a dose of a kinase inhibitor or checkpoint inhibitor counts."""

    window: Quantity


def little_known(record: PatientRecord, limits: LittleKnown, draft: DraftOrder) -> Verdict:
    """Little is known of kinase inhibitors and checkpoint inhibitors with radiotherapy, and of any drug with
    stereotactic radiotherapy: one line of information.

    For whom  radiotherapy is drafted, and such a drug runs or was given within ``window``; with stereotactic
              radiotherapy any anticancer drug that RT-CONC-01 does not speak of
    Holds     never: benefit and risk are weighed by the board, and the patient is told
    Units     days (UCUM d)
    Source    guidelines/radiotherapy_drugs.toml [RT-CONC-03]
    """
    if is_stereotactic(draft):
        found, drugs = exposed(record, rt.SYSTEMIC, rt.HELD, limits.window)
    else:
        found, drugs = exposed(record, (*rt.TARGETED, *rt.IMMUNOTHERAPY), _NOT_MEANT, limits.window)
    return judge(found, no(), proposals=(_ASK,), drugs=Names(drugs), window=limits.window)


def compatible(record: PatientRecord, limits: LittleKnown, draft: DraftOrder) -> Verdict:
    """Platinum, vinorelbine, taxanes and pemetrexed go together with palliative radiotherapy: nothing is said.

    For whom  radiotherapy is drafted and one of these drugs runs or was given within ``window``
    Holds     it is not stereotactic; with stereotactic radiotherapy little is known of these drugs too
    Units     days (UCUM d)
    Source    guidelines/radiotherapy_drugs.toml [RT-CONC-02]
    """
    found, drugs = exposed(record, rt.COMPATIBLE, (), limits.window)
    holds = Answer(not is_stereotactic(draft), (draft.evidence("radiotherapy"),))
    return judge(found, holds, case="stereotactic", said_by="RT-CONC-03", drugs=Names(drugs))


def exposed(
    record: PatientRecord, wanted: tuple[str, ...], left_out: tuple[str, ...], window: Quantity
) -> tuple[Answer, tuple[str, ...]]:
    """Whether one of the drugs, but none of those left out, runs or was given within the window (d); their names."""
    orders = [o for o in running(record, wanted) if not o.is_any(left_out)]
    doses = [d for d in record.doses_of(wanted) if not d.is_any(left_out)]
    now = record.any_of(orders, ORDERS, STATEMENTS, what="anticancer_drugs")
    lately = record.recent(doses, window, ADMINISTRATIONS, what="anticancer_drugs")
    fresh = [d for d in doses if record.within(d.when, window) is not False]
    names = (next(name for name in wanted if event.is_any(name)) for event in (*orders, *fresh))
    return either((now, lately)), plain_names(names)
