"""A change to an order being drafted, made in the JSON the EHR sent: nothing but what was asked for is touched.

Every other element keeps its value and its digits. R4 (``doseAndRate`` lists), STU3 and DSTU2 (elements on the dosage,
``periodUnits``) are edited as they are written. What cannot be placed with certainty is not edited at all.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fhir_mappers.formulary import Term
from fhir_mappers.rates import Json, Rate, amount, exactly, number, rates
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.quantity import Quantity

UCUM = "http://unitsofmeasure.org"
ORDERS = frozenset({"MedicationRequest", "MedicationOrder", "ServiceRequest"})  # a booking cannot wait
EDITABLE = frozenset({"MedicationRequest", "MedicationOrder", "Appointment"})  # the second in DSTU2


@dataclass(frozen=True, slots=True)
class Edited:
    """The whole order with one change; ``text_to_check`` when its free text may still tell the old state."""

    resource: Json
    text_to_check: bool


Change = Callable[[Json], bool]
"""Changes a copy of the order in place; False when the change cannot be placed with certainty."""


def edit(draft: DraftOrder, *changes: Change, kinds: frozenset[str] = EDITABLE) -> Edited | None:
    """The order with these changes; None when one of them cannot be made, nothing changes, the order has no id, or is
    none of the ``kinds`` of resources.
    """
    known = draft.raw.get("id")
    order = copied(dict(draft.raw))
    if not isinstance(known, str) or not known.strip() or order.get("resourceType") not in kinds:
        return None
    if not all(change(order) for change in changes):
        return None
    return None if order == draft.raw else Edited(order, _text_to_check(order, draft))


def copied(value: Any) -> Any:
    """A deep copy of JSON; numbers stay the very ones that were sent."""
    if isinstance(value, dict):  # most members are texts: looked at in place, it halves the time
        return {key: member if type(member) is str else copied(member) for key, member in value.items()}
    return [copied(member) for member in value] if isinstance(value, list) else value


def instructions(order: Json) -> list[Json]:
    """The dosage instructions, also where one object stands for the list."""
    return _dicts(order.get("dosageInstruction"))


def parts(instruction: Json) -> list[Json]:
    """Where doses and rates stand: on the dosage itself (DSTU2, STU3) or in its ``doseAndRate`` entries."""
    return [instruction, *_dicts(instruction.get("doseAndRate"))]


def all_rates(instruction: Json) -> list[Rate]:
    """The rates of one dosage instruction."""
    return [rate for part in parts(instruction) for rate in rates(part)]


def the_only(order: Json) -> Json | None:
    """The one dosage instruction, made when there is none; None when there are several and we cannot choose."""
    found = instructions(order)
    if not found and not order.get("dosageInstruction"):
        order["dosageInstruction"] = found = [{}]
    return found[0] if len(found) == 1 else None


def drug_names(draft: DraftOrder) -> tuple[str, ...]:
    """The names under which the doses of the draft are looked up in the unit table: its substance first."""
    return draft.concepts if draft.product is None else (draft.product.substance, *draft.concepts)


def stated_dose(order: Json, drug: tuple[str, ...]) -> Quantity | None:
    """The dose all instructions agree on (mg); None when there is none, or they differ or cannot be read."""
    found = [_dose_in(sent, drug) for sent in _doses(order)]
    doses = {dose for dose in found if dose is not None}
    ranged = any("doseRange" in part for one in instructions(order) for part in parts(one))
    return doses.pop() if len(doses) == 1 and None not in found and not ranged else None


def set_dose(draft: DraftOrder, dose: Quantity) -> Change:
    """Every stated dose becomes ``dose`` (mg), written in the unit of the draft; rates in that unit keep their time."""

    def change(order: Json) -> bool:
        drug = drug_names(draft)
        stated = list(_doses(order))
        if not stated:
            return _add_dose(order, dose)
        old = stated_dose(order, drug)
        if old is None or old.unit != dose.unit or old.value <= 0:
            return False
        factor = Fraction(dose.value) / Fraction(old.value)
        for sent in stated:
            sent["value"] = exactly(Fraction(number(sent["value"]) or 0) * factor)
        for rate in (rate for one in instructions(order) for rate in all_rates(one) if rate.is_mass(drug)):
            rate.scale(factor)
        return all(sent["value"] is not None for sent in stated)

    return change


def set_status(status: str) -> Change:
    """The order gets this status."""

    def change(order: Json) -> bool:
        order["status"] = status
        return True

    return change


def set_route(route: Term, language: str) -> Change:
    """Every stated route becomes this one."""

    def change(order: Json) -> bool:
        stated = [one for one in instructions(order) if "route" in one]
        only = None if stated else the_only(order)
        for instruction in stated or ([only] if only is not None else []):
            instruction["route"] = route.codeable(language)
        return bool(stated) or only is not None

    return change


def _dicts(sent: object) -> list[Json]:
    return [one for one in (sent if isinstance(sent, list) else [sent]) if isinstance(one, dict)]


def _doses(order: Json) -> Iterator[Json]:
    sent = (part.get("doseQuantity") for one in instructions(order) for part in parts(one))
    return (dose for dose in sent if isinstance(dose, dict))


def _dose_in(sent: Json, drug: tuple[str, ...]) -> Quantity | None:
    value = number(sent.get("value"))
    return amount(value, sent.get("unit"), sent.get("code"), drug) if value is not None else None


def _add_dose(order: Json, dose: Quantity) -> bool:
    """Put a dose where there was none; not beside a range, which may mean something else."""
    only = the_only(order)
    if only is None or any("doseRange" in part or "doseQuantity" in part for part in parts(only)):
        return False
    quantity = {"value": exactly(Fraction(dose.value)), "unit": dose.unit, "system": UCUM, "code": dose.unit}
    entries = _dicts(only.get("doseAndRate"))
    if order.get("resourceType") == "MedicationOrder" or list(rates(only)):
        only["doseQuantity"] = quantity
    elif entries:
        entries[0]["doseQuantity"] = quantity
    else:
        only["doseAndRate"] = [{"doseQuantity": quantity}]
    return True


def _text_to_check(order: Json, draft: DraftOrder) -> bool:
    """Whether a dosage is also told in words, or another text states the dose the draft had."""
    if any(one.get("text") for one in instructions(order)):
        return True
    pattern = _dose_pattern(draft.dose) if isinstance(draft.dose, Quantity) else None
    return pattern is not None and any(pattern.search(text) for text in _other_texts(order))


def _dose_pattern(dose: Quantity) -> re.Pattern[str]:
    """``4 mg`` and ``4,0 mg`` but not the strength ``4 mg/5 mL``."""
    whole, _, decimals = f"{dose.value.normalize():f}".partition(".")
    digits = rf"{whole}[.,]{decimals}0*" if decimals else rf"{whole}(?:[.,]0+)?"
    return re.compile(rf"(?<![\d.,]){digits}\s*{re.escape(dose.unit)}\b(?!\s*/)", re.IGNORECASE)


def _other_texts(order: Json) -> Iterator[str]:
    drug = _dicts(order.get("medicationCodeableConcept"))
    codings = [coding.get("display") for one in drug for coding in _dicts(one.get("coding"))]
    patient = [one.get("patientInstruction") for one in instructions(order)]
    notes = order.get("note")
    said = [notes] if isinstance(notes, str) else [note.get("text") for note in _dicts(notes)]
    return (text for text in (*(one.get("text") for one in drug), *codings, *patient, *said) if isinstance(text, str))
