"""What the app asks of an EHR besides its FHIR data: configuration, keys and tokens, through the guarded connections.

Only addresses that the clients file vouches for are asked (`Reach`). What a name resolves to is checked, certificates
are, redirects are not followed, there is no proxy, no cookie, and an end to time and size (`fetching.transport`).
"""

import json
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.models import PreparedRequest
from urllib3.exceptions import HTTPError

from cds_service.clients import SmartApp
from cds_service.fetching.addresses import Base, is_own_machine, listed, read_base
from cds_service.fetching.limits import Deadline, Limits, NotObtained
from cds_service.fetching.transport import CheckedAdapter, patience, tls_context

LIMITS = Limits(deadline=8.0, connect=3.0, silence=6.0, size=1024 * 1024)
_CHUNK = 64 * 1024
_AT_ONCE = 4  # so many threads of a worker may wait for EHRs: the others go on answering calls
_QUEUE_S = 2.0


class Unreachable(Exception):
    """No answer that can be read came; the user may try again."""


class NotVouched(Exception):
    """An address that the clients file does not vouch for, or that is not encrypted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer of a server, in the words of requests as far as Authlib uses them."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        """The body.

        Raises:
            ValueError: it is not JSON.
        """
        try:
            return json.loads(self.content)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def raise_for_status(self) -> None:
        """Complain of a status that is an error.

        Raises:
            Unreachable: it is one.
        """
        if self.status_code >= 400:
            raise Unreachable


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the app may go on behalf of one EHR: the origin of its FHIR server, and what the clients file adds."""

    fhir: Base
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, app: SmartApp, fhir: Base) -> "Reach":
        """What the registration with an EHR vouches for."""
        return cls(fhir, app.authorization_servers)

    def check(self, address: object) -> str:
        """An address of the EHR's configuration that may be used.

        Raises:
            NotVouched: it lies elsewhere, or would carry secrets over the network in the clear.
        """
        base = read_base(address.partition("?")[0]) if isinstance(address, str) else None
        if base is None or not isinstance(address, str) or not _is_plain(address):
            raise NotVouched
        if base.scheme != "https" and not is_own_machine(base):
            raise NotVouched
        if base.origin != self.fhir.origin and listed(base, self.others) is None:
            raise NotVouched
        return address


def _is_plain(address: str) -> bool:
    return address.isascii() and not urlsplit(address).fragment and all("!" <= letter <= "~" for letter in address)


class Outgoing:
    """Safe to share between threads; opens nothing until it is used. Authlib uses it in the place of a session."""

    def __init__(self, ca_file: str | None = None, limits: Limits = LIMITS) -> None:
        self._ca_file, self._limits = ca_file, limits
        self._context: SSLContext | None = None
        self._lock = threading.Lock()
        self._doors = threading.BoundedSemaphore(_AT_ONCE)

    def read_json(self, url: str) -> dict[str, Any]:
        """The JSON object at an address.

        Raises:
            Unreachable: there is none.
        """
        answer = self._send("GET", url, {}, None)
        answer.raise_for_status()
        try:
            found = answer.json()
        except ValueError:
            raise Unreachable from None
        if answer.status_code != 200 or not isinstance(found, dict):
            raise Unreachable
        return found

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Answer:
        """Send a form, with what proves who we are (``auth``, of Authlib).

        Raises:
            Unreachable: no answer came.
        """
        address, named, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return self._send("POST", address, named, body.encode())

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if not self._doors.acquire(timeout=_QUEUE_S):
            raise Unreachable
        try:
            return self._answered(method, url, headers, body)
        finally:
            self._doors.release()

    def _answered(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        request = PreparedRequest()
        common = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "osteohooks"}
        sent = {**common, **headers}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        request.prepare(method=method, url=url, headers=sent, data=body)
        deadline = Deadline(self._limits.deadline)
        try:
            with patience(deadline, self._limits), closing(CheckedAdapter(1, self._trust())) as adapter:
                answer = adapter.send(request, stream=True, timeout=deadline.at_most(self._limits.silence))
                with closing(answer):
                    return Answer(answer.status_code, self._whole(answer))
        except (requests.RequestException, HTTPError, OSError, NotObtained):
            raise Unreachable from None

    def _whole(self, answer: requests.Response) -> bytes:
        body = b""
        while piece := answer.raw.read(_CHUNK, decode_content=False):
            body += piece
            if len(body) > self._limits.size:
                raise Unreachable
        return body

    def _trust(self) -> SSLContext:
        with self._lock:
            self._context = self._context or tls_context(self._ca_file)
            return self._context
