"""Every refusal: a class with its status and FHIR issue code, one sentence each for what, why and what to do.

The body is always an OperationOutcome (CDS Hooks 3.0, "Returning OperationOutcome"), sent as application/json. It names
fields and positions, never a value from the request; neither does the log.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from hooks.refusal import BadRequest

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


class UnknownResource(Refusal):
    """404: no form, and nothing of the knowledge, of that type and id."""

    status, code = 404, "not-found"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"There is no {kind} of this id.",
            "Resources are read by the ids that a search lists.",
            f"Search with GET /fhir/{kind} and use one of its ids.",
        )


class UnknownParameter(Refusal):
    """400: a search with a parameter we do not know, by a caller who wants all of them heeded."""

    code = "not-supported"

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(
            "The search has a parameter that is not supported.",
            "It was asked with Prefer: handling=strict.",
            f"Use {', '.join(known)}.",
        )


class NotAcceptable(Refusal):
    """406: wanted in a format we do not speak."""

    status, code = 406, "not-supported"

    def __init__(self) -> None:
        super().__init__(
            "Resources are available in JSON only.",
            "The Accept header or _format asks for something else.",
            "Send Accept: application/fhir+json.",
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


THROTTLED = (
    "There are too many calls at the moment.",
    "The limit protects the service for everyone else.",
    "Repeat the call later.",
)


class TooManyCalls(Refusal):
    """429: a client has used up its share for the moment; ``seconds`` say how long to wait."""

    status, code = 429, "throttled"

    def __init__(self, seconds: int) -> None:
        super().__init__(*THROTTLED)
        self.headers = {"Retry-After": str(seconds)}


def outcome(error: Refusal | BadRequest) -> dict[str, object]:
    """The OperationOutcome of a refusal, also for callers without HTTP (the command line)."""
    fields = error.fields if isinstance(error, Refusal) else (error.field,) if error.field else ()
    return outcome_of(error.code, error.what, error.why, error.remedy, fields)


def outcome_of(
    code: str, what: str, why: str, remedy: str, fields: tuple[str, ...] = (), severity: str = "error"
) -> dict[str, object]:
    """An OperationOutcome with one issue."""
    return {"resourceType": "OperationOutcome", "issue": [issue(code, what, why, remedy, fields, severity)]}


def issue(
    code: str, what: str, why: str, remedy: str, fields: tuple[str, ...] = (), severity: str = "error"
) -> dict[str, object]:
    """``details`` say what is wrong, ``diagnostics`` why and what to do, ``expression`` where."""
    said: dict[str, object] = {
        "severity": severity,
        "code": code,
        "details": {"text": what},
        "diagnostics": f"{why} {remedy}",
    }
    return said | {"expression": list(fields)} if fields else said
