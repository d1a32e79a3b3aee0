"""The link of a card to the reference page of its chapter, in the language and the edition of the card."""

from collections.abc import Callable

from flask import request

from cds_service.app_pages.reference import address_of
from cds_service.auth import own_address
from cds_service.settings import Settings
from hooks.cards import Composed
from hooks.response import Link, LinkType
from hooks.texts import Speaker

Home = Callable[[str | None], str | None]
"""Where browsers reach this service, for a call with data at this FHIR server; None where nobody told."""

_OWN_SERVER = "/sandbox/fhir"


def home_of(settings: Settings) -> Home:
    """The public address of the installation; for the EHR of the sandbox, on this machine, that of the request."""

    def home(fhir_server: str | None) -> str | None:
        if settings.public_url is not None or not settings.sandbox:
            return settings.public_url
        own = own_address(request)
        return own if own is not None and fhir_server == f"{own}{_OWN_SERVER}" else None

    return home


def reference_link(made: Composed, home: str, speaker: Speaker) -> Link | None:
    """Where the rule that leads a card can be read; None for a card without findings, such as that of a fault."""
    if not made.findings:
        return None
    path = address_of(made.findings[0].rule.id, speaker.language, speaker.edition.id)
    return None if path is None else Link(label=speaker.word("read-on"), url=f"{home}{path}", type=LinkType.ABSOLUTE)
