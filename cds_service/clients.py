"""Who may call: the EHR clients of an installation, as the rest of the street knows them.

`cds_service.clients_file` reads them from TOML; `cds_service.auth` says which of them is calling.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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
        return self.rules.intersection(rules) if self.rules else self.rules  # mostly none


@dataclass(frozen=True, slots=True)
class SmartApp:
    """How the app is registered with one EHR (SMART App Launch 2).

    Attributes:
        fhir_server: base address the app is launched for; an ``iss`` below it counts as the same.
        client_id: what the EHR calls the app.
        secret: the client secret; None where the app is public or signs with ``key``.
        key: a private key (of joserfc) that signs client assertions; None where it has none.
        scopes: asked for in these words; empty for those the app needs, in the version the EHR understands.
        authorization_servers: base addresses besides the FHIR server's origin that may authorize, give tokens and keys.
        issuer: the ``iss`` of its id_tokens; None for what its configuration says.
        frame_ancestors: origins that may show the app in a frame.
        lasts, idle: seconds after which a session ends: from its start, and from its last use.
    """

    fhir_server: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    key: Any = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()
    authorization_servers: tuple[str, ...] = ()
    issuer: str | None = None
    frame_ancestors: tuple[str, ...] = ()
    lasts: int = 4 * 3600
    idle: int = 30 * 60


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR and what was agreed with it.

    Attributes:
        id: a short name for logs, metrics and reports; never a secret.
        issuer: the ``iss`` of its tokens; None in development mode, where callers are not authenticated, and for an EHR
            that only launches the app.
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
        smart: how the app is registered with it; None: it cannot launch the app.
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
    smart: SmartApp | None = None

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
