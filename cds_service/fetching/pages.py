"""One prefetch key from a FHIR server: a resource, or a search with all its pages as one Bundle."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cds_service.fetching.addresses import Base
from cds_service.fetching.limits import NotObtained
from fhir_mappers.record.answer import FAILED, INCOMPLETE, TOO_MUCH, UNREADABLE

if TYPE_CHECKING:
    from cds_service.fetching.exchange import Exchange  # not loaded for a command that fetches nothing

BUNDLE = "Bundle"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be fetched for one key.

    Attributes:
        key: the prefetch key.
        kind: the resource type asked for.
        path: what follows the base address: ``Patient/1`` or ``Condition?patient=1``.
        begun: the first page of a search, when the EHR sent that much.
    """

    key: str
    kind: str
    path: str
    begun: bytes | None = None


class _Link(msgspec.Struct):
    relation: str | None = None
    url: str | None = None


class Page(msgspec.Struct, rename="camel"):
    """A resource of any type; of a Bundle its links, and its entries as bytes."""

    resource_type: str
    link: list[_Link] | None = None
    entry: list[msgspec.Raw] | None = None

    @property
    def following(self) -> _Link | None:
        """The link to the next page."""
        return next((link for link in self.link or () if link.relation == "next"), None)


class _Bare(msgspec.Struct, rename="camel"):
    resource_type: str


_page = msgspec.json.Decoder(Page)
_bare = msgspec.json.Decoder(_Bare)


def read_page(body: bytes) -> Page:
    """The outermost shape of a resource. One of a shape that only its reader can mend counts as the only page.

    Raises:
        NotObtained: it is no FHIR resource, or pages may follow that nobody can find.
    """
    try:
        return _page.decode(body)
    except msgspec.ValidationError:
        mendable = b'"next"' not in body
    except (ValueError, RecursionError):
        mendable = False
    try:
        if mendable:
            return Page(_bare.decode(body).resource_type)
    except (ValueError, RecursionError):
        pass
    raise NotObtained(UNREADABLE)


def fetch(exchange: "Exchange", base: Base, wish: Wish) -> bytes:
    """The JSON of what was wished for.

    Raises:
        NotObtained: it could not be had, or not all of it.
    """
    first = f"{base.url}/{wish.path}"
    body = exchange.get(first) if wish.begun is None else wish.begun
    page = read_page(body)
    if page.resource_type == "OperationOutcome":
        raise NotObtained(FAILED)
    if page.resource_type != (BUNDLE if "?" in wish.path else wish.kind):
        raise NotObtained(UNREADABLE)
    return body if page.following is None else _joined(exchange, base, page, {first})


def _joined(exchange: "Exchange", base: Base, page: Page, seen: set[str]) -> bytes:
    """The entries of all pages in one Bundle; all or nothing."""
    entries = list(page.entry or ())
    while (link := page.following) is not None:
        url = base.next_page(link.url or "")
        if not link.url or url in seen:
            raise NotObtained(INCOMPLETE)  # a circle never ends
        seen.add(url)
        if len(seen) > exchange.limits.pages or len(entries) > exchange.limits.entries:
            raise NotObtained(TOO_MUCH)
        page = read_page(exchange.get(url))
        if page.resource_type != BUNDLE:
            raise NotObtained(UNREADABLE)
        entries += page.entry or ()
    return b'{"resourceType":"Bundle","type":"searchset","entry":[%b]}' % b",".join(map(bytes, entries))
