"""AR-EXTRACT-01: after a dental extraction the first dose waits for healing and the dentist's go-ahead."""

from datetime import timedelta

import pytest

from fhir_mappers.record.proposals import PostponeDraft
from hooks.limits import EDITIONS
from tests.support.bedside import TODAY, Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows

EXTRACTIONS = """
extraction  | cleared         | 2026 and intermediate | earlier
------------+-----------------+-----------------------+--------------------
            |                 | -                     | -
0           |                 | warning too_early     | warning not_cleared
20          |                 | warning too_early     | warning not_cleared  # no minimum in the earlier edition
20          | 2               | warning too_early     | satisfied            # before 21 d a clearance does not matter
21          |                 | warning not_cleared   | warning not_cleared
21          | 2               | satisfied             | satisfied
29          |                 | warning not_cleared   | warning not_cleared
29          | 2               | satisfied             | satisfied
30          |                 | info paperwork        | info paperwork       # a month has passed
30          | 2               | satisfied             | satisfied
90          |                 | info paperwork        | info paperwork
90          | 2               | satisfied             | satisfied
91          |                 | -                     | -
40          | 40              | satisfied             | satisfied            # cleared on the day itself
40          | 41              | info paperwork        | info paperwork       # a clearance of before
40          | 2 false         | info paperwork        | info paperwork       # seen and not healed
40          | 9 true, 2 false | info paperwork        | info paperwork       # the newest one counts
40          | 9 false, 2 true | satisfied             | satisfied
40          | 2 preliminary   | info paperwork        | info paperwork       # preliminary never reassures
40          | -3              | info paperwork        | info paperwork       # dated in the future
40          | 2026            | ? clearance           | ? clearance
2026-05     | 1               | warning too_early     | satisfied            # 3 to 33 days: the most recent counts
2026-04     |                 | info paperwork        | info paperwork       # 34 to 63 days
2026-03     |                 | info paperwork        | info paperwork       # 64 to 94 days: may be within 90
2026-02     |                 | -                     | -
100, 25     |                 | warning not_cleared   | warning not_cleared  # the latest extraction counts
100, 25     | 50              | warning not_cleared   | warning not_cleared
25 planned  |                 | -                     | -
25 not-done |                 | -                     | -
-5          |                 | -                     | -
undated     |                 | ? extraction          | ? extraction
?           |                 | ? extraction          | ? extraction
"""
SPELLED = {
    "-": "not-applicable",
    "? clearance": "needs-data dental_clearance_after_extraction",
    "? extraction": "needs-data tooth_extraction",
}
_STATUS = {"planned": "preparation", "not-done": "not-done", "": "completed"}


def healed(row: dict[str, str]) -> Bedside:
    """The extractions and clearances of the row."""
    patient = Bedside()
    for one in filter(None, row["extraction"].split(", ")):
        day, _, how = one.partition(" ")
        if day == "?":
            patient.without("procedures")
        else:
            patient.done("tooth_extraction", None if day == "undated" else ago(day), status=_STATUS[how])
    for one in filter(None, row["cleared"].split(", ")):
        day, _, how = one.partition(" ")
        status = {"status": "preliminary"} if how == "preliminary" else {}
        flag = "false" if how == "false" else "true"
        patient.observed("dental_clearance_after_extraction", f"{flag} @ {ago(day)}", **status)
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("order", ["zometa", "xgeva"])
@pytest.mark.parametrize("row", rows(EXTRACTIONS), ids=name)
def test_the_first_dose_waits_for_healing(row: dict[str, str], order: str, edition: str) -> None:
    expected = row["earlier" if edition == "aura-earlier" else "2026 and intermediate"]
    assert healed(row).drafts_order(order).outcome("AR-EXTRACT-01", edition) == SPELLED.get(expected, expected)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_clearance_that_was_not_fetched_is_not_taken_for_absent(edition: str) -> None:
    patient = Bedside().done("tooth_extraction", ago(40)).without("observations").drafts_order("zometa")
    assert patient.outcome("AR-EXTRACT-01", edition).endswith("dental_clearance_after_extraction")


@pytest.mark.parametrize(("days", "moved"), [(5, True), (29, True), (30, False)])
def test_the_draft_is_moved_to_a_month_after_the_extraction(days: int, moved: bool) -> None:
    patient = Bedside().done("tooth_extraction", ago(days)).drafts_order("zometa")
    proposals = patient.asks("AR-EXTRACT-01").verdict.proposals
    assert [p.to for p in proposals if isinstance(p, PostponeDraft)] == [TODAY + timedelta(days=30 - days)] * moved


def test_only_the_start_waits() -> None:
    patient = Bedside().done("tooth_extraction", ago(5)).drafts_order("prolia")
    assert patient.outcome("AR-EXTRACT-01") == "not-applicable"
    patient = Bedside().done("tooth_extraction", ago(5)).given("zometa", ago(28)).drafts_order("zometa")
    assert patient.outcome("AR-EXTRACT-01") == "not-applicable"
    patient = (
        Bedside().done("tooth_extraction", ago(5)).drafts_order("zometa", priority="stat", reason="bone_metastasis")
    )
    assert patient.outcome("AR-EXTRACT-01") == "not-applicable"
