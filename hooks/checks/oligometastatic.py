"""Oligometastatic disease: two definitions, a count, the board and the work-up before an ablative treatment (OLIGO)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_oligo as o
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, Reading, no, yes
from fhir_mappers.record.assessment import Sheet, above, at_least, sheet
from fhir_mappers.record.facts import ANSWERS
from fhir_mappers.record.ordered import done, said
from fhir_mappers.record.products import ZOLEDRONATE
from fhir_mappers.record.proposals import Names, NewService
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable, undecided

_COUNT = partial(Quantity, unit="1")
BOARD = NewService(("bone_tumour_board",))


@dataclass(frozen=True, slots=True)
class Definition:
    """The most sites, the most metastases, and the size (cm) that a metastasis stays below."""

    sites: Decimal
    lesions: Decimal
    size: Quantity


def definition(record: PatientRecord, limits: Definition) -> Verdict:
    """The definition of the guideline for an ablative treatment: few sites, few and small metastases, the rest stable.

    For whom  an item of the definition was answered
    Holds     never: the disease meets it, does not (which criteria), or an item is open
    Units     numbers of sites and metastases, cm; a size equal to ``size`` does not meet it
    Source    guidelines/oligometastatic.toml [OLIGO-DEF-01]
    """
    form = sheet(record, *o.DEFINITION, within=record.conventions.answers.extent)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    met = {
        o.SITES: _between(form.number(o.SITES), limits.sites),
        o.LESIONS: _between(form.number(o.LESIONS), limits.lesions),
        o.LARGEST: ~at_least(form.number(o.LARGEST), limits.size),
        o.PRIMARY_CONTROLLED: form.flag(o.PRIMARY_CONTROLLED),
        o.ELSEWHERE_STABLE: form.flag(o.ELSEWHERE_STABLE),
    }
    against = tuple(item for item, answer in met.items() if answer.is_no)
    open_ones = tuple(gap for answer in met.values() if answer.is_unknown for gap in answer.missing)
    if open_ones and not against:
        return undecided(open_ones, evidence=begun.evidence)
    return judge(
        begun,
        no(),
        case="not_met" if against else "due",
        against=Names(against),
        sites=limits.sites,
        lesions=limits.lesions,
        size=limits.size,
    )


def _between(reading: Reading[Quantity], most: Decimal) -> Answer:
    """At least one, and not more than the most."""
    return above(reading, _COUNT(Decimal(0))) & ~above(reading, _COUNT(most))


@dataclass(frozen=True, slots=True)
class Categories:
    """The most metastases of a synchronous or metachronous disease, the number a progressive or persistent one stays
    below, and the least time (mo) from the primary to a metachronous one.
    """

    most: Quantity
    below: Quantity
    apart: Quantity


def category(record: PatientRecord, limits: Categories) -> Verdict:
    """Which of the four categories of the literature the disease belongs to; they are not those of the guideline.

    For whom  the setting was answered, and there is at least one metastasis
    Holds     never: it names the category, says that the disease is polymetastatic, or that a relapse came too early
              to be classified
    Units     number of metastases; months (UCUM mo) from the primary
    Source    guidelines/oligometastatic.toml [OLIGO-DEF-02]; exactly ``apart`` is metachronous
    """
    form = sheet(record, *o.CATEGORY, within=record.conventions.answers.extent)
    begun, setting, lesions = form.begun(o.SETTING), form.chosen(o.SETTING), form.number(o.LESIONS)
    if not begun.is_yes:
        return judge(begun, no())
    lacking = tuple(found for found in (setting, lesions) if isinstance(found, Missing))
    if lacking or isinstance(setting, Missing) or isinstance(lesions, Missing):
        return undecided(lacking, evidence=begun.evidence)
    if lesions.value.value == 0:
        return not_applicable(*lesions.evidence)
    found = _category(form, setting.value, lesions.value, limits)
    if not isinstance(found, str):
        return undecided(found, evidence=begun.evidence)
    case = found if found in ("unclassified", "many") else "due"
    return judge(begun, no(), case=case, named=Names((found,)), count=int(lesions.value.value), apart=limits.apart)


def _category(
    form: Sheet, setting: tuple[str, ...], lesions: Quantity, limits: Categories
) -> str | tuple[Missing, ...]:
    few, fewer = lesions <= limits.most, lesions < limits.below
    named: Mapping[str, tuple[bool, str]] = {
        o.DE_NOVO: (few, "oligo_synchronous"),
        o.PROGRESSION: (fewer, "oligo_progressive"),
        o.RESIDUAL: (fewer, "oligo_persistent"),
    }
    for told, (small, name) in named.items():
        if told in setting:
            return name if small else "many"
    return _relapse(form, limits) if few else "many"


def _relapse(form: Sheet, limits: Categories) -> str | tuple[Missing, ...]:
    """After treatment of the primary: metachronous when late enough and the primary is controlled."""
    late = at_least(form.number(o.MONTHS), limits.apart)
    controlled = form.flag(o.PRIMARY_CONTROLLED)
    if controlled.is_no:
        return "many"
    if late.is_no:
        return "unclassified"
    return "oligo_metachronous" if late.is_yes and controlled.is_yes else (*late.missing, *controlled.missing)


def count(record: PatientRecord, limits: Unlimited) -> Verdict:
    """The number of metastases: every lesion of bone, lung and liver, and every echelon of nodes.

    For whom  one of the counts was answered
    Holds     never: it gives the sum, or asks for what is open
    Source    guidelines/oligometastatic.toml [OLIGO-COUNT-01]
    """
    form = sheet(record, *o.COUNTED, within=record.conventions.answers.extent)
    begun = form.begun()
    if not begun.is_yes:
        return judge(begun, no())
    told = tuple(form.number(item) for item in o.COUNTED)
    lacking = tuple(found for found in told if isinstance(found, Missing))
    if lacking:
        return undecided(lacking, evidence=begun.evidence)
    return judge(begun, no(), total=int(sum(found.value.value for found in told if isinstance(found, Known))))


@dataclass(frozen=True, slots=True)
class Validated:
    """How long (d) a report of the board counts."""

    report: Quantity


def validated(record: PatientRecord, limits: Validated, draft: DraftOrder) -> Verdict:
    """An ablative treatment of oligometastatic disease is validated by the bone tumour board.

    For whom  stereotactic radiotherapy, or radiotherapy of ablative intent, of a disease told to be oligometastatic
    Holds     a report of the board within ``report``
    Units     days (UCUM d)
    Source    guidelines/oligometastatic.toml [OLIGO-MDT-01]; the window is this project's choice
    """
    return judge(
        _ablates(record, draft), done(record, o.BOARD, limits.report), proposals=(BOARD,), report=limits.report
    )


@dataclass(frozen=True, slots=True)
class WorkUp:
    """How long (d) the imaging of the extension counts."""

    imaging: Quantity


def work_up(record: PatientRecord, limits: WorkUp, draft: DraftOrder) -> Verdict:
    """Before an ablative treatment the whole extension is known: FDG-PET, whole-body MRI, or CT and bone scan.

    For whom  as OLIGO-MDT-01
    Holds     one of the three within ``imaging``; without any it is asked for
    Units     days (UCUM d)
    Source    guidelines/oligometastatic.toml [OLIGO-STAGE-01]; the window is this project's choice
    """
    for_whom = _ablates(record, draft)
    ct_and_scan = done(record, o.CT, limits.imaging) & done(record, o.SCAN, limits.imaging)
    imaged = done(record, o.PET, limits.imaging) | ct_and_scan
    if (for_whom & ~imaged).is_yes:
        return undecided((Missing(o.WORK_UP, ABSENT),), evidence=for_whom.evidence, imaging=limits.imaging)
    return judge(for_whom, imaged, imaging=limits.imaging)


def _ablates(record: PatientRecord, draft: DraftOrder) -> Answer:
    """The draft is stereotactic or of ablative intent, and the disease is told to be oligometastatic."""
    stereotactic = yes(draft.evidence("draft_order")) if draft.is_any(o.STEREOTACTIC) else no()
    ablative = stereotactic | said(record, draft, o.INTENT, o.ABLATIVE)
    few = record.coded(c.DISEASE_EXTENT, c.OLIGOMETASTATIC, within=record.conventions.answers.extent)
    if not few.evidence:  # it is mostly told in a form, and forms that were not sent are not empty ones
        few = few | record.looked(ANSWERS, what=c.DISEASE_EXTENT)
    return ablative & few


def bone_drug(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """In oligometastatic lung cancer the bone drug has a schedule of its own: a line beside the rule of the drug.

    For whom  lung cancer told to be oligometastatic, zoledronic acid or denosumab ordered; said only beside its rule
    Source    guidelines/oligometastatic.toml [OLIGO-BONE-01]
    """
    few = record.coded(c.DISEASE_EXTENT, c.OLIGOMETASTATIC, within=record.conventions.answers.extent)
    zoledronate = draft.product is not None and draft.product.substance == ZOLEDRONATE
    beside = "ZOL-SPACE-01" if zoledronate else "DMAB-OLIGO-01"
    return judge(
        yes(draft.evidence("draft_order")) & record.has(c.LUNG_CANCER) & few, no(), said_by=beside, only_beside=beside
    )
