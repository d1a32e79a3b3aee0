"""Suggestions: one click does the whole of what its label says, once, and nothing that was asked for already."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest
from msgspec import structs

from fhir_mappers.new_orders import OrderContext
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.proposals import (
    NewMedication,
    NewService,
    PostponeDraft,
    Proposal,
    RemoveDraft,
    SetDose,
    SetInfusionTime,
    StopOrder,
)
from fhir_mappers.record.quantity import Quantity
from hooks.check import Outcome
from hooks.response import ActionType, SelectionBehavior, Suggestion
from hooks.suggestions import selection_behavior, suggestions
from tests.hooks.said import DAY, cards_of, context_of, led_by, longest, speaker
from tests.support.bedside import Bedside, concept
from tests.support.renal import clearing

MG33, MIN30 = Quantity.of("3.3 mg"), Quantity.of("30 min")
MONTHLY, QUARTERLY = Quantity.of("28 d"), Quantity.of("90 d")


def ordering(dose: str = "4 mg", **order: Any) -> tuple[DraftOrder, OrderContext]:
    """A draft of the oncology zoledronic acid, and the context it stands in."""
    context = context_of(Bedside().drafts_order("zometa", dose, **order))
    return context.drafts[0], context


def offered(
    *proposals: Proposal, context: OrderContext, language: str = "en", outcome: Outcome = Outcome.DUE
) -> tuple[Suggestion, ...]:
    """What one finding with these proposals leads to."""
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    return suggestions(
        [structs.replace(finding, verdict=structs.replace(finding.verdict, outcome=outcome, proposals=proposals))],
        replace(context, language=language),
        speaker(language),
    )


def labels(found: tuple[Suggestion, ...] | None) -> list[str]:
    return [suggestion.label for suggestion in found or ()]


def actions(found: tuple[Suggestion, ...] | None) -> list[tuple[str, str]]:
    return [(action.type.value, action.description) for one in found or () for action in one.actions or ()]


def resource(suggestion: Suggestion, index: int = 0) -> dict[str, Any]:
    assert suggestion.actions
    made = suggestion.actions[index].resource
    assert made is not None
    return made


def test_two_edits_of_a_draft_are_one_update_that_keeps_both() -> None:
    draft, context = ordering("4.0 mg", over="10 min", every="28 d", note=[{"text": "after the scan"}])
    found = offered(SetInfusionTime(draft, MIN30), SetDose(draft, MG33), context=context)
    assert labels(found) == ["Infuse over 30 min and change the dose to 3.3 mg"]
    assert actions(found) == [("update", "Correct this order")]
    order = resource(found[0])
    dosage = order["dosageInstruction"][0]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == Decimal("3.3")
    assert dosage["timing"]["repeat"]["duration"] == Decimal(30)
    assert dosage["timing"]["repeat"]["period"] == Decimal(28)
    assert order["note"] == [{"text": "after the scan"}]
    assert order["id"] == draft.raw["id"]
    MedicationRequest.model_validate(order)
    assert draft.raw["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == Decimal("4.0")


def test_the_patient_of_two_findings_gets_one_update() -> None:
    patient = clearing("42").given("zometa", "2026-05-01", "4 mg").drafts_order("zometa", "4 mg", over="10 min")
    card = led_by(cards_of(patient, "fr"), "ZOL-INFUS-01")
    assert labels(card.suggestions) == ["Perfuser en 30 min et corriger la dose à 3,3 mg"]


def test_free_text_that_still_says_the_old_dose_is_pointed_out() -> None:
    draft, context = ordering(note=[{"text": "Zometa 4 mg IV"}])
    (only,) = offered(SetDose(draft, MG33), context=context)
    assert actions((only,)) == [
        ("update", "Change only the dose, to 3.3 mg. Check the free text of the order: it is unchanged.")
    ]
    (both,) = offered(SetDose(draft, MG33), SetInfusionTime(draft, MIN30), context=context)
    assert actions((both,))[0][1].startswith("Correct this order. Check the free text")


def test_edits_that_contradict_each_other_are_alternatives() -> None:
    draft, context = ordering(every="14 d")
    found = offered(
        SetDose(draft, interval=MONTHLY), SetDose(draft, interval=QUARTERLY), SetDose(draft, MG33), context=context
    )
    assert labels(found) == [
        "Change the interval to 28 days and change the dose to 3.3 mg",
        "Change the interval to 90 days",
    ]
    assert selection_behavior(found) is SelectionBehavior.AT_MOST_ONE


def test_edits_of_two_drafts_stay_two() -> None:
    context = context_of(Bedside().drafts_order("zometa", "4 mg").drafts_order("zometa", "8 mg"))
    found = offered(*(SetDose(draft, MG33) for draft in context.drafts), context=context)
    assert [resource(one)["id"] for one in found] == ["d1", "d2"]


def test_only_what_could_be_changed_is_announced() -> None:
    draft, context = ordering("4 mg", over="30 min")
    found = offered(SetInfusionTime(draft, MIN30), SetDose(draft, MG33), context=context)
    assert labels(found) == ["Change the dose to 3.3 mg"]
    assert actions(found) == [("update", "Change only the dose, to 3.3 mg")]
    nameless = structs.replace(draft, raw={name: value for name, value in draft.raw.items() if name != "id"})
    assert offered(SetInfusionTime(nameless, MIN30), SetDose(nameless, MG33), context=context) == ()


EDITS = [
    (SetDose, {"dose": MG33}, "Change the dose to 3.3 mg", "Corriger la dose à 3,3 mg"),
    (SetDose, {"interval": MONTHLY}, "Change the interval to 28 days", "Corriger l'intervalle à 28 jours"),
    (SetDose, {"route": "route_sc"}, "Change the route to subcutaneous", "Corriger la voie : sous-cutanée"),
    (
        SetDose,
        {"dose": MG33, "interval": MONTHLY},
        "Change the dose to 3.3 mg and change the interval to 28 days",
        "Corriger la dose à 3,3 mg et corriger l'intervalle à 28 jours",
    ),
    (SetInfusionTime, {"time": MIN30}, "Infuse over 30 min", "Perfuser en 30 min"),
    (PostponeDraft, {"to": DAY}, "Postpone to 30 Sep 2026", "Reporter au 30 sept. 2026"),
    (RemoveDraft, {}, "Remove this order", "Retirer cette prescription"),
    (
        RemoveDraft,
        {"instead": NewMedication("denosumab")},
        "Replace this order by denosumab",
        "Remplacer cette prescription par : dénosumab",
    ),
]


@pytest.mark.parametrize(("kind", "what", "english", "french"), EDITS, ids=[row[2] for row in EDITS])
def test_labels_of_changes(kind: type, what: dict[str, Any], english: str, french: str) -> None:
    draft, context = ordering()
    for language, label in (("en", english), ("fr", french)):
        assert labels(offered(kind(draft, **what), context=context, language=language)) == [label]


def test_new_orders_are_whole_and_dated() -> None:
    _, context = ordering()
    bridge = NewMedication("zoledronic_acid", MG33, DAY, "denosumab_zoledronate_bridge")
    services = NewService(("dental_consultation", "panoramic_xray"), DAY)
    found = offered(bridge, services, context=replace(context, drafts=()))
    assert labels(found) == [
        "Draft zoledronic acid 3.3 mg for 30 Sep 2026",
        "Order dental consultation and panoramic X-ray for 30 Sep 2026",
    ]
    MedicationRequest.model_validate(resource(found[0]))
    for index in (0, 1):
        request = resource(found[1], index)
        assert (request["status"], request["occurrenceDateTime"]) == ("draft", "2026-09-30")
        ServiceRequest.model_validate(request)


def test_running_orders_are_stopped() -> None:
    patient = clearing("25").ordered("zometa", "2026-01-05", "4 mg")
    running = patient.record().courses
    found = offered(
        StopOrder(running), StopOrder(running, NewMedication("denosumab")), context=context_of(patient), language="fr"
    )
    assert labels(found) == [
        "Arrêter la prescription en cours : acide zolédronique",
        "Arrêter la prescription en cours et préparer : dénosumab",
    ]
    assert actions(found)[0] == ("create", "Arrêter la prescription en cours : acide zolédronique")


def test_exactly_one_is_recommended_the_first() -> None:
    draft, context = ordering()
    proposals = (RemoveDraft(draft), NewService(("creatinine_test",)), NewMedication("paracetamol"))
    assert [one.is_recommended for one in offered(*proposals, context=context)] == [True, None, None]


def test_what_is_not_known_proposes_nothing() -> None:
    draft, context = ordering()
    asked = (SetDose(draft, MG33), NewService(("creatinine_test",)))
    assert offered(*asked, context=context, outcome=Outcome.UNDECIDED) == ()
    unchecked = cards_of(Bedside().without("observations", "procedures").drafts_order("zometa", "4 mg"))
    assert [card.suggestions for card in unchecked if "Not checked" in card.summary] == [None]


def test_each_proposal_and_each_service_once() -> None:
    draft, context = ordering()
    found = offered(
        SetDose(draft, MG33),
        SetDose(draft, MG33),
        NewService(("dental_consultation", "panoramic_xray")),
        NewService(("panoramic_xray",)),
        NewService(("panoramic_xray", "creatinine_test")),
        context=context,
    )
    assert labels(found) == [
        "Change the dose to 3.3 mg",
        "Order dental consultation and panoramic X-ray",
        "Order creatinine",
    ]


def test_a_service_drafted_or_asked_for_recently_is_not_asked_for_again() -> None:
    asked = {"status": "active", "intent": "order", "code": concept("dental_panoramic_xray")}
    recent = Bedside().add("serviceRequests", "ServiceRequest", asked | {"authoredOn": "2026-05-30"})
    both = NewService(("dental_consultation", "panoramic_xray"))
    found = offered(both, context=context_of(recent))
    assert labels(found) == ["Order dental consultation"]
    assert actions(found) == [("create", "Order dental consultation")]
    long_ago = Bedside().add("serviceRequests", "ServiceRequest", asked | {"authoredOn": "2023-05-30"})
    assert labels(offered(both, context=context_of(long_ago))) == ["Order dental consultation and panoramic X-ray"]
    assert offered(NewService(("panoramic_xray",)), context=context_of(recent)) == ()


def test_a_drug_that_is_being_ordered_is_not_drafted_again() -> None:
    patient = Bedside().drafts_order("zometa", "4 mg").drafts_order("xgeva", "120 mg")
    context = context_of(patient)
    zometa = context.drafts[0]
    proposals = (RemoveDraft(zometa), RemoveDraft(zometa, NewMedication("denosumab")), NewMedication("denosumab"))
    assert labels(offered(*proposals, context=context)) == ["Remove this order"]
    replaced = RemoveDraft(zometa, NewMedication("zoledronic_acid", MG33))
    assert labels(offered(replaced, context=context)) == ["Replace this order by zoledronic acid 3.3 mg"]
    stopping = context_of(Bedside().drafts_order("xgeva", "120 mg", status="stopped"))
    assert labels(offered(NewMedication("denosumab"), context=stopping)) == ["Draft denosumab"]


def test_where_nothing_can_be_removed_the_label_does_not_say_so() -> None:
    draft, context = ordering()
    nameless = structs.replace(draft, raw={name: value for name, value in draft.raw.items() if name != "id"})
    replaced = RemoveDraft(nameless, NewMedication("denosumab"))
    assert labels(offered(replaced, context=context)) == ["Draft denosumab"]
    assert offered(RemoveDraft(nameless), context=context) == ()


def test_how_many_may_be_taken() -> None:
    draft, context = ordering()
    empty = replace(context, drafts=())
    services = offered(NewService(("creatinine_test",)), NewMedication("paracetamol"), context=empty)
    assert selection_behavior(()) is None
    assert selection_behavior(services) is SelectionBehavior.ANY
    assert selection_behavior(offered(SetDose(draft, MG33), context=context)) is SelectionBehavior.AT_MOST_ONE
    assert selection_behavior(offered(RemoveDraft(draft), context=context)) is SelectionBehavior.AT_MOST_ONE
    either = offered(NewMedication("zoledronic_acid", MG33), NewMedication("denosumab"), context=empty)
    assert selection_behavior(either) is SelectionBehavior.AT_MOST_ONE


def test_a_removal_names_the_draft_and_brings_its_replacement() -> None:
    draft, context = ordering()
    (only,) = offered(RemoveDraft(draft, NewMedication("denosumab")), context=context)
    assert only.actions is not None
    delete, create = only.actions
    assert (delete.type, delete.resource_id) == (ActionType.DELETE, f"MedicationRequest/{draft.raw['id']}")
    assert (create.type, resource(only, 1)["status"]) == (ActionType.CREATE, "draft")


def test_a_long_label_is_cut_at_a_word() -> None:
    _, context = ordering()
    many = NewService(
        ("vitamin_d_test", "pth", "bone_alkaline_phosphatase", "phosphate", "calcium_albumin", "ctx_fasting")
    )
    (only,) = offered(many, context=context)
    assert len(only.label) <= 100
    assert only.label.endswith("…")
    assert len(actions((only,))) == 7
