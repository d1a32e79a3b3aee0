"""Who uses the app, for which patient, and what the EHR's token gives: the one door of the pages.

A page asks `current` first. The patient of a page is the one its address names, never the one that was opened last:
with two charts open, a form sent from the first must not reach the second. So every link and form of a page carries the
``ticket`` of its session: `AppSession.at` makes addresses, `AppSession.hidden` the fields of a form.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from flask import Request, current_app

from cds_service.clients import Caller, Client, SmartApp
from cds_service.errors import TooManyCalls
from cds_service.operations import note
from cds_service.operations.rates import Rates
from cds_service.smart.holding import Cookies, Key, Opened, encoded, read_opened
from cds_service.smart.refusals import Reason, SmartRefusal
from cds_service.smart.registry import Registry
from cds_service.smart.renewal import Renewal
from cds_service.smart.scopes import covers, may_write
from cds_service.smart.tokens import TokenDesk
from cds_service.store.engine import Unavailable
from cds_service.store.held import Vault, named
from hooks.app_context import AppContext, read_app_context

EXTENSION = "osteohooks.smart"
OFTEN = "300/minute"  # requests of one session: nobody types or clicks five times a second for long
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
    app: Sessions = current_app.extensions[EXTENSION]
    return app.current(request)


_ONE_SESSION = Client("sessions")  # counted one by one, by the public part of their tickets


class Sessions:
    """The sessions of an installation, for all its workers.

    Args:
        registry: who may launch the app.
        vault: where they are held, sealed.
        desk: renews their tokens and gives them back.
        cookies: hold their secrets.
        now: seconds of the epoch.
    """

    def __init__(
        self,
        registry: Registry,
        vault: Vault,
        desk: TokenDesk,
        cookies: Cookies,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._registry, self._vault, self._desk, self._now = registry, vault, desk, now
        self._cookies, self._rates = cookies, Rates(OFTEN)

    def open(self, opened: Opened, client: Client) -> Key:
        """Begin a session."""
        app, key = registered(client), Key.new(self._now())
        self._vault.put(key.handle, encoded(opened), timedelta(seconds=app.lasts), timedelta(seconds=app.idle))
        return key

    def current(self, request: Request) -> AppSession:
        """As `current`."""
        try:
            return self._current(request)
        except Unavailable:
            raise SmartRefusal(Reason.STORE_AWAY) from None

    def close(self, request: Request) -> tuple[AppSession, Key]:
        """End the session of a request, and give its tokens back to the EHR as far as it takes them.

        Raises:
            SmartRefusal: as `current`.
        """
        session, key = self.current(request), self._key(request)
        try:
            held = self._vault.take(key.handle)
        except Unavailable:
            raise SmartRefusal(Reason.STORE_AWAY, session.client) from None
        if held is not None:  # else somebody else has just closed it
            opened = read_opened(held)
            tokens = (("refresh_token", opened.refresh_token), ("access_token", opened.access_token))
            self._desk.revoke(registered(session.client), opened.configuration, tokens)
        return session, key

    def _current(self, request: Request) -> AppSession:
        key = self._key(request)
        found = self._vault.find(key.handle)
        if found is None:
            raise SmartRefusal(Reason.ENDED)
        opened = read_opened(found.content)
        client = self._registry.find(opened.client, opened.fhir_server)
        if client is None:
            raise SmartRefusal(Reason.ENDED)
        self._admit(key, client)
        if request.method not in ("GET", "HEAD") and not _is_ours(request, key):
            raise SmartRefusal(Reason.FORGED, client)
        note.current().client = client.id
        self._vault.used(key.handle, found, timedelta(seconds=registered(client).idle))
        opened = Renewal(self._vault, self._desk, self._now).fresh(key, found, opened, client)
        return _session(client, opened, key, keeps_cookie="." not in _ticket(request))

    def _admit(self, key: Key, client: Client) -> None:
        try:
            self._rates.admit(Caller(_ONE_SESSION), key.public)
        except TooManyCalls:
            raise SmartRefusal(Reason.TOO_FAST, client) from None

    def _key(self, request: Request) -> Key:
        ticket = _ticket(request)
        key = self._cookies.key(ticket, request)
        if key is None:
            raise SmartRefusal(Reason.ENDED if ticket else Reason.NO_SESSION)
        return key


def registered(client: Client) -> SmartApp:
    """How the app is registered with a client that may launch it."""
    assert client.smart is not None, "only such clients launch the app"
    return client.smart


def _ticket(request: Request) -> str:
    return str(request.args.get(TICKET) or request.form.get(TICKET) or "")


def _is_ours(request: Request, key: Key) -> bool:
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF) or ""
    return hmac.compare_digest(sent.encode("utf-8", "replace"), key.csrf.encode())


def _session(client: Client, opened: Opened, key: Key, *, keeps_cookie: bool) -> AppSession:
    return AppSession(
        client=client,
        patient_id=opened.patient,
        encounter_id=opened.encounter,
        user=opened.user,
        fhir_server=opened.fhir_server,
        access_token=opened.access_token,
        scopes=opened.scopes,
        language=opened.language,
        app_context=read_app_context(opened.context),
        can_write=may_write(opened.scopes),
        ticket=key.public if keeps_cookie else key.whole,
        csrf=key.csrf,
        id=named(key.handle),
        frame_ancestors=registered(client).frame_ancestors,
    )
