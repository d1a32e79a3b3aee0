"""What an EHR may post: a CDS Hooks 2.0.1 request, checked as far as it concerns the call, clinical data left as bytes.

Tolerant: unknown fields are ignored, optional fields may be null, a prefetch value of any shape is passed on for its
reader to judge. Strict: whatever decides for whom, by whom and about what the advice is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from hooks import strict_json
from hooks.context import HOOKS, Context, read_context
from hooks.refusal import BadRequest, missing, wrong_shape
from hooks.strict_json import Member

__all__ = ["HOOKS", "BadRequest", "Context", "FhirAuthorization", "HookRequest"]

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """The access the EHR grants for this call. The token is kept out of ``repr``, so that it cannot reach a log."""

    access_token: str = field(repr=False)
    token_type: str
    expires_in: int
    scope: str
    subject: str
    patient: str | None = None

    @property
    def is_bearer(self) -> bool:
        """Whether the token may be used: CDS Hooks defines Bearer and nothing else."""
        return self.token_type.casefold() == "bearer"


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call of a CDS service.

    Attributes:
        prefetch: by key, the bytes of the value; None where the EHR sent null (searched, nothing found); a key the EHR
            did not send is absent. The bytes are valid JSON of any type, an OperationOutcome or a string included.
            Repeated names were looked for in the prefetch object itself and inside values up to `strict_json.SMALL`
            bytes, not inside larger ones: that would cost a second decoding of the whole chart.
        extension: the request's extension object, decoded; empty if none.
    """

    hook: str
    hook_instance: UUID
    context: Context
    prefetch: Mapping[str, bytes | None]
    fhir_server: str | None = None
    authorization: FhirAuthorization | None = None
    extension: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: bytes, expected_hook: str) -> Self:
        """Read and check a body posted to a service of ``expected_hook`` (one of `HOOKS`).

        Raises:
            BadRequest: what is wrong, why, and what to do, without any value of the body.
        """
        sent = strict_json.members(body)
        _require_hook(sent, expected_hook)
        _check_unread(sent)
        server = _fhir_server(sent)
        return cls(
            hook=expected_hook,
            hook_instance=_hook_instance(sent),
            context=read_context(_required_object(sent, "context"), expected_hook),
            prefetch=_prefetch(sent),
            fhir_server=server,
            authorization=_authorization(sent, server),
            extension=_extension(sent),
        )


def _require_hook(sent: Mapping[str, Member], expected: str) -> None:
    if _required_text(sent, "hook", "It says what the user is doing.") != expected:
        raise BadRequest(
            "hook",
            f"This service answers {expected} only.",
            "Another hook has another context, so the advice would rest on the wrong data.",
            f"Send hook {expected}, or call the service that discovery lists for your hook.",
        )


def _hook_instance(sent: Mapping[str, Member]) -> UUID:
    text = _required_text(sent, "hookInstance", "Logs and feedback refer to the call by it.")
    if not _UUID.fullmatch(text):
        raise BadRequest(
            "hookInstance",
            "hookInstance is not a UUID.",
            "Logs and feedback refer to the call by it, so it must be unique.",
            "Send a fresh UUID, 32 hexadecimal digits in groups of 8-4-4-4-12.",
        )
    return UUID(text)


def _prefetch(sent: Mapping[str, Member]) -> dict[str, bytes | None]:
    """Each value copied out of the body, so that the body itself can be let go."""
    values = {key: bytes(raw) for key, raw in _optional_object(sent, "prefetch").items()}
    for value in values.values():
        strict_json.refuse_duplicates(value, "prefetch")
    return {key: None if value == b"null" else value for key, value in values.items()}


def _fhir_server(sent: Mapping[str, Member]) -> str | None:
    url = _optional_text(sent, "fhirServer")
    if url is not None and not _is_http_url(url):
        raise BadRequest(
            "fhirServer",
            "fhirServer is not an absolute http(s) URL.",
            "It is the base address of the EHR's FHIR server, without credentials, query or fragment.",
            "Send for example https://ehr.example.org/fhir, or leave the field out.",
        )
    return url


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        well_formed = parts.port != 0  # reading the port checks it
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment) and _PRINTABLE.fullmatch(url)
    return bool(well_formed and plain and parts.scheme in ("http", "https") and parts.hostname)


def _authorization(sent: Mapping[str, Member], server: str | None) -> FhirAuthorization | None:
    granted = _decoded(_optional_object(sent, "fhirAuthorization"), "fhirAuthorization")
    if not granted:
        return None
    if server is None:
        raise missing("fhirServer", "fhirAuthorization is of no use without the server it is for.")
    return FhirAuthorization(
        access_token=_claim(granted, "access_token"),
        token_type=_claim(granted, "token_type"),
        expires_in=_lifetime(granted),
        scope=_claim(granted, "scope"),
        subject=_claim(granted, "subject"),
        patient=_claim(granted, "patient") if granted.get("patient") is not None else None,
    )


def _claim(granted: Mapping[str, object], name: str) -> str:
    value = granted.get(name)
    where = f"fhirAuthorization.{name}"
    if value is None:
        raise missing(where, "CDS Hooks requires it with every access token.")
    if not isinstance(value, str) or not value.strip():
        raise wrong_shape(where, "a string with content")
    if name == "access_token" and not _PRINTABLE.fullmatch(value):
        raise wrong_shape(where, "a string fit for an HTTP header")
    return value


def _lifetime(granted: Mapping[str, object]) -> int:
    value = granted.get("expires_in")
    if value is None:
        raise missing("fhirAuthorization.expires_in", "CDS Hooks requires it with every access token.")
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or value < 0 or value % 1:
        raise wrong_shape("fhirAuthorization.expires_in", "a whole number of seconds")
    return int(value)  # 300.0 is whole to JSON


def _extension(sent: Mapping[str, Member]) -> dict[str, object]:
    return _decoded(_optional_object(sent, "extension"), "extension")


def _check_unread(sent: Mapping[str, Member]) -> None:
    """Unknown fields are ignored, but must be sound JSON without repeated names like everything else."""
    for name, value in sent.items():
        if name not in ("context", "prefetch", "fhirAuthorization", "extension"):
            spans = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            for raw in spans:
                strict_json.loads(raw, "an unknown field")


def _decoded(raw: Mapping[str, msgspec.Raw], field_name: str) -> dict[str, object]:
    return {name: strict_json.loads(value, field_name) for name, value in raw.items()}


def _required_text(sent: Mapping[str, Member], name: str, why: str) -> str:
    value = _optional_text(sent, name)
    if value is None:
        raise missing(name, why)
    return value


def _optional_text(sent: Mapping[str, Member], name: str) -> str | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, str):
        raise wrong_shape(name, "a string")
    return value


def _required_object(sent: Mapping[str, Member], name: str) -> dict[str, msgspec.Raw]:
    if sent.get(name) is None:
        raise missing(name, "It says for whom and about what the advice is.")
    return _optional_object(sent, name)


def _optional_object(sent: Mapping[str, Member], name: str) -> dict[str, msgspec.Raw]:
    value = sent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong_shape(name, "an object")
    return value
