"""Discovery and calls: parse, hand to the pipeline, answer. No clinical thought, no wiring."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Protocol, TypeVar

from flask import Blueprint, Response, g, has_request_context, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # gunicorn ships no types
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from cds_service.auth import Authenticate, by_nobody
from cds_service.clients import Caller, Client
from cds_service.errors import JSON, TooDeep, TooLarge, UnknownService, UnsupportedMedia
from cds_service.operations.note import current
from cds_service.operations.rates import Rates
from cds_service.operations.tracing import span
from hooks.request import HookRequest
from hooks.response import Card, Discovery, DiscoveryService, to_wire
from hooks.texts import LANGUAGES

ACCEPTED = (JSON, "application/fhir+json")


class Service(Protocol):
    """What this page needs to know of a CDS service; `hooks.services.Service` is one."""

    @property
    def id(self) -> str:
        """The last segment of the address."""

    @property
    def hook(self) -> str:
        """The one hook it answers."""

    @property
    def title(self) -> str:
        """A name for people."""

    @property
    def description(self) -> str:
        """What it does, in a sentence."""

    @property
    def usage_requirements(self) -> str:
        """What must be true for it to be useful."""

    @property
    def prefetch(self) -> Mapping[str, str]:
        """Templates by key, in order."""

    @property
    def extension(self) -> Mapping[str, Any]:
        """What a caller may ask of it."""


class Reply(Protocol):
    """What the pipeline answers."""

    @property
    def cards(self) -> list[Card]:
        """The cards, most urgent first."""

    @property
    def extension(self) -> Mapping[str, Any] | None:
        """What the answer tells besides its cards, for machines."""


S = TypeVar("S", bound=Service)
Advise = Callable[[HookRequest, S, str, Caller], Reply]
"""The pipeline with its parts bound: call, service, language, caller -> reply. May raise `errors.Refusal`."""


def create_blueprint(
    services: Iterable[S],
    advise: Advise[S],
    default_language: str,
    authenticate: Authenticate = by_nobody,
    open_discovery: bool = True,
    rates: Rates | None = None,
) -> Blueprint:
    """The routes of CDS Hooks for a list of services with distinct ids.

    Who calls is settled first: before the body is read, and before it is told which services there are. Discovery may
    be open; a token that is sent along is judged all the same, and the answer lists what is switched on for its client.
    ``rates`` says how often a client may call.

    Raises:
        ValueError: two services have the same id.
    """
    listed = tuple(services)
    by_id = {service.id: service for service in listed}
    if len(by_id) != len(listed):
        raise ValueError("two services have the same id")
    pages = Blueprint("hooks_api", __name__)

    @cache
    def discovery(client: Client) -> bytes:
        return Discovery(services=tuple(describe(each) for each in listed if client.may_call(each.id))).to_wire()

    @pages.get("/cds-services", strict_slashes=False)
    def discover() -> Response:
        anyone = open_discovery and "Authorization" not in request.headers
        return Response(discovery((by_nobody if anyone else authenticate)(request).client), content_type=JSON)

    @pages.post("/cds-services/<service_id>", strict_slashes=False)
    def call(service_id: str) -> Response:
        with span("auth"):
            caller = authenticate(request)
        service = _admitted(caller, by_id.get(service_id), rates)
        body = read_body()
        if caller.client.capture_key is not None:
            _keep_body(body)
        hook_request = HookRequest.parse(body, service.hook)
        del body  # the request has copies of what it needs: of a long history the body is tens of megabytes
        language = _language(caller.client.offers(default_language, LANGUAGES))
        try:
            reply = advise(hook_request, service, language, caller)
        except RecursionError:
            # Readers decode values that were only skipped over so far, a few frames further up the stack.
            raise TooDeep from None
        return _answer(to_wire(reply.cards, reply.extension), language)

    @pages.get("/livez")
    def live() -> Response:
        return Response(b'{"status":"ok"}', content_type=JSON)

    return pages


def _keep_body(body: bytes) -> None:
    """Keep the bytes of this request until it is answered: for a client whose requests are kept, encrypted."""
    g.osteohooks_body = body


def sent_body() -> bytes | None:
    """The bytes of this request, if they were kept."""
    return g.get("osteohooks_body") if has_request_context() else None


def _admitted(caller: Caller, service: S | None, rates: Rates | None) -> S:
    """The service that is called, if it is switched on for the client and the client has not used up its share."""
    note = current()
    note.client = caller.client.id
    if service is None or not caller.client.may_call(service.id):
        raise UnknownService
    note.service, note.hook = service.id, service.hook
    if rates is not None:
        rates.admit(caller, request.remote_addr)
    return service


def describe(service: Service) -> DiscoveryService:
    """The discovery entry of a service."""
    return DiscoveryService(
        hook=service.hook,
        id=service.id,
        title=service.title,
        description=service.description,
        usage_requirements=service.usage_requirements or None,
        prefetch=dict(service.prefetch),
        extension=dict(service.extension) or None,
    )


def read_body(limit: int | None = None) -> bytes:
    """The body of the request: JSON, sent plainly, of at most ``limit`` bytes and what the installation allows.

    Raises:
        UnsupportedMedia, TooLarge: it is not.
    """
    if request.mimetype not in ACCEPTED:
        raise UnsupportedMedia("Content-Type", JSON)
    if request.headers.get("Content-Encoding", "identity").strip().casefold() != "identity":
        raise UnsupportedMedia("Content-Encoding", "identity")
    most = request.max_content_length or 0
    return _read(most if limit is None else min(limit, most))


def _read(limit: int) -> bytes:
    """The body, of at most ``limit`` bytes.

    werkzeug cuts a body of unannounced length (chunked) silently at its limit; one byte more than ours shows it.
    """
    request.max_content_length = limit + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge(limit) from None
    except ParseException:  # of the server, which reads the body only now: a chunk that is none
        raise ClientDisconnected from None
    if len(body) > limit:
        raise TooLarge(limit)
    return body


def _language(ours: tuple[str, ...]) -> str:
    """The language the caller likes best of ours; the first wins a tie, and where none is acceptable."""
    language = request.accept_languages.best_match(ours) or ours[0]
    current().language = language
    return language


def _answer(body: bytes, language: str) -> Response:
    response = Response(body, content_type=JSON)
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response
