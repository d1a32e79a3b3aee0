"""The bodies that are posted: one shipped scenario with a longer laboratory history. The same bytes all day.

The generated results lie before the shipped ones and repeat the patient's usual values, so that the advice must stay
what it was: a benchmark whose answer changes with the size would compare different work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle

from cds_service.sandbox.scenarios import FHIR_BASE, Resource, hook_request, scenario
from hooks.exact_json import dumps_exact

SCENARIO = "lung-zol-clearance-42"
SERVICE = "bone-order-sign"
SIZES = (20, 200, 2000, 20000)
RELEVANT_PERCENT = 43
_PER_VISIT = 9
_NEWEST = timedelta(weeks=20)  # before the day of the hook, and before every shipped result
_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Test:
    """One laboratory test: LOINC code and display, the usual value, the unit as printed and in UCUM."""

    code: str
    display: str
    value: str
    unit: str
    ucum: str


RELEVANT = (
    Test("14682-9", "Créatinine [Moles/Volume] Sérum/Plasma", "117.0", "µmol/L", "umol/L"),
    Test("2000-8", "Calcium [Moles/Volume] Sérum/Plasma", "2.36", "mmol/L", "mmol/L"),
    Test("1751-7", "Albumine [Masse/Volume] Sérum/Plasma", "39.0", "g/L", "g/L"),
    Test("29463-7", "Poids corporel", "63.0", "kg", "kg"),
    Test("718-7", "Hémoglobine [Masse/Volume] Sang", "12.4", "g/dL", "g/dL"),
    Test("777-3", "Plaquettes [Nombre/Volume] Sang ; Comptage automate", "248", "G/L", "10*9/L"),
    Test("62292-8", "25-Hydroxyvitamine D2+D3 [Masse/Volume] Sérum/Plasma", "34.0", "ng/mL", "ng/mL"),
)
"""Codes that the value sets know."""

OTHER = (
    Test("2951-2", "Sodium [Moles/Volume] Sérum/Plasma", "139", "mmol/L", "mmol/L"),
    Test("2823-3", "Potassium [Moles/Volume] Sérum/Plasma", "4.2", "mmol/L", "mmol/L"),
    Test("2075-0", "Chlorures [Moles/Volume] Sérum/Plasma", "103", "mmol/L", "mmol/L"),
    Test("14749-6", "Glucose [Moles/Volume] Sérum/Plasma", "5.4", "mmol/L", "mmol/L"),
    Test("6690-2", "Leucocytes [Nombre/Volume] Sang ; Comptage automate", "6.80", "G/L", "10*9/L"),
    Test("789-8", "Érythrocytes [Nombre/Volume] Sang ; Comptage automate", "4.31", "T/L", "10*12/L"),
    Test("1742-6", "Alanine aminotransférase [Activité enzymatique/Volume] Sérum/Plasma", "24", "U/L", "U/L"),
    Test("1920-8", "Aspartate aminotransférase [Activité enzymatique/Volume] Sérum/Plasma", "27", "U/L", "U/L"),
    Test("2324-2", "Gamma glutamyl transférase [Activité enzymatique/Volume] Sérum/Plasma", "31", "U/L", "U/L"),
    Test("22664-7", "Urée [Moles/Volume] Sérum/Plasma", "7.1", "mmol/L", "mmol/L"),
)
"""Codes of the same blood samples that mean nothing to the service."""


def body(generated: int, day: date) -> bytes:
    """The request as an EHR would post it on ``day``, with so many results on top of the shipped ones."""
    sent = hook_request(scenario(SCENARIO), day)
    observations, patient = sent["prefetch"]["observations"], sent["prefetch"]["patient"]["id"]
    observations["entry"] += [_entry(resource) for resource in results(generated, patient, day)]
    observations["total"] += generated
    return dumps_exact(sent)


def results(count: int, patient: str, day: date) -> Iterator[Resource]:
    """So many laboratory results of a patient, in visits, newest first."""
    relevant, other = cycle(RELEVANT), cycle(OTHER)
    for number in range(count):
        test = next(relevant) if number * RELEVANT_PERCENT % 100 < RELEVANT_PERCENT else next(other)
        visit = number // _PER_VISIT
        yield _observation(f"bench-{number:05}", test, patient, day - _NEWEST - timedelta(weeks=visit), visit)


def _entry(resource: Resource) -> Resource:
    url = f"{FHIR_BASE}/Observation/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def _observation(name: str, test: Test, patient: str, day: date, visit: int) -> Resource:
    """A result with everything a laboratory sends beside the number: about 1.3 kB."""
    quantity = {"unit": test.unit, "system": _UCUM, "code": test.ucum}
    value = Decimal(test.value)
    return {
        "resourceType": "Observation",
        "id": name,
        "meta": {"versionId": "1", "lastUpdated": f"{day}T11:42:07.000+00:00"},
        "status": "final",
        "category": [_coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")],
        "code": _coded(_LOINC, test.code, test.display) | {"text": test.display},
        "subject": {"reference": f"Patient/{patient}"},
        "encounter": {"reference": f"Encounter/bench-visit-{visit}"},
        "effectiveDateTime": f"{day}T08:10:00+00:00",
        "issued": f"{day}T11:42:07.000+00:00",
        "performer": [{"reference": "Organization/bench-laboratory"}],
        "valueQuantity": {"value": value, **quantity},
        "interpretation": [_coded("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "N", "Normal")],
        "specimen": {"reference": f"Specimen/bench-visit-{visit}"},
        "referenceRange": [{"low": _near(value, "0.8", quantity), "high": _near(value, "1.2", quantity)}],
    }


def _near(value: Decimal, factor: str, quantity: Resource) -> Resource:
    return {"value": (value * Decimal(factor)).quantize(value), **quantity}


def _coded(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}
