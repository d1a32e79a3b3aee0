"""Codes and units that no rule can use: counted per day, summed across processes, and no text in them."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from cds_service.clients import Caller, Client
from cds_service.site import sightings
from cds_service.site.sightings import KEPT, UNIT, UNMAPPED, Sighting, Sightings, counted, seen_in
from cds_service.store.engine import Database, Unavailable
from fhir_mappers.record.answer import ABSENT, UNIT_MISSING, UNIT_UNKNOWN, Evidence, Missing
from fhir_mappers.record.events import Unmatched
from hooks.evaluate import Finding
from tests.site.log import DAY
from tests.site.policies import ask, parts

CALLER = Caller(Client("ehr"), "north")
CODE = Unmatched("medications", "urn:drugs", "4711", ("zoledronic_acid_4mg", "zoledronic_acid"))


def finding(*missing: Missing) -> Finding:
    from msgspec.structs import replace

    found = ask("lung-zol-clearance-42", parts()).findings.all[0]
    return replace(found, verdict=replace(found.verdict, missing=missing))


def gap(why: str, unit: str | None) -> Missing:
    return Missing("creatinine_serum", why, Evidence("Observation/1", "creatinine_serum", unit=unit))


@pytest.fixture
def counts(database: Database) -> Iterator[Sightings]:
    made = Sightings(database)
    yield made
    made.close()


def kept(database: Database, **more: object) -> list[tuple[str, str, str, str, str, int]]:
    with database.reading() as connection:
        found = counted(connection, DAY - timedelta(days=500), DAY + timedelta(days=9), **more)  # type: ignore[arg-type]  # a client by name
    return sorted((one.kind, one.about, one.concept, one.system, one.code, seen) for one, seen in found.items())


def test_a_call_tells_its_codes_and_units() -> None:
    gaps = (gap(UNIT_UNKNOWN, " mg / dl "), gap(UNIT_UNKNOWN, "mg/dl"), gap(UNIT_MISSING, None), gap(ABSENT, "kg"))
    found = set(seen_in([CODE], [finding(*gaps), finding(*gaps)], CALLER, DAY))
    whose = (DAY, "ehr", "north")
    assert found == {
        Sighting(*whose, UNMAPPED, "medications", "zoledronic_acid_4mg", "urn:drugs", "4711"),
        Sighting(*whose, UNIT, "", "creatinine_serum", "", "mg/dl"),
        Sighting(*whose, UNIT, "", "creatinine_serum", "", "(none)"),
    }


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("µmol/L", "µmol/L"),
        ("mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
        ("10*9/L", "10*9/L"),
        ("voir Mme Dupont, née 1950", "(other)"),
        ("u" * 25, "(other)"),
        ("", "(none)"),
    ],
)
def test_a_unit_is_told_only_when_it_looks_like_one(unit: str, told: str) -> None:
    assert [one.code for one in seen_in((), [finding(gap(UNIT_UNKNOWN, unit))], CALLER, DAY)] == [told]


def test_counts_are_summed_in_the_table(database: Database, counts: Sightings) -> None:
    seen = ([CODE], [finding(gap(UNIT_UNKNOWN, "mg%"))], CALLER, DAY)
    for _ in range(3):
        counts.note(*seen)
    assert counts.flush()
    counts.note(*seen)
    assert counts.flush()
    assert counts.flush()  # nothing left
    assert kept(database) == [
        (UNMAPPED, "medications", "zoledronic_acid_4mg", "urn:drugs", "4711", 4),
        (UNIT, "", "creatinine_serum", "", "mg%", 4),
    ]
    assert kept(database, client="other") == []


def test_two_processes_add_up(database: Database) -> None:
    one, other = Sightings(database), Sightings(database)
    seen = ([CODE], (), CALLER, DAY)
    writers = [threading.Thread(target=lambda w=w: (w.note(*seen), w.flush())) for w in (one, other, one, other)]  # type: ignore[misc]  # each its own
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    one.close()
    other.close()
    assert [row[-1] for row in kept(database)] == [4]


def test_days_and_tenants_are_summed_and_old_ones_forgotten(database: Database, counts: Sightings) -> None:
    for day, tenant in ((DAY, "a"), (DAY, "b"), (DAY - timedelta(days=1), "a"), (DAY - KEPT - timedelta(days=1), "a")):
        counts.note([CODE], (), Caller(Client("ehr"), tenant), day)
    counts.flush()
    assert [row[-1] for row in kept(database)] == [3]


def test_what_cannot_be_written_waits(database: Database, counts: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(work: object) -> None:
        raise Unavailable("it is away")

    counts.note([CODE], (), CALLER, DAY)
    with monkeypatch.context() as away:
        away.setattr(database, "write", fails)
        assert not counts.flush()
    assert kept(database) == []
    assert counts.flush()
    assert [row[-1] for row in kept(database)] == [1]


def test_a_flood_of_codes_is_bounded(database: Database, counts: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "_MOST", 3)
    for number in range(9):
        counts.note([Unmatched("tests", "s", f"K{number}", ("creatinine_serum",))], (), CALLER, DAY)
    counts.note([Unmatched("tests", "s", "K0", ("creatinine_serum",))], (), CALLER, DAY)
    counts.flush()
    assert [(row[4], row[5]) for row in kept(database)] == [("K0", 2), ("K1", 1), ("K2", 1)]


def test_a_thread_writes_without_being_asked(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "_EVERY_S", 0.01)
    counts = Sightings(database)
    written = threading.Event()
    real = counts.flush
    monkeypatch.setattr(counts, "flush", lambda: (real(), written.set())[0])
    counts.note([CODE], (), CALLER, DAY)
    assert written.wait(30)
    counts.close()
    assert [row[-1] for row in kept(database)] == [1]
    assert date.today() >= date(2020, 1, 1)


def test_a_forked_process_begins_anew(database: Database, counts: Sightings) -> None:
    counts.note([CODE], (), CALLER, DAY)
    counts.forget()
    assert counts.flush()
    assert kept(database) == []
