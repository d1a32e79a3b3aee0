"""New orders: every item and proposal is valid FHIR R4, about the context patient, and read back as what was meant."""

import ast
import inspect
import tomllib
from contextlib import suppress
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest

from fhir_mappers.build import build_record
from fhir_mappers.conventions import default_conventions
from fhir_mappers.formulary import LANGUAGES, BadFormulary, default_formulary, load_formulary, substance
from fhir_mappers.orders import OrderContext, Step, steps
from fhir_mappers.record import starting
from fhir_mappers.record.dates import of_day, parse_date
from fhir_mappers.record.events import DraftOrder, Request, Source, TreatmentCourse
from fhir_mappers.record.products import Product, Use
from fhir_mappers.record.proposals import (
    Annotate,
    Names,
    NewCondition,
    NewMedication,
    NewService,
    Proposal,
    RemoveDraft,
    StopOrder,
)
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.templates import CERTAINTIES, VALIDATED, check_templates, digest, specimens, validate
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology
from hooks.exact_json import dumps_exact
from hooks.registry import CHECKS

TODAY = date(2026, 6, 3)
LATER = date(2026, 9, 1)
CONTEXT = OrderContext("p1", "Practitioner/dr", "e1", TODAY, "en")
BOOK = default_formulary()
TABLE = tomllib.loads((files("fhir_mappers") / "formulary.toml").read_text(encoding="utf-8"))
MAKERS = ("NewMedication", "NewService", "NewCondition")
MODELS: dict[str, Any] = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}
BRIDGE = "denosumab_zoledronate_bridge"
DENOSUMAB = Product("denosumab", Use.ONCOLOGY)
XGEVA = TreatmentCourse(
    Source("MedicationRequest/42"),
    ("denosumab", "denosumab_120mg"),
    "active",
    product=DENOSUMAB,
)
PROPOSALS: list[Proposal] = [
    *(NewService((key,), on) for key in BOOK.services for on in (None, LATER)),
    *(NewMedication(key, reason=reason, on=LATER) for key in BOOK.medications for reason in (None, *BOOK.reasons)),
    NewMedication("zoledronic_acid", Quantity.of("3.3 mg"), interval=Quantity.of("90 d")),
    NewService(("dental_consultation",), notes=(Annotate("dental_consultation", ("corticosteroid",)),)),
    StopOrder((XGEVA,), NewMedication("denosumab")),
]
DIAGNOSES = [NewCondition(key, certainty) for key in BOOK.conditions for certainty in CERTAINTIES]


def context(**changes: Any) -> OrderContext:
    said = {"patient_id": "p1", "user_id": None, "encounter_id": None, "as_of": TODAY, "language": "en"}
    return OrderContext(**(said | changes))


def created(proposal: Proposal, where: OrderContext = CONTEXT) -> list[dict[str, Any]]:
    return [resource(step) for step in steps(proposal, where)]


def resource(step: Step) -> dict[str, Any]:
    assert step.resource is not None
    return step.resource


def read_back(order: dict[str, Any]) -> DraftOrder:
    drafts = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    record = build_record(
        {}, drafts, None, "p1", TODAY, terminology=default_terminology(), conventions=default_conventions()
    )
    assert not record.gaps
    return record.drafts[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("proposal", PROPOSALS, ids=str)
def test_whatever_is_created_is_valid_fhir_about_the_context_patient(proposal: Proposal, language: str) -> None:
    made = created(proposal, context(language=language, user_id="PractitionerRole/r", encounter_id="e9"))
    assert made
    for order in made:
        MODELS[order["resourceType"]].model_validate(order)
        assert order["subject"] == {"reference": "Patient/p1"}
        assert order["intent"] == "order"
        assert order["status"] == ("stopped" if "priorPrescription" in order else "draft")
        assert order["authoredOn"] == "2026-06-03"
        assert (order["requester"], order["encounter"]) == (
            {"reference": "PractitionerRole/r"},
            {"reference": "Encounter/e9"},
        )


def test_the_shipped_templates_are_valid_fhir_and_recorded_as_such() -> None:
    made = specimens()
    validate(made)
    assert digest(made) == VALIDATED, "the templates changed and are valid: record their digest"


def test_the_start_does_not_validate_again_what_the_tests_have(monkeypatch: pytest.MonkeyPatch) -> None:
    validated: list[object] = []
    monkeypatch.setattr("fhir_mappers.templates.validate", validated.append)
    check_templates()
    assert not validated


def test_the_check_at_the_start_refuses_a_template_that_is_no_fhir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir_mappers.new_orders.UCUM", 7)
    with pytest.raises(ValueError, match="system"):
        check_templates()


def test_who_and_where_are_left_out_when_unknown() -> None:
    for user in (None, "Endpoint/x"):
        (order,) = created(NewMedication("denosumab"), context(user_id=user))
        assert "requester" not in order
        assert "encounter" not in order


def test_zoledronic_acid_is_read_back_as_the_oncology_product_at_its_dose() -> None:
    (order,) = created(NewMedication("zoledronic_acid", Quantity.of("3.30 mg"), LATER))
    draft = read_back(order)
    assert draft.product == Product("zoledronic_acid", Use.ONCOLOGY, intravenous=True)
    assert draft.dose == Quantity(Decimal("3.3"), "mg")
    assert (draft.interval, draft.infusion) == (Quantity.of("28 d"), Quantity.of("30 min"))
    assert draft.routes == ("route_iv",)
    assert draft.planned == of_day(LATER)
    assert str(order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]) == "3.3"


def test_no_dose_of_zoledronic_acid_is_ever_guessed() -> None:
    (step,) = steps(NewMedication("zoledronic_acid"), CONTEXT)
    assert "doseAndRate" not in resource(step)["dosageInstruction"][0]
    assert step.words == "action-new"
    assert dict(step.figures) == {"name": Names(("zoledronic_acid",))}


def test_a_bridge_is_one_dose_with_its_reason() -> None:
    (order,) = created(NewMedication("zoledronic_acid", Quantity.of("4 mg"), LATER, BRIDGE))
    assert order["dosageInstruction"][0]["timing"]["repeat"] == {"duration": 30, "durationUnit": "min", "count": 1}
    assert order["reasonCode"][0]["coding"][0]["code"] == "denosumab-zoledronate-bridge"
    assert read_back(order).reasons == (BRIDGE,)


def test_an_interval_that_is_given_wins() -> None:
    (order,) = created(NewMedication("zoledronic_acid", Quantity.of("4 mg"), None, BRIDGE, Quantity.of("90 d")))
    assert read_back(order).interval == Quantity.of("90 d")
    assert "count" not in order["dosageInstruction"][0]["timing"]["repeat"]


def test_denosumab_has_its_one_dose() -> None:
    (step,) = steps(NewMedication("denosumab", on=LATER), CONTEXT)
    draft = read_back(resource(step))
    assert draft.product == DENOSUMAB
    assert (draft.dose, draft.interval, draft.routes) == (Quantity.of("120 mg"), Quantity.of("28 d"), ("route_sc",))
    assert (step.words, step.figures["dose"], step.figures["on"]) == (
        "action-new-dose-on",
        Quantity.of("120 mg"),
        LATER,
    )


def test_paracetamol_is_one_gram_three_times_a_day_for_two_days() -> None:
    (order,) = created(NewMedication("paracetamol"))
    repeat = order["dosageInstruction"][0]["timing"]["repeat"]
    assert (repeat["frequency"], repeat["period"], repeat["periodUnit"]) == (3, 1, "d")
    assert (repeat["boundsDuration"]["value"], repeat["boundsDuration"]["code"]) == (2, "d")
    dose = order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (dose["value"], dose["unit"], dose["code"]) == (1, "g", "g")
    assert "paracetamol" in read_back(order).concepts


def test_calcium_and_albumin_are_two_requests_for_one_item() -> None:
    made = steps(NewService(("calcium_albumin", "albumin_serum")), CONTEXT)
    assert [resource(step)["code"]["coding"][0]["code"] for step in made] == ["17861-6", "1751-7"]
    assert [step.figures["name"] for step in made] == [Names(("calcium_total",)), Names(("albumin_serum",))]


def test_ctx_says_how_the_blood_is_drawn() -> None:
    (order,) = created(NewService(("ctx_fasting",)), context(language="fr"))
    assert order["patientInstruction"] == "Venir à jeun ; prise de sang le matin avant 9 h."


def test_the_request_to_the_board_has_the_code_of_the_board() -> None:
    (order,) = created(NewService(("bone_tumour_board",)))
    assert order["code"]["coding"] == [
        {
            "system": LOCAL_SYSTEM,
            "code": "bone-tumour-board-request",
            "display": "Request to the bone tumour board (MDT-OOS)",
        }
    ]
    assert "bone_tumour_board_request" in read_back(order).concepts
    asked = Request(Source("ServiceRequest/1"), ("bone_tumour_board_request",), "active", of_day(TODAY))
    assert steps(NewService(("bone_tumour_board",)), context(requests=(asked,))) == ()


NOW = {"whole_spine_mri_now", "neurosurgery_now", "radiotherapy_now"}  # the steps that are open in a cord compression


def test_only_what_cannot_wait_has_a_priority() -> None:
    urgent = {key for key in BOOK.services for order in created(NewService((key,))) if "priority" in order}
    assert urgent == {
        "electrocardiogram",
        "emergency_referral",
        "orthopaedic_referral_urgent",
        *NOW,
    }


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "Takes a systemic corticosteroid. Had radiotherapy of the head and neck."),
        ("fr", "Prend un corticoïde systémique. A reçu une radiothérapie de la tête et du cou."),
    ],
)
def test_a_note_stands_on_the_service_it_is_for(language: str, note: str) -> None:
    risks = Annotate("dental_consultation", ("corticosteroid", "head_neck_radiotherapy"))
    proposal = NewService(("dental_consultation", "panoramic_xray"), notes=(risks,))
    visit, image = created(proposal, context(language=language))
    assert visit["note"] == [{"text": note}]
    assert "note" not in image


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("proposal", DIAGNOSES, ids=str)
def test_a_diagnosis_is_valid_fhir_and_read_back_with_its_certainty(proposal: NewCondition, language: str) -> None:
    (step,) = steps(proposal, context(language=language, user_id="Practitioner/dr", encounter_id="e9"))
    written = resource(step)
    Condition.model_validate(written)
    assert written["subject"] == {"reference": "Patient/p1"}
    assert (written["recorder"], written["encounter"]) == (
        {"reference": "Practitioner/dr"},
        {"reference": "Encounter/e9"},
    )
    record = build_record(
        {"conditions": dumps_exact({"resourceType": "Bundle", "entry": [{"resource": written}]})},
        None,
        None,
        "p1",
        TODAY,
    )
    (problem,) = record.problems
    assert (problem.is_ongoing, problem.certain) == (True, proposal.certainty == "confirmed")
    assert record.has("onj_drug_induced").is_yes


@pytest.mark.parametrize(
    ("sent", "onset"),
    [
        ("2026-03-10", "2026-03-10"),
        ("2026-03-10T09:00", "2026-03-10"),
        ("2026-03", "2026-03"),
        ("2026", "2026"),
        ("", None),
    ],
)
def test_an_onset_keeps_its_precision(sent: str, onset: str | None) -> None:
    (step,) = steps(NewCondition("onj_drug_induced", "confirmed", parse_date(sent)), context())
    assert resource(step).get("onsetDateTime") == onset
    assert "recorder" not in resource(step)


def test_one_infusion_for_hypercalcaemia() -> None:
    (order,) = created(NewMedication("zoledronic_acid", reason="emergency_hypercalcaemia"))
    assert order["dosageInstruction"][0]["timing"]["repeat"]["count"] == 1
    assert "doseAndRate" not in order["dosageInstruction"][0]
    assert read_back(order).reasons == ("emergency_hypercalcaemia",)


def test_a_service_for_a_day_says_the_day() -> None:
    (step,) = steps(NewService(("dental_consultation",), LATER), CONTEXT)
    assert resource(step)["occurrenceDateTime"] == "2026-09-01"
    assert (step.type, step.words, step.figures["on"]) == ("create", "action-service-on", LATER)


@pytest.mark.parametrize(
    ("concept", "status", "stops", "left"),
    [
        ("dental_examination", "draft", False, ["panoramic_xray"]),
        ("dental_referral", "active", False, ["panoramic_xray"]),
        ("dental_panoramic_xray", "draft", False, ["dental_consultation"]),
        ("dental_examination", "draft", True, ["dental_consultation", "panoramic_xray"]),
        ("dental_examination", "completed", False, ["dental_consultation", "panoramic_xray"]),
        ("tooth_extraction", "draft", False, ["dental_consultation", "panoramic_xray"]),
    ],
)
def test_what_is_already_drafted_is_not_asked_for_again(
    concept: str, status: str, stops: bool, left: list[str]
) -> None:
    draft = DraftOrder(Source("ServiceRequest/1"), (concept,), status, kind="ServiceRequest", stops=stops)
    made = steps(NewService(("dental_consultation", "panoramic_xray")), context(drafts=(draft,)))
    assert [step.figures["name"] for step in made] == [Names((item,)) for item in left]


@pytest.mark.parametrize(
    ("days_ago", "status", "asked_again"),
    [(0, "active", False), (30, "active", False), (31, "active", True), (5, "completed", True), (None, "active", True)],
)
def test_an_open_request_of_the_last_30_days_is_not_repeated(
    days_ago: int | None, status: str, asked_again: bool
) -> None:
    when = None if days_ago is None else of_day(TODAY - timedelta(days=days_ago))
    request = Request(Source("ServiceRequest/1"), ("creatinine_serum",), status, when)
    assert bool(steps(NewService(("creatinine_test",)), context(requests=(request,)))) is asked_again


def draft_of(raw: dict[str, Any]) -> DraftOrder:
    return DraftOrder(Source("x"), (), "draft", kind=raw["resourceType"], raw=raw)


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationOrder"])
def test_removing_a_draft_deletes_it_and_drafts_what_comes_instead(kind: str) -> None:
    draft = draft_of({"resourceType": kind, "id": "d-1", "subject": {"reference": "Patient/p1"}})
    gone, new = steps(RemoveDraft(draft, NewMedication("denosumab")), CONTEXT)
    assert (gone.type, gone.reference, gone.resource, gone.words) == ("delete", f"{kind}/d-1", None, "action-remove")
    assert (new.type, resource(new)["resourceType"]) == ("create", "MedicationRequest")
    assert steps(RemoveDraft(draft), CONTEXT) == (gone,)


@pytest.mark.parametrize("known", [{}, {"id": 7}, {"id": "a b"}, {"id": "a/b"}, {"id": ""}, {"id": None}])
def test_a_draft_that_cannot_be_named_is_not_deleted(known: dict[str, Any]) -> None:
    draft = draft_of({"resourceType": "MedicationRequest", **known})
    assert steps(RemoveDraft(draft), CONTEXT) == ()
    assert [step.type for step in steps(RemoveDraft(draft, NewMedication("denosumab")), CONTEXT)] == ["create"]


@pytest.mark.parametrize("who", [{"subject": {"reference": "Patient/p2"}}, {"patient": {"reference": "x/Patient/p2"}}])
def test_a_draft_of_another_patient_is_never_touched(who: dict[str, Any]) -> None:
    draft = draft_of({"resourceType": "MedicationRequest", "id": "d", **who})
    assert steps(RemoveDraft(draft, NewMedication("denosumab")), CONTEXT) == ()


@pytest.mark.parametrize("who", [{}, {"subject": {"reference": "http://ehr.example/fhir/Patient/p1"}}, {"subject": 3}])
def test_a_draft_that_names_nobody_else_is_ours(who: dict[str, Any]) -> None:
    assert steps(RemoveDraft(draft_of({"resourceType": "MedicationRequest", "id": "d", **who})), CONTEXT)


def test_stopping_says_so_of_the_running_order_and_is_read_back_as_a_stop() -> None:
    (stop,) = steps(StopOrder((XGEVA,)), context(language="fr"))
    order = resource(stop)
    assert (stop.type, stop.words, stop.figures["name"]) == ("create", "action-stop", Names(("denosumab",)))
    assert order["priorPrescription"] == {"reference": "MedicationRequest/42"}
    draft = read_back(order)
    assert draft.stops
    assert draft.prior == "MedicationRequest/42"
    assert draft.product is not None
    assert draft.product.substance == "denosumab"


def test_an_order_that_is_being_stopped_already_is_not_stopped_twice() -> None:
    stopping = DraftOrder(Source("x"), (), "stopped", stops=True, prior="MedicationRequest/42")
    made = steps(StopOrder((XGEVA,), NewMedication("zoledronic_acid")), context(drafts=(stopping,)))
    assert [step.words for step in made] == ["action-new"]


def test_an_order_without_a_name_of_its_own_is_stopped_by_its_drug_and_an_unknown_drug_not_at_all() -> None:
    unnamed = TreatmentCourse(Source("medicationRequests.entry[3]"), ("pamidronate",), "active")
    unknown = TreatmentCourse(Source("MedicationRequest/1"), ("no_such_drug",), "active")
    (order,) = created(StopOrder((unnamed, unknown)), context(language="fr"))
    assert "priorPrescription" not in order
    assert order["medicationCodeableConcept"]["text"] == "acide pamidronique"


def test_every_display_is_the_code_systems_own_and_every_code_means_what_the_item_says() -> None:
    terminology = default_terminology()
    known = {
        (coding.system, coding.code): coding.display for c in terminology.known for coding in terminology.codings(c)
    }
    terms = [*(m.term for m in BOOK.medications.values()), *BOOK.routes.values(), *BOOK.reasons.values()]
    terms += [item.term for items in BOOK.services.values() for item in items]
    for term in terms:
        assert term.codings
        assert set(term.text) == set(LANGUAGES)
        for system, code, display in term.codings:
            assert display in (known[system, code], None)
    without = {code for term in terms for _, code, display in term.codings if display is None}
    assert without == {"17838-4", "5894-1"}  # our table does not have LOINC's full names of them


def proposed_items() -> set[str]:
    """The items named where the checks make proposals, as far as they are constants of the module."""
    found: set[str] = set()
    for module in {inspect.getmodule(check.judge) for check in CHECKS} | {starting}:
        assert module is not None
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                with suppress(NameError):  # a local variable
                    items = eval(compile(ast.Expression(node.args[0]), "checks", "eval"), vars(module))
                    found |= {items} if isinstance(items, str) else set(items)
    return found


def test_every_item_the_checks_name_is_in_the_formulary_and_no_other() -> None:
    parts = {item.key for items in BOOK.services.values() if len(items) > 1 for item in items}
    assert proposed_items() | NOW == {*BOOK.medications, *BOOK.services, *BOOK.conditions} - parts


def test_nothing_is_shared_between_two_answers() -> None:
    proposal = NewMedication("zoledronic_acid", Quantity.of("4 mg"), LATER, BRIDGE)
    first, before = created(proposal)[0], deepcopy(created(proposal)[0])
    first["medicationCodeableConcept"]["coding"].clear()
    first["dosageInstruction"][0]["route"]["text"] = "changed"
    assert created(proposal)[0] == before


def test_an_item_that_is_not_in_the_formulary_is_an_error_of_ours() -> None:
    for proposal in (NewMedication("aspirin"), NewService(("aspirin",)), NewMedication("denosumab", reason="aspirin")):
        with pytest.raises(KeyError, match="aspirin"):
            steps(proposal, CONTEXT)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("medications", "denosumab", "doze"), "120 mg", "doze"),
        (("medications", "denosumab", "dose"), "120", "120"),
        (("medications", "denosumab", "route"), "route_nasal", "route_nasal"),
        (("medications", "denosumab", "text"), {"en": "Denosumab"}, "fr"),
        (("medications", "denosumab", "codes"), [{"concept": "denosumab_60mg", "code": "1046398"}], "1046398"),
        (("services", "pth", "category"), "magic", "magic"),
        (("services", "pth", "also"), ["no_such_concept"], "no_such_concept"),
        (("panels", "calcium_albumin"), ["calcium"], "calcium"),
        (("services", "pth", "priority"), "now", "now"),
        (("conditions", "onj_drug_induced", "codes"), [{"concept": "onj_drug_induced", "code": "M87.1"}], "M87.1"),
        (("notes", "corticosteroid"), {"en": "Takes one."}, "fr"),
    ],
)
def test_a_misspelt_formulary_is_refused_by_name(path: tuple[str, ...], value: object, named: str) -> None:
    table = deepcopy(TABLE)
    place = table
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadFormulary, match=named):
        load_formulary(table, default_terminology())


def test_a_drug_by_its_ingredient_never_tells_a_strength() -> None:
    term = substance("zoledronic_acid")
    assert term is not None
    assert [code for _, code, _ in term.codings] == ["77655", "M05BA08"]
    assert substance("no_such_drug") is None
    assert all(system != LOCAL_SYSTEM for system, _, _ in term.codings)
