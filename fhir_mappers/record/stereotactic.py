"""Stereotactic radiotherapy of a bone: for which drafts, or for which form, a rule is asked."""

from collections.abc import Callable

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, Reading, no, yes
from fhir_mappers.record.dates import add_months
from fhir_mappers.record.events import DraftOrder, Procedure
from fhir_mappers.record.facts import PROCEDURES, Facts
from fhir_mappers.record.ordered import (
    begins,
    completed,
    detail,
    every,
    flag,
    number,
    requested,
    said,
    sites_of,
    spanned,
)
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.radiotherapy import at_least, earlier
from fhir_mappers.record.sites import overlap

APP = "app"
KARNOFSKY = ("karnofsky", "karnofsky_performance")


def targets(record: PatientRecord, fits: Callable[[DraftOrder], bool], *answers: str) -> tuple[DraftOrder | None, ...]:
    """The selected drafts a rule is about; in the app, without one, the form alone (None) once it has an answer."""
    drafts = tuple(d for d in record.live_drafts() if d.selected and fits(d))
    if drafts or record.moment != APP:
        return drafts
    return (None,) if any(isinstance(detail(record, None, name), Known) for name in answers) else ()


def planned_in_app(record: PatientRecord, window: Quantity) -> Answer:
    """In the app: the form tells a stereotactic technique, or stereotactic radiotherapy is asked for."""
    if record.moment != APP:
        return no()
    return said(record, None, rt.TECHNIQUE, "technique_stereotactic") | requested(record, rt.STEREOTACTIC, window)


def places(record: Facts, draft: DraftOrder | None) -> tuple[str, ...]:
    """Where the target lies: told by the draft, else by the form."""
    if draft is not None and (told := sites_of(draft)):
        return told
    found = (every(record, draft, concept) for concept in (rt.SITE, rt.LEVEL))
    return tuple(place for one in found if isinstance(one, Known) for each in one.value for place in each.concepts)


def survival(record: PatientRecord) -> Reading[Span]:
    """The newest recorded survival estimate (mo)."""
    told = record.latest(*c.LIFE_EXPECTANCY)
    if isinstance(told, Missing):
        return Missing("survival_estimate", told.why, told.last)
    return spanned(told)


def karnofsky(record: PatientRecord) -> Reading[Span]:
    """The newest Karnofsky performance status (%), from the record or the form."""
    readings = [number(record, None, name) for name in KARNOFSKY]
    return next((one for one in readings if isinstance(one, Known)), readings[-1])


def cord_threatened(record: PatientRecord, draft: DraftOrder | None) -> Answer:
    """A cord compression that is symptomatic, or that has not been operated."""
    operated = flag(record, draft, rt.MSCC_OPERATED)
    compressed = record.has(*c.CORD_COMPRESSION) | flag(record, draft, rt.CORD_COMPRESSION)
    return flag(record, draft, rt.MSCC_SYMPTOMS) | (compressed & ~operated)


def lately(record: Facts, acts: tuple[Procedure, ...], window: Quantity, what: str) -> Answer:
    """One of the acts ended less than ``window`` (d) ago; the day itself no longer counts."""
    return record.recent(acts, Quantity(window.value - 1, window.unit), PROCEDURES, what=what)


def touching(record: Facts, draft: DraftOrder | None) -> tuple[Procedure, ...]:
    """Earlier courses of the same place, or of one that is not recorded."""
    here = places(record, draft)
    return tuple(act for act in earlier(record) if overlap(act.sites, here) is not False)


def metabolic(record: Facts) -> tuple[Procedure, ...]:
    """Courses of metabolic radiotherapy."""
    return completed(record, rt.METABOLIC)


def long_enough_since(record: PatientRecord, draft: DraftOrder | None, months: Quantity) -> Answer:
    """At least so many months since the earlier irradiation: as told, else by the calendar from the day it ended."""
    told = number(record, draft, rt.INTERVAL)
    if isinstance(told, Known):
        return at_least(told, months)
    ended = [act for act in touching(record, draft) if act.when is not None]
    if not ended:
        return Answer(None, (), (Missing(rt.INTERVAL, ABSENT),))
    last = max(ended, key=lambda act: act.when.latest if act.when is not None else 0)
    day = record.as_of if draft is None else begins(record, draft).first
    assert last.when is not None, "only dated acts"
    waited = add_months(last.when.last, int(months.value)) <= day
    return yes(last.evidence(rt.INTERVAL)) if waited else no(last.evidence(rt.INTERVAL))
