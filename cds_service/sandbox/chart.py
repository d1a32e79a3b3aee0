"""A patient's chart as the page shows it: a few short tables from what is on the FHIR server now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from cds_service.sandbox.fhir.kinds import KINDS, patient_of
from cds_service.sandbox.fhir.store import Store

Resource = Mapping[str, Any]

_SHOWN = 8
_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("problems", ("Condition",)),
    ("allergies", ("AllergyIntolerance",)),
    ("results", ("Observation",)),
    ("treatments", ("MedicationRequest", "MedicationStatement")),
    ("given", ("MedicationAdministration",)),
    ("acts", ("Procedure", "DiagnosticReport")),
    ("planned", ("ServiceRequest", "CarePlan", "Appointment")),
    ("answers", ("QuestionnaireResponse",)),
)
_USUAL = frozenset({"active", "completed", "final", "amended", "corrected", "confirmed"})
_DATES = ("onsetDateTime", "occurrenceDateTime", "performedDateTime", "performedPeriod")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what, its value (may be empty), when (as written for a reader), and a status worth telling."""

    what: str
    value: str
    when: str
    status: str
    sort: str


@dataclass(frozen=True, slots=True)
class Section:
    """One table; ``earlier`` counts the rows that are not shown. ``key`` is that of its heading."""

    key: str
    rows: tuple[Row, ...]
    earlier: int


def chart(store: Store, patient: str, language: str) -> list[Section]:
    """The sections that hold something, newest rows first; of each result the latest."""
    medications = {f"Medication/{each['id']}": each for each in store.all("Medication")}
    found = []
    for key, kinds in _SECTIONS:
        resources = [each for kind in kinds for each in store.all(kind) if patient_of(each) == patient]
        rows = sorted((_row(each, medications, language) for each in resources), key=lambda row: row.sort, reverse=True)
        shown = _latest_of_each(rows) if key == "results" else rows[:_SHOWN]
        if shown:
            found.append(Section(key, tuple(shown), len(rows) - len(shown)))
    return found


def day_said(written: str, language: str) -> str:
    """A FHIR date as its reader writes it, to the day; as it is where it says no day."""
    try:
        return str(format_date(date.fromisoformat(written[:10]), format="d MMM y", locale=language))
    except ValueError:
        return written  # a year or a month, or nothing


def _latest_of_each(rows: Iterable[Row]) -> list[Row]:
    latest: dict[str, Row] = {}
    for row in rows:
        latest.setdefault(row.what, row)
    return list(latest.values())


def _row(resource: Resource, medications: Mapping[str, Resource], language: str) -> Row:
    written = _date(resource)
    status = str(resource.get("status") or _text(resource.get("clinicalStatus")) or "")
    return Row(
        what=_what(resource, medications),
        value=_value(resource, language),
        when=day_said(written, language),
        status="" if status.lower() in _USUAL else status,
        sort=written,
    )


def _what(resource: Resource, medications: Mapping[str, Resource]) -> str:
    named = resource.get("medicationReference", {}).get("reference", "")
    contained = {f"#{each.get('id')}": each for each in resource.get("contained", ())}
    drug = medications.get(named) or contained.get(named) or {}
    concepts = (
        *(resource.get(name) for name in ("code", "medicationCodeableConcept")),
        drug.get("code"),
        *resource.get("serviceType", ()),
        *resource.get("category", ()),
    )
    said = next((text for concept in concepts if (text := _text(concept))), "")
    return str(resource.get("title") or said or resource.get("description") or resource.get("questionnaire") or "–")


def _value(resource: Resource, language: str) -> str:
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, Mapping) and quantity.get("value") is not None:
        return f"{_number(quantity['value'], language)} {quantity.get('unit') or quantity.get('code') or ''}".strip()
    if "valueCodeableConcept" in resource:
        return _text(resource["valueCodeableConcept"])
    plain = next((resource[name] for name in ("valueString", "valueInteger", "conclusion") if name in resource), None)
    sent = resource.get("dosageInstruction") or resource.get("dosage") or {}
    dosage: Resource = sent[0] if isinstance(sent, list) else sent
    return str(plain) if plain is not None else str(dosage.get("text") or _dose(dosage, language))


def _dose(dosage: Resource, language: str) -> str:
    dose = dosage.get("dose") or {}
    return f"{_number(dose['value'], language)} {dose.get('unit', '')}".strip() if "value" in dose else ""


def _number(value: object, language: str) -> str:
    return str(format_decimal(Decimal(str(value)), locale=language, decimal_quantization=False))


def _text(concept: Any) -> str:
    if not isinstance(concept, Mapping):
        return ""
    said = [coding.get(name) for name in ("display", "code") for coding in concept.get("coding", ())]
    return str(concept.get("text") or next(filter(None, said), ""))


def _date(resource: Resource) -> str:
    _, elements = KINDS[resource["resourceType"]].date or ("", ())
    for element in (*_DATES, *elements):
        value = resource.get(element)
        said = value.get("start") if isinstance(value, Mapping) else value
        if isinstance(said, str):
            return said
    return ""
