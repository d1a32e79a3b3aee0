"""Who uses the app, for which patient, and what the EHR's token gives: the one door of the pages.

A page asks `current` first. The patient of a page is the one its address names, never the one that was opened last:
with two charts open, a form sent from the first must not reach the second. So every link and form of a page carries the
``ticket`` of its session: `AppSession.at` makes addresses, `AppSession.hidden` the fields of a form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Request

from cds_service.clients import Client
from cds_service.smart.scopes import covers
from hooks.app_context import AppContext

TICKET, CSRF, CSRF_HEADER = "s", "csrf", "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class AppSession:
    """One launch of the app, as long as it lasts.

    Attributes:
        client: the EHR.
        patient_id, encounter_id: logical ids on the FHIR server.
        user: the clinician, a relative reference such as ``Practitioner/7``; None when the EHR does not tell.
        fhir_server: base address, without a slash at the end.
        access_token: good for at least the next half minute, unless the EHR says otherwise. Never logged.
        scopes: what the EHR granted, of version 1 or 2, in its words.
        language: of the page, ``en`` or ``fr``.
        app_context: the rule or form the app was opened for.
        can_write: whether answers may be written back: QuestionnaireResponses and Observations may be created.
        ticket: what the addresses of this session carry; `at` and `hidden` add it.
        csrf: what a form or script must send back with everything that is not GET; `hidden` has it.
        id: of the session, to keep something beside it; tells nothing and opens nothing.
        frame_ancestors: origins that may show the pages of this session in a frame.
    """

    client: Client
    patient_id: str
    encounter_id: str | None
    user: str | None
    fhir_server: str
    access_token: str = field(repr=False)
    scopes: frozenset[str]
    language: str
    app_context: AppContext
    can_write: bool
    ticket: str = field(repr=False)
    csrf: str = field(repr=False)
    id: str
    frame_ancestors: tuple[str, ...] = ()

    def at(self, path: str, **query: str) -> str:
        """An address within the app that belongs to this session: ``session.at("/app/forms/mirels")``."""
        return f"{path}?{urlencode({**query, TICKET: self.ticket})}"

    @property
    def hidden(self) -> Mapping[str, str]:
        """The hidden fields of every form of this session, by name."""
        return {TICKET: self.ticket, CSRF: self.csrf}

    def may(self, interaction: str, kind: str) -> bool:
        """Whether the token gives an interaction (one of ``c r u d s``) on a resource type."""
        return covers(self.scopes, interaction, kind)


def current(request: Request) -> AppSession:
    """The session that a request belongs to; its token is renewed where it ends soon.

    Everything but GET and HEAD must carry the session's ``csrf`` as a field of the form or in the header
    ``X-CSRF-Token``.

    Raises:
        SmartRefusal: there is none, it has ended, or the request was not made by a page of it. It leaves as a page that
            says what to do; let it pass.
    """
    raise NotImplementedError
