"""A vitamin D course as orders: valid FHIR, read back as what was meant, all parts in one suggestion of the card."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.medicationstatement import MedicationStatement

from fhir_mappers.orders import OrderContext, steps
from fhir_mappers.record.proposals import Names, NewMedication, NewService, RecordTaking, Together
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.repletion import Loading
from hooks.cards import show
from hooks.evaluate import Findings
from hooks.limits import load_editions
from hooks.response import Card
from hooks.texts import LANGUAGES, Speaker
from tests.support.bedside import RULES, TODAY, Bedside
from tests.support.chart import ago
from tests.support.fhir import record_of
from tests.support.vitamins import calcium, level

CONTEXT = OrderContext("1", "Practitioner/dr", "e1", TODAY, "en")
WEEK, DOSE = Quantity.of("7 d"), Quantity.of("50000 [iU]")
COURSE = NewMedication("cholecalciferol_loading", DOSE, interval=WEEK, count=8)
UPKEEP = NewMedication("cholecalciferol", DOSE, on=date(2026, 8, 22), interval=Quantity.of("1 mo"))


def created(proposal: Any, language: str = "en") -> list[dict[str, Any]]:
    found = [step.resource for step in steps(proposal, replace(CONTEXT, language=language))]
    return [resource for resource in found if resource is not None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_course_is_a_valid_order_with_its_number_of_doses_and_a_meal(language: str) -> None:
    (order,) = created(COURSE, language)
    MedicationRequest.model_validate(order)
    (dosage,) = order["dosageInstruction"]
    assert dosage["timing"]["repeat"] == {"frequency": 1, "period": 7, "periodUnit": "d", "count": 8}
    assert (
        dosage["patientInstruction"] == {"en": "Take during a meal.", "fr": "À prendre au cours d'un repas."}[language]
    )
    assert order["courseOfTherapyType"]["coding"][0]["code"] == "vitamin-d-loading"


def test_what_is_drafted_is_recognised_as_the_course_when_it_comes_back() -> None:
    orders = [{**order, "id": str(index)} for index, order in enumerate((*created(COURSE), *created(UPKEEP)))]
    course, upkeep = record_of(drafts=orders).drafts
    rule = Loading(DOSE, Quantity.of("15 d"))
    assert (course.dose, course.interval, course.count, course.routes) == (DOSE, WEEK, 8, ("route_oral",))
    assert rule.is_meant_by(course)
    assert not rule.is_meant_by(upkeep)
    assert upkeep.interval == Quantity.of("30 d")
    assert upkeep.planned is not None
    assert upkeep.planned.first == date(2026, 8, 22)


def test_together_is_all_its_parts_in_order() -> None:
    parts = (COURSE, UPKEEP, NewService(("vitamin_d_test",)))
    made = steps(Together(parts), CONTEXT)
    assert [step.words for step in made] == ["action-new-dose", "action-new-dose-on", "action-service"]
    assert made == tuple(step for part in parts for step in steps(part, CONTEXT))
    assert steps(Together(()), CONTEXT) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_patient_takes_already_becomes_a_statement_and_no_order(language: str) -> None:
    (step,) = steps(RecordTaking("cholecalciferol"), replace(CONTEXT, language=language))
    assert step.resource is not None
    MedicationStatement.model_validate(step.resource)
    assert (step.type, step.words, dict(step.figures)) == (
        "create",
        "action-taking",
        {"name": Names(("cholecalciferol",))},
    )
    record = record_of({**step.resource, "id": "s1"})
    assert record.taking("cholecalciferol").is_yes
    assert record.gaps == ()


def cards(patient: Bedside, language: str = "en", edition: str = "aura-2026") -> list[Card]:
    """The vitamin D cards alone."""
    found = patient.findings(edition)
    mine = Findings(tuple(f for f in found.all if f.check.card == "vitamin-d"))
    speaker = Speaker(language, RULES, load_editions()[edition])
    return show(mine, replace(CONTEXT, patient_id="p1", language=language), speaker)


def test_one_click_drafts_the_whole_course() -> None:
    patient = level(Bedside(), "15 ng/mL").drafts_order("zometa")
    (card,) = cards(patient)
    assert (
        card.summary
        == "Correct vitamin D before the first dose: 25-OH vitamin D 15 ng/mL, 8 loading doses of 50,000 IU"
    )
    (suggestion,) = card.suggestions
    assert suggestion.label == "Draft the whole course: loading, maintenance, then a new level"
    assert [action.description for action in suggestion.actions or ()] == [
        "Draft vitamin D3 loading course 50,000 IU",
        "Draft vitamin D3 50,000 IU for 22 Aug 2026",
        "Order 25-OH vitamin D for 29 Jul 2026",
    ]
    assert (
        "Table 1 calls it insufficiency; the treatment box, which sets the course, calls it deficiency" in card.detail
    )
    assert "The target is above 30 ng/mL (75 nmol/L)" in card.detail


def test_the_same_course_in_french_and_in_the_earlier_edition() -> None:
    patient = level(Bedside(), "37.4 nmol/L").drafts_order("zometa")
    (card,) = cards(patient, "fr", "aura-earlier")
    assert card.summary.endswith("25-OH vitamine D 37,4 nmol/L, 3 prises de 100 000 UI")
    assert "100 000 UI à intervalles de 3 mois" in " ".join(card.detail.split())
    assert "Un nouveau taux d'au moins 75 nmol/L" in card.detail


def test_a_dose_or_a_note_but_not_both() -> None:
    patient = level(Bedside(), "35 ng/mL").given("zometa", ago(30)).drafts_order("zometa")
    (card,) = cards(patient)
    assert [suggestion.label for suggestion in card.suggestions] == [
        "Draft vitamin D3 50,000 IU",
        "Record as already taken: vitamin D3",
    ]
    assert card.selection_behavior == "at-most-one"


def test_a_supplement_in_hypercalcaemia_is_removed_and_calcium_ordered_with_one_click() -> None:
    (card,) = cards(calcium(Bedside(), "2.75").drafts_order("calcium"))
    (suggestion,) = card.suggestions
    assert suggestion.label == "Remove this order and order calcium and albumin"
    assert [action.type for action in suggestion.actions or ()] == ["delete", "create", "create"]
    assert "2.75 mmol/L" in card.summary
