"""Vitamin D that would harm or is less suitable: D2 in spaced doses, intoxication, hypercalcaemia (family VITD)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Known, Missing, unknown, yes
from fhir_mappers.record.events import DraftOrder, Measurement, TreatmentCourse
from fhir_mappers.record.proposals import NewMedication, NewService, Proposal, RemoveDraft, StopOrder, Together
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.repletion import Level
from fhir_mappers.record.session import obtained
from hooks.check import PatientRecord, Unlimited, Verdict, judge, not_applicable

CALCIUM = "calcium_albumin"


@dataclass(frozen=True, slots=True)
class Spaced:
    """The dose ([iU]) and the interval (d) from which doses are spaced, and the level that speaks against more."""

    dose: Quantity
    interval: Quantity
    intoxication: "Intoxication"


@dataclass(frozen=True, slots=True)
class Intoxication:
    """How old (d) a level may be, and the level above which intoxication is possible."""

    freshness: Quantity
    above: Level


def prefer_d3(record: PatientRecord, limits: Spaced, draft: DraftOrder) -> Verdict:
    """Cholecalciferol is preferred to ergocalciferol for spaced doses.

    For whom  ergocalciferol is drafted with a dose and an interval, for an adult; not while calcium is above normal or
              intoxication is possible, because vitamin D would be proposed then (VITD-SAFE-01)
    Holds     dose < ``dose`` or interval < ``interval``
    Units     [iU], days (UCUM d)
    Unknown   calcium, level or birth date were not available: vitamin D is not proposed blindly
    Source    guidelines/vitamin_d_safety.toml [VITD-D3-01]
    """
    if not isinstance(draft.dose, Quantity) or draft.dose.unit != limits.dose.unit or draft.interval is None:
        return not_applicable()
    level, above = record.latest(*c.VITAMIN_D_LEVELS, within=limits.intoxication.freshness), limits.intoxication.above
    toxic = Answer(above.exceeded_by(level.value)) if isinstance(level, Known) else obtained(level)
    harmful = record.hypercalcaemia(record.conventions.calcium.recent) | toxic
    child = record.age_below(record.conventions.age.adult)
    proof = draft.evidence("draft_order")
    is_spaced = Answer(draft.dose >= limits.dose and draft.interval >= limits.interval, (proof,))
    item = "cholecalciferol" if draft.count is None else "cholecalciferol_loading"
    instead = NewMedication(item, draft.dose, interval=draft.interval, count=draft.count)
    return judge(yes(proof) & ~child & ~harmful, ~is_spaced, proposals=(RemoveDraft(draft, instead),), dose=draft.dose)


def intoxication(record: PatientRecord, limits: Intoxication) -> Verdict:
    """Above a certain 25-OH vitamin D intoxication is possible.

    For whom  any patient when the chart opens; at an order, when vitamin D or an oncology antiresorptive is drafted
    Holds     the level, in the unit it was reported in, is not above the limit; none or an old one is silent
    Units     ng/mL or nmol/L as reported (P6), days (UCUM d)
    Unknown   the level could not be had or read, in a patient who has a cancer, is treated or takes vitamin D; in
              anybody else a list that was not sent is not announced at every opening of the chart (P17)
    Source    guidelines/vitamin_d_safety.toml [VITD-TOX-01]
    """
    reading = record.latest(*c.VITAMIN_D_LEVELS, within=limits.freshness)
    drafted, taking = record.drafted_any(*c.VITAMIN_D_DRUGS), record.taking(*c.VITAMIN_D_DRUGS)
    for_whom = record.under_review() | drafted if record.is_ordering else yes()
    if isinstance(reading, Missing):
        concerned = for_whom if record.is_ordering else record.under_review() | taking | record.malignancy()
        return _not_known(record, reading, concerned)
    running = drafted | taking
    verdict = judge(
        for_whom,
        Answer(not limits.above.exceeded_by(reading.value), reading.evidence),
        case="running" if running.is_yes else "due",
        proposals=_stop(record),
        level=_as_sent(reading),
        above=limits.above.beside(reading.value),
    )
    return verdict.resting_on(*running.evidence)


def _not_known(record: PatientRecord, reading: Missing, concerned: Answer) -> Verdict:
    if reading.why in (ABSENT, TOO_OLD):
        return not_applicable()
    asker = "VITD-REPL-01" if record.starting().is_no else "VITD-CHECK-01"
    return judge(concerned, unknown(reading), said_by=asker)


def _as_sent(reading: Known[Measurement]) -> Quantity | None:
    return reading.value.raw or reading.value.value


def _stop(record: PatientRecord) -> tuple[Proposal, ...]:
    """Running vitamin D orders stopped and drafts removed, together with the blood tests: one suggestion."""
    tests = NewService((CALCIUM, "creatinine_test"))
    running = tuple(o for o in record.courses if _is_vitamin_d_order(o))
    drafts = tuple(RemoveDraft(d) for d in record.live_drafts() if d.is_any(c.VITAMIN_D_DRUGS))
    stops: tuple[Proposal, ...] = (StopOrder(running),) if running else ()
    return (Together((*stops, *drafts, tests)),) if stops or drafts else (tests,)


def _is_vitamin_d_order(course: TreatmentCourse) -> bool:
    """An active order of vitamin D alone or with calcium; an antiresorptive that contains some is not stopped here."""
    mine = course.kind == "order" and course.status == "active" and course.is_any(c.VITAMIN_D_DRUGS)
    return mine and course.product is None


def supplement(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Neither vitamin D nor calcium is given while calcium is above normal.

    For whom  vitamin D or a calcium supplement is drafted
    Holds     the newest calcium within the window of suppression is not above normal; none measured is silent
    Unknown   observations were not available, or the newest calcium cannot be used
    Source    guidelines/vitamin_d_safety.toml [VITD-SAFE-01], window and limit in conventions.toml [calcium]
    """
    window = record.conventions.calcium.recent
    calcium = record.calcium(window)
    return judge(
        yes(draft.evidence("draft_order")),
        ~record.hypercalcaemia(window),
        proposals=(Together((RemoveDraft(draft), NewService((CALCIUM,)))),),
        calcium=calcium.value.value if isinstance(calcium, Known) else None,
    )
