"""Whose form it is, in one line: nobody may fill in the form of the wrong patient."""

import json
from dataclasses import dataclass
from typing import Any

from cds_service.form_pages.results import plain
from fhir_mappers.record.patient_record import PatientRecord
from hooks.figures import Figures

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Person:
    """As the EHR has it; ``name`` and ``born`` are empty where it does not say."""

    name: str
    born: str
    patient_id: str


def person(sent: bytes | None, patient_id: str, record: PatientRecord, figures: Figures) -> Person:
    """The patient; ``sent`` is the resource, from which only the name is taken here."""
    born = record.person.born
    return Person(_name(sent), plain(figures.day(born)) if born is not None else "", patient_id)


def _name(sent: bytes | None) -> str:
    """Given names and family name in capitals, as French hospitals write it; else the text there is."""
    names = [name for name in _listed(_decoded(sent).get("name")) if isinstance(name, dict)]
    chosen = min(names, key=lambda name: name.get("use") != "official", default={})
    given = " ".join(part for part in _listed(chosen.get("given")) if isinstance(part, str))
    family, text = chosen.get("family"), chosen.get("text")
    whole = f"{given} {family.upper() if isinstance(family, str) else ''}".strip()
    return (whole or (text if isinstance(text, str) else ""))[:_LONGEST]


def _decoded(sent: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(sent) if sent else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) and value.get("resourceType") == "Patient" else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
