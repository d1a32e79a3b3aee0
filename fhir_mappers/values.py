"""The value of an Observation, of one of its components or of a form's answer → Measurement."""

from collections.abc import Hashable
from decimal import Decimal

from fhir_mappers import units
from fhir_mappers.codings import REFUSALS, Coder, convert, date_of
from fhir_mappers.datatypes import Codes, Range, Valued
from fhir_mappers.datatypes import Quantity as SentQuantity
from fhir_mappers.record.answer import ABSENT, UNREADABLE
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Measurement, Source
from fhir_mappers.record.quantity import Quantity

_COMPARATORS = frozenset({"<", "<=", ">=", ">"})
_SAID_UNKNOWN = ("v3-NullFlavor", "data-absent-reason")
_LONGEST_NUMBER = 40  # characters; longer ones are not quoted


class ValueReader:
    """Reads values; a laboratory's limits, the same on every result, are converted once."""

    __slots__ = ("_coder", "_limits")

    def __init__(self, coder: Coder) -> None:
        self._coder = coder
        self._limits: dict[Hashable, Quantity | None] = {}

    def read(
        self, concept: str, sent: Valued, source: Source, when: PartialDate, *, provisional: bool = False
    ) -> Measurement:
        """The value as a measurement of the concept; one that cannot be used has a ``problem``."""
        if sent.value_quantity is not None:
            return self._quantified(concept, sent, sent.value_quantity, source, when, provisional)
        if sent.value_integer is not None:
            whole = SentQuantity(value=Decimal(sent.value_integer))
            return self._quantified(concept, sent, whole, source, when, provisional)
        coded = self._coder.codes(sent.value_codeable_concept).concepts
        told = coded or sent.value_boolean is not None
        problem = None if told else _why_nothing(concept, sent)
        flag = sent.value_boolean
        return Measurement(
            source,
            concept,
            when,
            provisional=provisional,
            concepts=coded,
            flag=flag,
            problem=problem,
            moment_value=date_of(sent.value_date_time),
            told=_says_anything(sent),
        )

    def _quantified(
        self, concept: str, sent: Valued, quantity: SentQuantity, source: Source, when: PartialDate, provisional: bool
    ) -> Measurement:
        known = convert(concept, quantity)
        problem = _problem(sent, quantity, known)
        ranges = sent.reference_range or ()
        limits = ranges[0] if len(ranges) == 1 else Range()  # several (by sex, age, purpose) tell nothing
        return Measurement(
            source,
            concept,
            when,
            Quantity(known.value, known.unit) if problem is None and isinstance(known, units.Converted) else None,
            _as_sent(quantity),
            provisional,
            quantity.comparator,
            floor=self._limit(concept, limits.low),
            ceiling=self._limit(concept, limits.high),
            problem=problem,
            told=quantity.value is not None,
        )

    def _limit(self, concept: str, sent: SentQuantity | None) -> Quantity | None:
        if sent is None or sent.value is None or not sent.value.is_finite():
            return None
        key = (concept, sent.value, sent.unit, sent.code)
        if key not in self._limits:
            known = convert(concept, sent, check_range=False)
            self._limits[key] = Quantity(known.value, known.unit) if isinstance(known, units.Converted) else None
        return self._limits[key]


def _says_anything(sent: Valued) -> bool:
    """Whether there is a value at all, understood or not; the words of a text are not kept."""
    coded = sent.value_codeable_concept is not None and not _says_unknown(sent.value_codeable_concept)
    words = bool(sent.value_string and sent.value_string.strip())
    return coded or words or sent.value_boolean is not None or sent.value_date_time is not None


def _as_sent(quantity: SentQuantity) -> Quantity | None:
    """The number with its own digits and unit; None when it is no number, or too long to be quoted."""
    value = quantity.value
    if value is None or not value.is_finite() or len(str(value)) > _LONGEST_NUMBER:
        return None
    return Quantity(value, quantity.unit or quantity.code or "")


def _problem(sent: Valued, quantity: SentQuantity, known: units.Converted | units.Refusal) -> str | None:
    if quantity.value is None:
        return ABSENT if sent.data_absent_reason is not None else UNREADABLE
    if isinstance(known, units.Refusal):
        return REFUSALS[known.reason]
    if quantity.comparator is not None and quantity.comparator not in _COMPARATORS:
        return UNREADABLE
    return None


def _why_nothing(concept: str, sent: Valued) -> str | None:
    """Without a value we understand: said to be unknown, unreadable, or of a kind whose code says it all (None)."""
    if sent.data_absent_reason is not None or _says_unknown(sent.value_codeable_concept):
        return ABSENT
    if sent.value_codeable_concept is not None or (units.canonical_unit(concept) and not sent.value_date_time):
        return UNREADABLE
    return None


def _says_unknown(value: Codes | None) -> bool:
    codes = (value.coding if value else None) or ()
    return any(code.system is not None and code.system.endswith(_SAID_UNKNOWN) for code in codes)
