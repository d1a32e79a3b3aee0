"""Calcium: too low in the blood at an antiresorptive order, too little or too much taken (family CA)."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, IMPRECISE, TOO_OLD, Answer, Known, Missing, Reading, no, unknown, yes
from fhir_mappers.record.calcium import Calcium
from fhir_mappers.record.drafting import is_oncology
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.intake import PER_DAY
from fhir_mappers.record.proposals import HoldDraft, NewMedication, NewService, Proposal, RemoveDraft
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Verdict, grade, judge

SUPPLEMENT = "calcium_carbonate"
WORK_UP = ("calcium_ionised", "magnesium", "pth", "phosphate")


@dataclass(frozen=True, slots=True)
class Hypocalcaemia:
    """Calcium (mmol/L): the usual lower limit and the level that is critical, the same for ionised calcium; how old a
    result may be, and how recent one must be to outweigh an emergency (d).
    """

    lower: Quantity
    critical: Quantity
    ionised_lower: Quantity
    ionised_critical: Quantity
    window: Quantity
    emergency: Quantity


def hypocalcaemia(record: PatientRecord, limits: Hypocalcaemia, draft: DraftOrder) -> Verdict:
    """Calcium is not low when an antiresorptive is ordered: it can fall deep and long, above all under denosumab.

    For whom  an oncology antiresorptive is drafted, or one that cannot be told in malignant bone disease; not an
              emergency of hypercalcaemia, unless the low result is as recent as the emergency
    Holds     the lower of the two corrections >= the laboratory's lower limit, else >= lower; a measured ionised
              calcium of the same day or later counts instead, with limits of its own. No result is silent
    Units     mmol/L, days (UCUM d)
    Unknown   observations not available, the newest result cannot be used, or a low one has no precise date
    Source    guidelines/calcium.toml [CA-HYPO-01]
    """
    proof = yes(draft.evidence("draft_order"))
    ordered = proof if is_oncology(draft) else proof & record.malignant_bone_disease()
    reading = record.low_calcium(limits.window)
    if isinstance(reading, Missing):
        return judge(ordered, yes() if reading.why in (ABSENT, TOO_OLD) else unknown(reading))
    found, when = reading.value, reading.value.result.when
    lower, critical = _lower_limits(limits, found)
    case = _low_case(found, lower, critical)
    if case is not None and record.within(when, limits.window) is None:
        return judge(ordered, unknown(Missing(found.result.what, IMPRECISE, reading.evidence[0])))
    recent, severe = Answer(record.within(when, limits.emergency) is True), found.lowest < critical
    return grade(
        ordered & (recent | ~record.hypercalcaemic_emergency(draft)),
        case,
        reading.evidence,
        proposals=_first(HoldDraft(draft), NewService(WORK_UP), NewMedication(SUPPLEMENT), hold_first=severe),
        notes=("not_corrected",) if not found.corrected else (),
        calcium=found.lowest,
        corrected=found.value,
        other=found.other,
        lower=lower,
        critical=critical,
        day=when,
    )


def _first(hold: Proposal, *others: Proposal, hold_first: bool) -> tuple[Proposal, ...]:
    """The first of several suggestions is the recommended one."""
    return (hold, *others) if hold_first else (*others, hold)


def _lower_limits(limits: Hypocalcaemia, found: Calcium) -> tuple[Quantity, Quantity]:
    """The lower limit that applies, the laboratory's own first, and the critical level."""
    if found.is_ionised:
        return found.floor or limits.ionised_lower, limits.ionised_critical
    return found.floor or limits.lower, limits.critical


def _low_case(found: Calcium, lower: Quantity, critical: Quantity) -> str | None:
    """None when calcium is not low."""
    if found.lowest >= critical and found.lowest >= lower:
        return None
    how = "critical" if found.lowest < critical else "low"
    return f"{how}_ionised" if found.is_ionised else how


@dataclass(frozen=True, slots=True)
class Total:
    """The bounds of the total intake (mg/d), one tablet (mg), and how long (d) a reported diet and supplement count."""

    minimum: Quantity
    maximum: Quantity
    product: Quantity
    diet: Quantity
    supplement: Quantity
    adult: Quantity


def intake(record: PatientRecord, limits: Total) -> Verdict:
    """Diet and supplement together bring enough calcium under an antiresorptive.

    For whom  an adult who gets one, without osteomalacia or hypercalcaemia
    Holds     diet plus the most the supplements can bring >= minimum (too much is CA-OVER-01's); what cannot be told is
              silent. While orders are written: silent when the diet is not known, else a line beside VITD-MAINT-01
    Units     mg/d, days (UCUM d)
    Unknown   in the app: the diet was not asked, or too long ago
    Source    guidelines/calcium.toml [CA-INTAKE-01]
    """
    against = record.has(c.OSTEOMALACIA) | record.hypercalcaemia(record.conventions.calcium.recent)
    for_whom = record.under_review() & ~record.age_below(limits.adult) & ~against
    diet, beside = record.dietary_calcium(limits.diet), "VITD-MAINT-01" if record.is_ordering else None
    if isinstance(diet, Missing) or diet.value.value is None:
        gap = diet if isinstance(diet, Missing) else Missing(c.DIETARY_CALCIUM, ABSENT)
        silent = record.is_ordering and gap.why in (ABSENT, TOO_OLD)
        return judge(for_whom, yes() if silent else unknown(gap), only_beside=beside)
    taken, eaten = record.supplements(limits.supplement), diet.value.value
    most = None if taken.high is None else eaten + Quantity(taken.high, PER_DAY)
    enough = Answer(most is None or most >= limits.minimum, (*diet.evidence, *taken.evidence))
    return judge(
        for_whom,
        unknown(*taken.missing) if taken.missing and eaten < limits.minimum else enough,
        proposals=_supplement(limits, eaten) if taken.high == 0 else (),
        only_beside=beside,
        said_by="VITD-MAINT-01",
        total=most,
        diet=eaten,
        minimum=limits.minimum,
        maximum=limits.maximum,
        supplement=_tablets(limits, eaten),
    )


def _tablets(limits: Total, diet: Quantity) -> Quantity:
    """The fewest whole tablets (mg) that bring the total to the minimum: it then stays below the maximum."""
    lack = limits.minimum.value - diet.value
    count = max(Decimal(1), (lack / limits.product.value).to_integral_value("ROUND_CEILING"))
    return Quantity(count * limits.product.value, limits.product.unit)


def _supplement(limits: Total, diet: Quantity) -> tuple[Proposal, ...]:
    return (NewMedication(SUPPLEMENT, _tablets(limits, diet)),)


@dataclass(frozen=True, slots=True)
class Most:
    """The most calcium a day (mg/d), one tablet (mg), how long (d) a reported diet and supplement count, and what a low
    calcium in the blood is.
    """

    maximum: Quantity
    product: Quantity
    diet: Quantity
    supplement: Quantity
    low: Hypocalcaemia


def too_much(record: PatientRecord, limits: Most, draft: DraftOrder) -> Verdict:
    """Calcium drafted does not take the day's total above the upper bound.

    For whom  malignant bone disease or an antiresorptive, and a calcium drafted; not in osteomalacia,
              hypoparathyroidism or hypocalcaemia, where more is given on purpose (the catalogue leaves them to an
              override; its own target leaves osteomalacia out)
    Holds     the least the supplements can bring, plus the diet when known, <= maximum; what cannot be told is silent
    Units     mg/d, days (UCUM d)
    Source    guidelines/calcium.toml [CA-OVER-01]
    """
    on_purpose = record.has(c.OSTEOMALACIA, c.HYPOPARATHYROIDISM, c.HYPOCALCAEMIA) | _is_low(record, limits.low)
    treated = Answer(bool(record.antiresorptive_drafts())) | record.treated()
    diet = record.dietary_calcium(limits.diet)
    eaten = diet.value.value if isinstance(diet, Known) else None
    taken = record.supplements(limits.supplement)
    total = Quantity(taken.low, PER_DAY) + (eaten or Quantity(Decimal(0), PER_DAY))
    evidence = (*taken.evidence, *(diet.evidence if isinstance(diet, Known) else ()))
    for_whom = (treated | record.malignant_bone_disease()) & ~on_purpose
    unsent = (*taken.missing, *_unsent(diet))
    if total <= limits.maximum and unsent:
        return judge(for_whom, unknown(*unsent, evidence=evidence), maximum=limits.maximum)
    return grade(
        for_whom,
        None if total <= limits.maximum else ("with_diet" if eaten else "due"),
        evidence,
        proposals=_less(record, limits, draft, eaten),
        total=total,
        diet=eaten,
        maximum=limits.maximum,
    )


def _unsent(diet: Reading[Measurement]) -> tuple[Missing, ...]:
    return (diet,) if isinstance(diet, Missing) and diet.why not in (ABSENT, TOO_OLD) else ()


def _is_low(record: PatientRecord, limits: Hypocalcaemia) -> Answer:
    reading = record.low_calcium(limits.window)
    if isinstance(reading, Missing):
        return no()
    return Answer(_low_case(reading.value, *_lower_limits(limits, reading.value)) is not None, reading.evidence)


def _less(record: PatientRecord, limits: Most, draft: DraftOrder, diet: Quantity | None) -> tuple[Proposal, ...]:
    """One tablet instead of the draft where that surely stays within the bound; else no order of calcium."""
    rest = record.supplements(limits.supplement, without=draft).high
    known = None if rest is None else rest + (diet.value if diet else 0) + limits.product.value
    fits = known is not None and known <= limits.maximum.value
    return (RemoveDraft(draft, NewMedication(SUPPLEMENT, limits.product) if fits else None),)
