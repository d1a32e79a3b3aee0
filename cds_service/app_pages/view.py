"""The page of one patient as data: everything it says, in one language and by one edition. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from cds_service.app_pages.again import again, named
from cds_service.app_pages.asking import APP, judged, read_at_app, wanted
from cds_service.app_pages.compared import Compared, compare
from cds_service.app_pages.curves import calcium_curve, clearance_curve, ctx_curve, vitamin_d_curve, vitamin_d_levels
from cds_service.app_pages.entries import Entry, FormOf, Standing, entries
from cds_service.app_pages.lanes import course, days_of
from cds_service.app_pages.lights import Row, rows
from cds_service.app_pages.plans import Plan, plans
from cds_service.app_pages.rhythm import Numbers, next_doses
from cds_service.app_pages.series import Axis, Course, Curve, axis
from cds_service.app_pages.who import Who, who
from cds_service.app_pages.words import Words, inline, page_words
from cds_service.pipeline import Parts
from cds_service.prefetch import Completed
from fhir_mappers.record.answer import NOT_FETCHED, UNAVAILABLE
from fhir_mappers.record.patient_record import PatientRecord
from hooks.evaluate import Findings
from hooks.limits import Edition
from hooks.texts import Speaker


@dataclass(frozen=True, slots=True)
class Told:
    """One informational sentence of the guideline."""

    rule: str
    title: str
    text: Markup


@dataclass(frozen=True, slots=True)
class PatientView:
    """The page.

    Attributes:
        checklist: safe to give today? Judged as if the running orders, ``given_again``, were signed again today.
        entries: every finding, with its evidence.
        broken: rules that could not be asked.
        not_had: kinds of data that could not be had, each with the reason.
        pictures: the course and the curves that have something to show, on one ``axis``.
        plans: planned dates.
        editions: their labels, in the order of the cells of ``compared``.
        told: informational sentences.
    """

    who: Who
    today: date
    language: str
    edition: Edition
    policy_version: str | None
    checklist: tuple[Row, ...]
    given_again: tuple[Markup, ...]
    entries: tuple[Entry, ...]
    broken: tuple[str, ...]
    not_had: tuple[tuple[str, str], ...]
    axis: Axis
    course: Course
    curves: tuple[Curve, ...]
    plans: tuple[Plan, ...]
    editions: tuple[Edition, ...]
    compared: tuple[Compared, ...]
    told: tuple[Told, ...]

    def standing(self, name: str) -> tuple[Entry, ...]:
        """The entries of one standing."""
        return tuple(entry for entry in self.entries if entry.standing is Standing(name))


def patient_view(
    patient_id: str,
    data: Completed,
    parts: Parts,
    today: date,
    language: str,
    edition: str,
    form_of: FormOf = lambda rule: None,
) -> PatientView:
    """The page of one patient on one day."""
    record = read_at_app(patient_id, parts, today, data)
    heard = judged(record, parts, edition)
    speaker, words = parts.speakers[language, edition], page_words(language)
    dose = again(patient_id, record, heard, data, parts, edition)
    numbers = Numbers(parts.rules, edition)
    upcoming = next_doses(record, numbers)
    planned = plans(record, heard, upcoming, numbers, speaker, words)
    curves = _curves(record, numbers, speaker, words)
    days = [*days_of(record, planned), *(point.day for curve in curves for point in curve.points)]
    shared = axis(days, today, language)
    return PatientView(
        who(data.prefetch.get("patient"), patient_id, record, speaker),
        today,
        language,
        parts.editions[edition],
        parts.policy_version,
        rows(dose.findings, dose.record, speaker, words),
        tuple(inline(name) for name in named(dose.orders, speaker)),
        entries(heard, speaker, words, form_of),
        tuple(dict.fromkeys(broken.rule for broken in heard.broken)),
        _not_had(record, wanted(parts).prefetch, speaker, words),
        shared,
        course(record, shared, upcoming, planned, speaker, words),
        curves,
        planned,
        tuple(parts.editions.values()),
        compare(record, parts, language, words, {edition: heard}),
        _told(heard, speaker, edition),
    )


def _curves(record: PatientRecord, numbers: Numbers, speaker: Speaker, words: Words) -> tuple[Curve, ...]:
    dosing, levels = numbers.of("ZOL-DOSE-01"), vitamin_d_levels(numbers)
    found = (
        clearance_curve(record, dosing.table if dosing is not None else None, speaker, words),
        calcium_curve(record, numbers.of("CA-HYPO-01"), speaker, words),
        vitamin_d_curve(record, levels, speaker, words) if levels is not None else None,
        ctx_curve(record, speaker, words),
    )
    return tuple(curve for curve in found if curve is not None)


def _not_had(
    record: PatientRecord, asked: Iterable[str], speaker: Speaker, words: Words
) -> tuple[tuple[str, str], ...]:
    """Kinds of data of which absence proves nothing. What a page of nothing wrong must say first."""
    reasons = ((kind, record.looked_for.get(kind, NOT_FETCHED)) for kind in asked)
    gaps = ((kind, why) for kind, why in reasons if why in UNAVAILABLE)
    return tuple((words(f"kind-{kind}"), speaker.word(f"missing-{why}")) for kind, why in gaps)


def _told(heard: Findings, speaker: Speaker, edition: str) -> tuple[Told, ...]:
    """What the edition has to tell here, or beside a rule that fires here."""
    firing = {finding.rule.id for finding in heard.all if finding.status == "fires"}
    places = {APP, *firing}
    rules = (r for r in speaker.rules.values() if r.kind in ("I", "N") and not r.severity and r.is_in_force)
    said = (rule for rule in rules if places & set(rule.said_in) and edition in rule.sources)
    return tuple(Told(rule.id, speaker.title(rule), inline(speaker.information(rule.id))) for rule in said)
