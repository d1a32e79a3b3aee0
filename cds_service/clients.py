"""Who may call: the EHR clients of an installation, as the rest of the street knows them.

`cds_service.clients_file` reads them from TOML; `cds_service.auth` says which of them is calling.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

ANY_TENANT = "*"


@dataclass(frozen=True, slots=True)
class Silence:
    """Shadow mode: everything is computed and logged, and no card is shown.

    Attributes:
        everything: for every service of the client.
        services: for these ids of services.
        rules: for these rule ids; a card goes out as long as one of its rules is not silent.
    """

    everything: bool = False
    services: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()

    def hushes(self, service: str, rules: Iterable[str]) -> frozenset[str]:
        """Those of the rules that are asked and not heard when this service is called."""
        if self.everything or service in self.services:
            return frozenset(rules)
        return self.rules.intersection(rules)


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR and what was agreed with it.

    Attributes:
        id: a short name for logs, metrics and reports; never a secret.
        issuer: the ``iss`` of its tokens; None in development mode, where callers are not authenticated.
        tenants: the ``tenant`` claims it may use; empty when it has none, `ANY_TENANT` in it for whatever it signs.
        fhir_servers: base URLs its data may be fetched from. Empty: never fetch.
        edition: the guideline edition it asked for; None for the installation's.
        languages: what it may be answered in, its default first; empty for all, with the installation's default.
        services: ids of the services it may call; None for all.
        silence: what is computed and not shown.
        policy: path of the site policy that applies; None for the installation's.
        code_maps: paths of the local code maps that are read with the shipped value sets.
        ward: the ward its calls are made in, where they do not say; for the report on alert burden alone.
        cors_origins: web origins its pages call from.
        rate_limit: calls a minute it may make; None for the installation's.
        capture_key: path of the key that its requests are kept under, encrypted; None: they are not kept.
    """

    id: str
    issuer: str | None = None
    tenants: frozenset[str] = frozenset()
    fhir_servers: tuple[str, ...] = ()
    edition: str | None = None
    languages: tuple[str, ...] = ()
    services: frozenset[str] | None = None
    silence: Silence = field(default_factory=Silence)
    policy: str | None = None
    code_maps: tuple[str, ...] = ()
    ward: str | None = None
    cors_origins: tuple[str, ...] = ()
    rate_limit: int | None = None
    capture_key: str | None = None

    def may_call(self, service: str) -> bool:
        """Whether this service is switched on for the client; one that is off does not exist for it."""
        return self.services is None or service in self.services

    def offers(self, default: str, every: Iterable[str]) -> tuple[str, ...]:
        """The languages it may be answered in, the one to fall back on first."""
        return self.languages or (default, *(language for language in every if language != default))


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of one call, and the tenant of its token if it named one."""

    client: Client
    tenant: str | None = None

    @property
    def key(self) -> str:
        """Whose memory the call may use: what one tenant stored, no other sees."""
        return f"{self.client.id}/{self.tenant}" if self.tenant is not None else self.client.id


DEVELOPMENT = Client(id="development")
"""Everyone, where no clients are configured; only on loopback unless the operator says otherwise."""
