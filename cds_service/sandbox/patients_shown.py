"""How a patient is named on the pages of the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.sandbox.fhir.outcomes import Gone, NotFound
from cds_service.sandbox.fhir.store import Store
from fhir_mappers.record.dates import whole_years

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One patient: id, name, FHIR code of the sex, age in years (None when the birth date does not tell)."""

    id: str
    name: str
    sex: str
    age: int | None
    born: str


def patient_shown(store: Store, identifier: str, today: date) -> Shown | None:
    """The patient of this id; None where there is none."""
    try:
        return shown(store.read("Patient", identifier), today)
    except (Gone, NotFound):
        return None


def patients_shown(store: Store, today: date) -> list[Shown]:
    """Every patient, by name."""
    return sorted((shown(each, today) for each in store.all("Patient")), key=lambda each: each.name)


def shown(patient: Resource, today: date) -> Shown:
    """What the pages say of a Patient."""
    name: Resource = next(iter(patient.get("name", ())), {})
    said = " ".join((*name.get("given", ()), str(name.get("family", "")).upper())).strip()
    born = str(patient.get("birthDate", ""))
    return Shown(patient["id"], said or patient["id"], str(patient.get("gender", "unknown")), _age(born, today), born)


def _age(born: str, today: date) -> int | None:
    try:
        return whole_years(date.fromisoformat(born), today)
    except ValueError:
        return None
