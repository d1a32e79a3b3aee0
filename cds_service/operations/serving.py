"""How gunicorn serves us: its options from our settings, and its three habits that we cannot have.

It answers a request it cannot read with an HTML page that repeats the request, writes that request to the log, and lets
a caller that sends one byte a minute keep a thread for ever. Here it says an OperationOutcome, logs the kind of error,
and ends a connection whose request takes longer than the settings allow.
"""

import ctypes
import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # gunicorn ships no types
from gunicorn.http.errors import (  # type: ignore[import-untyped]  # gunicorn ships no types
    ExpectationFailed,
    ForbiddenProxyRequest,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # gunicorn ships no types

from cds_service.error_answers import unreadable
from cds_service.errors import JSON
from cds_service.operations import MULTIPROCESS, logs
from cds_service.settings import Settings

_SHARED_MEMORY = "/dev/shm"
_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (LimitRequestLine, 414, "URI Too Long"),
    (LimitRequestHeaders, 431, "Request Header Fields Too Large"),
    (ExpectationFailed, 417, "Expectation Failed"),
    (ForbiddenProxyRequest, 403, "Forbidden"),
    (ParseException, 400, "Bad Request"),
    (Exception, 500, "Internal Server Error"),
)


def options(settings: Settings, ready: Callable[[], None]) -> dict[str, Any]:
    """gunicorn's own options. ``ready`` is called in each worker before its first request."""
    jitter = settings.max_requests // 10  # workers must not all be renewed at once
    return {
        "bind": f"{settings.host}:{settings.port}",
        "worker_class": Worker,
        "logger_class": Words,
        "workers": settings.workers,
        "threads": settings.threads,
        "timeout": 60,  # a worker whose loop stands still so long is replaced; requests have their own limit
        "graceful_timeout": settings.grace,
        "keepalive": settings.keepalive,
        "max_requests": settings.max_requests,
        "max_requests_jitter": jitter,
        "accesslog": None,
        "loglevel": "info",
        "worker_tmp_dir": _SHARED_MEMORY if os.path.isdir(_SHARED_MEMORY) else None,
        "control_socket_disable": True,
        "limit_request_line": 8190,  # the most it has: some EHRs hand the app a code of several thousand letters
        "post_worker_init": lambda worker: _begin(worker, settings, ready),
        "child_exit": lambda server, worker: _buried(worker.pid),
        "on_exit": lambda server: _clean(),
    }


def give_back_memory() -> bool:
    """Let large buffers go back to the system as soon as they are let go; True where that can be asked for.

    The history of one patient may be 26 MB of text. Having freed one such buffer, the C library of Linux would keep the
    memory of the next ones, each of its threads apart: after some calls a worker holds twice what it needs.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    return all(library.mallopt(option, size) for option, size in _ALLOCATION.items())


_ALLOCATION = {-3: 8 << 20, -1: 8 << 20}
"""Options of mallopt(3), bytes: M_MMAP_THRESHOLD, from where on a buffer has pages of its own, and M_TRIM_THRESHOLD.
Much smaller ones double the time of a call with 2,000 results, because pages come and go with every call.
"""


def share_counts(settings: Settings) -> None:
    """Give several workers one folder to count in; must come before anything imports prometheus_client.

    A folder that the operator names in ``PROMETHEUS_MULTIPROC_DIR`` is emptied: counts of a former run are not ours.
    """
    global _made
    given = os.environ.get(MULTIPROCESS)
    if given:
        Path(given).mkdir(parents=True, exist_ok=True)
        for stale in Path(given).glob("*.db"):
            stale.unlink()
    elif settings.workers > 1:
        _made = tempfile.mkdtemp(prefix="osteohooks-", dir=_SHARED_MEMORY if os.path.isdir(_SHARED_MEMORY) else None)
        os.environ[MULTIPROCESS] = _made


_made: str | None = None


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A worker with threads that refuses kindly and does not wait for ever."""

    request_timeout: float = 30.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading: dict[TConn, float] = {}

    def handle(self, conn: TConn) -> Any:
        """One request of a connection, in a thread."""
        self._reading[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._reading.pop(conn, None)

    def murder_pending(self) -> None:
        """Called about once a second: also end the requests that are still being sent after the time they have.

        Only the reading side is closed: an answer that is on its way still leaves.
        """
        super().murder_pending()
        late = time.monotonic() - self.request_timeout
        for conn, since in list(self._reading.items()):
            if since < late:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """What gunicorn itself refuses, before the application sees it."""
        status, reason = next((status, reason) for kind, status, reason in _STATUS if isinstance(exc, kind))
        write = logs.error if status >= 500 else logs.warning
        write("unreadable request", error=type(exc), status=status, place=exc.__traceback__ if status >= 500 else None)
        body = unreadable(status)
        head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {JSON}\r\n"
        with suppress(OSError):
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body)


class Words(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's log, handed on to ours: no handler of its own, no access log."""

    def setup(self, cfg: Any) -> None:
        """Called at the start and at each reload."""
        self.cfg, self._access_log_enabled = cfg, False
        self.loglevel = logging.INFO
        self.error_log.setLevel(self.loglevel)
        self.error_log.propagate = True
        for name in ("debug", "info", "warning", "error", "critical", "exception"):
            setattr(self, name, getattr(self.error_log, name))  # the record then tells where it was said


def _begin(worker: Worker, settings: Settings, ready: Callable[[], None]) -> None:
    worker.request_timeout = settings.request_timeout
    ready()


def _buried(pid: int) -> None:
    """A worker has ended: its counts stay, what it was doing does not."""
    if MULTIPROCESS in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]  # it has no types


def _clean() -> None:
    if _made is not None:
        shutil.rmtree(_made, ignore_errors=True)
