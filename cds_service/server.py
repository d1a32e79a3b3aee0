"""Runs the application under its production server, gunicorn, on the settings of the installation."""

import gc
import os
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn ships no types

from cds_service.app import create_app
from cds_service.settings import Settings, is_loopback

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
        SystemExit: the address is reachable from other machines; clients are not authenticated in this version.
    """
    if not is_loopback(settings.host) and not settings.allow_unauthenticated:
        raise SystemExit(
            "Osteohooks cannot start.\n"
            "  OSTEOHOOKS_HOST can be reached from other machines, and callers are not authenticated.\n"
            "  Listen on 127.0.0.1, or set OSTEOHOOKS_ALLOW_UNAUTHENTICATED=true behind a proxy that authenticates."
        )
    print(f"Osteohooks on http://{settings.host}:{settings.port}/cds-services\n{NOTICE}", flush=True)
    app = create_app(settings, settings.today)
    gc.collect()
    gc.freeze()  # tables live as long as the process: a collection during a call need not walk them
    _Server(settings, app).run()
