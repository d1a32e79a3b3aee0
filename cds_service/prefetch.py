"""Completes what the EHR did not send: which keys are missing, where they are found, and what came of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol
from urllib.parse import quote

from cds_service.fetching.limits import NotObtained
from cds_service.fetching.pages import BUNDLE, Wish, read_page
from fhir_mappers.kinds import KIND_OF_NAME
from fhir_mappers.record.answer import (
    FAILED,
    INCOMPLETE,
    NOT_FETCHED,
    REFUSED,
    TIMED_OUT,
    TOO_MUCH,
    UNREACHABLE,
    UNREADABLE,
)
from hooks.request import HookRequest

FETCHED = "fetched"

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
_ID = r"[A-Za-z0-9\-.]{1,64}"
_SAFE = re.compile(rf"(?:[A-Z][A-Za-z]{{0,63}}/)?(?!\.+$){_ID}")
_NEXT = b'"next"'


@dataclass(frozen=True, slots=True)
class Completed:
    """The data of one call, from either side.

    Attributes:
        prefetch: as in `HookRequest`, with what was fetched, without what could not be had completely.
        origins: ``fetched`` for the keys that did not come, or not completely, by prefetch.
        failures: for the keys that could not be had, why (`fhir_mappers.record.answer` reasons).
        referred: Medications that orders point at, each as JSON.
    """

    prefetch: Mapping[str, bytes | None]
    origins: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    referred: tuple[bytes, ...] = ()


_SAID: Mapping[str, str] = {
    TIMED_OUT: "did not answer in time",
    REFUSED: "refused access",
    UNREACHABLE: "could not be reached",
    FAILED: "answered with an error",
    TOO_MUCH: "has more than can be fetched",
    INCOMPLETE: "gave lists whose further pages could not be had",
    UNREADABLE: "gave an answer that could not be read",
    NOT_FETCHED: "does not have them",
}


def what_failed(failures: Mapping[str, str]) -> str:
    """What the FHIR server did, in a sentence for those who connect an EHR; empty when nothing failed."""
    keys: dict[str, list[str]] = {}
    for key, why in failures.items():
        keys.setdefault(_SAID[why], []).append(key)
    what = "; ".join(f"{said} ({', '.join(found)})" for said, found in keys.items())
    return f"The FHIR server {what}." if what else ""


class Templated(Protocol):
    """What is needed of a service; `hooks.services.Service` is one."""

    @property
    def prefetch(self) -> Mapping[str, str]:
        """Templates by key."""


def wishes(call: HookRequest, service: Templated, page_size: int) -> tuple[Wish, ...]:
    """What is missing, key by key: not sent, of another type, or with pages to come.

    ``null`` and an OperationOutcome are answers: the EHR has looked, asking again would be of no use.
    """
    found = []
    for key, template in service.prefetch.items():
        state = _state(key, template, call.prefetch)
        path = None if state is _GIVEN else fill(template, call.context.fields)
        if path is not None:
            counted = "?" in path and "_count=" not in path
            begun = call.prefetch[key] if state is _UNFINISHED else None
            found.append(Wish(key, _kind(template), f"{path}&_count={page_size}" if counted else path, begun))
    return tuple(found)


def fill(template: str, context: Mapping[str, object]) -> str | None:
    """The template with its tokens replaced by ids or references of the context; None where one is not there or is
    neither, so that nothing but the meant resource can be asked for.
    """
    values = [_value(token, context) for token in _TOKEN.findall(template)]
    if None in values:
        return None
    rest = iter(values)
    return _TOKEN.sub(lambda _: quote(str(next(rest)), safe="/"), template)


def merge(given: Mapping[str, bytes | None], fetched: Mapping[str, bytes], failures: Mapping[str, str]) -> Completed:
    """What was given and what was fetched. Of a key that could not be had completely nothing is kept."""
    kept = {key: value for key, value in given.items() if key not in failures}
    return Completed({**kept, **fetched}, dict.fromkeys(fetched, FETCHED), failures)


_GIVEN, _ABSENT, _UNFINISHED = "given", "absent", "unfinished"


def _state(key: str, template: str, sent: Mapping[str, bytes | None]) -> str:
    """Whether a key needs fetching. The usual value is recognised without being decoded."""
    value = sent.get(key)
    if value is None:
        return _GIVEN if key in sent else _ABSENT
    right = _types(key, _kind(template)).search(value) is not None
    if right and _NEXT not in value:
        return _GIVEN
    try:
        page = read_page(value)
    except NotObtained:
        return _GIVEN if right else _ABSENT
    if page.resource_type == BUNDLE and page.following is not None:
        return _UNFINISHED
    return _GIVEN if right or (page.resource_type == BUNDLE and not page.entry) else _ABSENT


@cache
def _types(key: str, kind: str) -> re.Pattern[bytes]:
    """The types a key may hold: those its readers know, and the EHR's word that it could not."""
    names = {kind, "OperationOutcome", *(name for name, known in KIND_OF_NAME.items() if known == key)}
    return re.compile(rb'"resourceType"\s*:\s*"(?:%b)"' % "|".join(sorted(names)).encode())


def _kind(template: str) -> str:
    return re.split(r"[/?]", template, maxsplit=1)[0]


def _value(token: str, context: Mapping[str, object]) -> str | None:
    name = token.removeprefix("context.")
    value = context.get(name) if name != token else None
    return value if isinstance(value, str) and _SAFE.fullmatch(value) else None
