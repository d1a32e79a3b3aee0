"""Planned dates: what is booked, when the next dose, the dentist and the review are due, what a stop would ask for.

Each day comes from a date on file and a number of the guideline tables, and names the rule whose number it is. It is
shown only where that rule concerns the patient.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cds_service.app_pages.rhythm import Next, Numbers
from cds_service.app_pages.words import Words
from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Known
from fhir_mappers.record.dates import add_months
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT
from hooks.check import Outcome
from hooks.evaluate import Finding, Findings
from hooks.texts import Speaker

LATE, DUE, TODAY, COMING, BOOKED, IF = "late", "due", "today", "coming", "booked", "if"
_VISITS = {c.INJECTION_VISIT: "plan-injection-visit", **dict.fromkeys(c.DENTAL_VISIT, "plan-dental-visit")}


@dataclass(frozen=True, slots=True)
class Plan:
    """One date: what it is for, in which state, by which rule (None where the record itself says so); ``short`` is
    what a picture calls it.
    """

    day: date
    what: str
    state: str
    rule: str | None = None
    note: str = ""
    short: str = ""


def plans(
    record: PatientRecord,
    findings: Findings,
    upcoming: Iterable[Next],
    numbers: Numbers,
    speaker: Speaker,
    words: Words,
) -> tuple[Plan, ...]:
    """Every date, the earliest first."""
    by_rule = {finding.rule.id: finding for finding in findings.all}
    found = [
        *_booked(record, words),
        *_doses(record, upcoming, by_rule.get("DMAB-ADH-01"), speaker, words),
        *_dentist(record, by_rule.get("ONJ-FU-01"), numbers.of("ONJ-FU-01"), words),
        *_review(record, by_rule.get("DUR-24M-01"), numbers.of("DUR-24M-01"), words),
        *_bridge(record, by_rule.get("BRIDGE-02"), numbers.of("BRIDGE-01"), words),
        *_fresh_until(record, numbers, words),
    ]
    return tuple(sorted(found, key=lambda plan: (plan.day, plan.what)))


def _booked(record: PatientRecord, words: Words) -> Iterator[Plan]:
    for visit in record.appointments:
        word = next((_VISITS[name] for name in visit.concepts if name in _VISITS), None)
        if word and visit.status == "booked" and visit.when is not None and visit.when.first >= record.as_of:
            short = words("short-dentist" if word == "plan-dental-visit" else "short-visit")
            yield Plan(visit.when.first, words(word), BOOKED, short=short)


def _doses(
    record: PatientRecord, upcoming: Iterable[Next], overdue: Finding | None, speaker: Speaker, words: Words
) -> Iterator[Plan]:
    """The next dose of each running order. It is late only where the rule says so; until then it is due."""
    for one in upcoming:
        if one.due is None or one.interval is None:
            continue
        late = one.late is not None and overdue is not None and overdue.verdict.outcome is Outcome.DUE
        waiting = DUE if one.due < record.as_of else _state(one.due, record.as_of)
        note = words("plan-every", interval=speaker.figures.quantity(one.interval))
        if one.late is not None:
            note += words("plan-late-from", day=speaker.figures.show(one.late))
        what = words("plan-dose", drug=speaker.figures.name(one.drug))
        rule = "DMAB-ADH-01" if one.late is not None else None
        yield Plan(one.due, what, LATE if late else waiting, rule, note, words("short-dose"))


def _dentist(record: PatientRecord, finding: Finding | None, limits: Any, words: Words) -> Iterator[Plan]:
    seen = record.last_dental_examination()
    if limits is None or not _concerns(finding) or not isinstance(seen, Known) or seen.value.when is None:
        return
    day = seen.value.when.last + timedelta(days=int(limits.interval.value))
    yield Plan(day, words("plan-dentist"), _state(day, record.as_of), "ONJ-FU-01", short=words("short-dentist"))


def _review(record: PatientRecord, finding: Finding | None, limits: Any, words: Words) -> Iterator[Plan]:
    """The review after two years; once that is past only while it is asked for."""
    begun = record.beginning()
    if limits is None or finding is None or not isinstance(begun, Known) or not record.treated().is_yes:
        return
    day = add_months(begun.value.when.last, int(limits.after.value))
    if day >= record.as_of or finding.verdict.outcome is Outcome.DUE:
        yield Plan(day, words("plan-review"), _state(day, record.as_of), "DUR-24M-01", short=words("short-review"))


def _bridge(record: PatientRecord, finding: Finding | None, limits: Any, words: Words) -> Iterator[Plan]:
    """The bridge that is due; or, while denosumab runs, when it would come if the last dose were the last."""
    planned = finding.verdict.figures.get("on") if finding is not None and finding.verdict.outcome == "due" else None
    if isinstance(planned, date):
        yield Plan(
            planned, words("plan-bridge"), _state(planned, record.as_of), "BRIDGE-02", short=words("short-bridge")
        )
        return
    last = record.last_given(DENOSUMAB_INGREDIENT)
    if limits is None or not record.orders(DENOSUMAB_INGREDIENT) or not isinstance(last, Known):
        return
    if last.value.when is not None and record.treated(DENOSUMAB_INGREDIENT).is_yes:
        day = max(record.as_of, last.value.when.last + timedelta(days=int(limits.after_last.value)))
        yield Plan(day, words("plan-bridge-if"), IF, "BRIDGE-01", short=words("short-bridge-if"))


def _fresh_until(record: PatientRecord, numbers: Numbers, words: Words) -> Iterator[Plan]:
    """Until when the newest results count for an order: shown while they do, to a patient who is treated."""
    if not (record.treated().is_yes or record.orders()):
        return
    n = record.conventions.clearance
    level = numbers.of("VITD-CHECK-01")
    denosumab_only = bool(record.orders(DENOSUMAB_INGREDIENT)) and not record.orders("zoledronic_acid")
    creatinine = n.creatinine_denosumab if denosumab_only else n.creatinine_zoledronate
    wanted: list[tuple[tuple[str, ...], Any, str, str]] = [((c.CREATININE,), creatinine, "creatinine", "AR-RENAL-01")]
    if level is not None:
        wanted.append((c.VITAMIN_D_LEVELS, level.freshness, "vitamin-d", "VITD-CHECK-01"))
    for concepts, window, word, rule in wanted:
        reading = record.latest(*concepts, within=window)
        if isinstance(reading, Known):
            day = reading.value.when.first + timedelta(days=int(window.value))
            yield Plan(day, words(f"plan-{word}"), _state(day, record.as_of), rule, short=words(f"short-{word}"))


def _state(day: date, today: date) -> str:
    return LATE if day < today else TODAY if day == today else COMING


def _concerns(finding: Finding | None) -> bool:
    return finding is not None and finding.verdict.outcome in (Outcome.DUE, Outcome.SATISFIED)
