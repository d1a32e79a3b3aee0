"""ONJ-FU-01: under treatment a dentist looks at the mouth every six months; ONJ-FACT-01: tobacco and alcohol."""

import pytest

from fhir_mappers.record.proposals import NewService
from hooks.limits import EDITIONS
from tests.support.bedside import RULES, Bedside
from tests.support.booking import requested
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows

FOLLOW_UP = """
treatment         | exam            | visit      | outcome
------------------+-----------------+------------+------------------------------
xgeva 28          |                 |            | warning never_recorded
zometa 28         |                 |            | warning never_recorded
xgeva 28          | 183             |            | satisfied                      # the last good day
xgeva 28          | 184             |            | info due
xgeva 28          | 365             |            | info due
xgeva 28          | 366             |            | warning long_overdue
xgeva 28          | 10 not-done     |            | warning never_recorded
xgeva 28          | 10 planned      |            | warning never_recorded
xgeva 28          | -5              |            | warning never_recorded
xgeva 28          | 400, 100        |            | satisfied                      # the latest counts
xgeva 28          | 2026-01         |            | satisfied                      # 123 to 153 days
xgeva 28          | 2025-12         |            | needs-data dental_examination  # 154 to 184 days
xgeva 28          | 2025-11         |            | info due                       # 185 to 214 days
xgeva 28          | 2025-06         |            | warning long_overdue           # 338 to 367 days: the safer reading
xgeva 28          | ?               |            | needs-data dental_examination
xgeva 28          |                 | 60         | not-applicable                 # booked in sixty days
xgeva 28          |                 | 61         | warning never_recorded
xgeva 28          |                 | 0          | not-applicable
xgeva 28          |                 | -1         | warning never_recorded         # yesterday's visit is no examination
xgeva 28          |                 | 30 examination | not-applicable
xgeva 28          |                 | 30 referral | not-applicable
xgeva 28          |                 | 30 pending | warning never_recorded
xgeva 28          |                 | 30 injection | warning never_recorded
xgeva 28          |                 | ?          | needs-data dental_visit
xgeva 28          | 100             | ?          | satisfied                      # nothing hangs on the visit
xgeva 180         |                 |            | warning never_recorded
xgeva 181         |                 |            | not-applicable
order xgeva 35    |                 |            | warning never_recorded         # presumed treated
order xgeva 34    |                 |            | not-applicable
prolia 28         |                 |            | not-applicable                 # osteoporosis product
                  |                 |            | not-applicable
?                 |                 |            | needs-data antiresorptive_doses
"""
_VISIT = {"": "dental_visit", "examination": "dental_examination", "referral": "dental_referral",
          "injection": "denosumab_injection_visit", "pending": "dental_visit"}  # fmt: skip


def followed(row: dict[str, str]) -> Bedside:
    """The patient of the row, at patient view."""
    patient = Bedside(moment="patient-view")
    if row["treatment"] == "?":
        patient.without("medicationAdministrations")
    elif row["treatment"].startswith("order"):
        _, product, day = row["treatment"].split()
        patient.ordered(product, ago(day))
    elif row["treatment"]:
        product, day = row["treatment"].split()
        patient.given(product, ago(day))
    for exam in filter(None, row["exam"].split(", ")):
        day, _, how = exam.partition(" ")
        if day == "?":
            patient.without("procedures")
        else:
            patient.done("dental_examination", ago(day), status=how.replace("planned", "preparation") or "completed")
    day, _, how = row["visit"].partition(" ")
    if day == "?":
        patient.without("appointments")
    elif day:
        booked(patient, _VISIT[how], ago(-int(day)), status="pending" if how == "pending" else "booked")
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(FOLLOW_UP), ids=name)
def test_the_mouth_is_looked_at_every_six_months(row: dict[str, str], edition: str) -> None:
    assert followed(row).outcome("ONJ-FU-01", edition) == row["outcome"]


@pytest.mark.parametrize("moment", ["order-sign", "medication-refill"])
@pytest.mark.parametrize("drafted", ["xgeva", "zometa", "prolia", "paracetamol", ""])
def test_while_ordering_only_a_renewal_asks(drafted: str, moment: str) -> None:
    patient = Bedside(moment=moment).given("xgeva", ago(28))
    if drafted:
        patient.drafts_order(drafted)
    asked = drafted in ("xgeva", "zometa")
    assert patient.outcome("ONJ-FU-01") == ("warning never_recorded" if asked else "not-applicable")


def test_a_first_dose_is_the_matter_of_the_pre_start_rule() -> None:
    patient = Bedside().drafts_order("xgeva")
    assert (patient.outcome("ONJ-FU-01"), patient.outcome("AR-DENTAL-01")) == ("not-applicable", "warning due")
    patient.given("xgeva", ago(28))
    assert (patient.outcome("ONJ-FU-01"), patient.outcome("AR-DENTAL-01")) == (
        "warning never_recorded",
        "not-applicable",
    )


def test_the_dental_visit_drafted_in_the_same_session_is_not_asked_for_again() -> None:
    patient = Bedside().given("xgeva", ago(28)).drafts_order("xgeva")
    assert patient.outcome("ONJ-FU-01") == "warning never_recorded"
    assert requested(patient, "dental_visit").outcome("ONJ-FU-01") == "not-applicable"


def test_the_outcome_of_an_examination_tells_of_one() -> None:
    patient = Bedside(moment="patient-view").given("xgeva", ago(28))
    patient.observed("dental_examination_outcome", f"dental-cleared @ {ago(183)}")
    assert patient.outcome("ONJ-FU-01") == "satisfied"


def test_a_presumed_treatment_is_said_so_and_the_visit_is_proposed() -> None:
    known = Bedside(moment="patient-view").given("xgeva", ago(28)).asks("ONJ-FU-01").verdict
    presumed = Bedside(moment="patient-view").ordered("xgeva", ago(100)).asks("ONJ-FU-01").verdict
    assert (known.notes, presumed.notes) == ((), ("presumed",))
    assert known.proposals == (NewService(("dental_consultation",)),)


def test_no_examination_at_all_stays_away_for_thirty_days_once_shown() -> None:
    assert {case: str(time) for case, time in RULES["ONJ-FU-01"].snooze.items()} == {"never_recorded": "30 d"}


HABITS = """
smoking                  | alcohol   | ONJ-FACT-01
-------------------------+-----------+-------------------------
                         |           | not-applicable
current                  |           | info due
former                   |           | not-applicable
condition                |           | info due
former, condition        |           | not-applicable           # the newest status counts
unknown, condition       |           | info due                 # a status that does not tell
                         | flag      | info alcohol
                         | no        | not-applicable
                         | condition | info alcohol
current                  | flag      | info both
former                   | flag      | info alcohol
?                        |           | needs-data smoking_status,at_risk_drinking
?                        | condition | info alcohol
"""


def habits(patient: Bedside, row: dict[str, str]) -> Bedside:
    """What is recorded of tobacco and alcohol."""
    if "?" in row["smoking"]:
        patient.without("observations")
    for told in filter(None, row["smoking"].split(", ")):
        if told == "condition":
            patient.ill("smoking_current")
        elif told != "?":
            patient.observed("smoking_status", f"smoking-{told} @ {ago(20)}")
    if row["alcohol"] == "condition":
        patient.ill("alcohol_use_disorder")
    elif row["alcohol"]:
        patient.observed("at_risk_drinking", f"{'true' if row['alcohol'] == 'flag' else 'false'} @ {ago(20)}")
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(HABITS), ids=name)
def test_tobacco_and_alcohol_are_a_line_beside_the_dental_assessment(row: dict[str, str], edition: str) -> None:
    patient = habits(Bedside().drafts_order("xgeva"), row)
    assert patient.outcome("AR-DENTAL-01", edition).startswith(("warning", "needs-data"))
    assert patient.outcome("ONJ-FACT-01", edition) == row["ONJ-FACT-01"]
    assert patient.asks("ONJ-FACT-01", edition).verdict.said_by in (None, "AR-DENTAL-01")


def test_tobacco_alone_says_nothing_and_goes_with_the_two_year_review() -> None:
    smoker = Bedside(moment="patient-view").ill("smoking_current").ill("lung_cancer").done("dental_examination", ago(9))
    assert smoker.given("xgeva", ago(28)).outcome("ONJ-FACT-01") == "not-applicable"
    assert smoker.given("xgeva", ago(800)).outcome("ONJ-FACT-01") == "info due"
    assert smoker.asks("ONJ-FACT-01").verdict.said_by == "DUR-24M-01"
    examined = Bedside().ill("smoking_current").done("dental_examination", ago(9)).drafts_order("xgeva")
    assert examined.outcome("ONJ-FACT-01") == "not-applicable"
