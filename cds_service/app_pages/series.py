"""What a timeline shows, as data: points with bands, lanes with marks and spans, and the table that says the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from markupsafe import Markup

from cds_service.app_pages.words import plain
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Dose, Event
from fhir_mappers.record.patient_record import PatientRecord
from hooks.texts import Speaker

YEARS_BACK = timedelta(days=3 * 366)
LEAST_BACK, AHEAD = timedelta(days=183), timedelta(days=45)
MOST_POINTS = 60

Cell = Markup | str
Dated = tuple[PartialDate, Event]


@dataclass(frozen=True, slots=True)
class Table:
    """The table beside a picture: the same facts in words. The first cell of a row heads it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One value: its day, the bounds it lies between (equal when exact), whether it is preliminary."""

    day: date
    low: float
    high: float
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A range of values with a name; None where it has no end. ``tone``: ``ok``, ``warning`` or ``critical``."""

    low: float | None
    high: float | None
    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, or is planned, on a day. ``kind`` picks its shape."""

    day: date
    label: str
    kind: str = "done"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that lasts: an order, the days when a dose is due, those when it is late."""

    first: date
    last: date
    kind: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One laboratory value over time. ``marks`` are doses shown below it."""

    key: str
    title: str
    unit: str
    points: tuple[Point, ...]
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    tables: tuple[Table, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the course: what happened, and what lasts."""

    name: str
    marks: tuple[Mark, ...] = ()
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """Treatment, mouth, events and plans, row by row."""

    key: str
    title: str
    lanes: tuple[Lane, ...]
    tables: tuple[Table, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The days every picture of a patient shares."""

    first: date
    today: date
    last: date
    language: str = field(default="en")

    def shows(self, day: date) -> bool:
        """Whether a day lies on it."""
        return self.first <= day <= self.last


def axis(days: list[date], today: date, language: str) -> Axis:
    """From the first thing there is, at least half a year and at most three years back, to the last planned one."""
    margin = timedelta(days=14)
    oldest = min((day for day in days if day <= today), default=today)
    ahead = max((day for day in days if day > today), default=today)
    first = min(max(oldest, today - YEARS_BACK + margin) - margin, today - LEAST_BACK)
    last = max(min(ahead, today + LEAST_BACK - margin) + margin, today + AHEAD)
    return Axis(first, today, last, language)


def on_day(record: PatientRecord, day: date) -> PatientRecord:
    """The record as it stood on an earlier day: later results do not count, ages are those of the day."""
    return replace(record, as_of=day, _memo={})


def dated(events: Iterable[Event]) -> list[Dated]:
    """The events that have a date, oldest first."""
    found = [(event.when, event) for event in events if event.when is not None]
    return sorted(found, key=lambda one: (one[0].latest, one[1].source.resource))


def amount(event: Event, speaker: Speaker) -> str:
    """How much was given; empty when it is not told, or was only handed out."""
    given = event.amount if isinstance(event, Dose) and not event.handed_out else None
    return plain(speaker.figures.quantity(given)) if given is not None else ""


def near(when: PartialDate) -> date:
    """A day to draw a date at that may be a month or a year: its middle."""
    return when.first + (when.last - when.first) / 2
