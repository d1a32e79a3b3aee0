"""One POST to a FHIR server, through the same guarded connections as everything else that goes out.

It is never repeated here: whoever asks for something to be stored says so again, with the same identifiers, so that
nothing is stored twice.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from ssl import SSLContext

import requests
from requests.models import PreparedRequest
from urllib3.exceptions import HTTPError

from cds_service.fetching.limits import Deadline, Limits, NotObtained
from cds_service.fetching.transport import CheckedAdapter, patience, tls_context

LIMITS = Limits(deadline=10.0, connect=2.0, silence=8.0, size=4 * 1024 * 1024)  # a person waits, but once
_CHUNK = 64 * 1024


class NotPosted(Exception):
    """No whole answer came: it is not known whether the server took it."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What a server answered."""

    status: int
    body: bytes = field(repr=False)
    location: str | None = field(default=None, repr=False)


class Poster:
    """Safe to share between threads; opens nothing until it is used.

    Args:
        ca_file: certificates to trust besides the system's.
    """

    def __init__(self, ca_file: str | None = None, limits: Limits = LIMITS) -> None:
        self._ca_file, self._limits = ca_file, limits
        self._context: SSLContext | None = None
        self._lock = threading.Lock()

    def post(self, url: str, resource: bytes, token: str, more: Mapping[str, str] | None = None) -> Posted:
        """Send a resource, with the token and ``more`` headers.

        Raises:
            NotPosted: no answer came, or not all of it.
        """
        request = PreparedRequest()
        headers = {
            "Accept": "application/fhir+json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/fhir+json",
            "User-Agent": "osteohooks",
        }
        request.prepare(method="POST", url=url, headers={**headers, **(more or {})}, data=resource)
        deadline = Deadline(self._limits.deadline)
        try:
            with patience(deadline, self._limits), closing(CheckedAdapter(1, self._trust())) as adapter:
                answer = adapter.send(request, stream=True, timeout=deadline.at_most(self._limits.silence))
                with closing(answer):
                    return Posted(answer.status_code, self._whole(answer), answer.headers.get("Location"))
        except (requests.RequestException, HTTPError, OSError, NotObtained):
            raise NotPosted from None

    def _whole(self, answer: requests.Response) -> bytes:
        body = b""
        read: Callable[..., bytes] = answer.raw.read
        while piece := read(_CHUNK, decode_content=False):
            body += piece
            if len(body) > self._limits.size:
                raise NotPosted
        return body

    def _trust(self) -> SSLContext:
        with self._lock:
            self._context = self._context or tls_context(self._ca_file)
            return self._context
