"""A change to what a drafted request says about itself: a coded detail, a remark. See ``draft_edits``."""

from typing import Any

from fhir_mappers.draft_edits import Change
from fhir_mappers.formulary import Term
from fhir_mappers.rates import Json
from fhir_mappers.terminology import LOCAL_SYSTEM, read_table

REQUESTS = frozenset({"ServiceRequest", "Appointment"})


def set_detail(question: str, answer: Term, language: str) -> Change:
    """The question (concept) gets this answer: in the contained Observation that answers it now, else as
    ``orderDetail`` in the place of another answer to the same question.
    """

    def change(order: Json) -> bool:
        if order.get("resourceType") != "ServiceRequest":
            return False
        code, others = _question(question)
        held = [one for one in _dicts(order.get("contained")) if code in _codes(one.get("code"))]
        for one in held:
            one["valueCodeableConcept"] = answer.codeable(language)
        if held:
            return all(_is_plain(one) for one in held)
        kept = [one for one in _dicts(order.get("orderDetail")) if others.isdisjoint(_codes(one))]
        order["orderDetail"] = [*kept, answer.codeable(language)]
        return True

    return change


def add_remark(text: str) -> Change:
    """A sentence more in the notes of a request, or in the comment of an appointment; never twice."""

    def change(order: Json) -> bool:
        if order.get("resourceType") == "Appointment":
            said = order.get("comment", "")
            if not isinstance(said, str):
                return False
            order["comment"] = said if text in said else f"{said}\n{text}".lstrip()
            return True
        notes = order.get("note", [])
        if not isinstance(notes, list):
            return False
        if all(one.get("text") != text for one in _dicts(notes)):
            order["note"] = [*notes, {"text": text}]
        return True

    return change


def _question(concept: str) -> tuple[str, frozenset[str]]:
    """The local code of a question, and those of its answers."""
    code, allowed = next((row[1], row[5]) for row in read_table("local") if row[0] == concept)
    return code, frozenset(value.strip() for value in allowed.split("|"))


def _codes(concept: object) -> frozenset[Any]:
    """The codes of our own code system in a CodeableConcept."""
    codings = [coding for one in _dicts(concept) for coding in _dicts(one.get("coding"))]
    return frozenset(coding.get("code") for coding in codings if coding.get("system") == LOCAL_SYSTEM)


def _is_plain(detail: Json) -> bool:
    """It holds the coded answer and no other value or reason why there is none."""
    return not any(key != "valueCodeableConcept" and key.startswith(("value", "dataAbsentReason")) for key in detail)


def _dicts(sent: object) -> list[Json]:
    return [one for one in (sent if isinstance(sent, list) else [sent]) if isinstance(one, dict)]
