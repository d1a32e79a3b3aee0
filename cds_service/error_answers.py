"""How refusals and faults leave over HTTP: every error of the application becomes an OperationOutcome."""

import logging
import traceback
from uuid import uuid4

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_service.errors import JSON, THROTTLED, Refusal, Unauthorized, outcome, outcome_of
from cds_service.operations import note
from hooks.exact_json import dumps_exact
from hooks.refusal import BadRequest

log = logging.getLogger("osteohooks")

# What we say to errors that Flask and werkzeug raise themselves: status -> (issue code, what, why, remedy).
_HTTP: dict[int, tuple[str, str, str, str]] = {
    404: (
        "not-found",
        "There is nothing at this address.",
        "The service has /cds-services, /cds-services/{id} and its /feedback, /fhir/Questionnaire, /livez, /readyz and "
        "/openapi.json.",
        "Check the base address; discovery is GET /cds-services.",
    ),
    405: (
        "not-supported",
        "This address does not have this method.",
        "Discovery is read with GET, services are called with POST.",
        "Use one of the methods in the Allow header.",
    ),
    429: ("throttled", *THROTTLED),
}
_UNREADABLE = (
    "structure",
    "The request could not be read.",
    "It is not a complete HTTP request, or the connection ended early.",
    "Repeat the call; check proxies in between if it happens again.",
)


def install(app: Flask) -> None:
    """Let every error of ``app`` leave as an OperationOutcome."""
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(BadRequest, _bad_request)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def _response(status: int, body: dict[str, object]) -> Response:
    return Response(dumps_exact(body), status=status, content_type=JSON)


def unreadable(status: int) -> bytes:
    """The body of a refusal by the server itself, which has not read enough to say more."""
    return dumps_exact(outcome_of(*_HTTP.get(status, _UNREADABLE)))


def _refusal(error: Refusal) -> Response:
    note.current().error = type(error)
    if isinstance(error, Unauthorized):
        note.current().refused = error.reason
    response = _response(error.status, outcome(error))
    response.headers.update(error.headers)
    return response


def _bad_request(error: BadRequest) -> Response:
    note.current().error = type(error)
    return _response(400, outcome(error))


def _http(error: HTTPException) -> Response:
    note.current().error = type(error)
    status = error.code or 500
    if status >= 500:
        return _broken(error)
    response = _response(status, outcome_of(*_HTTP.get(status, _UNREADABLE)))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _broken(error: Exception) -> Response:
    """500: our fault. The log gets the kind of error and its place, not its message, which could hold a value."""
    note.current().error = type(error)
    number = uuid4()
    incident = number.hex[:12]
    frames = traceback.extract_tb(error.__traceback__)
    log.error(
        "incident %s: %s at %s",
        incident,
        type(error).__name__,
        " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:])),
        extra={"event": "incident", "incident": number, "error": type(error), "place": error.__traceback__},
    )
    body = outcome_of(
        "exception",
        f"The service failed on this call; incident {incident}.",
        "This is an error of the service, not of the request.",
        "Tell the operator the incident number; treat the call as not answered, not as 'nothing to say'.",
        severity="fatal",
    )
    return _response(500, body)
