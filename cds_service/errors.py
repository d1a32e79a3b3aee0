"""Every refusal: a class with its status and FHIR issue code, one sentence each for what, why and what to do.

The body is always an OperationOutcome (CDS Hooks 3.0, "Returning OperationOutcome"), sent as application/json. It names
fields and positions, never a value from the request; neither does the log.
"""

import logging
import traceback
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar
from uuid import uuid4

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_service.operations import note
from hooks.exact_json import dumps_exact
from hooks.refusal import BadRequest

log = logging.getLogger("osteohooks")

JSON = "application/json"


class Refusal(Exception):
    """A call that is not answered with cards.

    Args:
        what, why, remedy: one sentence each, without any value of the request.
        fields: paths of the elements concerned ("context.patientId").

    ``headers`` go out with the answer.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, what: str, why: str, remedy: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.what, self.why, self.remedy, self.fields = what, why, remedy, fields


class Unauthorized(Refusal):
    """401: nobody knows who calls. The same for every reason; the log and the metrics have the ``reason``."""

    status, code = 401, "login"
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})

    def __init__(self, reason: StrEnum | None = None) -> None:
        self.reason = reason
        super().__init__(
            "The caller is not known.",
            "Every call needs a new token, signed by an EHR known here, for exactly this address.",
            "Ask the operator of the service: its log says what is wrong.",
        )


class CannotVerify(Refusal):
    """503: who calls cannot be settled, because it cannot be looked up whether the token was used before."""

    status, code = 503, "transient"
    headers = MappingProxyType({"Retry-After": "5"})

    def __init__(self) -> None:
        super().__init__(
            "The caller cannot be verified at the moment.",
            "The service cannot reach the store in which it keeps the tokens that were used.",
            "Repeat the call with a new token; if it happens again, tell the operator.",
        )


class UnknownService(Refusal):
    """404: no service of that id."""

    status, code = 404, "not-found"

    def __init__(self) -> None:
        super().__init__(
            "There is no CDS service of this id.",
            "Services are called by the ids that discovery lists.",
            "Read GET /cds-services and use one of its ids.",
        )


class MissingData(Refusal):
    """412: data without which nothing can be said came neither with the call nor from a FHIR server; ``asked`` tells
    what that one did.
    """

    status, code = 412, "required"

    def __init__(self, keys: tuple[str, ...], asked: str = "") -> None:
        super().__init__(
            f"Required data is missing: {', '.join(keys)}.",
            f"Without it the advice would rest on guesses. {asked}".rstrip(),
            "Send these prefetch keys as discovery describes them, or a fhirServer and a token that give them.",
            tuple(f"prefetch.{key}" for key in keys),
        )
        self.keys = keys


class TooLarge(Refusal):
    """413: the body exceeds the limit of the installation."""

    status, code = 413, "too-long"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The body is larger than {limit} bytes.",
            "The limit protects the service for everyone else.",
            "Send fewer resources, or ask the operator to raise OSTEOHOOKS_MAX_BODY_BYTES.",
        )


class UnsupportedMedia(Refusal):
    """415: the body is not sent as plain JSON."""

    status, code = 415, "not-supported"

    def __init__(self, header: str, accepted: str) -> None:
        super().__init__(
            f"The {header} of the body is not supported.",
            "CDS Hooks requests are JSON, sent uncompressed.",
            f"Send {header}: {accepted}.",
        )


class TooDeep(Refusal):
    """400: a resource is nested beyond what can be read."""

    code = "too-costly"

    def __init__(self) -> None:
        super().__init__(
            "The body is nested too deeply.",
            "No FHIR resource needs hundreds of levels.",
            "Check the software that writes the body for objects that contain themselves.",
            ("prefetch",),
        )


class TooManyCalls(Refusal):
    """429: a client has used up its share for the moment; ``seconds`` say how long to wait."""

    status, code = 429, "throttled"

    def __init__(self, seconds: int) -> None:
        super().__init__(*_HTTP[429][1:])
        self.headers = {"Retry-After": str(seconds)}


# What we say to errors that Flask and werkzeug raise themselves: status -> (issue code, what, why, remedy).
_HTTP: dict[int, tuple[str, str, str, str]] = {
    404: (
        "not-found",
        "There is nothing at this address.",
        "The service has /cds-services, /cds-services/{id}, /livez, /readyz and /openapi.json.",
        "Check the base address; discovery is GET /cds-services.",
    ),
    405: (
        "not-supported",
        "This address does not have this method.",
        "Discovery is read with GET, services are called with POST.",
        "Use one of the methods in the Allow header.",
    ),
    429: (
        "throttled",
        "There are too many calls at the moment.",
        "The limit protects the service for everyone else.",
        "Repeat the call later.",
    ),
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


def outcome(error: Refusal | BadRequest) -> dict[str, object]:
    """The OperationOutcome of a refusal, also for callers without HTTP (the command line)."""
    fields = error.fields if isinstance(error, Refusal) else (error.field,) if error.field else ()
    return _outcome(error.code, error.what, error.why, error.remedy, fields)


def _outcome(
    code: str, what: str, why: str, remedy: str, fields: tuple[str, ...] = (), severity: str = "error"
) -> dict[str, object]:
    """``details`` say what is wrong, ``diagnostics`` why and what to do, ``expression`` where."""
    issue: dict[str, object] = {
        "severity": severity,
        "code": code,
        "details": {"text": what},
        "diagnostics": f"{why} {remedy}",
    }
    if fields:
        issue["expression"] = list(fields)
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _response(status: int, body: dict[str, object]) -> Response:
    return Response(dumps_exact(body), status=status, content_type=JSON)


def unreadable(status: int) -> bytes:
    """The body of a refusal by the server itself, which has not read enough to say more."""
    return dumps_exact(_outcome(*_HTTP.get(status, _UNREADABLE)))


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
    response = _response(status, _outcome(*_HTTP.get(status, _UNREADABLE)))
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
    body = _outcome(
        "exception",
        f"The service failed on this call; incident {incident}.",
        "This is an error of the service, not of the request.",
        "Tell the operator the incident number; treat the call as not answered, not as 'nothing to say'.",
        severity="fatal",
    )
    return _response(500, body)
