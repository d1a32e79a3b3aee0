"""Scores: points from a published table, and no total while an item is not known. Here the parts, and Mirels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import (
    ABSENT,
    AMBIGUOUS,
    IMPLAUSIBLE,
    Evidence,
    Known,
    Missing,
    Reading,
)
from fhir_mappers.record.assessment import Sheet
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.facts import Facts
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.scored import beyond_limbs, limb_sheet


@dataclass(frozen=True, slots=True)
class Score:
    """A total, the points of each item that gave it (none for a total entered by itself), and what it rests on."""

    total: int
    points: Mapping[str, int]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """No total: what is missing, every open item."""

    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest possible total."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class SitePoints:
    """Points of the site of a lesion of a long bone."""

    mirels_upper_limb: int
    mirels_lower_limb: int
    mirels_trochanteric: int


@dataclass(frozen=True, slots=True)
class SizePoints:
    """Points of its size, a fraction of the diameter (1): below one third, up to two thirds included, above."""

    third: Quantity
    two_thirds: Quantity
    small: int
    middle: int
    large: int

    def of(self, size: Quantity) -> int:
        """The points of one size."""
        if size < self.third:
            return self.small
        return self.middle if size <= self.two_thirds else self.large


@dataclass(frozen=True, slots=True)
class LesionPoints:
    """Points of the look of a lesion."""

    lesion_lytic: int
    lesion_mixed: int
    lesion_blastic: int


@dataclass(frozen=True, slots=True)
class LimbPainPoints:
    """Points of the pain of a limb."""

    mirels_pain_none: int
    mirels_pain_mild: int
    mirels_pain_moderate: int
    mirels_pain_functional: int


@dataclass(frozen=True, slots=True)
class MirelsPoints:
    """The table of Mirels."""

    site: SitePoints
    size: SizePoints
    lesion: LesionPoints
    pain: LimbPainPoints
    total: Range


def mirels(form: Sheet, table: MirelsPoints) -> Score | Open:
    """The Mirels score of one lesion of a long bone. A total entered by somebody counts where only the site is told."""
    size = form.number(f.MIRELS_SIZE)
    items: dict[str, Reading[int]] = {
        f.MIRELS_SITE: points_of(form, f.MIRELS_SITE, table.site),
        f.MIRELS_SIZE: size if isinstance(size, Missing) else Known(table.size.of(size.value), size.evidence),
        f.MIRELS_LESION: points_of(form, f.MIRELS_LESION, table.lesion),
        f.MIRELS_PAIN: points_of(form, f.MIRELS_PAIN, table.pain),
    }
    return entered(form, f.MIRELS_TOTAL, items, table.total, f.MIRELS_SITE) or total(items)


def mirels_total(
    record: Facts, draft: DraftOrder | None, table: MirelsPoints, within: Quantity | None = None
) -> Reading[Span]:
    """The Mirels score as a number (1) for whoever compares it: told as such, or the sum of its items. That of another
    bone than the draft is for is none; ``within`` (d) is how old it may be.
    """
    form = limb_sheet(record, draft, within)
    if form is None or beyond_limbs(form):
        return Missing(f.MIRELS_TOTAL, ABSENT)
    return as_number(mirels(form, table), f.MIRELS_TOTAL)


def as_number(score: Score | Open, what: str) -> Reading[Span]:
    """A total as a span of one point; with open items it is missing under the name ``what``, which says why."""
    if isinstance(score, Open):
        return Missing(what, score.missing[0].why, score.missing[0].last)
    return Known(Span.exactly(score.total, "1"), score.evidence)


def total(items: Mapping[str, Reading[int]]) -> Score | Open:
    """The sum of all items, or every one that is open."""
    lacking = tuple(reading for reading in items.values() if isinstance(reading, Missing))
    if lacking:
        return Open(lacking)
    known = {item: reading for item, reading in items.items() if isinstance(reading, Known)}
    points = {item: reading.value for item, reading in known.items()}
    return Score(sum(points.values()), points, tuple(proof for each in known.values() for proof in each.evidence))


def entered(form: Sheet, item: str, items: Iterable[str], allowed: Range, *beside: str) -> Score | Open | None:
    """A total somebody entered without its items (but for those ``beside`` it); None when the items have to tell."""
    if item not in form.answers or any(other in form.answers for other in items if other not in beside):
        return None
    reading = whole(form.number(item), allowed)
    return Open((reading,)) if isinstance(reading, Missing) else Score(reading.value, {}, reading.evidence)


def points_of(form: Sheet, item: str, table: Any) -> Reading[int]:
    """The points of the option chosen, the most of several; an option that the table lacks is no answer."""
    chosen = form.chosen(item)
    if isinstance(chosen, Missing):
        return chosen
    known = {part.name: int(getattr(table, part.name)) for part in fields(table)}
    if any(option not in known for option in chosen.value):
        return Missing(item, AMBIGUOUS, chosen.evidence[0])
    return Known(max(known[option] for option in chosen.value), chosen.evidence)


def whole(reading: Reading[Quantity], allowed: Range) -> Reading[int]:
    """A number that must be whole and within its range."""
    if isinstance(reading, Missing):
        return reading
    value = reading.value.value
    if value != int(value) or not allowed.lowest <= value <= allowed.highest:
        return Missing(reading.evidence[0].what, IMPLAUSIBLE, reading.evidence[0])
    return Known(int(value), reading.evidence)
