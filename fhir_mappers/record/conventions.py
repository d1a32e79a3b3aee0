"""The mould of the shared conventions: every window and constant the record needs, filled from ``conventions.toml``."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappers.record.products import ProductNumbers
from fhir_mappers.record.quantity import Quantity


@dataclass(frozen=True, slots=True)
class AgeNumbers:
    """Age limits (UCUM a)."""

    adult: Quantity


@dataclass(frozen=True, slots=True)
class ClearanceNumbers:
    """Cockcroft-Gault constants, the freshness of its inputs (d) and their plausible ranges."""

    age_constant: Decimal
    divisor: Decimal
    women: Decimal
    factor_men: Decimal
    factor_women: Decimal
    umol_per_mg_dl: Decimal
    creatinine_zoledronate: Quantity
    creatinine_denosumab: Quantity
    creatinine_history: Quantity
    weight: Quantity
    creatinine_low: Quantity
    creatinine_high: Quantity
    weight_low: Quantity
    weight_high: Quantity
    age_high: Quantity
    severe: Quantity
    dialysis: Quantity


@dataclass(frozen=True, slots=True)
class CalciumNumbers:
    """Albumin correction in both usual forms, the share of calcium in its carbonate, hypercalcaemia levels (mmol/L),
    windows in days.
    """

    albumin_reference: Decimal
    coefficient: Decimal
    other_coefficient: Decimal
    carbonate: Decimal
    apart: Quantity
    window: Quantity
    history: Quantity
    recent: Quantity
    upper: Quantity
    crisis: Quantity
    with_reason: Quantity


@dataclass(frozen=True, slots=True)
class TreatmentNumbers:
    """Windows (d) that make a patient on treatment or presumed so."""

    recent: Quantity
    presumed_from: Quantity
    presumed_to: Quantity
    presumed_end: Quantity


@dataclass(frozen=True, slots=True)
class AnswerNumbers:
    """How long a recorded judgement of the extent, and any other answer of a form, may be reused (d); the survival
    (mo) that counts as terminal.
    """

    extent: Quantity
    form: Quantity
    terminal_survival: Quantity


@dataclass(frozen=True, slots=True)
class Conventions:
    """All shared conventions."""

    age: AgeNumbers
    clearance: ClearanceNumbers
    calcium: CalciumNumbers
    treatment: TreatmentNumbers
    products: ProductNumbers
    answers: AnswerNumbers
