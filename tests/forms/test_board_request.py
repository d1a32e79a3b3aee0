"""The request to the bone tumour board, drafted from the record: what is there, in the EHR's words, and what is not."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.build import build_record
from fhir_mappers.form_prefill import Filled
from fhir_mappers.said import said
from fhir_mappers.terminology import LOCAL_SYSTEM
from hooks import board_request
from hooks.exact_json import dumps_exact
from hooks.figures import Figures
from hooks.questionnaires import forms
from hooks.texts import LANGUAGES, load_texts
from tests.forms.filled import TODAY, bundle

ICD, ATC = "http://hl7.org/fhir/sid/icd-10", "http://www.whocc.no/atc"
KINDS = {
    "Condition": "conditions",
    "MedicationRequest": "medicationRequests",
    "MedicationStatement": "medicationStatements",
    "MedicationAdministration": "medicationAdministrations",
    "Procedure": "procedures",
    "CarePlan": "carePlans",
    "Observation": "observations",
}


def of(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": name, "subject": {"reference": "Patient/p1"}, **more}


def condition(name: str, code: str, text: str, onset: str) -> dict[str, Any]:
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    return of(
        "Condition",
        name,
        code={"coding": [{"system": ICD, "code": code}], "text": text},
        onsetDateTime=onset,
        clinicalStatus=active,
    )


def order(name: str, text: str, status: str = "active", **more: Any) -> dict[str, Any]:
    return of(
        "MedicationRequest",
        name,
        status=status,
        intent="order",
        medicationCodeableConcept={"text": text},
        authoredOn="2026-05-03",
        **more,
    )


def judged(link: str, **value: Any) -> dict[str, Any]:
    code = {"coding": [{"system": LOCAL_SYSTEM, "code": link}]}
    return of("Observation", link, status="final", code=code, effectiveDateTime="2026-05-20", **value)


def coded(code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": LOCAL_SYSTEM, "code": code}]}}


def drafted(*resources: dict[str, Any], language: str = "en", missing: tuple[str, ...] = ()) -> dict[str, Filled]:
    """What is drafted from these, everything else having been searched and not found, but for ``missing``."""
    prefetch: dict[str, bytes | None] = {}
    for kind, key in KINDS.items():
        if key not in missing:
            found = [each for each in resources if each["resourceType"] == kind]
            prefetch[key] = bundle(found) if found else None
    record = build_record(prefetch, None, None, "p1", TODAY, moment="app")
    named = [one for value in prefetch.values() for one in said(value, "p1")]
    return board_request.drafted(record, named, Figures(language, load_texts()[1]))


def text(filled: dict[str, Filled], link: str) -> list[str]:
    return str(filled[link].values[0]).split("\n") if link in filled else []


FULL = (
    condition("c1", "M90.7", "Fracture pathologique du fémur", "2026-05-10"),
    condition("c2", "C34.9", "Adénocarcinome bronchique", "2025-01-02"),
    judged("disease-extent", **coded("multimetastatic")),
    judged("pain-mechanism", **coded("pain-mechanical")),
    judged("analgesic-step", valueInteger=3),
    judged("survival-estimate", valueQuantity={"value": 6, "unit": "mo", "system": "http://unitsofmeasure.org", "code": "mo"}),
    judged("karnofsky-performance", valueInteger=70),
    order("m1", "Xgeva 120 mg"),
    order("m2", "Poudre de perlimpinpin 5 g"),  # nobody knows this drug
    order("m3", "Warfarine", "stopped"),
    of("MedicationStatement", "s1", status="active", medicationCodeableConcept={"coding": [{"system": ATC, "code": "B01AF02"}], "text": "Eliquis 5 mg"}, effectiveDateTime="2026-02-01"),
    of("MedicationAdministration", "a1", status="completed", medicationCodeableConcept={"text": "Xgeva 120 mg"}, effectiveDateTime="2026-04-05"),
    of("MedicationAdministration", "a2", status="completed", medicationCodeableConcept={"text": "Xgeva 120 mg"}, effectiveDateTime="2026-05-05"),
    of("Procedure", "r1", status="completed", code={"coding": [{"system": LOCAL_SYSTEM, "code": "bone-radiotherapy"}], "text": "Irradiation L3, 8 Gy"}, performedDateTime="2026-03-01"),
    of("Procedure", "r2", status="not-done", code={"coding": [{"system": LOCAL_SYSTEM, "code": "cementoplasty"}]}, performedDateTime="2026-03-01"),
)  # fmt: skip


def test_every_item_is_drafted_from_what_there_is() -> None:
    filled = drafted(*FULL)
    assert text(filled, "board-circumstances") == ["Fracture pathologique du fémur, since 10 May 2026"]
    assert text(filled, "board-stage-and-response") == [
        "Adénocarcinome bronchique, since 2 Jan 2025",
        "Extent of the metastatic disease: Multimetastatic, 20 May 2026",
    ]
    assert text(filled, "board-pain") == ["Type of pain: Mechanical, 20 May 2026", "Analgesic step 3, 20 May 2026"]
    assert text(filled, "board-current-drugs") == [
        "Eliquis 5 mg, since 1 Feb 2026",
        "Poudre de perlimpinpin 5 g, since 3 May 2026",
        "Xgeva 120 mg, since 3 May 2026",
    ]
    assert text(filled, "board-local-treatments") == ["Irradiation L3, 8 Gy, 1 Mar 2026"]
    assert text(filled, "board-bone-drug") == [
        "Xgeva 120 mg, ordered 3 May 2026",
        "Xgeva 120 mg, 2 doses recorded, first 5 Apr 2026, last 5 May 2026",
    ]
    assert text(filled, "board-anticoagulants") == ["Eliquis 5 mg, since 1 Feb 2026"]
    assert text(filled, "board-prognosis-and-project") == [
        "Estimated survival: 6 months, 20 May 2026",
        "Karnofsky index: 70, 20 May 2026",
    ]


def test_every_line_names_the_resource_it_rests_on() -> None:
    where = {link: {proof.resource for proof in each.evidence} for link, each in drafted(*FULL).items()}
    assert where["board-bone-drug"] == {"MedicationRequest/m1", "MedicationAdministration/a2"}
    assert where["board-current-drugs"] == {"MedicationRequest/m1", "MedicationRequest/m2", "MedicationStatement/s1"}
    assert where["board-local-treatments"] == {"Procedure/r1"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_written_in_both_languages(language: str) -> None:
    filled = drafted(*FULL, language=language)
    words = {"en": "Analgesic step 3, 20 May 2026", "fr": "Palier antalgique 3, le 20 mai 2026"}
    assert words[language] in text(filled, "board-pain")
    assert set(filled) == {question.link for question in forms()["board"].questions}


def test_that_nothing_was_found_is_said_only_where_it_was_looked_for() -> None:
    found = {
        link: text(drafted(), link)
        for link in ("board-current-drugs", "board-anticoagulants", "board-local-treatments", "board-bone-drug")
    }
    assert all(lines == ["None found in the record"] for lines in found.values())
    assert set(drafted()) == set(found)
    unknown = drafted(missing=("medicationRequests", "procedures"))
    assert unknown == {}


def test_a_drug_that_cannot_be_read_is_not_passed_over_in_silence() -> None:
    broken = of("MedicationRequest", "m9", status="active", medicationCodeableConcept=["a", "list"])
    nameless = of("MedicationRequest", "m8", status="active")
    lines = text(drafted(order("m1", "Xgeva 120 mg"), broken, nameless), "board-current-drugs")
    assert lines == ["Xgeva 120 mg, since 3 May 2026", "2 entries of the record could not be read: complete this list"]


def test_one_dose_and_comfort_care() -> None:
    once = of(
        "MedicationAdministration",
        "a1",
        status="completed",
        medicationCodeableConcept={"text": "Zometa 4 mg"},
        effectiveDateTime="2026-04-05",
    )
    plan = of(
        "CarePlan",
        "p",
        status="active",
        intent="plan",
        category=[{"coding": [{"system": LOCAL_SYSTEM, "code": "comfort-care-only"}]}],
    )
    filled = drafted(once, plan)
    assert text(filled, "board-bone-drug") == ["Zometa 4 mg, 1 dose recorded, 5 Apr 2026"]
    assert text(filled, "board-prognosis-and-project") == ["Comfort care only"]


def test_what_has_no_words_or_no_day_is_named_by_us() -> None:
    bare = {**condition("c2", "C34.9", "", "2025"), "code": {"coding": [{"system": ICD, "code": "C34.9"}]}}
    del bare["onsetDateTime"]
    assert text(drafted(bare), "board-stage-and-response") == ["C34.9"]


def test_a_measure_that_cannot_be_used_is_left_out() -> None:
    odd = judged("disease-extent", valueBoolean=True)
    huge = judged("survival-estimate", valueQuantity={"value": Decimal(10) ** 9, "unit": "mo"})
    assert "board-stage-and-response" not in drafted(odd, huge)
    assert "board-prognosis-and-project" not in drafted(odd, huge)


def test_names_come_from_wherever_they_stand() -> None:
    contained = order("m1", "")
    contained["medicationCodeableConcept"] = None
    contained |= {
        "medicationReference": {"reference": "#x"},
        "contained": [{"resourceType": "Medication", "id": "x", "code": {"text": "Inside"}}],
    }
    shown = {**contained, "id": "m2", "medicationReference": {"reference": "Medication/9", "display": " Shown\n here "}}
    referred = {**contained, "id": "m3", "medicationReference": {"reference": "Medication/9"}}
    other = {**order("m4", "Of somebody else"), "subject": {"reference": "Patient/p2"}}
    drug = {"resourceType": "Medication", "id": "9", "code": {"coding": [{"display": "Beside"}]}}
    broken = {"resourceType": "Medication", "id": "8", "code": "x"}
    sent = bundle([contained, shown, referred, other, drug])
    assert {one.resource: one.name for one in said(sent, "p1")} == {
        "MedicationRequest/m1": "Inside",
        "MedicationRequest/m2": "Shown here",
        "MedicationRequest/m3": "Beside",
    }
    assert [one.name for one in said(bundle([referred, broken]), "p1")] == [None, None]
    assert [one.name for one in said(bundle([referred]), "p1", [dumps_exact(drug), b"<html>"])] == ["Beside"]
    assert said(None, "p1") == ()
    assert [one.name for one in said(b"<html>", "p1")] == [None]
    assert said(dumps_exact({"resourceType": "Bundle", "entry": [{}]}), "p1") == ()
    nameless = order("m5", "x" * 500)
    del nameless["id"]
    (one,) = said(bundle([nameless]), "p1")
    assert one.resource == "MedicationRequest[0]"
    assert one.name == "x" * 200


def test_periods_tell_days_too() -> None:
    taken = of(
        "MedicationStatement",
        "s1",
        status="active",
        medicationCodeableConcept={"text": "A"},
        effectivePeriod={"start": "2026-01-02"},
    )
    (one,) = said(bundle([taken]), "p1")
    assert one.when is not None
    assert one.when.first == date(2026, 1, 2)
