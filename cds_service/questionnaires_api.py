"""The forms for other form fillers: ``/fhir/Questionnaire`` and what FHIR wants beside it. Nothing of any patient.

Read and search of one resource type, in JSON. Errors are OperationOutcomes, as everywhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from cds_service.errors import NotAcceptable, Refusal, UnknownParameter, UnknownQuestionnaire, outcome
from cds_service.operations import note
from cds_service.operations.openapi_fhir import FHIR_JSON
from fhir_mappers.form_questionnaire import questionnaire
from fhir_mappers.forms import Form
from fhir_mappers.terminology import LOCAL_SYSTEM
from hooks.exact_json import dumps_exact
from hooks.questionnaires import forms

RELEASED = "2026-11-21"  # of the capability statement, which changes less often than the forms
_JSON_FORMATS = ("json", "application/json", FHIR_JSON, "text/json")
_RESULTS = frozenset({"_format", "_pretty", "_summary", "_count", "_total"})  # they say how to answer, not with what
_Match = Callable[[Form, str], bool]


def create_fhir(public_url: str | None = None) -> Blueprint:
    """The pages; ``public_url`` is the address others use, by default the one of the request."""
    pages = Blueprint("questionnaires", __name__, url_prefix="/fhir")

    def base() -> str:
        return f"{(public_url or request.host_url).rstrip('/')}/fhir"

    @pages.before_request
    def accept() -> None:
        _json_is_wanted()

    @pages.get("/metadata")
    def metadata() -> Response:
        return _answer(capabilities(base()))

    @pages.get("/Questionnaire")
    def search() -> Response:
        sent = [(name, value) for name, value in request.args.items(multi=True)]
        strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "").lower()
        return _answer(searched(sent, base(), strict=strict))

    @pages.get("/Questionnaire/<form_id>")
    def read(form_id: str) -> Response:
        if form_id not in _questionnaires():
            raise UnknownQuestionnaire
        return _answer(_questionnaires()[form_id])

    @pages.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        note.current().error = type(error)
        return _answer(outcome(error), error.status)

    return pages


def searched(sent: Iterable[tuple[str, str]], base: str, *, strict: bool = False) -> dict[str, Any]:
    """The searchset of a search. Parameters we do not know are passed over, as FHIR wants it, unless ``strict``.

    Raises:
        UnknownParameter: a parameter is not known, and they are all to be heeded.
    """
    heeded: list[tuple[str, str]] = []
    found = list(forms().values())
    for name, value in sent:
        if name in _MATCHES and value:
            found = [form for form in found if any(_MATCHES[name](form, one) for one in _alternatives(value))]
            heeded.append((name, value))
        elif strict and name not in _RESULTS:
            raise UnknownParameter(tuple(_MATCHES))
    own = f"{base}/Questionnaire"
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": [{"relation": "self", "url": f"{own}?{urlencode(heeded)}" if heeded else own}],
        **({"entry": [_entry(form, own) for form in found]} if found else {}),
    }


def capabilities(base: str) -> dict[str, Any]:
    """What this FHIR endpoint can: read and search Questionnaires."""
    kinds = {"url": "uri", "name": "string", "title": "string", "code": "token", "status": "token", "_id": "token"}
    resource = {
        "type": "Questionnaire",
        "profile": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [{"name": name, "type": kinds[name]} for name in _MATCHES],
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": RELEASED,
        "publisher": "Osteohooks",
        "kind": "instance",
        "software": {"name": "Osteohooks", "version": version("osteohooks")},
        "implementation": {"description": "Forms on bone metastases", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [resource]}],
    }


def _alternatives(value: str) -> list[str]:
    r"""The values of a parameter: any of those between commas, where ``\,`` is a comma of the value itself."""
    return [re.sub(r"\\([,$|\\])", r"\1", one) for one in re.split(r"(?<!\\),", value)]


def _string(text: str, asked: str) -> bool:
    """Strings are found by their beginning, whatever their case."""
    return text.casefold().startswith(asked.casefold())


def _is_coded(form: Form, asked: str) -> bool:
    system, bar, code = asked.rpartition("|")
    return form.code == code and (not bar or system == LOCAL_SYSTEM)


def _is_active(form: Form, asked: str) -> bool:
    return asked.rpartition("|")[2] == "active"


_MATCHES: Mapping[str, _Match] = {
    "url": lambda form, asked: form.url == asked.partition("|")[0],
    "name": lambda form, asked: _string(form.name, asked),
    "title": lambda form, asked: any(_string(title, asked) for title in form.title.values()),
    "code": _is_coded,
    "status": _is_active,
    "_id": lambda form, asked: form.id == asked,
}


@cache
def _questionnaires() -> Mapping[str, dict[str, Any]]:
    ours = version("osteohooks")
    return {form.id: questionnaire(form, ours) for form in forms().values()}


def _entry(form: Form, own: str) -> dict[str, Any]:
    return {"fullUrl": f"{own}/{form.id}", "resource": _questionnaires()[form.id], "search": {"mode": "match"}}


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
