"""The part of the OpenAPI document on the forms: what other form fillers read under ``/fhir``."""

from typing import Any

FHIR_JSON = "application/fhir+json"
_MEANING = {
    400: "The search has a parameter that is not supported, and was asked with Prefer: handling=strict.",
    404: "There is no form of this id.",
    406: "Something else than JSON is wanted.",
}
_PARAMETERS = {
    "url": "the canonical URL of the form",
    "name": "the beginning of its name for programs",
    "title": "the beginning of its title in either language",
    "code": "its code, as system|code or code",
    "status": "active, which all of them are",
    "_id": "its id",
}


def paths() -> dict[str, Any]:
    """The paths by address."""
    return {
        "/fhir/metadata": {"get": _get("capabilities", "What the FHIR endpoint can", "CapabilityStatement")},
        "/fhir/Questionnaire": {
            "get": _get("find-forms", "The forms, or those that a search finds", "Bundle", 400)
            | {"parameters": [_parameter(name, what, "query") for name, what in _PARAMETERS.items()]}
        },
        "/fhir/Questionnaire/{id}": {
            "get": _get("read-form", "One form, in English and French, with SDC extensions", "Questionnaire", 404)
            | {"parameters": [_parameter("id", "its id", "path")]}
        },
    }


def _get(operation: str, summary: str, kind: str, *refusals: int) -> dict[str, Any]:
    shown = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"const": kind}}}
    refused = {"$ref": "#/components/schemas/OperationOutcome"}
    return {
        "operationId": operation,
        "tags": ["Forms"],
        "summary": summary,
        "security": [],
        "responses": {
            "200": {"description": f"FHIR R4 {kind}.", "content": {FHIR_JSON: {"schema": shown}}},
            **{
                str(status): {"description": _MEANING[status], "content": {FHIR_JSON: {"schema": refused}}}
                for status in sorted((*refusals, 406))
            },
        },
    }


def _parameter(name: str, what: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "description": what, "schema": {"type": "string"}}
