"""Opening the app: from a chart or a card, alone, and back from the EHR's login (SMART App Launch 2.2).

What must be remembered between leaving and coming back is held in the store under ``state``, and used once: browsers
embedded in an EHR lose cookies on the way.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Request

from cds_service.auth import own_address
from cds_service.clients import Caller, Client
from cds_service.errors import TooManyCalls
from cds_service.fetching.addresses import Base, read_base
from cds_service.operations.rates import Rates
from cds_service.smart.configuration import Configurations
from cds_service.smart.holding import LAUNCH_LASTS, Launch, Opened, encoded, read_launch
from cds_service.smart.identity import Identity, NotBelieved
from cds_service.smart.outgoing import Unreachable
from cds_service.smart.refusals import Reason, SmartRefusal, page_language
from cds_service.smart.registry import Registry
from cds_service.smart.scopes import EHR_LAUNCH, STANDALONE, wanted
from cds_service.smart.sessions import registered
from cds_service.smart.tokens import Refused, TokenDesk, Tokens, Unusable, kinds_read, new_verifier
from cds_service.store.engine import Unavailable
from cds_service.store.held import Vault
from hooks.app_context import read_app_context

CALLBACK = "/smart/callback"
OFTEN = "600/minute"  # launches from one address: each is held in the store for ten minutes
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LONGEST = 4000  # characters of a parameter; some codes are whole tokens

_ANYBODY = Client("launches")  # who launches is not known yet: counted by address

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Launcher:
    """Begins and completes launches.

    Attributes:
        registry: who may launch the app.
        configurations, desk, identity: the dealings with the EHR.
        vault: what is held meanwhile.
        public_url: the address of this service as browsers know it; None on this machine.
        language: of the installation.
        rates: how often it may be launched.
    """

    registry: Registry
    configurations: Configurations
    desk: TokenDesk
    identity: Identity
    vault: Vault
    public_url: str | None
    language: str
    rates: Rates = field(default_factory=lambda: Rates(OFTEN))

    def from_ehr(self, request: Request) -> str:
        """Where to send a browser that an EHR has sent here with ``iss`` and ``launch``.

        Raises:
            SmartRefusal: nowhere.
        """
        iss, launch = _one(request, "iss"), _one(request, "launch")
        if not iss or not launch:
            raise SmartRefusal(Reason.INCOMPLETE)
        client, base = self.registry.launching(iss, _one(request, "ehr"))
        return self._begun(request, client, base, iss, EHR_LAUNCH, {"launch": launch}, None)

    def alone(self, request: Request) -> str:
        """Where to send a browser that was opened without an EHR: the user picks the patient there.

        Raises:
            SmartRefusal: nowhere.
        """
        client, base = self.registry.alone(_one(request, "ehr"), _one(request, "iss"))
        again = request.full_path.rstrip("?")
        return self._begun(request, client, base, base.url, STANDALONE, {}, again)

    def completed(self, request: Request) -> tuple[Opened, Client]:
        """The session that begins when the browser comes back.

        Raises:
            SmartRefusal: none does.
        """
        state = _one(request, "state")
        held = self._stored(lambda: self.vault.take(_named(state))) if state else None
        if held is None:
            raise SmartRefusal(Reason.UNKNOWN_STATE)
        launch = read_launch(held)
        client, base = self.registry.find(launch.client, launch.iss), read_base(launch.iss)
        if client is None or base is None:
            raise SmartRefusal(Reason.UNKNOWN_EHR)
        try:
            return self._opened(request, launch, client, base), client
        except SmartRefusal as refusal:
            raise SmartRefusal(refusal.reason, client, launch.again) from None
        except Unreachable:
            raise SmartRefusal(Reason.EHR_UNREACHABLE, client, launch.again) from None

    def _begun(
        self,
        request: Request,
        client: Client,
        base: Base,
        iss: str,
        kind: tuple[str, ...],
        more: dict[str, str],
        again: str | None,
    ) -> str:
        self._admit(request, client, again)
        home = self.public_url or own_address(request)
        if home is None:
            raise SmartRefusal(Reason.NO_ADDRESS, client, again)
        app, state, nonce, verifier = registered(client), _random(), _random(), new_verifier()
        try:
            said = self.configurations.of(app, base)
        except Unreachable:
            raise SmartRefusal(Reason.EHR_UNREACHABLE, client, again) from None
        except SmartRefusal as refusal:
            raise SmartRefusal(refusal.reason, client, again) from None
        scope = wanted(kind, kinds_read(), said.scopes, said.capabilities, app.scopes)
        context = str(read_app_context(_one(request, "appContext")))
        language = page_language(client, self.language)
        where = f"{home}{CALLBACK}"
        launch = Launch(client.id, iss, where, verifier, nonce, scope, context, language, said, again)
        self._stored(lambda: self.vault.put(_named(state), encoded(launch), LAUNCH_LASTS))
        asked = {"state": state, "nonce": nonce, "aud": iss, "scope": scope, **more}
        return self.desk.address(app, said, where, verifier, **asked)

    def _admit(self, request: Request, client: Client, again: str | None) -> None:
        try:
            self.rates.admit(Caller(_ANYBODY), request.remote_addr)
        except TooManyCalls:
            raise SmartRefusal(Reason.TOO_MANY, client, again) from None

    def _opened(self, request: Request, launch: Launch, client: Client, base: Base) -> Opened:
        _refuse_errors(request, launch)
        tokens = self._redeemed(client, launch, _one(request, "code") or "")
        scopes = tokens.scopes or frozenset(launch.scope.split())
        user = None
        if "openid" in scopes or tokens.said.get("id_token") is not None:
            user = self._user(client, launch, tokens, base)
        patient, encounter = _logical_id(tokens.said.get("patient")), _logical_id(tokens.said.get("encounter"))
        if patient is None:
            raise SmartRefusal(Reason.NO_PATIENT)
        context = read_app_context(tokens.said.get("appContext"))
        return Opened(
            client=client.id,
            fhir_server=base.url,
            patient=patient,
            encounter=encounter,
            user=user,
            access_token=tokens.access,
            refresh_token=tokens.refresh,
            token_ends=tokens.ends,
            scopes=scopes,
            language=launch.language,
            context=str(context) or launch.context,
            configuration=launch.configuration,
        )

    def _redeemed(self, client: Client, launch: Launch, code: str) -> Tokens:
        try:
            said = launch.configuration
            return self.desk.redeem(registered(client), said, launch.redirect_uri, launch.verifier, code)
        except Refused:
            raise SmartRefusal(Reason.CODE_REFUSED) from None
        except Unusable:
            raise SmartRefusal(Reason.NO_TOKEN) from None

    def _user(self, client: Client, launch: Launch, tokens: Tokens, base: Base) -> str | None:
        id_token, app = tokens.said.get("id_token"), registered(client)
        try:
            return self.identity.user(id_token, tokens.access, app.client_id, launch.nonce, launch.configuration, base)
        except NotBelieved:
            raise SmartRefusal(Reason.IDENTITY) from None

    def _stored(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Unavailable:
            raise SmartRefusal(Reason.STORE_AWAY) from None


def _refuse_errors(request: Request, launch: Launch) -> None:
    """What the authorization server says instead of a code, or says of itself (RFC 6749 4.1.2.1, RFC 9207)."""
    issuer, error = _one(request, "iss"), _one(request, "error")
    if issuer is not None and issuer != launch.configuration.issuer:
        raise SmartRefusal(Reason.WRONG_ISSUER)
    if error is not None:
        raise SmartRefusal(Reason.DECLINED if error == "access_denied" else Reason.EHR_REFUSED)
    if not _one(request, "code"):
        raise SmartRefusal(Reason.EHR_REFUSED)


def _one(request: Request, name: str) -> str | None:
    """A parameter that may stand there once."""
    found = request.args.getlist(name)
    if len(found) > 1 or any(len(value) > _LONGEST for value in found):
        raise SmartRefusal(Reason.INCOMPLETE)
    return found[0] if found else None


def _logical_id(value: Any) -> str | None:
    """A logical id of FHIR, which can stand in an address; None where the EHR gave something else."""
    return value if isinstance(value, str) and _ID.fullmatch(value) and value.strip(".") else None


def _named(state: str) -> str:
    return f"launch {state}"


def _random() -> str:
    return secrets.token_urlsafe(32)
