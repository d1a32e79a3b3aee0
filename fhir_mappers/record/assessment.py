"""The answers of one assessment: a filled form, or the newest result of each item; what an order says itself wins.

Items of two forms are never mixed: they may be about two lesions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fhir_mappers.record.answer import (
    ABSENT,
    AMBIGUOUS,
    IMPRECISE,
    TOO_OLD,
    Answer,
    Known,
    Missing,
    Reading,
    no,
    unknown,
    yes,
)
from fhir_mappers.record.concepts import LIFE_EXPECTANCY
from fhir_mappers.record.events import DraftOrder, Measurement
from fhir_mappers.record.facts import ANSWERS, OBSERVATIONS, Facts
from fhir_mappers.record.ordered import number
from fhir_mappers.record.quantity import Quantity, Span

FORM = "QuestionnaireResponse/"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The items of one assessment by concept: several results of one item are several answers to the same question."""

    answers: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)
    gaps: Mapping[str, Missing] = field(default_factory=dict)

    def begun(self, *items: str) -> Answer:
        """Whether any of the items (any at all when none is named) has an answer; unknown where nobody could look."""
        wanted = items or tuple(self.gaps) + tuple(self.answers)
        found = [m for item in wanted for m in self.answers.get(item, ())]
        if found:
            return yes(*(m.evidence() for m in found))
        unseen = tuple(gap for item in wanted if (gap := self.gaps.get(item)) and gap.why not in (ABSENT, TOO_OLD))
        return unknown(*unseen) if unseen else no()

    def read(self, item: str) -> Reading[tuple[Measurement, ...]]:
        """The usable answers to one item, or why there are none."""
        found = self.answers.get(item, ())
        if not found:
            return self.gaps.get(item, Missing(item, ABSENT))
        broken = next((m for m in found if m.problem is not None), None)
        if broken is not None:
            return Missing(item, broken.problem or ABSENT, broken.evidence())
        return Known(found, tuple(m.evidence() for m in found))

    def chosen(self, item: str) -> Reading[tuple[str, ...]]:
        """The options ticked."""
        reading = self.read(item)
        if isinstance(reading, Missing):
            return reading
        ticked = tuple(dict.fromkeys(concept for m in reading.value for concept in m.concepts))
        return Known(ticked, reading.evidence) if ticked else Missing(item, ABSENT)

    def number(self, item: str) -> Reading[Quantity]:
        """The number given; two different ones are no answer, nor is a bound (``<`` or ``>``)."""
        reading = self.read(item)
        if isinstance(reading, Missing):
            return reading
        values = {m.value for m in reading.value}
        value = next(iter(values))
        if len(values) > 1 or value is None:
            return Missing(item, AMBIGUOUS, reading.evidence[0])
        if any(m.comparator for m in reading.value):
            return Missing(item, IMPRECISE, reading.evidence[0])
        return Known(value, reading.evidence)

    def flag(self, item: str) -> Answer:
        """A yes-or-no item; of two different answers the yes counts."""
        reading = self.read(item)
        if isinstance(reading, Missing):
            return unknown(reading)
        told = [m.flag for m in reading.value if m.flag is not None]
        return Answer(any(told), reading.evidence) if told else unknown(Missing(item, ABSENT))


def sheet(record: Facts, *wanted: str, draft: DraftOrder | None = None, within: Quantity | None = None) -> Sheet:
    """The newest assessment of these items that may still be reused (P17; ``within`` days where the rule says so),
    completed by what the draft itself says.
    """
    return sheets(record, *wanted, draft=draft, within=within)[0]


def sheets(
    record: Facts, *wanted: str, draft: DraftOrder | None = None, within: Quantity | None = None
) -> tuple[Sheet, ...]:
    """Every assessment that may still be reused, newest first: each form, and the results outside forms as one. An
    empty one where there is none.
    """
    window = within or record.conventions.answers.form
    fresh = {item: _fresh(record, item, window) for item in wanted}
    told = sorted((m for found in fresh.values() for m in found), key=_age, reverse=True)
    papers = dict.fromkeys(_paper(m) for m in told) or {None: None}
    return tuple(_sheet(record, {item: _of_one(fresh[item], paper) for item in wanted}, draft) for paper in papers)


def _sheet(record: Facts, found: Mapping[str, tuple[Measurement, ...]], draft: DraftOrder | None) -> Sheet:
    answers = {item: told for item, told in found.items() if told}
    if draft is not None:
        own = {item: tuple(one for one in draft.every_detail if one.what == item) for item in found}
        answers |= {item: told for item, told in own.items() if told}
    return Sheet(answers, {item: _gap(record, item) for item in found if item not in answers})


def _age(told: Measurement) -> tuple[datetime, str]:
    return told.when.latest, told.source.resource


def _paper(told: Measurement) -> str | None:
    """The form an answer stands in; None outside forms."""
    return told.source.resource if told.source.resource.startswith(FORM) else None


def survival(record: Facts) -> Reading[Span]:
    """The newest survival estimate (mo) that may still be reused (P17)."""
    told = record.latest(*LIFE_EXPECTANCY, within=record.conventions.answers.form)
    return told if isinstance(told, Missing) else number(record, None, told.value.what)


def above(reading: Reading[Quantity], limit: Quantity) -> Answer:
    """Strictly above the limit."""
    if isinstance(reading, Missing):
        return unknown(reading)
    return Answer(reading.value > limit, reading.evidence)


def at_least(reading: Reading[Quantity], limit: Quantity) -> Answer:
    """At or above the limit."""
    if isinstance(reading, Missing):
        return unknown(reading)
    return Answer(reading.value >= limit, reading.evidence)


def _fresh(record: Facts, item: str, within: Quantity) -> tuple[Measurement, ...]:
    """Final results not older than the window, newest first."""
    return tuple(m for m in record.results(item) if not m.provisional and record.within(m.when, within))


def _of_one(found: tuple[Measurement, ...], form: str | None) -> tuple[Measurement, ...]:
    """The answers in one form; outside a form the newest ones, those of one moment being one answer."""
    if form is not None:
        return tuple(m for m in found if m.source.resource == form)
    loose = tuple(m for m in found if not m.source.resource.startswith(FORM))
    return tuple(m for m in loose if m.when.latest == loose[0].when.latest)


def _gap(record: Facts, item: str) -> Missing:
    looked = record.looked(OBSERVATIONS, ANSWERS, what=item)
    if looked.missing:
        return looked.missing[0]
    older = next((m for m in record.results(item) if not m.provisional), None)
    return Missing(item, TOO_OLD, older.evidence()) if older is not None else Missing(item, ABSENT)
