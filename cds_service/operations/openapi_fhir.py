"""The part of the OpenAPI document on forms and knowledge: what other programs read under ``/fhir``."""

from typing import Any

FHIR_JSON = "application/fhir+json"
_MEANING = {
    400: "The search has a parameter that is not supported, and was asked with Prefer: handling=strict.",
    404: "There is no resource of this id.",
    406: "Something else than JSON is wanted.",
}
_PARAMETERS = {
    "url": "the canonical URL",
    "name": "the beginning of its name for programs",
    "title": "the beginning of its title in either language",
    "code": "its code, as system|code or code",
    "status": "active; a draft where no clinician has signed yet",
    "_id": "its id",
}
_KINDS = {
    "Questionnaire": ("forms", "form", "Forms", "in English and French, with SDC extensions"),
    "PlanDefinition": ("rules", "rule", "Knowledge", "with events, conditions in words, severity and source"),
    "ActivityDefinition": ("proposals", "proposal", "Knowledge", "as it would be drafted"),
    "Library": ("collections", "collection", "Knowledge", "which lists everything else"),
    "CodeSystem": ("code-systems", "code-system", "Knowledge", "of this project"),
    "ValueSet": ("value-sets", "value-set", "Knowledge", "with all codes of a concept"),
    "ConceptMap": ("code-maps", "code-map", "Knowledge", "from codes to concepts"),
}


def paths() -> dict[str, Any]:
    """The paths by address."""
    told = _get("capabilities", "What the FHIR endpoint can", "CapabilityStatement", "Knowledge")
    found: dict[str, Any] = {"/fhir/metadata": {"get": told}}
    for kind, (several, one, tag, what) in _KINDS.items():
        known = {name: text for name, text in _PARAMETERS.items() if name != "code" or kind == "Questionnaire"}
        search = _get(f"find-{several}", f"The {_words(several)}, or those that a search finds", "Bundle", tag, 400)
        read = _get(f"read-{one}", f"One {_words(one)}, {what}", kind, tag, 404)
        found[f"/fhir/{kind}"] = {
            "get": search | {"parameters": [_parameter(name, text, "query") for name, text in known.items()]}
        }
        found[f"/fhir/{kind}/{{id}}"] = {"get": read | {"parameters": [_parameter("id", "its id", "path")]}}
    return found


def _words(key: str) -> str:
    return key.replace("-", " ")


def _get(operation: str, summary: str, kind: str, tag: str, *refusals: int) -> dict[str, Any]:
    shown = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"const": kind}}}
    refused = {"$ref": "#/components/schemas/OperationOutcome"}
    return {
        "operationId": operation,
        "tags": [tag],
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
