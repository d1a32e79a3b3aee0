"""What each client works with on a day: the tables of the product under its policy and with its codes.

Every version of every policy is applied once, at the start, so that a call only looks up its own; a bad one stops the
start. Which version holds is decided by the day of the call.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from cds_service.clients import Client
from cds_service.pipeline import Parts, build_parts
from cds_service.settings import Settings
from cds_service.site.code_maps import Rows, read_code_map
from cds_service.site.policy_file import Versions, read_policy
from fhir_mappers.local_codes import BadCodeMap
from hooks.policy import BadPolicy, Policy
from hooks.services import Service, services

EVERYONE = Client(id="everyone")
"""Stands for a caller with nothing of its own."""
_Key = tuple[str | None, tuple[str, ...]]


class Site:
    """The parts by client and day.

    Args:
        today: the clock.
        edition: the installation's edition.
        policy: the installation's policy, for clients that have none of their own.
        clients: everyone who may call; what they work with is made at once.
        given: what everyone works with, whatever else is said; for tests.
        key: of the fingerprints by which the memory knows facts again.

    Raises:
        BadPolicy: a policy or a code map must not be used; every problem is named.
    """

    def __init__(
        self,
        today: Callable[[], date],
        edition: str,
        policy: Path | None = None,
        clients: Iterable[Client] = (),
        given: Parts | None = None,
        key: bytes = b"",
    ) -> None:
        self.today, self._edition, self._default = given.today if given else today, edition, policy
        self._given = replace(given, key=key) if given and key else given
        self._key, self._clients = key, tuple(clients)
        self._policies: dict[Path, Versions] = {}
        self._codes: dict[str, Rows] = {}
        self._parts: dict[_Key, Parts] = {}
        if given is None:
            self._read(self._clients)

    def parts(self, client: Client, day: date) -> Parts:
        """What a call of this client on this day works with."""
        parts = self._of(client, day)
        return parts if client.edition in (None, parts.edition) else replace(parts, edition=str(client.edition))

    def policy_of(self, client: Client) -> Versions | None:
        """The policy of a client: its own, else the installation's, else none."""
        path = Path(client.policy) if client.policy else self._default
        return self._policies[path] if path else None

    def services(self) -> tuple[Service, ...]:
        """What is offered to everyone: the codes of the installation's policy are asked for too."""
        asking = self.parts(EVERYONE, self.today()).services
        return tuple(asking.values()) if asking else services()

    @property
    def policies(self) -> tuple[Versions, ...]:
        """Every policy in use."""
        return tuple(self._policies.values())

    @property
    def shipped(self) -> Parts:
        """The product without policy and codes."""
        return self._given or self._made(None, ())

    def in_use(self, day: date) -> tuple[Parts, ...]:
        """What calls work with on a day, each once, as shipped first."""
        found = (self.shipped, *(self._of(client, day) for client in (*self._clients, EVERYONE)))
        return tuple({id(parts): parts for parts in found}.values())

    def _of(self, client: Client, day: date) -> Parts:
        if self._given is not None:
            return self._given
        versions = self.policy_of(client)
        return self._made(versions.on(day) if versions else None, client.code_maps)

    def _read(self, clients: tuple[Client, ...]) -> None:
        problems: list[str] = []
        own = [Path(client.policy) for client in clients if client.policy]
        for path in dict.fromkeys([*([self._default] if self._default else []), *own]):
            try:
                self._policies[path] = read_policy(path)
            except BadPolicy as wrong:
                problems += wrong.problems
        for file in dict.fromkeys(file for client in clients for file in client.code_maps):
            try:
                self._codes[file] = read_code_map(Path(file))
            except BadCodeMap as wrong:
                problems += (f"code map {file}: {sentence}" for sentence in wrong.problems)
        if problems:
            raise BadPolicy(tuple(problems))
        self._make(clients)

    def _make(self, clients: tuple[Client, ...]) -> None:
        problems: list[str] = []
        self._made(None, ())
        for client in (*clients, EVERYONE):
            versions = self.policy_of(client)
            for version in (None, *(versions.all if versions else ())):
                try:
                    self._made(version, client.code_maps)
                except BadCodeMap as wrong:
                    problems += (f"client {client.id}, code maps: {sentence}" for sentence in wrong.problems)
        if problems:
            raise BadPolicy(tuple(dict.fromkeys(problems)))

    def _made(self, policy: Policy | None, files: tuple[str, ...]) -> Parts:
        key: _Key = (policy.version if policy else None, files)
        if key not in self._parts:
            codes = tuple(row for file in files for row in self._codes[file])
            self._parts[key] = replace(build_parts(self.today, self._edition, policy, codes), key=self._key)
        return self._parts[key]


def open_site(settings: Settings, clients: Iterable[Client] = ()) -> Site:
    """The site of an installation.

    Raises:
        SystemExit: with one line per problem.
    """
    try:
        return Site(settings.today, settings.edition, settings.policy, clients)
    except BadPolicy as wrong:
        raise refusal(wrong) from None


def refusal(wrong: BadPolicy) -> SystemExit:
    """Why the service cannot start, one line per problem."""
    return SystemExit("\n".join(["Osteohooks cannot start.", *(f"  {each}" for each in wrong.problems)]))
