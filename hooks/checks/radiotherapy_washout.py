"""From the last dose of a drug to radiotherapy: the table of the guideline, and five half-lives (family RT)."""

from dataclasses import dataclass
from datetime import timedelta

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import ABSENT, Answer, Evidence, Known, Missing, no, yes
from fhir_mappers.record.concomitance import looked_for_irradiations, planned, shown
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.facts import ADMINISTRATIONS, STATEMENTS
from fhir_mappers.record.ordered import begins, days_between, hours_between, last_taken, running
from fhir_mappers.record.proposals import Names, NewService, PostponeDraft, Proposal
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.radiotherapy import is_radiotherapy
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, undecided

_SLOW = (rt.DOXORUBICIN, "irinotecan", "topotecan")
_Pair = tuple[str, PartialDate | None, PartialDate, tuple[Evidence, ...]]


@dataclass(frozen=True, slots=True)
class WashOut:
    """The time between the last dose and radiotherapy by the table of the guideline (h, or d where it counts days), and
    how long requests and courses count (d).
    """

    irinotecan: Quantity
    topotecan: Quantity
    daunorubicin: Quantity
    scheduled: Quantity
    course: Quantity


def is_washed_out_before_radiotherapy(draft: DraftOrder) -> bool:
    """Radiotherapy, or a live order of a drug of the wash-out table."""
    return is_radiotherapy(draft) or (not draft.stops and draft.is_any(rt.WASHED_OUT))


def washed_out(record: PatientRecord, limits: WashOut, draft: DraftOrder) -> Verdict:
    """Irinotecan, topotecan and daunorubicin are washed out before radiotherapy begins.

    For whom  radiotherapy is drafted and one of these drugs is on file; or one of them is drafted while radiotherapy is
              planned or under way
    Holds     radiotherapy begins at least the time of the table after the last dose
    Units     hours (UCUM h), the fewest they can be where a time of day is not told; days (UCUM d) by the calendar
    Unknown   the drug is ordered and no dose is on file
    Source    guidelines/radiotherapy_washout.toml [RT-WASH-01]
    """
    shortest = {"irinotecan": limits.irinotecan, "topotecan": limits.topotecan, "daunorubicin": limits.daunorubicin}
    pairs = _pairs(record, draft, tuple(shortest), limits.scheduled, limits.course)
    for drug, last, begin, proof in pairs:
        least = shortest[drug]
        if last is not None and _below(last, begin, least):
            return judge(
                yes(*proof),
                no(),
                case="begun" if begin.last < last.first else "due",
                proposals=_proposed(draft, last, least),
                drug=Names((drug,)),
                least=least,
                last=shown(last),
                begin=shown(begin),
            )
    unknown_ = [drug for drug, last, _, _ in pairs if last is None]
    if unknown_:
        proof = next(evidence for drug, last, _, evidence in pairs if last is None)
        gap = Missing("last_dose", ABSENT, proof[0])
        return undecided((gap,), drug=Names(tuple(unknown_)), least=shortest[unknown_[0]])
    if pairs:
        return judge(_any_pair(pairs), yes())
    return judge(_looked(record, draft), no(), drug=None, least=None)


def _proposed(draft: DraftOrder, last: PartialDate, least: Quantity) -> tuple[Proposal, ...]:
    """The radiation oncologist is asked; a request for radiotherapy can begin once the time is over, whatever the hour.

    A booking is moved by whoever holds the calendar.
    """
    ask = NewService((rt.CONSULTATION,))
    if not is_radiotherapy(draft) or draft.kind != "ServiceRequest":
        return (ask,)
    if least.unit == "h":
        over = (last.latest + timedelta(hours=int(least.value))).date() + timedelta(days=1)
    else:
        over = last.last + timedelta(days=int(least.value))
    return (PostponeDraft(draft, over), ask)


@dataclass(frozen=True, slots=True)
class HalfLives:
    """The wash-out by the table (h, or d by the calendar), and five of the longest published half-lives."""

    doxorubicin: Quantity
    doxorubicin_five: Quantity
    irinotecan: Quantity
    irinotecan_five: Quantity
    topotecan: Quantity
    topotecan_five: Quantity
    scheduled: Quantity
    course: Quantity


def is_slower_than_the_table(draft: DraftOrder) -> bool:
    """Radiotherapy, or a live order of a drug whose five half-lives exceed the table."""
    return is_radiotherapy(draft) or (not draft.stops and draft.is_any(_SLOW))


def half_lives(record: PatientRecord, limits: HalfLives, draft: DraftOrder) -> Verdict:
    """Between the wash-out of the table and five half-lives the theory would wait longer.

    For whom  radiotherapy is drafted and doxorubicin, irinotecan or topotecan was given; or one of them is drafted
              while radiotherapy is planned
    Holds     radiotherapy begins sooner than the table allows (another rule speaks) or later than five half-lives
    Units     hours (UCUM h) or calendar days (UCUM d) as in the table
    Source    guidelines/radiotherapy_washout.toml [RT-WASH-02]
    """
    table = {
        rt.DOXORUBICIN: (limits.doxorubicin, limits.doxorubicin_five),
        "irinotecan": (limits.irinotecan, limits.irinotecan_five),
        "topotecan": (limits.topotecan, limits.topotecan_five),
    }
    pairs = _pairs(record, draft, _SLOW, limits.scheduled, limits.course)
    for drug, last, begin, proof in pairs:
        least, five = table[drug]
        over = last is not None and not _below(last, begin, least) and _within(last, begin, five)
        if over and not (drug == rt.DOXORUBICIN and running(record, (drug,))):
            return judge(
                yes(*proof), no(), drug=Names((drug,)), least=least, five=five, last=shown(last), begin=shown(begin)
            )
    return judge(_any_pair(pairs), yes())


def _pairs(
    record: PatientRecord, draft: DraftOrder, drugs: tuple[str, ...], scheduled: Quantity, course: Quantity
) -> list[_Pair]:
    """Each drug with its last dose, the beginning of radiotherapy and what tells them; None where the drug runs and no
    dose is on file.
    """
    if is_radiotherapy(draft):
        begin = begins(record, draft)
        found = ((drug, last_taken(record, (drug,)), running(record, (drug,))) for drug in drugs)
        return [
            (drug, last.value.when, begin, (last.value.evidence(drug),))
            if isinstance(last, Known)
            else (drug, None, begin, (orders[0].evidence(drug),))
            for drug, last, orders in found
            if isinstance(last, Known) or orders
        ]
    day = begins(record, draft)
    ahead = [one for one in planned(record, scheduled, course) if day.first <= one.last.last]
    named = [drug for drug in drugs if draft.is_any(drug)]
    return [(drug, day, one.first, (draft.evidence(drug), *one.evidence)) for drug in named for one in ahead]


def _below(last: PartialDate, begin: PartialDate, least: Quantity) -> bool:
    """Surely or possibly less time than the limit; hours or calendar days as the limit counts."""
    span = hours_between(last, begin) if least.unit == "h" else days_between(last, begin)
    return span.below(least) is not False


def _within(last: PartialDate | None, begin: PartialDate, most: Quantity) -> bool:
    if last is None:
        return False
    span = hours_between(last, begin) if most.unit == "h" else days_between(last, begin)
    return span.at_most(most) is not False


def _any_pair(pairs: list[_Pair]) -> Answer:
    return Answer(bool(pairs), tuple(proof for *_, evidence in pairs for proof in evidence))


def _looked(record: PatientRecord, draft: DraftOrder) -> Answer:
    """No where the data that would tell of the other treatment were searched."""
    if is_radiotherapy(draft):
        return record.looked(ADMINISTRATIONS, STATEMENTS, what="anticancer_drugs")
    return looked_for_irradiations(record)
