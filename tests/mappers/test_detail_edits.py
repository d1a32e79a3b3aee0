"""A drafted request gets another detail or a remark: that and nothing else, and only where it is certain."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.servicerequest import ServiceRequest

from fhir_mappers.orders import OrderContext, steps
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.events import DraftOrder, Source
from fhir_mappers.record.proposals import AddRemark, SetDetail
from fhir_mappers.terminology import LOCAL_SYSTEM
from hooks.exact_json import dumps_exact

CONTEXT = OrderContext("p1", None, None, date(2026, 6, 3), "en")
BEGUN = of_day(date(2026, 3, 1))
SAID = "Systemic treatment line begun on 2026-03-01: flare or progression?"
REQUEST: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "id": "s1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "code": {"text": "Pathology of a bone biopsy"},
}
VISIT: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "v1",
    "status": "proposed",
    "participant": [{"actor": {"reference": "Patient/p1"}, "status": "needs-action"}],
}


def coded(code: str, system: str = LOCAL_SYSTEM) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def contained(**value: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "d", "status": "final", "code": coded("decalcifier"), **value}


def draft(raw: dict[str, Any]) -> DraftOrder:
    return DraftOrder(Source("x"), (), "draft", kind=str(raw["resourceType"]), raw=raw)


def with_edta(**more: Any) -> dict[str, Any] | None:
    raw = deepcopy(REQUEST) | more
    sent = deepcopy(raw)
    done = steps(SetDetail(draft(raw), "decalcifier", "decalcifier_edta"), CONTEXT)
    assert raw == sent
    if not done:
        return None
    (step,) = done
    assert (step.type, step.words) == ("update", "action-detail")
    assert step.resource is not None
    ServiceRequest.model_validate_json(dumps_exact(step.resource))
    return step.resource


def codes(concepts: list[dict[str, Any]]) -> list[str]:
    return [concept["coding"][0]["code"] for concept in concepts]


def test_a_detail_is_added_as_order_detail() -> None:
    changed = with_edta()
    assert changed is not None
    assert codes(changed.pop("orderDetail")) == ["decalcifier-edta"]
    assert changed == REQUEST


def test_another_answer_to_the_same_question_is_replaced_and_the_rest_stays() -> None:
    other = coded("decalcifier-edta", "https://example.org/elsewhere")
    changed = with_edta(orderDetail=[coded("decalcifier-nitric-acid"), coded("pet-whole-body"), other])
    assert changed is not None
    assert codes(changed["orderDetail"]) == ["pet-whole-body", "decalcifier-edta", "decalcifier-edta"]
    assert changed["orderDetail"][1] == other


def test_an_answer_told_by_a_contained_result_is_changed_there() -> None:
    told = contained(valueCodeableConcept=coded("decalcifier-nitric-acid"))
    changed = with_edta(contained=[told, {"resourceType": "Practitioner", "id": "p"}])
    assert changed is not None
    assert "orderDetail" not in changed
    assert codes([changed["contained"][0]["valueCodeableConcept"]]) == ["decalcifier-edta"]
    assert changed["contained"][1] == {"resourceType": "Practitioner", "id": "p"}


@pytest.mark.parametrize("value", [{"valueString": "acid"}, {"dataAbsentReason": {"text": "unknown"}}])
def test_an_answer_of_another_kind_is_left_alone(value: dict[str, Any]) -> None:
    assert with_edta(contained=[contained(**value)]) is None


@pytest.mark.parametrize(
    "more", [{"id": ""}, {"subject": {"reference": "Patient/other"}}, {"resourceType": "Appointment"}]
)
def test_what_cannot_be_changed_with_certainty_is_left_alone(more: dict[str, Any]) -> None:
    assert with_edta(**more) is None


def test_what_says_so_already_is_left_alone() -> None:
    changed = with_edta()
    assert changed is not None
    assert with_edta(orderDetail=changed["orderDetail"]) is None


def remarked(raw: dict[str, Any], **more: Any) -> dict[str, Any] | None:
    whole = deepcopy(raw) | more
    done = steps(AddRemark(draft(whole), "flare", BEGUN), CONTEXT)
    assert whole == deepcopy(raw) | more
    return done[0].resource if done else None


def test_a_remark_joins_the_notes_of_a_request() -> None:
    changed = remarked(REQUEST, note=[{"text": "Fasting"}])
    assert changed is not None
    assert changed["note"] == [{"text": "Fasting"}, {"text": SAID}]
    ServiceRequest.model_validate_json(dumps_exact(changed))
    assert remarked(REQUEST, note=[{"text": SAID}]) is None
    assert remarked(REQUEST, note="Fasting") is None


def test_a_remark_joins_the_comment_of_an_appointment() -> None:
    changed, longer = remarked(VISIT), remarked(VISIT, comment="Door B")
    assert changed is not None
    assert longer is not None
    assert (changed["comment"], longer["comment"]) == (SAID, f"Door B\n{SAID}")
    Appointment.model_validate_json(dumps_exact(longer))
    assert remarked(VISIT, comment=SAID) is None
    assert remarked(VISIT, comment=["Door B"]) is None
