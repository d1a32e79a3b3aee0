"""Why the app does not open, or not any more: one page in words for the clinician, one line of log for the operator."""

import logging
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from flask import Flask, Response, render_template, request

from cds_service.assets import page, page_policy
from cds_service.clients import Client
from cds_service.errors import Refusal
from cds_service.operations import note
from cds_service.operations.fields import named
from hooks.texts import LANGUAGES

_log = logging.getLogger("osteohooks")


class Reason(StrEnum):
    """For the log; docs/smart.md says what to do about each. The page says it in other words (``words.toml``)."""

    INCOMPLETE = "the launch lacks iss or launch, or names one of them twice"
    UNKNOWN_EHR = "iss is the FHIR server of no client with a table smart"
    AMBIGUOUS_EHR = "several clients have this FHIR server, and the launch address names none of them"
    TOO_MANY = "more launches from one address than anybody needs"
    NO_ADDRESS = "OSTEOHOOKS_PUBLIC_URL is not set and Host is not this machine"
    EHR_UNREACHABLE = "the EHR gave no answer that can be read"
    NO_PKCE = "the EHR does not support PKCE with S256"
    FOREIGN_ADDRESS = "the configuration of the EHR names an address the clients file does not vouch for"
    UNKNOWN_STATE = "state is not known: too old, used before, or never ours"
    DECLINED = "the user or the EHR declined access"
    EHR_REFUSED = "the authorization server answered with an error"
    WRONG_ISSUER = "the answer comes from another issuer than the one that was asked"
    CODE_REFUSED = "the token endpoint refused the code, or the app"
    NO_TOKEN = "the answer of the token endpoint cannot be used"
    NO_PATIENT = "the EHR named no patient"
    IDENTITY = "the id_token cannot be believed"
    NO_SESSION = "the address names no session"
    ENDED = "the session has ended"
    FORGED = "the request was not made by a page of the session"
    TOO_FAST = "more requests of one session than anybody types"
    STORE_AWAY = "the store cannot be reached"


_STATUS: Mapping[Reason, int] = {
    Reason.EHR_UNREACHABLE: 502,
    Reason.NO_PKCE: 502,
    Reason.FOREIGN_ADDRESS: 502,
    Reason.EHR_REFUSED: 502,
    Reason.CODE_REFUSED: 502,
    Reason.NO_TOKEN: 502,
    Reason.IDENTITY: 502,
    Reason.DECLINED: 403,
    Reason.NO_SESSION: 403,
    Reason.ENDED: 403,
    Reason.FORGED: 403,
    Reason.STORE_AWAY: 503,
    Reason.TOO_MANY: 429,
    Reason.TOO_FAST: 429,
}


class SmartRefusal(Refusal):
    """Leaves as a page. ``client`` is who launched, where that is known; ``again`` an address to begin anew at."""

    def __init__(self, reason: Reason, client: Client | None = None, again: str | None = None) -> None:
        super().__init__(reason.value, "", "")
        self.reason, self.client, self.again = reason, client, again

    @property
    def http_status(self) -> int:
        """The status of the page."""
        return _STATUS.get(self.reason, 400)


class BadWords(ValueError):
    """A reason has no words in one of the languages."""


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """What each page says: by the name of the reason ``what`` and ``do``; under ``page`` what all of them say.

    Raises:
        BadWords: something is missing in one of the languages.
    """
    table = tomllib.loads((files("cds_service.smart") / "words.toml").read_text("utf-8"))
    wanted = {named(reason) for reason in Reason} | {"page"}
    lacking = [name for name in wanted if name not in table]
    said = [(f"{name}.{key}", row) for name, rows in table.items() for key, row in rows.items()]
    lacking += [name for name, row in said if set(row) != {*LANGUAGES}]
    if lacking:
        raise BadWords(f"not in every language: {', '.join(lacking)}")
    return {name: {key: row[language] for key, row in rows.items()} for name, rows in table.items()}


def page_language(client: Client | None, default: str) -> str:
    """The language that the launch address names (``lang``), else the one the browser likes best, of those agreed with
    the EHR.
    """
    ours = LANGUAGES if client is None else client.offers(default, LANGUAGES)
    first = default if default in ours else ours[0]
    named_one = request.args.get("lang")
    return named_one if named_one in ours else request.accept_languages.best_match(ours) or first


def install(app: Flask, default_language: str) -> None:
    """Let every `SmartRefusal` of ``app`` leave as a page that the frame of its EHR may show."""

    def refused(error: SmartRefusal) -> Response:
        note.current().error = SmartRefusal
        client = error.client
        extra = {"event": "app not opened", "client": None if client is None else client.id, "reason": error.reason}
        _log.warning("app not opened (client %s): %s", client.id if client else "unknown", error.reason, extra=extra)
        return refusal_page(error, page_language(client, default_language))

    app.register_error_handler(SmartRefusal, refused)


def refusal_page(error: SmartRefusal, language: str) -> Response:
    """What the clinician reads."""
    said, name = words(language), named(error.reason)
    html = render_template(
        "smart/refused.html", lang=language, w=said["page"], said=said[name], reason=name, again=error.again
    )
    framed_by = error.client.smart.frame_ancestors if error.client and error.client.smart else ()
    response = page(html, status=error.http_status, policy=page_policy(frame_ancestors=framed_by))
    if error.http_status == 429:
        response.headers["Retry-After"] = "60"
    return response
