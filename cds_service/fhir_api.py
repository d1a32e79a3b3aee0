"""Forms and knowledge for other programs: ``/fhir/Questionnaire``, ``/fhir/PlanDefinition`` … Nothing of any patient.

Read and search of a few resource types, in JSON. Errors are OperationOutcomes, as everywhere.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, request

from cds_service import knowledge
from cds_service.errors import NotAcceptable, Refusal, UnknownResource, outcome
from cds_service.fhir_search import TYPES, Shelf, parameters, searched
from cds_service.operations import note
from cds_service.operations.openapi_fhir import FHIR_JSON
from fhir_mappers.form_questionnaire import questionnaire
from hooks.exact_json import dumps_exact
from hooks.questionnaires import forms

RELEASED = "2026-11-21"  # of the capability statement, which changes less often than what it lists
_JSON_FORMATS = ("json", "application/json", FHIR_JSON, "text/json")
_SDC_FORM = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"


def create_fhir(public_url: str | None = None) -> Blueprint:
    """The pages; ``public_url`` is the address others use, by default the one of the request."""
    pages = Blueprint("fhir", __name__, url_prefix="/fhir")

    def base() -> str:
        return f"{(public_url or request.host_url).rstrip('/')}/fhir"

    @pages.before_request
    def accept() -> None:
        _json_is_wanted()

    @pages.get("/metadata")
    def metadata() -> Response:
        return _answer(capabilities(base()))

    for kind, shelf in shelves().items():
        _offer(pages, kind, shelf, base)

    @pages.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        note.current().error = type(error)
        return _answer(outcome(error), error.status)

    return pages


def shelves() -> dict[str, Callable[[], Shelf]]:
    """What makes the resources of each type, forms first; made when first asked for, and then kept."""
    return {"Questionnaire": _questionnaires, **knowledge.SHELVES}


def capabilities(base: str) -> dict[str, Any]:
    """What this FHIR endpoint can: read and search the forms and the knowledge."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": RELEASED,
        "publisher": "Osteohooks",
        "kind": "instance",
        "software": {"name": "Osteohooks", "version": version("osteohooks")},
        "implementation": {"description": "Forms and recommendations on bone metastases", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [_capability(kind) for kind in shelves()]}],
    }


def _offer(pages: Blueprint, kind: str, shelf: Callable[[], Shelf], base: Callable[[], str]) -> None:
    """Read and search of one resource type."""

    def search() -> Response:
        sent = [(name, value) for name, value in request.args.items(multi=True)]
        strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "").lower()
        return _answer(searched(kind, shelf(), sent, base(), strict=strict))

    def read(resource_id: str) -> Response:
        if resource_id not in shelf():
            raise UnknownResource(kind)
        return _answer(shelf()[resource_id])

    pages.add_url_rule(f"/{kind}", f"search-{kind}", search, methods=["GET"])
    pages.add_url_rule(f"/{kind}/<resource_id>", f"read-{kind}", read, methods=["GET"])


def _capability(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        **({"profile": _SDC_FORM} if kind == "Questionnaire" else {}),
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [{"name": name, "type": TYPES[name]} for name in parameters(kind)],
    }


@cache
def _questionnaires() -> Shelf:
    ours = version("osteohooks")
    return {form.id: questionnaire(form, ours) for form in forms().values()}


def _json_is_wanted() -> None:
    """``_format`` wins over Accept; neither means JSON.

    Raises:
        NotAcceptable: only something else is wanted.
    """
    wanted = request.args.get("_format")
    if wanted is not None:
        # a plus in an address is a blank
        fits = wanted.partition(";")[0].strip().replace(" ", "+") in _JSON_FORMATS
    else:
        fits = not request.accept_mimetypes or request.accept_mimetypes.best_match(_JSON_FORMATS[1:]) is not None
    if not fits:
        raise NotAcceptable


def _answer(resource: Mapping[str, Any], status: int = 200) -> Response:
    response = Response(dumps_exact(resource), status, content_type=FHIR_JSON)
    if status == 200:
        response.headers["Cache-Control"] = "no-cache"  # no patient in it; asked again, so that a new version is seen
    return response
