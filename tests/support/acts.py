"""Planned acts and what is taken before them, for the tables of cementoplasty and surgery.

In a cell ``3`` is three days from today, ``-2`` two days ago, a date or a date with time stands as it is.
"""

from datetime import timedelta
from typing import Any

from tests.support.bedside import TODAY, Bedside, concept, order
from tests.support.booking import PATIENT


def ahead(cell: str | int) -> str:
    """The date a cell means, counted from today."""
    text = str(cell)
    return (TODAY + timedelta(days=int(text))).isoformat() if text.lstrip("-").isdigit() and len(text) < 5 else text


def details(**told: bool | str | tuple[str, ...]) -> dict[str, Any]:
    """Details of an order: yes or no, or coded values, as contained Observations it refers to."""
    rows = [(name, value) for name, said in told.items() for value in (said if isinstance(said, tuple) else (said,))]
    contained = []
    for number, (name, value) in enumerate(rows):
        coded = {"valueCodeableConcept": concept(value)} if isinstance(value, str) else {"valueBoolean": value}
        row = {"resourceType": "Observation", "id": f"o{number}", "status": "final", "subject": PATIENT}
        contained.append({**row, "code": concept(name), **coded})
    return {"contained": contained, "supportingInfo": [{"reference": f"#o{n}"} for n in range(len(contained))]}


CLEAN = details(
    asymptomatic_stable_fracture=False,
    pain_mechanism="pain_mechanical",
    posterior_wall_involvement=False,
    radiculopathy=False,
    canal_extension=False,
    joint_opening=False,
)


def act(patient: Bedside, what: str, day: str, **extra: Any) -> Bedside:
    """A request for an act, first among the drafts; its day may be blank."""
    row = {"resourceType": "ServiceRequest", "id": f"s{len(patient.drafts)}", "status": "draft", "intent": "order"}
    when = {"occurrenceDateTime": ahead(day)} if day else {}
    patient.drafts.insert(0, {**row, "subject": PATIENT, "code": concept(what), **when, **extra})
    return patient


def takes(patient: Bedside, drug: str, told: str) -> Bedside:
    """What the record tells of a drug, in the words of a table.

    ``active`` without an end, ``until D``, ``stopped`` or ``stopped until D``, ``planned D`` (an order that begins
    then), ``dose D`` (given), ``stated until D``, ``not taken``, ``draft`` or ``draft until D``, ``stop`` (a draft that
    stops it today); several joined by `` + ``.
    """
    for part in told.split(" + "):
        _one(patient, drug, part.strip())
    return patient


def _one(patient: Bedside, drug: str, told: str) -> None:
    words = told.split()
    day = ahead(words[-1]) if words[-1].lstrip("-")[:1].isdigit() else ""
    ends = {"dispenseRequest": {"validityPeriod": {"end": day}}} if day else {}
    begun = ahead(-40)
    if words[0] in ("active", "until"):
        patient.ordered(drug, begun, **ends)
    elif words[0] == "stopped":
        patient.ordered(drug, begun, status="stopped", **ends)
    elif words[0] == "old":
        patient.ordered(drug, ahead(-500), status="stopped")
    elif words[0] == "planned":
        patient.ordered(drug, begun, dispenseRequest={"validityPeriod": {"start": day}})
    elif words[0] == "dose":
        patient.given(drug, day)
    elif words[0] == "stated":
        patient.stated(drug, begun, effectivePeriod={"start": begun, **({"end": day} if day else {})})
    elif words[0] == "not":
        patient.stated(drug, begun, status="not-taken")
    elif words[0] == "draft":
        patient.drafts_order(drug, **ends)
    else:
        assert told == "stop", told
        patient.drafts.append(
            {"resourceType": "MedicationRequest", "id": f"stop{len(patient.drafts)}", "subject": PATIENT}
            | order(drug, status="stopped")
        )
