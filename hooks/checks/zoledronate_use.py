"""How zoledronic acid is given: infusion time, rhythm, paracetamol, flu-like reactions (family ZOL)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Answer, Known, Missing, no, unknown, yes
from fhir_mappers.record.events import Allergy
from fhir_mappers.record.facts import ALLERGIES
from fhir_mappers.record.products import ZOLEDRONATE
from fhir_mappers.record.proposals import NewMedication, SetDose, SetInfusionTime
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, grade, judge, not_applicable


@dataclass(frozen=True, slots=True)
class InfusionTime:
    """Minutes below which an infusion is dangerous, those the edition asks for, and those it prefers."""

    never_below: Quantity
    advised: Quantity
    preferred: Quantity


def infusion_time(record: PatientRecord, limits: InfusionTime, draft: DraftOrder) -> Verdict:
    """Zoledronic acid is infused slowly enough; a short infusion harms the kidney.

    For whom  the oncology product is drafted with an infusion time (none stated is silent: the order prints it)
    Holds     time >= advised
    Units     minutes (UCUM min)
    Source    guidelines/zoledronate_use.toml [ZOL-INFUS-01]
    """
    if draft.infusion is None:
        return not_applicable()
    proof = (draft.evidence("draft_order"),)
    case = "too_fast" if draft.infusion < limits.never_below else ("short" if draft.infusion < limits.advised else None)
    return grade(
        yes(*proof),
        case,
        proof,
        proposals=(SetInfusionTime(draft, limits.preferred),),
        time=draft.infusion,
        advised=limits.advised,
        never_below=limits.never_below,
    )


def paracetamol(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Paracetamol is thought of around the first infusion.

    For whom  the oncology product is drafted, no zoledronic acid was ever given and none is presumed
    Holds     paracetamol is active or drafted, or is not tolerated, or severe hepatic disease is recorded
    Source    guidelines/zoledronate_use.toml [ZOL-PARA-01]
    """
    before = Answer(bool(record.given(ZOLEDRONATE, use=None)))
    covered = record.taking(c.PARACETAMOL) | Answer(any(d.is_any(c.PARACETAMOL) for d in record.drafts if not d.stops))
    refused = (a for a in record.allergies if a.is_any(c.PARACETAMOL))
    unsuited = record.any_of(refused, ALLERGIES, what="paracetamol_intolerance") | record.has(c.HEPATIC_DISEASE)
    for_whom = yes(draft.evidence("draft_order")) & ~before & ~record.presumed(ZOLEDRONATE)
    return judge(for_whom, covered | unsuited, proposals=(NewMedication("paracetamol", on=record.planned_day(draft)),))


@dataclass(frozen=True, slots=True)
class FluLike:
    """Days after the first dose within which a flu-like reaction is the expected one."""

    onset: Quantity


def flu_like(record: PatientRecord, limits: FluLike, draft: DraftOrder) -> Verdict:
    """A flu-like syndrome after the first infusion is not an allergy.

    For whom  the oncology product is drafted and an allergy to zoledronic acid is recorded
    Holds     the allergy has another manifestation, or began later than ``onset`` after the first dose, or is over or
              already recorded as an intolerance; without onset or first dose nothing is said
    Units     days (UCUM d)
    Source    guidelines/zoledronate_use.toml [ZOL-FLU-01]
    """
    first = record.first_given(ZOLEDRONATE)
    for allergy in (a for a in record.allergies if a.is_any(c.ZOLEDRONIC_ACID) and _blocks(a) and _only_flu(a)):
        if first is not None and first.when is not None and allergy.onset is not None:
            days = (allergy.onset.last - first.when.first).days
            if 0 <= days <= limits.onset.value:
                proof = (allergy.evidence("allergy"), first.evidence("first_dose"))
                return judge(yes(*proof), no(), days=Quantity.of(f"{days} d"))
    return judge(yes(draft.evidence("draft_order")), ~record.any_of((), ALLERGIES, what="allergy"))


def _blocks(allergy: Allergy) -> bool:
    """Not yet called an intolerance, nor over."""
    return allergy.kind != "intolerance" and allergy.status not in ("inactive", "resolved")


def _only_flu(allergy: Allergy) -> bool:
    return (
        bool(allergy.manifestations)
        and not allergy.unrecognised_manifestations
        and set(allergy.manifestations) <= set(c.FLU_LIKE)
    )


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The shortest interval between two doses, and the one proposed (d)."""

    shortest: Quantity
    usual: Quantity


def not_too_often(record: PatientRecord, limits: Rhythm, draft: DraftOrder) -> Verdict:
    """Two infusions lie at least three weeks apart, whatever the extent of the disease.

    For whom  the oncology product is drafted
    Holds     planned interval >= shortest, and the last completed dose >= shortest before the planned one
    Units     days (UCUM d)
    Source    guidelines/zoledronate_use.toml [ZOL-FREQ-01]
    """
    proof = (draft.evidence("draft_order"),)
    if draft.interval is not None and draft.interval < limits.shortest:
        change = (SetDose(draft, interval=limits.usual),)
        return judge(
            yes(*proof),
            no(*proof),
            case="interval",
            proposals=change,
            interval=draft.interval,
            shortest=limits.shortest,
        )
    since = record.interval_since_last(draft, ZOLEDRONATE)
    if isinstance(since, Missing):
        return judge(yes(*proof), yes() if since.why == "absent" else unknown(since))
    late_enough = Answer(since.value >= limits.shortest, since.evidence)
    return judge(yes(*proof), late_enough, case="too_soon", days=since.value, shortest=limits.shortest)


@dataclass(frozen=True, slots=True)
class Spacing:
    """The longest interval still called monthly (d), and the two rhythms proposed (d)."""

    monthly: Quantity
    quarterly: Quantity
    usual: Quantity


def spacing(record: PatientRecord, limits: Spacing, draft: DraftOrder) -> Verdict:
    """Monthly or quarterly, by extent of the disease and response.

    For whom  lung cancer, extent recorded, an interval stated
    Holds     oligometastatic: interval > monthly; multimetastatic: interval <= monthly, or a good response recorded;
              a response that is not recorded is silent (asked in the app)
    Units     days (UCUM d)
    Source    guidelines/zoledronate_use.toml [ZOL-SPACE-01]
    """
    if draft.interval is None:
        return not_applicable()
    valid = record.conventions.answers.extent
    often = draft.interval <= limits.monthly
    few = record.coded(c.DISEASE_EXTENT, c.OLIGOMETASTATIC, within=valid)
    many = record.coded(c.DISEASE_EXTENT, c.MULTIMETASTATIC, within=valid)
    asked = record.latest(c.ONCOLOGICAL_RESPONSE, within=valid)
    poor = (
        ~record.coded(c.ONCOLOGICAL_RESPONSE, *c.GOOD_RESPONSE, within=valid)
        if isinstance(asked, Known)
        else _silent(asked)
    )
    wrong = (few & Answer(often)) | (many & Answer(not often) & poor)
    case = "oligometastatic" if often else "multimetastatic"
    change = SetDose(draft, interval=limits.quarterly if often else limits.usual)
    for_whom = record.has(c.LUNG_CANCER)
    return judge(for_whom, ~wrong, case=case, proposals=(change,), interval=draft.interval, quarterly=limits.quarterly)


def _silent(asked: Missing) -> Answer:
    return no() if asked.why in ("absent", "too-old") else unknown(asked)
