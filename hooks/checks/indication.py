"""Who should start an antiresorptive (family AR)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, Missing, either
from fhir_mappers.record.dates import PartialDate, add_months
from fhir_mappers.record.dosing import ZoledronateDose
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.starting import (
    StartAfterEvent,
    adult_with_bone_metastasis,
    dosing_clearance,
    under_way,
    ways_to_start,
)
from hooks.check import Outcome, PatientRecord, Verdict, judge, not_applicable


@dataclass(frozen=True, slots=True)
class Start:
    """Adult age (a), survival (mo) from which a start is advised, look-back for an event and for doses (d), the length
    of a completed earlier course (mo), and the dose table.
    """

    adult: Quantity
    survival: Quantity
    event: Quantity
    recent: Quantity
    course: Quantity
    dosing: ZoledronateDose


def start(record: PatientRecord, limits: Start) -> Verdict:
    """Lung cancer with a bone metastasis: an antiresorptive is offered from its discovery.

    For whom  an adult, not pregnant, with lung cancer and a bone metastasis, without a recent skeletal event, whose
              recorded survival is not below the limit; not declined, no jaw osteonecrosis, no comfort-only care, no
              earlier course completed or stopped for a reason
    Holds     an antiresorptive is active, drafted or was given recently
    Source    guidelines/indication.toml [AR-START-01]
    """
    against = either(
        (
            record.skeletal_event(limits.event),
            record.survival_below(limits.survival),
            record.flagged(c.ANTIRESORPTIVE_DECLINED),
            record.has(c.JAW_OSTEONECROSIS),
            record.comfort_care(),
            _stopped_for_a_reason(record),
            _course_completed(record, limits.course),
        )
    )
    for_whom = adult_with_bone_metastasis(record, limits.adult) & ~against
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    unknown_survival = isinstance(record.latest(*c.LIFE_EXPECTANCY), Missing)
    now = dosing_clearance(record, limits.dosing)
    verdict = judge(
        for_whom,
        under_way(record, limits.recent),
        proposals=ways_to_start(limits.dosing, now),
        survival=limits.survival,
        clearance=now,
        notes=(*(("survival_not_recorded",) if unknown_survival else ()), *(("dose_by_clearance",) if now else ())),
    )
    return verdict.resting_on(*now.evidence) if now and verdict.outcome is Outcome.DUE else verdict


def start_after_event(record: PatientRecord, limits: StartAfterEvent) -> Verdict:
    """After a skeletal event an antiresorptive is proposed whatever the prognosis.

    For whom  an adult, not pregnant, with lung cancer and a bone metastasis and a skeletal event in the look-back
    Holds     an antiresorptive is active, drafted or was given recently, or the patient declines it
    Units     days (UCUM d)
    Source    guidelines/indication.toml [AR-START-02]
    """
    event = record.skeletal_event(limits.event)
    for_whom = adult_with_bone_metastasis(record, limits.adult) & event
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    dying = record.comfort_care().is_yes
    now = None if dying else dosing_clearance(record, limits.dosing)
    verdict = judge(
        for_whom,
        under_way(record, limits.recent) | record.flagged(c.ANTIRESORPTIVE_DECLINED),
        case="comfort_care" if dying else "due",
        proposals=() if dying else ways_to_start(limits.dosing, now),
        event=event.evidence[0].date if event.evidence else None,
        clearance=now,
        notes=("dose_by_clearance",) if now else (),
    )
    return verdict.resting_on(*now.evidence) if now and verdict.outcome is Outcome.DUE else verdict


def _stopped_for_a_reason(record: PatientRecord) -> Answer:
    stopped = [o for o in record.orders(use=None, status=("stopped", "completed")) if o.stop_reasons]
    return record.any_of(stopped, ORDERS, what="stop_reason")


def _course_completed(record: PatientRecord, length: Quantity) -> Answer:
    """An earlier course of at least ``length`` calendar months, from first to last recorded dose; dates that are not
    known to the day count for the shortest course they allow.
    """
    doses: list[PartialDate] = [e.when for e in record.given() if e.when is not None]
    if not doses:
        return record.looked(ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    first, last = min(d.last for d in doses), max(d.first for d in doses)
    return Answer(add_months(first, int(length.value)) <= last)
