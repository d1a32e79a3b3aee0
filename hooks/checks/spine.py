"""The spine and its nerves: suspected cord compression, the grade of Frankel, what a referral must say."""

from dataclasses import dataclass

from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import Answer, Evidence, Known, Missing, no, yes
from fhir_mappers.record.assessment import Sheet, sheet
from fhir_mappers.record.concepts import CORD_COMPRESSION
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.facts import APPOINTMENTS, CONDITIONS, PROCEDURES, SERVICES
from fhir_mappers.record.ordered import booked, done, requested
from fhir_mappers.record.proposals import Names, NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.spine import (
    chosen_drafts,
    in_spine,
    lost_function,
    new_deficit,
    newest_grade,
    spinal_metastasis,
)
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, gravest, judge, not_applicable, undecided

_PATHWAY = "SPINE-MSCC-01"
MRI, NEUROSURGERY, RADIOTHERAPY = "whole_spine_mri_now", "neurosurgery_now", "radiotherapy_now"


@dataclass(frozen=True, slots=True)
class Pathway:
    """How long (d) a suspected cord compression is new, and how long a step taken counts for it."""

    window: Quantity


def cord_compression(record: PatientRecord, limits: Pathway) -> Verdict:
    """Suspected cord compression: MRI of the whole spine at once, and a surgeon or a radiation oncologist is called.

    For whom  within ``window`` a cord compression or cauda equina syndrome is coded (suspected ones count), or with a
              spinal metastasis a new motor or sphincter deficit or a worse grade of Frankel is found; not comfort care
              alone. A bone metastasis without a site may be spinal
    Holds     the whole spine is imaged or the MRI asked for, and neurosurgery or radiation oncology is in the case:
              within ``window``, and not before the day on which a deficit was found
    Units     days (UCUM d)
    Source    guidelines/spine.toml [SPINE-MSCC-01]; no dose of a corticosteroid is in the source: none is proposed
    """
    found = (p for p in record.problems if p.is_ongoing and p.is_any(CORD_COMPRESSION))
    coded = record.recent(found, limits.window, CONDITIONS, what=CORD_COMPRESSION[0])
    lost = (lost_function(record, limits.window) | new_deficit(record, limits.window)) & spinal_metastasis(record)
    for_whom = (coded | lost) & ~record.comfort_care()
    if for_whom.is_no:
        return not_applicable(*for_whom.evidence)
    since = _day_of(lost.evidence) if lost.is_yes and not coded.is_yes else None
    imaged, seen = _imaged(record, limits.window, since), _seen(record, limits.window, since)
    steps = (*(() if imaged.is_yes else (MRI,)), *(() if seen.is_yes else (NEUROSURGERY, RADIOTHERAPY)))
    return judge(
        for_whom,
        imaged & seen,
        proposals=(NewService(steps),),
        steps=Names(steps),
        onset=_onset(record, limits.window, (*coded.evidence, *lost.evidence)),
        window=limits.window,
    )


def _imaged(record: PatientRecord, window: Quantity, since: PartialDate | None) -> Answer:
    whole = _taken(record, (f.MRI_WHOLE_SPINE,), window, since)
    extent = record.coded("mri_extent", f.MRI_WHOLE_SPINE, within=window)
    return whole | (extent & _taken(record, f.PARTIAL_MRI, window, since)) | record.flagged("mri_contraindicated")


def _seen(record: PatientRecord, window: Quantity, since: PartialDate | None) -> Answer:
    """Neurosurgery or radiation oncology is in the case: seen, asked for, booked, treating, or a decision is told."""
    under_way = (p for p in record.procedures if p.status == "in-progress" and p.is_any(f.CONTACT))
    treating = record.any_of(under_way, PROCEDURES, what="spine_contact")
    decided = record.coded(f.DECISION, *f.DECIDED, within=window)
    return _taken(record, f.CONTACT, window, since) | treating | decided


def _taken(record: PatientRecord, wanted: tuple[str, ...], window: Quantity, since: PartialDate | None) -> Answer:
    """Done, asked for (also if the request is completed) or booked."""
    closed = (r for r in record.requests if r.status == "completed" and r.is_any(wanted))
    later = (r for r in closed if since is None or r.when is None or not since.is_later(r.when))
    asked = requested(record, wanted, window, since) | record.recent(later, window, SERVICES, what=wanted[0])
    visits = (a for a in record.appointments if a.status in ("fulfilled", "arrived") and a.is_any(wanted))
    went = record.recent(visits, window, APPOINTMENTS, what=wanted[0])
    return done(record, wanted, window, since=since) | asked | booked(record, wanted) | went


def _day_of(evidence: tuple[Evidence, ...]) -> PartialDate | None:
    """The day on which the deficit was found: the latest of the facts; a step of that day or later is for it."""
    found = [e.date for e in evidence if e.date is not None and e.what in (f.FRANKEL, f.MOTOR, f.SPHINCTER)]
    return max(found, key=lambda day: day.earliest, default=None)


def _onset(record: PatientRecord, window: Quantity, evidence: tuple[Evidence, ...]) -> PartialDate | None:
    """When it began, as told; else the earliest day of the facts."""
    told = record.latest(f.DEFICIT_ONSET, within=window)
    if isinstance(told, Known) and told.value.moment_value is not None:
        return told.value.moment_value
    dated = [e.date for e in evidence if e.date is not None and e.what in (*CORD_COMPRESSION, *f.NEUROLOGY)]
    return min(dated, key=lambda day: day.earliest, default=None)


def whole_spine(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """For a spinal metastasis the whole spine is imaged: the chapter on surgery repeats what IMG-SPINE-01 says.

    For whom  an MRI of the spine is asked for; said only beside IMG-SPINE-01
    Source    guidelines/spine.toml [SPINE-MRI-01]
    """
    beside = "IMG-SPINE-01"
    return judge(yes(draft.evidence("draft_order")), no(), said_by=beside, only_beside=beside)


@dataclass(frozen=True, slots=True)
class Frankel:
    """How long (d) a deficit is new."""

    window: Quantity


def frankel(record: PatientRecord, limits: Frankel) -> Verdict:
    """The grade of Frankel tells the function that is left; a new grade other than E, or any drop, is an emergency.

    For whom  a grade, or a motor or sensory deficit, was found within ``window``
    Holds     the grade is E (normal)
    Unknown   a deficit without a grade
    Source    guidelines/spine.toml [FRAC-FRANKEL-01]; SPINE-MSCC-01 speaks for a loss
    """
    grade, form = newest_grade(record, limits.window), sheet(record, f.MOTOR, f.SENSORY, f.FRANKEL)
    deficit = form.flag(f.MOTOR) | form.flag(f.SENSORY)
    if isinstance(grade, Missing):
        return undecided((grade,), evidence=deficit.evidence) if deficit.is_yes else judge(_not_graded(form), no())
    lost = lost_function(record, limits.window)
    normal = Answer(grade.value == f.FRANKEL_GRADES[-1], grade.evidence)
    return judge(
        yes(*grade.evidence),
        normal,
        case="lost" if lost.is_yes else "due",
        grade=Names((grade.value,)),
        said_by=_PATHWAY if lost.is_yes else None,
    )


def _not_graded(form: Sheet) -> Answer:
    return form.begun(f.FRANKEL) & form.begun(f.MOTOR, f.SENSORY)


def neurology_told(record: PatientRecord, limits: Unlimited) -> Verdict:
    """A referral of a spinal metastasis says what the nerves do: motor, sensory and sphincter deficit, pyramidal signs,
    the type of pain, and the grade of Frankel where there is a deficit.

    For whom  while ordering: a request to the bone tumour board about the spine (its site, or a spinal metastasis on
              file); else an examination that was begun
    Holds     every item is told, in the request or on file
    Source    guidelines/spine.toml [SPINE-NEURO-01]
    """
    if not record.is_ordering:
        return _neurology(record, None)
    drafts = chosen_drafts(record, f.BOARD_REQUEST)
    return gravest((_neurology(record, draft) for draft in drafts), "due")


def _neurology(record: PatientRecord, draft: DraftOrder | None) -> Verdict:
    form = sheet(record, *f.NEUROLOGY, draft=draft)
    about = form.begun() if draft is None else _about_spine(record, draft)
    if not about.is_yes:
        return not_applicable(*about.evidence)
    deficit = form.flag(f.MOTOR) | form.flag(f.SENSORY) | form.flag(f.SPHINCTER)
    answers = {item: form.read(item) for item in f.NEUROLOGY if item != f.FRANKEL}
    lacking = tuple(found for found in answers.values() if isinstance(found, Missing))
    if lacking:
        return undecided(lacking, evidence=about.evidence)
    return judge(about, ~deficit | form.begun(f.FRANKEL)).resting_on(*deficit.evidence)


def _about_spine(record: PatientRecord, draft: DraftOrder) -> Answer:
    here = in_spine(draft)
    return spinal_metastasis(record, told=True) if here is None else Answer(here, (draft.evidence("draft_order"),))
