"""FHIR dates, which may be a year, a month, a day or an instant."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from msgspec import Struct

from fhir_mappers.record.quantity import Span

_FHIR_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}|60)(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?"
)


class PartialDate(Struct, frozen=True, cache_hash=True):
    """A FHIR date, dateTime or instant: the earliest and the latest civil day it can mean.

    The civil day is the one written, in the offset it was written with. ``earliest`` and ``latest`` are instants used
    only to order results; a value without an offset is ordered as if written in UTC.
    """

    first: date
    last: date
    earliest: datetime
    latest: datetime
    text: str

    @property
    def is_day(self) -> bool:
        """True when the day is known."""
        return self.first == self.last

    @property
    def has_time(self) -> bool:
        """True when the time of day is known."""
        return self.earliest == self.latest

    @property
    def clock(self) -> time | None:
        """The time of day as it was written, in its own offset; None when only a day, month or year is known."""
        match = _FHIR_DATE.fullmatch(self.text)
        return None if match is None or match[4] is None else time(int(match[4]), int(match[5]))

    def days_before(self, day: date) -> Span:
        """Whole calendar days from this date to ``day`` (unit d): the youngest and the oldest it can be."""
        return Span((day - self.last).days, (day - self.first).days, "d")

    def surely_after(self, day: date) -> bool:
        """True when even the earliest reading is later than ``day``."""
        return self.first > day

    def overlaps(self, other: "PartialDate") -> bool:
        """True when the two cannot be put in order: the same instant, or a date that covers the other's time."""
        return self.latest >= other.earliest and other.latest >= self.earliest

    def is_later(self, other: "PartialDate") -> bool:
        """True when even the earliest reading comes after the latest one of ``other``."""
        return self.earliest > other.latest


def of_day(day: date) -> PartialDate:
    """The partial date of one known civil day."""
    return _span(day, day, day.isoformat())


@lru_cache(maxsize=8192)
def parse_date(text: str) -> PartialDate | None:
    """Read a FHIR date, dateTime or instant of any precision; None when it is not one."""
    match = _FHIR_DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return _from_parts(match, text.strip())
    except (ValueError, OverflowError):
        return None


def _from_parts(match: re.Match[str], text: str) -> PartialDate:
    year, month, day = match[1], match[2], match[3]
    if month is None:
        return _span(date(int(year), 1, 1), date(int(year), 12, 31), text)
    if day is None:
        last = calendar.monthrange(int(year), int(month))[1]
        return _span(date(int(year), int(month), 1), date(int(year), int(month), last), text)
    civil = date(int(year), int(month), int(day))
    if match[4] is None:
        return _span(civil, civil, text)
    seconds = min(int(match[6] or 0), 59)
    micro = int((match[7] or "0")[:6].ljust(6, "0"))
    moment = datetime.combine(civil, time(int(match[4]), int(match[5]), seconds, micro, _zone(match[8])))
    instant = moment.astimezone(UTC)
    return PartialDate(civil, civil, instant, instant, text)


def _zone(offset: str | None) -> timezone:
    if offset in (None, "Z"):
        return UTC
    assert offset is not None
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(-delta if offset[0] == "-" else delta)


def _span(first: date, last: date, text: str) -> PartialDate:
    return PartialDate(
        first,
        last,
        datetime.combine(first, time.min, UTC),
        datetime.combine(last, time.max, UTC),
        text,
    )


def add_months(day: date, months: int) -> date:
    """The same day ``months`` calendar months later, or the last day of that month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_years(born: date, day: date) -> int:
    """Completed years between two days (age)."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
