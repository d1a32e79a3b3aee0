"""A session's token is renewed before it ends, by one worker at a time: a refresh token is good for one use."""

import logging
import time
from collections.abc import Callable

import msgspec

from cds_service.clients import Client, SmartApp
from cds_service.smart.holding import Key, Opened, encoded, read_opened
from cds_service.smart.outgoing import Unreachable
from cds_service.smart.refusals import Reason, SmartRefusal
from cds_service.smart.tokens import Refused, TokenDesk, Tokens, Unusable
from cds_service.store.held import Found, Vault

_EARLY = 60  # seconds before its end a token is renewed
_LEASE = 15.0  # seconds one worker has for it: longer than the token endpoint is waited for
_PATIENCE = 9.0  # seconds another one waits for that
_STEP = 0.1

_log = logging.getLogger("osteohooks")


class Renewal:
    """For one request."""

    def __init__(self, vault: Vault, desk: TokenDesk, now: Callable[[], float]) -> None:
        self._vault, self._desk, self._now = vault, desk, now

    def fresh(self, key: Key, found: Found, opened: Opened, client: Client) -> Opened:
        """The session with a token that is good for a while.

        Raises:
            SmartRefusal: access has ended, or the EHR cannot be asked for more.
            Unavailable: the store cannot be used.
        """
        if opened.token_ends is None or opened.token_ends - self._now() > _EARLY:
            return opened
        if opened.refresh_token is None:
            return self._to_its_end(key, opened, client)
        if not self._vault.lease(key.handle, found.version, _LEASE):
            return self._renewed_by_another(key, found, opened, client)
        assert client.smart is not None, "only such clients have sessions"
        try:
            tokens = self._asked(client.smart, opened, opened.refresh_token)
        except Unreachable:
            self._vault.release(key.handle, found.version)
            return self._while_good(opened, client)
        if tokens is None:
            self._vault.drop(key.handle)
            raise SmartRefusal(Reason.ENDED, client)
        renewed = _with(opened, tokens)
        if not self._vault.replace(key.handle, encoded(renewed), found.version):
            raise SmartRefusal(Reason.ENDED, client)  # it was closed meanwhile
        return renewed

    def _asked(self, app: SmartApp, opened: Opened, refresh_token: str) -> Tokens | None:
        try:
            return self._desk.refresh(app, opened.configuration, refresh_token)
        except (Refused, Unusable) as why:
            extra = {"event": "app not opened", "client": opened.client, "error": type(why)}
            _log.info("a token of client %s was not renewed: %s", opened.client, type(why).__name__, extra=extra)
            return None

    def _renewed_by_another(self, key: Key, found: Found, opened: Opened, client: Client) -> Opened:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            time.sleep(_STEP)
            again = self._vault.find(key.handle)
            if again is None:
                raise SmartRefusal(Reason.ENDED, client)
            if again.version != found.version:
                return read_opened(again.content)
        return self._while_good(opened, client)

    def _to_its_end(self, key: Key, opened: Opened, client: Client) -> Opened:
        """There is no refresh token: the session lasts as long as its token."""
        if opened.token_ends is not None and opened.token_ends > self._now():
            return opened
        self._vault.drop(key.handle)
        raise SmartRefusal(Reason.ENDED, client)

    def _while_good(self, opened: Opened, client: Client) -> Opened:
        """The EHR does not answer: the old token serves while it is good, and nothing is lost after that."""
        if opened.token_ends is not None and opened.token_ends > self._now():
            return opened
        raise SmartRefusal(Reason.EHR_UNREACHABLE, client)


def _with(opened: Opened, tokens: Tokens) -> Opened:
    """The same patient and user, for a refresh cannot change them; scopes may have become fewer."""
    return msgspec.structs.replace(
        opened,
        access_token=tokens.access,
        refresh_token=tokens.refresh or opened.refresh_token,
        token_ends=tokens.ends,
        scopes=tokens.scopes or opened.scopes,
    )
