"""Observation → Measurement in the house unit of its concept, with the value as sent beside it."""

from collections.abc import Iterable
from decimal import Decimal

from fhir_mappers import units
from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import REFUSALS, Understood, convert, date_of, end_or_start
from fhir_mappers.datatypes import Codes, Range, Valued
from fhir_mappers.datatypes import Quantity as SentQuantity
from fhir_mappers.record.answer import ABSENT, IMPRECISE, UNREADABLE
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.events import Measurement, Source
from fhir_mappers.record.facts import OBSERVATIONS
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.shapes import Observation

USABLE = frozenset({"final", "amended", "corrected"})
_COMPARATORS = frozenset({"<", "<=", ">=", ">"})
_SAID_UNKNOWN = ("v3-NullFlavor", "data-absent-reason")
_LONGEST_NUMBER = 40  # characters; longer ones are not quoted

Filed = dict[str, list[Measurement]]
"""Measurements by concept, in the order they were read."""


def read_observations(
    sent: Iterable[tuple[int, str | None, Observation]], key: str, clerk: Clerk, filed: Filed
) -> None:
    """File every observation whose code means something to us; the others are passed over without building anything."""
    codes, is_patient = clerk.coder.codes, clerk.owner.is_patient
    origin = clerk.origins.get(key, "prefetch")
    for index, url, observation in sent:
        understood = codes(observation.code)
        ours = is_patient(observation.subject)
        if ours and not understood.concepts and observation.component is None:
            continue
        name = f"Observation/{observation.id}" if observation.id else url or f"{key}.entry[{index}]"
        place = Place(OBSERVATIONS, name, origin)
        if clerk.is_ours(place, observation.subject):
            _read_one(observation, understood, place, clerk, filed)


def _read_one(observation: Observation, understood: Understood, place: Place, clerk: Clerk, filed: Filed) -> None:
    parts = [(understood, observation)] if understood.concepts and not _is_panel(observation) else []
    components = [(clerk.coder.codes(part.code), part) for part in observation.component or ()]
    read: list[tuple[Understood, Valued]] = [*parts, *(part for part in components if part[0].concepts)]
    if not read:
        return
    status = clerk.status(place, observation.status)
    if status not in USABLE and status != "preliminary":
        return
    when = _when(observation)
    if when is None:
        clerk.note(place, IMPRECISE, "no date")
        return
    for known, part in read:
        measure(part, known, place.source(known.token), when, clerk, filed, provisional=status == "preliminary")


def measure(
    sent: Valued,
    understood: Understood,
    source: Source,
    when: PartialDate,
    clerk: Clerk,
    filed: Filed,
    *,
    provisional: bool = False,
) -> None:
    """File one value under each concept its code means; of several, a number goes to those that have units."""
    concepts = understood.concepts
    if len(concepts) > 1 and (sent.value_quantity is not None or sent.value_integer is not None):
        concepts = tuple(c for c in concepts if units.canonical_unit(c)) or concepts
    for concept in concepts:
        result = _result(concept, sent, source, when, clerk, provisional)
        filed.setdefault(concept, []).append(result)


def _result(
    concept: str, sent: Valued, source: Source, when: PartialDate, clerk: Clerk, provisional: bool
) -> Measurement:
    if sent.value_quantity is not None:
        return _quantified(concept, sent, sent.value_quantity, source, when, provisional)
    if sent.value_integer is not None:
        whole = SentQuantity(value=Decimal(sent.value_integer))
        return _quantified(concept, sent, whole, source, when, provisional)
    coded = clerk.coder.codes(sent.value_codeable_concept).concepts
    return Measurement(
        source,
        concept,
        when,
        provisional=provisional,
        concepts=coded,
        flag=sent.value_boolean,
        problem=None if coded or sent.value_boolean is not None else _why_nothing(concept, sent),
    )


def _quantified(
    concept: str, sent: Valued, quantity: SentQuantity, source: Source, when: PartialDate, provisional: bool
) -> Measurement:
    known = convert(concept, quantity)
    problem = _problem(sent, quantity, known)
    low, high = _limits(concept, sent.reference_range)
    return Measurement(
        source,
        concept,
        when,
        Quantity(known.value, known.unit) if problem is None and isinstance(known, units.Converted) else None,
        _as_sent(quantity),
        provisional,
        quantity.comparator,
        floor=low,
        ceiling=high,
        problem=problem,
    )


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
    """A result without a value we understand: said to be unknown, unreadable, or of a kind whose code says it all."""
    if sent.data_absent_reason is not None or _says_unknown(sent.value_codeable_concept):
        return ABSENT
    if sent.value_codeable_concept is not None or (units.canonical_unit(concept) and not sent.value_date_time):
        return UNREADABLE
    return None


def _says_unknown(value: Codes | None) -> bool:
    codes = (value.coding if value else None) or ()
    return any(code.system is not None and code.system.endswith(_SAID_UNKNOWN) for code in codes)


def _limits(concept: str, ranges: list[Range] | None) -> tuple[Quantity | None, Quantity | None]:
    """The laboratory's own limits in the house unit; several ranges (by sex, age, purpose) tell nothing."""
    if not ranges or len(ranges) > 1:
        return None, None
    return _limit(concept, ranges[0].low), _limit(concept, ranges[0].high)


def _limit(concept: str, sent: SentQuantity | None) -> Quantity | None:
    known = convert(concept, sent, check_range=False) if sent is not None else None
    return Quantity(known.value, known.unit) if isinstance(known, units.Converted) else None


def _when(sent: Observation) -> PartialDate | None:
    quick = parse_date(sent.effective_date_time) if sent.effective_date_time else None
    return quick or date_of(*end_or_start(sent.effective_period), sent.effective_instant, sent.issued)


def _is_panel(sent: Observation) -> bool:
    """Only components, no value of its own."""
    values = (sent.value_quantity, sent.value_codeable_concept, sent.value_integer, sent.value_boolean)
    return bool(sent.component) and all(value is None for value in values)
