"""The form pages: filled in from the record, scored by the rules, written back or kept, used by the next call."""

import json
import re

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hooks.questionnaires import forms
from hooks.texts import LANGUAGES
from tests.forms.served import READS, TODAY, WRITES, Chart, Service

JAW = "syn-breast-onj-exposed-bone"
UNTREATED = "syn-lung-bone-metastases-untreated"
CLEARANCE = "syn-lung-zol-clearance-42"


@pytest.fixture
def chart(service: Service) -> Chart:
    service.app.test_client().post("/sandbox/reset")
    return service.open(JAW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_opens_in_both_languages(chart: Chart, language: str) -> None:
    for form in forms().values():
        page = chart.get(f"/app/forms/{form.id}", lang=language)
        assert page.status == 200
        assert f'<html lang="{language}">' in page.html
        assert form.title[language] in page.text
        for question in form.questions:
            assert question.text[language].split("(")[0] in page.text
            assert f'name="q.{question.link}"' in page.html
        if form.note is not None:
            assert form.note[language] in page.text


def test_a_page_runs_nothing_of_its_own_and_loads_nothing_from_elsewhere(chart: Chart) -> None:
    for path in ("/app/forms", "/app/forms/sins"):
        page = chart.get(path)
        assert not re.search(r"\son\w+=|<style|style=|<script(?![^>]*src=)", page.html)
        assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', page.html)) == set()
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors http://127.0.0.1:" in policy  # the EHR that launched it, and nobody else


def test_whose_form_it_is_stands_on_top(chart: Chart) -> None:
    assert "Mâchoire TESTPATIENT · born 8 Aug 1957 · syn-breast-onj-exposed-bone" in chart.get("/app/forms/jaw").text


def test_all_forms_are_listed_the_one_that_a_card_asks_for_first(service: Service) -> None:
    for context in ("rule=ONJ-DEF-01", "form=jaw"):
        page = service.open(JAW, context=context).get("/app/forms")
        titles = re.findall(r"<h2><a [^>]*>([^<]+)</a>", page.html)
        assert titles[0] == "Osteonecrosis of the jaw"
        assert len(titles) == len(forms())
        assert "The card you came from asks for this form." in page.text
    assert "The card you came from" not in service.open(JAW).get("/app/forms").text


def test_a_form_there_is_not_shows_those_there_are(chart: Chart) -> None:
    for page in (chart.get("/app/forms/nothing"), chart.post("/app/forms/nothing"), chart.post("/app/forms/no/score")):
        assert page.status == 404
        assert "All forms" in page.text or "nothing at this address" in page.text


def test_what_the_record_says_is_filled_in_with_its_source_and_day(service: Service) -> None:
    chart = service.open(JAW)
    page = chart.get("/app/forms/jaw")
    assert page.checked("exposed-jaw-bone") == ["true"]
    assert page.checked("antiresorptive-exposure-ever") == ["true"]
    assert page.checked("craniofacial-radiotherapy") == [""]
    assert re.search(r"From the record: \d+ \w+ 2026 \(Condition/syn-onx-\w[^)]*\)", page.text)
    assert "12 Mar 2026 (MedicationAdministration/syn-onx-xgeva-dose-12)" in page.text


def test_a_board_request_is_drafted_from_the_record(chart: Chart) -> None:
    page = chart.get("/app/forms/board", lang="fr")
    assert page.area("board-stage-and-response").splitlines() == [
        "Carcinome infiltrant du sein gauche, RH+ HER2-, depuis le 25 avr. 2022",
        "Métastases osseuses, depuis le 9 avr. 2025",
    ]
    assert "XGEVA 120 mg, solution injectable, depuis le 7 mai 2025" in page.area("board-current-drugs")
    assert "12 doses enregistrées, première le 8 mai 2025, dernière le 12 mars 2026" in page.area("board-bone-drug")
    assert page.area("board-anticoagulants") == "Aucun retrouvé dans le dossier"
    assert page.area("board-prognosis-and-project") == ""
    assert "(MedicationRequest/syn-onx-xgeva-1)" in page.text


def test_answers_are_scored_by_the_rules_themselves(chart: Chart) -> None:
    definition = "Exposed jaw bone for 60 days: meets the definition of drug-related osteonecrosis"
    assert definition in chart.get("/app/forms/jaw").text
    answers = {"exposed-jaw-bone": "true", "antiresorptive-exposure-ever": "true", "craniofacial-radiotherapy": "true"}
    page = chart.post("/app/forms/jaw/scored", answers)
    assert page.status == 200
    assert "after craniofacial radiotherapy: definition not met" in page.text
    assert page.checked("craniofacial-radiotherapy") == ["true"]
    said = json.loads(chart.post("/app/forms/jaw/score", answers).html)
    assert said["problems"] == {}
    assert "after craniofacial radiotherapy: definition not met" in said["results"]
    assert definition not in said["results"]
    # nothing is stored by asking
    assert definition in chart.get("/app/forms/jaw").text


@pytest.mark.parametrize(("diet", "tone"), [("999", "info"), ("1000", "ok"), ("1200", "ok")])
def test_dietary_calcium_at_its_boundary(service: Service, diet: str, tone: str) -> None:
    said = json.loads(
        service.open(JAW)
        .post("/app/forms/calcium/score", {"dietary-calcium-intake": diet, "supplement-elemental-calcium": "0"})
        .html
    )
    assert re.findall(r'class="card (\w+)"', said["results"]) == [tone], said["results"]


def test_what_is_wrong_is_said_beside_the_question_in_both_languages(chart: Chart) -> None:
    answers = {"exposed-bone-days": "many", "exposed-jaw-bone": "maybe", "exposed-bone-care-start": "2026-06-04"}
    for language, words in (("en", "Write a number, for example 12.5."), ("fr", "Écrire un nombre, par exemple 12,5.")):
        page = chart.post("/app/forms/jaw", answers, lang=language)
        assert page.status == 422
        assert words in page.text
        assert 'value="many"' in page.html  # nothing that was typed is lost
        assert 'href="#field-exposed-bone-days"' in page.html
        said = json.loads(chart.post("/app/forms/jaw/score", answers, lang=language).html)
        assert set(said["problems"]) == set(answers)
        assert said["problems"]["exposed-bone-days"] == words
    assert chart.get("/app/forms/jaw").text.count("kept here") == 0


def test_a_tampered_form_is_refused_and_says_nothing_of_itself(chart: Chart) -> None:
    page = chart.post("/app/forms/calcium", {"mirels-site": "mirels-spine", "<b>": "x"})
    assert page.status == 422
    assert "An answer came that this form does not ask for." in page.text
    assert "<b>" not in page.html
    page = chart.post("/app/forms/jaw", {"exposed-jaw-bone": '"><script>alert(1)</script>'})
    assert page.status == 422
    assert "<script>alert" not in page.html


def test_nobody_gets_in_without_a_session_or_with_a_forged_request(service: Service) -> None:
    client = service.app.test_client()
    assert client.get("/app/forms").status_code == 403
    assert client.get("/app/forms/jaw?s=" + "0" * 24).status_code == 403
    chart = service.open(JAW)
    forged = client.post("/app/forms/jaw", data={"s": chart.ticket, "csrf": "0" * 64, "q.exposed-jaw-bone": "true"})
    assert forged.status_code == 403
    assert chart.get("/app/forms/jaw").text.count("kept here") == 0


def test_what_may_not_be_written_is_kept_and_used_by_the_next_call(service: Service) -> None:
    chart = service.open(UNTREATED)
    rule = "ONJ-DEF-01"
    assert not [card for card in service.call("bone-patient-view", chart.hook()) if rule in json.dumps(card)]
    before = len(chart.stored("QuestionnaireResponse"))
    answers = {
        "exposed-jaw-bone": "true",
        "exposed-bone-days": "57",
        "craniofacial-radiotherapy": "false",
        "antiresorptive-exposure-ever": "true",
    }
    page = chart.post("/app/forms/jaw", answers)
    assert page.status == 200
    assert "does not let this application write" in page.text
    assert len(chart.stored("QuestionnaireResponse")) == before
    (card,) = [card for card in service.call("bone-patient-view", chart.hook()) if rule in json.dumps(card)]
    assert "meets the definition" in json.dumps(card)
    assert "QuestionnaireResponse/osteohooks-jaw" in json.dumps(card)
    again = chart.get("/app/forms/jaw")
    assert "Answers of this form are kept here and filled in." in again.text
    assert again.checked("exposed-jaw-bone") == ["true"]
    assert again.field("q.exposed-bone-days") == "57"
    # other patients, and the same patient of another server, are others
    assert "kept here" not in service.open(CLEARANCE).get("/app/forms/jaw").text
    assert "kept here" not in service.open(UNTREATED, fhir="/sandbox/faults/slow/fhir").get("/app/forms/jaw").text
    changed = {**answers, "exposed-jaw-bone": "false"}
    chart.post("/app/forms/jaw", changed)
    assert not [
        card for card in service.call("bone-patient-view", chart.hook()) if "meets the definition" in json.dumps(card)
    ]


def test_answers_are_written_back_and_not_kept_twice(service: Service) -> None:
    chart = service.open(CLEARANCE, WRITES)
    answers = {"dietary-calcium-intake": "640,5", "supplement-elemental-calcium": "500"}
    page = chart.post("/app/forms/calcium", answers, lang="fr", submission="7e57c0de-0000-4000-8000-000000000001")
    assert "Les réponses sont enregistrées dans le dossier du patient." in page.text
    (response,) = chart.stored("QuestionnaireResponse")
    assert response["questionnaire"].endswith("/Questionnaire/calcium")
    assert response["author"] == {"reference": "Practitioner/7"}
    assert response["authored"].startswith(TODAY.isoformat())
    mine = [o for o in chart.stored("Observation") if o["code"]["coding"][0]["code"] in answers]
    assert sorted(o["valueQuantity"]["value"] for o in mine) == [500, 640.5]
    assert {o["derivedFrom"][0]["reference"] for o in mine} == {f"QuestionnaireResponse/{response['id']}"}
    # the page loaded again sends the same once more
    chart.post("/app/forms/calcium", answers, lang="fr", submission="7e57c0de-0000-4000-8000-000000000001")
    assert len(chart.stored("QuestionnaireResponse")) == 1
    opened = chart.get("/app/forms/calcium", lang="fr")
    assert "conservées ici" not in opened.text
    assert opened.field("q.dietary-calcium-intake") == "640,5"
    assert "3 juin 2026 (QuestionnaireResponse/" in opened.text or "3 juin 2026 (Observation/" in opened.text
    # and changed ones are another submission
    chart.post(
        "/app/forms/calcium", {"dietary-calcium-intake": "900"}, submission="7e57c0de-0000-4000-8000-000000000001"
    )
    assert len(chart.stored("QuestionnaireResponse")) == 2


def test_kept_answers_go_when_the_record_has_them(service: Service) -> None:
    chart = service.open("syn-lung-zol-8mg")
    chart.post("/app/forms/calcium", {"dietary-calcium-intake": "700"})
    assert "kept here" in chart.get("/app/forms/calcium").text
    chart = service.open("syn-lung-zol-8mg", WRITES)
    assert "are stored in the patient" in chart.post("/app/forms/calcium", {"dietary-calcium-intake": "700"}).text
    assert "kept here" not in chart.get("/app/forms/calcium").text


def test_a_server_that_does_not_answer_loses_nothing(service: Service) -> None:
    nowhere = service.open(JAW, WRITES, fhir="http://127.0.0.1:9/fhir")
    page = nowhere.get("/app/forms/jaw")
    assert page.status == 200
    assert "The record could not be read completely. Missing: patient, conditions, results" in page.text
    assert "Name not in the record" in page.text
    page = nowhere.post("/app/forms/jaw", {"exposed-bone-days": "12"})
    assert page.status == 200
    assert "The record system does not answer. The answers are kept here" in page.text
    assert nowhere.get("/app/forms/jaw").field("q.exposed-bone-days") == "12"


def test_a_patient_who_is_not_found_loses_no_answer(service: Service) -> None:
    nobody = service.open("syn-nobody", WRITES, token=service.token(JAW, WRITES))
    page = nobody.get("/app/forms/jaw")
    assert (page.status, "Name not in the record" in page.text) == (200, True)
    assert "The record could not be read completely. Missing: patient" in page.text
    page = nobody.post("/app/forms/jaw", {"exposed-bone-days": "12"})
    assert (page.status, "The answers are kept here" in page.text) == (200, True)
    assert nobody.get("/app/forms/jaw").field("q.exposed-bone-days") == "12"


def test_answers_can_be_downloaded_as_fhir(chart: Chart) -> None:
    page = chart.post("/app/forms/jaw/answers.json", {"exposed-bone-days": "57", "exposed-jaw-bone": "true"})
    assert page.headers["Content-Type"] == "application/fhir+json"
    assert page.headers["Content-Disposition"] == 'attachment; filename="jaw-2026-06-03.json"'
    sent = json.loads(page.html)
    Bundle.model_validate(sent)
    kinds = [entry["resource"]["resourceType"] for entry in sent["entry"]]
    assert kinds == ["QuestionnaireResponse", *["Observation"] * 3]  # two answers, and that the form was submitted
    assert chart.post("/app/forms/jaw/answers.json", {"exposed-bone-days": "x"}).status == 422


def test_paper_has_the_patient_every_item_and_no_empty_promise(chart: Chart) -> None:
    page = chart.post("/app/forms/board/paper", {"board-pain": "Mécanique,\nla nuit"}, lang="fr")
    assert page.status == 200
    for question in forms()["board"].questions:
        assert question.text["fr"] in page.text
    assert "Mécanique," in page.html
    assert page.text.count("Sans réponse") == 7
    assert "Mâchoire TESTPATIENT" in page.text
    assert "Rempli le 3 juin 2026 par Practitioner/7" in page.text
    assert "<form" not in page.html
    wrong = chart.post("/app/forms/jaw/paper", {"exposed-bone-days": "x", "exposed-jaw-bone": "true"})
    assert "Some answers could not be read and are left out." in wrong.text


def test_an_obsolete_score_says_so_on_screen_and_paper(chart: Chart) -> None:
    for page in (chart.get("/app/forms/tokuhashi"), chart.post("/app/forms/tokuhashi/paper")):
        assert "Obsolete: the guideline no longer decides by scores" in page.text


def test_several_answers_and_every_shape_come_back_as_they_were_sent(chart: Chart) -> None:
    page = chart.post(
        "/app/forms/sins/scored",
        {
            "sins-location": ["vertebra-t7", "vertebra-t8"],
            "sins-pain": "sins-pain-none",
            "sins-total": "7",
        },
    )
    assert page.checked("sins-location") == ["vertebra-t7", "vertebra-t8"]
    assert page.checked("sins-pain") == ["sins-pain-none"]
    assert page.checked("sins-collapse") == [""]
    assert page.field("q.sins-total") == "7"
    listed = chart.post("/app/forms/fracture/scored", {"lesion-site": "site-femur"})
    assert '<option value="site-femur" selected>' in listed.html


def test_what_could_not_be_had_is_named(service: Service) -> None:
    refused = service.open(JAW, scopes="patient/Patient.rs patient/Condition.rs")
    page = refused.get("/app/forms/jaw", lang="fr")
    assert "Le dossier n'a pas pu être lu entièrement. Manque : résultats" in page.text
    assert page.checked("exposed-jaw-bone") == ["true"]


def test_scopes_tell_whether_answers_are_written(service: Service) -> None:
    half = service.open(JAW, scopes=f"{READS} patient/QuestionnaireResponse.c")
    assert "does not let this application write" in half.post("/app/forms/jaw", {"exposed-bone-days": "3"}).text


ADDRESSES = ("/app/forms", "/app/forms/jaw", "/app/forms/sins/score", "/app/forms/board/scored", "/app/forms/calcium/paper",
             "/app/forms/mirels/answers.json", "/app/forms/nothing/score", "/app/forms/%00")  # fmt: skip
FIELDS = st.sampled_from(
    ["q.exposed-jaw-bone", "q.board-pain", "q.sins-location", "submission", "lang", "s", "csrf", "q.", "q.x"]
)


@given(
    st.sampled_from(ADDRESSES),
    st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    st.dictionaries(FIELDS, st.lists(st.text(max_size=20) | st.sampled_from(["true", "vertebra-t7", "fr"]), max_size=3), max_size=4),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_address_of_the_forms_breaks(
    chart: Chart, path: str, method: str, fields: dict[str, list[str]], mine: bool
) -> None:
    hidden = {"s": [chart.ticket], "csrf": [chart.csrf]} if mine else {}
    answer = chart.service.app.test_client().open(
        path, method=method, data={**fields, **hidden}, query_string={"s": chart.ticket}
    )
    assert answer.status_code < 500
    assert "Content-Security-Policy" in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
