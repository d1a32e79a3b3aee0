"""VITD-MAINT-01: vitamin D goes on for as long as the antiresorptive does."""

import pytest

from fhir_mappers.record.proposals import NewMedication, RecordTaking
from fhir_mappers.record.quantity import Quantity
from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.vitamins import at_its_hook, calcium, handed_out, level, took

RULE = "VITD-MAINT-01"


def without_vitamin_d(moment: str = "order-sign") -> Bedside:
    """Someone under zoledronic acid with a good level, who leaves or gets the next order."""
    patient = level(Bedside(moment=moment), "35 ng/mL").given("zometa", ago(30))
    return patient if moment in ("encounter-discharge", "patient-view") else patient.drafts_order("zometa")


MOMENTS = """
moment              | draft   | before          | VITD-MAINT-01
--------------------+---------+-----------------+--------------------------
order-sign          | zometa  |                 | info due
order-sign          | xgeva   | 30 given xgeva  | info due
order-sign          | aclasta |                 | not-applicable
order-sign          |         | 30 given xgeva  | not-applicable
medication-refill   | xgeva   | 30 given xgeva  | info due
medication-refill   |         | 30 given xgeva  | not-applicable
encounter-discharge |         | 180 given xgeva | info due
encounter-discharge |         | 181 given xgeva | not-applicable
encounter-discharge |         | 40 ordered xgeva | not-applicable             # presumed is not enough for this line
order-select        | zometa  |                 | not asked
patient-view        |         | 30 given xgeva  | not asked
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(MOMENTS), ids=name)
def test_it_is_asked_at_orders_renewals_and_discharge(row: dict[str, str], edition: str) -> None:
    patient = level(Bedside(moment=row["moment"]), "35 ng/mL")
    if row["before"]:
        days, how, product = row["before"].split()
        patient.given(product, ago(days)) if how == "given" else patient.ordered(product, ago(days))
    if row["draft"]:
        patient.drafts_order(row["draft"])
    assert at_its_hook(patient, RULE, edition) == row["VITD-MAINT-01"]


TAKEN = """
vitamin D                          | VITD-MAINT-01
-----------------------------------+--------------
ordered cholecalciferol 900        | satisfied       # active, however old
ordered ergocalciferol 10          | satisfied
ordered calcifediol 10             | satisfied
ordered uvedose 10                 | satisfied
ordered calcium and vitamin d 10   | satisfied
ordered calcium 10                 | info due
stated cholecalciferol 10          | satisfied       # bought without prescription
drafted cholecalciferol 0          | satisfied       # in the same session
completed cholecalciferol 10       | info due
given cholecalciferol 100          | satisfied       # a quarterly dose and ten days
given cholecalciferol 101          | info due
dispensed cholecalciferol 100      | satisfied
dispensed cholecalciferol 101      | info due
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(TAKEN), ids=name)
@pytest.mark.parametrize("moment", ["order-sign", "encounter-discharge"])
def test_any_vitamin_d_is_enough(row: dict[str, str], moment: str, edition: str) -> None:
    how, *words = row["vitamin D"].split()
    product, days = " ".join(words[:-1]), int(words[-1])
    patient = without_vitamin_d(moment)
    if how == "drafted":
        patient.drafts_order(product, "50000 [iU]", every="30 d")
    elif how == "given":
        took(patient, 1, "", first=days, product=product)
    elif how == "dispensed":
        handed_out(patient, "1", days, product=product)
    elif how == "stated":
        patient.stated(product, ago(days))
    else:
        patient.ordered(product, ago(days), status="completed" if how == "completed" else "active")
    assert at_its_hook(patient, RULE, edition) == row["VITD-MAINT-01"]


AGAINST = """
level       | calcium | VITD-MAINT-01
------------+---------+---------------
150 ng/mL   | 2.40    | info due
150.1 ng/mL | 2.40    | not-applicable
375 nmol/L  | 2.40    | info due
376 nmol/L  | 2.40    | not-applicable
35 ng/mL    | 2.60    | info due
35 ng/mL    | 2.61    | not-applicable
35 ng/mL    | 3.51    | not-applicable   # an emergency
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(AGAINST), ids=name)
def test_nothing_is_proposed_that_would_harm(row: dict[str, str], edition: str) -> None:
    patient = level(calcium(without_vitamin_d(), row["calcium"]), row["level"], 5)
    assert at_its_hook(patient, RULE, edition) == row["VITD-MAINT-01"]
    assert at_its_hook(level(calcium(without_vitamin_d(), "2.61", 31), "151 ng/mL", 181), RULE, edition) == "info due"


def test_it_is_silent_while_the_level_or_the_course_is_asked_for() -> None:
    start = Bedside().drafts_order("zometa")
    assert at_its_hook(start, RULE) == "muted by VITD-CHECK-01"
    assert at_its_hook(level(start, "15 ng/mL"), RULE) == "muted by VITD-REPL-01"
    assert at_its_hook(level(start, "30 ng/mL", 5), RULE) == "info due"
    leaving = level(Bedside(moment="encounter-discharge").given("zometa", ago(30)), "15 ng/mL")
    assert at_its_hook(leaving, RULE) == "info due", "no course is spoken of at discharge"


def test_it_offers_the_dose_of_the_edition_or_a_note_that_it_is_taken() -> None:
    patient = without_vitamin_d()
    monthly, quarterly = ("50000 [iU]", "1 mo"), ("100000 [iU]", "3 mo")
    for edition, (dose, every) in zip(EDITIONS, (monthly, monthly, quarterly), strict=True):
        order = NewMedication("cholecalciferol", Quantity.of(dose), interval=Quantity.of(every))
        assert patient.asks(RULE, edition).verdict.proposals == (order, RecordTaking("cholecalciferol"))


def test_it_is_not_proposed_blindly() -> None:
    assert at_its_hook(without_vitamin_d().without("observations"), RULE) == "needs-data"
    taking = without_vitamin_d().without("observations").ordered("cholecalciferol", ago(10))
    assert at_its_hook(taking, RULE) == "satisfied"
    assert at_its_hook(level(without_vitamin_d(), "35", 5), RULE) == "info due", "a level without a unit is no reason"


@pytest.mark.parametrize("kind", ["medicationRequests", "medicationStatements", "medicationAdministrations"])
def test_drugs_that_were_not_sent_are_not_taken_for_absent(kind: str) -> None:
    assert at_its_hook(without_vitamin_d().without(kind), RULE) == "needs-data"


def test_a_child_is_outside() -> None:
    leaving = without_vitamin_d("encounter-discharge")
    assert at_its_hook(leaving, RULE) == "info due"
    assert at_its_hook(leaving.person(born="2010-01-01"), RULE) == "not-applicable"
