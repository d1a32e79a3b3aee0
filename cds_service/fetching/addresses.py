"""Which servers may be asked: the list of the client decides by address, and what a name resolves to is checked again.

A caller names the server it wants asked, so without this anybody could let the service knock on any door of the
hospital's network and carry a token there.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from cds_service.fetching.limits import NotObtained
from fhir_mappers.record.answer import INCOMPLETE

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")
_QUERY = re.compile(r"[!-~]*")
_PORTS = {"http": 80, "https": 443}
# Where clouds tell a machine its secrets; those outside the link-local range.
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Base:
    """The base address of a FHIR server, in one spelling: lower case, no default port, no slash at the end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port: whom the token is for."""
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"{self.origin}{self.path}"

    def holds(self, other: "Base") -> bool:
        """Whether the other one is this one or lies below it."""
        return self.origin == other.origin and f"{other.path}/".startswith(f"{self.path}/")

    def next_page(self, link: str) -> str:
        """The address a ``next`` link names, which must lie on this server: elsewhere the token must not go.

        Raises:
            NotObtained: it lies elsewhere or is no address.
        """
        try:
            parts = urlsplit(urljoin(f"{self.url}/", link))
            origin = _origin(parts.scheme, parts.hostname, parts.port)
        except ValueError:
            raise NotObtained(INCOMPLETE) from None
        ours = origin == (self.scheme, self.host, self.port) and "@" not in parts.netloc
        if not ours or not _is_plain(parts.path) or not _QUERY.fullmatch(parts.query):
            raise NotObtained(INCOMPLETE)
        return f"{self.origin}{parts.path}{f'?{parts.query}' if parts.query else ''}"


def read_base(url: str) -> Base | None:
    """The base address, or None where it is none of http or https, or hides something."""
    try:
        parts = urlsplit(url)
        origin = _origin(parts.scheme, parts.hostname, parts.port)
    except ValueError:
        return None
    if origin is None or "@" in parts.netloc or parts.query or parts.fragment or not _is_plain(parts.path):
        return None
    return Base(*origin, parts.path.rstrip("/"))


def listed(asked: Base, servers: Iterable[str]) -> Base | None:
    """The entry of a client's list that holds the server asked for; None where there is none."""
    for server in servers:
        base = read_base(server)
        if base is not None and base.holds(asked):
            return base
    return None


def is_permitted(found: str, host: str) -> bool:
    """Whether a name that resolved to ``found`` may be connected to.

    A listed name may lie inside the hospital (private addresses). It is never this machine, a neighbour on the link or
    a metadata service, unless the list names that very address, or ``localhost``.
    """
    address = _plain_address(ipaddress.ip_address(found.partition("%")[0]))
    if address.is_unspecified or address.is_multicast:
        return False
    named = _literal(host)
    if named is not None:
        return named == address
    if host == "localhost":
        return address.is_loopback
    return not (address.is_loopback or address.is_link_local or address in _METADATA)


def is_own_machine(base: Base) -> bool:
    """Whether the host names this machine, before anything is resolved."""
    named = _literal(base.host)
    return base.host == "localhost" or (named is not None and named.is_loopback)


def _literal(host: str) -> Address | None:
    try:
        return _plain_address(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None


def _plain_address(address: Address) -> Address:
    """An IPv4 address in the clothes of an IPv6 one is that IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _origin(scheme: str, hostname: str | None, port: int | None) -> tuple[str, str, int] | None:
    if scheme not in _PORTS or hostname is None or port == 0:
        return None
    host = f"[{hostname}]" if ":" in hostname else hostname
    return (scheme, host, port or _PORTS[scheme]) if _HOST.fullmatch(host) else None


def _is_plain(path: str) -> bool:
    """No steps upwards, not even encoded ones, and no character that two readers of URLs read differently."""
    return bool(_PATH.fullmatch(path)) and not {".", ".."} & set(unquote(path).split("/"))
