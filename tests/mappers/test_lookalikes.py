"""Codes that mean nothing although their words do: noticed once each, and never a word of them kept."""

from dataclasses import asdict
from typing import Any

import pytest

from fhir_mappers.build import build_record
from fhir_mappers.local_codes import with_local_codes
from fhir_mappers.record.events import Unmatched
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import Terminology, default_terminology, read_table
from hooks.exact_json import dumps_exact
from tests.support import fhir
from tests.support.drawn import rows

LAB, DRUGS = "https://hospital.example.org/lab", "urn:oid:1.2.3"


def record(*sent: Any, terminology: Terminology | None = None, **more: Any) -> PatientRecord:
    """The record of these resources, each under its own key."""
    keys = {"Observation": "observations", "MedicationRequest": "medicationRequests",
            "MedicationStatement": "medicationStatements"}  # fmt: skip
    by_key: dict[str, list[Any]] = {}
    for resource in sent:
        by_key.setdefault(keys[resource["resourceType"]], []).append({"resource": resource})
    prefetch = {key: dumps_exact({"resourceType": "Bundle", "entry": entries}) for key, entries in by_key.items()}
    return build_record(prefetch, None, None, "1", fhir.TODAY, terminology=terminology, **more)


def coded(system: str, code: str, display: str | None = None, text: str | None = None) -> Any:
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {"coding": [coding], **({"text": text} if text else {})}


def order(medication: Any) -> Any:
    return {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
            "subject": fhir.PATIENT, "medicationCodeableConcept": medication}  # fmt: skip


def lab(display: str | None, code: str = "K12", text: str | None = None) -> Any:
    return fhir.observation("loinc|0", "88 umol/L", code=coded(LAB, code, display, text))


def test_a_drug_that_only_its_words_tell_is_noticed_and_still_understood() -> None:
    made = record(order(coded(DRUGS, "4711", "ZOMETA 4 mg/5 ml flacon")))
    assert made.unmatched == (Unmatched("medications", DRUGS, "4711", ("zoledronic_acid_4mg",)),)
    assert made.courses[0].concepts == ("zoledronic_acid_4mg",)


@pytest.mark.parametrize(
    "medication",
    [
        coded(DRUGS, "4711", "Kaleorid"),  # a drug we have no name for
        coded(DRUGS, "4711"),  # no words
        coded(fhir.ATC, "M05BA08", "Zometa"),  # the code is known
        {**coded(DRUGS, "4711", "Zometa"), "coding": [{"system": DRUGS, "code": "4711", "display": "Zometa"},
                                                      {"system": fhir.ATC, "code": "M05BA08"}]},  # one of them is
        {"text": "Zometa"},  # no code: nothing to map
        {"coding": [{"code": "4711", "display": "Zometa"}]},  # no system: nothing can be mapped
        coded(DRUGS, "Zometa for Mr Smith", "Zometa"),  # a sentence is no code
        coded(DRUGS, "1" * 65, "Zometa"),
    ],
)  # fmt: skip
def test_nothing_is_noticed_where_nothing_can_be_mapped(medication: Any) -> None:
    assert record(order(medication)).unmatched == ()


TESTS = """
display                                          | like
-------------------------------------------------+--------------------------
Créatinine                                       | creatinine_serum
CREATININE [Moles/Volume] Sérum/Plasma           | creatinine_serum
Créat. sang                                      | creatinine_serum
Créatinine urinaire                              |
Creatinine, urine                                |
Clairance de la créatinine                       |
Rapport albumine/créatinine                      |
Calcium total                                    | calcium_total
Calcémie                                         | calcium_total
Calcium ionisé                                   | calcium_ionised
Calcémie corrigée                                | calcium_corrected_albumin
Calcium urinaire des 24 h                        |
Albumine                                         | albumin_serum
Microalbuminurie                                 |
25-OH vitamine D (D2+D3)                         | vitamin_d_25oh_total
25 hydroxyvitamin D                              | vitamin_d_25oh_total
1,25-dihydroxy vitamin D                         |
Poids                                            | body_weight
Poids idéal                                      |
Potassium                                        |
"""


@pytest.mark.parametrize(("display", "like"), [(row["display"], row["like"]) for row in rows(TESTS)])
def test_a_test_is_recognised_by_its_words(display: str, like: str) -> None:
    found = record(lab(display)).unmatched
    assert found == ((Unmatched("tests", LAB, "K12", (like,)),) if like else ())


def test_the_text_speaks_where_the_coding_has_no_words() -> None:
    assert [one.likes for one in record(lab(None, text="Créatinine")).unmatched] == [("creatinine_serum",)]
    assert record(lab("Créatinine" + " x" * 200)).unmatched == ()


def test_a_code_is_told_once_and_in_a_fixed_order() -> None:
    made = record(lab("Créatinine", "B"), lab("Créatinine", "A"), lab("Créatinine", "B"), lab("Poids", "C"))
    assert [one.code for one in made.unmatched] == ["A", "B", "C"]


def test_a_code_that_the_site_maps_is_no_longer_noticed() -> None:
    known = with_local_codes(default_terminology(), [(LAB, "K12", "creatinine_serum")])
    assert record(lab("Créatinine"), terminology=known).unmatched == ()


def test_a_flood_of_codes_is_cut() -> None:
    assert len(record(*(lab("Créatinine", f"K{number}") for number in range(300))).unmatched) == 200


def test_no_word_of_the_record_is_kept() -> None:
    made = record(lab("Créatinine de Madame Dupont"), order(coded(DRUGS, "4711", "Zometa chez Monsieur Durand")))
    assert len(made.unmatched) == 2
    assert not any(word in str([asdict(one) for one in made.unmatched]) for word in ("Dupont", "Durand", "Madame"))


def test_what_is_noticed_changes_no_answer() -> None:
    with_words, without = record(lab("Créatinine")), record(lab("Kalium"))
    assert with_words.unmatched
    assert not without.unmatched
    assert dict(with_words.measurements) == dict(without.measurements) == {}


@pytest.mark.parametrize("spoilt", [{"text": 5}, {"coding": [{"system": LAB, "code": "K12", "display": 7}]}])
def test_words_that_are_no_text_cost_nothing(spoilt: Any) -> None:
    made = record(fhir.observation("loinc|2160-0", "88 umol/L", id="o1"),
                  fhir.observation("loinc|0", "1 kg", id="o2", code={**coded(LAB, "K12"), **spoilt}))  # fmt: skip
    assert (len(made.results("creatinine_serum")), made.looked_for["observations"]) == (1, None)


def test_every_test_we_have_a_name_for_is_one_we_know() -> None:
    known = default_terminology().known
    rows_ = [tuple(row) for row in read_table("lab_names")]
    assert {concept for concept, *_ in rows_} <= known
    assert all(language in ("en", "fr") and name for _, language, name, _ in rows_)
