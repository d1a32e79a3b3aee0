"""Whose page it is: the name, birth date and identifier as the EHR holds them, so that nobody reads the wrong chart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappers.record.answer import Known
from fhir_mappers.record.patient_record import PatientRecord
from hooks.texts import Speaker

_LONGEST = 120
_USUAL = ("official", "usual")


@dataclass(frozen=True, slots=True)
class Who:
    """The banner. ``name`` is empty where the EHR gives none; ``sex`` is ``male``, ``female`` or None."""

    name: str
    born: str
    age: str
    sex: str | None
    patient_id: str


def who(sent: bytes | None, patient_id: str, record: PatientRecord, speaker: Speaker) -> Who:
    """The banner of the patient; ``sent`` is the Patient resource, from which only the name is taken here."""
    age, born = record.age(), record.person.born
    years = str(int(age.value.low)) if isinstance(age, Known) and age.value.is_exact else ""
    return Who(_name(sent), speaker.figures.day(born) if born else "", years, record.person.sex, patient_id)


def _name(sent: bytes | None) -> str:
    """Family name in capitals after the given names, as French hospitals write it; whatever is there, else nothing."""
    names = [name for name in _listed(_decoded(sent).get("name")) if isinstance(name, Mapping)]
    chosen = min(names, key=lambda n: _USUAL.index(n["use"]) if n.get("use") in _USUAL else 9, default={})
    given = " ".join(part for part in _listed(chosen.get("given")) if isinstance(part, str))
    family = chosen.get("family")
    whole = f"{given} {family.upper() if isinstance(family, str) else ''}".strip()
    text = chosen.get("text")
    return (whole or (text if isinstance(text, str) else ""))[:_LONGEST]


def _decoded(sent: bytes | None) -> Mapping[str, Any]:
    """The resource; nothing when it is none, or the first Patient of a Bundle of one."""
    try:
        value = json.loads(sent) if sent else {}
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        held = [row.get("resource") for row in _listed(value.get("entry")) if isinstance(row, dict)]
        value = next((one for one in held if isinstance(one, dict) and one.get("resourceType") == "Patient"), {})
    return value if isinstance(value, dict) and value.get("resourceType") == "Patient" else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
