"""One record of everything: completeness, order, duplicates, other people's data; and nothing an EHR sends raises."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_mappers.build import build_record
from fhir_mappers.conventions import BadConventions, default_conventions, load_conventions
from fhir_mappers.kinds import KINDS
from fhir_mappers.local_codes import with_local_codes
from fhir_mappers.record.answer import INCOMPLETE, NOT_FETCHED, UNOBTAINED, UNREADABLE
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import default_terminology
from tests.support import fhir

OUTCOME = {"resourceType": "OperationOutcome", "issue": []}
ALL = [
    fhir.patient(),
    fhir.observation(fhir.CREATININE, "80 umol/L"),
    fhir.observation(fhir.CREATININE, "82 umol/L", id="o2"),
    fhir.observation("loinc|29463-7", "70 kg", id="o3"),
    fhir.condition(fhir.BONE_METASTASIS),
    fhir.condition("icd10|C34.1", id="c2"),
    fhir.order(fhir.concept("rxnorm|993449"), id="m2"),
    fhir.order(fhir.XGEVA, fhir.dosage("120 mg", "4 wk")),
    fhir.given(fhir.concept("rxnorm|993449"), request={"reference": "MedicationRequest/m1"}),
    fhir.statement(fhir.PROLIA, effectiveDateTime="2024-01-01"),
    fhir.procedure("sct|34043003"),
    fhir.service("sct|34043003"),
    fhir.resource("AllergyIntolerance", id="al", code=fhir.ZOMETA, patient=fhir.PATIENT),
]


def test_the_kinds_are_the_prefetch_keys() -> None:
    assert sorted(KINDS) == sorted(fhir.SEARCHED)


@pytest.mark.parametrize("kind", KINDS)
def test_looked_for(kind: str) -> None:
    def why(value: Any) -> str | None:
        return fhir.record_of(**{kind: value}).looked_for[kind]

    stranger = "Condition" if kind != "conditions" else "Observation"
    assert why(None) is None
    assert why(fhir.bundle()) is None
    assert why(OUTCOME) == NOT_FETCHED
    assert why(fhir.bundle(link=[{"relation": "next", "url": "x"}])) == INCOMPLETE
    assert why("text") == UNREADABLE
    assert why({"resourceType": stranger, "id": "1"}) == UNREADABLE
    assert why(fhir.bundle({"resourceType": stranger, "id": "1"})) == UNREADABLE
    assert build_record({}, None, None, "1", fhir.TODAY).looked_for[kind] == NOT_FETCHED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("why", sorted(UNOBTAINED))
def test_the_reason_why_a_key_could_not_be_had_is_kept(kind: str, why: str) -> None:
    record = build_record({}, None, None, "1", fhir.TODAY, failures={kind: why})
    assert {found for key, found in record.looked_for.items() if key != kind} == {NOT_FETCHED}
    assert record.looked_for[kind] == why
    assert [gap.why for gap in record.looked(kind, what="x").missing] == [why]


def test_a_medication_may_come_by_itself() -> None:
    order = fhir.order(None, id="r", medicationReference={"reference": "Medication/m"})
    medication = fhir.resource("Medication", id="m", code=fhir.ZOMETA)
    prefetch = fhir.sent({"medicationRequests": fhir.bundle(order)})
    referred = [fhir.encode(medication), fhir.encode(fhir.observation(fhir.CALCIUM, "2.4 mmol/L")), b"no JSON"]
    record = build_record(prefetch, None, None, "1", fhir.TODAY, referred=referred)
    assert [course.product.substance for course in record.courses if course.product] == ["zoledronic_acid"]
    assert not record.measurements
    assert not record.gaps
    assert record.looked_for["medicationRequests"] is None
    assert build_record(prefetch, None, None, "1", fhir.TODAY).looked_for["medicationRequests"] == UNREADABLE


def test_one_unreadable_resource_leaves_the_rest_readable_and_absence_unproven() -> None:
    record = fhir.record_of(fhir.condition(fhir.BONE_METASTASIS), fhir.condition(id="bad", code=5))
    assert [p.source.resource for p in record.problems] == ["Condition/c1"]
    assert record.looked_for["conditions"] == UNREADABLE
    assert record.has("lung_cancer").is_unknown


def test_an_unreadable_stranger_touches_its_own_kind() -> None:
    record = fhir.record_of(conditions=fhir.bundle(fhir.condition(fhir.BONE_METASTASIS), {**ALL[1], "code": 5}))
    assert record.looked_for["conditions"] is None
    assert record.looked_for["observations"] == UNREADABLE


def test_resources_are_read_whatever_key_they_came_under() -> None:
    prefetch = fhir.sent({"conditions": fhir.bundle(*ALL)})
    record = build_record(prefetch, None, None, "1", fhir.TODAY)
    assert record.measurements["body_weight"]
    assert record.doses
    assert [kind for kind, why in record.looked_for.items() if why is None] == ["conditions"]


def test_what_comes_beside_is_passed_by() -> None:
    beside = [fhir.resource("Practitioner", id="dr"), fhir.resource("Medication", id="m", code=fhir.XGEVA)]
    record = fhir.record_of(conditions=fhir.bundle(ALL[4], *beside))
    assert (len(record.problems), record.gaps, record.looked_for["conditions"]) == (1, (), None)


def test_values_under_keys_we_do_not_know_are_not_looked_at() -> None:
    record = fhir.record_of(vendorSpecial=fhir.bundle(*ALL))
    assert not record.problems
    assert "vendorSpecial" not in record.looked_for


def test_the_same_resource_under_two_keys_is_one_fact() -> None:
    twice = fhir.bundle(*ALL)
    record = fhir.record_of(conditions=twice, observations=twice, medicationAdministrations=twice)
    assert len(record.problems) == 2
    assert len(record.doses) == 1
    assert len(record.measurements["creatinine_serum"]) == 2


def test_origins_reach_the_evidence() -> None:
    prefetch = fhir.sent({"observations": fhir.bundle(*ALL[1:4]), "conditions": fhir.bundle(*ALL[4:6])})
    record = build_record(prefetch, None, None, "1", fhir.TODAY, origins={"observations": "fetched"})
    assert record.measurements["body_weight"][0].source.origin == "fetched"
    assert record.problems[0].source.origin == "prefetch"


def test_resources_without_an_id_are_known_by_their_url_or_place() -> None:
    nameless = [{k: v for k, v in one.items() if k != "id"} for one in (ALL[1], ALL[4])]
    entries = [{"resource": one, "fullUrl": url} for one in nameless for url in ("urn:uuid:1", None)]
    record = fhir.record_of(conditions={"resourceType": "Bundle", "entry": entries})
    names = [fact.source.resource for fact in (*record.measurements["creatinine_serum"], *record.problems)]
    assert names == ["conditions.entry[1]", "urn:uuid:1", "conditions.entry[3]", "urn:uuid:1"]


def test_a_site_may_bring_its_own_terminology_and_conventions() -> None:
    local = with_local_codes(default_terminology(), [("urn:lab", "CREA", "creatinine_serum")])
    prefetch = fhir.sent({"observations": fhir.bundle(fhir.observation("urn:lab|CREA", "80 umol/L"))})
    conventions = default_conventions()
    record = build_record(prefetch, None, None, "1", fhir.TODAY, terminology=local, conventions=conventions)
    assert record.measurements["creatinine_serum"][0].source.code == "urn:lab|CREA"
    assert record.conventions is conventions


def test_results_are_a_mapping() -> None:
    results = fhir.record_of(*ALL).measurements
    assert list(results) == ["body_weight", "creatinine_serum"]
    assert len(results) == 2
    assert results == dict(results)
    assert results.get("calcium_total", ()) == ()


def whole(resources: list[fhir.Json]) -> PatientRecord:
    return fhir.record_of(*resources, drafts=[fhir.draft(fhir.ZOMETA, fhir.dosage("4 mg"))])


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(chance: random.Random) -> None:
    shuffled = list(ALL)
    chance.shuffle(shuffled)
    assert whole(shuffled) == whole(ALL)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(ALL[1:]), st.sampled_from(["Patient/2", "https://ehr.example/Patient/77"]))
def test_what_is_withdrawn_or_anothers_is_as_if_it_were_not_there(one: fhir.Json, other: str) -> None:
    rest = [r for r in ALL if r is not one]
    wrong = {"coding": [{"code": "entered-in-error"}]}
    mark = {"verificationStatus": wrong} if one["resourceType"] in ("Condition", "AllergyIntolerance") else None
    assert whole([*rest, {**one, **(mark or {"status": "entered-in-error"})}]) == whole(rest)
    whose = "patient" if "patient" in one else "subject"
    strangers = whole([*rest, {**one, whose: {"reference": other}}])
    assert (strangers.problems, strangers.doses, strangers.courses) == (whole(rest).problems, whole(rest).doses,
                                                                      whole(rest).courses)  # fmt: skip
    assert strangers.measurements == whole(rest).measurements
    assert len(strangers.gaps) == 1


NAMES = st.text("abcdefgh", min_size=3, max_size=8).map(lambda text: f"x{text}")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=3))
def test_unknown_elements_change_nothing(extra: dict[str, Any]) -> None:
    def with_extra(value: Any) -> Any:
        if isinstance(value, dict):
            return {**{key: with_extra(each) for key, each in value.items()}, **extra}
        return [with_extra(each) for each in value] if isinstance(value, list) else value

    assert fhir.record_of(*[with_extra(r) for r in ALL]) == fhir.record_of(*ALL)


PATHS = st.lists(st.integers(0, 30), min_size=1, max_size=5)


def broken(value: Any, path: list[int], with_: Any) -> Any:
    """The value with whatever stands at a path replaced."""
    if not path or not isinstance(value, dict | list) or not value:
        return with_
    if isinstance(value, list):
        at = path[0] % len(value)
        return [broken(each, path[1:], with_) if i == at else each for i, each in enumerate(value)]
    name = sorted(value)[path[0] % len(value)]
    return {**value, name: broken(value[name], path[1:], with_)}


ANYTHING = st.one_of(
    JSON, st.sampled_from(["NaN", "sNaN", "1E+400", "2026-13-45", "\x00", Decimal("1E+99999"), 10**50, -1])
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ALL), PATHS, ANYTHING)
def test_nothing_in_a_resource_raises(one: fhir.Json, path: list[int], junk: Any) -> None:
    record = fhir.record_of(*[r for r in ALL if r is not one], **{"carePlans": fhir.bundle(broken(one, path, junk))})
    assert dict(record.measurements) is not None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PATHS, ANYTHING)
def test_nothing_in_a_draft_raises(path: list[int], junk: Any) -> None:
    raw = fhir.draft(fhir.concept("rxnorm|77655"), fhir.dosage("4 mg", "4 wk", 15, "local|route-iv"),
                     reasonReference=[{"reference": "Condition/c1"}], priorPrescription={"reference": "x"},
                     contained=[fhir.resource("Medication", id="m", code=fhir.ZOMETA)],
                     dispenseRequest={"validityPeriod": {"start": "2026-06-10"}})  # fmt: skip
    fhir.record_of(*ALL, drafts=broken({"resourceType": "Bundle", "entry": [{"resource": raw}]}, path, junk))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KINDS), st.none() | st.binary(max_size=80) | JSON.map(fhir.encode), max_size=4))
def test_no_bytes_raise(prefetch: dict[str, bytes | None]) -> None:
    record = build_record(prefetch, None, None, "1", fhir.TODAY)
    assert set(record.looked_for) == set(KINDS)


def table() -> dict[str, Any]:
    mould = default_conventions()
    return {
        section: {key: {"value": str(getattr(part, key)), "source": "test"} for key in part.__dataclass_fields__}
        for section in mould.__dataclass_fields__
        for part in [getattr(mould, section)]
    }


def test_conventions_fill_their_mould() -> None:
    assert load_conventions(table()) == default_conventions()


@pytest.mark.parametrize(
    ("path", "value"),
    [(("ages",), {}), (("age",), 5), (("age", "adults"), {"value": "18 a", "source": "x"}),
     (("age", "adult"), {"value": "18", "source": "x"}), (("age", "adult"), {"value": "18 a"}),
     (("age", "adult"), {"value": "18 a", "source": "x", "note": "y"}), (("age", "adult"), "18 a"),
     (("calcium", "coefficient"), {"value": "x", "source": "y"}), (("calcium", "coefficient"), {"source": "y"})],
)  # fmt: skip
def test_conventions_that_do_not_fit_are_refused(path: tuple[str, ...], value: Any) -> None:
    sent: Any = table()
    inner = sent
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(BadConventions, match=path[0]):
        load_conventions(sent)


def test_a_missing_convention_is_refused() -> None:
    sent = table()
    del sent["age"]
    with pytest.raises(BadConventions, match="missing \\['age'\\]"):
        load_conventions(sent)
