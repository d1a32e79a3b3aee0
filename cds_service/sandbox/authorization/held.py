"""What the authorization server remembers, in memory: launches, codes and tokens, each with its end."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from cds_service.sandbox.scopes import Access

LAUNCH_LASTS, CODE_LASTS, ACCESS_LASTS, REFRESH_LASTS = 600, 60, 600, 8 * 3600  # seconds
_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Launch:
    """The context in which an app is opened; ``more`` are further parameters of the token response (``intent`` …)."""

    patient: str | None = None
    encounter: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user granted: to whom they gave access in which context, asked for at which FHIR server."""

    user: str
    launch: Launch
    audience: str


@dataclass(frozen=True, slots=True)
class Code:
    """One authorization code, in the words of OAuth; Authlib asks for them by these names."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    decision: Decision
    code_challenge: str
    code_challenge_method: str
    nonce: str | None
    auth_time: int

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope

    def get_nonce(self) -> str | None:
        """The nonce of the request, for the id_token."""
        return self.nonce

    def get_auth_time(self) -> int:
        """When the user was authenticated, in seconds of the epoch."""
        return self.auth_time

    def get_acr(self) -> None:
        """No particular way of authentication."""

    def get_amr(self) -> None:
        """No particular method of authentication."""


@dataclass(frozen=True, slots=True)
class Token:
    """What was issued for one code or refresh token, in the words of OAuth."""

    access: str
    refresh: str | None
    client_id: str
    scope: str
    decision: Decision
    code: str | None = None

    def check_client(self, client: Any) -> bool:
        """Whether it was issued to this client."""
        return bool(client.get_client_id() == self.client_id)

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope

    def opens(self) -> Access:
        """What it gives at the FHIR server."""
        return Access.of(self.scope.split(), self.decision.launch.patient)


class Held:
    """Thread-safe; the oldest entries go first when there are too many. ``now`` counts seconds of the epoch."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self._lock = Lock()
        self._kept: dict[str, OrderedDict[str, tuple[Any, float]]] = {}

    def launch(self, launch: Launch) -> str:
        """Keep a launch; the handle that goes to the app."""
        handle = secrets.token_urlsafe(24)
        self._keep("launch", handle, launch, LAUNCH_LASTS)
        return handle

    def launched(self, handle: str) -> Launch | None:
        """The launch behind a handle."""
        found: Launch | None = self._find("launch", handle)
        return found

    def keep_code(self, code: Code) -> None:
        """Keep a code until it is used."""
        self._keep("code", code.code, code, CODE_LASTS)

    def take_code(self, code: str) -> Code | None:
        """The code, once. Used a second time, it was stolen by one of the two: what came of it is revoked."""
        found: Code | None = self._take("code", code)
        if found is None:
            self.revoke_where(lambda token: token.code == code)
        return found

    def keep_token(self, token: Token) -> None:
        """Keep what was issued."""
        self._keep("access", token.access, token, ACCESS_LASTS)
        if token.refresh:
            self._keep("refresh", token.refresh, token, REFRESH_LASTS)

    def token(self, access: str) -> Token | None:
        """The token of this access token, if it is still good."""
        found: Token | None = self._find("access", access)
        return found

    def refreshable(self, refresh: str) -> Token | None:
        """The token of this refresh token, if it is still good."""
        found: Token | None = self._find("refresh", refresh)
        return found

    def access(self, bearer: str) -> Access | None:
        """What a bearer token gives; None when it is not good."""
        token = self.token(bearer)
        return token.opens() if token is not None else None

    def revoke_where(self, meant: Callable[[Token], bool]) -> None:
        """End every token that is meant, access and refresh."""
        with self._lock:
            for kind in ("access", "refresh"):
                kept = self._kept.get(kind, OrderedDict())
                for key in [key for key, (token, _) in kept.items() if meant(token)]:
                    del kept[key]

    def end_access(self, access: str) -> None:
        """End one access token; its refresh token stays."""
        self._take("access", access)

    def _keep(self, kind: str, key: str, value: Any, lasts: float) -> None:
        with self._lock:
            kept = self._kept.setdefault(kind, OrderedDict())
            kept[key] = (value, self.now() + lasts)
            while len(kept) > _KEPT:
                kept.popitem(last=False)

    def _find(self, kind: str, key: str) -> Any:
        with self._lock:
            value, end = self._kept.get(kind, OrderedDict()).get(key, (None, 0.0))
            return value if end > self.now() else None

    def _take(self, kind: str, key: str) -> Any:
        with self._lock:
            value, end = self._kept.get(kind, OrderedDict()).pop(key, (None, 0.0))
            return value if end > self.now() else None
