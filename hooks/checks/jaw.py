"""The jaw under treatment: dental follow-up, extractions, osteonecrosis (family ONJ)."""

from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappers.record import answer as reasons
from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import UNREADABLE, Answer, Known, Missing, Reading, at_most, either, no, unknown, yes
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.facts import ADMINISTRATIONS, PROCEDURES, SERVICES, STATEMENTS
from fhir_mappers.record.products import Use
from fhir_mappers.record.proposals import HoldDraft, NewCondition, NewService, Proposal, RemoveDraft
from fhir_mappers.record.quantity import Quantity, Span
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, undecided

DENTAL, JAW_CENTRE = NewService(("dental_consultation",)), NewService(("oral_surgery_referral",))


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How old (d) the last dental examination may be, the age that is long overdue, and how near a visit must be."""

    interval: Quantity
    long: Quantity
    appointment: Quantity


def follow_up(record: PatientRecord, limits: FollowUp) -> Verdict:
    """Under treatment a dentist looks at the mouth every six months.

    For whom  on treatment or presumed so (while ordering: and an antiresorptive is renewed), no dental visit booked in
              the coming days or drafted
    Holds     as_of minus last completed dental examination <= interval
    Units     days (UCUM d); an examination that may be long overdue counts as such
    Source    guidelines/jaw.toml [ONJ-FU-01]; a drafted visit silences: this project's choice
    """
    booked = record.drafted_any(*c.DENTAL_VISIT) | record.visit_booked(c.DENTAL_VISIT, limits.appointment)
    for_whom = record.under_review() & record.treated() & ~booked
    reading = record.last_dental_examination()
    examined = reading.value.when if isinstance(reading, Known) else None
    verdict = judge(
        for_whom,
        record.fresh(reading, limits.interval),
        case=_follow_up_case(record, limits, examined),
        proposals=(DENTAL,),
        notes=("presumed",) if record.on_treatment().is_no else (),
        interval=limits.interval,
        last=examined,
    )
    return verdict.resting_on(*(reading.evidence if isinstance(reading, Known) and verdict.outcome == "due" else ()))


def _follow_up_case(record: PatientRecord, limits: FollowUp, examined: PartialDate | None) -> str:
    if examined is None:
        return "never_recorded"
    return "due" if record.within(examined, limits.long) else "long_overdue"


@dataclass(frozen=True, slots=True)
class Exposure:
    """How long (d) after the last dose a tooth is still handled as under treatment."""

    window: Quantity


def extraction(record: PatientRecord, limits: Exposure, draft: DraftOrder) -> Verdict:
    """Under treatment teeth are kept: conservative care rather than an extraction or an implant.

    For whom  a tooth extraction or a dental implant is asked for or booked
    Holds     no oncology antiresorptive within ``window``, nor presumed running
    Units     days (UCUM d)
    Source    guidelines/jaw.toml [ONJ-EXTRACT-01]
    """
    given = record.recent(record.given(), limits.window, ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    exposed = record.treated() | given
    last = record.last_given()
    instead = NewService(("conservative_dental_care", *JAW_CENTRE.items))
    verdict = judge(
        yes(draft.evidence("draft_order")),
        ~exposed,
        case="implant" if draft.is_any(c.IMPLANT) else "due",
        proposals=(RemoveDraft(draft, instead), JAW_CENTRE),
        notes=("presumed",) if given.is_no else (),
        last=last.value.when if isinstance(last, Known) else None,
    )
    return verdict.resting_on(*exposed.evidence)


@dataclass(frozen=True, slots=True)
class Definition:
    """How long (d) exposed bone must last for the definition, and how long a recorded number of days may be reused."""

    beyond: Quantity
    reuse: Quantity


def definition(record: PatientRecord, limits: Definition) -> Verdict:
    """Exposed jaw bone is classified by the definition of drug-related osteonecrosis.

    For whom  exposed bone of the jaw is recorded, with a bisphosphonate or denosumab now or before; an osteonecrosis
              already coded is not classified again
    Holds     never: it meets the definition (longer than ``beyond``, no craniofacial radiotherapy), is suspected, or is
              not met after radiotherapy; an unanswered item is undecided
    Units     days (UCUM d) since identification and start of care, the later of the two
    Source    guidelines/jaw.toml [ONJ-DEF-01]
    """
    for_whom = _exposed_bone(record) & ~record.has(c.JAW_OSTEONECROSIS, certain=True)
    ever = _ever_exposed(record) if for_whom.is_yes else _recorded_exposure(record)
    if not (for_whom & ever).is_yes:
        return judge(for_whom & ever, no())
    irradiated, days = _irradiated(record), _days_exposed(record, limits)
    if irradiated.is_yes:
        return judge(for_whom, no(*irradiated.evidence), case="irradiated")
    short = at_most(days, limits.beyond)
    if irradiated.is_unknown or short.is_unknown:
        return undecided((*irradiated.missing, *short.missing), evidence=for_whom.evidence, beyond=limits.beyond)
    return judge(
        for_whom,
        no(*short.evidence),
        case="suspected" if short.is_yes else "due",
        beyond=limits.beyond,
        proposals=_diagnosis(record, "provisional" if short.is_yes else "confirmed"),
        days=_shown(days),
        on=_re_examination(record.as_of, limits, days),
        said_by=None if short.is_yes else "ONJ-REF-01",
    ).resting_on(*ever.evidence, *short.evidence)


def _diagnosis(record: PatientRecord, certainty: str) -> tuple[Proposal, ...]:
    """The diagnosis for the problem list; none beside one on file, whose certainty only its author changes."""
    diagnosis = NewCondition(c.JAW_OSTEONECROSIS, certainty, record.exposed_bone_since())
    return (diagnosis,) if record.has(c.JAW_OSTEONECROSIS).is_no else ()


def _meets(record: PatientRecord, limits: Definition) -> Answer:
    """Certainly osteonecrosis by the definition. Where an item is open, ONJ-DEF-01 asks for it; it is not asked while
    ordering, and there data that were not sent leave it open.
    """
    if _exposed_bone(record).is_no:
        return no()
    long = ~at_most(_days_exposed(record, limits), limits.beyond)
    met = _exposed_bone(record) & _ever_exposed(record) & ~_irradiated(record) & long
    unsent = tuple(gap for gap in met.missing if gap.why in reasons.UNAVAILABLE)
    return met if met.is_yes else (unknown(*unsent) if unsent and record.is_ordering else no())


def _exposed_bone(record: PatientRecord) -> Answer:
    return record.has(c.EXPOSED_JAW_BONE) | record.flagged(c.EXPOSED_JAW_BONE)


def _recorded_exposure(record: PatientRecord) -> Answer:
    """A bisphosphonate or denosumab of either use: given, ordered long enough, or answered."""
    given = record.any_of(record.given(use=None), ADMINISTRATIONS, STATEMENTS, what="antiresorptive_doses")
    return either((given, record.presumed(), record.flagged(c.EXPOSURE_EVER)))


def _ever_exposed(record: PatientRecord) -> Answer:
    return _unless_unanswered(record, _recorded_exposure(record), c.EXPOSURE_EVER)


def _irradiated(record: PatientRecord) -> Answer:
    rays = (p for p in record.procedures if p.status == "completed" and p.is_any(c.RADIOTHERAPY))
    head = (p for p in rays if not set(p.sites).isdisjoint(c.HEAD_AND_NECK))
    found = record.any_of(head, PROCEDURES, what=c.CRANIOFACIAL_RADIOTHERAPY) | record.flagged(
        c.CRANIOFACIAL_RADIOTHERAPY
    )
    return _unless_unanswered(record, found, c.CRANIOFACIAL_RADIOTHERAPY)


def _unless_unanswered(record: PatientRecord, found: Answer, item: str) -> Answer:
    """A *no* that nobody answered is open: the definition needs the history, and absence from the chart is none."""
    answered = record.latest(item)
    return unknown(answered) if found.is_no and isinstance(answered, Missing) else found


def _days_exposed(record: PatientRecord, limits: Definition) -> Reading[Span]:
    counted = record.latest(c.EXPOSED_BONE_DAYS, within=limits.reuse)
    if isinstance(counted, Known) and counted.value.value is not None:
        return Known(Span.exactly(counted.value.value.value, "d"), counted.evidence)
    care = record.latest(c.EXPOSED_BONE_CARE_START)
    if isinstance(care, Missing):
        return care
    begun = care.value.moment_value
    later = max(filter(None, (begun, record.exposed_bone_since())), key=lambda day: day.latest, default=None)
    span = record.days_since(later)
    if begun is None or span is None:
        return Missing(c.EXPOSED_BONE_CARE_START, UNREADABLE, care.value.evidence())
    return Known(span, care.evidence)


def _shown(days: Reading[Span]) -> Quantity | None:
    return Quantity.of(f"{int(days.value.low)} d") if isinstance(days, Known) else None


def _re_examination(day: date, limits: Definition, days: Reading[Span]) -> date | None:
    """The first day beyond the limit."""
    left = int(limits.beyond.value) + 1 - int(days.value.low) if isinstance(days, Known) else 0
    return day + timedelta(days=max(0, left))


def referral(record: PatientRecord, limits: Definition) -> Verdict:
    """Osteonecrosis of the jaw goes to a specialised centre, and no dose is given past it unnoticed.

    For whom  an osteonecrosis of the jaw is active or the definition is met; while ordering: and an antiresorptive is
              drafted (also one that cannot be told, in malignant bone disease)
    Holds     a referral since the onset; never while ordering
    Source    guidelines/jaw.toml [ONJ-REF-01]; the warning while ordering is this project's choice
    """
    if record.is_ordering:
        drafts, drafted = _antiresorptives(record)
        hold: tuple[Proposal, ...] = (*(HoldDraft(d) for d in drafts), JAW_CENTRE)
        ill = record.has(c.JAW_OSTEONECROSIS) | _meets(record, limits)
        return judge(drafted & ill, no(), case="ordered", proposals=hold)
    ill = record.has(c.JAW_OSTEONECROSIS, certain=True) | _meets(record, limits)
    return judge(ill, _referred(record), proposals=(JAW_CENTRE,))


def _antiresorptives(record: PatientRecord) -> tuple[tuple[DraftOrder, ...], Answer]:
    """The drafts to hold, and whether one is drafted: one that cannot be told counts in malignant bone disease."""
    ill, sure = record.malignant_bone_disease(), record.antiresorptive_drafts()
    unclear = (d for d in record.live_drafts() if d.product is not None and d.product.use is Use.UNIDENTIFIED)
    drafts = (*sure, *(() if ill.is_no else unclear))
    drafted = Answer(bool(drafts), tuple(d.evidence("draft_order") for d in drafts))
    return drafts, drafted if sure else drafted & ill


def _referred(record: PatientRecord) -> Answer:
    """A referral or a visit to the centre since the osteonecrosis began; without a date of onset any one counts."""
    found = [p.when for p in record.problems_of((c.JAW_OSTEONECROSIS,)) if p.is_ongoing and p.when is not None]
    onset = min((*found, *filter(None, (record.exposed_bone_since(),))), key=lambda day: day.earliest, default=None)
    asked = [r for r in (*record.requests, *record.appointments) if r.is_any(c.ORAL_SURGERY)]
    since = [r for r in asked if onset is None or r.when is None or r.when.last >= onset.first]
    return record.drafted_any(*c.ORAL_SURGERY) | record.any_of(since, SERVICES, what=c.ORAL_SURGERY[0])


def habits(record: PatientRecord, limits: Unlimited) -> Verdict:
    """Tobacco and alcohol add to the dental risk: a line beside the dental assessment or the two-year review.

    For whom  a current smoker or at-risk drinker; said only beside AR-DENTAL-01 (start) or DUR-24M-01 (under treatment)
    Source    guidelines/jaw.toml [ONJ-FACT-01]
    """
    smoker, drinker = record.smokes(), record.drinks_at_risk()
    beside = "DUR-24M-01" if record.starting().is_no else "AR-DENTAL-01"
    case = "both" if smoker.is_yes and drinker.is_yes else ("alcohol" if drinker.is_yes else "due")
    return judge(smoker | drinker, no(), case=case, said_by=beside, only_beside=beside)
