"""Flare or progression: metabolic imaging early in a systemic line, a kinase inhibitor stopped for it (family IMG)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, Reading, no, yes
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.imaging import first_taken, line_start, since, within_line
from fhir_mappers.record.ordered import begins, detail
from fhir_mappers.record.proposals import AddRemark, NewService, Proposal
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable, undecided

BOARD, TARGETED = NewService(("bone_tumour_board",)), NewService(("targeted_imaging",))
SCAN_READABLE_BESIDE = "IMG-FLARE-01"


@dataclass(frozen=True, slots=True)
class Flare:
    """For how long (d) after its beginning a systemic line may make bone flare."""

    window: Quantity


def early_imaging(record: PatientRecord, limits: Flare, draft: DraftOrder) -> Verdict:
    """Bone scan and FDG-PET early in a systemic line are read with a flare in mind.

    For whom  bone metastasis of any tumour, a bone scan or PET is asked for or booked, and the start of the current
              line is recorded
    Holds     planned day minus start of the line >= window, or it lies before the start
    Units     days (UCUM d); an order without a day is planned for today
    Source    guidelines/imaging_flare.toml [IMG-FLARE-01]; a start that is not recorded is silent
    """
    return _read_early(record, limits, draft)


def control_scan(record: PatientRecord, limits: Flare, draft: DraftOrder) -> Verdict:
    """A control bone scan is booked after the sixth month of the treatment: a sentence of IMG-FLARE-01.

    For whom  as IMG-FLARE-01, for the appointment of a bone scan; said only beside it
    Holds     as IMG-FLARE-01
    Units     days (UCUM d)
    Source    guidelines/imaging_flare.toml [IMG-SCINT-03]
    """
    return _read_early(record, limits, draft, beside=SCAN_READABLE_BESIDE)


def _read_early(record: PatientRecord, limits: Flare, draft: DraftOrder, beside: str | None = None) -> Verdict:
    begun = line_start(record)
    for_whom = record.has(c.BONE_METASTASIS, certain=True) & yes(draft.evidence("draft_order"))
    if isinstance(begun, Missing) and begun.why == ABSENT:
        return not_applicable(*for_whom.evidence)
    remark: tuple[Proposal, ...] = (AddRemark(draft, "flare", begun.value),) if isinstance(begun, Known) else ()
    return judge(
        for_whom,
        ~within_line(begun, begins(record, draft), limits.window),
        proposals=() if beside else remark,
        said_by=beside,
        only_beside=beside,
        window=limits.window,
        begun=begun.value if isinstance(begun, Known) else None,
    )


def checklist(record: PatientRecord, limits: Unlimited) -> Verdict:
    """Flare or progression is told from the whole picture, without a score.

    For whom  one of the four items has been answered: clinical course, radiographs, markers, marrow on MRI
    Holds     never: all for a flare, all for a progression, or conflicting (to the board); an unanswered item is
              undecided. A stable or unchanged item speaks for neither
    Source    guidelines/imaging_flare.toml [IMG-FLARE-02]; which way an answer speaks is this project's reading
    """
    told = {item: detail(record, None, item) for item in i.FLARE_ITEMS}
    known = {item: each.value for item, each in told.items() if isinstance(each, Known)}
    proof = tuple(each.evidence() for each in known.values())
    if not known:
        return not_applicable()
    if missing := tuple(each for each in told.values() if isinstance(each, Missing)):
        return undecided(missing, evidence=proof)
    signs = [_sign(each) for each in known.values()]
    conflicting = True in signs and False in signs
    case = "due" if conflicting else ("flare" if True in signs else "progression")
    return judge(yes(*proof), no(*proof), case=case, proposals=(BOARD,) if conflicting else ())


def _sign(told: Measurement) -> bool | None:
    """True speaks for a flare, False for progression; marrow that is still infiltrated speaks for progression."""
    if told.flag is not None:
        return not told.flag
    if told.concepts and told.concepts[0] in i.SPEAKS_FOR_FLARE:
        return True
    return False if told.concepts and told.concepts[0] in i.SPEAKS_FOR_PROGRESSION else None


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """For how long (d) a flare is frequent, and how long a judgement of the response is used (d)."""

    window: Quantity
    reuse: Quantity


def inhibitor_stopped(record: PatientRecord, limits: EarlyStop, draft: DraftOrder) -> Verdict:
    """A flare of the bones is no reason to stop an inhibitor of the EGF receptor.

    For whom  such a drug is being stopped for progression fewer than ``window`` days after its line began (else after
              its first dose or order), outside the bones the disease responds or is stable
    Holds     the progression is not of the bones alone
    Units     days (UCUM d)
    Unknown   the site of the progression, or the disease outside the bones, was not told since the line began
    Source    guidelines/imaging_flare.toml [IMG-TKI-01]
    """
    recorded = line_start(record)
    begun = recorded if isinstance(recorded, Known) else first_taken(record, i.EGFR_INHIBITORS)
    because = Answer(not {*draft.stop_reasons, *draft.reasons}.isdisjoint(i.STOP_PROGRESSION))
    early = because & within_line(begun, begins(record, draft), limits.window)
    if not early.is_yes:
        return judge(early, no(), window=limits.window)
    site, other = (since(record.latest(q, within=limits.reuse), begun) for q in (i.PROGRESSION_SITE, i.EXTRA_OSSEOUS))
    held, bone_only = _says(other, *i.EXTRA_OSSEOUS_HELD), _says(site, i.BONE_ONLY)
    verdict = judge(
        early & held,
        ~bone_only,
        proposals=(BOARD, TARGETED),
        window=limits.window,
        begun=begun.value if isinstance(begun, Known) else None,
    )
    return verdict.resting_on(*bone_only.evidence) if bone_only.is_yes else verdict


def _says(told: Reading[Measurement], *values: str) -> Answer:
    if isinstance(told, Missing):
        return Answer(None, (), (told,))
    return Answer(not set(told.value.concepts).isdisjoint(values), told.evidence)
