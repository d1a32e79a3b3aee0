"""The addresses of the launch, and how the app is put together."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, redirect, render_template, request

from cds_service.assets import page, page_policy
from cds_service.auth import own_address
from cds_service.clients import Client
from cds_service.errors import JSON
from cds_service.operations import note
from cds_service.settings import Settings, is_loopback
from cds_service.smart import refusals
from cds_service.smart.configuration import Configurations
from cds_service.smart.holding import ARRIVAL_LASTS, Cookies, Key
from cds_service.smart.identity import Identity
from cds_service.smart.launch import Launcher
from cds_service.smart.outgoing import Outgoing
from cds_service.smart.refusals import Reason, SmartRefusal
from cds_service.smart.registry import LAUNCH, Registry
from cds_service.smart.sessions import EXTENSION, TICKET, Sessions, registered
from cds_service.smart.tokens import TokenDesk
from cds_service.store.engine import Unavailable
from cds_service.store.held import Vault
from hooks.app_context import AppContext, read_app_context
from hooks.exact_json import dumps_exact
from hooks.texts import LANGUAGES

if TYPE_CHECKING:
    from cds_service.clients_file import ClientsFile

APP = "/app"
OpensAt = Callable[[AppContext], str]
_log = logging.getLogger("osteohooks")


def build_registry(settings: Settings, clients: "ClientsFile | None") -> Registry:
    """Who may launch the app: the EHRs of the clients file; in development this machine."""
    known = () if clients is None else tuple(each.client for each in clients.agreements)
    return Registry(known, own_machine=clients is None and is_loopback(settings.host))


def card_links(settings: Settings, registry: Registry) -> Callable[[Client, str | None], str | None]:
    """Where an EHR launches the app, for links on the cards of the request at hand."""

    def address(client: Client, fhir_server: str | None) -> str | None:
        path, home = registry.address(client, fhir_server), settings.public_url or own_address(request)
        return f"{home}{path}" if path is not None and home is not None else None

    return address


def install(app: Flask, settings: Settings, registry: Registry, vault: Vault, opens_at: OpensAt | None = None) -> None:
    """Let the app be launched; who uses it is told by `smart.sessions.current`. ``opens_at`` is the address of the page
    it opens at; without it, the patient's.
    """
    outgoing = Outgoing(None if settings.fetch_ca_file is None else str(settings.fetch_ca_file))
    desk = TokenDesk(outgoing)
    cookies = Cookies((settings.public_url or "").startswith("https://"))
    sessions = Sessions(registry, vault, desk, cookies)
    launcher = Launcher(
        registry, Configurations(outgoing), desk, Identity(outgoing), vault, settings.public_url, settings.language
    )
    app.extensions[EXTENSION] = sessions
    app.register_blueprint(_routes(launcher, sessions, vault, cookies, opens_at or (lambda context: APP)))
    refusals.words(settings.language)  # what is missing stops the start
    refusals.install(app, settings.language)


def _routes(launcher: Launcher, sessions: Sessions, vault: Vault, cookies: Cookies, opens_at: OpensAt) -> Blueprint:
    routes = Blueprint("smart", __name__, template_folder="templates")
    keys = _public_keys(launcher.registry.clients)

    @routes.get(LAUNCH)
    def launch() -> Response:
        return _to(launcher.from_ehr(request))

    @routes.get("/smart/standalone")
    def standalone() -> Response:
        return _to(launcher.alone(request))

    @routes.get("/smart/callback")
    def callback() -> Response:
        return _begin(launcher, sessions, vault, cookies, opens_at)

    @routes.get("/smart/arrived")
    def arrived() -> Response:
        return _arrive(vault, cookies)

    @routes.post("/smart/close")
    def close() -> Response:
        return _close(sessions, cookies)

    @routes.get("/smart/jwks.json")
    def jwks() -> Response:
        """The public halves of the keys that the app proves itself with, for EHRs to fetch."""
        return Response(dumps_exact({"keys": keys}), content_type=JSON)

    return routes


def _begin(launcher: Launcher, sessions: Sessions, vault: Vault, cookies: Cookies, opens_at: OpensAt) -> Response:
    """A session begins. One redirect shows whether the browser keeps its cookie; the secret stands in no address."""
    opened, client = launcher.completed(request)
    note.current().client = client.id
    try:
        key = sessions.open(opened, client)
        arrival = Key.new(0)
        path = opens_at(read_app_context(opened.context))
        vault.put(_arriving(arrival.secret), f"{key.whole} {path}".encode(), ARRIVAL_LASTS)
    except Unavailable:
        raise SmartRefusal(Reason.STORE_AWAY, client) from None
    _log.info("app opened (client %s)", client.id, extra={"event": "app opened", "client": client.id})
    response = _to(f"/smart/arrived?once={arrival.secret}")
    cookies.keep(response, request, key, registered(client).lasts)
    return response


def _arrive(vault: Vault, cookies: Cookies) -> Response:
    try:
        held = vault.take(_arriving(request.args.get("once", "")))
    except Unavailable:
        raise SmartRefusal(Reason.STORE_AWAY) from None
    if held is None:
        raise SmartRefusal(Reason.UNKNOWN_STATE)
    whole, _, path = held.decode().partition(" ")
    key = Key(*whole.split("."))
    return _to(f"{path}?{TICKET}={key.public if cookies.has(key, request) else key.whole}")


def _close(sessions: Sessions, cookies: Cookies) -> Response:
    session, key = sessions.close(request)
    _log.info("app closed", extra={"event": "app closed", "client": session.client.id})
    shown = request.form.get("lang")
    language = shown if shown in LANGUAGES else session.language
    html = render_template("smart/closed.html", lang=language, w=refusals.words(language)["page"])
    response = page(html, policy=page_policy(frame_ancestors=session.frame_ancestors))
    cookies.drop(response, key)
    return response


def _arriving(code: str) -> str:
    return f"arrival {code}"


def _to(address: str) -> Response:
    """On to another address; the body werkzeug writes would repeat it."""
    response = redirect(address, 303)
    return Response(b"", status=303, headers={"Location": response.headers["Location"]})


def _public_keys(clients: Iterable[Client]) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for client in clients:
        key = client.smart.key if client.smart is not None else None
        if key is not None:
            found.setdefault(key.kid, {**key.as_dict(private=False), "use": "sig"})
    return list(found.values())
