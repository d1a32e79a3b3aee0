"""Planned acts: requests and appointments whose details travel as contained Observations, and what was done before."""

from decimal import Decimal
from typing import Any

from tests.support.bedside import UCUM, Bedside, concept
from tests.support.booking import PATIENT


def planned(
    patient: Bedside,
    what: str,
    *,
    site: str = "",
    on: str = "",
    until: str = "",
    details: str = "",
    **extra: Any,
) -> Bedside:
    """A service request being drafted. ``site`` names concepts (``"site_femur, vertebra_t6"``), ``details`` what the
    order tells (``"rt_total_dose 8 Gy, rt_fractions 1, rt_epiduritis true, rt_intent intent_palliative"``).
    """
    told = [_detail(index, text.strip()) for index, text in enumerate(details.split(",")) if text.strip()]
    row: dict[str, Any] = {"resourceType": "ServiceRequest", "id": f"s{len(patient.drafts)}", "status": "draft"}
    row |= {"intent": "order", "subject": PATIENT, "code": concept(what)}
    row |= {"bodySite": [concept(name.strip()) for name in site.split(",")]} if site else {}
    if until:
        row["occurrencePeriod"] = {"start": on, "end": until}
    elif on:
        row["occurrenceDateTime"] = on
    row |= {"contained": told, "supportingInfo": [{"reference": f"#{d['id']}"} for d in told]} if told else {}
    patient.drafts.append(row | extra)
    return patient


def _detail(index: int, text: str) -> dict[str, Any]:
    what, _, said = text.partition(" ")
    return {
        "resourceType": "Observation",
        "id": f"detail{index}",
        "status": "final",
        "code": concept(what),
        "subject": PATIENT,
        **value_of(said),
    }


def value_of(said: str) -> dict[str, Any]:
    """``true``, ``3``, ``8 Gy``, ``<5 mm``, ``unknown``, a date or a concept as a value of an Observation."""
    number, _, unit = said.partition(" ")
    if said in ("true", "false"):
        return {"valueBoolean": said == "true"}
    if said == "unknown":
        return {"dataAbsentReason": {"coding": [{"code": "unknown"}]}}
    if unit:
        told = {"value": Decimal(number.lstrip("<>=")), "unit": unit, "system": UCUM, "code": unit}
        comparator = number[: len(number) - len(number.lstrip("<>="))]
        return {"valueQuantity": told | ({"comparator": comparator} if comparator else {})}
    if said.isdigit():
        return {"valueInteger": int(said)}
    return {"valueDateTime": said} if said[:1].isdigit() else {"valueCodeableConcept": concept(said)}
