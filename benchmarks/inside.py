"""The whole application in this process, without a socket: what one request costs, stage by stage, is seen here."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from cds_service import server
from cds_service.settings import load_settings
from cds_service.store.installation import open_installation


@dataclass(frozen=True, slots=True)
class Whole:
    """The service with its log, its counts and its decision log, as `osteohooks serve` makes it."""

    app: Flask

    def post(self, service: str, body: bytes) -> bytes:
        """The answer to one call.

        Raises:
            RuntimeError: it was refused.
        """
        status: list[str] = []

        def start(line: str, headers: object, problem: object = None) -> None:
            status.append(line)

        answer = b"".join(self.app.wsgi_app(_environ(service, body), start))  # type: ignore[arg-type]  # as gunicorn does
        if not status or not status[0].startswith("200"):
            raise RuntimeError(f"refused: {status}")
        return answer


@contextmanager
def whole() -> Iterator[Whole]:
    """The application with a store of its own, which is gone afterwards. What it says on the way is not shown."""
    with TemporaryDirectory() as state, open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        settings = load_settings(host="127.0.0.1", port=8080, state_dir=Path(state))
        store = open_installation(settings, development=True)
        try:
            app = server._application(settings, store)  # private, but it must be exactly the one that we ship
            server.observe(app, settings)
            store.start()
            yield Whole(app)
            app.extensions["osteohooks.advisor"].close()
        finally:
            store.close()


def _environ(service: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"/cds-services/{service}",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:8080",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
