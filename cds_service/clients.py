"""Who may call: the EHR clients of an installation, as the rest of the street knows them.

`cds_service.clients_file` reads them from TOML; `cds_service.auth` says which of them is calling.
"""

from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR and what was agreed with it.

    Attributes:
        id: a short name for logs, metrics and reports; never a secret.
        issuer: the ``iss`` of its tokens; None in development mode, where callers are not authenticated.
        tenants: the ``tenant`` claims it may use; empty when it has none.
        fhir_servers: base URLs its data may be fetched from. Empty: never fetch.
        edition: the guideline edition it asked for; None for the installation's.
        languages: what it may be answered in, its default first; empty for all, with the installation's default.
        services: ids of the services it may call; None for all.
        silence: what is computed and not shown.
        policy: id of the site policy that applies; None for the installation's.
        code_maps: paths of the local code maps that are read with the shipped value sets.
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
