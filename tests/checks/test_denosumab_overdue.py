"""DMAB-ADH-01 and DMAB-ADYN-01: the late injection, and the bone that may be adynamic."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago, booked, dispensed, missing
from tests.support.drawn import name, rows
from tests.support.renal import clearing

LATE = """
order     | written | last dose         | visit        | outcome
----------+---------+-------------------+--------------+---------------------------
xgeva     | 200     | 35                |              | satisfied
xgeva     | 200     | 36                |              | warning due
xgeva     | 200     | 90                |              | warning due
xgeva     | 200     | 91                |              | warning lapsed        # re-evaluate, rebound
xgeva     | 200     | 36                | -7           | not-applicable        # booked within a week
xgeva     | 200     | 36                | -8           | warning due
xgeva     | 200     | 36                | 0            | not-applicable
xgeva     | 200     | 36                | 1            | warning due           # the visit of yesterday
xgeva     | 200     | 36                | -7 cancelled | warning due
xgeva     | 200     | 36                | -7 dentist   | warning due
xgeva     | 200     | 36                | ?            | needs-data denosumab_injection_visit
xgeva     | 200     | 35                | ?            | satisfied             # not late: no matter
xgeva     | 200     | 36, 10 not-done   |              | warning due           # not given is not a dose
xgeva     | 200     | 36, 10 entered-in-error |        | warning due
xgeva     | 200     | 36, 10 dispensed  |              | satisfied
xgeva     | 200     | 36, 10 statement  |              | warning due           # taking it tells no day of a dose
xgeva     | 200     | 36, 10 prolia     |              | warning due           # another product
xgeva     | 200     | 36, 10 zometa     |              | warning due
xgeva     | 200     | 2026-04           |              | needs-data last_dose  # 34 to 63 days
xgeva     | 200     | 2026-05           |              | satisfied             # 3 to 33 days
xgeva     | 200     |                   |              | needs-data last_dose  # never recorded
xgeva     | 36      |                   |              | needs-data last_dose
xgeva     | 35      |                   |              | satisfied             # not late yet
xgeva     | 200     |                   | -7           | not-applicable
xgeva     | 200     | ?                 |              | needs-data last_dose
xgeva on-hold | 200 | 91                |              | not-applicable
xgeva stopped | 200 | 91                |              | not-applicable
xgeva completed | 200 | 91              |              | not-applicable
xgeva planned | 5   | 91                |              | not-applicable        # begins in a week
prolia    | 200     | 91                |              | not-applicable
denosumab | 200     | 91                |              | not-applicable        # cannot be told
zometa    | 200     | 91                |              | not-applicable
          |         | 91                |              | not-applicable
?         |         | 91                |              | needs-data antiresorptive_order
?         |         |                   |              | needs-data antiresorptive_order            # no all-clear
?         |         |                   | -7           | not-applicable
xgeva     | 200     |                   | ?            | needs-data denosumab_injection_visit
xgeva     | 35      |                   | ?            | satisfied             # not late yet
"""


def late(row: dict[str, str]) -> Bedside:
    """The order, the doses and the visit of the row."""
    patient = Bedside()
    product, _, status = row["order"].partition(" ")
    if product == "?":
        patient.without("medicationRequests")
    elif product:
        extra: dict[str, Any] = {"starts": ago(-7)} if status == "planned" else {}
        patient.ordered(product, ago(row["written"]), status=status.replace("planned", "") or "active", **extra)
    for one in filter(None, row["last dose"].split(", ")):
        _dose(patient, *one.partition(" ")[::2])
    day, _, how = row["visit"].partition(" ")
    if day == "?":
        patient.without("appointments")
    elif day:
        what = "dental_visit" if how == "dentist" else "denosumab_injection_visit"
        booked(patient, what, ago(day), status="cancelled" if how == "cancelled" else "booked")
    return patient


def _dose(patient: Bedside, day: str, how: str) -> None:
    if day == "?":
        patient.without("medicationAdministrations")
    elif how == "dispensed":
        dispensed(patient, "xgeva", ago(day))
    elif how == "statement":
        patient.stated("xgeva", ago(day))
    elif how in ("prolia", "zometa"):
        patient.given(how, ago(day))
    else:
        patient.given("xgeva", ago(day), status=how or "completed")


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(LATE), ids=name)
def test_an_injection_is_not_late(row: dict[str, str], edition: str) -> None:
    assert late(row).outcome("DMAB-ADH-01", edition) == row["outcome"]


def test_a_dose_that_was_never_recorded_is_asked_for_as_information() -> None:
    finding = Bedside().ordered("xgeva", ago(200)).asks("DMAB-ADH-01")
    assert (finding.status, finding.severity, finding.verdict.case) == ("needs-data", "info", "never_recorded")


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_end_of_a_reported_treatment_is_its_last_dose(edition: str) -> None:
    patient = Bedside().ordered("xgeva", ago(200)).stated("xgeva", ago(1), effectivePeriod={"end": ago(36)})
    patient.resources["medicationStatements"][-1].pop("effectiveDateTime")
    assert patient.outcome("DMAB-ADH-01", edition) == "warning due"


ADYNAMIC = """
order     | clearance | creatinine | dialysis | bone disease | outcome
----------+-----------+------------+----------+--------------+-----------------------------
xgeva     | 30        | 5          |          |              | satisfied
xgeva     | 29.9      | 5          |          |              | warning due
xgeva     | 29.9      | 90         |          |              | warning due
xgeva     | 29.9      | 91         |          |              | satisfied         # old: AR-RENAL-01 asks
xgeva     |           |            |          |              | satisfied         # none: AR-RENAL-01 asks
xgeva     | 80        | 5          | yes      |              | warning dialysis
xgeva     |           |            | yes      |              | warning dialysis
xgeva     | 80        | 5          | resolved |              | satisfied
xgeva     | 80        | 5          | 90       |              | warning dialysis  # a session
xgeva     | 80        | 5          | 91       |              | satisfied
xgeva     | ?         |            |          |              | needs-data creatinine_serum_dialysis
denosumab | 29.9      | 5          |          | yes          | warning due       # cannot be told: still asked
denosumab | 29.9      | 5          |          |              | not-applicable
denosumab | 60 mg     | 5          |          | yes          | not-applicable
prolia    | 29.9      | 5          |          | yes          | not-applicable
"""


def adynamic(row: dict[str, str]) -> Bedside:
    """The kidney of the row and the order."""
    patient = Bedside()
    if row["clearance"] == "?":
        patient.without("observations")
    elif row["clearance"] and "mg" not in row["clearance"]:
        clearing(row["clearance"], creatinine=ago(row["creatinine"]), weight=ago(5), bedside=patient)
    if row["bone disease"]:
        patient.ill("bone_metastasis")
    if row["dialysis"] in ("yes", "resolved"):
        patient.ill("dialysis_dependence", status="active" if row["dialysis"] == "yes" else "resolved")
    elif row["dialysis"]:
        patient.done("dialysis_session", ago(row["dialysis"]))
    return patient.drafts_order(row["order"], "60 mg" if "mg" in row["clearance"] else None)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(ADYNAMIC), ids=name)
def test_severe_renal_failure_calls_for_caution(row: dict[str, str], edition: str) -> None:
    outcome = adynamic(row).outcome("DMAB-ADYN-01", edition)
    assert outcome == row["outcome"] or (row["clearance"] == "?" and outcome.startswith("needs-data"))


def test_an_unreadable_creatinine_is_not_taken_for_a_good_one() -> None:
    patient = Bedside().observed("creatinine_serum", f"400 @ {ago(5)}").observed("body_weight", f"60 kg @ {ago(5)}")
    assert missing(patient.drafts_order("xgeva", "120 mg"), "DMAB-ADYN-01") == "creatinine_serum"


def test_the_caution_asks_for_tests_and_changes_no_dose() -> None:
    patient = clearing("25").drafts_order("xgeva", "120 mg")
    tests, advice = patient.asks("DMAB-ADYN-01").verdict.proposals
    assert tests.items == ("pth", "bone_alkaline_phosphatase", "phosphate", "calcium_albumin")
    assert advice.items == ("nephrology_referral",)


def test_a_lapse_asks_for_a_re_evaluation_besides_the_injection() -> None:
    for days, wanted in ((90, []), (91, ["rheumatology_oncology_referral"])):
        patient = Bedside(moment="patient-view").ordered("xgeva", ago(300)).given("xgeva", ago(days), "120 mg")
        found = patient.asks("DMAB-ADH-01").verdict.proposals
        assert [item for proposal in found for item in proposal.items] == ["denosumab_injection", *wanted]
