"""Surgery of a limb: the fracture to be stabilised, and what the expected survival allows (family SURG)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import IMPRECISE, Answer, Known, Missing, Reading, yes
from fhir_mappers.record.events import Event, Problem
from fhir_mappers.record.facts import APPOINTMENTS, CONDITIONS, PROCEDURES, SERVICES
from fhir_mappers.record.intervention import survival
from fhir_mappers.record.ordered import flag, said
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity, Span
from hooks.check import PatientRecord, Unlimited, Verdict, grade, judge, not_applicable, undecided

ORTHOPAEDICS = NewService(("orthopaedic_referral_urgent",))


def fracture(record: PatientRecord, limits: Unlimited) -> Verdict:
    """A pathological fracture of a limb is stabilised by surgery in most cases.

    For whom  an active pathological fracture of a limb on malignant bone disease (one coded as neoplastic is); not one
              unfit for anaesthesia, nor in comfort-only care
    Holds     an orthopaedic referral or surgery asked for, booked, drafted or done since the fracture
    Source    guidelines/surgery.toml [SURG-FX-01]; silent in comfort-only care: this project's choice
    """
    broken = [p for p in record.problems if p.is_ongoing and p.certain and _is_limb_fracture(p)]
    neoplastic = [p for p in broken if p.is_any(c.PATHOLOGICAL_FRACTURE)]
    found = record.any_of(neoplastic, CONDITIONS, what="pathological_fracture_neoplastic")
    if not neoplastic and broken:
        found = yes(*(p.evidence("pathological_fracture_neoplastic") for p in broken)) & record.malignant_bone_disease()
    unfit = record.has("unfit_for_anaesthesia") | flag(record, None, "unfit_for_anaesthesia")
    for_whom = found & ~(unfit | record.comfort_care())
    return judge(for_whom, _seen_by_surgeon(record, broken), proposals=(ORTHOPAEDICS,))


def _is_limb_fracture(problem: Problem) -> bool:
    """By its code, or by the site of a fracture coded without one; the spine is another matter."""
    fractures = (*c.PATHOLOGICAL_FRACTURE, "pathological_fracture_unspecified")
    femoral = (problem.source.code or "").rpartition("|")[2] in ci.FEMORAL_FRACTURE_CODES
    return problem.is_any(fractures) and (femoral or not set(problem.sites).isdisjoint(ci.LIMBS))


def _seen_by_surgeon(record: PatientRecord, broken: list[Problem]) -> Answer:
    """Since the first of the fractures; without a date any referral counts."""
    onset = min((p.when for p in broken if p.when is not None), key=lambda when: when.earliest, default=None)
    asked: list[Event] = [*record.requests, *record.appointments]
    asked += [p for p in record.procedures if p.status in ("completed", "in-progress")]
    since = (e for e in asked if onset is None or e.when is None or e.when.last >= onset.first)
    ours = (e for e in since if e.is_any(ci.ORTHOPAEDICS))
    return record.drafted_any(*ci.ORTHOPAEDICS) | record.any_of(
        ours, SERVICES, APPOINTMENTS, PROCEDURES, what=ci.ORTHOPAEDICS[0]
    )


@dataclass(frozen=True, slots=True)
class Prognosis:
    """Survival below which surgery of a limb brings nothing (wk), and above which the lesion is resected (mo)."""

    least: Quantity
    long: Quantity


def prognosis(record: PatientRecord, limits: Prognosis) -> Verdict:
    """The expected survival chooses the kind of surgery of a limb.

    For whom  surgery of a limb is drafted, or the lesion of the form lies in a limb
    Holds     never: no surgery below ``least``, resection and reconstruction above ``long``, fixation from one to the
              other (both bounds included)
    Units     weeks (UCUM wk, 30 days to the month), months (UCUM mo)
    Unknown   no survival estimate, or one that leaves it open
    Source    guidelines/surgery.toml [SURG-LE-01]
    """
    if not _limb_at_stake(record):
        return not_applicable()
    told = survival(record)
    least = Quantity(limits.least.value * Decimal(7) / Decimal(30), "mo")
    case = _survival_case(told, least, limits.long, ("too_short", "fixation", "resection"))
    return _by_survival(told, case, limits)


@dataclass(frozen=True, slots=True)
class Arthroplasty:
    """Survival (mo) below which an arthroplasty is not advised, and above which it is."""

    least: Quantity
    long: Quantity


def arthroplasty(record: PatientRecord, limits: Arthroplasty) -> Verdict:
    """An arthroplasty is for patients expected to live more than six months to one year.

    For whom  the lesion of the form lies at a joint
    Holds     never: against below ``least``, for the board from there to ``long`` (included), eligible above
    Units     months (UCUM mo)
    Unknown   no survival estimate, or one that leaves it open
    Source    guidelines/surgery.toml [SURG-ARTH-01]
    """
    if not said(record, None, "lesion_site", *ci.JOINTS).is_yes:
        return not_applicable()
    told = survival(record)
    case = _survival_case(told, limits.least, limits.long, ("against", "board", "eligible"))
    return _by_survival(told, case, limits)


def _survival_case(told: Reading[Span], least: Quantity, long: Quantity, names: tuple[str, str, str]) -> str | None:
    """Below, between (bounds included) or above; None when it is open."""
    if isinstance(told, Missing):
        return None
    short, enough = told.value.below(least), told.value.at_most(long)
    if short:
        return names[0]
    if enough is False:
        return names[2]
    return names[1] if short is False and enough else None


def _by_survival(told: Reading[Span], case: str | None, limits: Prognosis | Arthroplasty) -> Verdict:
    shown = told.evidence[0] if isinstance(told, Known) and told.evidence else None
    gap = told if isinstance(told, Missing) else Missing("survival_estimate", IMPRECISE, shown)
    if isinstance(told, Missing) or case is None:
        return undecided((gap,), least=limits.least, long=limits.long)
    return grade(yes(), case, told.evidence, survival=shown, least=limits.least, long=limits.long)


def _limb_at_stake(record: PatientRecord) -> bool:
    drafted = record.drafted_any(*ci.LIMB_SURGERY)
    return drafted.is_yes or said(record, None, "lesion_site", *ci.LIMBS).is_yes
