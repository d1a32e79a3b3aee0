"""Stereotactic radiotherapy of a bone: who is eligible, what forbids it, what it needs first (family SBRT)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import Answer, Missing, Reading, at_most, below, no, yes
from fhir_mappers.record.facts import PROCEDURES, REPORTS
from fhir_mappers.record.ordered import done, flag, number, requested, said
from fhir_mappers.record.proposals import HoldDraft, Names, NewService
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.radiotherapy import (
    after_surgery,
    at_least,
    irradiated_before,
    is_stereotactic_bone,
    is_stereotactic_spine,
)
from fhir_mappers.record.sites import of_spine
from fhir_mappers.record.spine import asked_spine_surgeon
from fhir_mappers.record.spine_scores import SinsPoints, sins_total
from fhir_mappers.record.stereotactic import (
    cord_threatened,
    karnofsky,
    lately,
    metabolic,
    places,
    survival,
    targets,
    touching,
)
from hooks.check import DraftOrder, PatientRecord, Verdict, gravest, judge, not_applicable, undecided

_BOARD, SPINE_SURGEON = NewService(("bone_tumour_board",)), NewService(("neurosurgery_consultation",))
_FOR_THE_SURGEON = ("cord_compression_open", "spinal_instability", "bilsky_high")
_LOW_BILSKY = ("bilsky_0", "bilsky_1a", "bilsky_1b", "bilsky_1c")
_HIGH_BILSKY = ("bilsky_2", "bilsky_3")


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The most sites, lesions and adjacent vertebrae, the size (cm) below and the survival (mo) above which, and the
    least Karnofsky (%).
    """

    sites: Quantity
    lesions: Quantity
    size: Quantity
    karnofsky: Quantity
    survival: Quantity
    vertebrae: Quantity


def eligible(record: PatientRecord, limits: Eligibility) -> Verdict:
    """Oligometastatic disease that may be treated by stereotactic radiotherapy.

    For whom  stereotactic radiotherapy of a bone that was not irradiated before (that is an indication by itself)
    Holds     all of: 1 to ``sites``, 1 to ``lesions``, each below ``size``, primary controlled, Karnofsky at least
              ``karnofsky``, survival above ``survival``; for the spine at most ``vertebrae`` adjacent, or a residue
              after surgery, and Bilsky 0 to 1c
    Units     cm, per cent, months (UCUM mo)
    Unknown   an item that is not told, where no other one decides
    Source    guidelines/stereotactic.toml [SBRT-ELIG-01]
    """
    asked = targets(record, is_stereotactic_bone, "oligo_sites", "oligo_lesions", "oligo_max_size")
    return gravest(_eligible(record, limits, draft) for draft in asked)


def _eligible(record: PatientRecord, limits: Eligibility, draft: DraftOrder | None) -> Verdict:
    if draft is not None and irradiated_before(record, draft).is_yes:
        return not_applicable()
    criteria = {
        "oligo_sites": _counted(number(record, draft, "oligo_sites"), limits.sites),
        "oligo_lesions": _counted(number(record, draft, "oligo_lesions"), limits.lesions),
        "oligo_max_size": below(number(record, draft, "oligo_max_size"), limits.size),
        "primary_controlled": flag(record, draft, "primary_controlled", required=True),
        "karnofsky": ~below(karnofsky(record), limits.karnofsky),
        "survival_estimate": ~at_most(survival(record), limits.survival),
    }
    if of_spine(places(record, draft)):
        few = at_most(number(record, draft, "adjacent_vertebrae"), limits.vertebrae)
        residue = after_surgery(record, draft) if draft is not None else flag(record, draft, rt.AFTER_SURGERY)
        criteria["adjacent_vertebrae"] = few | residue if residue.is_yes else few
        criteria["bilsky_grade"] = said(record, draft, rt.BILSKY, *_LOW_BILSKY, required=True)
    failed = [name for name, answer in criteria.items() if answer.is_no]
    missing = tuple(gap for answer in criteria.values() for gap in answer.missing)
    if missing and not failed:
        return undecided(missing)
    proof = tuple(dict.fromkeys(e for answer in criteria.values() for e in answer.evidence))
    return judge(yes(*proof), Answer(not failed, proof), proposals=(_BOARD,), failed=Names(tuple(failed)))


@dataclass(frozen=True, slots=True)
class Contraindication:
    """The SINS from which a spine is unstable and from which it may be, with the points of its items; how long (d) an
    irradiation and a surgical opinion count, and the least survival (mo).
    """

    unstable: Quantity
    potential: Quantity
    points: SinsPoints
    window: Quantity
    opinion: Quantity
    survival: Quantity


def contraindicated(record: PatientRecord, limits: Contraindication) -> Verdict:
    """The recognised contraindications of stereotactic radiotherapy of the spine.

    For whom  stereotactic radiotherapy of the spine, or of a bone that is not told
    Holds     no cord compression that is symptomatic or not operated, SINS below ``unstable``, no metabolic or external
              irradiation (of the same place, or of one not recorded) less than ``window`` ago, survival at least
              ``survival``, Bilsky below 2. A SINS from ``potential`` on is information, which FRAC-SINS-02 carries,
              until a surgeon is asked
    Units     days (UCUM d), months (UCUM mo), points
    Unknown   an item that is not told, where no other one decides
    Source    guidelines/stereotactic.toml [SBRT-CI-01]
    """
    asked = targets(record, is_stereotactic_spine, rt.BILSKY, rt.MSCC_SYMPTOMS)
    return gravest((_contraindicated(record, limits, draft) for draft in asked), "due", "potential")


def _contraindicated(record: PatientRecord, limits: Contraindication, draft: DraftOrder | None) -> Verdict:
    sins = sins_total(record, draft, limits.points)
    found = {
        "cord_compression_open": cord_threatened(record, draft),
        "spinal_instability": ~below(sins, limits.unstable),
        "recent_metabolic_radiotherapy": lately(record, metabolic(record), limits.window, "metabolic_radiotherapy"),
        "recent_radiotherapy": lately(record, touching(record, draft), limits.window, "radiotherapy"),
        "short_survival": below(survival(record), limits.survival),
        "bilsky_high": said(record, draft, rt.BILSKY, *_HIGH_BILSKY, required=True),
    }
    present = tuple(name for name, answer in found.items() if answer.is_yes)
    proof = tuple(dict.fromkeys(e for answer in found.values() if answer.is_yes for e in answer.evidence))
    hold = (HoldDraft(draft),) if draft is not None else ()
    if present:
        regraded = ("separation_surgery",) if "bilsky_high" in present else ()
        region = ("region",) if "recent_radiotherapy" in present else ()
        surgeon = () if set(present).isdisjoint(_FOR_THE_SURGEON) else (SPINE_SURGEON,)
        return judge(yes(*proof), no(), proposals=(*hold, _BOARD, *surgeon), notes=(*regraded, *region),
                     found=Names(present), window=limits.window, survival=limits.survival)  # fmt: skip
    missing = tuple(gap for answer in found.values() for gap in answer.missing)
    if missing:
        return undecided(missing, window=limits.window, survival=limits.survival)
    unsteady = at_least(sins, limits.potential)
    asked = asked_spine_surgeon(record, limits.opinion) if draft is not None else no()
    return judge(yes(), ~unsteady | asked, case="potential", said_by="FRAC-SINS-02", potential=limits.potential,
                 unstable=limits.unstable, proposals=(SPINE_SURGEON,))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relative:
    """The narrowing of the canal (%) above and the distance to the cord (mm) below which care is needed."""

    narrowing: Quantity
    distance: Quantity


def relative(record: PatientRecord, limits: Relative) -> Verdict:
    """Relative contraindications of stereotactic radiotherapy of the spine.

    For whom  the app, once one of the three is told
    Holds     narrowing at most ``narrowing``, tumour at least ``distance`` from the cord, MRI possible
    Units     per cent, mm
    Unknown   one that is not told, where no other one decides
    Source    guidelines/stereotactic.toml [SBRT-RELCI-01]
    """
    narrow, near = number(record, None, "canal_narrowing"), number(record, None, "tumour_cord_distance")
    no_mri = flag(record, None, "mri_contraindicated", required=True)
    if isinstance(narrow, Missing) and isinstance(near, Missing) and no_mri.is_unknown:
        return not_applicable()
    found = {
        "canal_narrowing": ~at_most(narrow, limits.narrowing),
        "tumour_cord_distance": below(near, limits.distance),
        "mri_contraindicated": no_mri,
    }
    present = tuple(name for name, answer in found.items() if answer.is_yes)
    whole = found["canal_narrowing"] | found["tumour_cord_distance"] | no_mri
    return judge(whole, no(), found=Names(present), narrowing=limits.narrowing, distance=limits.distance)


@dataclass(frozen=True, slots=True)
class Imaging:
    """How old (d) the MRI of the region may be."""

    window: Quantity


def thin_slice_mri(record: PatientRecord, limits: Imaging, draft: DraftOrder) -> Verdict:
    """A millimetric MRI of the region comes before stereotactic radiotherapy.

    For whom  stereotactic radiotherapy of a bone; MRI is not contraindicated
    Holds     an MRI of the region within ``window``, or one asked for
    Units     days (UCUM d)
    Source    guidelines/stereotactic.toml [SBRT-MRI-01]
    """
    sites = places(record, draft)
    kinds = rt.REGION_MRI if is_stereotactic_spine(draft) else rt.REGION_MRI[:2]
    seen = done(record, kinds, limits.window, PROCEDURES, REPORTS, at=sites)
    return judge(
        ~flag(record, draft, "mri_contraindicated"),
        seen | requested(record, kinds, limits.window),
        proposals=(NewService(("mri_bone_region",)),),
        window=limits.window,
    )


def _counted(reading: Reading[Span], most: Quantity) -> Answer:
    """From one to so many."""
    return at_most(reading, most) & ~below(reading, Quantity(Decimal(1), most.unit))
