"""Which EHR launches the app: found by its FHIR server, and by its name where several share one."""

from collections.abc import Iterable
from dataclasses import replace

from cds_service.clients import DEVELOPMENT, Client, SmartApp
from cds_service.fetching.addresses import Base, is_own_machine, listed, read_base
from cds_service.smart.refusals import Reason, SmartRefusal

LAUNCH = "/smart/launch"
_OWN_ID = "osteohooks"


class Registry:
    """The clients that may launch the app.

    Args:
        clients: of the clients file.
        own_machine: whether a FHIR server on this machine may launch it without being configured; in development only.
    """

    def __init__(self, clients: Iterable[Client], *, own_machine: bool = False) -> None:
        self._clients = tuple(client for client in clients if client.smart is not None)
        self._own_machine = own_machine

    @property
    def clients(self) -> tuple[Client, ...]:
        """Those of the clients file."""
        return self._clients

    def launching(self, iss: str, name: str | None = None) -> tuple[Client, Base]:
        """The client whose FHIR server is ``iss``, or one below it; ``name`` says which where several share it.

        Raises:
            SmartRefusal: there is none, or it cannot be told which.
        """
        base = read_base(iss)
        if base is None:
            raise SmartRefusal(Reason.UNKNOWN_EHR)
        fitting = [client for client in self._clients if name in (None, client.id) and _holds(client, base)]
        if len(fitting) > 1:
            raise SmartRefusal(Reason.AMBIGUOUS_EHR)
        if fitting:
            return fitting[0], base
        if self._own_machine and is_own_machine(base):
            return _development(base), base
        raise SmartRefusal(Reason.UNKNOWN_EHR)

    def alone(self, name: str | None, iss: str | None) -> tuple[Client, Base]:
        """The client to begin with when nobody launches: by its name, or by its FHIR server; the only one by neither.

        Raises:
            SmartRefusal: there is none, or it cannot be told which.
        """
        if iss is not None:
            return self.launching(iss, name)
        named = [client for client in self._clients if name in (None, client.id)]
        if len(named) > 1:
            raise SmartRefusal(Reason.AMBIGUOUS_EHR)
        if not named:
            raise SmartRefusal(Reason.UNKNOWN_EHR)
        return named[0], _base(_app(named[0]))

    def address(self, client: Client, fhir_server: str | None) -> str | None:
        """Where a client launches the app, as a path, for a link on a card; None where it cannot.

        The link names the client only where its FHIR server does not tell it: EHRs compare launch addresses by letter.
        """
        if fhir_server is None and client.smart is None:
            return None
        if fhir_server is not None and self.find(client.id, fhir_server) is None:
            return None
        shared = [other for other in self._clients if client.smart and _holds(other, _base(client.smart))]
        return f"{LAUNCH}?ehr={client.id}" if len(shared) > 1 else LAUNCH

    def find(self, name: str, fhir_server: str) -> Client | None:
        """The client of a session, as it is configured now; None when it may not launch the app any more."""
        try:
            client, _ = self.launching(fhir_server, None if name == DEVELOPMENT.id else name)
        except SmartRefusal:
            return None
        return client if client.id == name else None


def _base(app: SmartApp) -> Base:
    base = read_base(app.fhir_server)
    assert base is not None, "checked when the clients file was read"
    return base


def _app(client: Client) -> SmartApp:
    assert client.smart is not None, "only those with an app are kept"
    return client.smart


def _holds(client: Client, base: Base) -> bool:
    """Whether it lies below the FHIR server of the app, or with it below an address that the client lists."""
    own = _base(_app(client))
    around = (each for each in client.fhir_servers if listed(own, (each,)) is not None)
    return listed(base, (_app(client).fhir_server, *around)) is not None


def _development(base: Base) -> Client:
    return replace(DEVELOPMENT, smart=SmartApp(base.url, _OWN_ID, frame_ancestors=(base.origin,)))
