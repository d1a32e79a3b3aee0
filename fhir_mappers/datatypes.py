"""The FHIR data types we read, each with only the elements we look at; all optional, DSTU2 to R4 side by side.

msgspec decodes them straight from bytes and skips everything else. An element named differently in DSTU2, STU3 and R4
has one field per name; one whose type changed has a union. Nothing is validated here: see ``mending``.
"""

from decimal import Decimal

import msgspec


class Shape(msgspec.Struct, rename="camel", gc=False):
    """Base of all: FHIR's camelCase names; no cycles, so the garbage collector need not look."""


class Code(Shape):
    """A Coding whose display is not looked at."""

    system: str | None = None
    code: str | None = None


class Coding(Code):
    """A Coding whose display may name a drug."""

    display: str | None = None


class Codes(Shape):
    """A CodeableConcept understood by its codes alone."""

    coding: list[Code] | None = None


class Named(Shape):
    """A CodeableConcept that may also be understood by its words."""

    coding: list[Coding] | None = None
    text: str | None = None


class Labelled(Shape):
    """A CodeableConcept understood by its codes alone; its words only help to notice codes that nobody understands."""

    coding: list[Coding] | None = None
    text: str | None = None


class Reference(Shape):
    """A Reference; ``identifier`` is not read."""

    reference: str | None = None
    display: str | None = None


class Quantity(Shape):
    """A Quantity with all digits of its value."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None


class Ratio(Shape):
    """A Ratio."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Range(Shape):
    """A Range, also ``Observation.referenceRange``."""

    low: Quantity | None = None
    high: Quantity | None = None


class Period(Shape):
    """A Period."""

    start: str | None = None
    end: str | None = None


class Repeat(Shape):
    """``Timing.repeat``; DSTU2 has ``periodUnits`` and ``durationUnits``."""

    count: int | None = None
    frequency: int | None = None
    period: Decimal | None = None
    period_unit: str | None = None
    period_units: str | None = None
    duration: Decimal | None = None
    duration_unit: str | None = None
    duration_units: str | None = None
    bounds_period: Period | None = None


class Timing(Shape):
    """A Timing."""

    event: list[str] | None = None
    repeat: Repeat | None = None


class DoseAndRate(Shape):
    """``Dosage.doseAndRate``; before R4 its elements stood on the Dosage itself."""

    dose_quantity: Quantity | None = None
    dose_range: Range | None = None
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None


class Dosage(DoseAndRate):
    """A Dosage of an order or a statement; ``quantityQuantity`` is the DSTU2 statement's dose."""

    route: Codes | None = None
    timing: Timing | None = None
    dose_and_rate: list[DoseAndRate] | None = None
    quantity_quantity: Quantity | None = None


class GivenDosage(Shape):
    """``MedicationAdministration.dosage``; ``quantity`` in DSTU2."""

    route: Codes | None = None
    dose: Quantity | None = None
    quantity: Quantity | None = None


class Ingredient(Shape):
    """``Medication.ingredient``; ``amount`` before R4."""

    item_codeable_concept: Named | None = None
    strength: Ratio | None = None
    amount: Ratio | None = None


class OldProduct(Shape):
    """``Medication.product`` of DSTU2."""

    ingredient: list[Ingredient] | None = None


class Contained(Shape):
    """A contained resource; only Medications are looked into."""

    resource_type: str | None = None
    id: str | None = None
    code: Named | None = None
    ingredient: list[Ingredient] | None = None
    product: OldProduct | None = None


class Dispensing(Shape):
    """``MedicationRequest.dispenseRequest``."""

    validity_period: Period | None = None


class Reaction(Shape):
    """``AllergyIntolerance.reaction``."""

    substance: Named | None = None
    manifestation: list[Codes] | None = None
    onset: str | None = None


class Participant(Shape):
    """``Appointment.participant``."""

    actor: Reference | None = None


class Valued(Shape):
    """What an Observation and its components have in common."""

    code: Labelled | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Codes | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    value_date_time: str | None = None
    value_string: str | None = None
    data_absent_reason: Codes | None = None
    reference_range: list[Range] | None = None


class Given(Shape):
    """One answer of a QuestionnaireResponse item."""

    value_quantity: Quantity | None = None
    value_coding: Code | None = None
    value_decimal: Decimal | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    value_date_time: str | None = None
    value_date: str | None = None
    value_string: str | None = None
    item: "list[Item] | None" = None


class Item(Shape):
    """An item of a QuestionnaireResponse."""

    link_id: str | None = None
    answer: list[Given] | None = None
    item: "list[Item] | None" = None


class Resource(Shape, tag_field="resourceType"):
    """Base of the resources, told apart by ``resourceType``."""

    id: str | None = None
