"""How long a session lasts, who may use it, how its token is renewed, and what is left of it."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from cds_service.clients import Client
from cds_service.smart.outgoing import Unreachable
from cds_service.smart.renewal import Renewal
from cds_service.store.engine import Database, Unavailable
from cds_service.store.held import Vault
from cds_service.store.keys import Ring
from cds_service.store.schema import held
from tests.smart.desk import SECRET, Browser, Desk, north, product, query_of, reason
from tests.smart.hospital import Hospital


def test_an_address_alone_opens_nothing(desk: Desk) -> None:
    app = desk.browser().open()
    assert reason(desk.browser().get(app), 403) == "ended"


@pytest.mark.parametrize(
    "ticket", ["x", 24 * "0", f"{24 * '0'}.{43 * 'a'}", f"{24 * '0'}.short", "é" * 24, f"{24 * '0'}." + 43 * "'"]
)
def test_made_up_tickets_open_nothing(desk: Desk, ticket: str) -> None:
    assert reason(desk.browser().get(f"/app?s={ticket}"), 403) == "ended"


def test_a_public_part_with_another_secret_opens_nothing(desk: Desk) -> None:
    one, two = desk.browser(cookies=False), desk.browser(cookies=False)
    first, second = query_of(one.open())["s"].split("."), query_of(two.open())["s"].split(".")
    assert reason(one.get(f"/app?s={first[0]}.{second[1]}"), 403) == "ended"


def test_it_ends_when_it_is_not_used(desk: Desk) -> None:
    browser = desk.browser()
    app = browser.open()
    desk.clock.ahead = timedelta(minutes=29)
    browser.told(app)
    desk.clock.ahead = timedelta(minutes=58)
    browser.told(app)
    desk.clock.ahead = timedelta(minutes=89)
    assert reason(browser.get(app), 403) == "ended"


def test_it_ends_however_much_it_is_used(desk: Desk) -> None:
    desk.hospital.token["expires_in"] = None
    browser = desk.browser()
    app = browser.open()
    for minutes in range(20, 240, 20):
        desk.clock.ahead = timedelta(minutes=minutes)
        browser.told(app)
    desk.clock.ahead = timedelta(minutes=240)
    assert reason(browser.get(app), 403) == "ended"


def test_a_form_must_come_from_a_page_of_the_session(desk: Desk) -> None:
    browser = desk.browser()
    told = browser.told(browser.open())
    other = browser.told(browser.open())
    assert browser.post("/app", told["hidden"]).status_code == 200
    assert browser.post("/app", {"s": told["ticket"]}, X_CSRF_Token=told["csrf"]).status_code == 200
    for csrf in ("", "x", "é", other["csrf"]):
        assert reason(browser.post("/app", {"s": told["ticket"], "csrf": csrf}), 403) == "forged"


def test_a_token_that_ends_soon_is_renewed_and_the_patient_stays(desk: Desk) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser()
    app = browser.open()
    desk.hospital.token |= {"expires_in": 3600, "patient": "p2", "scope": None}
    first = browser.told(app)
    assert desk.hospital.last("token")["grant_type"] == "refresh_token"
    assert first["patient_id"] == "p1"
    assert first["can_write"]
    again = browser.told(app)
    assert again["access_token"] == first["access_token"]
    assert desk.hospital.count("token") == 2


def test_an_old_refresh_token_stays_good_where_no_new_one_comes(desk: Desk) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser()
    app = browser.open()
    kept = next(iter(desk.hospital.refresh_tokens))
    desk.hospital.token |= {"refresh_token": None}
    browser.told(app)
    desk.hospital.refresh_tokens = {kept}
    browser.told(app)
    assert desk.hospital.count("token") == 3


def test_many_requests_at_once_renew_it_once(hospital: Hospital, database: Database) -> None:
    one, two = product(hospital, database), product(hospital, database)  # two workers, one store
    hospital.token["expires_in"] = 30
    app = one.browser(cookies=False).open()
    hospital.token["expires_in"] = 3600
    hospital.gate.clear()
    threading.Timer(0.5, hospital.gate.set).start()
    browsers = [(one if number % 2 else two).browser(cookies=False) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda browser: browser.told(app), browsers))
    assert len({each["access_token"] for each in told}) == 1
    assert [sent["grant_type"] for name, sent in hospital.asked if name == "token"].count("refresh_token") == 1


def test_access_that_the_ehr_has_ended_ends_the_session(desk: Desk) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser()
    app = browser.open()
    desk.hospital.refuses = "invalid_grant"
    assert reason(browser.get(app), 403) == "ended"
    desk.hospital.refuses = None
    assert reason(browser.get(app), 403) == "ended", "also when it changes its mind"


def test_a_renewal_that_cannot_be_used_ends_it_too(desk: Desk) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser()
    app = browser.open()
    desk.hospital.token["token_type"] = "mac"
    assert reason(browser.get(app), 403) == "ended"


def test_while_the_ehr_does_not_answer_the_old_token_serves_to_its_end(desk: Desk) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser()
    app, ended = browser.open(), ""
    desk.hospital.token["expires_in"] = -5
    ended = browser.open()
    desk.hospital.down = {"token"}
    assert browser.told(app)["patient_id"] == "p1"
    assert reason(browser.get(ended), 502) == "ehr-unreachable"
    desk.hospital.down = set()
    desk.hospital.token["expires_in"] = 3600
    assert browser.told(ended)["patient_id"] == "p1", "nothing was lost"


@pytest.mark.parametrize(("lasts", "status"), [(30, 200), (-5, 403)])
def test_without_a_refresh_token_it_lasts_as_long_as_its_token(desk: Desk, lasts: int, status: int) -> None:
    desk.hospital.token |= {"expires_in": lasts, "refresh_token": None}
    browser = desk.browser()
    assert browser.get(browser.open()).status_code == status


@pytest.mark.parametrize(("lasts", "why"), [(30, None), (-5, "ehr-unreachable")])
def test_a_worker_that_waits_for_another_in_vain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, lasts: int, why: str | None
) -> None:
    monkeypatch.setattr("cds_service.smart.renewal._PATIENCE", 0.2)
    desk.hospital.token["expires_in"] = lasts
    browser = desk.browser(cookies=False)
    app = browser.open()
    vault = Vault(desk.database, Ring(SECRET), desk.clock)
    handle = f"session {query_of(app)['s']}"
    assert vault.lease(handle, 1, 60)
    answer = browser.get(app)
    assert answer.status_code == 200 if why is None else reason(answer, 502) == why
    vault.drop(handle)


def test_closed_while_another_worker_renews_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser(cookies=False)
    app = browser.open()
    handle, vault = f"session {query_of(app)['s']}", Vault(desk.database, Ring(SECRET), desk.clock)
    assert vault.lease(handle, 1, 60)
    monkeypatch.setattr("cds_service.smart.renewal.time.sleep", lambda _: vault.drop(handle))
    assert reason(browser.get(app), 403) == "ended"


def test_closed_while_its_token_is_renewed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hospital.token["expires_in"] = 30
    browser = desk.browser(cookies=False)
    app = browser.open()
    vault = Vault(desk.database, Ring(SECRET), desk.clock)
    asked = Renewal._asked
    drop = lambda *arguments: (vault.drop(f"session {query_of(app)['s']}"), asked(*arguments))[1]  # noqa: E731
    monkeypatch.setattr(Renewal, "_asked", drop)
    assert reason(browser.get(app), 403) == "ended"


def close(browser: Browser, app: str) -> bytes:
    answer = browser.post("/smart/close", browser.told(app)["hidden"])
    assert answer.status_code == 200
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    return bytes(answer.data)


def test_a_session_that_asks_too_often_waits_and_others_do_not(
    hospital: Hospital, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.smart.sessions.OFTEN", "2/minute")
    desk = product(hospital, database)
    browser, other = desk.browser(), desk.browser()
    app, theirs = browser.open(), other.open()
    hidden = browser.told(app)["hidden"]
    assert browser.told(app)["patient_id"] == "p1"
    refused = browser.post("/app", hidden)
    assert reason(refused, 429) == "too-fast"
    assert refused.headers["Retry-After"] == "60"
    assert "frame-ancestors https://ehr.example.org" in refused.headers["Content-Security-Policy"]
    assert other.told(theirs)["patient_id"] == "p1"


def test_closing_gives_the_tokens_back(desk: Desk) -> None:
    browser = desk.browser()
    app = browser.open()
    access = browser.told(app)["access_token"]
    refresh = next(iter(desk.hospital.refresh_tokens))
    assert b"given back" in close(browser, app)
    assert desk.hospital.revoked == [f"refresh_token {refresh}", f"access_token {access}"]
    assert reason(browser.get(app), 403) == "ended"


@pytest.mark.parametrize("how", ["revoke", "nowhere", "gone", "no-refresh"])
def test_it_closes_also_where_the_ehr_does_not_take_them(desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hospital.down.add(how)
    if how == "nowhere":
        desk.hospital.configuration["revocation_endpoint"] = None
    if how == "no-refresh":
        desk.hospital.token["refresh_token"] = None
    browser = desk.browser()
    app = browser.open()
    if how == "gone":
        monkeypatch.setattr("cds_service.smart.outgoing.Outgoing.post", _nobody_there)
    close(browser, app)
    assert reason(browser.get(app), 403) == "ended"


def test_it_is_closed_in_the_language_of_the_page_it_was_closed_on(desk: Desk) -> None:
    browser = desk.browser()
    hidden = browser.told(browser.open())["hidden"]
    answer = browser.post("/smart/close", {**hidden, "lang": "fr"})
    assert "L&#39;application est fermée" in answer.get_data(as_text=True)


def _nobody_there(*_: object, **__: object) -> None:
    raise Unreachable


def test_closing_needs_the_page_of_the_session(desk: Desk) -> None:
    browser = desk.browser()
    app = browser.open()
    assert reason(browser.post("/smart/close", {"s": query_of(app)["s"]}), 403) == "forged"
    assert browser.told(app)["patient_id"] == "p1"


def test_closed_twice_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.browser()
    hidden = browser.told(browser.open())["hidden"]
    monkeypatch.setattr(Vault, "take", lambda *_: None)  # the other one was first
    assert browser.post("/smart/close", hidden).status_code == 200
    assert desk.hospital.revoked == []


def test_no_store_to_close_it_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.browser()
    hidden = browser.told(browser.open())["hidden"]

    def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(Vault, "take", away)
    assert reason(browser.post("/smart/close", hidden), 503) == "store-away"


def test_no_store_to_open_it_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.browser()
    login = browser.launch()

    def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(Vault, "put", away)
    assert reason(browser.back(login), 503) == "store-away"


def test_whoever_has_the_database_has_nothing(desk: Desk) -> None:
    browser = desk.browser()
    browser.launch()
    told = browser.told(browser.open())
    with desk.database.reading() as connection:
        rows = connection.execute(select(held)).all()
    assert len(rows) == 2
    plain = repr(rows) + " ".join(row.ciphertext.decode("latin1") for row in rows)
    words = (told["access_token"], told["ticket"], '"p1"', "Patient/p1", "north", "Practitioner")  # bare p1 is in noise
    assert not [word for word in words if word in plain]
    assert told["id"] in {row.id for row in rows}


def test_a_client_that_may_not_launch_any_more(hospital: Hospital, database: Database) -> None:
    browser = product(hospital, database).browser(cookies=False)
    app, login = browser.open(), browser.launch()
    without = product(hospital, database, Client("north", fhir_servers=(hospital.fhir,))).browser(cookies=False)
    assert reason(without.get(app), 403) == "ended"
    assert reason(without.back(login), 400) == "unknown-ehr"


def test_under_a_new_secret_old_sessions_go_on_as_long_as_the_old_one_is_known(hospital: Hospital, desk: Desk) -> None:
    browser = desk.browser(cookies=False)
    handle = f"session {query_of(browser.open())['s']}"
    new = "a new secret of the tests, which is long enough"
    assert Vault(desk.database, Ring(new, SECRET), desk.clock).find(handle) is not None
    assert Vault(desk.database, Ring(new), desk.clock).find(handle) is None
    assert hashlib.sha256(b"osteohooks held " + handle.encode()).hexdigest()


def test_the_cookie_has_a_plain_name_where_there_is_no_https(hospital: Hospital, database: Database) -> None:
    browser = product(hospital, database, public_url="http://127.0.0.1:8080").browser()
    answer = browser.back(browser.launch())
    assert answer.headers["Set-Cookie"].startswith("osteohooks-")


def test_sessions_of_one_client_do_not_open_as_another(hospital: Hospital, database: Database) -> None:
    browser = product(hospital, database).browser(cookies=False)
    app = browser.open()
    renamed = product(hospital, database, Client("south", smart=north(hospital).smart)).browser(cookies=False)
    assert reason(renamed.get(app), 403) == "ended"
