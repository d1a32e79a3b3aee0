"""A booking is moved within its own day: the hours asked for and nothing else, and only where they are certain."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B.appointment import Appointment

from fhir_mappers.orders import OrderContext, steps
from fhir_mappers.record.events import DraftOrder, Source
from fhir_mappers.record.proposals import MoveVisit
from fhir_mappers.record.quantity import Quantity
from hooks.exact_json import dumps_exact
from tests.support.drawn import name, rows

CONTEXT = OrderContext("p1", None, None, date(2026, 6, 3), "fr")
HOURS = (Quantity.of("7.5 h"), Quantity.of("8.75 h"))
VISIT: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "v1",
    "status": "proposed",
    "description": "Prise de sang",
    "participant": [{"actor": {"reference": "Patient/p1"}, "status": "needs-action"}],
}

MOVED = """
start                         | end                       | but         | moved to
------------------------------+---------------------------+-------------+---------------------------------------------------------
2026-06-10T14:00:00+02:00     | 2026-06-10T14:30:00+02:00 |             | 2026-06-10T07:30:00+02:00 2026-06-10T08:00:00+02:00
2026-06-10T14:00:00+02:00     |                           |             | 2026-06-10T07:30:00+02:00
2026-06-10T14:00:00-05:00     | 2026-06-10T15:15:00-05:00 |             | 2026-06-10T07:30:00-05:00 2026-06-10T08:45:00-05:00
2026-06-10T14:00:00-05:00     | 2026-06-10T15:16:00-05:00 |             |                    # too long for the hours
2026-06-10T14:00+02:00        |                           |             | 2026-06-10T07:30:00+02:00
2026-06-10T14:00:00.000+02:00 |                           |             | 2026-06-10T07:30:00+02:00
2026-06-10T12:00:00Z          |                           |             |                    # the local hour is not told
2026-06-10T12:00:00+00:00     |                           |             |
2026-06-10                    |                           |             |
2026-06-10T14:00:00+02:00     | in the afternoon          |             |
2026-06-10T14:00:00+02:00     | 2026-06-11T14:30:00+02:00 |             |                    # ends on another day
2026-06-10T14:00:00+02:00     | 2026-06-10T13:30:00+02:00 |             |                    # ends before it begins
2026-06-10T14:00:00+02:00     |                           | slot        |                    # reserved
2026-06-10T14:00:00+02:00     |                           | no id       |
2026-06-10T14:00:00+02:00     |                           | told        | 2026-06-10T07:30:00+02:00
"""


@pytest.mark.parametrize("row", rows(MOVED), ids=name)
def test_a_booking_is_moved_or_left_alone(row: dict[str, str]) -> None:
    raw = deepcopy(VISIT) | {"start": row["start"]} | ({"end": row["end"]} if row["end"] else {})
    raw |= {"slot": [{"reference": "Slot/1"}]} if row["but"] == "slot" else {}
    raw |= {"patientInstruction": "Porte B"} if row["but"] == "told" else {}
    if row["but"] == "no id":
        del raw["id"]
    sent = deepcopy(raw)
    done = steps(
        MoveVisit(DraftOrder(Source("x"), (), "proposed", kind="Appointment", raw=raw), *HOURS, "ctx_fasting"), CONTEXT
    )
    assert raw == sent
    if not row["moved to"]:
        assert done == ()
        return
    ((step),) = done
    assert step.resource is not None
    times = {"start": row["moved to"].split()[0]} | ({"end": row["moved to"].split()[1]} if row["end"] else {})
    told = "Porte B" if row["but"] == "told" else "Venir à jeun ; prise de sang le matin avant 9 h."
    assert step.resource == {**sent, **times, "patientInstruction": told}
    assert (step.type, step.words) == ("update", "action-move")
    Appointment.model_validate_json(dumps_exact(step.resource))
