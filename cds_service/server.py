"""Runs the application under its production server, gunicorn, on the settings of the installation."""

import gc
import os
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn ships no types

from cds_service.app import create_app
from cds_service.clients_file import BadClients, ClientsFile
from cds_service.settings import Settings, is_loopback
from cds_service.site.policies import refusal
from hooks.policy import BadPolicy

NOTICE = "Development mode: callers are not authenticated. Do not connect it to real patients this way."


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, settings: Settings, app: Flask) -> None:
        self._settings, self._app = settings, app
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": 8,
            "timeout": 60,
            "graceful_timeout": 20,
            "accesslog": None,
            "loglevel": "info",
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        SystemExit: the address is reachable from other machines and clients are not authenticated, or cannot be; or the
            clients file or a policy does not fit.
    """
    if problem := _unsafe(settings):
        raise SystemExit(f"Osteohooks cannot start.\n{problem}")
    try:
        app = create_app(settings, settings.today)
    except BadClients as error:
        raise SystemExit(f"Osteohooks cannot start.\n{error}") from None
    except BadPolicy as error:
        raise refusal(error) from None
    clients: ClientsFile | None = app.extensions["osteohooks.clients"]
    told = (
        [NOTICE] if clients is None else ["Callers are authenticated.", *(f"Client {note}" for note in clients.notes)]
    )
    print("\n".join([f"Osteohooks on http://{settings.host}:{settings.port}/cds-services", *told]), flush=True)
    gc.collect()
    gc.freeze()  # tables live as long as the process: a collection during a call need not walk them
    _Server(settings, app).run()


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
