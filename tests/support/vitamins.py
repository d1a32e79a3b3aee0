"""Vitamin D facts in the words of the tables: levels, doses given, handed out or reported, loading orders.

In the tables ``15 ng/mL`` is a level, a number of days counts back from today, a blank cell is not recorded.
"""

from typing import Any

from hooks.evaluate import Guideline, evaluate
from hooks.services import services
from tests.support.bedside import PRODUCTS, RULES, Bedside, concept, order, quantity
from tests.support.chart import ago

SAMPLE = 60
"""Days since the blood sample, where a test does not say otherwise."""


def level(bedside: Bedside, said: str, days: str | int = SAMPLE, **extra: Any) -> Bedside:
    """A 25-OH vitamin D: ``"15 ng/mL"``, ``"<4 ng/mL"``; nothing when blank."""
    return bedside.observed("vitamin_d_25oh_total", f"{said} @ {ago(days)}", **extra) if said else bedside


def calcium(bedside: Bedside, said: str, days: str | int = 3, **extra: Any) -> Bedside:
    """A calcium: ``"2.61"`` in mmol/L; nothing when blank."""
    return bedside.observed("calcium_total", f"{said} mmol/L @ {ago(days)}", **extra) if said else bedside


def took(bedside: Bedside, times: int, dose: str = "50000 [iU]", first: int = 50, *, product: str = "cholecalciferol",
         **extra: Any) -> Bedside:  # fmt: skip
    """So many administrations, the first one ``first`` days ago, one a day."""
    for count in range(times):
        bedside.given(product, ago(first - count), dose or None, **extra)
    return bedside


def handed_out(bedside: Bedside, pieces: str, day: int = 50, *, each: str | None = None, of: str | None = None,
               product: str = "cholecalciferol", status: str = "completed") -> Bedside:  # fmt: skip
    """A dispense of ``"8 ampoule"`` with ``each`` in its dosage; ``of`` is the order it belongs to."""
    number, _, unit = pieces.partition(" ")
    row: dict[str, Any] = {"status": status, "medicationCodeableConcept": PRODUCTS[product], "whenHandedOver": ago(day)}
    row |= {"quantity": {"value": int(number), **({"unit": unit} if unit else {})}} if number else {}
    row |= {"dosageInstruction": [{"doseAndRate": [{"doseQuantity": quantity(each)}]}]} if each else {}
    row |= {"authorizingPrescription": [{"reference": of}]} if of else {}
    return bedside.add("medicationAdministrations", "MedicationDispense", row)


def told(bedside: Bedside, dose: str, day: int = 40, *, count: int | None = None, status: str = "active") -> Bedside:
    """A statement of the patient: one dose, or a counted course."""
    dosage = order("cholecalciferol", dose, count=count)["dosageInstruction"]
    return bedside.stated("cholecalciferol", ago(day), status=status, dosage=dosage)


def loading(count: int | None = None, *, typed: bool = False, **extra: Any) -> dict[str, Any]:
    """What makes an order a loading course, for ``ordered`` and ``drafts_order``."""
    kind = {"courseOfTherapyType": concept("vitamin_d_loading")} if typed else {}
    return {**({"count": count} if count else {}), **kind, **extra}


def at_its_hook(bedside: Bedside, rule: str, edition: str = "aura-2026") -> str:
    """What the service of the moment says: ``satisfied``, ``info due``, or why it is silent (``muted by ...``)."""
    (service,) = (s for s in services() if s.hook == bedside.moment)
    found = evaluate(service.checks, bedside.record(), Guideline(RULES, edition))
    assert not found.broken, found.broken
    finding = next((f for f in found.all if f.rule.id == rule), None)
    if finding is None:
        return "not asked"
    if finding.status == "fires":
        return f"{finding.severity.value} {finding.verdict.case}"
    return finding.because or (finding.status if finding.speaks else finding.verdict.outcome.value)
