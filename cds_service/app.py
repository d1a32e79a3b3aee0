"""The application: wires settings, services and pipeline together and decides nothing."""

from collections.abc import Callable, Iterable
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask, Response
from flask_cors import CORS

from cds_service import error_answers
from cds_service.auth import Authenticate, Authenticator, MemoryTokens, SeenTokens, by_nobody, by_token
from cds_service.clients import DEVELOPMENT, Caller
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.limits import Limits
from cds_service.hooks_api import Advise, S, create_blueprint
from cds_service.operations import logs
from cds_service.operations.openapi import describe
from cds_service.operations.pages import create_pages
from cds_service.operations.rates import Rates
from cds_service.operations.tracing import span
from cds_service.operations.watch import Watch
from cds_service.settings import Settings, is_loopback
from hooks.request import HookRequest

if TYPE_CHECKING:
    from cds_service.clients_file import ClientsFile
    from cds_service.pipeline import Parts, Reply
    from cds_service.site.policies import Site
    from hooks.quiet import Memory, Remembered
    from hooks.services import Service

Clock = Callable[[], date]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",  # answers are about a patient, at a moment
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}  # a year; other names of the hospital are not ours to bind


def create_app(
    settings: Settings,
    clock: Clock,
    parts: "Parts | None" = None,
    memory: "Memory | None" = None,
    tokens: SeenTokens | None = None,
) -> Flask:
    """The whole service. ``parts`` are what the pipeline works with; by default they are made from ``settings``.
    ``memory`` holds what was said before; by default one that ends with the process.

    ``tokens`` is where used tokens are remembered; by default in this process, which is right for one worker only.

    Raises:
        BadTable, BadPolicy, ValueError: a guideline, a policy, a text or a template does not fit; nothing is served.
        BadClients: the clients file does not fit.
    """
    # Imported here: guidelines, texts and value sets are read when a service is made, not when this module is.
    from cds_service import pipeline
    from cds_service.clients_file import load_clients
    from cds_service.memory import InMemory, Pseudonyms, remembering
    from cds_service.sandbox.pages import create_sandbox

    clients = None if settings.clients is None else load_clients(settings.clients)
    site, fetcher = build_site(settings, clock, clients, parts), build_fetcher(settings)
    watch = build_watch(site, clients)

    past, names = memory if memory is not None else InMemory(), Pseudonyms()

    def advise(call: HookRequest, service: "Service", language: str, caller: Caller) -> "Reply":
        day, client = site.today(), caller.client
        wired = site.parts(client, day)
        service = wired.services.get(service.id, service)
        with span("fetch"):
            data = fetcher.complete(call, service, client)
        watch.fetched(data)

        def ask(remembered: "tuple[Remembered, ...]", user: str | None) -> "Reply":
            return pipeline.advise(
                call,
                service,
                wired,
                language,
                as_of=day,
                edition=client.edition,
                silence=client.silence,
                remembered=remembered,
                user=user,
                data=data,
            )

        reply = remembering(past, names.whose(call, caller.key), day, ask)
        watch.answered(service.id, reply)
        for code in reply.record.unmatched:
            watch.metrics.code_unmatched(code.kind)
        return reply

    app = build_app(settings, site.services(), advise, clients, tokens, watch)
    app.extensions["osteohooks.parts"] = site.parts(DEVELOPMENT, site.today())
    if settings.sandbox:
        app.register_blueprint(create_sandbox(clock))
    return app


def build_site(settings: Settings, clock: Clock, clients: "ClientsFile | None", parts: "Parts | None") -> "Site":
    """What each client works with on each day; ``parts``, when given, for everyone on every day.

    Raises:
        BadPolicy: a policy or a code map does not fit.
    """
    from cds_service.site.policies import Site

    callers = () if clients is None else (each.client for each in clients.agreements)
    return Site(clock, settings.edition, settings.policy, callers, parts)


def build_watch(site: "Site", clients: "ClientsFile | None") -> Watch:
    """What counts the calls, and what is asked at `/readyz`: rules as shipped, canary patients as everyone has them."""
    from cds_service.operations import roundtrip
    from cds_service.site.canaries import Watched
    from hooks.services import services

    shipped, canaries = site.shipped, Watched(lambda: site.in_use(site.today()))
    watch = Watch((service.id for service in services()), _ids(clients), shipped.rules)
    watch.metrics.build(version("osteohooks"), shipped.edition, shipped.editions)
    watch.ready.add("rules", lambda: roundtrip.as_part(shipped))
    watch.ready.add("canaries", canaries.as_part)
    watch.ready.add("log", logs.as_part)
    return watch


def build_fetcher(settings: Settings) -> Fetcher:
    """What asks FHIR servers for missing data. Nothing is opened before the first call needs it."""
    limits = Limits(deadline=settings.fetch_deadline, size=settings.max_body_bytes)
    ca_file = None if settings.fetch_ca_file is None else str(settings.fetch_ca_file)
    return Fetcher(limits, own_machine=is_loopback(settings.host), ca_file=ca_file)


def build_app(
    settings: Settings,
    services: Iterable[S],
    advise: Advise[S],
    clients: "ClientsFile | None" = None,
    tokens: SeenTokens | None = None,
    watch: Watch | None = None,
) -> Flask:
    """The web application for any services and any way to advise; without clients everyone may call.

    A page that needs looser security headers than an API sets its own: those already set are left alone.
    """
    listed = tuple(services)
    seen = watch or Watch((service.id for service in listed), _ids(clients))
    app = Flask("cds_service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False  # a wrong address is a 404, never a redirect with an HTML page
    app.extensions["osteohooks.clients"] = clients
    authenticate, open_discovery, origins = _who_calls(settings, clients, tokens)
    app.extensions["osteohooks.authenticate"] = authenticate  # for every other page that answers about a patient
    rates = Rates(settings.rate_limit)
    app.register_blueprint(create_blueprint(listed, advise, settings.language, authenticate, open_discovery, rates))
    counts = seen.metrics if settings.metrics else None
    app.register_blueprint(create_pages(seen.ready, counts, lambda: _described(app, listed, settings.public_url)))
    error_answers.install(app)
    app.after_request(_secured(settings.public_url))
    _allow_origins(app, origins)
    seen.install(app)
    return app


def _ids(clients: "ClientsFile | None") -> tuple[str, ...]:
    """Who may call, for the log and the metrics."""
    return (DEVELOPMENT.id,) if clients is None else tuple(each.client.id for each in clients.registrations())


def _described(app: Flask, services: Iterable[S], public_url: str | None) -> bytes:
    """The OpenAPI document of what the application has."""
    feedback = any(rule.rule.endswith("/feedback") for rule in app.url_map.iter_rules())
    return describe(services, public_url, feedback=feedback)


def _who_calls(
    settings: Settings, clients: "ClientsFile | None", tokens: SeenTokens | None
) -> tuple[Authenticate, bool, tuple[str, ...]]:
    """How callers are known, whether discovery is open, and the web origins that may call."""
    if clients is None:
        return by_nobody, True, settings.cors_origins
    authenticator = Authenticator(clients.registrations(), MemoryTokens() if tokens is None else tokens)
    origins = tuple(dict.fromkeys((*settings.cors_origins, *clients.cors_origins)))
    return by_token(authenticator, settings.public_url), clients.open_discovery, origins


def _allow_origins(app: Flask, origins: tuple[str, ...]) -> None:
    """Let pages of these web origins call the service and read every answer, refusals included; never with cookies."""
    anyone = "*" in origins
    if origins:
        CORS(
            app,
            origins="*" if anyone else list(origins),
            methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Accept-Language"],
            max_age=600,
            send_wildcard=anyone,
            supports_credentials=False,
        )
    if not anyone:
        app.after_request(_vary_by_origin)


def _vary_by_origin(response: Response) -> Response:
    """An answer to one origin must not be served to another from a cache; flask-cors forgets the refused ones."""
    response.vary.add("Origin")
    return response


def _secured(public_url: str | None) -> Callable[[Response], Response]:
    """``public_url`` is the address EHRs use: only where that is https may browsers be told to use nothing else."""
    sent = HEADERS | (HSTS if (public_url or "").startswith("https://") else {})

    def secure(response: Response) -> Response:
        for name, value in sent.items():
            response.headers.setdefault(name, value)
        return response

    return secure
