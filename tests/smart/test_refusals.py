"""Whatever goes wrong on the way: a clear page, its reason in the log, no stack trace, and nothing of anybody's secrets."""

import logging
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey

from cds_service.operations.fields import named
from cds_service.smart import outgoing, refusals
from cds_service.smart.refusals import Reason
from cds_service.store.engine import Database
from hooks.texts import LANGUAGES
from tests.smart.desk import Desk, north, product, query_of, reason
from tests.smart.hospital import EC_KEY, KEY, OTHER_KEY, Hospital

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "incomplete"),
        ("?iss={fhir}", "incomplete"),
        ("?launch=abc", "incomplete"),
        ("?iss={fhir}&iss={fhir}&launch=abc", "incomplete"),
        ("?iss={fhir}&launch=" + 4001 * "a", "incomplete"),
        ("?iss=https://elsewhere.example/fhir&launch=abc", "unknown-ehr"),
        ("?iss={fhir}evil&launch=abc", "unknown-ehr"),
        ("?iss={url}/other&launch=abc", "unknown-ehr"),
        ("?iss={fhir}/../other&launch=abc", "unknown-ehr"),
        ("?iss=http://user:word@127.0.0.1/fhir&launch=abc", "unknown-ehr"),
        ("?iss=javascript:alert(1)&launch=abc", "unknown-ehr"),
        ("?iss={fhir}&launch=abc&ehr=south", "unknown-ehr"),
    ],
)
def test_a_launch_of_nobody_we_know(desk: Desk, query: str, said: str) -> None:
    path = f"/smart/launch{query.format(fhir=desk.hospital.fhir, url=desk.hospital.url)}"
    assert reason(desk.browser().get(path), 400) == said
    assert desk.hospital.asked == [], "nothing is asked of a server that nobody vouches for"


@pytest.mark.parametrize("query", ["?ehr=south", "?iss=https://elsewhere.example/fhir"])
def test_alone_at_nobody_we_know(desk: Desk, query: str) -> None:
    assert reason(desk.browser().get(f"/smart/standalone{query}"), 400) == "unknown-ehr"


def test_below_the_fhir_server_is_the_same_hospital(desk: Desk) -> None:
    answer = desk.browser().get(f"/smart/launch?iss={desk.hospital.fhir}/tenant-1&launch=abc")
    assert reason(answer, 502) == "ehr-unreachable", "it was asked, and has nothing there"


def test_nobody_is_believed_about_the_address_of_the_service(hospital: Hospital, database: Database) -> None:
    browser = product(hospital, database, public_url=None).browser()
    answer = browser.client.get(f"/smart/launch?iss={hospital.fhir}&launch=abc", base_url="https://evil.example")
    assert reason(answer, 400) == "no-address"
    here = browser.client.get(f"/smart/launch?iss={hospital.fhir}&launch=abc", base_url="http://127.0.0.1:8080")
    assert query_of(here.headers["Location"])["redirect_uri"] == "http://127.0.0.1:8080/smart/callback"


@pytest.mark.parametrize(
    ("said", "down", "why"),
    [
        ({"code_challenge_methods_supported": ["plain"]}, "", "no-pkce"),
        ({"token_endpoint": f"{NOBODY}/token"}, "", "foreign-address"),
        ({"token_endpoint": "http://ehr.example/token"}, "", "foreign-address"),
        ({"token_endpoint": None}, "", "foreign-address"),
        ({"token_endpoint": 7}, "", "foreign-address"),
        ({"token_endpoint": "https://x/a b"}, "", "foreign-address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "", "foreign-address"),
        ({"jwks_uri": "https://169.254.169.254/keys"}, "", "foreign-address"),
        ({"revocation_endpoint": "https://elsewhere.example/revoke"}, "", "foreign-address"),
        ({"jwks_uri": None, "issuer": "https://elsewhere.example"}, "", "foreign-address"),
        ({}, "configuration", "ehr-unreachable"),
        ({}, "redirect", "ehr-unreachable"),
        ({}, "odd", "ehr-unreachable"),
    ],
)
def test_a_configuration_that_is_not_followed(desk: Desk, said: Any, down: str, why: str) -> None:
    desk.hospital.configuration |= said
    desk.hospital.down.add(down)
    answer = desk.browser().get(f"/smart/launch?iss={desk.hospital.fhir}&launch=abc")
    assert reason(answer, 502) == why


def test_an_ehr_that_gave_no_configuration_is_left_alone_for_a_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, browser = f"/smart/launch?iss={desk.hospital.fhir}&launch=abc", desk.browser()
    desk.hospital.down = {"configuration"}
    for _ in range(3):
        assert reason(browser.get(path), 502) == "ehr-unreachable"
    assert desk.hospital.count("configuration") == 1
    monkeypatch.setattr("cds_service.smart.configuration.REST", 0.0)
    desk.app = product(desk.hospital, desk.database).app
    assert reason(desk.browser().get(path), 502) == "ehr-unreachable"
    desk.hospital.down = set()
    assert desk.browser().get(path).status_code == 303


def test_the_configurations_of_many_servers_do_not_pile_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.smart.configuration._KEPT", 1)
    browser = desk.browser()
    for path in ("/t1", "/t2", "/t1"):
        browser.get(f"/smart/launch?iss={desk.hospital.fhir}{path}&launch=abc")
    assert browser.launch()


def test_many_who_wait_for_an_ehr_leave_threads_for_others(monkeypatch: pytest.MonkeyPatch, hospital: Hospital) -> None:
    monkeypatch.setattr(outgoing, "_QUEUE_S", 0.01)
    asked = outgoing.Outgoing()
    for _ in range(outgoing._AT_ONCE):
        asked._doors.acquire()
    with pytest.raises(outgoing.Unreachable):
        asked.read_json(f"{hospital.fhir}/.well-known/smart-configuration")
    asked._doors.release()
    assert asked.read_json(f"{hospital.fhir}/.well-known/smart-configuration")
    assert asked.read_json(f"{hospital.fhir}/.well-known/smart-configuration"), "each gives its place back"


def test_more_launches_than_anybody_needs(
    hospital: Hospital, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.smart.launch.OFTEN", "2/minute")
    browser = product(hospital, database).browser()
    answers = [browser.get(f"/smart/launch?iss={hospital.fhir}&launch=abc") for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [303, 303]
    assert reason(answers[2], 429) == "too-many"


def test_an_authorization_server_elsewhere_must_be_agreed(hospital: Hospital, database: Database) -> None:
    hospital.configuration["token_endpoint"] = "https://login.example/oauth/token"
    agreed = north(hospital, authorization_servers=("https://login.example/oauth",))
    login = product(hospital, database, agreed).browser().launch()
    assert login.startswith(f"{hospital.url}/auth/authorize?")


def test_an_endpoint_with_a_query_keeps_it(desk: Desk) -> None:
    desk.hospital.configuration["authorization_endpoint"] = f"{desk.hospital.url}/auth/authorize?tenant=1"
    assert query_of(desk.browser().launch())["tenant"] == "1"


def test_an_answer_too_large_is_not_read(desk: Desk) -> None:
    desk.hospital.configuration["more"] = 2 * 1024 * 1024 * "x"
    answer = desk.browser().get(f"/smart/launch?iss={desk.hospital.fhir}&launch=abc")
    assert reason(answer, 502) == "ehr-unreachable"


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"state": "x"}, 400, "unknown-state"),
        ({"state": ""}, 400, "unknown-state"),
        ({"code": "wrong"}, 502, "code-refused"),
        ({"code": ""}, 502, "ehr-refused"),
        ({"error": "access_denied"}, 403, "declined"),
        ({"error": "invalid_scope", "error_description": "<b>secret</b>"}, 502, "ehr-refused"),
        ({"iss": "https://evil.example"}, 400, "wrong-issuer"),
    ],
)
def test_an_answer_that_is_not_ours(desk: Desk, changes: dict[str, str], status: int, why: str) -> None:
    browser = desk.browser()
    answer = browser.back(browser.launch(), **changes)
    assert reason(answer, status) == why
    assert b"secret" not in answer.data
    assert "Set-Cookie" not in answer.headers


def test_the_right_issuer_may_name_itself(desk: Desk) -> None:
    browser = desk.browser()
    answer = browser.back(browser.launch(), iss=f"{desk.hospital.url}/auth")
    assert browser.told(browser.arrive(answer))["patient_id"] == "p1"


def test_an_answer_is_taken_once(desk: Desk) -> None:
    browser = desk.browser()
    back = desk.hospital.login(browser.launch())
    browser.arrive(browser.get(back))
    assert reason(browser.get(back), 400) == "unknown-state"


def test_an_answer_after_ten_minutes_is_too_late(desk: Desk) -> None:
    browser = desk.browser()
    back = desk.hospital.login(browser.launch())
    desk.clock.ahead = timedelta(minutes=10)
    assert reason(browser.get(back), 400) == "unknown-state"


def test_a_code_of_another_launch_is_refused_by_pkce(desk: Desk) -> None:
    victim, thief = desk.browser(), desk.browser()
    stolen = query_of(desk.hospital.login(victim.launch()))["code"]
    assert reason(thief.back(thief.launch(), code=stolen), 502) == "code-refused"


@pytest.mark.parametrize(
    ("token", "status", "why"),
    [
        ({"access_token": None}, 502, "no-token"),
        ({"access_token": ""}, 502, "no-token"),
        ({"access_token": "a\r\nX-Evil: 1"}, 502, "no-token"),
        ({"access_token": 7}, 502, "no-token"),
        ({"token_type": "mac"}, 502, "no-token"),
        ({"token_type": None}, 502, "no-token"),
        ({"expires_in": "soon"}, 502, "no-token"),
        ({"patient": None}, 400, "no-patient"),
        ({"patient": ""}, 400, "no-patient"),
        ({"patient": "../Observation"}, 400, "no-patient"),
        ({"patient": ".."}, 400, "no-patient"),
        ({"patient": {"id": "p1"}}, 400, "no-patient"),
        ({"id_token": None}, 502, "identity"),
        ({"id_token": 7}, 502, "identity"),
        ({"id_token": "a.b"}, 502, "identity"),
        ({"id_token": "é.b.c"}, 502, "identity"),
        ({"error": "invalid_client"}, 502, "code-refused"),
    ],
)
def test_tokens_that_cannot_be_used(desk: Desk, token: Any, status: int, why: str) -> None:
    desk.hospital.token |= token
    browser = desk.browser()
    assert reason(browser.back(browser.launch()), status) == why


NOW = int(time.time())
STRANGER = ECKey.generate_key("P-256", {"kid": "e1"})


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"iss": None}},
        {"claims": {"aud": "another-app"}},
        {"claims": {"aud": ["osteohooks", "another-app"], "azp": "another-app"}},
        {"claims": {"aud": None}},
        {"claims": {"nonce": "of another launch"}},
        {"claims": {"nonce": None}},
        {"claims": {"exp": NOW - 120}},
        {"claims": {"exp": None}},
        {"claims": {"exp": "tomorrow"}},
        {"claims": {"iat": NOW + 86_400}},
        {"claims": {"sub": None}},
        {"claims": {"at_hash": "of another token"}},
        {"header": {"alg": "none"}, "signs": b""},
        {"header": {"alg": "HS256"}, "signs": KEY.as_pem(private=False)},
        {"header": {"alg": "RS512"}},
        {"header": {"alg": "PS256"}},
        {"header": {"kid": "unknown"}},
        {"header": {"jwk": OTHER_KEY.as_dict(private=False)}, "signs": OTHER_KEY},
        {"signs": OTHER_KEY},
        {"header": {"alg": "ES256", "kid": "e1"}, "signs": STRANGER},
        {"header": {"alg": "ES256", "kid": "k1"}, "signs": EC_KEY},
    ],
    ids=map(str, range(100)),  # keys and moments differ from process to process
)
def test_an_id_token_that_proves_nothing(desk: Desk, changes: Any) -> None:
    for name, value in changes.items():
        setattr(desk.hospital, name, value)
    browser = desk.browser()
    assert reason(browser.back(browser.launch()), 502) == "identity"


def test_the_issuer_of_the_clients_file_counts(hospital: Hospital, database: Database) -> None:
    client = north(hospital, issuer="https://login.example")
    browser = product(hospital, database, client).browser()
    assert reason(browser.back(browser.launch()), 502) == "identity"
    hospital.claims["iss"] = "https://login.example"
    assert browser.told(browser.open())["user"] == "Practitioner/7"


def test_a_new_key_of_the_ehr_is_noticed_and_nobody_makes_us_ask_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, hospital = desk.browser(), desk.hospital
    browser.open()
    fresh = RSAKey.generate_key(2048, {"kid": "k2"})
    hospital.signs, hospital.header = fresh, {"kid": "k2"}
    hospital.keys.append(fresh.as_dict(private=False))
    assert reason(browser.back(browser.launch()), 502) == "identity", "the keys were read a moment ago"
    monkeypatch.setattr("cds_service.smart.identity._PAUSE", 0.0)
    assert browser.told(browser.open())["user"] == "Practitioner/7"
    assert hospital.count("jwks") == 2, "once at first, and once for the new name"


def test_the_ehr_goes_away_in_the_middle(desk: Desk) -> None:
    browser = desk.browser()
    for down in ("token", "jwks"):
        desk.hospital.down = {down}
        assert reason(browser.back(browser.launch()), 502) == "ehr-unreachable"
    desk.hospital.down = set()
    assert browser.told(browser.open())["patient_id"] == "p1"


def test_keys_that_are_no_set(desk: Desk) -> None:
    desk.hospital.keys = "keys"  # type: ignore[assignment]  # as an odd EHR has it
    browser = desk.browser()
    assert reason(browser.back(browser.launch()), 502) == "ehr-unreachable"


def test_alone_it_can_be_tried_again(desk: Desk) -> None:
    browser = desk.browser()
    login = browser.get("/smart/standalone?ehr=north").headers["Location"]
    answer = browser.back(login, error="access_denied")
    assert b'href="/smart/standalone?ehr=north"' in answer.data
    assert reason(answer, 403) == "declined"


def test_the_page_may_be_shown_in_the_frame_of_its_ehr_and_nowhere_else(desk: Desk) -> None:
    browser = desk.browser()
    known = browser.back(browser.launch(), error="access_denied")
    assert "frame-ancestors https://ehr.example.org" in known.headers["Content-Security-Policy"]
    unknown = browser.get("/smart/launch")
    assert "frame-ancestors 'none'" in unknown.headers["Content-Security-Policy"]
    assert "script-src 'self'" in unknown.headers["Content-Security-Policy"]


@pytest.mark.parametrize("why", list(Reason), ids=named)
def test_every_reason_has_words_in_both_languages(why: Reason) -> None:
    pages = [refusals.words(language)[named(why)] for language in LANGUAGES]
    assert pages[0]["what"] != pages[1]["what"]
    assert all(page["what"].strip() and page["do"].strip() for page in pages)


def test_a_missing_word_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"page": {"again": {"en": "x"}}}
    monkeypatch.setattr(refusals.tomllib, "loads", lambda text: broken)
    refusals.words.cache_clear()
    with pytest.raises(refusals.BadWords, match=r"incomplete.*page\.again"):
        refusals.words("en")
    refusals.words.cache_clear()


def test_in_french(desk: Desk) -> None:
    answer = desk.browser().get("/smart/launch", Accept_Language="fr")
    assert 'lang="fr"' in answer.get_data(as_text=True)
    assert "L&#39;application a été ouverte sans dossier" in answer.get_data(as_text=True)


def test_the_log_has_the_reason_and_no_secret(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = desk.browser()
    login = browser.launch()
    browser.back(login, error="access_denied")
    told = browser.told(browser.open())
    desk.hospital.claims["aud"] = "x"
    browser.back(browser.launch())
    ours = [record for record in caplog.records if record.name != "werkzeug"]  # that one is the hospital
    said = " ".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    events = [record.__dict__.get("event") for record in ours if record.name == "osteohooks"]
    assert [event for event in events if event] == ["app not opened", "app opened", "app not opened"]
    secrets = [told["access_token"], told["csrf"], told["ticket"], query_of(login)["state"], query_of(login)["nonce"]]
    assert not [secret for secret in [*secrets, "p1", "Practitioner", "abc"] if secret in said]


def test_without_the_store_a_page_says_so(hospital: Hospital) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    browser = product(hospital, away).browser()
    assert reason(browser.get(f"/smart/launch?iss={hospital.fhir}&launch=abc"), 503) == "store-away"
    assert reason(browser.get("/smart/callback?state=x&code=y"), 503) == "store-away"
    assert reason(browser.get("/smart/arrived?once=x"), 503) == "store-away"
    ticket = f"{24 * '0'}.{43 * 'a'}"
    assert reason(browser.get(f"/app?s={ticket}"), 503) == "store-away"


def test_outgoing_says_what_it_may_not_reach() -> None:
    with pytest.raises(outgoing.Unreachable):
        outgoing.Outgoing().read_json(f"{NOBODY}/x")
    with pytest.raises(ValueError, match="deeply"):
        outgoing.Answer(200, 100_000 * b"[").json()
    assert urlsplit(NOBODY).port == 9
