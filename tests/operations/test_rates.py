"""How often a client may call: off on one machine, generous elsewhere, and a refusal that says when to come back."""

import pytest

from cds_service.clients import DEVELOPMENT, Caller, Client
from cds_service.errors import TooManyCalls
from cds_service.operations.rates import Rates, read_rate
from cds_service.settings import Settings, load_settings
from tests.operations.conftest import Lines
from tests.service.calls import demo_app, post, valid_call

NORTH, SOUTH = (Caller(Client(id=name, issuer=f"https://{name}.example.org")) for name in ("north", "south"))


def admitted(rates: Rates, caller: Caller, address: str = "192.0.2.1", calls: int = 10) -> int:
    for number in range(calls):
        try:
            rates.admit(caller, address)
        except TooManyCalls:
            return number
    return calls


def test_a_client_has_its_share_and_takes_nobody_elses() -> None:
    rates = Rates("3/minute")
    assert admitted(rates, NORTH) == 3
    assert admitted(rates, NORTH) == 0
    assert admitted(rates, SOUTH) == 3
    assert admitted(rates, Caller(SOUTH.client, tenant="clinic")) == 3


def test_whoever_has_proved_nothing_is_counted_by_address() -> None:
    rates = Rates("3/minute")
    assert admitted(rates, Caller(DEVELOPMENT), "192.0.2.1") == 3
    assert admitted(rates, Caller(DEVELOPMENT), "192.0.2.2") == 3
    assert admitted(rates, NORTH, "192.0.2.1") == 3


def test_off_admits_everything() -> None:
    assert admitted(Rates("off"), NORTH, calls=1000) == 1000


def test_the_refusal_says_when_to_come_back(lines: Lines) -> None:
    app = demo_app(rate_limit="2/minute")
    client = app.test_client()
    assert [post(client, valid_call()).status_code for _ in range(3)] == [200, 200, 429]
    response = post(client, valid_call())
    assert response.json is not None
    assert response.json["issue"][0]["code"] == "throttled"
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert client.get("/cds-services").status_code == 200, "discovery stays"
    told = 'osteohooks_requests_total{client="development",service="demo-order-sign",status="429"} 2.0'
    assert told in client.get("/metrics").text
    assert lines()[-3]["error"] == "TooManyCalls"


@pytest.mark.parametrize("text", ["6000/minute", "100 per second", "5/hour", "1/day"])
def test_rates_that_can_be_read(text: str) -> None:
    assert read_rate(text) is not None
    assert Settings(rate_limit=text).rate_limit == text


@pytest.mark.parametrize("text", ["0/minute", "-1/minute", "6000", "often", "", "5/fortnight"])
def test_rates_that_cannot_be_read_stop_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(SystemExit, match="OSTEOHOOKS_RATE_LIMIT must be a number of calls and a time"):
        load_settings(rate_limit=text)


def test_by_default_only_other_machines_are_limited() -> None:
    assert load_settings(host="127.0.0.1").rate_limit == "off"
    assert load_settings(host="0.0.0.0").rate_limit == "6000/minute"
