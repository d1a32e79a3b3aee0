"""The application: wires settings, services and pipeline together and decides nothing."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING

from flask import Flask, Response
from flask_cors import CORS

from cds_service import errors
from cds_service.clients import DEVELOPMENT
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.limits import Limits
from cds_service.hooks_api import Advise, S, create_blueprint
from cds_service.settings import Settings, is_loopback
from hooks.request import HookRequest

if TYPE_CHECKING:
    from cds_service.pipeline import Parts, Reply

Clock = Callable[[], date]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",  # answers are about a patient, at a moment
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(settings: Settings, clock: Clock, parts: "Parts | None" = None) -> Flask:
    """The whole service. ``parts`` are what the pipeline works with; by default they are made from ``settings``.

    Raises:
        BadTable, ValueError: a guideline, a text or a template does not fit; nothing is served then.
    """
    # Imported here: guidelines, texts and value sets are read when a service is made, not when this module is.
    from cds_service import pipeline
    from cds_service.sandbox.pages import create_sandbox
    from hooks.services import Service, services

    wired = pipeline.build_parts(clock, settings.edition) if parts is None else parts
    fetcher = build_fetcher(settings)

    def advise(call: HookRequest, service: Service, language: str) -> "Reply":
        data = fetcher.complete(call, service, DEVELOPMENT)
        return pipeline.advise(call, service, wired, language, data=data)

    app = build_app(settings, services(), advise)
    if settings.sandbox:
        app.register_blueprint(create_sandbox(clock))
    return app


def build_fetcher(settings: Settings) -> Fetcher:
    """What asks FHIR servers for missing data. Nothing is opened before the first call needs it."""
    limits = Limits(deadline=settings.fetch_deadline, size=settings.max_body_bytes)
    ca_file = None if settings.fetch_ca_file is None else str(settings.fetch_ca_file)
    return Fetcher(limits, own_machine=is_loopback(settings.host), ca_file=ca_file)


def build_app(settings: Settings, services: Iterable[S], advise: Advise[S]) -> Flask:
    """The web application for any services and any way to advise.

    A page that needs looser security headers than an API sets its own: those already set are left alone.
    """
    app = Flask("cds_service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False  # a wrong address is a 404, never a redirect with an HTML page
    app.register_blueprint(create_blueprint(services, advise, settings.language))
    errors.install(app)
    app.after_request(_secure)
    _allow_origins(app, settings.cors_origins)
    return app


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


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
