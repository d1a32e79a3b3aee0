"""Time around an operation of the bone: what waits for healing, what is known before, what CRP says (family SURG)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import IMPRECISE, Answer, Missing, no, yes
from fhir_mappers.record.answer import unknown as not_known
from fhir_mappers.record.events import Event, Measurement, Procedure, Request
from fhir_mappers.record.facts import PROCEDURES
from fhir_mappers.record.intervention import Act, act_of, counted, intake, span_of
from fhir_mappers.record.ordered import begins, days_between, sites_of
from fhir_mappers.record.proposals import NewService, PostponeDraft, Proposal
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.sites import overlap
from hooks.check import DraftOrder, PatientRecord, Verdict, grade, judge, not_applicable, undecided

_AHEAD = frozenset({"booked", "pending", "proposed"})


@dataclass(frozen=True, slots=True)
class Healing:
    """Days (d) after surgery before which nothing starts (radiotherapy of the spine: ``spine``), and after which
    everything may.
    """

    early: Quantity
    spine: Quantity
    healed: Quantity


def healing(record: PatientRecord, limits: Healing, draft: DraftOrder) -> Verdict:
    """After surgery of a bone metastasis chemotherapy and radiotherapy wait until it has healed.

    For whom  a cytotoxic drug or radiotherapy is drafted after such an operation, done or booked; neither percutaneous
              acts and biopsies nor radiotherapy of another part of the body count
    Holds     chemotherapy: from day ``healed``, or from day ``early`` once healed and the surgeon agrees. Radiotherapy:
              after day ``healed``, or from day ``early`` (spine: ``spine``) on healed skin
    Units     whole days (UCUM d) from the operation to the planned start
    Unknown   the date of the operation is not precise enough
    Source    guidelines/surgery_timing.toml [SURG-HEAL-01]
    """
    rays, start = draft.is_any(c.RADIOTHERAPY), begins(record, draft)
    operations = [one for one in _operations(record) if not (rays and overlap(one.sites, sites_of(draft)) is False)]
    dated = [one for one in operations if one.when is not None and not one.when.surely_after(start.last)]
    last = max(dated, key=lambda one: one.when.latest if one.when else start.latest, default=None)
    if last is None or last.when is None:
        undated = tuple(_imprecise(one) for one in operations if one.when is None)
        gaps = undated or record.looked(PROCEDURES, what=c.BONE_SURGERY[0]).missing
        return undecided(gaps, early=limits.early) if gaps else not_applicable()
    days, proof = days_between(last.when, start), last.evidence()
    case = _rays_case(record, limits, last, days) if rays else _chemotherapy_case(record, limits, last, days)
    if case == "imprecise":
        return undecided((_imprecise(last),), evidence=(proof,), early=limits.early)
    earliest = limits.spine if last.is_any(ci.SPINE_SURGERY) else limits.early
    free = last.when.last + timedelta(days=int((earliest if rays else limits.healed).value))
    figures = {"operation": last.when, "days": Quantity(Decimal(int(days.low)), "d"), "free": free}
    figures = {**figures, "early": limits.early, "spine": limits.spine, "healed": limits.healed}
    return grade(yes(proof), case, (), proposals=() if case == "skin" else _later(draft, free), **figures)


def _operations(record: PatientRecord) -> list[Procedure | Request]:
    """Operations of a bone metastasis: done, or booked."""
    done = [one for one in record.procedures if one.status == "completed" and one.is_any(c.BONE_SURGERY)]
    return [*done, *(one for one in record.appointments if one.status in _AHEAD and one.is_any(c.BONE_SURGERY))]


def _imprecise(operation: Event) -> Missing:
    return Missing(operation.concepts[0], IMPRECISE, operation.evidence())


def _chemotherapy_case(record: PatientRecord, limits: Healing, last: Event, days: Span) -> str | None:
    early, waiting = days.below(limits.early), days.below(limits.healed)
    if early or waiting is False:
        return "chemotherapy_early" if early else None
    if early is None or waiting is None:
        return "imprecise"
    agreed = _said_since(record, "wound_healed", last) and _said_since(record, "surgeon_agreement", last)
    return None if agreed else "chemotherapy"


def _rays_case(record: PatientRecord, limits: Healing, last: Event, days: Span) -> str | None:
    spine = last.is_any(ci.SPINE_SURGERY)
    early, waiting = days.below(limits.spine if spine else limits.early), days.at_most(limits.healed)
    if early or waiting is False:
        return ("spine_early" if spine else "radiotherapy_early") if early else None
    if early is None or waiting is None:
        return "imprecise"
    return None if _said_since(record, "wound_healed", last) else "skin"


def _said_since(record: PatientRecord, item: str, operation: Event) -> bool:
    """Whether the newest word on or after the operation is yes; a preliminary one does not reassure (P1)."""
    told = [m for m in record.results(item) if m.flag is not None and not m.provisional]
    return (
        bool(told) and bool(told[0].flag) and operation.when is not None and told[0].when.first >= operation.when.last
    )


def _later(draft: DraftOrder, to: date) -> tuple[Proposal, ...]:
    """An order can be moved by us; a booking is moved by whoever holds the calendar."""
    return (PostponeDraft(draft, to),) if draft.kind in ("MedicationRequest", "ServiceRequest") else ()


@dataclass(frozen=True, slots=True)
class Nadir:
    """How long (d) before the act an anti-angiogenic or a cytotoxic drug counts; neutrophils below and platelets up to
    which the act is not done unprepared (G/L), measured within ``counts`` (d) before it.
    """

    window: Quantity
    neutrophils: Quantity
    platelets: Quantity
    counts: Quantity


def nadir(record: PatientRecord, limits: Nadir, draft: DraftOrder) -> Verdict:
    """Before an act on the bone: the nadir of chemotherapy, haemostasis, anti-angiogenics.

    For whom  a cementoplasty, a biopsy or surgery of a bone is booked
    Holds     no anti-angiogenic within ``window`` before it, nor running; neutrophils >= ``neutrophils``; platelets >
              ``platelets`` (for a cementoplasty CEM-HEMO-01 says it). Counts are asked within ``counts`` of the act
    Unknown   a cytotoxic drug within ``window`` and no count
    Units     days (UCUM d), G/L
    Source    guidelines/surgery_timing.toml [SURG-NADIR-01]
    """
    act = act_of(record, draft)
    vessels = _lately(record, c.ANTI_ANGIOGENICS, act, limits)
    neutrophils = platelets = no()
    if (act.day - record.as_of).days <= limits.counts.value:
        neutrophils = counted(record, ci.NEUTROPHILS, limits.neutrophils, act.day, limits.counts, strict=True)
        if not draft.is_any(ci.CEMENTOPLASTY):
            platelets = counted(record, ci.PLATELETS, limits.platelets, act.day, limits.counts)
    low = neutrophils | platelets
    if low.is_unknown:
        low = low if _lately(record, ci.CYTOTOXICS, act, limits).is_yes else no()
    case = "due" if vessels.is_yes else ("nadir" if low.is_yes else None)
    if case is None and (gaps := (*vessels.missing, *low.missing)):
        return undecided(gaps, act=act.day, counts=limits.counts)
    both = ("nadir",) if vessels.is_yes and low.is_yes else ()
    undated = () if act.stated else ("undated",)
    return grade(
        yes(draft.evidence("draft_order")),
        case,
        (*vessels.evidence, *low.evidence),
        notes=(*both, *undated),
        proposals=(NewService(("blood_count",)),),
        act=act.day,
        window=limits.window,
        counts=limits.counts,
    )


def _lately(record: PatientRecord, drugs: tuple[str, ...], act: Act, limits: Nadir) -> Answer:
    """One of the drugs runs up to the act, or its last dose lies within the window before it."""
    taken = intake(record, drugs, act, limits.window)
    near = taken.last is not None and days_between(taken.last, act.when).at_most(limits.window) is not False
    if taken.endless or near:
        return yes(*taken.evidence)
    return not_known(*taken.missing) if taken.missing else no()


@dataclass(frozen=True, slots=True)
class Inflammation:
    """How long (d) after an operation CRP says little, and the value (mg/L) above which it is raised, where the
    laboratory gives no limit of its own.
    """

    window: Quantity
    normal: Quantity


def crp_after_surgery(record: PatientRecord, limits: Inflammation) -> Verdict:
    """After an operation CRP is raised without infection: a line of text, never a card by itself.

    For whom  an operation of the bone within ``window``, and CRP drafted, or above its limit since
    Holds     never
    Units     days (UCUM d), mg/L
    Source    guidelines/surgery_timing.toml [SURG-CRP-01]
    """
    operations = (p for p in record.procedures if p.status == "completed" and p.is_any(c.BONE_SURGERY))
    lately = record.recent(operations, limits.window, PROCEDURES, what=c.BONE_SURGERY[0])
    raised = [m for m in record.results(ci.CRP) if record.within(m.when, limits.window) and _is_raised(m, limits)]
    told = record.drafted_any(ci.CRP) | Answer(bool(raised), tuple(m.evidence() for m in raised[:1]))
    return judge(lately & told, no(), window=limits.window)


def _is_raised(result: Measurement, limits: Inflammation) -> bool:
    span = span_of(result)
    return span is not None and span.at_most(result.ceiling or limits.normal) is False
