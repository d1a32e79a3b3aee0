"""What the doctor says of EHRs that launch the app."""

from pathlib import Path
from typing import Any

import pytest

from cds_service.clients_file import Agreement, ClientsFile
from cds_service.doctor.launches import launches
from cds_service.doctor.lines import Line, Patient
from cds_service.settings import Settings
from tests.smart.desk import north
from tests.smart.hospital import Hospital


def lines(hospital: Hospital, tmp_path: Path, public_url: str | None = "https://cds.example.org") -> list[Line]:
    settings = Settings(public_url=public_url, state_dir=tmp_path)
    return list(launches(Patient(settings, ClientsFile((Agreement(north(hospital), None),)))))


@pytest.mark.parametrize(
    ("said", "level", "words"),
    [
        ({}, "ok", "It can be launched."),
        ({"revocation_endpoint": None}, "warn", "the EHR names no place to give tokens back."),
        ({"issuer": None}, "warn", "names no issuer with keys"),
        ({"code_challenge_methods_supported": []}, "fail", "does not support PKCE"),
        ({"token_endpoint": "https://elsewhere.example/token"}, "fail", "does not vouch for"),
    ],
)
def test_what_an_ehr_can_and_lacks(hospital: Hospital, tmp_path: Path, said: Any, level: str, words: str) -> None:
    hospital.configuration |= said
    (line,) = lines(hospital, tmp_path)
    assert (line.level, line.about) == (level, "north")
    assert words in line.said


def test_an_ehr_that_does_not_answer(hospital: Hospital, tmp_path: Path) -> None:
    hospital.down = {"configuration"}
    (line,) = lines(hospital, tmp_path)
    assert (line.level, line.said) == ("fail", "Its .well-known/smart-configuration cannot be read.")


def test_an_address_that_is_not_encrypted(hospital: Hospital, tmp_path: Path) -> None:
    first, second = lines(hospital, tmp_path, public_url=None)
    assert (first.level, second.level) == ("warn", "ok")
    assert "browsers keep no cookie" in first.said


def test_without_an_app_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert list(launches(Patient(Settings(state_dir=tmp_path)))) == []
