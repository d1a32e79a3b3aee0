"""The app opens: from a chart, from a card, alone; in browsers with and without cookies; at every kind of EHR."""

import json
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from cds_service.clients import Client
from cds_service.smart.registry import Registry
from cds_service.smart.tokens import kinds_read
from cds_service.store.engine import Database
from tests.smart.desk import PUBLIC, Desk, location, north, product, query_of, reason
from tests.smart.hospital import EC_KEY, KEY, Hospital


def test_from_a_chart(desk: Desk) -> None:
    browser = desk.browser()
    login = browser.launch()
    asked = query_of(login)
    assert {name: asked[name] for name in ("client_id", "aud", "launch", "code_challenge_method", "redirect_uri")} == {
        "client_id": "osteohooks",
        "aud": desk.hospital.fhir,
        "launch": "abc",
        "code_challenge_method": "S256",
        "redirect_uri": f"{PUBLIC}/smart/callback",
    }
    app = browser.arrive(browser.back(login))
    told = browser.told(app)
    known = {name: told[name] for name in ("client", "patient_id", "encounter_id", "user", "fhir_server", "language")}
    assert known == {
        "client": "north",
        "patient_id": "p1",
        "encounter_id": "e1",
        "user": "Practitioner/7",
        "fhir_server": desk.hospital.fhir,
        "language": "en",
    }
    assert told["can_write"]
    assert told["reads"]
    assert set(told["scopes"]) == set(asked["scope"].split())
    assert told["frame_ancestors"] == ["https://ehr.example.org"]
    assert told["access_token"] not in told["shown"]
    assert told["csrf"] not in told["shown"]


def test_alone_the_user_picks_the_patient_at_the_ehr(desk: Desk) -> None:
    browser = desk.browser()
    for query in ("", "?ehr=north", f"?iss={desk.hospital.fhir}"):
        login = location(browser.get(f"/smart/standalone{query}"))
        asked = query_of(login)
        assert "launch" not in asked
        assert asked["scope"].startswith("launch/patient openid fhirUser ")
        assert browser.told(browser.arrive(browser.back(login)))["patient_id"] == "p1"


def test_the_cookie_holds_the_secret_and_the_address_does_not(desk: Desk) -> None:
    browser = desk.browser()
    answer = browser.back(browser.launch())
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-osteohooks-")
    for mark in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/", "Max-Age=14400"):
        assert mark in cookie.split("; ")
    secret = cookie.partition("=")[2].partition(";")[0]
    app = browser.arrive(answer)
    assert secret not in location(answer) + app
    assert query_of(app)["s"] in cookie
    told = browser.told(app)
    assert told["next"] == f"/app/forms/mirels?lang=fr&s={query_of(app)['s']}"
    assert told["hidden"] == {"s": query_of(app)["s"], "csrf": told["csrf"]}


def test_a_browser_without_cookies_carries_the_whole_ticket(desk: Desk) -> None:
    browser = desk.browser(cookies=False)
    app = browser.open()
    told = browser.told(app)
    assert told["patient_id"] == "p1"
    assert "." in told["ticket"]
    assert told["next"].endswith(query_of(app)["s"])


def test_the_address_in_between_works_once(desk: Desk) -> None:
    browser = desk.browser(cookies=False)
    between = location(browser.back(browser.launch()))
    location(browser.get(between))
    assert reason(browser.get(between), 400) == "unknown-state"
    assert reason(browser.get("/smart/arrived"), 400) == "unknown-state"


def test_two_charts_stay_apart_in_one_browser(desk: Desk) -> None:
    browser = desk.browser()
    first = browser.open()
    desk.hospital.token["patient"] = "p2"
    second = browser.open()
    assert browser.told(first)["patient_id"] == "p1"
    assert browser.told(second)["patient_id"] == "p2"
    assert reason(browser.get("/app"), 403) == "no-session"


def test_a_browser_keeps_ten_sessions_and_the_oldest_go(desk: Desk) -> None:
    browser = desk.browser()
    opened = [browser.open() for _ in range(11)]
    answers = [browser.get(each).status_code for each in opened]
    assert answers.count(200) == 10


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ("rule=ZOL-DOSE-01", "rule=ZOL-DOSE-01"),
        ('{"form": "mirels"}', "form=mirels"),
        ("something of another app", ""),
        (None, "rule=AR-DENTAL-01"),  # an EHR that does not hand it on: the launch address may say it
    ],
)
def test_it_opens_where_the_card_said(desk: Desk, given: str | None, at: str) -> None:
    desk.hospital.token["appContext"] = given
    query = {"appContext": "rule=AR-DENTAL-01"} if given is None else {}
    browser = desk.browser()
    assert browser.told(browser.open(**query))["app_context"] == at


def test_the_language_of_the_browser(desk: Desk) -> None:
    browser = desk.browser()
    login = browser.launch({"Accept_Language": "fr-FR,fr;q=0.9"})
    assert browser.told(browser.arrive(browser.back(login)))["language"] == "fr"


@pytest.mark.parametrize(("named", "language"), [("fr", "fr"), ("en", "en"), ("de", "en"), ("", "en")])
def test_the_language_that_the_launch_address_names(desk: Desk, named: str, language: str) -> None:
    browser = desk.browser()
    assert browser.told(browser.open(lang=named))["language"] == language
    refused = browser.get(f"/smart/launch?lang={named}")
    assert ("sans dossier" in refused.get_data(as_text=True)) == (language == "fr")


SECOND = {"scopes_supported": ["openid", "launch", "patient/*.rs", "offline_access"], "capabilities": None}
FIRST = {"scopes_supported": None, "capabilities": ["launch-ehr", "permission-patient"]}


@pytest.mark.parametrize(
    ("said", "asked", "not_asked"),
    [
        ({}, ["launch", "online_access", "patient/Observation.rs", "patient/Observation.c"], ["patient/Patient.read"]),
        (SECOND, ["offline_access", "patient/Patient.rs"], ["online_access", "patient/*.rs"]),
        (FIRST, ["online_access", "patient/Observation.read", "patient/Observation.write"], ["patient/Patient.rs"]),
        (FIRST | {"scopes_supported": ["openid"]}, ["openid", "patient/Patient.read"], ["online_access"]),
    ],
)
def test_scopes_in_the_version_of_the_ehr(desk: Desk, said: Any, asked: list[str], not_asked: list[str]) -> None:
    desk.hospital.configuration |= said
    scopes = query_of(desk.browser().launch())["scope"].split()
    assert set(asked) <= set(scopes)
    assert not set(not_asked) & set(scopes)
    assert len([scope for scope in scopes if scope.startswith("patient/")]) == len(kinds_read()) + 2


def test_scopes_that_were_agreed_are_asked_for_letter_for_letter(hospital: Hospital, database: Database) -> None:
    agreed = ("openid", "fhirUser", "patient/*.read", "launch")
    browser = product(hospital, database, north(hospital, scopes=agreed)).browser()
    login = browser.launch()
    assert query_of(login)["scope"] == "launch openid fhirUser patient/*.read"
    told = browser.told(browser.arrive(browser.back(login)))
    assert not told["can_write"]
    assert told["reads"]


def test_what_was_granted_counts_and_not_what_was_asked_for(desk: Desk) -> None:
    desk.hospital.token["scope"] = "openid patient/Observation.rs patient/Observation.cu?category=survey"
    browser = desk.browser()
    told = browser.told(browser.open())
    assert not told["can_write"]
    assert told["reads"]
    desk.hospital.token["scope"] = None
    assert browser.told(browser.open())["can_write"], "an EHR that does not say has granted what was asked for"


def test_without_openid_the_user_is_not_known(desk: Desk) -> None:
    desk.hospital.token |= {"scope": "patient/*.rs", "id_token": None}
    browser = desk.browser()
    assert browser.told(browser.open())["user"] is None


@pytest.mark.parametrize(
    ("claimed", "user"),
    [
        ("Practitioner/7", "Practitioner/7"),
        ("https://elsewhere.example/fhir/Practitioner/7", "https://elsewhere.example/fhir/Practitioner/7"),
        ("Device/7", None),
        (7, None),
        (None, None),
    ],
)
def test_the_user_is_a_person_of_fhir(desk: Desk, claimed: Any, user: str | None) -> None:
    desk.hospital.claims["fhirUser"] = claimed
    browser = desk.browser()
    assert browser.told(browser.open())["user"] == user


def test_it_proves_itself_by_a_secret(hospital: Hospital, database: Database) -> None:
    browser = product(hospital, database, north(hospital, secret="sesame")).browser()
    browser.open()
    assert hospital.last("token")["authorization"] == "Basic b3N0ZW9ob29rczpzZXNhbWU="


def test_by_a_secret_in_the_body_where_the_ehr_wants_it_there(hospital: Hospital, database: Database) -> None:
    hospital.configuration["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    browser = product(hospital, database, north(hospital, secret="sesame")).browser()
    browser.open()
    sent = hospital.last("token")
    assert (sent["authorization"], sent["client_id"], sent["client_secret"]) == (None, "osteohooks", "sesame")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-384", {"kid": "ours"}), "ES384"),
        (RSAKey.generate_key(2048, {"kid": "ours"}), "RS384"),
    ],
    ids=["ec", "rsa"],
)
def test_by_an_assertion_whose_key_is_published(
    hospital: Hospital, database: Database, key: Any, algorithm: str
) -> None:
    browser = product(hospital, database, north(hospital, key=key)).browser()
    browser.open()
    sent = hospital.last("token")
    published = json.loads(browser.get("/smart/jwks.json").data)["keys"]
    assert [(each["kid"], "d" in each) for each in published] == [("ours", False)]
    public = type(key).import_key(published[0])
    token = jwt.decode(sent["client_assertion"], public, algorithms=[algorithm])
    assert token.header["kid"] == "ours"
    assert token.claims["iss"] == token.claims["sub"] == "osteohooks"
    assert token.claims["aud"] == f"{hospital.url}/auth/token"
    assert token.claims["exp"] - token.claims["iat"] <= 300
    first = token.claims["jti"]
    browser.open()
    again = jwt.decode(hospital.last("token")["client_assertion"], public, algorithms=[algorithm])
    assert again.claims["jti"] != first


def test_a_public_app_sends_its_name_alone(desk: Desk) -> None:
    desk.browser().open()
    sent = desk.hospital.last("token")
    assert (sent["client_id"], sent["authorization"], sent["grant_type"]) == ("osteohooks", None, "authorization_code")


def test_the_configuration_is_read_once_an_hour_and_the_keys_too(desk: Desk) -> None:
    browser = desk.browser()
    browser.open()
    browser.open()
    assert (desk.hospital.count("configuration"), desk.hospital.count("jwks")) == (1, 1)


def test_openid_configuration_fills_in_what_smart_leaves_out(desk: Desk) -> None:
    desk.hospital.configuration["jwks_uri"] = None
    browser = desk.browser()
    assert browser.told(browser.open())["user"] == "Practitioner/7"


def test_from_the_public_launcher_as_it_answers(desk: Desk) -> None:
    """SMART App Launcher v2: scopes of version 1 named, both understood, no revocation, an id_token without ``kid``."""
    desk.hospital.configuration |= {
        "revocation_endpoint": None,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "scopes_supported": ["openid", "profile", "fhirUser", "launch", "launch/patient", "patient/*.*", "user/*.*"],
        "capabilities": ["launch-ehr", "launch-standalone", "client-public", "permission-v1", "permission-v2"],
    }
    desk.hospital.keys, desk.hospital.header = desk.hospital.keys[:1], {"kid": None}
    for begin in ("/smart/launch?launch=WzAsIiIsIiJd&", "/smart/standalone?"):
        browser = desk.browser()
        login = location(browser.get(f"{begin}iss={desk.hospital.fhir}"))
        asked = query_of(login)
        assert (asked["aud"], asked["code_challenge_method"]) == (desk.hospital.fhir, "S256")
        assert {"openid", "fhirUser", "patient/Observation.rs"} <= set(asked["scope"].split())
        assert ("launch/patient" in asked["scope"].split()) == ("standalone" in begin)
        assert asked.get("launch") == ("WzAsIiIsIiJd" if "launch?" in begin else None)
        assert browser.told(browser.arrive(browser.back(login)))["user"] == "Practitioner/7"


def test_another_algorithm_and_a_key_without_a_name(desk: Desk) -> None:
    desk.hospital.signs, desk.hospital.header = EC_KEY, {"alg": "ES256", "kid": None}
    desk.hospital.header = {"alg": "ES256", "kid": "e1"}
    browser = desk.browser()
    assert browser.told(browser.open())["user"] == "Practitioner/7"


def test_several_hospitals(hospital: Hospital, database: Database) -> None:
    south = north(hospital)
    south = type(south)("south", smart=south.smart)
    browser = product(hospital, database, north(hospital), south).browser()
    answer = browser.get(f"/smart/launch?iss={hospital.fhir}&launch=abc")
    assert reason(answer, 400) == "ambiguous-ehr"
    assert browser.told(browser.open(ehr="south"))["client"] == "south"
    assert reason(browser.get("/smart/standalone"), 400) == "ambiguous-ehr"
    login = location(browser.get("/smart/standalone?ehr=north"))
    assert browser.told(browser.arrive(browser.back(login)))["client"] == "north"


def test_a_link_names_the_hospital_where_several_share_a_fhir_server(hospital: Hospital) -> None:
    one = north(hospital)
    two, none = replace(one, id="south"), Client("east", fhir_servers=(hospital.fhir,))
    assert Registry((one, none)).address(one, None) == "/smart/launch"
    assert Registry((one, none)).address(one, hospital.fhir) == "/smart/launch"
    assert Registry((one, two)).address(one, hospital.fhir) == "/smart/launch?ehr=north"
    assert Registry((one, none)).address(one, "https://other.example/fhir") is None
    assert Registry((one, none)).address(none, None) is None
    assert Registry((one, none)).address(none, hospital.fhir) is None


def test_keys_that_are_not_for_signatures_are_left_aside(desk: Desk) -> None:
    odd: list[Any] = [
        {"kty": "oct", "k": "AA"},
        "x",
        {"kty": "RSA", "e": "AQAB"},
        {"kty": "RSA", "n": "AQ", "e": "AQAB", "kid": "k1"},
    ]
    odd += [{**KEY.as_dict(private=False), "use": "enc"}, {"kty": "EC", "crv": "P-256", "x": "!", "kid": "k1"}]
    desk.hospital.keys = [*odd, KEY.as_dict(private=False)]
    browser = desk.browser()
    assert browser.told(browser.open())["user"] == "Practitioner/7"
