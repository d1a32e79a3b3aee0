"""Tiny builders of FHIR R4 JSON: each gives a valid resource of patient 1; keyword arguments add or replace elements.

``without`` as an argument drops elements: ``observation(..., without=("status",))``.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from fhir_mappers.build import build_record
from fhir_mappers.record.patient_record import PatientRecord
from hooks.exact_json import dumps_exact

Json = dict[str, Any]

TODAY = date(2026, 6, 3)
PATIENT = {"reference": "Patient/1"}
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOCAL = "https://osteohooks.github.io/fhir/CodeSystem/bone"
UCUM = "http://unitsofmeasure.org"

SYSTEMS = {"loinc": LOINC, "sct": SNOMED, "rxnorm": RXNORM, "atc": ATC, "icd10": ICD10, "icd10cm": ICD10CM,
           "local": LOCAL}  # fmt: skip

CREATININE = "loinc|2160-0"
CALCIUM = "loinc|17861-6"
BONE_METASTASIS = "sct|94222008"
ZOMETA, ACLASTA, XGEVA, PROLIA = ({"text": brand} for brand in ("Zometa", "Aclasta", "Xgeva", "Prolia"))

SEARCHED = ("patient", "observations", "conditions", "procedures", "diagnosticReports", "medicationRequests",
            "medicationStatements", "medicationAdministrations", "serviceRequests", "appointments", "allergies",
            "carePlans", "questionnaireResponses")  # fmt: skip


def concept(*codes: str, text: str | None = None) -> Json:
    """A CodeableConcept of ``"loinc|2160-0"``, ``"local|site-spine"`` or ``"https://any.system|code"`` codes."""
    coding = [{"system": SYSTEMS.get(system, system), "code": code} for system, code in (c.split("|") for c in codes)]
    return {**({"coding": coding} if coding else {}), **({"text": text} if text else {})}


def quantity(text: str) -> Json:
    """``"7.10 mg/dL"`` or ``"< 0.5 mg/dL"`` as a UCUM Quantity with its digits."""
    *comparator, value, unit = text.split(" ")
    coded = {"value": Decimal(value), "unit": unit, "system": UCUM, "code": unit}
    return {**coded, **({"comparator": comparator[0]} if comparator else {})}


def resource(kind: str, without: Iterable[str] = (), **elements: Any) -> Json:
    """Any resource; elements that are None are left out."""
    dropped = set(without)
    made = {"resourceType": kind, **elements}
    return {name: value for name, value in made.items() if value is not None and name not in dropped}


def patient(id: str = "1", **more: Any) -> Json:
    return resource("Patient", **{"id": id, "birthDate": "1957-03-14", "gender": "male", **more})


def observation(code: str, value: str | None = None, /, on: str = "2026-06-01", id: str = "o1", **more: Any) -> Json:
    measured = quantity(value) if value else None
    given = {"id": id, "status": "final", "code": concept(code), "subject": PATIENT, "effectiveDateTime": on}
    return resource("Observation", **{**given, "valueQuantity": measured, **more})


def condition(*codes: str, on: str | None = "2025-01-10", id: str = "c1", **more: Any) -> Json:
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    given = {"id": id, "code": concept(*codes), "subject": PATIENT, "clinicalStatus": active, "onsetDateTime": on}
    return resource("Condition", **{**given, **more})


def dosage(
    dose: str | None = None, every: str | None = None, minutes: int | None = None, route: str | None = None
) -> Json:
    """``dosage("4 mg", "4 wk", 15, "local|route-iv")``."""
    repeat: Json = {}
    if every:
        period, unit = every.split(" ")
        repeat |= {"frequency": 1, "period": int(period), "periodUnit": unit}
    if minutes is not None:
        repeat |= {"duration": minutes, "durationUnit": "min"}
    made: Json = {"doseAndRate": [{"doseQuantity": quantity(dose)}]} if dose else {}
    made |= {"timing": {"repeat": repeat}} if repeat else {}
    return made | ({"route": concept(route)} if route else {})


def order(drug: Json | None, *dosages: Json, on: str = "2026-05-01", id: str = "m1", **more: Any) -> Json:
    given = {"id": id, "status": "active", "intent": "order", "medicationCodeableConcept": drug, "subject": PATIENT}
    given |= {"authoredOn": on, "dosageInstruction": list(dosages) or None}
    return resource("MedicationRequest", **{**given, **more})


def draft(drug: Json | None, *dosages: Json, **more: Any) -> Json:
    return order(drug, *dosages, **{"status": "draft", "id": "d1", "on": "2026-06-03", **more})


def given(drug: Json | None, on: str = "2026-05-20", id: str = "a1", **more: Any) -> Json:
    base = {"id": id, "status": "completed", "medicationCodeableConcept": drug, "subject": PATIENT}
    return resource("MedicationAdministration", **{**base, "effectiveDateTime": on, **more})


def statement(drug: Json | None, id: str = "s1", **more: Any) -> Json:
    base = {"id": id, "status": "active", "medicationCodeableConcept": drug, "subject": PATIENT}
    return resource("MedicationStatement", **{**base, **more})


def procedure(*codes: str, on: str | None = "2026-03-01", id: str = "p1", **more: Any) -> Json:
    base = {"id": id, "status": "completed", "code": concept(*codes), "subject": PATIENT, "performedDateTime": on}
    return resource("Procedure", **{**base, **more})


def service(*codes: str, on: str | None = "2026-05-01", id: str = "r1", **more: Any) -> Json:
    base = {"id": id, "status": "active", "intent": "order", "code": concept(*codes), "subject": PATIENT}
    return resource("ServiceRequest", **{**base, "authoredOn": on, **more})


def bundle(*resources: Any, **more: Any) -> Json:
    """A searchset; ``total`` and entries as a server would send them."""
    entries = [{"fullUrl": f"https://ehr.example/{r.get('resourceType')}/{r.get('id')}", "resource": r}
               if isinstance(r, dict) else {"resource": r} for r in resources]  # fmt: skip
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries, **more}


def encode(value: Any) -> bytes:
    """JSON text; Decimals keep their digits."""
    return dumps_exact(value)


def sent(values: Mapping[str, Any]) -> dict[str, bytes | None]:
    """Prefetch values as the readers take them."""
    return {key: None if value is None else encode(value) for key, value in values.items()}


def record_of(
    *resources: Json, drafts: Any = None, selections: tuple[str, ...] | None = None, **values: Any
) -> PatientRecord:
    """The record of patient 1 on ``TODAY`` where everything was searched: each resource under the key of its type."""
    from fhir_mappers.kinds import KIND_OF_NAME

    prefetch: dict[str, Any] = dict.fromkeys(SEARCHED)
    for each in resources:
        key = KIND_OF_NAME.get(each["resourceType"], "medicationRequests")
        prefetch[key] = bundle(*(e["resource"] for e in (prefetch[key] or {"entry": []})["entry"]), each)
    orders = (
        {"resourceType": "Bundle", "entry": [{"resource": d} for d in drafts]} if isinstance(drafts, list) else drafts
    )
    return build_record(sent(prefetch | values), orders, selections, "1", TODAY)
