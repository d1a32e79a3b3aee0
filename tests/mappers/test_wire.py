"""Whatever bytes an EHR sends become resources, gaps and a reason; never an exception."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappers.record.answer import INCOMPLETE, NOT_FETCHED, UNREADABLE
from fhir_mappers.shapes import Condition, MedicationRequest, Observation
from fhir_mappers.wire import Found, read_value
from tests.support import fhir

KEY = "observations"
GOOD = fhir.observation("loinc|2160-0", "7.10 mg/dL", id="good")


def read(value: object) -> Found:
    return read_value(KEY, fhir.encode(value))


def ids(found: Found) -> list[str | None]:
    return [resource.id for _, _, resource in (*found.observations, *found.others)]


@pytest.mark.parametrize(
    "sent",
    [None, b"null", b" null\n", fhir.encode(fhir.bundle()), b'{"resourceType":"Bundle"}',
     b'{"resourceType":"Bundle","total":0,"entry":null}', b'{"entry":[],"resourceType":"Bundle"}'],
)  # fmt: skip
def test_searched_and_nothing_found(sent: bytes | None) -> None:
    assert read_value(KEY, sent) == Found()


@pytest.mark.parametrize(
    "sent",
    [b"", b"[]", b'"x"', b"5", b"true", b"{", b"\xff", b"{}", b'{"resourceType":5}', b'{"resourceType":null}', b"NaN",
     b'{"resourceType":"Bundle","entry":"x"}', b'{"resourceType":"Bundle","entry":["x"]}', b"[" * 100_000,
     b'{"resourceType":"Bundle","entry":[{"resource":5}]}', b'{"resourceType":"Bundle","entry":[{"resource":{}}]}',
     b'[{"resourceType":"Observation"}]', b"\xef\xbb\xbf{}"],
)  # fmt: skip
def test_what_is_no_fhir_is_unreadable(sent: bytes) -> None:
    found = read_value(KEY, sent)
    assert found.why == UNREADABLE
    assert [gap.why for gap in found.gaps] == [UNREADABLE]
    assert not ids(found)


OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@pytest.mark.parametrize(
    "value",
    [
        OUTCOME,
        fhir.bundle(GOOD, OUTCOME),
        {"resourceType": "Bundle", "entry": [{"resource": GOOD}, {"resource": GOOD, "search": {"mode": "outcome"}}]},
    ],
)
def test_a_refusal_is_not_an_answer(value: object) -> None:
    found = read(value)
    assert found.why == NOT_FETCHED
    assert [gap.why for gap in found.gaps] == [NOT_FETCHED]
    assert ids(found) == ["good"] * len(ids(found))


@pytest.mark.parametrize(
    "value",
    [
        fhir.bundle(GOOD, link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}]),
        fhir.bundle(GOOD, {**GOOD, "code": 5}, link=[{"relation": "next", "url": "y"}]),
        fhir.bundle(GOOD, link={"relation": "next", "url": "y"}),
        {"resourceType": "Bundle", "entry": {"resource": GOOD}, "link": [{"relation": "next"}]},
    ],
)
def test_where_pages_are_unread_nothing_is_taken(value: object) -> None:
    """The newest result may be on the page that did not come."""
    found = read(value)
    assert (found.why, ids(found)) == (INCOMPLETE, [])
    assert [gap.why for gap in found.gaps] == [INCOMPLETE]


@pytest.mark.parametrize(
    ("severity", "code", "why"),
    [
        ("information", "informational", None),
        ("information", "not-found", None),
        ("warning", "not-supported", None),
        ("warning", "not-found", NOT_FETCHED),
        ("warning", "suppressed", NOT_FETCHED),
        ("information", "suppressed", NOT_FETCHED),
        ("error", "informational", NOT_FETCHED),
        ("fatal", "not-supported", NOT_FETCHED),
        (None, None, NOT_FETCHED),
    ],
)
def test_a_server_may_remark_upon_a_search_without_taking_it_back(severity: str, code: str, why: str | None) -> None:
    said = {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}
    beside = {"resource": said, "search": {"mode": "outcome"}}
    found = read({"resourceType": "Bundle", "entry": [{"resource": GOOD}, beside]})
    assert (found.why, ids(found)) == (why, ["good"])
    assert read(said).why == NOT_FETCHED, "by itself it is no answer"
    silent = {"resource": {**said, "issue": []}, "search": {"mode": "outcome"}}
    assert read({"resourceType": "Bundle", "entry": [silent]}).why == NOT_FETCHED


def test_a_single_resource_is_a_bundle_of_one() -> None:
    assert ids(read(GOOD)) == ["good"]


def test_a_single_resource_may_be_mended_or_refused() -> None:
    assert ids(read({**GOOD, "code": [GOOD["code"]]})) == ["good"]
    refused = read({**GOOD, "code": 5})
    assert (refused.why, refused.unreadable, ids(refused)) == (None, {"Observation"}, [])


def test_empty_entries_pass_by() -> None:
    found = read({"resourceType": "Bundle", "entry": [None, {}, {"resource": None}, {"resource": GOOD}]})
    assert (ids(found), found.why, found.gaps) == (["good"], None, [])
    assert read({"resourceType": "Bundle", "entry": None, "link": "x"}) == Found()


@pytest.mark.parametrize("kind", ["collection", "searchset", None, 5])
def test_the_type_of_the_bundle_does_not_matter(kind: object) -> None:
    assert ids(read({**fhir.bundle(GOOD), "type": kind})) == ["good"]


def test_digits_are_kept() -> None:
    (_, _, resource), *_ = read(fhir.bundle(GOOD)).observations
    assert isinstance(resource, Observation)
    assert resource.value_quantity is not None
    assert str(resource.value_quantity.value) == "7.10"


def test_what_results_have_in_common_is_decoded_once() -> None:
    limits, other = [{"low": {"value": 1}}], [{"low": {"value": 2}}]
    sent = [fhir.observation("loinc|2160-0", id=f"r{at}", referenceRange=limits) for at in range(3)]
    sent += [fhir.observation("loinc|2000-8", id="calcium", referenceRange=other), GOOD]
    one, two, three, calcium, bare = (resource for _, _, resource in read(fhir.bundle(*sent)).observations)
    assert one.code is two.code is three.code
    assert one.reference_range is two.reference_range
    assert calcium.code is not one.code
    assert [each.reference_range[0].low.value for each in (three, calcium) if each.reference_range] == [1, 2]  # type: ignore[union-attr]  # sent above
    assert bare.reference_range is None


@pytest.mark.parametrize("part", [{"code": 5}, {"subject": [7, 8]}, {"referenceRange": {"low": "x"}}])
def test_what_is_wrong_with_one_result_is_not_shared(part: fhir.Json) -> None:
    found = read(fhir.bundle(GOOD, {**GOOD, "id": "bad", **part}, {**GOOD, "id": "last"}))
    assert set(ids(found)) >= {"good", "last"}
    assert len(found.gaps) <= 1


@pytest.mark.parametrize("kind", ["Practitioner", "Provenance", "VendorSpecial"])
def test_types_we_do_not_read_pass_by(kind: str) -> None:
    stranger = {"resourceType": kind, "id": 5, "status": {"odd": []}}
    found = read(fhir.bundle(stranger, GOOD, fhir.observation("loinc|2160-0", code=5)))
    assert [resource.id for _, _, resource in found.observations if resource.id == "good"] == ["good"]
    assert found.unreadable == {"Observation"}


BROKEN = [
    pytest.param(fhir.observation("loinc|2160-0", id="bad", status=5), id="status is a number"),
    pytest.param(fhir.observation("loinc|2160-0", id="bad", code="2160-0"), id="code is a string"),
    pytest.param(fhir.observation("loinc|2160-0", id="bad", code={"coding": ["x"]}), id="a coding is a string"),
    pytest.param(fhir.observation("loinc|2160-0", id="bad", subject="Patient/1"), id="subject is a string"),
    pytest.param(fhir.observation("loinc|2160-0", id="bad", effectiveDateTime=[]), id="date is a list"),
]


@pytest.mark.parametrize("bad", BROKEN)
@pytest.mark.parametrize("place", [0, 1])
def test_one_bad_resource_costs_one_gap(bad: fhir.Json, place: int) -> None:
    both = [GOOD, bad] if place else [bad, GOOD]
    found = read(fhir.bundle(*both))
    assert ids(found) == ["good"]
    assert found.unreadable == {"Observation"}
    assert [(gap.resource, gap.why) for gap in found.gaps] == [("Observation/bad", UNREADABLE)]


def test_invalid_utf8_in_one_resource_spares_the_others() -> None:
    text = fhir.encode(fhir.bundle(fhir.observation("loinc|2160-0", id="bad", status="QQ"), GOOD))
    found = read_value(KEY, text.replace(b'"QQ"', b'"\xff"'))
    assert ids(found) == ["good"]
    assert found.why == UNREADABLE


MENDED = [
    ({"resourceType": "Observation", "code": [fhir.concept("loinc|2160-0")]}, "code.coding[0].code", "2160-0"),
    ({"resourceType": "Observation", "code": {"coding": {"code": "x"}}}, "code.coding[0].code", "x"),
    ({"resourceType": "Observation", "code": {"coding": [None, {"code": "x"}]}}, "code.coding[0].code", "x"),
    ({"resourceType": "Observation", "component": {"code": {}}, "id": 7}, "component[0].code.coding", None),
    ({"resourceType": "Observation", "valueQuantity": [{"value": 5}]}, "value_quantity.value", Decimal(5)),
    ({"resourceType": "Observation", "valueQuantity": {"value": "7.10"}}, "value_quantity.value", Decimal("7.10")),
    ({"resourceType": "Observation", "valueInteger": 3.0}, "value_integer", 3),
    ({"resourceType": "Observation", "valueInteger": "3", "status": ["final"]}, "status", "final"),
    ({"resourceType": "Observation", "referenceRange": 5, "status": "final", "id": 4}, "status", "final"),
    ({"resourceType": "MedicationRequest", "category": {"text": "x"}, "status": "active"}, "status", "active"),
    ({"resourceType": "MedicationRequest", "medicationCodeableConcept": "Zometa"}, "medication_codeable_concept.text",
     "Zometa"),
    ({"resourceType": "Condition", "clinicalStatus": "active"}, "clinical_status", "active"),
    ({"resourceType": "Condition", "clinicalStatus": ["active"]}, "clinical_status.text", "active"),
    ({"resourceType": "Condition", "bodySite": {"coding": [{"code": "x"}]}}, "body_site[0].coding[0].code", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "path", "expected"), MENDED)
def test_mending(value: fhir.Json, path: str, expected: object) -> None:
    found = read(fhir.bundle(value, {"resourceType": "Observation", "status": 5}))
    seen: object = (*found.observations, *found.others)[0][2]
    assert isinstance(seen, Observation | Condition | MedicationRequest)
    for name in path.replace("[0]", ".0").split("."):
        seen = seen[0] if name == "0" and isinstance(seen, list) else getattr(seen, name)
    assert seen == expected


def test_a_fraction_is_no_whole_number() -> None:
    found = read(fhir.bundle(fhir.observation("loinc|89247-1", valueInteger=2.5)))
    assert [gap.detail for gap in found.gaps] == ["valueInteger"]


@pytest.mark.parametrize("value", ["7,1", "NaN", "abc", True, {"x": 1}, "1e99999999999999999999"])
def test_a_value_that_is_no_number_is_dropped_and_noted(value: object) -> None:
    sent = fhir.observation("loinc|2160-0", id="bad", valueQuantity={"value": value, "unit": "mg/dL"}, status=["final"])
    found = read(fhir.bundle(sent))
    (_, _, resource), *_ = found.observations
    assert isinstance(resource, Observation)
    assert resource.value_quantity is not None
    assert resource.value_quantity.value is None
    assert [gap.detail for gap in found.gaps] == ["valueQuantity.value"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_raise(noise: bytes) -> None:
    read_value(KEY, noise)
    read_value(KEY, b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","code":' + noise)
    read_value(KEY, b'{"resourceType":"Bundle","entry":[{"resource":' + noise + b"}]}")
