"""The client that asks a service: one request at a time, at a pace, with a time limit and without redirects."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from cds_service.conformance import strict
from cds_service.settings import is_loopback

TIMEOUT = 15.0  # seconds; longer than any answer should take, so that a slow one is told from none
PACE = 0.1  # seconds between two requests to another machine
LARGEST = 16 * 1024 * 1024  # bytes of an answer that are read
JSON = "application/json"

Sign = Callable[[str], str]
"""Makes a token for an address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, or none.

    Attributes:
        status: None where there was no answer; ``fault`` then says why.
        headers: by lower-case name.
        seconds: until the last byte.
    """

    method: str
    url: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    fault: str = ""

    @property
    def json(self) -> Any:
        """The decoded body; None where it is not strict JSON."""
        try:
            return strict.read(self.body)
        except strict.NotJson:
            return None

    @property
    def is_refused(self) -> bool:
        """Refused by the rules: a 4xx."""
        return self.status is not None and 400 <= self.status < 500

    @property
    def cards(self) -> list[Any] | None:
        """The cards of a 200; None where there are none to speak of."""
        found = self.json if self.status == 200 else None
        cards = found.get("cards") if isinstance(found, dict) else None
        return cards if isinstance(cards, list) else None

    def __str__(self) -> str:
        where = urlsplit(self.url).path
        return f"{self.method} {where}: {self.status if self.status is not None else self.fault}"


@dataclass(slots=True)
class Caller:
    """Sends requests and shows every answer to ``judge``.

    Attributes:
        judge: called with each answer and the origin that was sent.
        sign: makes the token of each request; None where the service does not ask for one.
        origin: sent with every request, as the page of an EHR would.
        pace: seconds between two requests.
    """

    judge: Callable[[Reply, str], None]
    sign: Sign | None = None
    origin: str = "https://sandbox.cds-hooks.org"
    timeout: float = TIMEOUT
    pace: float = PACE
    _session: requests.Session = field(default_factory=requests.Session)
    _last: float = 0.0

    def get(self, url: str, **headers: str) -> Reply:
        """GET, with a token if the service asks for one."""
        return self.send("GET", url, headers=headers)

    def post(self, url: str, body: bytes, content_type: str | None = JSON, **headers: str) -> Reply:
        """POST, with a token if the service asks for one."""
        typed = {"Content-Type": content_type} if content_type else {}
        return self.send("POST", url, body, typed | headers)

    def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        sign: bool = True,
    ) -> Reply:
        """Any request. Header names may be written with underscores."""
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        token = {"Authorization": f"Bearer {self.sign(url)}"} if sign and self.sign is not None else {}
        reply = self._exchange(method, url, body, {"Accept": JSON, "Origin": self.origin} | token | named)
        self.judge(reply, named.get("Origin", self.origin))
        return reply

    def _exchange(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        time.sleep(max(0.0, self._last + self.pace - time.monotonic()))
        if self._session.trust_env:
            self._settle(url)
        start = time.monotonic()
        try:
            with self._session.request(
                method, url, data=body, headers=headers, timeout=self.timeout, allow_redirects=False, stream=True
            ) as answer:
                content = answer.raw.read(LARGEST, decode_content=True)
                lower = {name.casefold(): value for name, value in answer.headers.items()}
                return Reply(method, url, answer.status_code, lower, content, time.monotonic() - start)
        except (requests.RequestException, OSError) as error:
            return Reply(
                method, url, None, seconds=time.monotonic() - start, fault=f"no answer ({type(error).__name__})"
            )
        finally:
            self._last = time.monotonic()

    def _settle(self, url: str) -> None:
        """Read the proxies and certificates of this machine once: every request goes to the same service. A password
        of its .netrc is never sent.
        """
        found = self._session.merge_environment_settings(url, {}, None, None, None)
        self._session.proxies, self._session.verify = found["proxies"], found["verify"]
        self._session.trust_env = False


def may_be_asked(url: str, *, insecure: bool) -> str | None:
    """Why this address must not be asked, None where it may: calls travel encrypted, except on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it is not an http(s) address"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "an address has no user, query or fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname) and not insecure:
        return "it is not encrypted and not on this machine; --insecure asks it all the same"
    return None
