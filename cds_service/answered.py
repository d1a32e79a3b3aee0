"""Answers given in the app that the EHR does not have: kept sealed for some hours, and used by the calls of its hooks.

They are kept where the token of the EHR does not let us write, or its server would not take them. Nobody but a call of
the same client for the same patient on the same FHIR server sees them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cds_service.clients import Client
from cds_service.fetching.addresses import read_base
from cds_service.prefetch import Completed, Templated
from cds_service.store.engine import Unavailable
from cds_service.store.held import Found, Vault
from cds_service.store.keys import Keys
from fhir_mappers.record.answer import UNREADABLE
from fhir_mappers.record.facts import ANSWERS
from hooks.exact_json import dumps_exact
from hooks.request import HookRequest

if TYPE_CHECKING:
    from cds_service.smart.sessions import AppSession

LASTS = timedelta(hours=12)  # a working day: until the order they were given for is signed
_LONGEST = timedelta(days=7)
_TRIES = 50

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Whose:
    """The patient of a client on one FHIR server, under whatever spelling of its address."""

    client: str
    server: str
    patient: str

    @classmethod
    def of(cls, client: Client, fhir_server: str, patient_id: str) -> "Whose":
        """As a call or a session names them."""
        base = read_base(fhir_server)
        return cls(client.id, fhir_server if base is None else base.url, patient_id)

    @classmethod
    def of_session(cls, session: "AppSession") -> "Whose":
        """The patient of a session of the app."""
        return cls.of(session.client, session.fhir_server, session.patient_id)


class KeptAnswers:
    """For all workers of an installation. A form that is filled in again takes the place of its older answers."""

    def __init__(self, vault: Vault, keys: Keys, clock: Callable[[], datetime]) -> None:
        self._vault, self._keys, self._clock = vault, keys, clock

    def add(self, whose: Whose, form_id: str, response: Mapping[str, Any]) -> None:
        """Keep the answers of a form.

        Raises:
            Unavailable: the store cannot be reached; they are not kept.
        """
        until = self._clock() + LASTS
        row = {"until": until.isoformat(), "response": dict(response)}
        self._change(whose, lambda rows: {**rows, form_id: row})

    def of(self, whose: Whose) -> Mapping[str, Json]:
        """The answers of a patient by form, each as a QuestionnaireResponse.

        Raises:
            Unavailable: the store cannot be reached.
        """
        return {form: row["response"] for form, row in self._rows(self._vault.find(self._handle(whose))).items()}

    def drop(self, whose: Whose, form_id: str) -> None:
        """Forget the answers of a form: the EHR has them now.

        Raises:
            Unavailable: the store cannot be reached.
        """
        self._change(whose, lambda rows: {form: row for form, row in rows.items() if form != form_id})

    def note_written(self, whose: Whose, name: str) -> None:
        """Remember that the EHR has the answers of this name, so that a page loaded again does not store them twice.

        Raises:
            Unavailable: the store cannot be reached.
        """
        self._vault.put(self._handle(whose, name), b"{}", LASTS)

    def was_written(self, whose: Whose, name: str) -> bool:
        """Whether the EHR has them already; no where nobody can say."""
        try:
            return self._vault.find(self._handle(whose, name)) is not None
        except Unavailable:
            return False

    def beside(self, data: Completed, call: HookRequest, service: Templated, client: Client) -> Completed:
        """The data of a call with the answers kept for its patient; without them where they cannot be had."""
        if call.fhir_server is None or ANSWERS not in service.prefetch:
            return data
        try:
            kept = self.of(Whose.of(client, call.fhir_server, call.context.patient_id))
        except Unavailable:
            return data
        return with_answers(data, *kept.values())

    def for_page(self, session: "AppSession", data: Completed) -> Completed:
        """The data of a page of the app with the answers kept for its patient."""
        try:
            return with_answers(data, *self.of(Whose.of_session(session)).values())
        except Unavailable:
            return data

    def _change(self, whose: Whose, change: Callable[[Mapping[str, Json]], Mapping[str, Json]]) -> None:
        """Change the rows as they are now; where another worker was faster, as it left them."""
        handle = self._handle(whose)
        for _ in range(_TRIES):
            found = self._vault.find(handle)
            rows = change(self._rows(found))
            if found is None and not rows:
                return
            if found is None:
                self._vault.put(handle, dumps_exact(rows), _LONGEST, LASTS)
                return
            if self._vault.replace(handle, dumps_exact(rows), found.version):
                self._vault.used(handle, found, LASTS)
                return
        raise Unavailable("the answers of this patient change all the time")

    def _handle(self, whose: Whose, name: str = "") -> str:
        return f"answers {self._keys.pseudonym(whose.client, 'answers', f'{whose.server} {whose.patient} {name}')}"

    def _rows(self, found: Found | None) -> dict[str, Json]:
        if found is None:
            return {}
        rows = json.loads(found.content, parse_float=Decimal)
        now = self._clock()
        return {form: row for form, row in rows.items() if datetime.fromisoformat(row["until"]) > now}


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str
    link: msgspec.Raw = msgspec.Raw(b"")
    entry: list[msgspec.Raw] | None = None


_bundle = msgspec.json.Decoder(_Bundle)


def with_answers(data: Completed, *responses: Mapping[str, Any]) -> Completed:
    """The data with more answered forms among them. What the EHR gave stays as it was given: a list that is not
    complete, or cannot be read, is still that.
    """
    if not responses:
        return data
    ours = [b'{"resource":%b}' % dumps_exact(each) for each in responses]
    given = data.prefetch.get(ANSWERS)
    try:
        entries, link = _entries(given)
    except (ValueError, RecursionError):
        failures = {**data.failures, ANSWERS: UNREADABLE}
        return replace(data, prefetch={**data.prefetch, ANSWERS: _searchset(ours, b"")}, failures=failures)
    return replace(data, prefetch={**data.prefetch, ANSWERS: _searchset([*entries, *ours], link)})


def _entries(given: bytes | None) -> tuple[list[bytes], bytes]:
    """The entries of a Bundle, or of a Bundle of one, and the links of it."""
    if given is None or given.strip() == b"null":
        return [], b""
    sent = _bundle.decode(given)
    if sent.resource_type != "Bundle":
        return [b'{"resource":%b}' % given], b""
    return [bytes(entry) for entry in sent.entry or ()], bytes(sent.link)


def _searchset(entries: list[bytes], link: bytes) -> bytes:
    links = b'"link":%b,' % link if link else b""
    return b'{"resourceType":"Bundle","type":"searchset",%b"entry":[%b]}' % (links, b",".join(entries))
