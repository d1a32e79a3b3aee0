"""Real calls of shipped patients, answered by the real pipeline, for the store to keep."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from cds_service.clients import DEVELOPMENT, Caller, Client
from cds_service.memory import remembering
from cds_service.pipeline import Parts, Reply, advise, build_parts
from cds_service.sandbox.scenarios import hook_request, scenario
from cds_service.store.decisions import whose
from cds_service.store.entries import Answered
from cds_service.store.keys import Ring
from cds_service.store.store import Store
from hooks.exact_json import dumps_exact
from hooks.limits import DEFAULT_EDITION
from hooks.request import HookRequest
from hooks.services import services

MAN = "lung-zol-clearance-42"
SECRET = "a secret of the tests, and of nobody else"
ANYONE = Caller(DEVELOPMENT)
NORTH, SOUTH = Caller(Client(id="north"), "n1"), Caller(Client(id="south"))
DAY = scenario(MAN).as_of


@cache
def parts() -> Parts:
    return build_parts(lambda: DAY, DEFAULT_EDITION)


def body(name: str = MAN, **changes: Any) -> bytes:
    return dumps_exact(hook_request(scenario(name), DAY) | {"hookInstance": str(uuid4())} | changes)


def answer(store: Store, name: str = MAN, caller: Caller = ANYONE, language: str = "en", **changes: Any) -> Answered:
    """A call as it goes into the log; cards have new uuids each time."""
    service = next(one for one in services() if one.id == scenario(name).service)
    call = HookRequest.parse(body(name, **changes), service.hook)
    of = store.whose(call, caller)
    wired = replace(parts(), key=store.ring.current.facts)
    reply = remembering(
        store.memory,
        of,
        DAY,
        lambda past, user: advise(call, service, wired, language, as_of=DAY, remembered=past, user=user),
    )
    return Answered(caller, service.id, call, of, reply, store.clock(), 0.0123)


def note(store: Store, *names: str, caller: Caller = ANYONE) -> list[Answered]:
    """Answer and log calls, a minute apart, and wait until they are in the database."""
    made = []
    for name in names or (MAN,):
        made.append(answer(store, name, caller))
        store.decisions.note(made[-1])
        if hasattr(store.clock, "now"):
            store.clock.now += timedelta(minutes=1)
        assert store.flush(20)
    return made


def thought_of(store: Store, count: int) -> list[Answered]:
    """So many answers of now, with cards of their own: quick, since they were thought of once for all tests."""
    made = [replace(one, id=uuid4(), at=store.clock() + timedelta(minutes=at)) for at, one in enumerate(_thoughts())]
    return [replace(one, reply=_renamed(one.reply)) for one in made[:count]]


@cache
def _thoughts() -> tuple[Answered, ...]:
    keys = Ring(SECRET).current
    service = next(one for one in services() if one.id == scenario(MAN).service)
    call = HookRequest.parse(body(), service.hook)
    reply = advise(call, service, replace(parts(), key=keys.facts), "en", as_of=DAY)
    return (Answered(ANYONE, service.id, call, whose(call, ANYONE, keys), reply, datetime.now(UTC), 0.0123),) * 10


def _renamed(reply: Reply) -> Reply:
    """The same with new uuids of cards."""
    shown = tuple(
        replace(one, made=replace(one.made, card=one.made.card.model_copy(update={"uuid": uuid4()})))
        for one in reply.shown
    )
    return replace(reply, shown=shown, cards=[one.made.card for one in shown])


def offered(noted: Answered) -> list[dict[str, Any]]:
    """The cards as the EHR got them."""
    return [json.loads(card.model_dump_json(by_alias=True, exclude_none=True)) for card in noted.reply.cards]
