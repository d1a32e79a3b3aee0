"""Three-valued answers that remember what they rest on and what they lack."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

from msgspec import Struct

from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.quantity import Quantity, Span

T = TypeVar("T")

ABSENT = "absent"
TOO_OLD = "too-old"
NOT_FETCHED = "not-fetched"
TIMED_OUT = "timed-out"
REFUSED = "refused"
UNREACHABLE = "unreachable"
FAILED = "failed"
TOO_MUCH = "too-much"
INCOMPLETE = "incomplete"
UNREADABLE = "unreadable"
UNIT_MISSING = "unit-missing"
UNIT_UNKNOWN = "unit-unknown"
IMPLAUSIBLE = "implausible"
IMPRECISE = "imprecise"
AMBIGUOUS = "ambiguous"
_UNOBTAINED = (NOT_FETCHED, TIMED_OUT, REFUSED, UNREACHABLE, FAILED, TOO_MUCH, INCOMPLETE)
_OF_A_VALUE = (UNIT_MISSING, UNIT_UNKNOWN, IMPLAUSIBLE, IMPRECISE, AMBIGUOUS)
REASONS = (ABSENT, TOO_OLD, *_UNOBTAINED, UNREADABLE, *_OF_A_VALUE)
UNOBTAINED = frozenset(_UNOBTAINED)
"""Nothing came, whoever is to blame; ``TOO_MUCH`` and ``INCOMPLETE``: not all of it, so nothing is taken from it."""
UNAVAILABLE = UNOBTAINED | {UNREADABLE}
"""Nothing usable came: absence proves nothing."""


class Evidence(Struct, frozen=True, cache_hash=True):
    """One fact an answer rests on, as the record held it: resource id, code, value as sent, house value, date."""

    resource: str
    what: str
    code: str | None = None
    value: str | None = None
    unit: str | None = None
    converted: Quantity | None = None
    date: PartialDate | None = None
    origin: str = "prefetch"
    note: str | None = None


class Missing(Struct, frozen=True):
    """What is not known, and why (one of ``REASONS``); ``last`` is the nearest thing there was."""

    what: str
    why: str
    last: Evidence | None = None


class Known(Struct, Generic[T], frozen=True):
    """A reading with the facts it comes from."""

    value: T
    evidence: tuple[Evidence, ...] = ()


Reading = Known[T] | Missing


class Answer(Struct, frozen=True):
    """Yes, no or unknown (Kleene). ``&``, ``|`` and ``~`` combine; ``bool(answer)`` raises: unknown has no truth value.

    An answer keeps only what decided it: a *no* in a conjunction keeps the evidence of the no, and a gap that cannot
    change the result is dropped.
    """

    value: bool | None
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()

    def __bool__(self) -> bool:
        raise TypeError("an Answer may be unknown: use .is_yes, .is_no or .is_unknown")

    @property
    def is_yes(self) -> bool:
        """Certainly true."""
        return self.value is True

    @property
    def is_no(self) -> bool:
        """Certainly false."""
        return self.value is False

    @property
    def is_unknown(self) -> bool:
        """Neither."""
        return self.value is None

    def __invert__(self) -> "Answer":
        return Answer(None if self.value is None else not self.value, self.evidence, self.missing)

    def __and__(self, other: "Answer") -> "Answer":
        return _combine(self, other, decisive=False)

    def __or__(self, other: "Answer") -> "Answer":
        return _combine(self, other, decisive=True)


def _combine(left: Answer, right: Answer, *, decisive: bool) -> Answer:
    if left.value is decisive:
        return _decisive(left, right.evidence if right.value is decisive else ())
    if right.value is decisive:
        return _decisive(right, ())
    evidence = _merge(left.evidence, right.evidence)
    if left.value is None or right.value is None:
        return Answer(None, evidence, _merge(left.missing, right.missing))
    return Answer(not decisive, evidence)


def _decisive(answer: Answer, more: tuple[Evidence, ...]) -> Answer:
    """The answer with all its evidence, and none of the gaps; itself where that is all it has."""
    if not more and not answer.missing and len(answer.evidence) < 2:
        return answer  # most are
    evidence = _merge(answer.evidence, more)
    return answer if evidence is answer.evidence and not answer.missing else Answer(answer.value, evidence)


def _merge(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    """Both, each item once; mostly one of them is empty, or they are one and the same."""
    if not second or first is second:
        return first if len(first) < 2 else tuple(dict.fromkeys(first))
    if not first:
        return second if len(second) < 2 else tuple(dict.fromkeys(second))
    return tuple(dict.fromkeys((*first, *second)))


def yes(*evidence: Evidence) -> Answer:
    """Certainly true, resting on these facts."""
    return Answer(True, evidence) if evidence else _YES


def no(*evidence: Evidence) -> Answer:
    """Certainly false, resting on these facts."""
    return Answer(False, evidence) if evidence else _NO


_YES, _NO = Answer(True), Answer(False)  # most answers are a bare no: made once


def unknown(*missing: Missing, evidence: tuple[Evidence, ...] = ()) -> Answer:
    """Not known, for want of these."""
    return Answer(None, evidence, missing)


def either(answers: Iterable[Answer]) -> Answer:
    """Disjunction of any number of answers; no when there are none."""
    return reduce(or_, answers, no())


def at_most(reading: "Reading[Span]", limit: Quantity) -> Answer:
    """Whether a spanned reading is at or below the limit; unknown when it is missing or straddles the limit."""
    if isinstance(reading, Missing):
        return unknown(reading)
    return _decided(reading, reading.value.at_most(limit))


def below(reading: "Reading[Span]", limit: Quantity) -> Answer:
    """Whether a spanned reading is strictly below the limit; unknown when missing or straddling."""
    if isinstance(reading, Missing):
        return unknown(reading)
    return _decided(reading, reading.value.below(limit))


def _decided(reading: Known[Span], value: bool | None) -> Answer:
    if value is None:
        first = reading.evidence[0] if reading.evidence else None
        return unknown(Missing(first.what if first else "value", IMPRECISE, first), evidence=reading.evidence)
    return Answer(value, reading.evidence)
