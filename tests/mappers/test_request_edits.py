"""A drafted request waits, or begins later: that and nothing else, and only where its day is certain."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from fhir_mappers.orders import OrderContext, Step, steps
from fhir_mappers.record.events import DraftOrder, Source
from fhir_mappers.record.proposals import HoldDraft, PostponeDraft, Proposal
from hooks.exact_json import dumps_exact
from tests.support.drawn import name, rows

CONTEXT = OrderContext("p1", None, None, date(2026, 6, 3), "fr")
TO = date(2026, 6, 10)
REQUEST: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "id": "s1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "code": {"text": "Radiothérapie du fémur"},
}

# to 10 June
MOVED = """
planned                    | until                | moved to
---------------------------+----------------------+------------------------------
2026-06-09                 |                      | 2026-06-10
2026-06-09T08:00:00+02:00  |                      | 2026-06-10
2026-06-10                 |                      | -
2026-06-11                 |                      | -
                           |                      | 2026-06-10
2026-06                    |                      | -                              # the day is not told
2026-13-01                 |                      | -
2026-06-01                 | 2026-06-12           | 2026-06-10 2026-06-21          # as long as it was
2026-06-01T08:00:00Z       | 2026-06-12T09:00:00Z | 2026-06-10 2026-06-21
2026-06-01                 | ?                    | -
2026-06-01                 | none                 | 2026-06-10
2026-06-10                 | 2026-06-12           | -
?                          | 2026-06-12           | -
"""


def raw_of(row: dict[str, str]) -> dict[str, Any]:
    if not row["until"]:
        return deepcopy(REQUEST) | ({"occurrenceDateTime": row["planned"]} if row["planned"] else {})
    ends = {} if row["until"] == "none" else {"end": row["until"]}
    return deepcopy(REQUEST) | {"occurrencePeriod": {"start": row["planned"], **ends}}


def carried_out(proposal: type[HoldDraft], raw: dict[str, Any]) -> tuple[Step, ...]:
    draft = DraftOrder(Source("x"), (), str(raw["status"]), kind=raw["resourceType"], raw=raw)
    made: Proposal = proposal(draft)
    return steps(made, CONTEXT)


def postponed(raw: dict[str, Any]) -> tuple[Step, ...]:
    draft = DraftOrder(Source("x"), (), "draft", kind="ServiceRequest", raw=raw)
    return steps(PostponeDraft(draft, TO), CONTEXT)


@pytest.mark.parametrize("row", rows(MOVED), ids=name)
def test_a_request_is_moved_or_left_alone(row: dict[str, str]) -> None:
    raw = raw_of(row)
    sent = deepcopy(raw)
    done = postponed(raw)
    assert raw == sent
    if row["moved to"] == "-":
        assert done == ()
        return
    (step,) = done
    assert step.resource is not None
    first, *last = row["moved to"].split()
    period = {"start": first, **({"end": last[0]} if last else {})}
    moved = {"occurrencePeriod": period} if row["until"] else {"occurrenceDateTime": first}
    assert step.resource == {**sent, **moved}
    assert (step.type, step.words) == ("update", "action-postpone")
    ServiceRequest.model_validate_json(dumps_exact(step.resource))


@pytest.mark.parametrize(
    "change", [{"occurrenceTiming": {"event": ["2026-06-01"]}}, {"occurrencePeriod": "soon"}, {"occurrenceDateTime": 5},
               {"id": ""}, {"subject": {"reference": "Patient/somebody-else"}}]
)  # fmt: skip
def test_what_cannot_be_placed_is_not_moved(change: dict[str, Any]) -> None:
    assert postponed({**deepcopy(REQUEST), **change}) == ()


def test_a_request_is_put_on_hold_with_everything_it_says() -> None:
    raw = {**deepcopy(REQUEST), "contained": [{"resourceType": "Observation", "id": "o"}], "note": [{"text": "T6"}]}
    (step,) = carried_out(HoldDraft, raw)
    assert step.resource == {**raw, "status": "on-hold"}
    assert (step.type, step.words) == ("update", "action-hold")


@pytest.mark.parametrize("kind", ["Appointment", "Task"])
def test_a_booking_has_no_such_status(kind: str) -> None:
    assert carried_out(HoldDraft, {**deepcopy(REQUEST), "resourceType": kind, "status": "proposed"}) == ()
