"""CEM-AC-01: a vitamin K antagonist is bridged with heparin, whose last dose is on the day before."""

import pytest

from tests.support.acts import act, ahead, takes
from tests.support.bedside import Bedside
from tests.support.chart import ago, dispensed
from tests.support.drawn import name, rows

BRIDGE = """
antagonist      | heparin            | other          | act | outcome
----------------+--------------------+----------------+-----+--------------------------------
active          |                    |                | 10  | warning antagonist
active          | until 9            |                | 10  | warning antagonist            # both together
active          |                    |                |     | warning antagonist            # no date: today
until 9         | until 9            |                | 10  | warning antagonist            # still taken on the day before
until 8         | until 9            |                | 10  | satisfied                     # bridged, last dose the day before
until 8         | until 10           |                | 10  | warning heparin_on_the_day
until 8         | active             |                | 10  | warning heparin_on_the_day
until 8         | planned 10         |                | 10  | warning heparin_on_the_day    # a dose on the day
until 8         | planned 11         |                | 10  | satisfied                     # resumed afterwards, and ordered
until 8         |                    |                | 10  | warning no_bridge
until -20       |                    |                | 10  | warning no_bridge             # day 30
until -21       |                    |                | 10  | satisfied                     # stopped for another reason
stopped until 3 | until 9            |                | 10  | satisfied
stopped until 3 | stopped            |                | 10  | warning no_bridge             # ordered before, halted
stopped until 3 | dose 0             |                | 10  | warning no_bridge             # given while the antagonist went on
stopped until -1 | dose 0            |                | 10  | satisfied
stopped         |                    |                | 10  | needs-data last_dose
stopped         | until 9            |                | 10  | needs-data last_dose
stopped         | active             |                | 10  | warning heparin_on_the_day
old             |                    |                | 10  | not-applicable
until 3         |                    | until 8        | 10  | satisfied                     # a direct anticoagulant instead
until 3         |                    | until 2        | 10  | warning no_bridge
                | until 9            |                | 10  | satisfied
                | until 10           |                | 10  | warning heparin_on_the_day    # without an antagonist as well (ours)
                | active             |                | 10  | warning heparin_on_the_day
                |                    |                | 10  | not-applicable
active + stop   | draft until 9      |                | 10  | satisfied
active + stop   |                    |                | 10  | warning no_bridge
active + stop   |                    |                | 1   | warning antagonist            # taken on the day before
dose 2026-05    |                    |                | 10  | warning no_bridge             # 13 to 41 days
"""


@pytest.mark.parametrize("drug", ["warfarin", "fluindione"])
@pytest.mark.parametrize("row", rows(BRIDGE), ids=name)
def test_the_antagonist_is_bridged(row: dict[str, str], drug: str) -> None:
    patient = Bedside()
    for what, told in ((drug, row["antagonist"]), ("enoxaparin", row["heparin"]), ("apixaban", row["other"])):
        takes(patient, what, told) if told else None
    assert act(patient, "cementoplasty", row["act"]).outcome("CEM-AC-01") == row["outcome"]


def test_unfractionated_heparin_is_another_drug() -> None:
    assert act(takes(Bedside(), "heparin", "active"), "cementoplasty", "10").outcome("CEM-AC-01") == "not-applicable"
    mixed = takes(takes(Bedside(), "heparin", "active"), "tinzaparin", "until 10")
    assert act(mixed, "cementoplasty", "10").outcome("CEM-AC-01") == "warning heparin_on_the_day"


def test_both_together_and_a_missing_date_are_said() -> None:
    patient = takes(takes(Bedside(), "warfarin", "active"), "enoxaparin", "active")
    assert act(patient, "cementoplasty", "").asks("CEM-AC-01").verdict.notes == ("both", "undated")
    alone = act(takes(Bedside(), "warfarin", "active"), "cementoplasty", "9").asks("CEM-AC-01")
    assert alone.verdict.notes == ()
    assert str(alone.verdict.figures["by"]) == ahead(8)
    open_ = act(takes(Bedside(), "warfarin", "stopped"), "cementoplasty", "").asks("CEM-AC-01")
    assert open_.verdict.notes == ("undated",)


def test_drugs_handed_out_are_no_doses() -> None:
    patient = act(dispensed(Bedside(), "warfarin", ago(2)), "cementoplasty", "10")
    assert patient.outcome("CEM-AC-01") == "not-applicable"


def test_an_order_without_a_day_of_writing_leaves_it_open() -> None:
    patient = Bedside().ordered("warfarin", ago(1), status="stopped")
    del patient.resources["medicationRequests"][0]["authoredOn"]
    assert act(patient, "cementoplasty", "10").outcome("CEM-AC-01") == "needs-data last_dose"
    patient.given("warfarin", ago(90))
    assert act(patient, "cementoplasty", "10").outcome("CEM-AC-01") == "satisfied"


def test_a_stop_that_names_only_the_order_ends_it() -> None:
    patient = takes(Bedside(), "warfarin", "active")
    running = patient.resources["medicationRequests"][0]["id"]
    prior = {"priorPrescription": {"reference": f"MedicationRequest/{running}"}}
    patient.drafts.append({"resourceType": "MedicationRequest", "id": "x", "status": "stopped", "intent": "order",
                           "subject": {"reference": "Patient/p1"}, **prior})  # fmt: skip
    assert act(patient, "cementoplasty", "10").outcome("CEM-AC-01") == "warning no_bridge"
