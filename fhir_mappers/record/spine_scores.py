"""The scores of the spine: SINS (stability) and Tokuhashi (obsolete, for display)."""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import ABSENT, Missing, Reading
from fhir_mappers.record.assessment import Sheet
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.facts import Facts
from fhir_mappers.record.quantity import Span
from fhir_mappers.record.scored import spine_sheet
from fhir_mappers.record.scores import LesionPoints, Open, Range, Score, as_number, entered, points_of, total, whole

LUMBAR, THORACIC, ELSEWHERE = "lumbar", "thoracic", "elsewhere"


@dataclass(frozen=True, slots=True)
class LevelPoints:
    """Points of each level of the spine: the highest one counts where a lesion spans several."""

    vertebra_c0: int
    vertebra_c1: int
    vertebra_c2: int
    vertebra_c3: int
    vertebra_c4: int
    vertebra_c5: int
    vertebra_c6: int
    vertebra_c7: int
    vertebra_t1: int
    vertebra_t2: int
    vertebra_t3: int
    vertebra_t4: int
    vertebra_t5: int
    vertebra_t6: int
    vertebra_t7: int
    vertebra_t8: int
    vertebra_t9: int
    vertebra_t10: int
    vertebra_t11: int
    vertebra_t12: int
    vertebra_l1: int
    vertebra_l2: int
    vertebra_l3: int
    vertebra_l4: int
    vertebra_l5: int
    vertebra_s1: int
    vertebra_s2: int
    vertebra_s3: int
    vertebra_s4: int
    vertebra_s5: int


@dataclass(frozen=True, slots=True)
class SpinePainPoints:
    """Points of the pain of the spine."""

    sins_pain_mechanical: int
    sins_pain_other: int
    sins_pain_none: int


@dataclass(frozen=True, slots=True)
class AlignmentPoints:
    """Points of the alignment of the spine."""

    alignment_subluxation: int
    alignment_deformity: int
    alignment_normal: int


@dataclass(frozen=True, slots=True)
class CollapsePoints:
    """Points of the collapse of the vertebral body."""

    collapse_over_50: int
    collapse_up_to_50: int
    collapse_none_body_over_50: int
    collapse_none: int


@dataclass(frozen=True, slots=True)
class PosteriorPoints:
    """Points of the posterolateral elements."""

    posterior_bilateral: int
    posterior_unilateral: int
    posterior_none: int


@dataclass(frozen=True, slots=True)
class SinsPoints:
    """The table of SINS."""

    location: LevelPoints
    pain: SpinePainPoints
    lesion: LesionPoints
    alignment: AlignmentPoints
    collapse: CollapsePoints
    posterior: PosteriorPoints
    total: Range


def sins(form: Sheet, table: SinsPoints) -> Score | Open:
    """The SINS of one lesion. A total entered by somebody counts where only the level is told."""
    parts = (table.location, table.pain, table.lesion, table.alignment, table.collapse, table.posterior)
    items = {item: points_of(form, item, part) for item, part in zip(f.SINS_ITEMS, parts, strict=True)}
    return entered(form, f.SINS_TOTAL, items, table.total, f.SINS_LOCATION) or total(items)


def sins_total(record: Facts, draft: DraftOrder | None, table: SinsPoints) -> Reading[Span]:
    """SINS as a number (1) for whoever compares it: told as such, or the sum of its items. That of other levels than
    the draft is for is none.
    """
    form = spine_sheet(record, draft)
    return Missing(f.SINS_TOTAL, ABSENT) if form is None else as_number(sins(form, table), f.SINS_TOTAL)


@dataclass(frozen=True, slots=True)
class TokuhashiPoints:
    """The range of each item, and of the item of the primary tumour."""

    item: Range
    primary: Range


def tokuhashi(form: Sheet, table: TokuhashiPoints) -> Score | Open:
    """The sum of the six items, each entered as its points."""
    ranges = {item: table.primary if item == "tokuhashi_primary" else table.item for item in f.TOKUHASHI_ITEMS}
    return total({item: whole(form.number(item), allowed) for item, allowed in ranges.items()})


def part_of_spine(levels: Iterable[str]) -> str:
    """The part whose threshold of osteolysis holds, the stricter one where a lesion spans two."""
    letters = {level.removeprefix("vertebra_")[0] for level in levels}
    return LUMBAR if "l" in letters else (THORACIC if "t" in letters else ELSEWHERE)
