"""The same data by prefetch or by fetch give the same cards, for every shipped patient, whichever keys are missing."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import cycle
from typing import Any

import pytest

from cds_service.clients import DEVELOPMENT
from cds_service.errors import MissingData
from cds_service.fetching.fetcher import Fetcher
from cds_service.pipeline import Reply, advise, build_parts
from cds_service.prefetch import Completed
from cds_service.sandbox.scenarios import hook_request, record, scenario, scenarios
from fhir_mappers.record.answer import TIMED_OUT, UNAVAILABLE
from hooks.evaluate import Finding
from hooks.exact_json import dumps_exact
from hooks.limits import EDITIONS
from hooks.request import HookRequest
from hooks.response import to_wire
from hooks.services import services
from tests.fetching.desk import SERVICES, TOKEN, fetcher
from tests.support.ehr import Ehr, Json, calling, running

ALL = [each.id for each in scenarios()]
SOME = ["lung-zol-clearance-42", "lung-xgeva-stop", "lung-zol-renewal-monthly"]
PARTS = build_parts(lambda: scenarios()[0].as_of, EDITIONS[0])


@pytest.fixture(scope="module")
def hospital() -> Iterator[Ehr]:
    """One server with all patients."""
    everyone = [json.loads(dumps_exact(resource)) for each in scenarios() for resource in record(each)]
    with running(Ehr(everyone, token=TOKEN)) as server:
        yield server


@pytest.fixture(scope="module")
def one() -> Iterator[Fetcher]:
    own = fetcher(deadline=60.0)
    yield own
    own.close()


@cache
def body(name: str, hook: str | None = None) -> Json:
    read: Json = json.loads(dumps_exact(hook_request(scenario(name), hook=hook)))
    return read


def said(reply: Reply) -> list[dict[str, Any]]:
    """The cards without their random names and without how the data came."""
    return list(_plain(json.loads(to_wire(reply.cards)))["cards"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items() if key not in ("uuid", "origin")}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def ask(name: str, service_id: str, call: HookRequest, data: Completed | None = None) -> Reply:
    reply = advise(call, SERVICES[service_id], PARTS, "en", as_of=scenario(name).as_of, data=data)
    assert not reply.findings.broken
    return reply


def compare(name: str, service_id: str, server: Ehr, by: Fetcher, keep: Mapping[str, Any] | list[str]) -> Completed:
    service = SERVICES[service_id]
    whole = HookRequest.parse(dumps_exact(body(name, service.hook)), service.hook)
    call = HookRequest.parse(dumps_exact(calling(body(name, service.hook), server, TOKEN, keep)), service.hook)
    data = by.complete(call, service, DEVELOPMENT)
    assert not data.failures
    assert said(ask(name, service_id, call, data)) == said(ask(name, service_id, whole))
    return data


@pytest.mark.parametrize(("name", "page"), list(zip(ALL, cycle([None, 3]), strict=False)))
def test_nothing_sent_everything_fetched(hospital: Ehr, one: Fetcher, name: str, page: int | None) -> None:
    hospital.page = 150 if page and name == "breast-long-history" else page
    service = SERVICES[scenario(name).service]
    data = compare(name, service.id, hospital, one, [])
    assert set(data.origins) == set(service.prefetch)


@pytest.mark.parametrize("service_id", list(SERVICES))
@pytest.mark.parametrize("name", SOME)
def test_each_key_missing_at_each_service(hospital: Ehr, one: Fetcher, name: str, service_id: str) -> None:
    hospital.page = None
    keys = list(SERVICES[service_id].prefetch)
    for missing in keys:
        hospital.seen.clear()
        data = compare(name, service_id, hospital, one, [key for key in keys if key != missing])
        assert set(data.origins) == {missing}
        asked = {kind for kind in hospital.kinds if kind != "Medication"}
        assert asked == {SERVICES[service_id].prefetch[missing].partition("?")[0].partition("/")[0]}


@pytest.mark.parametrize(
    ("name", "why"),
    [(name, TIMED_OUT) for name in ALL[::4] if name != "breast-long-history"]
    + [(name, why) for name in SOME for why in sorted(UNAVAILABLE - {TIMED_OUT})],
)
def test_a_key_that_could_not_be_had_is_as_bad_as_one_that_was_not_sent(name: str, why: str) -> None:
    """The same rules speak with the same severity; only the reason differs."""
    service = SERVICES[scenario(name).service]
    whole = HookRequest.parse(dumps_exact(body(name)), service.hook)
    for key in service.prefetch:
        left = {other: value for other, value in whole.prefetch.items() if other != key}
        absent = ask(name, service.id, whole, Completed(left))
        failed = ask(name, service.id, whole, Completed(left, failures={key: why}))
        assert [brief(f) for f in failed.findings.all] == [brief(f) for f in absent.findings.all], key
        assert len(failed.cards) == len(absent.cards)


@pytest.mark.parametrize("name", [name for name in ALL if name != "breast-long-history"])
def test_where_nothing_could_be_had_there_is_a_card_or_a_refusal(name: str) -> None:
    service = SERVICES[scenario(name).service]
    whole = HookRequest.parse(dumps_exact(body(name)), service.hook)
    with_data = ask(name, service.id, whole)
    for why in UNAVAILABLE:
        try:
            reply = ask(name, service.id, whole, Completed({}, failures=dict.fromkeys(service.prefetch, why)))
        except MissingData:
            continue
        assert reply.cards or not with_data.cards


def brief(finding: Finding) -> tuple[Any, ...]:
    return (finding.rule.id, finding.status, finding.verdict.case, finding.severity, finding.verdict.said_by)


def test_every_service_is_compared() -> None:
    assert {scenario(name).service for name in ALL} <= {each.id for each in services()}
