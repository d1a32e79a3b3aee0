"""How an installation answers one call: data completed, asked with what is remembered, written down, watched."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cds_service import pipeline
from cds_service.clients import Caller, Client
from cds_service.fetching.fetcher import Fetcher
from cds_service.hooks_api import sent_body
from cds_service.memory import InMemory, Pseudonyms, remembering
from cds_service.operations.tracing import span
from cds_service.operations.watch import Watch
from cds_service.pipeline import Reply
from cds_service.prefetch import Completed
from cds_service.site.burden_privacy import ward_of
from cds_service.site.policies import Site
from hooks.app_context import with_app, with_page
from hooks.cards import Composed
from hooks.quiet import Memory, Remembered, Whose
from hooks.request import HookRequest
from hooks.response import Card
from hooks.services import Service
from hooks.texts import Speaker

if TYPE_CHECKING:
    from cds_service.answered import KeptAnswers
    from cds_service.site.sightings import Sightings
    from cds_service.store.captures import CaptureKey
    from cds_service.store.store import Store

AppAddress = Callable[[Client, str | None], str | None]
"""Where a client whose data are at this FHIR server launches the app."""

CardPage = Callable[[Composed, str | None, Speaker], str | None]
"""Where the rule that leads a card can be read, for a call with data at this FHIR server."""

Ask = Callable[[tuple[Remembered, ...], str | None], Reply]
"""The pipeline with everything bound but what is remembered of the patient and the key of the user."""


class Advisor:
    """Answers calls with the parts of an installation. What is remembered and written down never keeps an answer back.

    Args:
        site: what the pipeline works with, by client and day.
        fetcher: asks FHIR servers for what a call did not bring along.
        watch: notes and counts.
        memory: what was said before, where there is no store; by default until the process ends.
        store: keeps decisions, feedback and what was said before.
        app_address: where an EHR launches the app, for links on cards; None where it cannot.
        answers: given in the app and known to no EHR, which a call uses.
        chosen_edition: tells the edition that the call itself asks for, where it may; only the sandbox has one.
        card_page: where the rule of a card can be read, for links on cards; None where nobody knows.
    """

    def __init__(
        self,
        site: Site,
        fetcher: Fetcher,
        watch: Watch,
        memory: Memory | None = None,
        store: "Store | None" = None,
        chosen_edition: Callable[[], str | None] | None = None,
        app_address: AppAddress | None = None,
        answers: "KeptAnswers | None" = None,
        card_page: CardPage | None = None,
    ) -> None:
        self._app_address: AppAddress = app_address or (lambda client, fhir_server: None)
        self._answers = answers
        self._card_page: CardPage = card_page or (lambda made, fhir_server, speaker: None)
        self._chosen_edition = chosen_edition or (lambda: None)
        self._site, self._fetcher, self._watch, self._store = site, fetcher, watch, store
        self._sightings = None if store is None else _sightings(store)
        self._memory: Memory = memory if memory is not None else InMemory()
        self._names = Pseudonyms()

    def __call__(self, call: HookRequest, service: Service, language: str, caller: Caller) -> Reply:
        """The answer to a call.

        Raises:
            Refusal: it cannot be answered with cards; that is no decision, and is not written down as one.
        """
        day, client = self._site.today(), caller.client
        parts, edition = self._site.parts(client, day), self._chosen_edition() or client.edition
        service = parts.services.get(service.id, service)
        with span("fetch"):
            data = self._fetcher.complete(call, service, client)
            if self._answers is not None:
                data = self._answers.beside(data, call, service, client)
        self._watch.fetched(data)

        def ask(remembered: tuple[Remembered, ...], user: str | None) -> Reply:
            return pipeline.advise(
                call,
                service,
                parts,
                language,
                as_of=day,
                edition=edition,
                silence=client.silence,
                remembered=remembered,
                user=user,
                data=data,
            )

        reply = self._asked(call, service, caller, day, data, ask)
        self._watch.answered(service.id, reply)
        self._watch.unmatched(code.kind for code in reply.record.unmatched)
        if self._sightings is not None:
            self._sightings.note(reply.record.unmatched, reply.findings.all, caller, day)
        return self._linked(reply, call, client)

    def close(self) -> None:
        """Write what was only counted so far, before the process ends."""
        if self._sightings is not None:
            self._sightings.close()

    def _linked(self, reply: Reply, call: HookRequest, client: Client) -> Reply:
        """The same cards, each with a link to the app where this EHR can launch it, and to the page of its rule."""
        if not reply.cards:
            return reply
        address = self._app_address(client, call.fhir_server)

        def linked(made: Composed) -> Card:
            card = made.card if address is None else with_app(made, address, reply.speaker)
            page = self._card_page(made, call.fhir_server, reply.speaker)
            return card if page is None else with_page(card, page, reply.speaker)

        return replace(reply, cards=[linked(one.made) for one in reply.shown])

    def _asked(
        self, call: HookRequest, service: Service, caller: Caller, day: date, data: Completed, ask: Ask
    ) -> Reply:
        if self._store is None:
            return remembering(self._memory, self._names.whose(call, caller.key), day, ask)
        at, started = self._store.clock(), time.perf_counter()
        whose = self._store.whose(call, caller)
        reply = remembering(self._store.memory, whose, day, ask)
        with span("log"):
            self._write_down(call, service, caller, whose, reply, data, (at, time.perf_counter() - started))
        return reply

    def _write_down(
        self,
        call: HookRequest,
        service: Service,
        caller: Caller,
        whose: Whose,
        reply: Reply,
        data: Completed,
        took: tuple[datetime, float],
    ) -> None:
        """The decision, and the request itself for a client that asked for it."""
        from cds_service.store.entries import Answered

        assert self._store is not None, "only asked with a store"
        client, (at, seconds) = caller.client, took
        hushed = client.silence.hushes(service.id, (check.id for check in service.checks))
        unanswered: Mapping[str, str] = data.failures
        ward, policy = ward_of(call.extension, client.ward), reply.policy_version
        made = Answered(caller, service.id, call, whose, reply, at, seconds, unanswered, hushed, ward, policy)
        self._store.decisions.note(made)
        if client.capture_key is not None and (body := sent_body()) is not None:
            self._store.decisions.capture(made, body, data.prefetch, _capture_key(client.capture_key))


def _sightings(store: "Store") -> "Sightings":
    from cds_service.site.sightings import Sightings

    return Sightings(store.database)


@cache
def _capture_key(path: str) -> "CaptureKey":
    from cds_service.store.captures import CaptureKey

    return CaptureKey.read(Path(path))
