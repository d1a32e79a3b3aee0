"""When the next dose is due and late, and which dates follow from the record: at the edges, in pairs."""

import pytest

from cds_service.app_pages.plans import plans
from cds_service.app_pages.rhythm import next_doses
from cds_service.app_pages.words import page_words
from hooks.limits import EDITIONS
from tests.app_pages.seen import NEWEST, heard, numbers, record_of, speaker
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows

DOSES = """
    drug   | every | last       | edition      | due        | late
    -------+-------+------------+--------------+------------+-----------
    xgeva  | 28 d  | 2026-05-06 | aura-2026    | 2026-06-03 | 2026-06-11
    xgeva  | 4 wk  | 2026-05-06 | aura-2026    | 2026-06-03 | 2026-06-11
    xgeva  |       | 2026-05-06 | aura-2026    | 2026-06-03 | 2026-06-11   # the usual rhythm of the edition
    xgeva  |       | 2026-05-06 | aura-earlier |            | 2026-06-11   # it has no rule on spacing
    xgeva  | 28 d  |            | aura-2026    |            |              # nothing given: nothing to count from
    xgeva  | 9999999 d | 2026-05-06 | aura-2026 |           | 2026-06-11   # a slip of the keyboard
    zometa | 28 d  | 2026-05-06 | aura-2026    | 2026-06-03 |              # nothing says when zoledronic acid is late
    zometa |       | 2026-05-06 | aura-2026    |            |              # monthly or quarterly: nobody knows
"""


@pytest.mark.parametrize("row", rows(DOSES), ids=name)
def test_the_next_dose(row: dict[str, str]) -> None:
    bedside = Bedside().ordered(row["drug"], "2026-01-01", every=row["every"] or None)
    if row["last"]:
        bedside.given(row["drug"], row["last"], "120 mg" if row["drug"] == "xgeva" else "4 mg")
    (found,) = next_doses(record_of(bedside), numbers(row["edition"]))
    said = {"due": found.due, "late": found.late}
    assert {key: day.isoformat() if day else "" for key, day in said.items()} == {
        "due": row["due"],
        "late": row["late"],
    }


def test_an_order_that_begins_later_has_no_next_dose_yet() -> None:
    assert next_doses(record_of(Bedside().ordered("xgeva", "2026-06-01", starts="2026-06-20")), numbers()) == ()


def planned(bedside: Bedside, edition: str = NEWEST) -> dict[str, tuple[str, str, str | None]]:
    """What is planned: day, state and rule by what it is."""
    record = record_of(bedside)
    upcoming = next_doses(record, numbers(edition))
    said = plans(record, heard(record, edition), upcoming, numbers(edition), speaker("en", edition), page_words("en"))
    assert list(said) == sorted(said, key=lambda plan: plan.day)
    return {plan.what: (plan.day.isoformat(), plan.state, plan.rule) for plan in said}


STATES = """
    last       | state
    -----------+--------
    2026-04-29 | due        # day 35 is still not late, though the dose was due a week ago
    2026-04-28 | late
    2026-05-06 | today
    2026-05-07 | coming
"""


@pytest.mark.parametrize("row", rows(STATES), ids=name)
def test_a_dose_of_denosumab_is_late_exactly_when_the_rule_says_so(row: dict[str, str]) -> None:
    bedside = Bedside().ordered("xgeva", "2026-01-01", "120 mg", every="28 d").given("xgeva", row["last"], "120 mg")
    state = planned(bedside)["Next dose of denosumab"][1]
    late = next(f for f in heard(record_of(bedside)).all if f.rule.id == "DMAB-ADH-01").status == "fires"
    assert (state == "late") == late
    assert state == row["state"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_dates_of_a_running_denosumab(edition: str) -> None:
    bedside = Bedside().ordered("xgeva", "2025-09-01", "120 mg", every="28 d")
    for day in ("2025-09-01", "2026-05-20"):
        bedside.given("xgeva", day, "120 mg")
    bedside.done("dental_examination", "2026-02-01").observed("creatinine_serum", "70 umol/L @ 2026-05-20")
    bedside.observed("vitamin_d_25oh_total", "35 ng/mL @ 2026-03-01")
    assert planned(bedside, edition) == {
        "Next dose of denosumab": ("2026-06-17", "coming", "DMAB-ADH-01"),
        "Dental follow-up due": ("2026-08-03", "coming", "ONJ-FU-01"),
        "Two-year review of the treatment": ("2027-09-01", "coming", "DUR-24M-01"),
        "If denosumab stopped now: bridge by zoledronic acid": ("2026-08-18", "if", "BRIDGE-01"),
        "Creatinine counts for an order until": ("2026-08-18", "coming", "AR-RENAL-01"),
        "25-OH vitamin D counts for an order until": ("2026-08-28", "coming", "VITD-CHECK-01"),
    }


def test_zoledronic_acid_wants_a_fresher_creatinine() -> None:
    bedside = Bedside().ordered("zometa", "2026-04-01", "4 mg", every="28 d").given("zometa", "2026-05-20", "4 mg")
    bedside.observed("creatinine_serum", "70 umol/L @ 2026-05-04")
    said = planned(bedside)
    assert said["Creatinine counts for an order until"] == ("2026-06-03", "today", "AR-RENAL-01")
    assert "If denosumab stopped now: bridge by zoledronic acid" not in said


def test_a_bridge_that_is_due_has_its_day() -> None:
    bedside = Bedside().ill("bone_metastasis", "2024-01-01").ordered("xgeva", "2025-01-01", "120 mg", status="stopped")
    bedside.given("xgeva", "2026-03-20", "120 mg").observed("body_weight", "70 kg @ 2026-06-01")
    bedside.observed("creatinine_serum", "70 umol/L @ 2026-06-01")
    assert planned(bedside)["Bridge: zoledronic acid after denosumab"] == ("2026-06-18", "coming", "BRIDGE-02")


def test_the_review_stays_only_while_it_is_asked_for() -> None:
    bedside = Bedside().ill("lung_cancer", "2023-01-01").ill("bone_metastasis", "2023-01-01")
    for day in ("2024-01-10", "2026-05-20"):
        bedside.given("zometa", day, "4 mg")
    assert planned(bedside)["Two-year review of the treatment"] == ("2026-01-10", "late", "DUR-24M-01")
    bedside.done("bone_reevaluation", "2026-04-01")
    assert "Two-year review of the treatment" not in planned(bedside)


VISITS = """
    status    | day        | shown
    ----------+------------+------
    booked    | 2026-06-03 | yes
    booked    | 2026-06-02 | no
    booked    | 2026-07-01 | yes
    cancelled | 2026-07-01 | no
"""


@pytest.mark.parametrize("row", rows(VISITS), ids=name)
def test_booked_visits_ahead(row: dict[str, str]) -> None:
    visit = {
        "resourceType": "Appointment",
        "id": "v1",
        "status": row["status"],
        "start": f"{row['day']}T10:00:00Z",
        "serviceType": [_code("dental_visit")],
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    }
    bedside = Bedside()
    bedside.resources["appointments"].append(visit)
    found = planned(bedside)
    assert ("Dental visit" in found) == (row["shown"] == "yes")
    assert found.get("Dental visit", (row["day"],))[0] == row["day"]


def _code(name_: str) -> dict[str, object]:
    from tests.support.bedside import concept

    return concept(name_)


def test_nothing_is_planned_for_someone_who_is_not_treated() -> None:
    bedside = Bedside().done("dental_examination", "2026-02-01").observed("creatinine_serum", "70 umol/L @ 2026-05-20")
    assert planned(bedside) == {}
