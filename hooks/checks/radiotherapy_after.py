"""Radiotherapy after an operation, and the bone after radiotherapy (family RT)."""

from dataclasses import dataclass
from datetime import timedelta

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import Answer, either, no
from fhir_mappers.record.events import Procedure
from fhir_mappers.record.facts import PROCEDURES, REPORTS
from fhir_mappers.record.ordered import booked, completed, done, flag, requested
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.sites import overlap
from hooks.check import PatientRecord, Verdict, judge


@dataclass(frozen=True, slots=True)
class AfterSurgery:
    """How long (d) after surgery the advice is given, and the days (d) between which radiotherapy begins."""

    window: Quantity
    earliest: Quantity
    latest: Quantity


def after_surgery(record: PatientRecord, limits: AfterSurgery) -> Verdict:
    """Radiotherapy follows every operation of a bone metastasis.

    For whom  an operation of a bone metastasis within ``window``; not cementoplasty, ablation or biopsy; nobody under
              terminal care
    Holds     radiotherapy or its consultation was asked for, booked, or given since
    Units     days (UCUM d)
    Source    guidelines/radiotherapy_after.toml [RT-POSTOP-01]
    """
    acts = [act for act in _operations(record) if record.within(act.when, limits.window) is not False]
    operated = record.recent(acts, limits.window, PROCEDURES, what="bone_surgery")
    newest = max((a for a in acts if a.when), key=lambda a: a.when.latest if a.when else 0, default=None)
    since = newest.when if newest is not None else None
    planned = either(
        (
            requested(record, rt.IRRADIATION, limits.window, since),
            booked(record, rt.IRRADIATION),
            done(record, c.RADIOTHERAPY, limits.window, PROCEDURES, since=since),
        )
    )
    before = _irradiated_there(record, newest)
    case = "irradiated" if before.is_yes else ("due" if record.moment == "encounter-discharge" else "open_chart")
    return judge(
        operated & ~record.terminal(),
        planned,
        case=case,
        proposals=() if before.is_yes else (_first_day(newest, limits),),
        earliest=limits.earliest,
        latest=limits.latest,
        on=since,
    )


def _operations(record: PatientRecord) -> tuple[Procedure, ...]:
    """Completed open surgery of a bone metastasis; what is not coded as such counts in malignant bone disease."""
    certain = completed(record, (rt.METASTASIS_SURGERY,))
    others = completed(record, rt.OTHER_BONE_SURGERY) if record.malignant_bone_disease().is_yes else ()
    return tuple(dict.fromkeys(act for act in (*certain, *others) if not act.is_any(rt.NO_OPEN_SURGERY)))


def _irradiated_there(record: PatientRecord, act: Procedure | None) -> Answer:
    if act is None or act.when is None:
        return no()
    there = (
        p
        for p in completed(record, c.RADIOTHERAPY)
        if overlap(p.sites, act.sites) and p.when is not None and act.when.is_later(p.when)
    )
    return record.any_of(there, PROCEDURES, what="radiotherapy")


def _first_day(act: Procedure | None, limits: AfterSurgery) -> NewService:
    """Radiotherapy on the first day it may begin, where the day of the operation is known."""
    if act is None or act.when is None:
        return NewService((rt.BONE_RADIOTHERAPY[0],))
    return NewService((rt.BONE_RADIOTHERAPY[0],), act.when.last + timedelta(days=int(limits.earliest.value)))


@dataclass(frozen=True, slots=True)
class Consolidation:
    """How long (d) after radiotherapy a weight-bearing bone is looked at again, from and to."""

    earliest: Quantity
    latest: Quantity


def consolidation(record: PatientRecord, limits: Consolidation) -> Verdict:
    """After radiotherapy of a lytic weight-bearing bone its consolidation is followed by CT.

    For whom  the app: a lytic lesion of a weight-bearing bone whose radiotherapy ended between ``earliest`` and
              ``latest`` ago
    Holds     a targeted CT since then, or one asked for
    Units     days (UCUM d)
    Source    guidelines/radiotherapy_after.toml [RT-REOSS-01]
    """
    lytic = flag(record, None, rt.LYTIC_WEIGHT_BEARING)
    ended = [act for act in completed(record, c.RADIOTHERAPY) if record.within(act.when, limits.latest)]
    waited = [act for act in ended if record.within(act.when, _less(limits.earliest)) is False]
    irradiated = record.any_of(waited, PROCEDURES, what="radiotherapy")
    since = waited[-1].when if waited else None
    followed = done(record, rt.TARGETED_CT, limits.latest, PROCEDURES, REPORTS, since=since)
    return judge(
        lytic & irradiated,
        followed | requested(record, rt.TARGETED_CT, limits.latest, since),
        proposals=(NewService((rt.TARGETED_CT[0],)),),
        earliest=limits.earliest,
        latest=limits.latest,
    )


def _less(days: Quantity) -> Quantity:
    """One day less: the first day counts."""
    return Quantity(days.value - 1, days.unit)
