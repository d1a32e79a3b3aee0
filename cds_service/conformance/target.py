"""The service under test, as the checks see it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cds_service.conformance.answers import judge
from cds_service.conformance.caller import PACE, TIMEOUT, Caller, Reply, Sign
from cds_service.conformance.results import Findings
from hooks.exact_json import dumps_exact

Json = dict[str, Any]
ORIGIN = "https://sandbox.cds-hooks.org"


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask.

    Attributes:
        url: the base address, without ``/cds-services``.
        origin: a web origin that the service allows.
        bodies: requests of the user's own, besides the synthetic ones.
        patients: how many synthetic patients each service is asked about.
        listen: the address under which the service can reach this machine, to offer it a FHIR server; None for none.
    """

    url: str
    origin: str = ORIGIN
    bodies: tuple[Json, ...] = ()
    patients: int = 4
    listen: str | None = None
    timeout: float = TIMEOUT
    pace: float = PACE


@dataclass(slots=True)
class Target:
    """The service, what is known of it, and what was found so far.

    Attributes:
        sign: makes the token of each request, if the service asks for one.
        signed_by: the row that such a token must pass.
        services: what discovery listed, as far as it can be called.
        tokens: secrets that were sent; no answer may repeat one.
    """

    options: Options
    findings: Findings = field(default_factory=Findings)
    sign: Sign | None = None
    signed_by: str | None = None
    services: list[Json] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.caller = Caller(
            partial(self._judge), self._signed if self.sign else None, self.options.origin, self.options.timeout,
            self.options.pace,
        )  # fmt: skip

    @property
    def base(self) -> str:
        """The base address without a slash at its end."""
        return self.options.url.rstrip("/")

    @property
    def discovery(self) -> str:
        """The address of discovery."""
        return f"{self.base}/cds-services"

    def address(self, service: Json) -> str:
        """The address of a service."""
        return f"{self.discovery}/{service['id']}"

    def call(self, service: Json, body: Json | bytes, **headers: str) -> Reply:
        """Post a call."""
        sent = body if isinstance(body, bytes) else dumps_exact(body)
        return self.caller.post(self.address(service), sent, **headers)

    def each(self) -> Iterator[tuple[Json, str]]:
        """The services that can be called, with their hook."""
        for service in self.services:
            yield service, service["hook"]

    def _signed(self, url: str) -> str:
        token = self.sign(url) if self.sign else ""
        self.tokens.append(token)
        return token

    def _judge(self, reply: Reply, origin: str) -> None:
        judge(reply, origin, self.tokens, self.findings, stranger=origin != self.options.origin)
