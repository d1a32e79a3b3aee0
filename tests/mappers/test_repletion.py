"""Levels in the unit they were reported in, and what the vitamin D taken since a sample amounts to (P6, P14)."""

from typing import Any

import pytest

from fhir_mappers.record import concepts as c
from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.repletion import Course, Level, Loading
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.vitamins import handed_out, level, loading, told, took

WEEKLY, FORTNIGHTLY = Quantity.of("50000 [iU]"), Quantity.of("100000 [iU]")
SAMPLE = parse_date(ago(60))
assert SAMPLE is not None

LEVELS = """
level         | limit         | reaches | exceeds | beside
--------------+---------------+---------+---------+----------
30.0 ng/mL    | 30 ng/mL, 75  | yes     | no      | ng/mL      # 74.88 nmol/L once converted
29.9 ng/mL    | 30 ng/mL, 75  | no      | no      | ng/mL
30.01 ng/mL   | 30 ng/mL, 75  | yes     | yes     | ng/mL
74.9 nmol/L   | 30 ng/mL, 75  | no      | no      | nmol/L     # 30.01 ng/mL once converted
75.0 nmol/L   | 30 ng/mL, 75  | yes     | no      | nmol/L
75.1 nmol/L   | 30 ng/mL, 75  | yes     | yes     | nmol/L
30 ug/L       | 30 ng/mL, 75  | yes     | no      | ng/mL
29.99 ug/L    | 30 ng/mL, 75  | no      | no      | ng/mL
3000 ng/dL    | 30 ng/mL, 75  | yes     | no      | ng/mL
2999 ng/dL    | 30 ng/mL, 75  | no      | no      | ng/mL
75000 pmol/L  | 30 ng/mL, 75  | yes     | no      | nmol/L
74999 pmol/L  | 30 ng/mL, 75  | no      | no      | nmol/L
20.0 ng/mL    | 20 ng/mL, 50  | yes     | no      | ng/mL
49.99 nmol/L  | 20 ng/mL, 50  | no      | no      | nmol/L
<10 ng/mL     | 10 ng/mL, 25  | no      | no      | ng/mL      # just below the floor of the assay
>10 ng/mL     | 10 ng/mL, 25  | yes     | yes     | ng/mL
<4 ng/mL      | 10 ng/mL, 25  | no      | no      | ng/mL
150 ng/mL     | 150 ng/mL, 375 | yes    | no      | ng/mL
150.1 ng/mL   | 150 ng/mL, 375 | yes    | yes     | ng/mL
>150 ng/mL    | 150 ng/mL, 375 | yes    | yes     | ng/mL      # the ceiling of the assay
375 nmol/L    | 150 ng/mL, 375 | yes    | no      | nmol/L
375.1 nmol/L  | 150 ng/mL, 375 | yes    | yes     | nmol/L
"""


def measured(said: str) -> Measurement:
    (result,) = level(Bedside(), said).record().results(c.VITAMIN_D)
    assert result.value is not None, result.problem
    return result


@pytest.mark.parametrize("row", rows(LEVELS), ids=name)
def test_a_level_is_compared_in_the_unit_it_was_reported_in(row: dict[str, str]) -> None:
    mass, molar = row["limit"].split(", ")
    limit, result = Level(Quantity.of(mass), Quantity.of(f"{molar} nmol/L")), measured(row["level"])
    assert (limit.reached_by(result), limit.exceeded_by(result)) == (row["reaches"] == "yes", row["exceeds"] == "yes")
    assert limit.beside(result).unit == row["beside"]


def test_a_course_is_for_levels_below_its_limit_or_at_it() -> None:
    limit = Level(Quantity.of("20 ng/mL"), Quantity.of("50 nmol/L"))
    open_ended, closed = (Course(limit, at, True, 3, WEEKLY, Quantity.of("7 d")) for at in (False, True))
    fits = [(open_ended.fits(measured(said)), closed.fits(measured(said))) for said in ("19.9 ng/mL", "20 ng/mL")]
    assert fits == [(True, True), (False, True)]
    assert not closed.fits(measured("50.1 nmol/L"))


def doses(bedside: Bedside, each: Quantity = WEEKLY) -> int:
    assert SAMPLE is not None
    return bedside.record().loading_doses(each, SAMPLE)


def ordered(count: int | None = 8, dose: str | None = "50000 [iU]", day: int = 59) -> tuple[Bedside, str]:
    bedside = Bedside().ordered("cholecalciferol", ago(day), dose, every="7 d", count=count)
    return bedside, f"MedicationRequest/{bedside.resources['medicationRequests'][-1]['id']}"


def test_doses_given_count_from_the_day_of_the_sample_on() -> None:
    assert doses(Bedside()) == 0
    assert doses(took(Bedside(), 3)) == 3
    assert doses(took(Bedside(), 1, first=60)) == 1
    assert doses(took(Bedside(), 1, first=61)) == 0
    assert doses(took(Bedside(), 2, status="not-done")) == 0
    assert doses(Bedside().given("cholecalciferol", ago(60)[:7], "50000 [iU]")) == 0, "may be before the sample"


def test_larger_and_smaller_portions_count_by_what_they_contain() -> None:
    assert doses(took(Bedside(), 1, "100000 [iU]")) == 2
    assert doses(took(Bedside(), 8), FORTNIGHTLY) == 4
    assert doses(took(Bedside(), 49, "1000 [iU]")) == 0
    assert doses(took(Bedside(), 1, "1250 ug")) == 1
    assert doses(took(Bedside(), 2, "50000 UI", product="ergocalciferol")) == 2
    assert doses(took(Bedside(), 4, "50000 [iU]", product="calcium and vitamin d")) == 0


def test_a_dose_without_amount_counts_by_its_order_only() -> None:
    assert doses(took(Bedside(), 2, "")) == 0
    bedside, order = ordered()
    assert doses(took(bedside, 2, "", request={"reference": order})) == 2


HANDED_OUT = """
pieces      | each       | doses
------------+------------+------
8 ampoule   |            | 8      # P14: eight ampoules are eight doses
8 ampoules  | 50000 [iU] | 8
2 ampoule   | 100000 [iU] | 4
8 {ampoule} |            | 8
8 1         | 50000 [iU] | 8
8           | 50000 [iU] | 8
8           |            | 0      # neither how strong nor what kind of piece
30 tablet   |            | 0
30 tablet   | 800 [iU]   | 0      # 24,000 IU
4 vial      | 50000 [iU] | 4
10 mL       | 50000 [iU] | 0      # a bottle of drops is no count of doses
200 ampoule |            | 0
            | 50000 [iU] | 1
"""


@pytest.mark.parametrize("row", rows(HANDED_OUT), ids=name)
def test_pieces_handed_out_count_as_doses(row: dict[str, str]) -> None:
    assert doses(handed_out(Bedside(), row["pieces"], each=row["each"] or None)) == int(row["doses"])
    assert doses(handed_out(Bedside(), row["pieces"], each=row["each"] or None, status="cancelled")) == 0


def test_what_one_order_had_handed_out_and_given_counts_once() -> None:
    bedside, order = ordered()
    handed_out(bedside, "8 1", of=order)
    assert doses(bedside) == 8, "a strength that is not told is that of the order"
    assert doses(took(bedside, 5, request={"reference": order})) == 8
    assert doses(took(bedside, 2, first=20)) == 10


def test_what_the_patient_reports_counts_a_completed_course_in_full() -> None:
    assert doses(told(Bedside(), "50000 [iU]")) == 1
    assert doses(told(Bedside(), "50000 [iU]", count=8)) == 1, "still being taken"
    assert doses(told(Bedside(), "50000 [iU]", count=8, status="completed")) == 8
    assert doses(told(Bedside(), "50000 [iU]", status="not-taken")) == 0
    assert doses(Bedside().stated("cholecalciferol", ago(40))) == 0


RUNNING = """
dose         | every | count | typed | running
-------------+-------+-------+-------+--------
50000 [iU]   | 7 d   | 8     |       | yes
50000 [iU]   | 30 d  | 8     |       | yes
49000 [iU]   | 7 d   | 8     |       | no
50000 [iU]   | 15 d  |       |       | yes      # without an end, but no maintenance rhythm
50000 [iU]   | 16 d  |       |       | no
50000 [iU]   |       |       |       | no
50000 [iU]   | 30 d  | 1     |       | no       # one dose
             | 7 d   | 8     |       | no
             |       |       | yes   | yes      # the order says so itself
"""


@pytest.mark.parametrize("row", rows(RUNNING), ids=name)
def test_a_loading_course_is_told_by_its_type_or_by_dose_and_number(row: dict[str, str]) -> None:
    assert SAMPLE is not None
    rule = Loading(WEEKLY, Quantity.of("15 d"))
    said: dict[str, Any] = loading(int(row["count"] or 0) or None, typed=row["typed"] == "yes")
    said |= {"every": row["every"]} if row["every"] else {}
    on_file = Bedside().ordered("cholecalciferol", ago(59), row["dose"] or None, **said)
    drafted = Bedside().drafts_order("cholecalciferol", row["dose"] or None, **said)
    for bedside in (on_file, drafted):
        assert bedside.record().loading_running(rule, SAMPLE).is_yes == (row["running"] == "yes")
    earlier = Bedside().ordered("cholecalciferol", ago(61), row["dose"] or None, **said)
    ended = Bedside().ordered("cholecalciferol", ago(59), row["dose"] or None, status="completed", **said)
    assert earlier.record().loading_running(rule, SAMPLE).is_no
    assert ended.record().loading_running(rule, SAMPLE).is_no


def test_orders_that_were_not_sent_leave_a_running_course_unknown() -> None:
    assert SAMPLE is not None
    record = Bedside().without("medicationRequests").record()
    assert record.loading_running(Loading(WEEKLY, Quantity.of("15 d")), SAMPLE).is_unknown
