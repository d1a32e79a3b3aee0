"""Results are read as far as somebody looks at them, and the answers are those of who reads them all."""

import gc
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappers.conventions import default_conventions
from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, UNIT_UNKNOWN, Known
from fhir_mappers.record.cockcroft import micromoles
from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.events import Measurement, Source
from fhir_mappers.record.facts import OBSERVATIONS
from fhir_mappers.record.history import History, Unread, newest_first
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.quantity import Quantity
from tests.support import fhir

TODAY = date(2026, 6, 3)
MONTH = Quantity.of("30 d")
DAYS = ("2026-06-02", "2026-06-01", "2026-06-01T08:00:00Z", "2026-06-01T23:30:00-11:00", "2026-06-01T05:00:00+14:00",
        "2026-06", "2026-05-25T10:00:00Z", "2026-05-24", "2026-05-01", "2026", "2024-02-29")  # fmt: skip


def result(what: str, day: str, value: str | None = "100", name: str = "1", **more: object) -> Measurement:
    when = parse_date(day)
    assert when is not None
    number = None if value is None else Quantity(Decimal(value), "g/L" if what == c.ALBUMIN else "umol/L")
    return Measurement(Source(f"Observation/{name}"), what, when, number, number, told=True, **more)  # type: ignore[arg-type]  # forwarded


def waiting(results: list[Measurement], read: list[str]) -> History:
    """The same, unread; ``read`` notes whose turn came."""

    def reading(one: Measurement, when: object) -> Measurement:
        read.append(one.source.resource)
        return one

    return History(Unread(one.when, one, reading) for one in results)


def record(**measurements: History) -> PatientRecord:
    return PatientRecord(TODAY, default_conventions(), looked_for={OBSERVATIONS: None}, measurements=measurements)


def test_it_is_a_sequence_of_its_results_each_read_once() -> None:
    results, read = [result(c.CREATININE, day, name=str(at)) for at, day in enumerate(DAYS[:3])], []
    history = waiting(results, read)
    assert (len(history), bool(History(())), read) == (3, False, [])
    assert (history[1], history[-1], history[:2]) == (results[1], results[2], tuple(results[:2]))
    assert history == results
    assert history == tuple(results)
    assert history not in (results[:2], 3)
    assert list(history) == results
    assert repr(history) == f"History({results!r})"
    assert sorted(read) == ["Observation/0", "Observation/1", "Observation/2"]
    with pytest.raises(TypeError):
        hash(history)


def test_the_newest_come_first_and_results_of_one_moment_in_their_order() -> None:
    names = [result(c.CREATININE, day, name=name) for day, name in (("2026-05-01", "a"), ("2026-06-01", "b"))]
    same = [result(c.CREATININE_ON_DIALYSIS, "2026-06-01", name="c")]
    assert [one.source.resource[-1] for one in newest_first([names, History(same)], TODAY)] == ["b", "c", "a"]


def test_who_wants_the_newest_reads_the_newest() -> None:
    read: list[str] = []
    results = [result(c.CREATININE, f"2026-05-{day:02}", name=str(day)) for day in range(1, 29)]
    creatinine = record(**{c.CREATININE: waiting(results, read)}).creatinine(MONTH)
    assert isinstance(creatinine, Known)
    assert creatinine.value is results[-1]
    assert set(read) == {"Observation/28", "Observation/27"}  # the second shows that nothing else is of that time


RESULTS = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.sampled_from(("60", "90", "126", "5", None)),  # 5 is beyond what a creatinine can be
        st.booleans(),
        st.sampled_from((None, None, ABSENT, UNIT_UNKNOWN)),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(RESULTS)
def test_the_creatinine_is_that_of_who_reads_everything(drawn: list[tuple[str, str | None, bool, str | None]]) -> None:
    results = [
        result(c.CREATININE, day, None if problem else value, str(at), provisional=early, problem=problem)
        for at, (day, value, early, problem) in enumerate(drawn)
    ]
    asked = record(**{c.CREATININE: waiting(results, [])})
    newest = sorted(results, key=lambda m: (m.when.latest, m.when.earliest), reverse=True)
    least = asked.conventions.clearance.creatinine_low.value
    usable = [m for m in newest if m.problem is None and m.value is not None and m.value.value >= least]
    known = [m for m in newest if not m.provisional and m.problem != ABSENT]
    reading = asked.latest(c.CREATININE)
    assert (reading.value if isinstance(reading, Known) else None) == (
        known[0] if known and known[0].problem is None else None
    )
    final = [m for m in usable if not m.provisional]
    recent = [m for m in usable if m.provisional and asked.within(m.when, MONTH)]
    early = [m for m in recent if not any(f.when.is_later(m.when) for f in final)]
    alike = [m for m in early if m.when.overlaps(early[0].when)]
    assert asked.provisional_clearance(MONTH).creatinine == max(alike, key=micromoles, default=None)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DAYS), st.lists(st.sampled_from(DAYS), max_size=5))
def test_the_albumin_is_the_nearest_of_all(day: str, albumins: list[str]) -> None:
    results = [result(c.ALBUMIN, when, "30", str(at)) for at, when in enumerate(albumins)]
    total = result(c.CALCIUM, day, "2.4", "total")
    asked = record(**{c.CALCIUM: History([total]), c.ALBUMIN: waiting(results, [])})
    apart = timedelta(days=int(asked.conventions.calcium.apart.value))
    newest = sorted(results, key=lambda m: (m.when.latest, m.when.earliest), reverse=True)
    near = [m for m in newest if abs(m.when.first - total.when.first) <= apart]
    nearest = min(near, key=lambda m: abs(m.when.earliest - total.when.earliest), default=None)
    reading = asked.calcium(Quantity.of("1000 d"))
    assert isinstance(reading, Known)
    assert [proof.resource for proof in reading.evidence[1:]] == ([nearest.source.resource] if nearest else [])


def test_a_record_is_gone_with_the_last_who_held_it() -> None:
    """Thousands of results that waited for the garbage collector would slow down the calls that follow."""
    gc.collect()
    gc.disable()
    try:
        others = held()
        asked = fhir.record_of(*(fhir.observation("loinc|14682-9", id=str(at)) for at in range(3)))
        assert len(asked.results(c.CREATININE)) == 3
        assert held() > others
        del asked
        assert held() == others
    finally:
        gc.enable()


def held() -> int:
    return sum(isinstance(one, History) for one in gc.get_objects())
