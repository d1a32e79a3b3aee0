"""Which drug is meant: by codes, by brand or INN in the words, by a Medication referred to; and in which strength."""

import re
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from fhir_mappers.clerk import Clerk
from fhir_mappers.codings import Understood, convert
from fhir_mappers.datatypes import Contained, Ingredient, Named, Ratio, Reference
from fhir_mappers.datatypes import Quantity as SentQuantity
from fhir_mappers.record.answer import Missing
from fhir_mappers.record.products import Presentation, Product, classify
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.shapes import Medicated, Medication
from fhir_mappers.units import Converted

_NUMBER = r"(\d{1,6}(?:[.,]\d{1,6})?)"
# "4 mg", "4 mg/100 mL", "4 mg/5 ml"; not the concentrations "0.8 MG/ML" and "4 mg/h".
_STRENGTH = re.compile(rf"(?<![\d.,]){_NUMBER}\s*mg\b(?:\s*/\s*\d[\d.,]*\s*ml\b)?(?!\s*/)", re.IGNORECASE)
_MASS_TABLE = "zoledronic_acid_dose"  # mg, ug and g read the same for every drug
_PIECES = frozenset({"", "1", "vial", "bag", "syringe", "tablet", "capsule", "ampoule", "{vial}", "{bag}", "{syringe}",
                     "{tablet}", "{tbl}", "{capsule}", "{ampoule}", "mL", "ml"})  # fmt: skip


class Drug(Struct, frozen=True):
    """A drug as far as it is known: concepts, the code that told, the strength of one piece in mg."""

    concepts: tuple[str, ...] = ()
    token: str | None = None
    strength: Decimal | None = None


def drug_of(sent: Medicated, clerk: Clerk) -> Drug | None:
    """The drug of an order, statement or dose; None when nothing says which one it is.

    A drug that is named but means nothing to us has no concepts.
    """
    told = _described(sent.medication_codeable_concept, (), clerk)
    if sent.medication_reference is None:
        return told
    referred = _referred(sent.medication_reference, sent.contained, clerk)
    shown = _described(Named(text=sent.medication_reference.display), (), clerk)
    return _joined([drug for drug in (told, referred, shown) if drug is not None])


def product_of(
    drug: Drug,
    clerk: Clerk,
    dose: Quantity | Missing | None = None,
    interval: Quantity | None = None,
    *,
    intravenous: bool = False,
) -> Product | None:
    """The antiresorptive product (catalogue P7), by what the drug and the order say: dose in mg, interval in d."""
    milligrams = dose.value if isinstance(dose, Quantity) and dose.unit == "mg" else None
    said = Presentation(drug.concepts, drug.strength, milligrams, interval, intravenous)
    return classify(said, clerk.conventions.products)


def _referred(reference: Reference, contained: list[Contained] | None, clerk: Clerk) -> Drug | None:
    sent: Contained | Medication | None
    if reference.reference and reference.reference.startswith("#"):
        sent = next((c for c in contained or () if c.id == reference.reference[1:]), None)
    else:
        name = clerk.library.name(reference.reference)
        sent = clerk.library.medications.get(name) if name else None
    if sent is None:
        return None
    parts = [*(sent.ingredient or ()), *((sent.product and sent.product.ingredient) or ())]
    return _described(sent.code, parts, clerk)


def _described(code: Named | None, parts: Iterable[Ingredient], clerk: Clerk) -> Drug | None:
    ingredients = list(parts)
    texts = [] if code is None else [t for t in (code.text, *(c.display for c in code.coding or ())) if t]
    codes = code.coding if code is not None else None
    if not texts and not ingredients and not any(c.code for c in codes or ()):
        return None
    named = clerk.coder.names(code)
    if codes and named.token is None:
        clerk.lookalikes.drug(codes, named.concepts)
    known = [named, *(clerk.coder.names(i.item_codeable_concept) for i in ingredients)]
    strength = _strength(ingredients, clerk)
    return Drug(*_merged(known), strength if strength is not None else _strength_in(texts))


def _merged(known: Iterable[Understood]) -> Understood:
    parts = list(known)
    concepts = tuple(dict.fromkeys(c for part in parts for c in part.concepts))
    return Understood(concepts, next((part.token for part in parts if part.token), None))


def _joined(drugs: list[Drug]) -> Drug | None:
    if not drugs:
        return None
    known = _merged(Understood(drug.concepts, drug.token) for drug in drugs)
    return Drug(*known, _only(drug.strength for drug in drugs))


def _strength(ingredients: list[Ingredient], clerk: Clerk) -> Decimal | None:
    """The mg of the recognised ingredients, or of the only one."""
    known = [i for i in ingredients if clerk.coder.names(i.item_codeable_concept).concepts] or ingredients
    return _only(_milligrams(i.strength or i.amount) for i in known)


def _milligrams(strength: Ratio | None) -> Decimal | None:
    """The numerator in mg, where the denominator is one piece or its volume."""
    if strength is None or strength.numerator is None or not _is_piece(strength.denominator):
        return None
    known = convert(_MASS_TABLE, strength.numerator, check_range=False)
    return known.value if isinstance(known, Converted) else None


def _is_piece(denominator: SentQuantity | None) -> bool:
    if denominator is None:
        return True
    unit = (denominator.code or denominator.unit or "").strip()
    value = denominator.value
    return unit in _PIECES and (unit in ("mL", "ml") or value is None or (value.is_finite() and value == 1))


def _strength_in(texts: Iterable[str]) -> Decimal | None:
    return _only(Decimal(match[1].replace(",", ".")) for text in texts for match in _STRENGTH.finditer(text[:500]))


def _only(values: Iterable[Decimal | None]) -> Decimal | None:
    """The one value all agree on."""
    known = {value for value in values if value is not None}
    return known.pop() if len(known) == 1 else None


def order_name(reference: Reference | None, clerk: Clerk) -> str | None:
    """``MedicationRequest/x`` of a reference to an order."""
    return clerk.library.name(reference.reference) if reference is not None else None
