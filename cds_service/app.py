"""The application: wires settings, services and pipeline together and decides nothing."""

from collections.abc import Callable, Iterable
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask, Response
from flask_cors import CORS

from cds_service import error_answers
from cds_service.assets import create_assets
from cds_service.auth import Authenticate, Authenticator, MemoryTokens, SeenTokens, by_nobody, by_token
from cds_service.clients import DEVELOPMENT
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.limits import Limits
from cds_service.fhir_api import create_fhir
from cds_service.hooks_api import Advise, S, create_blueprint
from cds_service.operations import logs
from cds_service.operations.openapi import describe
from cds_service.operations.pages import create_pages
from cds_service.operations.rates import Rates
from cds_service.operations.watch import Watch
from cds_service.settings import Settings, is_loopback

if TYPE_CHECKING:
    from cds_service.clients_file import ClientsFile
    from cds_service.pipeline import Parts
    from cds_service.site.policies import Site
    from cds_service.store.store import Store
    from hooks.quiet import Memory

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
    store: "Store | None" = None,
) -> Flask:
    """The whole service. ``parts`` are what the pipeline works with; by default they are made from ``settings``.
    ``store`` keeps decisions, feedback, sessions of the app and what was said before; without one there is no log, no
    feedback is taken, the app cannot be launched, and ``memory`` holds what was said before, by default until the
    process ends.

    ``tokens`` is where used tokens are remembered; by default in this process, which is right for one worker only.

    Raises:
        BadTable, BadPolicy, ValueError: a guideline, a policy, a text or a template does not fit; nothing is served.
        BadClients: the clients file does not fit.
        SandboxRefused: the sandbox is on where it may not be.
    """
    # Imported here: guidelines, texts and value sets are read when a service is made, not when this module is.
    from cds_service.advising import Advisor
    from cds_service.app_pages.routes import card_pages, install_pages
    from cds_service.clients_file import load_clients
    from cds_service.form_pages import install as form_pages
    from cds_service.sandbox.guard import require_allowed
    from cds_service.sandbox.page_state import edition_of_call
    from cds_service.smart import routes as smart

    require_allowed(settings)
    clients = None if settings.clients is None else load_clients(settings.clients)
    site = _site(settings, clock, clients, parts, store)
    watch = _watch(site, clients)
    tokens = tokens or (None if store is None else store.tokens)
    fetcher, chosen = build_fetcher(settings), edition_of_call if settings.sandbox else None
    registry = smart.build_registry(settings, clients)
    links = None if store is None else smart.card_links(settings, registry)
    answers = form_pages.kept_answers(store)
    advise = Advisor(site, fetcher, watch, memory, store, chosen, links, answers, card_pages(settings))
    app = build_app(settings, site.services(), advise, clients, tokens, watch)
    app.register_blueprint(create_assets())
    app.extensions["osteohooks.parts"] = site.parts(DEVELOPMENT, site.today())
    app.extensions["osteohooks.advisor"] = advise
    if store is not None:
        _keep(app, store, watch, site)
        _report(app, store, settings, site)
        smart.install(app, settings, registry, store.vault, form_pages.opens_at)
    install_pages(app, settings, site, fetcher, answers)
    if settings.sandbox:
        _let_try_out(app, settings, clock)
    return app


def _let_try_out(app: Flask, settings: Settings, clock: Clock) -> None:
    """The sandbox, which is loaded only where it is on."""
    from cds_service.sandbox.pages import create_sandbox

    app.register_blueprint(create_sandbox(clock, settings.language, settings.edition))


def _site(
    settings: Settings, clock: Clock, clients: "ClientsFile | None", parts: "Parts | None", store: "Store | None"
) -> "Site":
    """What each client works with, by day."""
    from cds_service.site.policies import Site

    callers = () if clients is None else (each.client for each in clients.agreements)
    key = b"" if store is None else store.ring.current.facts
    return Site(clock, settings.edition, settings.policy, callers, parts, key)


def _watch(site: "Site", clients: "ClientsFile | None") -> Watch:
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


def _report(app: Flask, store: "Store", settings: Settings, site: "Site") -> None:
    """The page on the burden of alerts, for operators."""
    from cds_service.site.report_api import create_report, gate

    guard = gate(settings, development=app.extensions["osteohooks.clients"] is None)
    app.register_blueprint(create_report(store.database, guard, site, settings.language))


def _keep(app: Flask, store: "Store", watch: Watch, site: "Site") -> None:
    """Take feedback, and let everybody see how the log fares."""
    from cds_service.feedback_api import create_feedback
    from cds_service.store.health import as_part
    from hooks.services import services

    known = frozenset(service.id for service in services())
    authenticate = app.extensions["osteohooks.authenticate"]
    app.register_blueprint(create_feedback(known, store.feedback, authenticate, site.today))
    watch.ready.add("decision log", lambda: as_part(store.healthy(ask=True)))
    store.on_failure(watch.metrics.decision_not_logged)


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
    app.register_blueprint(create_fhir(settings.public_url))
    app.register_blueprint(create_pages(seen.ready, counts, lambda: _described(app, listed, settings.public_url)))
    error_answers.install(app)
    app.after_request(_secured(settings.public_url))
    _allow_origins(app, origins)
    seen.install(app)
    return app


def _ids(clients: "ClientsFile | None") -> tuple[str, ...]:
    """Who may call, for the log and the metrics."""
    return (DEVELOPMENT.id,) if clients is None else tuple(each.client.id for each in clients.agreements)


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
        if "frame-ancestors 'none'" not in response.headers["Content-Security-Policy"]:
            del response.headers["X-Frame-Options"]  # it cannot name who may
        return response

    return secure
