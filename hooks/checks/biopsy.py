"""The bone biopsy: when, before which surgery, and how the sample is fixed and decalcified (family BIOP)."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.answer import ABSENT, Answer, Known, Missing, below, no, unknown, yes
from fhir_mappers.record.imaging import hours_of_fixation, is_bone_sample, is_led_by
from fhir_mappers.record.ordered import detail, done, flag, requested, said
from fhir_mappers.record.proposals import NewService, SetDetail
from fhir_mappers.record.quantity import Quantity, Span
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable, undecided

BIOPSY, BOARD = NewService(("ct_guided_bone_biopsy",)), NewService(("bone_tumour_board",))
ORIGIN = NewService(("protein_electrophoresis", "ct_chest_abdomen_pelvis"))
_MINUTE = Decimal("0.01")
NOT_PRIMARY = (c.BONE_METASTASIS, "bone_marrow_metastasis", "brain_metastasis", "liver_metastasis", "lung_metastasis")


@dataclass(frozen=True, slots=True)
class Sampled:
    """For how long (d) a biopsy that was done or asked for makes another proposal needless."""

    recent: Quantity


def worth_a_biopsy(record: PatientRecord, limits: Sampled) -> Verdict:
    """A bone within reach is biopsied where other samples are risky or gave no diagnosis.

    For whom  the form says that there is no sample yet, or that it gave no diagnosis; without a sample not where
              patient and other ways are both said to be without risk
    Holds     the lesion is out of reach, or a bone biopsy was done or asked for within ``recent``
    Units     days (UCUM d)
    Unknown   nobody said whether the lesion is within reach
    Source    guidelines/biopsy.toml [BIOP-WHEN-01]
    """
    status = detail(record, None, i.HISTOLOGY)
    if not isinstance(status, Known):
        return not_applicable()
    failed = Answer(i.NON_CONTRIBUTIVE in status.value.concepts, status.evidence)
    none_yet = Answer(i.NO_SAMPLE in status.value.concepts, status.evidence)
    risks = [flag(record, None, item, required=True) for item in (i.FRAGILE, i.OTHER_SAMPLING_RISKY)]
    easy = Answer(all(risk.is_no for risk in risks))
    sampled = done(record, (i.BONE_BIOPSY,), limits.recent) | requested(record, i.BONE_SAMPLE, limits.recent)
    reachable = flag(record, None, i.ACCESSIBLE, required=True)
    verdict = judge(failed | (none_yet & ~easy), ~reachable | sampled, proposals=(BIOPSY,))
    return verdict.resting_on(*(proof for risk in risks if risk.is_yes for proof in risk.evidence))


@dataclass(frozen=True, slots=True)
class Fixed:
    """The shortest time (h) in buffered formalin."""

    least: Quantity


def fixation(record: PatientRecord, limits: Fixed) -> Verdict:
    """A sample stays in buffered formalin for six hours before it is decalcified.

    For whom  decalcification is planned or its agent named, in the form or in a drafted pathology request
    Holds     time in formalin >= least
    Units     hours (UCUM h); between start and end where both tell the time of day
    Unknown   the time is not told: asked in the form, not while ordering, when the sample is not there yet
    Source    guidelines/biopsy.toml [BIOP-FIX-01]
    """
    samples = [d for d in record.drafts if is_bone_sample(d)]
    if record.is_ordering and not samples:
        return not_applicable()
    draft = next((d for d in samples if _decalcified(record, d).is_yes), None)
    planned = _decalcified(record, draft)
    hours = hours_of_fixation(record, draft)
    if record.is_ordering and isinstance(hours, Missing) and hours.why == ABSENT:
        return not_applicable(*planned.evidence)
    told = _shown(hours.value) if isinstance(hours, Known) and hours.value.is_exact else None
    return judge(planned, ~below(hours, limits.least), least=limits.least, hours=told)


def _shown(hours: Span) -> Quantity:
    """Rounded down, so that what is too short never looks long enough."""
    exact = Decimal(hours.low.numerator) / Decimal(hours.low.denominator)
    return Quantity(exact.quantize(_MINUTE, ROUND_FLOOR), "h")


def _decalcified(record: PatientRecord, draft: DraftOrder | None) -> Answer:
    agent = detail(record, draft, i.DECALCIFIER)
    named = yes(*agent.evidence) if isinstance(agent, Known) else no()
    return flag(record, draft, i.DECALCIFICATION) | named


def decalcifier(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """A bone sample that molecular tests may need is decalcified with EDTA, never with a strong acid.

    For whom  a bone biopsy or its pathology is asked for (of the two the pathology speaks), and molecular tests are not
              said to be impossible
    Holds     the agent is no strong acid: EDTA or formic acid (A16)
    Unknown   no agent is named, nor decalcification denied, in a patient with a cancer: one line asks to state EDTA
    Source    guidelines/biopsy.toml [BIOP-DECAL-01]
    """
    if is_led_by(record, draft):
        return not_applicable(draft.evidence("draft_order"))
    impossible = flag(record, draft, i.MOLECULAR_POSSIBLE, required=True).is_no
    asked = Answer(not impossible, (draft.evidence("draft_order"),))
    if isinstance(detail(record, draft, i.DECALCIFIER), Known):
        acid = said(record, draft, i.DECALCIFIER, *i.STRONG_ACIDS)
        edta = SetDetail(draft, i.DECALCIFIER, i.EDTA)
        return judge(asked, ~acid, proposals=(edta,)).resting_on(*acid.evidence)
    needless = Answer(flag(record, draft, i.DECALCIFICATION, required=True).is_no)
    open_question = unknown(Missing(i.DECALCIFIER, ABSENT, draft.evidence("draft_order")))
    return judge(asked & ~needless & record.malignancy(), open_question)


def before_surgery(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Before a limb is operated on for a metastasis, it is known to be one.

    For whom  surgery of a metastasis of a long bone is asked for
    Holds     the histology of the cancer is known (answer, or a contributive sample), or a certain primary cancer is on
              file
    Unknown   nobody said, and no certain primary cancer is on file
    Source    guidelines/biopsy.toml [BIOP-PREOP-01]; a certain primary on file counts: this project's choice
    """
    for_whom = yes(draft.evidence("draft_order"))
    known = flag(record, draft, i.KNOWN_HISTOLOGY, required=True)
    contributive = said(record, draft, i.HISTOLOGY, i.CONTRIBUTIVE)
    primaries = tuple(name for name in c.MALIGNANCY if name not in (*NOT_PRIMARY, *c.SECONDARY_CANCER))
    on_file = record.has(*primaries, certain=True)
    proposals = (BOARD, BIOPSY, ORIGIN)
    if known.is_no:
        return judge(for_whom, no(*known.evidence), proposals=proposals)
    holds = known | contributive | on_file
    if holds.is_unknown:
        return undecided(holds.missing[:1], evidence=for_whom.evidence)
    return judge(for_whom, holds)
