"""What the FHIR server of the sandbox refuses: each an OperationOutcome with its status, in the words of FHIR."""

from types import MappingProxyType

from flask import Response

from cds_service.errors import Refusal, outcome
from hooks.exact_json import dumps_exact

FHIR_JSON = "application/fhir+json; charset=utf-8"


class FhirRefusal(Refusal):
    """A request the FHIR server does not carry out."""


class UnknownType(FhirRefusal):
    """404: the server holds no resources of this type."""

    status, code = 404, "not-supported"

    def __init__(self) -> None:
        super().__init__(
            "There are no resources of this type on this server.",
            "It holds what the prefetch templates of the service ask for.",
            "Read /metadata for the types it has.",
        )


class NotFound(FhirRefusal):
    """404: no resource of this id."""

    status, code = 404, "not-found"

    def __init__(self) -> None:
        super().__init__("There is no such resource.", "The id is not known.", "Search for it first.")


class Gone(FhirRefusal):
    """410: it was there and is not any more."""

    status, code = 410, "deleted"

    def __init__(self, what: str = "The resource was deleted.") -> None:
        super().__init__(what, "It was there before.", "Search again.")


class Unsearchable(FhirRefusal):
    """400: a search that cannot be carried out as it is meant."""

    code = "not-supported"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, "A search that ignored it would find something else than was asked for.", remedy)


class Invalid(FhirRefusal):
    """422 (400 for what is no FHIR at all): a resource that cannot be stored."""

    status = 422

    def __init__(self, what: str, remedy: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(what, "Only valid FHIR R4 is stored.", remedy, fields)


class Unreadable(FhirRefusal):
    """400: the body is not JSON of a resource."""

    code = "structure"

    def __init__(self, what: str = "The body is not a FHIR resource in JSON.") -> None:
        super().__init__(what, "It must be an object with a resourceType.", "Send application/fhir+json.")


class NotWritable(FhirRefusal):
    """405: resources of this type cannot be changed here."""

    status, code = 405, "not-supported"

    def __init__(self, allowed: str = "GET") -> None:
        super().__init__(
            "This cannot be done with resources of this type.",
            "People and places of the sandbox stay as they are shipped.",
            "Read /metadata for what can be written.",
        )
        self.headers = {"Allow": allowed}


class Conflict(FhirRefusal):
    """412: the resource has changed since it was read."""

    status, code = 412, "conflict"

    def __init__(self) -> None:
        super().__init__(
            "The resource has another version than If-Match names.",
            "Somebody else has changed it since it was read.",
            "Read it again and repeat the change.",
        )


class NoToken(FhirRefusal):
    """401: the access token is missing, unknown or expired."""

    status, code = 401, "login"
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def __init__(self) -> None:
        super().__init__(
            "The access token is not valid.",
            "It is missing, was not issued here, has expired, or was revoked.",
            "Get a new one from the authorization server.",
        )


class NotGranted(FhirRefusal):
    """403: the token does not allow this."""

    status, code = 403, "forbidden"
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer error="insufficient_scope"'})

    def __init__(self) -> None:
        super().__init__(
            "The access token does not allow this.",
            "Its scopes do not name this type and this interaction, or it is for another patient.",
            "Ask the authorization server for the scopes that are needed.",
        )


class Broken(FhirRefusal):
    """500: a fault that was asked for."""

    status, code = 500, "exception"

    def __init__(self) -> None:
        super().__init__("The server failed.", "This address of the sandbox always does.", "Use /sandbox/fhir.")


def refused(error: Refusal) -> Response:
    """The answer of the FHIR server."""
    response = Response(dumps_exact(outcome(error)), status=error.status, content_type=FHIR_JSON)
    response.headers.update(error.headers)
    return response
