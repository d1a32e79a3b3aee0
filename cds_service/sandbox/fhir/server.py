"""The routes of the FHIR server: one blueprint that is served at several addresses, well or with a fault."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.datastructures import MultiDict

from cds_service.errors import JSON, Refusal
from cds_service.sandbox.fhir import writing
from cds_service.sandbox.fhir.faults import FAULTS
from cds_service.sandbox.fhir.kinds import KINDS, Resource, patient_of
from cds_service.sandbox.fhir.metadata import capability_statement, smart_configuration
from cds_service.sandbox.fhir.outcomes import (
    FHIR_JSON,
    FhirRefusal,
    NotFound,
    NotGranted,
    NoToken,
    NotWritable,
    UnknownType,
    Unsearchable,
    refused,
)
from cds_service.sandbox.fhir.pages import Pages, first_page, later_page
from cds_service.sandbox.fhir.search import parse
from cds_service.sandbox.fhir.store import Store, Written, etag, location
from cds_service.sandbox.scopes import EVERYTHING, Access
from hooks.exact_json import dumps_exact

PATH = "/fhir"
AUTHORITY = "/sandbox/auth"

FindAccess = Callable[[str], Access | None]
"""What an access token gives; None for one that is not known."""


@dataclass(frozen=True, slots=True)
class FhirServer:
    """What the routes work with."""

    store: Store
    find_access: FindAccess
    today: Callable[[], date]
    pages: Pages = field(default_factory=Pages)


def create_fhir(server: FhirServer) -> Blueprint:
    """The routes under ``/fhir``, wherever they are registered; ``fault`` in the address names a fault."""
    routes = Blueprint("fhir", __name__)
    routes.register_error_handler(Refusal, refused)
    routes.url_value_preprocessor(_take_fault)
    _describe(routes, server)
    _read(routes, server)
    _write(routes, server)

    @routes.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def anything_else(rest: str) -> Response:
        kind = rest.partition("/")[0]
        raise NotWritable("GET, POST, PUT, DELETE") if kind in KINDS and request.method != "GET" else UnknownType()

    return routes


def base_url() -> str:
    """The address of the FHIR server that is being asked."""
    root, _, _ = f"{request.script_root}{request.path}/".partition(f"{PATH}/")
    return f"{request.host_url.rstrip('/')}{root}{PATH}"


def authority_url() -> str:
    """The address of the authorization server."""
    return f"{request.host_url.rstrip('/')}{request.script_root}{AUTHORITY}"


def _describe(routes: Blueprint, server: FhirServer) -> None:
    @routes.get("/metadata")
    def metadata() -> Response:
        return _answer(capability_statement(base_url(), authority_url(), server.today()))

    @routes.get("/.well-known/smart-configuration")
    def smart() -> Response:
        return Response(dumps_exact(smart_configuration(base_url(), authority_url())), content_type=JSON)


def _read(routes: Blueprint, server: FhirServer) -> None:
    @routes.get("/<kind>")
    def search(kind: str) -> Response:
        return _search(server, kind, request.args)

    @routes.post("/<kind>/_search")
    def search_by_form(kind: str) -> Response:
        return _search(server, kind, MultiDict([*request.args.items(multi=True), *request.form.items(multi=True)]))

    @routes.get("/<kind>/<identifier>")
    def read(kind: str, identifier: str) -> Response:
        access, meddled = _begin(server, kind)
        if meddled is not None:
            return meddled
        resource = server.store.read(kind, identifier)
        if not access.permits("r", kind, patient_of(resource)):
            raise NotGranted
        return _answer(resource, headers={"ETag": etag(resource)})

    @routes.get("/<kind>/<identifier>/_history/<version>")
    def vread(kind: str, identifier: str, version: str) -> Response:
        """Only the newest version is kept."""
        access, _ = _begin(server, kind)
        resource = server.store.read(kind, identifier)
        if resource["meta"]["versionId"] != version or not access.permits("r", kind, patient_of(resource)):
            raise NotFound
        return _answer(resource, headers={"ETag": etag(resource)})


def _write(routes: Blueprint, server: FhirServer) -> None:
    @routes.post("/", strict_slashes=False)
    def process() -> Response:
        access, meddled = _begin(server, "Bundle")
        bundle = writing.read_body(request.get_data(cache=False))
        return meddled or _answer(writing.process(server.store, bundle, base_url(), access.permits))

    @routes.post("/<kind>")
    def create(kind: str) -> Response:
        access, meddled = _begin(server, kind)
        resource = _sent(kind)
        return meddled or _written(writing.create(server.store, resource, access.permits))

    @routes.put("/<kind>/<identifier>")
    def update(kind: str, identifier: str) -> Response:
        access, meddled = _begin(server, kind)
        resource, if_match = _sent(kind), request.headers.get("If-Match")
        return meddled or _written(writing.update(server.store, identifier, resource, if_match, access.permits))

    @routes.delete("/<kind>/<identifier>")
    def delete(kind: str, identifier: str) -> Response:
        access, meddled = _begin(server, kind)
        return meddled or _written(writing.delete(server.store, kind, identifier, access.permits))


def _take_fault(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """What an address says besides what is asked for: a fault, and the visit, which is there to be another address."""
    values = values if values is not None else {}
    g.fault = values.pop("fault", None)
    values.pop("visit", None)


def _begin(server: FhirServer, kind: str) -> tuple[Access, Response | None]:
    """Who asks and whether the server is well; the answer of one that is not."""
    if g.fault is not None and g.fault not in FAULTS:
        raise NotFound
    meddled = FAULTS[g.fault].meddle(kind) if g.fault is not None else None
    if kind not in KINDS and kind != "Bundle":
        raise UnknownType
    return _access(server), meddled


def _access(server: FhirServer) -> Access:
    """A token that is sent is checked; without one the sandbox is open."""
    sent = request.headers.get("Authorization")
    if sent is None:
        return EVERYTHING
    scheme, _, token = sent.partition(" ")
    access = server.find_access(token.strip()) if scheme.lower() == "bearer" else None
    if access is None:
        raise NoToken
    return access


def _search(server: FhirServer, kind: str, parameters: MultiDict[str, str]) -> Response:
    access, meddled = _begin(server, kind)
    if meddled is not None:
        return meddled
    if not access.names("s", kind):
        raise NotGranted

    def visible(resource: Resource) -> bool:
        return access.permits("s", kind, patient_of(resource))

    handle, start = parameters.get("_page"), parameters.get("_from", "")
    if handle is not None:
        if not start.isdecimal() or len(start) > 9:
            raise Unsearchable("The address of the page is not complete.", "Follow the link as it was given.")
        return _answer(later_page(handle, int(start), base_url(), server.store, visible, server.pages))
    asked = parse(kind, parameters, lenient="handling=lenient" in request.headers.get("Prefer", ""))
    found = [each for each in asked.run(server.store.all(kind)) if visible(each)]
    return _answer(first_page(found, kind, asked.count, base_url(), request.url, server.pages))


def _sent(kind: str) -> Resource:
    resource = writing.read_body(request.get_data(cache=False))
    if resource["resourceType"] != kind:
        raise FhirRefusal(
            "The resource is of another type than the address.", "Each type has its own.", "Send it to its own."
        )
    return resource


def _written(done: Written) -> Response:
    if done.resource is None:
        return Response(status=204)
    headers = {"ETag": etag(done.resource), "Location": location(base_url(), done.resource)}
    return _answer(done.resource, 201 if done.is_new else 200, headers)


def _answer(resource: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    minimal = "return=minimal" in request.headers.get("Prefer", "") and request.method in ("POST", "PUT")
    body = b"" if minimal and resource["resourceType"] != "Bundle" else dumps_exact(resource)
    response = Response(body, status=status, content_type=FHIR_JSON)
    response.headers.update(headers or {})
    return response
