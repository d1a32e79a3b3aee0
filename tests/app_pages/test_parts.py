"""The smaller parts of the page: whose it is, the time axis, the course."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from cds_service.app_pages.lanes import course, days_of
from cds_service.app_pages.page import Links, patient_page
from cds_service.app_pages.rhythm import next_doses
from cds_service.app_pages.series import Course, axis
from cds_service.app_pages.who import who
from cds_service.app_pages.words import page_words
from tests.app_pages.seen import numbers, record_of, speaker, viewed
from tests.support.bedside import TODAY, Bedside
from tests.support.drawn import name, rows

PATIENT = {"resourceType": "Patient", "id": "p1"}
NAMES: list[tuple[Any, str]] = [
    ([{"family": "Durand", "given": ["Anne", "Marie"]}], "Anne Marie DURAND"),
    ([{"use": "maiden", "family": "Petit"}, {"use": "official", "family": "Durand"}], "DURAND"),
    ([{"use": "usual", "family": "Petit"}, {"use": "official", "family": "Durand"}], "DURAND"),
    ([{"text": "Anne Durand"}], "Anne Durand"),
    ([{"given": ["Anne", 5]}], "Anne"),
    ([{"family": 5, "text": 6}], ""),
    (["Durand", None], ""),
    ("Durand", ""),
    (None, ""),
    ([{"family": "x" * 500}], "X" * 120),
]


@pytest.mark.parametrize(("sent", "shown"), NAMES)
def test_the_name_is_taken_as_it_comes(sent: object, shown: str) -> None:
    body = json.dumps({**PATIENT, "name": sent}).encode()
    assert who(body, "p1", record_of(Bedside()), speaker()).name == shown


@pytest.mark.parametrize("sent", [None, b"", b"{", b"[]", b'{"resourceType": "Observation", "name": [{"family": "X"}]}',
                                  b'{"resourceType": "Bundle", "entry": [5, {"resource": 6}]}', b"[" * 100_000])  # fmt: skip
def test_without_a_patient_there_is_no_name(sent: bytes | None) -> None:
    assert who(sent, "p1", record_of(Bedside()), speaker()).name == ""


def test_the_patient_may_come_in_a_bundle() -> None:
    body = {"resourceType": "Bundle", "entry": [{"resource": {**PATIENT, "name": [{"family": "Durand"}]}}]}
    assert who(json.dumps(body).encode(), "p1", record_of(Bedside()), speaker()).name == "DURAND"


BORN = """
    born       | shown       | age
    -----------+-------------+----
    1956-06-03 | 3 Jun 1956  | 70
    1956-06-04 | 4 Jun 1956  | 69
    1956       | 1956        |       # 69 or 70
    1955-06    | 1955-06     |       # 70 or 71, though it will be known tomorrow
"""


@pytest.mark.parametrize("row", rows(BORN), ids=name)
def test_an_age_is_shown_only_where_it_is_known(row: dict[str, str]) -> None:
    shown = who(None, "p1", record_of(Bedside().person(born=row["born"])), speaker())
    assert (shown.born, shown.age) == (row["shown"], row["age"])


AXES = """
    days                   | first      | last
    -----------------------+------------+-----------
                           | 2025-12-02 | 2026-07-18   # half a year back, six weeks ahead
    2026-05-01             | 2025-12-02 | 2026-07-18
    2025-06-03             | 2025-05-20 | 2026-07-18
    2010-01-01             | 2023-06-01 | 2026-07-18   # no more than three years
    2026-08-01             | 2025-12-02 | 2026-08-15
    2030-01-01             | 2025-12-02 | 2026-12-03   # no more than half a year ahead
    0001-01-01 9999-12-31  | 2023-06-01 | 2026-12-03
"""


@pytest.mark.parametrize("row", rows(AXES), ids=name)
def test_the_axis_holds_what_there_is_within_bounds(row: dict[str, str]) -> None:
    days = [date.fromisoformat(day) for day in row["days"].split()]
    found = axis(days, TODAY, "en")
    assert (found.first.isoformat(), found.last.isoformat()) == (row["first"], row["last"])
    assert found.shows(TODAY)
    assert not found.shows(found.last + timedelta(days=1))


def seen(bedside: Bedside) -> Course:
    record = record_of(bedside)
    shared = axis(days_of(record, ()), TODAY, "en")
    return course(record, shared, next_doses(record, numbers()), (), speaker(), page_words("en"))


def test_doses_orders_and_the_days_when_the_next_is_due_and_late() -> None:
    bedside = Bedside().ordered("xgeva", "2026-01-05", "120 mg", every="28 d")
    for day in ("2026-03-01", "2026-03-29", "2026-04-26"):
        bedside.given("xgeva", day, "120 mg")
    (lane,) = seen(bedside).lanes
    assert lane.name == "Denosumab"
    assert [(mark.day.isoformat(), mark.label) for mark in lane.marks] == [
        ("2026-03-01", "120 mg"),
        ("2026-03-29", "120 mg"),
        ("2026-04-26", "120 mg"),
    ]
    assert [(one.kind, one.first.isoformat(), one.last.isoformat()) for one in lane.stretches] == [
        ("order", "2026-01-05", "2026-06-03"),
        ("due", "2026-05-24", "2026-06-01"),
        ("late", "2026-06-01", "2026-06-03"),
    ]
    (table,) = seen(bedside).tables
    assert [row[2] for row in table.rows] == ["28", "28", "–"]


def test_doses_of_other_products_and_without_a_day_are_told_as_they_are() -> None:
    bedside = Bedside().given("aclasta", "2025-09", "5 mg").given("zometa", "2026-05-01")
    course_ = seen(bedside)
    assert [lane.name for lane in course_.lanes] == ["Zoledronic acid"]
    assert [tuple(row[:3]) for row in course_.tables[0].rows] == [
        ("1 May 2026", "dose not told", "–"),
        ("2025-09", "5 mg", "–"),
    ]
    assert seen(Bedside().given("zometa", "2026-06-04")).lanes == ()  # tomorrow


def test_an_order_that_ended_is_drawn_to_its_end() -> None:
    ended = seen(
        Bedside().ordered(
            "xgeva", "2026-01-05", status="stopped", dispenseRequest={"validityPeriod": {"end": "2026-03-01"}}
        )
    )
    assert ended.lanes[0].stretches[0].last <= TODAY
    open_ended = seen(Bedside().ordered("xgeva", "2026-01-05", status="stopped"))
    assert open_ended.lanes[0].stretches[0].last == date(2026, 1, 5)


def test_zoledronic_acid_is_due_and_never_late() -> None:
    bedside = Bedside().ordered("zometa", "2026-01-05", "4 mg", every="28 d").given("zometa", "2026-04-01", "4 mg")
    kinds = [one.kind for one in seen(bedside).lanes[0].stretches]
    assert kinds == ["order", "due"]


EVENTS = """
    what                        | how       | lane   | word
    ----------------------------+-----------+--------+--------------------------------------
    pathological_fracture_neoplastic | problem   | Events | pathological fracture or collapse
    spinal_cord_compression     | problem   | Events | cord compression
    hypercalcaemia              | problem   | Events | hypercalcaemia
    onj_drug_induced            | problem   | Events | exposed bone or osteonecrosis of the jaw
    bone_metastasis             | problem   | Events | bone metastasis or myeloma on record
    bone_radiotherapy           | procedure | Events | radiotherapy
    spine_surgery               | procedure | Events | bone surgery
    bone_reevaluation           | procedure | Events | specialist review
    dental_examination          | procedure | Mouth  | dental examination
    tooth_extraction            | procedure | Mouth  | tooth extraction
    dental_panoramic_xray       | procedure | Mouth  | panoramic X-ray
"""


@pytest.mark.parametrize("row", rows(EVENTS), ids=name)
def test_events_have_their_row_and_their_word(row: dict[str, str]) -> None:
    bedside, what = Bedside(), row["what"]
    bedside.ill(what, "2026-04-01") if row["how"] == "problem" else bedside.done(what, "2026-04-01")
    found = seen(bedside)
    assert [lane.name for lane in found.lanes] == [row["lane"]]
    assert found.tables[0].rows[0][:2] == ("1 Apr 2026", row["word"])


def test_what_was_not_done_is_no_event() -> None:
    bedside = Bedside().done("tooth_extraction", "2026-04-01", status="not-done").done("tooth_extraction", "2026-06-04")
    assert seen(bedside.done("tooth_extraction", None)).lanes == ()


def test_dates_at_the_end_of_all_calendars_do_no_harm() -> None:
    bedside = Bedside().ordered("xgeva", "0001-01-01", "120 mg", every="28 d").given("xgeva", "0001-01-01", "120 mg")
    bedside.given("zometa", "9999-12-31", "4 mg").observed("creatinine_serum", "80 umol/L @ 0001-01-01")
    bedside.observed("calcium_total", "2.3 mmol/L @ 9999-12-31").done("dental_examination", "0001-01-01")
    bedside.ordered("zometa", "9999-12-31", "4 mg", every="28 d")
    view = viewed(bedside)
    assert patient_page(view, Links())
    assert view.axis.first.year == 2023
