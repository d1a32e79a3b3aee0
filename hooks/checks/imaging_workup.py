"""Imaging before a decision: an isolated lesion, the whole spine, the bone in front of the surgeon (family IMG)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record import sites
from fhir_mappers.record.answer import ABSENT, Answer, Evidence, Known, Missing, no, unknown, yes
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.facts import PROCEDURES, REPORTS
from fhir_mappers.record.imaging import neurological_deficit, overlap_limb, reasons, spinal_metastasis
from fhir_mappers.record.ordered import booked, done, flag, requested, said, sites_of
from fhir_mappers.record.proposals import NewService, RemoveDraft
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable

TARGETED, BOARD = NewService(("targeted_imaging",)), NewService(("bone_tumour_board",))
CT_ALONE, CT_AND_FILMS = NewService(("bone_ct_scan",)), NewService(("bone_ct_scan", "whole_bone_radiographs"))


@dataclass(frozen=True, slots=True)
class Finding:
    """For how long (d) an isolated uptake is followed up."""

    window: Quantity


def isolated_uptake(record: PatientRecord, limits: Finding) -> Verdict:
    """One isolated uptake is imaged again where it is, then shown to a specialist.

    For whom  the newest finding within ``window`` says one isolated uptake of a bone (answer, count, or conclusion of a
              report)
    Holds     a targeted imaging since, done or asked for; once it is done, a specialist or the board has been asked too
    Units     days (UCUM d)
    Source    guidelines/imaging_workup.toml [IMG-ISO-01]
    """
    found = _isolated(record, limits)
    if found is None:
        return not_applicable()
    proof, since = found
    imaged = done(record, i.CHARACTERISING, limits.window, since=since)
    asked = requested(record, i.CHARACTERISING, limits.window, since=since) | booked(record, i.CHARACTERISING)
    shown = (
        requested(record, i.SPECIALIST_OPINION, limits.window, since=since)
        | booked(record, i.SPECIALIST_OPINION)
        | done(record, i.BOARD_REPORTS, limits.window, since=since)
    )
    case = "refer" if imaged.is_yes else "due"
    holds = shown if imaged.is_yes else imaged | asked
    first = (BOARD,) if imaged.is_yes else (TARGETED, BOARD)
    return judge(yes(proof), holds, case=case, proposals=first, when=since).resting_on(proof)


def _isolated(record: PatientRecord, limits: Finding) -> tuple[Evidence, PartialDate] | None:
    """The newest word on how many bones take up, where it says one; nobody having counted is no finding."""
    found: list[tuple[PartialDate, bool, Evidence]] = []
    told = record.latest(i.ISOLATED_UPTAKE, within=limits.window)
    if isinstance(told, Known) and told.value.flag is not None:
        found.append((told.value.when, told.value.flag, told.evidence[0]))
    count = record.latest(i.UPTAKE_COUNT, within=limits.window)
    if isinstance(count, Known) and count.value.value is not None:
        found.append((count.value.when, count.value.value.value == 1, count.evidence[0]))
    for report in record.procedures:
        final = i.ISOLATED_UPTAKE in report.outcome and report.status == "completed"
        if final and report.when is not None and record.within(report.when, limits.window):
            found.append((report.when, True, report.evidence(i.ISOLATED_UPTAKE)))
    newest = max(found, key=lambda each: each[0].latest, default=None)
    return (newest[2], newest[0]) if newest is not None and newest[1] else None


def whole_spine(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """A metastasis of the spine is worked up with an MRI of the whole spine.

    For whom  an MRI of the spine is asked for, for a metastasis of the spine or cord compression (reason of the order,
              or on file)
    Holds     it is not known to be limited to one or two segments; an extent that is not told is silent
    Source    guidelines/imaging_workup.toml [IMG-SPINE-01]
    """
    asked = Answer(not reasons(draft).isdisjoint(i.SPINAL_REASONS), (draft.evidence("draft_order"),))
    spinal = asked | record.has(*c.CORD_COMPRESSION) | spinal_metastasis(record)
    deficit = neurological_deficit(record, draft)
    return judge(
        spinal,
        ~_limited(record, draft),
        case="deficit" if deficit.is_yes else "due",
        proposals=(RemoveDraft(draft, NewService(("whole_spine_mri",))),),
    ).resting_on(*(deficit.evidence if deficit.is_yes else ()))


def _limited(record: PatientRecord, draft: DraftOrder) -> Answer:
    """Told by the order's detail, else by its code or single vertebrae as its site, else by the form."""
    proof = draft.evidence("draft_order")
    parts = bool(sites.levels(draft.sites)) or sites.of_sacrum(draft.sites)
    if i.MRI_EXTENT not in draft.details:
        if draft.is_any(i.WHOLE_SPINE_MRI):
            return no(proof)
        if draft.is_any(i.PARTIAL_SPINE_MRI) or parts:
            return yes(proof)
    return said(record, draft, i.MRI_EXTENT, *i.EXTENT_PARTIAL)


@dataclass(frozen=True, slots=True)
class BoneImages:
    """How old (d) the CT of the bone may be."""

    window: Quantity


def bone_reconstruction(record: PatientRecord, limits: BoneImages, draft: DraftOrder) -> Verdict:
    """The board looks at a vertebra on a CT with at least a sagittal bone reconstruction.

    For whom  the bone tumour board is asked about a vertebra or the sacrum
    Holds     such a reconstruction is available (told by the order, or within ``window``), or a bone CT of the spine
              was done within ``window``
    Units     days (UCUM d)
    Unknown   nobody told: a line asks for it
    Source    guidelines/imaging_workup.toml [IMG-SPINE-02]
    """
    where = sites_of(draft)
    about_spine = Answer(sites.of_spine(where) or sites.of_sacrum(where), (draft.evidence("draft_order"),))
    scanned = done(record, (i.BONE_CT,), limits.window, at=where)
    told = flag(record, draft, i.CT_RECONSTRUCTION, limits.window)
    answered = told.evidence or told.is_unknown
    open_question = unknown(Missing(i.CT_RECONSTRUCTION, ABSENT))
    return judge(about_spine, scanned | (told if answered else open_question), window=limits.window)


def before_limb_surgery(record: PatientRecord, limits: BoneImages, draft: DraftOrder) -> Verdict:
    """Before a metastasis of a limb is operated on, the bone is seen on a CT and on radiographs of its whole length.

    For whom  surgery of a metastasis of a long bone is asked for
    Holds     a bone CT of the same bone within ``window`` (one without a site counts), or one is asked for
    Units     days (UCUM d)
    Source    guidelines/imaging_workup.toml [IMG-LIMB-01]
    """
    limb = tuple(site for site in sites_of(draft) if overlap_limb(site))
    scanned = done(record, (i.BONE_CT,), limits.window, at=limb or None)
    asked = requested(record, (i.BONE_CT,), limits.window)
    filmed = done(record, (i.BONE_RADIOGRAPH,), limits.window, PROCEDURES, REPORTS, at=limb or None)
    wanted = CT_ALONE if filmed.is_yes else CT_AND_FILMS
    return judge(yes(draft.evidence("draft_order")), scanned | asked, proposals=(wanted,), window=limits.window)
