"""The recommendations as FHIR R4, so that other engines and reviewers can read them. Nothing of any patient."""

from collections.abc import Callable, Mapping
from functools import cache

from cds_service.fhir_search import Shelf
from cds_service.knowledge.activities import activities
from cds_service.knowledge.canonical import PENDING, resource
from cds_service.knowledge.plans import plans
from cds_service.knowledge.terms import code_systems, concept_maps, value_sets
from hooks.questionnaires import forms

_COLLECTION = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "asset-collection"}]}
_TITLE = {
    "en": "Recommendations on bone metastases, with their forms, proposals and value sets",
    "fr": "Recommandations sur les métastases osseuses, avec leurs formulaires, propositions et jeux de valeurs",
}


@cache
def libraries() -> Shelf:
    """One Library that lists everything: a reader begins here."""
    shelves = (plans(), activities(), code_systems(), value_sets(), concept_maps())
    listed = [each["url"] for shelf in shelves for each in shelf.values()]
    listed += [form.url for form in forms().values()]
    collection = resource(
        "Library",
        "osteohooks",
        _TITLE,
        type=_COLLECTION,
        description=f"What the service knows, for other engines and for reviewers.\n\n{PENDING}",
        relatedArtifact=[{"type": "composed-of", "resource": address} for address in listed],
    )
    return {"osteohooks": collection}


SHELVES: Mapping[str, Callable[[], Shelf]] = {
    "PlanDefinition": plans,
    "ActivityDefinition": activities,
    "Library": libraries,
    "CodeSystem": code_systems,
    "ValueSet": value_sets,
    "ConceptMap": concept_maps,
}
