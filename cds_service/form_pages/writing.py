"""Answers to the record: one transaction where the FHIR server takes it, else resource by resource."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cds_service.fetching.posting import NotPosted, Posted, Poster
from cds_service.smart.sessions import AppSession
from fhir_mappers.form_answers import Answers
from fhir_mappers.form_responses import About, observations, response, transaction
from fhir_mappers.forms import Form
from hooks.exact_json import dumps_exact

_NO_TRANSACTIONS = frozenset({404, 405, 501})
_REFUSED = frozenset({401, 403})
_MISUNDERSTOOD = frozenset({400, 422})  # perhaps because of the condition

Json = dict[str, Any]


class Written(StrEnum):
    """What became of the answers at the EHR."""

    ALL = "written"
    PARTLY = "partly-written"
    NOT_ALLOWED = "not-allowed"
    NOT_TAKEN = "not-taken"
    UNREACHABLE = "unreachable"


def bundle(form: Form, answers: Answers, about: About) -> Json:
    """The answers as one FHIR transaction, the QuestionnaireResponse first."""
    made = observations(form, answers, about)
    names = [str(uuid5(NAMESPACE_URL, f"{about.name}/{number}")) for number in range(len(made) + 1)]
    return transaction(response(form, answers, about), made, names)


def write(poster: Poster, session: AppSession, whole: Json) -> Written:
    """Store a transaction at the session's FHIR server, as far as the token allows and the server takes it.

    It is sent on the condition that it is not there yet; a server that does not know conditions gets it without.
    """
    if not session.can_write:
        return Written.NOT_ALLOWED
    try:
        answer = poster.post(session.fhir_server, dumps_exact(whole), session.access_token)
        if answer.status in _MISUNDERSTOOD:
            answer = poster.post(session.fhir_server, dumps_exact(_unconditional(whole)), session.access_token)
    except NotPosted:
        return Written.UNREACHABLE
    if answer.status in _NO_TRANSACTIONS:
        return _one_by_one(poster, session, whole["entry"])
    if answer.status == 200 and _all_stored(answer, len(whole["entry"])):
        return Written.ALL
    return _refusal(answer.status)


def _one_by_one(poster: Poster, session: AppSession, entries: Sequence[Mapping[str, Any]]) -> Written:
    """The response first, then each Observation with the reference the server gave it."""
    origin = None
    for stored, entry in enumerate(entries):
        sent = dict(entry["resource"])
        if "derivedFrom" in sent:
            sent = {**sent, "derivedFrom": [{"reference": origin}]} if origin else _without(sent, "derivedFrom")
        try:
            answer = _create(poster, session, sent, entry["request"]["ifNoneExist"])
        except NotPosted:
            return Written.PARTLY if stored else Written.UNREACHABLE
        if answer.status not in (200, 201):
            return Written.PARTLY if stored else _refusal(answer.status)
        origin = origin or _reference(answer, sent["resourceType"])
    return Written.ALL


def _create(poster: Poster, session: AppSession, resource: Json, unless: str) -> Posted:
    url, body = f"{session.fhir_server}/{resource['resourceType']}", dumps_exact(resource)
    answer = poster.post(url, body, session.access_token, {"If-None-Exist": unless})
    return poster.post(url, body, session.access_token) if answer.status in _MISUNDERSTOOD else answer


def _unconditional(whole: Json) -> Json:
    entries = [{**entry, "request": _without(entry["request"], "ifNoneExist")} for entry in whole["entry"]]
    return {**whole, "entry": entries}


def _refusal(status: int) -> Written:
    if status in _REFUSED:
        return Written.NOT_ALLOWED
    return Written.UNREACHABLE if status >= 500 else Written.NOT_TAKEN


def _all_stored(answer: Posted, count: int) -> bool:
    """Whether the server says of every entry that it was created, or was there already."""
    try:
        entries = json.loads(answer.body)["entry"]
        said = [str(entry["response"]["status"]) for entry in entries]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return len(said) == count and all(status.startswith("2") for status in said)


def _reference(answer: Posted, kind: str) -> str | None:
    """The name of what was just stored, by its id in the body, else by its address."""
    try:
        held = json.loads(answer.body)
        if held["resourceType"] == kind and isinstance(held["id"], str):
            return f"{kind}/{held['id']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    steps = (answer.location or "").partition("?")[0].split("/")
    return f"{kind}/{steps[steps.index(kind) + 1]}" if kind in steps[:-1] else None


def _without(resource: Json, name: str) -> Json:
    return {key: value for key, value in resource.items() if key != name}
