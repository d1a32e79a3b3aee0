"""Runs the application under its production server, gunicorn, on the settings of the installation."""

import gc
import socket
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn ships no types

from cds_service.lazy_commands import uncollected
from cds_service.operations import logs, serving, tracing
from cds_service.sandbox.guard import PATH, refusal
from cds_service.settings import Settings, is_loopback
from cds_service.store.installation import open_installation
from cds_service.store.store import Store

if TYPE_CHECKING:
    from cds_service.clients_file import ClientsFile
    from cds_service.operations.watch import Watch

NOTICE = "Development mode: callers are not authenticated. Do not connect it to real patients this way."


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, settings: Settings, app: Flask, store: Store | None = None) -> None:
        self._settings, self._app, self._store = settings, app, store
        super().__init__()

    def load_config(self) -> None:
        for name, value in serving.options(self._settings, self._begin).items():
            self.cfg.set(name, value)
        if self._store is not None:
            self.cfg.set("worker_exit", lambda server, worker: self._end())

    def _begin(self) -> None:
        begin_worker(self._settings, self._store)

    def _end(self) -> None:
        """Write what a worker only counted so far, and what it noted."""
        self._app.extensions["osteohooks.advisor"].close()
        if self._store is not None:
            self._store.close()

    def load(self) -> Flask:
        return self._app


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        SystemExit: the address is reachable from other machines and clients are not authenticated, or cannot be; or
            somebody else listens there; or the clients file or a policy does not fit; or the sandbox is on where it may
            not be.
    """
    if problem := _unsafe(settings) or refusal(settings) or _taken(settings):
        raise SystemExit(f"Osteohooks cannot start.\n{problem}")
    with uncollected():
        serving.give_back_memory()
        serving.share_counts(settings)
        if settings.tracing:
            tracing.require()
        store = _opened(settings)
        app = _application(settings, store)
        _greet(app, settings)
        observe(app, settings)
        gc.freeze()  # tables live as long as the process: a collection during a call need not walk them
    _Server(settings, app, store).run()


def _greet(app: Flask, settings: Settings) -> None:
    """Tell the operator where the service is and who may call it."""
    clients: ClientsFile | None = app.extensions["osteohooks.clients"]
    told = (
        [NOTICE] if clients is None else ["Callers are authenticated.", *(f"Client {note}" for note in clients.notes)]
    )
    here = f"http://{settings.host}:{settings.port}"
    try_out = [f"Try it out: {here}{PATH}"] if settings.sandbox else []
    print("\n".join([f"Osteohooks on {here}/cds-services", *try_out, *told]), flush=True)


def _opened(settings: Settings) -> Store:
    """The store. What is wrong with the clients file and what is wrong with the store are told together."""
    wrong = _wrong_clients(settings)
    try:
        store = open_installation(settings, development=settings.clients is None)
    except SystemExit as error:
        raise SystemExit("\n".join(filter(None, (str(error), wrong)))) from None
    if wrong:
        store.close(0)
        raise SystemExit(f"Osteohooks cannot start.\n{wrong}")
    return store


def _wrong_clients(settings: Settings) -> str | None:
    """Why the clients file cannot be used; None where it can be, or where there is none."""
    from cds_service.clients_file import BadClients, load_clients

    try:
        if settings.clients is not None:
            load_clients(settings.clients)
    except BadClients as error:
        return str(error)
    return None


def observe(app: Flask, settings: Settings) -> None:
    """Start the log of this installation."""
    watch: Watch = app.extensions["osteohooks.watch"]
    words = (version("osteohooks"), f"http://{settings.host}:{settings.port}", "gthread")
    logs.configure(watch.vocabulary(app, words), settings.log_level, settings.log_format, lost=watch.metrics.line_lost)
    logs.info("started", port=settings.port, workers=settings.workers)


def begin_worker(settings: Settings, store: Store | None = None) -> None:
    """What a worker starts for itself, because threads do not survive its birth."""
    if store is not None:
        store.start()
    if settings.tracing:
        from hooks.services import services

        tracing.configure(service.id for service in services())


def _application(settings: Settings, store: Store | None = None) -> Flask:
    """The application, with every cache filled before the workers are born and share them."""
    # Not imported earlier: what counts must find the folder it shares with other workers, if there is one.
    from cds_service.app import create_app
    from cds_service.operations.roundtrip import warm_up
    from cds_service.site.policies import refusal as refused_policy
    from hooks.policy import BadPolicy

    try:
        app = create_app(settings, settings.today, store=store)
    except BadPolicy as error:
        raise refused_policy(error) from None
    warm_up(app.extensions["osteohooks.parts"])
    return app


def _taken(settings: Settings) -> str | None:
    """Why nothing can listen on the address; None when it is free. Said before anything is made or started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host.strip("[]"), settings.port), family=family).close()
    except OSError as error:
        return (
            f"  Nothing can listen on {settings.host}:{settings.port}: {error.strerror}.\n"
            "  Is the service running already? Stop what listens there, or choose another OSTEOHOOKS_PORT (--port)."
        )
    return None


def _unsafe(settings: Settings) -> str | None:
    """Why the service may not listen where it is told to; None when it may."""
    if is_loopback(settings.host):
        return None
    if settings.clients is None and not settings.allow_unauthenticated:
        return (
            "  OSTEOHOOKS_HOST can be reached from other machines, and callers are not authenticated.\n"
            "  Name the EHRs that may call in OSTEOHOOKS_CLIENTS; or listen on 127.0.0.1; or set\n"
            "  OSTEOHOOKS_ALLOW_UNAUTHENTICATED=true behind a proxy that authenticates."
        )
    if settings.clients is not None and settings.public_url is None:
        return (
            "  OSTEOHOOKS_HOST can be reached from other machines, and OSTEOHOOKS_PUBLIC_URL is not set.\n"
            "  Tokens are made for one address: set it to the address EHRs call, as in https://cds.example.org."
        )
    return None
