"""Appointments being booked, the moment an act takes place, and what an order tells about itself."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.events import DraftOrder
from tests.support import fhir
from tests.support.drawn import name, rows


def one(raw: fhir.Json) -> DraftOrder:
    """The only draft of a call."""
    (draft,) = fhir.record_of(drafts=[raw]).drafts
    return draft


def visit(
    *codes: str, start: str | None = "2026-06-10T08:15:00-04:00", who: str = "Patient/1", **more: Any
) -> fhir.Json:
    """An appointment being booked, as ``appointment-book`` sends it."""
    given = {"id": "v1", "status": "proposed", "serviceType": [fhir.concept(*codes)], "start": start}
    actors = [{"actor": {"reference": "Practitioner/9"}}, {"actor": {"reference": who}}, {"status": "accepted"}]
    return fhir.resource("Appointment", **{**given, "participant": actors, **more})


def test_an_appointment_is_a_draft_of_its_service_with_its_start() -> None:
    draft = one(visit("local|dental-implant"))
    assert (draft.kind, draft.concepts, draft.stops) == ("Appointment", ("dental_implant",), False)
    assert draft.planned is not None
    assert draft.occurs is not None
    assert (draft.planned.first, draft.occurs.clock) == (date(2026, 6, 10), time(8, 15))


def test_an_appointment_with_one_object_for_the_list_of_services() -> None:
    assert one(visit() | {"serviceType": fhir.concept("sct|55162003")}).concepts == ("tooth_extraction",)


@pytest.mark.parametrize("more", [{"who": "Patient/2"}, {"status": "cancelled"}, {"status": "noshow"},
                                  {"status": "entered-in-error"}])  # fmt: skip
def test_another_patients_or_a_withdrawn_appointment_is_none(more: dict[str, Any]) -> None:
    assert not fhir.record_of(drafts=[visit("local|dental-implant", **more)]).drafts


def test_an_appointment_without_a_patient_is_this_ones() -> None:
    assert one(visit("local|dental-implant") | {"participant": []}).concepts == ("dental_implant",)


CLOCKS = """
written                          | clock
---------------------------------+------
2026-06-10T08:59:59+02:00        | 08:59
2026-06-10T09:00:00+02:00        | 09:00
2026-06-10T08:59:00-04:00        | 08:59 # whatever the zone of the server
2026-06-10T23:30:00Z             | 23:30
2026-06-10T08:15                 | 08:15
2026-06-10                       |
2026-06                          |
2026                             |
"""


@pytest.mark.parametrize("row", rows(CLOCKS), ids=name)
def test_the_time_of_day_is_the_one_written(row: dict[str, str]) -> None:
    when = parse_date(row["written"])
    assert when is not None
    assert (when.clock.strftime("%H:%M") if when.clock else "") == row["clock"]


MOMENTS = """
element             | occurs
--------------------+--------------------------
occurrenceDateTime  | 2026-06-10T08:15:00+02:00
scheduledDateTime   | 2026-06-10T08:15:00+02:00
occurrencePeriod    | 2026-06-10T08:15:00+02:00
authoredOn          |
"""


@pytest.mark.parametrize("row", rows(MOMENTS), ids=name)
def test_the_moment_an_order_is_meant_for_is_not_the_moment_of_writing(row: dict[str, str]) -> None:
    moment: Any = "2026-06-10T08:15:00+02:00"
    value = {"start": moment} if row["element"].endswith("Period") else moment
    draft = one(fhir.service("loinc|41171-0", status="draft", **{row["element"]: value}))
    assert draft.planned is not None
    assert (draft.occurs.text if draft.occurs else "") == row["occurs"]


def told(*details: fhir.Json, refers: tuple[str, ...] = ("#f1",), by: str = "supportingInfo") -> DraftOrder:
    """A CTX order with contained details."""
    pointed = [{"reference": name} for name in refers]
    return one(fhir.service("loinc|41171-0", status="draft", contained=list(details), **{by: pointed}))


def detail(**more: Any) -> fhir.Json:
    return fhir.observation("local|fasting-sample", **{"id": "f1", "valueBoolean": False, "on": None, **more})


@pytest.mark.parametrize("by", ["supportingInfo", "supportingInformation"])
def test_an_order_tells_its_own_details(by: str) -> None:
    found = told(detail(), by=by).details
    assert list(found) == ["fasting_sample"]
    assert (found["fasting_sample"].flag, found["fasting_sample"].when.first) == (False, fhir.TODAY)


@pytest.mark.parametrize(
    ("more", "refers"),
    [({"status": "entered-in-error"}, ("#f1",)), ({"status": None}, ("#f1",)), ({}, ("#f2",)), ({}, ()),
     ({"resourceType": "Condition"}, ("#f1",)), ({"code": {"text": "fasting"}}, ("#f1",)), ({"id": 5}, ("#f1",))],
)  # fmt: skip
def test_only_final_details_that_the_order_points_at(more: fhir.Json, refers: tuple[str, ...]) -> None:
    assert told(detail() | more, refers=refers).details == {}


def test_details_are_numbers_concepts_and_flags_and_the_first_of_two_counts() -> None:
    count = fhir.observation("local|exposed-bone-days", "8 wk", id="f2")
    found = told(detail(), count, detail(valueBoolean=True, id="f3"), refers=("#f1", "#f2", "#f3")).details
    days = found["exposed_bone_days"].value
    assert days is not None
    assert (days.value, days.unit, found["fasting_sample"].flag) == (Decimal(56), "d", False)


@pytest.mark.parametrize("wreck", [{"code": 5}, {"status": ["x", "y"], "valueBoolean": "no"}])
def test_a_detail_that_cannot_be_read_is_a_gap_and_the_order_stays(wreck: fhir.Json) -> None:
    record = fhir.record_of(drafts=[fhir.service("loinc|41171-0", status="draft", contained=[detail() | wreck],
                                                 supportingInfo=[{"reference": "#f1"}])])  # fmt: skip
    assert (len(record.drafts), {gap.why for gap in record.gaps}) == (1, {"unreadable"})


@pytest.mark.parametrize("sent", [None, {}, "x", [None], [5]])
def test_whatever_stands_where_details_should(sent: Any) -> None:
    assert one(fhir.service("loinc|41171-0", status="draft") | {"contained": sent}).details == {}


@pytest.mark.parametrize("carrier", ["observation", "form dateTime", "form date"])
def test_a_date_is_a_value(carrier: str) -> None:
    code, day = "exposed-bone-care-start", "2026-04-08"
    if carrier == "observation":
        sent = fhir.observation(f"local|{code}", valueDateTime=day)
    else:
        answer = {"valueDateTime" if carrier.endswith("Time") else "valueDate": day}
        item = [{"linkId": code, "answer": [answer]}]
        given = {"id": "q1", "status": "completed", "subject": fhir.PATIENT, "authored": "2026-06-01", "item": item}
        sent = fhir.resource("QuestionnaireResponse", **given)
    (result,) = fhir.record_of(sent).results("exposed_bone_care_start")
    assert result.moment_value is not None
    assert (result.moment_value.first, result.evidence().value, result.problem) == (date(2026, 4, 8), day, None)


def test_a_date_nobody_can_read_is_no_value() -> None:
    (result,) = fhir.record_of(fhir.observation("local|exposed-bone-care-start", valueDateTime="soon")).results(
        "exposed_bone_care_start"
    )
    assert (result.moment_value, result.evidence().value) == (None, None)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"valueString": "at night"}, True),
        ({"valueString": "  "}, False),
        ({"valueCodeableConcept": {"text": "at night"}}, True),
        ({"valueInteger": 3}, True),
        ({"valueBoolean": False}, True),
        ({"valueDateTime": "2026-05-01"}, True),
        ({"dataAbsentReason": {"text": "unknown"}}, False),
        ({}, False),
    ],
)
def test_whether_anything_is_told_at_all_and_never_its_words(value: fhir.Json, told: bool) -> None:
    (result,) = fhir.record_of(fhir.observation("local|board-pain", **value)).results("board_pain")
    assert result.told is told
    assert "night" not in repr(result)


def test_words_in_a_form_are_an_answer() -> None:
    item = [{"linkId": "board-pain", "answer": [{"valueString": "at night"}]}]
    given = {"id": "q1", "status": "completed", "subject": fhir.PATIENT, "authored": "2026-06-01", "item": item}
    (result,) = fhir.record_of(fhir.resource("QuestionnaireResponse", **given)).results("board_pain")
    assert (result.told, result.problem) == (True, None)


def test_a_coded_order_detail_answers_its_question() -> None:
    coded = [fhir.concept("local|decalcifier-edta"), {"text": "two cores"}, fhir.concept("loinc|41171-0")]
    draft = one(fhir.service("local|bone-biopsy-pathology", status="draft") | {"orderDetail": coded})
    assert {name: found.concepts for name, found in draft.details.items()} == {"decalcifier": ("decalcifier_edta",)}
