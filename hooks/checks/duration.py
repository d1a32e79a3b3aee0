"""How long: two years at least, then a review; early stops; the conditions of a CTX (family DUR)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, Known, Missing, no, yes
from fhir_mappers.record.events import Measurement, TreatmentCourse
from fhir_mappers.record.products import ZOLEDRONATE
from fhir_mappers.record.proposals import Literal, MoveVisit, Names, NewService, Proposal, RemoveDraft
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, judge, not_applicable, undecided

CTX = "ctx_fasting"
REFERRAL, BOARD = NewService(("rheumatology_oncology_referral",)), NewService(("bone_tumour_board",))
REVIEW = (REFERRAL, BOARD, NewService((CTX,)), NewService(("dental_consultation",)))
_FOR_CONTINUING = (c.NEW_SKELETAL_EVENT, c.FRACTURE_RISK_HIGH, c.CTX_RISING)
_AGAINST = (c.HYPOCALCAEMIA_UNDER_TREATMENT,)
_NONE = "none_found"


@dataclass(frozen=True, slots=True)
class Course:
    """The shortest length of the treatment (mo)."""

    minimum: Quantity


def least(record: PatientRecord, limits: Course, draft: DraftOrder) -> Verdict:
    """Treatment lasts at least two years and is then looked at case by case: a line beside an early stop.

    For whom  lung cancer, an oncology antiresorptive is being stopped; said only beside DUR-STOP-01
    Holds     calendar months since the first dose >= minimum
    Units     calendar months (UCUM mo)
    Source    guidelines/duration.toml [DUR-MIN-01]
    """
    for_whom = yes(draft.evidence("draft_order")) & record.has(c.LUNG_CANCER)
    beside = "DUR-STOP-01"
    reached = record.months_reached(limits.minimum)
    return judge(for_whom, reached, minimum=limits.minimum, said_by=beside, only_beside=beside)


def early_stop(record: PatientRecord, limits: Course, draft: DraftOrder) -> Verdict:
    """A stop before two years has a reason.

    For whom  lung cancer, an oncology antiresorptive given or presumed given is being stopped, no other one goes on or
              is drafted, and the patient is not in terminal care
    Holds     calendar months since the first dose >= minimum, or an accepted reason is stated (none is no reason)
    Units     calendar months (UCUM mo); without a recorded dose the order date counts, marked approximate
    Source    guidelines/duration.toml [DUR-STOP-01]; the same stop is one card, led by BRIDGE-01
    """
    goes_on = bool(record.antiresorptive_drafts()) or any(not _is_stopped(record, o) for o in record.orders())
    ends = (record.ever_given() | record.presumed()) & ~Answer(goes_on) & ~record.terminal()
    reasons = {*draft.stop_reasons, *draft.reasons}
    explained = Answer(not reasons.isdisjoint((*c.STOP_REASONS, *c.DECLARED_SWITCH)))
    return judge(
        yes(draft.evidence("draft_order")) & record.has(c.LUNG_CANCER) & ends,
        explained | record.months_reached(limits.minimum),
        said_by="BRIDGE-01",
        notes=("approximate",) if _is_approximate(record) else (),
        months=record.months_on_treatment(),
        minimum=limits.minimum,
    )


def _is_stopped(record: PatientRecord, order: TreatmentCourse) -> bool:
    """A draft of the session stops it: the order it names, else every order of its substance."""
    return any(
        d.prior == order.source.resource
        if d.prior
        else (d.product is None or (order.product is not None and d.product.substance == order.product.substance))
        for d in record.drafts
        if d.stops
    )


def _is_approximate(record: PatientRecord) -> bool:
    begun = record.beginning()
    return isinstance(begun, Known) and begun.value.approximate


@dataclass(frozen=True, slots=True)
class Review:
    """The length of treatment after which it is reviewed (mo), and how long a review counts (d)."""

    after: Quantity
    fresh: Quantity


def review(record: PatientRecord, limits: Review) -> Verdict:
    """After two years the treatment is looked at again by a specialist.

    For whom  lung cancer, on treatment or presumed so (while ordering: and an antiresorptive is renewed), calendar
              months since the first dose >= after (the anniversary counts)
    Holds     a re-evaluation within ``fresh``, or one is being asked for in this session
    Units     calendar months (UCUM mo), days (UCUM d); without a recorded dose the earliest order, marked approximate
    Source    guidelines/duration.toml [DUR-24M-01]; a drafted referral silences: this project's choice
    """
    concerned = record.under_review() & record.treated() & record.has(c.LUNG_CANCER)
    for_whom = concerned & record.months_reached(limits.after)
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    begun = record.beginning()
    return judge(
        for_whom,
        record.reevaluated(limits.fresh) | record.drafted_any(*c.REEVALUATION_ASKED),
        case="renewal" if record.is_ordering else "due",
        proposals=REVIEW,
        notes=("approximate",) if _is_approximate(record) else (),
        months=record.months_on_treatment(),
        after=limits.after,
        fresh=limits.fresh,
        begun=begun.value.when if isinstance(begun, Known) else None,
    )


def oligometastatic(record: PatientRecord, limits: Course) -> Verdict:
    """Oligometastatic disease: after two years of zoledronic acid a stop is considered, with a specialist.

    For whom  lung cancer, treated with zoledronic acid, recorded as oligometastatic (not recorded is silent), calendar
              months since the first dose >= minimum; said only beside DUR-24M-01
    Units     calendar months (UCUM mo)
    Source    guidelines/duration.toml [DUR-OLIGO-01]
    """
    few = record.coded(c.DISEASE_EXTENT, c.OLIGOMETASTATIC, within=record.conventions.answers.extent)
    treated = record.has(c.LUNG_CANCER) & record.treated(ZOLEDRONATE) & record.months_reached(limits.minimum)
    beside = "DUR-24M-01"
    return judge(treated & few, no(), minimum=limits.minimum, said_by=beside, only_beside=beside)


@dataclass(frozen=True, slots=True)
class Sampling:
    """The time of day (h) before which the sample is drawn, and the hours into which a booking is moved; the age (d) of
    a fasting statement outside the order.
    """

    before: Quantity
    earliest: Quantity
    latest: Quantity
    told: Quantity


def ctx_conditions(record: PatientRecord, limits: Sampling, draft: DraftOrder) -> Verdict:
    """A CTX is drawn fasting and early in the morning.

    For whom  a CTX is ordered or its appointment booked
    Holds     the time of day, as written in its own offset, < before, and fasting is not denied; a time or a fasting
              state that is not stated is silent (the catalogue: text only; it stands in the instruction of our orders)
    Units     hours of the day (UCUM h)
    Source    guidelines/duration.toml [DUR-CTX-01]
    """
    clock = draft.occurs.clock if draft.occurs is not None else None
    late = clock is not None and clock.hour * 60 + clock.minute >= limits.before.value * 60
    fed = _fasting(record, limits, draft)
    not_fasting = fed is not None and fed.flag is False
    proof = (draft.evidence("draft_order"), *((fed.evidence(),) if fed is not None else ()))
    right = NewService((CTX,), draft.occurs.first if draft.occurs is not None else None)
    change: tuple[Proposal, ...] = (RemoveDraft(draft, right),) if draft.kind == "ServiceRequest" else ()
    if draft.kind == "Appointment" and late:
        change = (MoveVisit(draft, limits.earliest, limits.latest, CTX),)
    return judge(
        yes(*proof),
        no(*proof) if late or not_fasting else yes(*proof),
        case="both" if late and not_fasting else ("not_fasting" if not_fasting else "due"),
        proposals=change,
        time=Literal(clock.strftime("%H:%M")) if clock is not None else None,
    )


def _fasting(record: PatientRecord, limits: Sampling, draft: DraftOrder) -> Measurement | None:
    """What the order says of fasting, else what was recorded for today."""
    told = record.latest(c.FASTING, within=limits.told)
    return draft.details.get(c.FASTING) or (told.value if isinstance(told, Known) else None)


@dataclass(frozen=True, slots=True)
class Balance:
    """How long the answers of the checklist may be reused (d)."""

    reuse: Quantity


def benefit_and_risk(record: PatientRecord, limits: Balance) -> Verdict:
    """Whether to continue is weighed: what speaks for it and what against, without a score.

    For whom  lung cancer, on treatment or presumed so
    Holds     never: the answers are listed; an unanswered item is undecided
    Units     days (UCUM d)
    Source    guidelines/duration.toml [DUR-BR-01]
    """
    for_whom = record.has(c.LUNG_CANCER) & record.treated()
    if not for_whom.is_yes:
        return judge(for_whom, no()) if for_whom.is_unknown else not_applicable(*for_whom.evidence)
    answers = {item: record.latest(item, within=limits.reuse) for item in (*_FOR_CONTINUING, *_AGAINST)}
    found = [item for item, told in answers.items() if isinstance(told, Known) and told.value.flag]
    risks = {
        c.JAW_OSTEONECROSIS: record.has(c.JAW_OSTEONECROSIS),
        c.SMOKING_CURRENT: record.smokes(),
        c.AT_RISK_DRINKING: record.drinks_at_risk(),
    }
    against = [*(item for item in found if item in _AGAINST), *(item for item, told in risks.items() if told.is_yes)]
    benefits = Names(tuple(item for item in found if item in _FOR_CONTINUING) or (_NONE,))
    harms = Names(tuple(against) or (_NONE,))
    missing = tuple(told for told in answers.values() if isinstance(told, Missing))
    if missing:
        return undecided(missing, evidence=for_whom.evidence, benefits=benefits, harms=harms)
    proof = tuple(e for told in answers.values() if isinstance(told, Known) for e in told.evidence)
    return judge(for_whom, no(*proof), benefits=benefits, harms=harms)
