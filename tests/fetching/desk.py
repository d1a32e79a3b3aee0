"""What the tests of fetching share: one patient, one call, one fetcher."""

import json
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.clients import DEVELOPMENT, Client
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.limits import Limits
from cds_service.prefetch import Completed
from cds_service.sandbox.scenarios import hook_request, record, scenario, scenarios
from cds_service.settings import Settings
from hooks.exact_json import dumps_exact
from hooks.request import HookRequest
from hooks.services import Service, services
from tests.support.ehr import Ehr, Json, calling

MAN = scenario("lung-zol-clearance-42")
SERVICES = {each.id: each for each in services()}
SIGN = SERVICES[MAN.service]
KEYS = tuple(SIGN.prefetch)
BODY: Json = json.loads(dumps_exact(hook_request(MAN)))
TOKEN = "t0ken-of-this-call"
DEADLINE = 2.0  # seconds, where a server is meant to miss it
SLACK = 8.0  # seconds a test allows beyond, for machines that do other things


def ehr(**more: Any) -> Ehr:
    """The man's EHR."""
    return Ehr(resources=json.loads(dumps_exact(record(MAN))), token=TOKEN, **more)


def parse(body: Json, hook: str = MAN.hook) -> HookRequest:
    return HookRequest.parse(dumps_exact(body), hook)


def ask(server: Ehr | str, keep: Iterable[str] = (), **more: Any) -> HookRequest:
    """The man's call with only some keys."""
    return parse(calling(BODY, server, **{"token": TOKEN, "keep": keep, **more}))


def fetcher(**more: Any) -> Fetcher:
    """One that may ask this machine, with more patience than the product has: test machines do other things as well.
    Each key is one search, unless the test tells how long an address may be.
    """
    return Fetcher(Limits(**{"deadline": 20.0, "connect": 10.0, "address": 100_000, **more}), own_machine=True)


def complete(
    server: Ehr | str, keep: Iterable[str] = (), by: Fetcher | None = None, client: Client = DEVELOPMENT, **more: Any
) -> Completed:
    """The completed data of the man's call."""
    own = by or fetcher()
    try:
        return own.complete(ask(server, keep, **more), SIGN, client)
    finally:
        if by is None:
            own.close()


@cache
def product(deadline: float = DEADLINE, **settings: Any) -> FlaskClient:
    """The whole service."""
    return create_app(Settings(fetch_deadline=deadline, **settings), lambda: scenarios()[0].as_of).test_client()


def service_of(scenario_id: str) -> Service:
    return SERVICES[scenario(scenario_id).service]


def threads_of_fetching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("fetching")]
