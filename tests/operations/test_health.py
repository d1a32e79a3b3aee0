"""`/readyz`: as bad as its worst part, never held up by one, and cheap however often it is asked."""

import threading
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.app import create_app
from cds_service.operations import roundtrip
from cds_service.operations.health import OK, Part, ReadyChecks, Status
from cds_service.pipeline import Parts, build_parts
from cds_service.settings import Settings
from fhir_mappers.record.quantity import Quantity
from hooks.services import Service, services
from tests.operations.conftest import Lines

DAY = date(2026, 3, 20)
FAILED, DEGRADED = Part(Status.FAILED, "It is gone."), Part(Status.DEGRADED, "It is slow.")


def checks_of(*parts: Part, **options: Any) -> ReadyChecks:
    checks = ReadyChecks(**options)
    for number, part in enumerate(parts):
        checks.add(f"part-{number}", lambda part=part: part)
    return checks


@given(st.lists(st.sampled_from([OK, DEGRADED, FAILED]), max_size=5))
def test_the_whole_is_as_bad_as_the_worst_part(parts: list[Part]) -> None:
    expected = FAILED if FAILED in parts else DEGRADED if DEGRADED in parts else OK
    assert checks_of(*parts).ask().status is expected.status


def test_parts_are_told_in_order_with_their_note() -> None:
    assert checks_of(OK, DEGRADED).ask().as_json() == {
        "status": "degraded",
        "parts": {"part-0": {"status": "ok"}, "part-1": {"status": "degraded", "note": "It is slow."}},
    }


def test_a_check_that_breaks_has_failed_and_tells_only_its_kind() -> None:
    def broken() -> Part:
        raise ConnectionError("postgresql://osteo:secret@db/osteo")

    told: list[tuple[str, Any]] = []
    checks = ReadyChecks(lambda name, error: told.append((name, error)))
    checks.add("database", broken)
    assert checks.ask().parts["database"] == Part(Status.FAILED, "It broke: ConnectionError.")
    assert told == [("database", ConnectionError)]


def test_a_check_that_hangs_has_failed_and_does_not_pile_up() -> None:
    calls, release = [], threading.Event()

    def hanging() -> Part:
        calls.append(1)
        release.wait(10)
        return OK

    checks = ReadyChecks(patience=0.05, kept=0.0)
    checks.add("slow", hanging)
    checks.add("quick", lambda: OK)
    for _ in range(3):
        found = checks.ask()
        assert found.parts == {"slow": Part(Status.FAILED, "It did not answer in time."), "quick": OK}
    assert len(calls) == 1
    release.set()
    deadline = time.monotonic() + 10
    while checks.ask().status is not Status.OK:
        assert time.monotonic() < deadline


def test_the_answer_is_kept_for_a_while() -> None:
    calls: list[int] = []
    checks = ReadyChecks(kept=60.0)
    checks.add("counted", lambda: (calls.append(1), OK)[1])
    threads = [threading.Thread(target=checks.ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_two_checks_of_one_name_are_a_mistake() -> None:
    checks = checks_of(OK)
    with pytest.raises(ValueError, match="part-0"):
        checks.add("part-0", lambda: OK)


# ---- the page --------------------------------------------------------------------------------------------------------


def test_ready(lines: Lines) -> None:
    response = create_app(Settings(), lambda: DAY).test_client().get("/readyz")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.json is not None
    assert response.json["parts"] == {part: {"status": "ok"} for part in ("rules", "canaries", "log")}
    assert response.json["status"] == "ok"


@pytest.mark.parametrize(("part", "status"), [(FAILED, 503), (DEGRADED, 200)])
def test_not_ready_is_503_and_degraded_still_answers(lines: Lines, part: Part, status: int) -> None:
    app = create_app(Settings(), lambda: DAY)
    app.extensions["osteohooks.watch"].ready.add("database", lambda: part)
    response = app.test_client().get("/readyz")
    assert response.status_code == status
    assert response.json is not None
    assert response.json["parts"]["database"] == {"status": part.status.value, "note": part.note}
    assert app.test_client().get("/livez").status_code == 200
    assert "not ready" in {line["event"] for line in lines()}


# ---- the shipped patients --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parts() -> Parts:
    return build_parts(lambda: DAY, "aura-2026")


def test_shipped_patients_are_answered_as_they_must(parts: Parts) -> None:
    assert list(roundtrip.differences(parts)) == []
    assert roundtrip.as_part(parts) == OK
    assert roundtrip.as_part(build_parts(lambda: DAY, "aura-earlier")) == OK


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (roundtrip.Expected(frozenset({"ZOL-DOSE-01"})), "AR-DENTAL-01, ZOL-DOSE-01 fired instead of ZOL-DOSE-01"),
        (roundtrip.Expected(frozenset()), "fired instead of nothing"),
        (
            roundtrip.Expected(frozenset({"ZOL-DOSE-01", "AR-DENTAL-01"}), Quantity.of("3.5 mg")),
            "another dose than 3.5 mg",
        ),
    ],
)
def test_another_answer_is_a_difference(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, expected: roundtrip.Expected, said: str
) -> None:
    monkeypatch.setattr(roundtrip, "CASES", {"lung-zol-clearance-42": expected})
    (told,) = roundtrip.differences(parts)
    assert said in told
    found = roundtrip.as_part(parts)
    assert found.status is Status.FAILED
    assert said in (found.note or "")


def test_a_rule_that_breaks_is_a_difference(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    def broken(service: Service) -> Service:
        checks = (replace(c, judge=fail) if c.id == "ZOL-INFUS-01" else c for c in service.checks)
        return replace(service, checks=tuple(checks))

    monkeypatch.setattr(roundtrip, "services", lambda: [broken(service) for service in services()])
    assert "lung-zol-all-clear: ZOL-INFUS-01 broke" in list(roundtrip.differences(parts))
