"""Connections to one FHIR server: they go where the address was checked, and never outlast the call's deadline.

An `HTTPAdapter` of requests is used without a Session: so there is no cookie jar, no netrc, no proxy from the
environment, and nobody follows a redirect.
"""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from cds_service.fetching.addresses import is_permitted
from cds_service.fetching.limits import Deadline, Limits, NotObtained
from fhir_mappers.record.answer import NOT_FETCHED, TIMED_OUT, UNREACHABLE

# Their messages hold URLs, and with them ids of patients. A filter stays whatever an operator configures later.
for _module in ("connection", "connectionpool", "http2.connection", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_module}").addFilter(lambda _: False)

log = logging.getLogger("osteohooks")


_running: ContextVar[tuple[Deadline, Limits]] = ContextVar("running")  # of the exchange on this thread


@contextmanager
def patience(deadline: Deadline, limits: Limits) -> Iterator[None]:
    """Every wait on a socket in this block, on this thread, ends with the deadline.

    A timeout of the usual kind starts anew with each byte, so that a server that trickles holds a call for hours.
    """
    before = _running.set((deadline, limits))
    try:
        yield
    finally:
        _running.reset(before)


def _silence() -> float:
    deadline, limits = _running.get()
    return deadline.at_most(limits.silence)


class _Socket(socket.socket):
    """A socket that looks at the deadline before it waits."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_silence())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(_silence())
        super().sendall(*args, **kwargs)


class _TlsSocket(ssl.SSLSocket):
    """The same under TLS."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_silence())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(_silence())
        super().sendall(*args, **kwargs)


class _Connection(HTTPConnection):
    """Connects to the very address that was checked: a name that resolves differently a moment later gains nothing."""

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port or 80)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port or 443)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class CheckedAdapter(HTTPAdapter):
    """Kept connections to one server.

    Args:
        size: how many are kept.
        context: whom to trust, from `tls_context`.
    """

    def __init__(self, size: int, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=size, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """Make the pools of our own kind."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Certificates are checked, always; a hospital's own authority is added by ``ca_file``.

    Raises:
        OSError: the file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    context.sslsocket_class = _TlsSocket
    return context


def connect(host: str, port: int) -> socket.socket:
    """A connection to the first address of the host that is permitted and answers.

    Raises:
        NotObtained: none is permitted, none answers, or not in time.
    """
    named = host.strip("[]")
    try:
        found = socket.getaddrinfo(named, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotObtained(UNREACHABLE, at_fault=True) from None
    permitted = [one for one in found if is_permitted(str(one[4][0]), host)]
    if not permitted:
        log.warning("fetching: the name of a FHIR server resolves to an address that may not be asked")
        raise NotObtained(NOT_FETCHED)
    deadline, limits = _running.get()
    why = UNREACHABLE
    for family, kind, protocol, _, address in permitted:
        door = _Socket(family, kind, protocol)
        try:
            door.settimeout(deadline.at_most(limits.connect))
            door.connect(address)
            door.settimeout(deadline.at_most(limits.silence))
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return door
        except OSError as error:
            door.close()
            why = TIMED_OUT if isinstance(error, TimeoutError) else why
        except NotObtained:
            door.close()
            raise
    raise NotObtained(why, at_fault=True)
