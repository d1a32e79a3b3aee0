"""The simplest questions about facts: what was looked for, what is recent, what is the newest."""

from datetime import date
from decimal import Decimal

import pytest

from fhir_mappers.conventions import default_conventions
from fhir_mappers.record.answer import ABSENT, NOT_FETCHED, UNREADABLE, Answer, Known, Missing
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.events import Event, Measurement, Source
from fhir_mappers.record.facts import OBSERVATIONS, PROCEDURES, REPORTS, Facts, evidence_of
from fhir_mappers.record.quantity import Quantity
from tests.support.drawn import name, rows

TODAY = date(2026, 6, 3)
MONTH = Quantity.of("30 d")


def facts(looked_for: dict[str, str | None] | None = None, *results: Measurement) -> Facts:
    """Facts of a patient whose observations and procedures were searched completely, unless said otherwise."""
    complete: dict[str, str | None] = {OBSERVATIONS: None, PROCEDURES: None}
    by_concept = {what: tuple(m for m in results if m.what == what) for what in {m.what for m in results}}
    return Facts(TODAY, default_conventions(), looked_for=complete | (looked_for or {}), measurements=by_concept)


def day(text: str) -> PartialDate | None:
    """A date of a table; a blank is no date."""
    return parse_date(text) if text else None


def event(when: str, name: str = "e") -> Event:
    """An event of a day."""
    return Event(Source(f"Procedure/{name}"), ("tooth_extraction",), "completed", day(when))


def said(answer: Answer) -> str:
    """``yes``, ``no`` or ``unknown`` with the reasons."""
    if answer.is_unknown:
        return f"unknown {','.join(m.why for m in answer.missing)}"
    return "yes" if answer.is_yes else "no"


LOOKED = """
procedures  | reports     | answer
------------+-------------+-------------------------------
complete    | complete    | no
not-fetched | complete    | unknown not-fetched
complete    | unreadable  | unknown unreadable
not-fetched | unreadable  | unknown not-fetched,unreadable
not-fetched | not-fetched | unknown not-fetched             # one gap, said once
            | complete    | unknown not-fetched             # never heard of: not fetched
"""


@pytest.mark.parametrize("row", rows(LOOKED), ids=name)
def test_absence_means_no_only_where_we_looked(row: dict[str, str]) -> None:
    searched = {PROCEDURES: row["procedures"], REPORTS: row["reports"]}
    known = {kind: None if why == "complete" else why for kind, why in searched.items() if why}
    record = Facts(TODAY, default_conventions(), looked_for=known)
    answer = record.looked(PROCEDURES, REPORTS, what="dental_panoramic_xray")
    assert said(answer) == row["answer"]
    assert {m.what for m in answer.missing} <= {"dental_panoramic_xray"}
    assert said(record.any_of([], PROCEDURES, REPORTS, what="dental_panoramic_xray")) == row["answer"]
    found = record.any_of([event("2026-01-01")], PROCEDURES, REPORTS, what="dental_panoramic_xray")
    assert (said(found), found.evidence[0].resource) == ("yes", "Procedure/e")


def test_a_gap_without_a_word_is_a_gap_all_the_same() -> None:
    answer = facts({PROCEDURES: ""}).looked(PROCEDURES, what="dental_panoramic_xray")
    assert answer.is_unknown
    assert [gap.why for gap in answer.missing] == [ABSENT]


WITHIN = """
when       | low | high | within 30 days
-----------+-----+------+---------------
2026-06-03 | 0   | 0    | yes
2026-05-04 | 30  | 30   | yes
2026-05-03 | 31  | 31   | no
2026-05    | 3   | 33   | unknown
2026-04    | 34  | 63   | no
2026-06    | 0   | 2    | yes            # up to today: the rest of the month is to come
2026       | 0   | 153  | unknown
2025       | 154 | 518  | no
2026-06-04 |     |      | no             # tomorrow
2027       |     |      | no
           |     |      | no
"""


@pytest.mark.parametrize("row", rows(WITHIN), ids=name)
def test_how_long_ago_a_date_of_any_precision_is(row: dict[str, str]) -> None:
    record, when = facts(), day(row["when"])
    span = record.days_since(when)
    assert (str(span.low), str(span.high)) == (row["low"], row["high"]) if span else not row["low"]
    assert record.within(when, MONTH) is {"yes": True, "no": False, "unknown": None}[row["within 30 days"]]


RECENT = """
events              | procedures  | answer
--------------------+-------------+--------------------
                    | complete    | no
                    | not-fetched | unknown not-fetched
2026-05-04          | complete    | yes
2026-05-04          | not-fetched | yes
2026-05-03          | complete    | no
2026-05-03          | not-fetched | unknown not-fetched
2026-05             | complete    | unknown imprecise
undated             | complete    | unknown imprecise
2026-06-30          | complete    | no
undated 2026-05-04  | complete    | yes                 # one sure event settles it
2026-05 2026-04-01  | complete    | unknown imprecise
"""


@pytest.mark.parametrize("row", rows(RECENT), ids=name)
def test_whether_something_happened_recently(row: dict[str, str]) -> None:
    why = None if row["procedures"] == "complete" else row["procedures"]
    events = [event("" if when == "undated" else when) for when in row["events"].split()]
    assert said(facts({PROCEDURES: why}).recent(events, MONTH, PROCEDURES, what="tooth_extraction")) == row["answer"]


LAST = """
events                           | procedures  | last
---------------------------------+-------------+----------------
2026-01-01 2026-03-01 2026-02-01 | complete    | 2026-03-01
2026-03-01 2026-07-01            | complete    | 2026-03-01     # not the one of the future
2026-03-01 undated               | complete    | 2026-03-01
2026-03-01                       | not-fetched | 2026-03-01
undated                          | complete    | absent
                                 | complete    | absent
                                 | not-fetched | not-fetched
"""


@pytest.mark.parametrize("row", rows(LAST), ids=name)
def test_the_last_event_is_the_newest_dated_one(row: dict[str, str]) -> None:
    why = None if row["procedures"] == "complete" else row["procedures"]
    events = [event("" if when == "undated" else when) for when in row["events"].split()]
    reading = facts({PROCEDURES: why}).last(events, PROCEDURES, what="tooth_extraction")
    if isinstance(reading, Known):
        assert (reading.value.when, reading.evidence[0].date) == (day(row["last"]), day(row["last"]))
    else:
        assert reading == Missing("tooth_extraction", row["last"])


def result(text: str, what: str = "weight") -> Measurement:
    """``2026-05-01 70`` with ``provisional``, ``unreadable``, ``true``, ``false`` or concept names after it."""
    when, value, *more = text.split()
    parsed = parse_date(when)
    assert parsed is not None
    number = Quantity(Decimal(value), "kg") if value[0].isdigit() else None
    flag = {"true": True, "false": False}.get(value)
    concepts = (value,) if number is None and flag is None else ()
    problem = UNREADABLE if "unreadable" in more else None
    provisional = "provisional" in more
    source = Source(f"Observation/{value}")
    return Measurement(
        source, what, parsed, None if problem else number, number, provisional, None, concepts, flag, problem=problem
    )


NEWEST = """
results                                                | window | newest
-------------------------------------------------------+--------+------------
2026-05-01 70, 2026-05-20 71                           |        | 71
2026-05-20 71, 2026-05-01 70                           |        | 71           # in whatever order
2026-05-01 70, 2026-07-01 75                           |        | 70           # not of the future
2026-05-01 70, 2026-05-20 71 provisional               |        | 70           # preliminary is passed over
2026-05-20 71 provisional                              |        | absent
2026-05-01 70, 2026-05-20 71 unreadable                |        | unreadable   # never skipped for an older one
2026-05-04 70                                          | 30 d   | 70
2026-05-03 70                                          | 30 d   | too-old
2026-05 70                                             | 30 d   | imprecise
2026-05 70                                             |        | 70
                                                       |        | absent
"""


@pytest.mark.parametrize("row", rows(NEWEST), ids=name)
def test_the_newest_result(row: dict[str, str]) -> None:
    results = [result(text) for text in row["results"].split(", ") if text]
    window = Quantity.of(row["window"]) if row["window"] else None
    reading = facts(None, *results).latest("weight", within=window)
    if isinstance(reading, Known):
        assert reading.value.value is not None
        assert str(reading.value.value.value) == row["newest"]
    else:
        assert (reading.what, reading.why) == ("weight", row["newest"])
        assert (reading.last is None) == (row["newest"] == "absent")


def test_results_that_were_not_fetched_are_not_absent() -> None:
    assert facts({OBSERVATIONS: NOT_FETCHED}).latest("weight") == Missing("weight", NOT_FETCHED)


def test_all_results_come_newest_first_with_those_that_cannot_be_used() -> None:
    texts = ("2026-05-01 70", "2026-05-20 71 provisional", "2026-05-10 72 unreadable", "2026-07-01 73")
    record = facts(None, *(result(text) for text in texts))
    assert [m.source.resource for m in record.results("weight")] == [
        "Observation/71",
        "Observation/72",
        "Observation/70",
    ]
    assert record.results("height") == ()


JUDGED = """
results                                            | coded               | flagged
---------------------------------------------------+---------------------+--------------------
                                                   | no                  | no
2026-05-20 oligometastatic                         | yes                 | no
2026-05-20 multimetastatic                         | no                  | no
2026-05-01 oligometastatic, 2026-05-20 multimetastatic | no              | no
2026-01-01 oligometastatic                         | no                  | no       # too old for a window of 30 d
2026-05 oligometastatic                            | unknown imprecise   | no
2026-05-20 oligometastatic unreadable              | unknown unreadable  | unknown unreadable
2026-05-20 true                                    | no                  | yes
2026-05-20 false                                   | no                  | no
2026-05-01 true, 2026-05-20 false                  | no                  | no       # the newest word counts
?                                                  | unknown not-fetched | unknown not-fetched
"""


@pytest.mark.parametrize("row", rows(JUDGED), ids=name)
def test_coded_and_boolean_results(row: dict[str, str]) -> None:
    texts = [] if row["results"] == "?" else [text for text in row["results"].split(", ") if text]
    lost = {OBSERVATIONS: NOT_FETCHED} if row["results"] == "?" else None
    record = facts(lost, *(result(text, "disease_extent") for text in texts))
    assert said(record.coded("disease_extent", "oligometastatic", within=MONTH)) == row["coded"]
    assert said(record.flagged("disease_extent")) == row["flagged"]


def test_freshness_of_a_reading() -> None:
    record = facts()
    assert said(record.fresh(Missing("x", ABSENT), MONTH)) == "no"
    assert said(record.fresh(Missing("x", NOT_FETCHED), MONTH)) == "unknown not-fetched"
    for when, answer in (("2026-05-04", "yes"), ("2026-05-03", "no"), ("2026-05", "unknown imprecise")):
        assert said(record.fresh(Known(event(when), (event(when).evidence(),)), MONTH)) == answer
    assert said(record.fresh(Known(event(""), ()), MONTH)) == "unknown unreadable"


def test_events_as_evidence_keep_their_resource_and_day() -> None:
    (proof,) = evidence_of([event("2026-01-01", "42")], "extraction")
    assert (proof.resource, proof.what, proof.date, proof.value) == (
        "Procedure/42", "extraction", parse_date("2026-01-01"), "completed",
    )  # fmt: skip
