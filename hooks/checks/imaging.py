"""Which metabolic imaging is worth its radiation: bone scan and FDG-PET in lung cancer (family IMG)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.answer import ABSENT, Answer, Missing, no, unknown, yes
from fhir_mappers.record.facts import PROCEDURES, REPORTS
from fhir_mappers.record.imaging import is_reasoned, new_bone_pain, reasons
from fhir_mappers.record.ordered import completed, done, said
from fhir_mappers.record.proposals import RemoveDraft, SetDetail
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge

SELECTING = "order-select"


@dataclass(frozen=True, slots=True)
class Staged:
    """How old (d) an FDG-PET may be that makes a bone scan needless."""

    window: Quantity


def staged_by_pet(record: PatientRecord, limits: Staged, draft: DraftOrder) -> Verdict:
    """After an FDG-PET, staging of a lung cancer needs no bone scan.

    For whom  lung cancer, a bone scan is asked for without a specific clinical question (a reason other than staging or
              follow-up that we understand, or new bone pain on file)
    Holds     no PET was completed within ``window``; a PET whose tracer is not coded counts, and the card says so
    Units     days (UCUM d)
    Source    guidelines/imaging.toml [IMG-SCINT-01]
    """
    imaged = done(record, i.PET, limits.window)
    named = {proof.resource for proof in imaged.evidence}
    traced = any(act.is_any(i.FDG_PET) for act in completed(record, i.PET) if act.source.resource in named)
    return judge(
        record.has(c.LUNG_CANCER) & ~_specific(record, draft),
        ~imaged,
        proposals=(RemoveDraft(draft),),
        notes=() if traced else ("tracer",),
        window=limits.window,
        when=imaged.evidence[0].date if imaged.is_yes else None,
    )


def routine_scan(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Without new bone pain a bone scan is no routine of follow-up.

    For whom  lung cancer, a bone scan is asked for without a specific clinical question or new bone pain
    Holds     its reason is staging; or another reason is stated and no bone was imaged before
    Unknown   no reason is stated: it is asked for while selecting, and nothing is said at the signature
    Source    guidelines/imaging.toml [IMG-SCINT-02]; IMG-SCINT-01 has priority
    """
    for_whom = record.has(c.LUNG_CANCER) & ~_specific(record, draft)
    if not is_reasoned(draft):
        asked = Answer(record.moment == SELECTING)
        return judge(for_whom & asked, unknown(Missing(i.IMAGING_REASON, ABSENT, draft.evidence("draft_order"))))
    meant = reasons(draft)
    if i.FOLLOW_UP in meant or i.STAGING in meant:
        routine = Answer(i.FOLLOW_UP in meant, (draft.evidence("draft_order"),))
    else:
        routine = record.any_of(completed(record, i.METABOLIC), PROCEDURES, REPORTS, what=i.BONE_SCAN)
    return judge(for_whom, ~routine, proposals=(RemoveDraft(draft),))


def _specific(record: PatientRecord, draft: DraftOrder) -> Answer:
    """A clinical question the examination is to answer."""
    asked = Answer(not reasons(draft).isdisjoint(i.SPECIFIC_REASONS), (draft.evidence("draft_order"),))
    return asked | new_bone_pain(record, draft)


def field(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """An FDG-PET that maps bone metastases sweeps at least the femurs.

    For whom  lung cancer, a bone metastasis known or suspected (also by the reason of the order), a PET is asked for
    Holds     the detail of the order, its code, or the form says that the femurs are in the field
    Unknown   none of them says it: one line asks
    Source    guidelines/imaging.toml [IMG-FIELD-01]
    """
    about_bone = Answer(not reasons(draft).isdisjoint((c.BONE_METASTASIS, *i.PAIN_REASONS)))
    suspected = record.has(c.BONE_METASTASIS) | about_bone | record.has(i.NEW_BONE_PAIN)
    return judge(
        record.has(c.LUNG_CANCER) & suspected,
        _with_femurs(record, draft),
        proposals=(SetDetail(draft, i.PET_FIELD, "pet_femurs_included"),),
    )


def _with_femurs(record: PatientRecord, draft: DraftOrder) -> Answer:
    """Told by the order's detail, else by its code, else by the form."""
    proof = draft.evidence("draft_order")
    own = draft.details.get(i.PET_FIELD)
    if own is None or not own.concepts:
        if draft.is_any(i.PET_WHOLE_BODY):
            return yes(proof)
        if draft.is_any((i.PET_TO_MID_THIGH, i.PET_HEAD_NECK)):
            return no(proof)
    return said(record, draft, i.PET_FIELD, *i.WITH_FEMURS, required=True)
