"""RT-WASH-01/02: the time between the last dose and radiotherapy, by the table and by five half-lives."""

import pytest

from fhir_mappers.record.proposals import NewService, PostponeDraft
from tests.support.bedside import Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

TABLE = """
drug         | dose                      | begins                    | table            | theory
-------------+---------------------------+---------------------------+------------------+----------------
irinotecan   | 2026-06-03T10:01:00+02:00 | 2026-06-05T10:00:00+02:00 | warning due      | satisfied
irinotecan   | 2026-06-03T10:00:00+02:00 | 2026-06-05T10:00:00+02:00 | satisfied        | info due        # 48 h
irinotecan   | 2026-06-02T12:00:00+02:00 | 2026-06-05T10:00:00+02:00 | satisfied        | info due        # 70 h
irinotecan   | 2026-06-02T11:59:00+02:00 | 2026-06-05T10:00:00+02:00 | satisfied        | satisfied
irinotecan   | 2026-06-03                | 2026-06-05                | warning due      | satisfied       # may be 25 h
irinotecan   | 2026-06-02                | 2026-06-05                | satisfied        | info due
irinotecan   | 2026-06-01                | 2026-06-05                | satisfied        | satisfied
topotecan    | 2026-06-03T10:01:00+02:00 | 2026-06-04T10:00:00+02:00 | warning due      | satisfied
topotecan    | 2026-06-03T10:00:00+02:00 | 2026-06-04T10:00:00+02:00 | satisfied        | info due        # 24 h
topotecan    | 2026-06-03T09:00:00+02:00 | 2026-06-04T10:00:00+02:00 | satisfied        | info due        # 25 h
topotecan    | 2026-06-03T08:59:00+02:00 | 2026-06-04T10:00:00+02:00 | satisfied        | satisfied
topotecan    | 2026-06-03                | 2026-06-04                | warning due      | satisfied
topotecan    | 2026-06-02                | 2026-06-04                | satisfied        | info due        # may be 25 h
daunorubicin | 2026-05-31                | 2026-06-04                | warning due      | not-applicable  # 4 d
daunorubicin | 2026-05-30                | 2026-06-04                | satisfied        | not-applicable  # 5 d
doxorubicin  | 2026-05-29                | 2026-06-04                | not-applicable   | satisfied       # 6 d: RT-CONC-01
doxorubicin  | 2026-05-28                | 2026-06-04                | not-applicable   | info due        # 7 d
doxorubicin  | 2026-05-20                | 2026-06-04                | not-applicable   | info due        # 15 d
doxorubicin  | 2026-05-19                | 2026-06-04                | not-applicable   | satisfied
pemetrexed   | 2026-06-03                | 2026-06-04                | not-applicable   | not-applicable
"""


@pytest.mark.parametrize("row", rows(TABLE), ids=name)
def test_radiotherapy_waits_for_the_wash_out(row: dict[str, str]) -> None:
    patient = planned(Bedside().given(row["drug"], row["dose"]), "bone_radiotherapy", on=row["begins"])
    assert patient.outcome("RT-WASH-01") == row["table"]
    assert patient.outcome("RT-WASH-02") == row["theory"]


AHEAD = """
drug         | drafted for | radiotherapy | outcome
-------------+-------------+--------------+---------------
irinotecan   | 0           | 2            | warning due      # by the calendar two days may be 25 h
irinotecan   | 0           | 3            | satisfied
daunorubicin | 0           | 4            | warning due
daunorubicin | 0           | 5            | satisfied
topotecan    | 5           | 3 10         | warning begun    # during the course
topotecan    | 10          | 3 10         | warning begun    # its last day
irinotecan   | 3           | 3 10         | warning due
topotecan    | 11          | 3 10         | not-applicable   # after it
irinotecan   | 0           |              | not-applicable
"""


@pytest.mark.parametrize("row", rows(AHEAD), ids=name)
def test_a_drug_ordered_before_radiotherapy_leaves_time_to_wash_out(row: dict[str, str]) -> None:
    patient = Bedside().drafts_order(row["drug"], starts=ago(f"-{row['drafted for']}"))
    if row["radiotherapy"]:
        first, *last = row["radiotherapy"].split()
        period = {"start": ago(f"-{first}"), **({"end": ago(f"-{last[0]}")} if last else {})}
        request = {"status": "active", "code": concept("bone_radiotherapy"), "occurrencePeriod": period}
        patient.add("serviceRequests", "ServiceRequest", request)
    assert patient.outcome("RT-WASH-01") == row["outcome"]


@pytest.mark.parametrize(
    ("drug", "dose"),
    [("irinotecan", "2026-06-03T10:00:00+02:00"), ("irinotecan", "2026-06-03"), ("topotecan", "2026-06-03"),
     ("daunorubicin", "2026-06-01")],
)  # fmt: skip
def test_the_day_proposed_for_radiotherapy_is_late_enough_and_not_for_a_booking(drug: str, dose: str) -> None:
    patient = Bedside().given(drug, dose)
    postponed, ask = planned(patient, "bone_radiotherapy", on=ago(0)).asks("RT-WASH-01").verdict.proposals
    assert isinstance(postponed, PostponeDraft)
    assert ask == NewService(("radiotherapy_consultation",))
    patient.drafts.clear()
    assert planned(patient, "bone_radiotherapy", on=postponed.to.isoformat()).outcome("RT-WASH-01") == "satisfied"
    booking = proposed(Bedside(moment="appointment-book").given(drug, dose), "bone_radiotherapy", ago(0))
    assert booking.asks("RT-WASH-01").verdict.proposals == (ask,)


def test_a_drug_that_runs_without_a_recorded_dose_is_asked_about() -> None:
    patient = planned(Bedside().ordered("irinotecan", ago(20)), "bone_radiotherapy")
    assert patient.outcome("RT-WASH-01") == "needs-data last_dose"
    assert patient.outcome("RT-WASH-02") == "satisfied"
    unseen = planned(Bedside().without("medicationAdministrations"), "bone_radiotherapy")
    assert unseen.outcome("RT-WASH-01") == "needs-data anticancer_drugs"
    hidden = Bedside().without("serviceRequests").drafts_order("topotecan")
    assert hidden.outcome("RT-WASH-01") == "needs-data radiotherapy"


def test_doxorubicin_that_goes_on_is_for_the_other_rule() -> None:
    patient = Bedside().ordered("doxorubicin", ago(40)).given("doxorubicin", ago(10))
    assert planned(patient, "bone_radiotherapy").outcome("RT-WASH-02") == "satisfied"
    assert planned(patient, "bone_radiotherapy").outcome("RT-CONC-01") == "critical due"
