"""Proves that whatever we draft is FHIR: each template, filled, is validated with the models of ``fhir.resources``.

The models take as long to load as all rules together, and the shipped templates are the same in each installation. So
those are validated by the tests, which keep a digest of them here; at the start the models are loaded only where the
templates have another.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

import msgspec

from fhir_mappers.formulary import LANGUAGES, default_formulary
from fhir_mappers.new_orders import Json, OrderContext
from fhir_mappers.orders import steps
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.events import Source, TreatmentCourse
from fhir_mappers.record.proposals import (
    Annotate,
    NewCondition,
    NewMedication,
    NewService,
    Proposal,
    RecordTaking,
    StopOrder,
)
from fhir_mappers.record.quantity import Quantity

CERTAINTIES = ("confirmed", "provisional")
VALIDATED = "6c36938ed9ffdbf073201b6c3aef00b1e9fa2a0b204a693b97777d2ee2f413b5"
"""SHA-256 of `specimens` as they were when the tests last validated them."""


def check_templates() -> None:
    """Make sure, once, at the start, that everything the formulary can draft is valid FHIR R4.

    Raises:
        ValueError: a template is not; the message names the element.
    """
    made = specimens()
    if digest(made) != VALIDATED:
        validate(made)


def validate(made: Iterable[Json]) -> None:
    """Validate resources with the FHIR R4 models.

    Raises:
        ValueError: one is not valid; the message names the element.
    """
    from fhir.resources.R4B.condition import Condition
    from fhir.resources.R4B.medicationrequest import MedicationRequest
    from fhir.resources.R4B.medicationstatement import MedicationStatement
    from fhir.resources.R4B.servicerequest import ServiceRequest

    models = {model.__name__: model for model in (Condition, MedicationRequest, MedicationStatement, ServiceRequest)}
    for resource in made:
        models[resource["resourceType"]].model_validate(resource)


def digest(made: list[Json]) -> str:
    """SHA-256 of resources, of every element and digit."""
    return sha256(msgspec.json.encode(made)).hexdigest()


def specimens() -> list[Json]:
    """One of each order we can draft, in every language, bare and with everything filled."""
    day, book = date(2026, 1, 1), default_formulary()
    dose, interval = Quantity.of("3.3 mg"), Quantity.of("90 d")
    running = TreatmentCourse(Source("MedicationRequest/1"), ("denosumab",), "active")
    proposals: list[Proposal] = [NewService((k,), day, (Annotate(k, tuple(book.notes)),)) for k in book.services]
    proposals += [NewCondition(key, certainty, of_day(day)) for key in book.conditions for certainty in CERTAINTIES]
    for key in book.medications:
        proposals += [NewMedication(key), RecordTaking(key), NewMedication(key, dose, interval=interval, count=8)]
        proposals += [NewMedication(key, dose, day, reason, interval) for reason in book.reasons]
    made: list[Json] = []
    for language in LANGUAGES:
        for user, encounter in ((None, None), ("Practitioner/u", "e")):
            context = OrderContext("p", user, encounter, day, language)
            for proposal in (*proposals, StopOrder((running,))):
                made += (step.resource for step in steps(proposal, context) if step.resource is not None)
    return made
