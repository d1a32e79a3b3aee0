"""Observations and form answers: units, statuses, dates, coded values, and what is known to be unusable."""

from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.record.answer import (
    ABSENT,
    IMPLAUSIBLE,
    IMPRECISE,
    UNIT_MISSING,
    UNIT_UNKNOWN,
    UNREADABLE,
)
from fhir_mappers.record.events import Measurement
from fhir_mappers.record.quantity import Quantity
from tests.support import fhir
from tests.support.drawn import name, rows


def measured(sent: fhir.Json, concept: str) -> Measurement:
    (result,) = fhir.record_of(sent).measurements[concept]
    return result


VALUES = rows(
    """
    loinc   | value         | concept          | house            | problem
    --------+---------------+------------------+------------------+-------------
    2160-0  | 7.10 mg/dL    | creatinine_serum | 627.64 umol/L    |
    2160-0  | 80 umol/L     | creatinine_serum | 80 umol/L        |                # the unit decides, not the code
    2160-0  | 80 µmol/l     | creatinine_serum | 80 umol/L        |
    2160-0  | 80.0 umol/L   | creatinine_serum | 80.0 umol/L      |
    14682-9 | 9 mg/L        | creatinine_serum | 79.56 umol/L     |
    2160-0  | 80 furlong    | creatinine_serum |                  | unit-unknown
    2160-0  | 99999 umol/L  | creatinine_serum |                  | implausible
    2160-0  | -5 umol/L     | creatinine_serum |                  | implausible
    29463-7 | 70 kg         | body_weight      | 70 kg            |
    29463-7 | 70500 g       | body_weight      | 70.5 kg          |
    75327-7 | 30 wk         | life_expectancy  | 7 mo             |
    """
)


@pytest.mark.parametrize("row", VALUES, ids=name)
def test_values_in_house_units(row: dict[str, str]) -> None:
    result = measured(fhir.observation(f"loinc|{row['loinc']}", row["value"]), row["concept"])
    number, unit = row["value"].split(" ")
    assert result.raw == Quantity(Decimal(number), unit)
    assert str(result.raw.value if result.raw else "") == number
    assert (result.problem or "") == row["problem"]
    assert (str(result.value) if result.value else "") == row["house"]
    assert result.when.text == "2026-06-01"
    assert result.source.resource == "Observation/o1"


SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"valueQuantity": {"value": 80}}, {"problem": UNIT_MISSING}),
    ({"valueQuantity": {"value": 80, "unit": "umol/L"}}, {"value": Quantity(Decimal(80), "umol/L")}),
    ({"valueQuantity": {"value": 80, "code": "umol/L"}}, {"raw": Quantity(Decimal(80), "umol/L")}),
    ({"valueQuantity": {"value": 1, "unit": "mg/dL", "code": "umol/L"}}, {"problem": UNIT_UNKNOWN}),
    ({"valueQuantity": {"value": 80, "unit": "umol/L", "comparator": "<"}}, {"comparator": "<", "problem": None}),
    ({"valueQuantity": {"value": 80, "unit": "umol/L", "comparator": "~"}}, {"problem": UNREADABLE, "value": None}),
    ({"valueQuantity": {"unit": "umol/L"}}, {"problem": UNREADABLE, "raw": None}),
    ({"valueQuantity": {"value": "NaN", "unit": "umol/L"}}, {"problem": UNREADABLE, "raw": None}),
    ({"valueQuantity": {"value": "sNaN", "unit": "umol/L"}}, {"problem": UNREADABLE, "raw": None}),
    ({"valueQuantity": {"value": Decimal("1E+400"), "unit": "umol/L"}}, {"problem": IMPLAUSIBLE}),
    ({"valueQuantity": {"value": 10**60, "unit": "umol/L"}}, {"problem": IMPLAUSIBLE, "raw": None}),
    ({"valueString": "haemolysed"}, {"problem": UNREADABLE, "raw": None}),
    ({"valueInteger": 80}, {"problem": UNIT_MISSING}),
    ({"valueCodeableConcept": {"text": "high"}}, {"problem": UNREADABLE}),
    ({"dataAbsentReason": {"text": "error"}}, {"problem": ABSENT, "value": None}),
    ({"valueQuantity": {"unit": "umol/L"}, "dataAbsentReason": {"text": "?"}}, {"problem": ABSENT}),
    ({}, {"problem": UNREADABLE}),
]


@pytest.mark.parametrize(("value", "expected"), SHAPES)
def test_what_stands_where_a_number_should(value: dict[str, Any], expected: dict[str, Any]) -> None:
    result = measured(fhir.observation(fhir.CREATININE, **value), "creatinine_serum")
    assert {key: getattr(result, key) for key in expected} == expected


STATUSES = [("final", False), ("amended", False), ("corrected", False), ("preliminary", True), ("FINAL", False)]


@pytest.mark.parametrize(("status", "provisional"), STATUSES)
def test_usable_statuses(status: str, provisional: bool) -> None:
    sent = fhir.observation(fhir.CREATININE, "80 umol/L", status=status)
    assert measured(sent, "creatinine_serum").provisional is provisional


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered", "unknown"])
def test_statuses_as_if_absent(status: str) -> None:
    record = fhir.record_of(fhir.observation(fhir.CREATININE, "80 umol/L", status=status))
    assert not record.measurements
    assert not record.gaps
    assert record.looked_for["observations"] is None


@pytest.mark.parametrize("status", [None, ""])
def test_without_a_status_nobody_knows_whether_it_counts(status: str | None) -> None:
    record = fhir.record_of(fhir.observation(fhir.CREATININE, "80 umol/L", status=status))
    assert not record.measurements
    assert record.looked_for["observations"] == UNREADABLE


DATES = [
    ({"effectiveDateTime": "2026-05"}, "2026-05"),
    ({"effectiveDateTime": "2026-05-01T08:15:00.123-04:00"}, "2026-05-01T08:15:00.123-04:00"),
    ({"effectiveDateTime": "2026-05-01T08:15:60Z"}, "2026-05-01T08:15:60Z"),
    ({"effectiveDateTime": "2026-W18-5", "issued": "2026-05-03T10:00:00Z"}, "2026-05-03T10:00:00Z"),
    ({"effectivePeriod": {"start": "2026-04-30", "end": "2026-05-01"}}, "2026-05-01"),
    ({"effectivePeriod": {"start": "2026-04-30"}}, "2026-04-30"),
    ({"effectiveInstant": "2026-05-02T10:00:00Z"}, "2026-05-02T10:00:00Z"),
    ({"issued": "2026-05-03T10:00:00Z"}, "2026-05-03T10:00:00Z"),
    ({"effectiveDateTime": "yesterday", "issued": "2026-05-03"}, "2026-05-03"),
    ({"effectiveDateTime": "2026-05-01T08:15:00.1234567Z"}, "2026-05-01T08:15:00.1234567Z"),
]


@pytest.mark.parametrize(("dates", "expected"), DATES)
def test_when(dates: dict[str, Any], expected: str) -> None:
    sent = fhir.observation(fhir.CREATININE, "80 umol/L", **{"on": None, **dates})
    assert measured(sent, "creatinine_serum").when.text == expected


@pytest.mark.parametrize(
    "date",
    [None, "yesterday", "2026-13-01", "2026-02-30T10:00:00Z", "20260501", "0001-01-01T00:00:00+14:00", "2026-05-01T10"],
)
def test_a_result_without_a_date_is_a_gap_but_the_search_was_complete(date: str | None) -> None:
    record = fhir.record_of(fhir.observation(fhir.CREATININE, "80 umol/L", on=date))
    assert not record.measurements
    assert [(gap.resource, gap.why) for gap in record.gaps] == [("Observation/o1", IMPRECISE)]
    assert record.looked_for["observations"] is None


@pytest.mark.parametrize("more", [{"status": None}, {"on": None}, {"id": None}, {"valueQuantity": {"value": "NaN"}}])
def test_results_we_never_ask_for_leave_no_trace(more: dict[str, Any]) -> None:
    record = fhir.record_of(fhir.observation("loinc|8480-6", "120 mm[Hg]", **more))
    assert not record.measurements
    assert not record.gaps
    assert record.looked_for["observations"] is None


def test_a_boolean_a_code_and_a_code_that_says_it_all() -> None:
    declined = measured(
        fhir.observation("local|antiresorptive-declined", valueBoolean=False), "antiresorptive_declined"
    )
    assert (declined.flag, declined.problem) == (False, None)
    value = fhir.concept("local|oligometastatic")
    extent = measured(fhir.observation("local|disease-extent", valueCodeableConcept=value), "disease_extent")
    assert extent.concepts == ("oligometastatic",)
    bare = measured(fhir.observation("local|exposed-jaw-bone"), "exposed_jaw_bone")
    assert (bare.flag, bare.concepts, bare.problem) == (None, (), None)


def test_pregnancy_as_a_coded_status() -> None:
    sent = fhir.observation("loinc|82810-3", valueCodeableConcept=fhir.concept("sct|77386006"))
    assert set(measured(sent, "pregnancy_status").concepts) & {"pregnancy", "pregnancy_status_pregnant"}


UNKNOWN = [
    ("http://terminology.hl7.org/CodeSystem/data-absent-reason|unknown", ABSENT),
    ("http://terminology.hl7.org/CodeSystem/v3-NullFlavor|UNK", ABSENT),
    ("sct|999999", UNREADABLE),
]


@pytest.mark.parametrize(("code", "why"), UNKNOWN)
def test_a_coded_value_we_do_not_know_is_not_a_no(code: str, why: str) -> None:
    sent = fhir.observation("local|disease-extent", valueCodeableConcept=fhir.concept(code))
    assert measured(sent, "disease_extent").problem == why


def test_whole_numbers_where_the_scale_has_no_unit() -> None:
    assert measured(fhir.observation("loinc|89247-1", valueInteger=2), "ecog").value == Quantity(Decimal(2), "{score}")
    lesions = measured(fhir.observation("local|oligo-lesions", valueInteger=3), "oligo_lesions")
    assert lesions.value is not None
    assert lesions.value.value == 3


LIMITS = [
    ([{"low": {"value": 2.2, "unit": "mmol/L"}, "high": {"value": 2.6, "unit": "mmol/L"}}], ("2.2", "2.6")),
    ([{"high": {"value": 2.6, "unit": "mmol/L"}}], (None, "2.6")),
    ([{"high": {"value": 2.6, "unit": "furlong"}}], (None, None)),
    ([{"high": {"unit": "mmol/L"}}], (None, None)),
    ([{"high": {"value": "sNaN", "unit": "mmol/L"}}], (None, None)),
    ([{"high": {"value": 2.6, "unit": "mmol/L"}}, {"high": {"value": 2.5, "unit": "mmol/L"}}], (None, None)),
    ([], (None, None)),
]


@pytest.mark.parametrize(("ranges", "expected"), LIMITS)
def test_the_laboratorys_own_limits(ranges: list[Any], expected: tuple[str | None, str | None]) -> None:
    result = measured(fhir.observation(fhir.CALCIUM, "2.4 mmol/L", referenceRange=ranges), "calcium_total")
    assert tuple(str(q.value) if q else None for q in (result.floor, result.ceiling)) == expected


def test_limits_are_converted_with_the_value() -> None:
    ranges = [{"high": {"value": 10.4, "unit": "mg/dL"}}]
    both = [fhir.observation(fhir.CALCIUM, "10 mg/dL", id=id, referenceRange=ranges) for id in ("o1", "o2")]
    for result in fhir.record_of(*both).measurements["calcium_total"]:
        assert result.ceiling is not None
        assert result.ceiling.unit == "mmol/L"
        assert Decimal("2.59") < result.ceiling.value < Decimal("2.60")


def component(code: str, **value: Any) -> fhir.Json:
    return {"code": fhir.concept(code), **value}


def test_components_are_results_of_their_own() -> None:
    parts = [
        component("loinc|2160-0", valueQuantity=fhir.quantity("80 umol/L")),
        component("loinc|8480-6", valueQuantity=fhir.quantity("120 mm[Hg]")),
        component("loinc|17861-6", dataAbsentReason={"text": "?"}),
    ]
    record = fhir.record_of(fhir.observation("loinc|24323-8", component=parts))
    assert list(record.measurements) == ["calcium_total", "creatinine_serum"]
    assert len(record.measurements) == 2
    assert record.measurements["calcium_total"][0].problem == ABSENT


def test_a_panel_without_a_value_is_no_unreadable_result() -> None:
    parts = [component("loinc|2160-0", valueQuantity=fhir.quantity("80 umol/L"))]
    record = fhir.record_of(fhir.observation(fhir.CALCIUM, component=parts))
    assert list(record.measurements) == ["creatinine_serum"]
    assert not fhir.record_of(fhir.observation("loinc|1", component=[component("loinc|1")])).measurements


def test_a_code_beside_another_files_the_number_under_both() -> None:
    sent = fhir.observation("loinc|35591-7", "42 mL/min")
    sent["code"]["coding"].append({"system": fhir.LOCAL, "code": "creatinine-clearance-at-first-dose"})
    record = fhir.record_of(sent)
    assert set(record.measurements) == {"crcl_cockcroft_gault", "creatinine_clearance_at_first_dose"}
    sent["code"]["coding"].append({"system": fhir.LOCAL, "code": "exposed-jaw-bone"})
    assert "exposed_jaw_bone" not in fhir.record_of(sent).measurements


FORM = {"id": "q1", "status": "completed", "authored": "2026-05-30", "subject": fhir.PATIENT}
ITEMS = [
    {"linkId": "survival-estimate", "answer": [{"valueQuantity": fhir.quantity("2 mo")}]},
    {"linkId": "group", "item": [
        {"linkId": "disease-extent", "answer": [{"valueCoding": {"system": fhir.LOCAL, "code": "multimetastatic"}}]},
        {"linkId": "exposed-bone-days", "answer": [{"valueDecimal": 60}]},
    ]},
    {"linkId": "unknown", "answer": [{"valueBoolean": True, "item": [
        {"linkId": "craniofacial-radiotherapy", "answer": [{"valueBoolean": True}]},
        {"linkId": "oligo-lesions", "answer": [{"valueInteger": 4}]},
    ]}]},
    {"linkId": "antiresorptive-declined"},
]  # fmt: skip


@pytest.mark.parametrize("status", ["completed", "amended"])
def test_answers_of_a_form(status: str) -> None:
    record = fhir.record_of(fhir.resource("QuestionnaireResponse", **{**FORM, "item": ITEMS, "status": status}))
    results = {concept: result for concept, (result,) in record.measurements.items()}
    assert set(results) == {"survival_estimate", "disease_extent", "exposed_bone_days", "craniofacial_radiotherapy",
                            "oligo_lesions"}  # fmt: skip
    assert results["survival_estimate"].value == Quantity(Decimal(2), "mo")
    assert results["disease_extent"].concepts == ("multimetastatic",)
    assert results["exposed_bone_days"].problem == UNIT_MISSING
    assert results["craniofacial_radiotherapy"].flag is True
    assert results["survival_estimate"].source.resource == "QuestionnaireResponse/q1"
    assert results["survival_estimate"].when.text == "2026-05-30"


def test_an_unfinished_an_undated_and_another_patients_form() -> None:
    def read(**more: Any) -> Any:
        return fhir.record_of(fhir.resource("QuestionnaireResponse", **{**FORM, "item": ITEMS, **more}))

    assert not read(status="in-progress").measurements
    undated = read(authored=None)
    assert not undated.measurements
    assert [gap.why for gap in undated.gaps] == [IMPRECISE]
    assert not read(subject={"reference": "Patient/2"}).measurements
    assert not read(item=None, status=None).gaps


def test_a_deep_form_does_not_exhaust_the_stack() -> None:
    item: fhir.Json = {"linkId": "oligo-lesions", "answer": [{"valueInteger": 4}]}
    for _ in range(80):
        item = {"linkId": "g", "item": [item]}
    assert "oligo_lesions" in fhir.record_of(fhir.resource("QuestionnaireResponse", **FORM, item=[item])).measurements
