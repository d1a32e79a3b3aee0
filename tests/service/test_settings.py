"""Settings come from the environment; a wrong one stops the start with its name and what to do."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from cds_service.settings import Settings, is_loopback, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)


def test_defaults_are_for_one_machine() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert (settings.edition, settings.language, settings.timezone) == ("aura-2026", "en", "system")
    assert settings.max_body_bytes == 32 * 1024 * 1024
    assert settings.sandbox is True
    assert settings.cors_origins == ("*",)


def test_where_the_network_can_reach_us_nothing_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_HOST", "0.0.0.0")
    settings = load_settings()
    assert settings.sandbox is False
    assert settings.cors_origins == ()


def test_what_is_said_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OSTEOHOOKS_HOST": "0.0.0.0",
        "OSTEOHOOKS_PORT": "9000",
        "OSTEOHOOKS_EDITION": "aura-earlier",
        "OSTEOHOOKS_LANGUAGE": "fr",
        "OSTEOHOOKS_TIMEZONE": "Europe/Paris",
        "OSTEOHOOKS_MAX_BODY_BYTES": "1024",
        "OSTEOHOOKS_CORS_ORIGINS": "https://a.example, http://localhost:3000",
        "OSTEOHOOKS_SANDBOX": "true",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.port, settings.edition, settings.language) == (9000, "aura-earlier", "fr")
    assert (settings.max_body_bytes, settings.sandbox) == (1024, True)
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert settings.zone == ZoneInfo("Europe/Paris")


def test_the_command_line_wins_where_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_PORT", "9000")
    assert load_settings(port=9001, host=None).port == 9001
    assert load_settings(port=None).port == 9000
    assert load_settings(host="10.0.0.1").sandbox is False


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_PORT", "")
    assert load_settings().port == 8080


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("PORT", "http", "a whole number"),
        ("PORT", "65536", "a whole number"),
        ("PORT", "-1", "a whole number"),
        ("HOST", "http://x", "the address to listen on"),
        ("EDITION", "aura-2025", "one of aura-2026"),
        ("LANGUAGE", "de", "one of en, fr"),
        ("TIMEZONE", "Paris", "IANA"),
        ("TIMEZONE", "../etc/passwd", "IANA"),
        ("MAX_BODY_BYTES", "32MB", "bytes"),
        ("MAX_BODY_BYTES", "1023", "bytes"),
        ("FETCH_DEADLINE", "0", "seconds"),
        ("FETCH_DEADLINE", "10.5", "seconds"),
        ("FETCH_DEADLINE", "soon", "seconds"),
        ("FETCH_CA_FILE", "/no/such/file.pem", "PEM"),
        ("CORS_ORIGINS", "ehr.example.org", "origins"),
        ("CORS_ORIGINS", "https://ehr.example.org/", "origins"),
        ("CORS_ORIGINS", "https://.*", "origins"),
        ("SANDBOX", "perhaps", "true or false"),
    ],
)
def test_a_bad_value_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str) -> None:
    monkeypatch.setenv(f"OSTEOHOOKS_{name}", value)
    with pytest.raises(SystemExit) as stop:
        load_settings()
    message = str(stop.value)
    assert f"OSTEOHOOKS_{name} must be" in message
    assert remedy in message
    assert f"be {value}" not in message


def test_an_unknown_variable_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTEOHOOKS_LANGAGE", "fr")
    with pytest.raises(SystemExit, match="OSTEOHOOKS_LANGAGE is not a setting: did you mean OSTEOHOOKS_LANGUAGE"):
        load_settings()
    monkeypatch.setenv("OSTEOHOOKS_XYZZY_PLUGH", "1")
    monkeypatch.setenv("OSTEOHOOKS_PORT", "x")
    with pytest.raises(SystemExit) as stop:
        load_settings()
    assert str(stop.value).count("\n") == 3  # all three at once
    assert "known are OSTEOHOOKS_HOST" in str(stop.value)


def test_an_unknown_option_stops_the_start() -> None:
    with pytest.raises(SystemExit, match="OSTEOHOOKS_COLOUR must be left out"):
        load_settings(colour="red")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_today_is_meant_in_the_zone_of_the_installation() -> None:
    east, west = Settings(timezone="Pacific/Kiritimati"), Settings(timezone="Etc/GMT+12")
    assert (east.today() - west.today()).days in (1, 2)  # 26 hours apart
    before = datetime.now().date()
    today = Settings().today()
    assert isinstance(today, date)
    assert before <= today <= datetime.now().date()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "ehr.example.org", "localhost.evil"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)
