"""The cortex of a long bone on CT, and the obsolete score of Tokuhashi (family FRAC)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import Answer, Known, Missing, no, unknown
from fhir_mappers.record.assessment import above, sheet
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.scores import MirelsPoints, Open, mirels
from fhir_mappers.record.spine_scores import TokuhashiPoints, tokuhashi
from hooks.check import PatientRecord, Verdict, judge, not_applicable, undecided

ORTHOPAEDICS = NewService(("orthopaedic_referral",))


@dataclass(frozen=True, slots=True)
class Cortex:
    """Shares of the cortex (%) in the axial plane and around the bone, length (mm) of the published criterion, and the
    Mirels score that goes with the literal one.
    """

    points: MirelsPoints
    axial: Quantity
    length: Quantity
    circumference: Quantity
    mirels: Decimal


def cortex(record: PatientRecord, limits: Cortex) -> Verdict:
    """A cortex destroyed widely on CT calls for a discussion of fixation first.

    For whom  one of the three CT measures was answered, and the lesion is not of the spine or pelvis
    Holds     neither as printed (axial share > axial and circumference > circumference and Mirels >= mirels) nor by the
              criterion of the cited studies (length > length or circumference > circumference, whatever the score)
    Units     % and mm; a value equal to its limit does not meet it
    Source    guidelines/fracture.toml [FRAC-CORT-01]; the second part is this project's choice: the printed share is
              probably a length in the studies it cites
    """
    form = sheet(record, *f.CORTEX, *f.MIRELS_ITEMS, f.MIRELS_TOTAL)
    begun = form.begun(*f.CORTEX)
    site = form.chosen(f.MIRELS_SITE)
    if isinstance(site, Known) and not set(site.value).isdisjoint(f.NO_LONG_BONE):
        return not_applicable(*site.evidence)
    around = above(form.number(f.CORTEX_CIRCUMFERENCE), limits.circumference)
    axial = above(form.number(f.CORTEX_PERCENT), limits.axial)
    score = mirels(form, limits.points)
    high = unknown(*score.missing) if isinstance(score, Open) else Answer(score.total >= limits.mirels, score.evidence)
    printed = axial & around & high
    published = above(form.number(f.CORTEX_LENGTH), limits.length) | around
    return judge(
        begun,
        ~(printed | published),
        case="due" if printed.is_yes else "published",
        proposals=(ORTHOPAEDICS,),
        notes=("score_open",) if isinstance(score, Open) else (),
        axial=limits.axial,
        length=limits.length,
        circumference=limits.circumference,
        mirels=limits.mirels,
    )


@dataclass(frozen=True, slots=True)
class Historical:
    """The ranges of the items, and the totals named in the text and in the note of the table."""

    points: TokuhashiPoints
    surgery: Decimal
    unlikely: Decimal
    short: Decimal
    long: Decimal


def historical(record: PatientRecord, limits: Historical) -> Verdict:
    """The Tokuhashi score is shown for the record only: scores that rest on the prognosis of the tumour are obsolete.

    For whom  an item of the score was answered
    Holds     never: it shows the total, or asks for what is open; no other rule reads it
    Source    guidelines/fracture.toml [FRAC-TOKU-01]
    """
    form = sheet(record, *f.TOKUHASHI_ITEMS)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    score = tokuhashi(form, limits.points)
    if isinstance(score, Open):
        return undecided(score.missing, evidence=begun.evidence)
    primary = form.number("tokuhashi_primary")
    above_lung = not isinstance(primary, Missing) and primary.value.value > 0 and record.has(c.LUNG_CANCER).is_yes
    return judge(
        begun,
        no(),
        total=score.total,
        notes=("lung_counts_zero",) if above_lung else (),
        surgery=limits.surgery,
        unlikely=limits.unlikely,
        short=limits.short,
        long=limits.long,
    )
