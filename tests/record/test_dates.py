"""FHIR dates of any precision: the earliest and the latest day, ages in days, months and completed years."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fhir_mappers.record.dates import add_months, of_day, parse_date, whole_years
from tests.support.drawn import name, rows

READ = """
text                      | first      | last       | precision
--------------------------+------------+------------+----------
2026                      | 2026-01-01 | 2026-12-31 | partial
2026-02                   | 2026-02-01 | 2026-02-28 | partial
2024-02                   | 2024-02-01 | 2024-02-29 | partial
2026-06-03                | 2026-06-03 | 2026-06-03 | day
2026-06-03T23:30:00+02:00 | 2026-06-03 | 2026-06-03 | time       # the civil day as written, not the UTC day
2026-06-03T00:30:00+02:00 | 2026-06-03 | 2026-06-03 | time
2026-06-03T10:00:00Z      | 2026-06-03 | 2026-06-03 | time
2026-06-03T10:00:00.123Z  | 2026-06-03 | 2026-06-03 | time
2026-06-03T10:00:00       | 2026-06-03 | 2026-06-03 | time       # no offset
2026-06-03T10:00          | 2026-06-03 | 2026-06-03 | time       # no seconds
2026-06-03 10:00:00       | 2026-06-03 | 2026-06-03 | time       # a blank for the T
2026-06-03T10:00:00+0200  | 2026-06-03 | 2026-06-03 | time
2026-06-03T23:59:60Z      | 2026-06-03 | 2026-06-03 | time       # leap second
"""


@pytest.mark.parametrize("row", rows(READ), ids=name)
def test_a_date_means_an_earliest_and_a_latest_day(row: dict[str, str]) -> None:
    read = parse_date(row["text"])
    assert read is not None
    assert (str(read.first), str(read.last)) == (row["first"], row["last"])
    assert read.is_day is (row["precision"] != "partial")
    assert read.has_time is (row["precision"] == "time")


def test_blanks_around_a_date_do_not_matter() -> None:
    assert parse_date(" 2026-06-03\n") == of_day(date(2026, 6, 3))


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13", "2026-02-30", "2026-6-3", "26-06-03", "2026-06-03T25:00:00Z", "03/06/2026",
     "2026-06-03T", "0000-01-01", "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00",
     "2026-06-03T10:00:00+25:00"],
)  # fmt: skip
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    assert parse_date(text) is None


AGO = """
text       | day        | youngest | oldest
-----------+------------+----------+-------
2026-05-04 | 2026-06-03 | 30       | 30
2026-06-03 | 2026-06-03 | 0        | 0
2026-06-04 | 2026-06-03 | -1       | -1
2026-05    | 2026-06-03 | 3        | 33
2026       | 2026-06-03 | -211     | 153
"""


@pytest.mark.parametrize("row", rows(AGO), ids=name)
def test_days_are_whole_calendar_days(row: dict[str, str]) -> None:
    read = parse_date(row["text"])
    assert read is not None
    span = read.days_before(date.fromisoformat(row["day"]))
    assert (span.low, span.high, span.unit) == (int(row["youngest"]), int(row["oldest"]), "d")


ORDER = """
one                       | other                | overlap | one is later
--------------------------+----------------------+---------+-------------
2026-06-01                | 2026-06-01           | yes     | no
2026-06-02                | 2026-06-01           | no      | yes
2026-06-01                | 2026-06-02           | no      | no
2026-06-01                | 2026-06-01T10:00:00Z | yes     | no            # a date covers its times
2026-06-01T11:00:00Z      | 2026-06-01T10:00:00Z | no      | yes
2026-06-01T12:00:00+02:00 | 2026-06-01T10:00:00Z | yes     | no            # the same instant
2026-06                   | 2026-06-01           | yes     | no
"""


@pytest.mark.parametrize("row", rows(ORDER), ids=name)
def test_two_dates_that_cannot_be_put_in_order_overlap(row: dict[str, str]) -> None:
    one, other = parse_date(row["one"]), parse_date(row["other"])
    assert one is not None
    assert other is not None
    assert one.overlaps(other) is other.overlaps(one) is (row["overlap"] == "yes")
    assert one.is_later(other) is (row["one is later"] == "yes")


def test_surely_after_takes_the_earliest_reading() -> None:
    june = parse_date("2026-06")
    assert june is not None
    assert june.surely_after(date(2026, 5, 31))
    assert not june.surely_after(date(2026, 6, 1))


def test_a_day_spans_all_its_instants() -> None:
    day = of_day(date(2026, 6, 3))
    assert day.text == "2026-06-03"
    assert day.earliest == datetime(2026, 6, 3, tzinfo=UTC)
    assert day.latest == datetime(2026, 6, 4, tzinfo=UTC) - timedelta(microseconds=1)


MONTHS = """
from       | months | to
-----------+--------+-----------
2024-01-31 | 1      | 2024-02-29
2026-01-31 | 1      | 2026-02-28
2024-06-03 | 24     | 2026-06-03
2024-02-29 | 24     | 2026-02-28
2026-12-15 | 1      | 2027-01-15
2026-03-31 | -1     | 2026-02-28
2026-06-03 | 0      | 2026-06-03
"""


@pytest.mark.parametrize("row", rows(MONTHS), ids=name)
def test_calendar_months(row: dict[str, str]) -> None:
    assert str(add_months(date.fromisoformat(row["from"]), int(row["months"]))) == row["to"]


AGE = """
born       | day        | years
-----------+------------+------
1958-06-03 | 2026-06-03 | 68     # the birthday itself
1958-06-04 | 2026-06-03 | 67
2008-06-03 | 2026-06-03 | 18
2008-06-04 | 2026-06-03 | 17
2008-02-29 | 2026-02-28 | 17     # born on a leap day
2008-02-29 | 2026-03-01 | 18
2026-06-03 | 2026-06-03 | 0
"""


@pytest.mark.parametrize("row", rows(AGE), ids=name)
def test_age_is_in_completed_years(row: dict[str, str]) -> None:
    assert whole_years(date.fromisoformat(row["born"]), date.fromisoformat(row["day"])) == int(row["years"])
