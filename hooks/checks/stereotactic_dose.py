"""The doses of stereotactic radiotherapy of a bone, and what a vertebra and the oesophagus risk (family SBRT)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record.answer import ABSENT, TOO_OLD, Answer, Missing, Reading, at_most, no, yes
from fhir_mappers.record.concomitance import plain_names
from fhir_mappers.record.facts import ADMINISTRATIONS, ORDERS, STATEMENTS
from fhir_mappers.record.ordered import number, running, said
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.radiotherapy import irradiated_before, prescribed
from fhir_mappers.record.sites import VERTEBRAE, levels, of_sacrum, of_spine, recorded
from fhir_mappers.record.stereotactic import places, planned_in_app
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable, undecided

_OESOPHAGUS = (VERTEBRAE.index("vertebra_c5"), VERTEBRAE.index("vertebra_t10"))
_BREAKABLE = (VERTEBRAE.index("vertebra_t10"), VERTEBRAE.index("vertebra_s5"))


@dataclass(frozen=True, slots=True)
class DoseRange:
    """A total dose (Gy) for so many fractions."""

    fewest: int
    many: int
    least: Quantity
    most: Quantity


@dataclass(frozen=True, slots=True)
class DoseRanges:
    """The ranges for the spine, the sacrum and any other bone; the dose (Gy) and fractions that look like a
    misprint.
    """

    spine: tuple[DoseRange, ...]
    sacrum: tuple[DoseRange, ...]
    other: tuple[DoseRange, ...]
    misprint: Quantity
    misprint_in: int


def dose_range(record: PatientRecord, limits: DoseRanges, draft: DraftOrder) -> Verdict:
    """Stereotactic doses keep to the ranges of the guideline.

    For whom  a stereotactic prescription for a bone
    Holds     the total dose lies in the range of its site and fractions
    Units     Gy, fractions
    Unknown   the site is not told, or dose or fractions are not
    Source    guidelines/stereotactic_dose.toml [SBRT-DOSE-01]
    """
    told, sites = prescribed(record, draft), places(record, draft)
    if told.plan is None:
        return undecided(told.gaps) if told.gaps else not_applicable()
    if not recorded(sites):
        return undecided((Missing(rt.SITE, ABSENT),))
    ranges = limits.spine if of_spine(sites) else (limits.sacrum if of_sacrum(sites) else limits.other)
    plan = told.plan
    held = any(one.fewest <= plan.fractions <= one.many and one.least <= plan.dose <= one.most for one in ranges)
    odd = plan.dose == limits.misprint and plan.fractions == limits.misprint_in
    return judge(
        yes(*told.proof),
        Answer(held, told.proof),
        notes=("misprint",) if odd else (),
        now=plan.dose,
        fractions=Quantity.of(f"{plan.fractions} {{fraction}}"),
    )


def single_fraction(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """One stereotactic fraction is for particular cases.

    For whom  a stereotactic prescription for a bone
    Holds     more than one fraction; one fraction in a place irradiated before is a warning
    Units     fractions
    Source    guidelines/stereotactic_dose.toml [SBRT-SINGLE-01]
    """
    told = prescribed(record, draft)
    if told.plan is None:
        return not_applicable()
    before = irradiated_before(record, draft) if told.single else no()
    case = "again" if before.is_yes else "due"
    return judge(yes(*told.proof), Answer(not told.single, (*told.proof, *before.evidence)), case=case)


@dataclass(frozen=True, slots=True)
class Collapse:
    """The share of the body (%) and the dose per fraction (Gy) above which a vertebra may break, how many factors call
    for consolidation, how long (d) a request counts.
    """

    body: Quantity
    per_fraction: Quantity
    several: int
    window: Quantity


def collapse(record: PatientRecord, limits: Collapse) -> Verdict:
    """The risk that a vertebra breaks after stereotactic radiotherapy.

    For whom  the app, stereotactic radiotherapy is planned for a vertebra
    Holds     no factor is told: T10 to the sacrum, a lytic lesion, more than ``body`` of the vertebral body, more than
              ``per_fraction``; from ``several`` on consolidation is discussed
    Units     per cent, Gy
    Source    guidelines/stereotactic_dose.toml [SBRT-VCF-01]
    """
    sites = places(record, None)
    factors = {
        "vertebral_level": Answer(any(_BREAKABLE[0] <= level <= _BREAKABLE[1] for level in levels(sites))),
        "lesion_lytic": said(record, None, "lesion_type", "lesion_lytic"),
        rt.BODY_LYSIS: _above(number(record, None, rt.BODY_LYSIS), limits.body),
        rt.PER_FRACTION: _above(number(record, None, rt.PER_FRACTION), limits.per_fraction),
    }
    present = tuple(name for name, answer in factors.items() if answer.is_yes)
    case = "several" if len(present) >= limits.several else "due"
    where = planned_in_app(record, limits.window) & Answer(of_spine(sites) or of_sacrum(sites))
    return judge(where, Answer(not present), case=case, found=Names(present))


@dataclass(frozen=True, slots=True)
class Request:
    """How long (d) a request for stereotactic radiotherapy counts."""

    window: Quantity


def oesophagus(record: PatientRecord, limits: Request) -> Verdict:
    """Between C5 and T10 the oesophagus is at risk.

    For whom  the app, stereotactic radiotherapy is planned for a vertebra
    Holds     no level from C5 to T10
    Units     days (UCUM d)
    Source    guidelines/stereotactic_dose.toml [SBRT-ESO-01]
    """
    found = levels(places(record, None))
    near = any(_OESOPHAGUS[0] <= level <= _OESOPHAGUS[1] for level in found)
    return judge(planned_in_app(record, limits.window) & Answer(bool(found)), Answer(not near))


@dataclass(frozen=True, slots=True)
class Systemic:
    """How long (d) a dose of an anticancer drug counts."""

    window: Quantity


def systemic(record: PatientRecord, limits: Systemic, draft: DraftOrder) -> Verdict:
    """Few data exist on systemic treatment with stereotactic radiotherapy.

    For whom  stereotactic radiotherapy; an anticancer drug runs or was given within ``window``
    Holds     never: it is said with RT-CONC-03
    Units     days (UCUM d)
    Source    guidelines/stereotactic_dose.toml [SBRT-SYST-01]
    """
    orders = running(record, rt.SYSTEMIC)
    doses = record.doses_of(rt.SYSTEMIC)
    now = record.any_of(orders, ORDERS, STATEMENTS, what="anticancer_drugs")
    lately = record.recent(doses, limits.window, ADMINISTRATIONS, what="anticancer_drugs")
    names = (next(name for name in rt.SYSTEMIC if event.is_any(name)) for event in (*orders, *doses))
    return judge(now | lately, no(), said_by="RT-CONC-03", drugs=Names(plain_names(names)))


def _above(reading: Reading[Span], limit: Quantity) -> Answer:
    """Above the limit; none on file is no."""
    if isinstance(reading, Missing) and reading.why in (ABSENT, TOO_OLD):
        return no()
    return ~at_most(reading, limit)
