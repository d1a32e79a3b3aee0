"""VITD-D3-01, VITD-TOX-01, VITD-SAFE-01: vitamin D that is less suitable or would harm."""

import pytest

from fhir_mappers.record.proposals import NewMedication, NewService, RemoveDraft, StopOrder, Together
from fhir_mappers.record.quantity import Quantity
from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago, missing
from tests.support.drawn import name, rows
from tests.support.vitamins import at_its_hook, calcium, level

D2_OR_D3 = """
drug            | dose       | every | VITD-D3-01
----------------+------------+-------+----------------
ergocalciferol  | 50000 [iU] | 7 d   | info due
ergocalciferol  | 49999 [iU] | 7 d   | satisfied
ergocalciferol  | 50000 [iU] | 6 d   | satisfied
ergocalciferol  | 1.25 mg    | 1 wk  | info due         # the same dose
ergocalciferol  | 100000 UI  | 3 mo  | info due
ergocalciferol  | 50000 [iU] |       | not-applicable   # a single dose, or no rhythm told
ergocalciferol  |            | 7 d   | not-applicable
ergocalciferol  | 1 {tbl}    | 7 d   | not-applicable
cholecalciferol | 50000 [iU] | 7 d   | not-applicable
calcifediol     | 50000 [iU] | 7 d   | not-applicable
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(D2_OR_D3), ids=name)
def test_spaced_doses_are_better_d3(row: dict[str, str], edition: str) -> None:
    said = {"every": row["every"]} if row["every"] else {}
    patient = Bedside(moment="order-select").drafts_order(row["drug"], row["dose"] or None, **said)
    assert at_its_hook(patient, "VITD-D3-01", edition) == row["VITD-D3-01"]


@pytest.mark.parametrize(("count", "item"), [(None, "cholecalciferol"), (8, "cholecalciferol_loading")])
def test_the_same_dose_and_rhythm_of_d3_is_proposed(count: int | None, item: str) -> None:
    patient = Bedside().drafts_order("ergocalciferol", "50000 [iU]", every="7 d", count=count)
    (proposal,) = patient.asks("VITD-D3-01").verdict.proposals
    assert proposal.draft.source.resource == "MedicationRequest/d1"
    dose, interval = Quantity.of("50000 [iU]"), Quantity.of("7 d")
    assert proposal.instead == NewMedication(item, dose, interval=interval, count=count)


def test_d3_is_not_proposed_where_vitamin_d_would_harm_nor_to_a_child() -> None:
    def asked(patient: Bedside) -> str:
        return patient.drafts_order("ergocalciferol", "50000 [iU]", every="7 d").outcome("VITD-D3-01")

    assert [asked(calcium(Bedside(), said)) for said in ("2.60", "2.61")] == ["info due", "not-applicable"]
    assert [asked(level(Bedside(), said)) for said in ("150 ng/mL", "151 ng/mL")] == ["info due", "not-applicable"]
    assert [asked(Bedside().person(born=day)) for day in ("2008-06-03", "2008-06-04")] == ["info due", "not-applicable"]


def test_d3_is_not_proposed_blindly() -> None:
    patient = Bedside().drafts_order("ergocalciferol", "50000 [iU]", every="7 d").without("observations")
    assert missing(patient, "VITD-D3-01") == "calcium_total,vitamin_d_25oh_total"


HIGH = """
level       | days | vitamin D | VITD-TOX-01
------------+------+-----------+-------------------------------
150 ng/mL   | 10   | ordered   | satisfied
150.1 ng/mL | 10   | ordered   | warning running
150.1 ng/mL | 10   | stated    | warning running
150.1 ng/mL | 10   |           | info due
>150 ng/mL  | 10   |           | info due                         # the ceiling of the assay
375 nmol/L  | 10   |           | satisfied
375.1 nmol/L | 10  |           | info due                         # 150.3 ng/mL once converted
374.9 nmol/L | 10  |           | satisfied                        # 150.2 ng/mL once converted
200 ng/mL   | 180  |           | info due
200 ng/mL   | 181  | ordered   | not-applicable
            |      | ordered   | not-applicable
200         | 10   | ordered   | needs-data vitamin_d_25oh_total  # unit unknown
200         | 10   |           | not-applicable                   # nobody whom it concerns
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(HIGH), ids=name)
def test_a_very_high_level_is_said_when_the_chart_opens(row: dict[str, str], edition: str) -> None:
    patient = level(Bedside(moment="patient-view"), row["level"], row["days"])
    if row["vitamin D"] == "ordered":
        patient.ordered("cholecalciferol", ago(90))
    elif row["vitamin D"]:
        patient.stated("cholecalciferol", ago(90))
    assert patient.outcome("VITD-TOX-01", edition) == row["VITD-TOX-01"]


def test_at_an_order_it_needs_vitamin_d_or_an_antiresorptive_among_the_drafts() -> None:
    def asked(*drafts: str) -> str:
        patient = level(Bedside(), "200 ng/mL", 10)
        for drug in drafts:
            patient.drafts_order(drug)
        return patient.outcome("VITD-TOX-01")

    assert asked() == asked("paracetamol") == asked("aclasta") == "not-applicable"
    assert asked("zometa") == "info due"
    assert asked("cholecalciferol") == asked("zometa", "calcium and vitamin d") == "warning running"


def test_stopping_vitamin_d_and_the_tests_are_one_suggestion() -> None:
    tests = NewService(("calcium_albumin", "creatinine_test"))
    patient = level(Bedside(), "200 ng/mL", 10).drafts_order("zometa")
    assert patient.asks("VITD-TOX-01").verdict.proposals == (tests,)
    patient.ordered("cholecalciferol", ago(90)).ordered("cholecalciferol", ago(90), status="stopped")
    patient.ordered("fosavance", ago(90))
    patient.drafts_order("cholecalciferol")
    (together,) = patient.asks("VITD-TOX-01").verdict.proposals
    stop, remove, last = together.parts
    assert isinstance(together, Together)
    assert isinstance(stop, StopOrder)
    assert [(order.status, order.concepts[0]) for order in stop.orders] == [("active", "cholecalciferol")]
    assert isinstance(remove, RemoveDraft)
    assert remove.draft.is_any("cholecalciferol")
    assert last == tests


def test_a_level_that_was_not_sent_is_named_once() -> None:
    start = Bedside().drafts_order("zometa").without("observations")
    assert start.asks("VITD-TOX-01").verdict.said_by == "VITD-CHECK-01"
    treated = Bedside(moment="patient-view").given("zometa", ago(30)).without("observations")
    assert missing(treated, "VITD-TOX-01") == "vitamin_d_25oh_total"
    assert treated.asks("VITD-TOX-01").verdict.said_by == "VITD-REPL-01"


UNSENT = """
who                       | VITD-TOX-01
--------------------------+--------------------------------
                          | not-applicable                   # not announced at every chart
ill osteoporosis          | not-applicable
ill lung_cancer           | needs-data vitamin_d_25oh_total  # the level may be one of intoxication
ill multiple_myeloma      | needs-data vitamin_d_25oh_total
ordered cholecalciferol   | needs-data vitamin_d_25oh_total
given xgeva               | needs-data vitamin_d_25oh_total
"""


@pytest.mark.parametrize("row", rows(UNSENT), ids=name)
def test_a_level_that_was_not_sent_is_not_taken_for_a_harmless_one(row: dict[str, str]) -> None:
    patient = level(Bedside(moment="patient-view"), "200 ng/mL", 10)
    how, _, what = row["who"].partition(" ")
    if how:
        {"ill": patient.ill, "ordered": patient.ordered, "given": patient.given}[how](what, ago(30))
    assert patient.outcome("VITD-TOX-01") != "not-applicable"
    assert patient.without("observations").outcome("VITD-TOX-01") == row["VITD-TOX-01"]


SUPPLEMENTS = """
drug                  | calcium | days | albumin | VITD-SAFE-01
----------------------+---------+------+---------+---------------------------
cholecalciferol       | 2.60    | 3    |         | satisfied
cholecalciferol       | 2.61    | 3    |         | warning due
ergocalciferol        | 2.61    | 3    |         | warning due
calcifediol           | 2.61    | 3    |         | warning due
calcium               | 2.61    | 3    |         | warning due
calcium and vitamin d | 2.61    | 3    |         | warning due
calcium               | 2.61    | 30   |         | warning due
calcium               | 2.61    | 31   |         | satisfied
calcium               | 2.50    | 3    | 36      | satisfied                   # corrected 2.60
calcium               | 2.51    | 3    | 36      | warning due                 # corrected 2.61
calcium               |         |      |         | satisfied
calcium               | ?       |      |         | needs-data calcium_total
zometa                | 2.61    | 3    |         | not-applicable
paracetamol           | 2.61    | 3    |         | not-applicable
fosavance             | 2.61    | 3    |         | not-applicable              # an antiresorptive
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(SUPPLEMENTS), ids=name)
def test_no_supplement_while_calcium_is_high(row: dict[str, str], edition: str) -> None:
    patient = Bedside().drafts_order(row["drug"])
    if row["calcium"] == "?":
        patient.without("observations")
    else:
        calcium(patient, row["calcium"], row["days"])
    if row["albumin"]:
        patient.observed("albumin_serum", f"{row['albumin']} g/L @ {ago(row['days'])}")
    assert patient.outcome("VITD-SAFE-01", edition) == row["VITD-SAFE-01"]


def test_a_calcium_that_has_come_down_is_enough() -> None:
    patient = calcium(Bedside(), "2.80", 10).drafts_order("calcium")
    assert patient.outcome("VITD-SAFE-01") == "warning due"
    assert calcium(patient, "2.50", 2).outcome("VITD-SAFE-01") == "satisfied"


def test_the_limit_of_the_laboratory_comes_first() -> None:
    limit = [{"high": {"value": 2.55, "unit": "mmol/L", "code": "mmol/L", "system": "http://unitsofmeasure.org"}}]
    patient = calcium(Bedside(), "2.56", referenceRange=limit).drafts_order("calcium")
    assert patient.outcome("VITD-SAFE-01") == "warning due"


def test_the_supplement_is_removed_and_calcium_repeated_in_one_suggestion() -> None:
    verdict = calcium(Bedside(), "2.75").drafts_order("calcium").asks("VITD-SAFE-01").verdict
    (together,) = verdict.proposals
    assert verdict.figures["calcium"] == Quantity.of("2.75 mmol/L")
    assert isinstance(together.parts[0], RemoveDraft)
    assert together.parts[1:] == (NewService(("calcium_albumin",)),)


def test_a_supplement_that_is_being_stopped_is_no_draft() -> None:
    patient = calcium(Bedside(), "2.75").drafts_order("calcium", status="stopped")
    assert patient.outcome("VITD-SAFE-01") == "not-applicable"
