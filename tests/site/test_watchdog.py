"""What somebody should look at: said in words, found in a log, and nothing said of a log where all is well."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from cds_service.cli import main
from cds_service.clients import Caller, Client
from cds_service.pipeline import Parts
from cds_service.settings import Settings
from cds_service.site import canaries as canary_module
from cds_service.site.burden_privacy import WARD_EXTENSION, ward_of
from cds_service.site.canaries import KEPT_S, Watched, canaries, found_in
from cds_service.site.drift import WEEKS, Change
from cds_service.site.sightings import Sightings
from cds_service.site.watchdog import FEWEST_CALLS, Watch, as_json, look, told
from cds_service.store.engine import Database
from fhir_mappers.record.answer import UNIT_UNKNOWN, Evidence, Missing
from fhir_mappers.record.events import Unmatched
from hooks.evaluate import Finding
from hooks.limits import Rule
from tests.site.log import DAY, SIGN, VIEW, Log, Said, write
from tests.site.policies import EMPTY, ask, dental, parts

DENTAL, DOSE = "AR-DENTAL-01", "ZOL-DOSE-01"
TODAY = DAY + timedelta(days=100)


def days(week: int) -> list[Any]:
    """The days of a week before today: 1 is the last seven days up to yesterday."""
    return [TODAY - timedelta(days=7 * week - offset) for offset in range(7)]


def fill(log: Log, week: int, *, dental: float, dose: float = 0.2, calls: int = 60, **more: Any) -> None:
    random = Random(week)
    for number in range(calls):
        said = [Said(rule) for rule, rate in ((DENTAL, dental), (DOSE, dose)) if random.random() < rate]
        log.call(said, day=days(week)[number % 7], patient=f"p{week}-{number}", **more)


def watched(database: Database, **more: Any) -> Watch:
    with database.reading() as connection:
        return look(connection, TODAY, **more)


# ---- drift in a log ---------------------------------------------------------------------------------------------------


def test_a_steady_log_is_quiet(database: Database) -> None:
    with write(database) as log:
        for week in range(1, WEEKS + 2):
            fill(log, week, dental=0.3)
    found = watched(database)
    assert found.is_quiet
    assert told(found) == "Nothing to look at."


def test_a_rule_that_stops_is_named_and_the_others_are_not(database: Database) -> None:
    with write(database) as log:
        for week in range(2, WEEKS + 2):
            fill(log, week, dental=0.3)
        fill(log, 1, dental=0.0)
    found = watched(database)
    assert [(drift.service, drift.rule, drift.change) for drift in found.drifts] == [(SIGN, DENTAL, Change.STOPPED)]
    assert f"{DENTAL} at {SIGN} stopped speaking: 0 of 60 patient-weeks in the last week," in told(found)
    assert not found.changed_versions
    assert not found.is_quiet


def test_today_and_what_lies_before_the_nine_weeks_do_not_count(database: Database) -> None:
    with write(database) as log:
        for week in range(2, WEEKS + 2):
            fill(log, week, dental=0.3)
        for number in range(60):
            log.call(day=TODAY, patient=f"t{number}")
            log.call(day=days(WEEKS + 2)[0], patient=f"o{number}")
        fill(log, 1, dental=0.3)
    assert watched(database).drifts == ()


def test_a_change_of_version_is_said_beside_a_change_of_rule(database: Database) -> None:
    with write(database) as log:
        for week in range(2, WEEKS + 2):
            fill(log, week, dental=0.3)
        fill(log, 1, dental=0.9, policy_version="site/2027-02-01/abc")
    found = watched(database)
    assert [drift.change for drift in found.drifts] == [Change.ROSE]
    assert "Software, configuration, policy or edition changed in this time: the change may be wanted." in told(found)


def test_one_patient_seen_often_is_one_patient(database: Database) -> None:
    with write(database) as log:
        for week in range(1, WEEKS + 2):
            for number in range(60):
                said = [Said(DENTAL)] if week == 1 else []
                log.call(said, day=days(week)[number % 7], patient="the same")
    assert watched(database).drifts == ()


@pytest.mark.parametrize(("calls", "silent"), [(FEWEST_CALLS, (VIEW,)), (FEWEST_CALLS - 1, ())])
def test_a_service_that_nobody_calls_any_more_is_named(database: Database, calls: int, silent: tuple[str, ...]) -> None:
    with write(database) as log:
        for week in range(2, WEEKS + 2):
            for number in range(calls):
                log.call(day=days(week)[number % 7], service=VIEW, patient=f"{week}-{number}")
    found = watched(database)
    assert found.silent == silent
    assert (f"{VIEW}: no call in the last seven days; it was in use before." in told(found)) == bool(silent)


# ---- codes and units --------------------------------------------------------------------------------------------------


def test_codes_that_look_like_a_drug_are_told_together(database: Database) -> None:
    counts, caller = Sightings(database), Caller(Client("ehr"))
    for number in range(14):
        like = "zoledronic_acid_4mg" if number % 2 else "pamidronate"
        for _ in range(number + 1):
            counts.note([Unmatched("medications", "urn:d", f"{number:03}", (like,))], (), caller, TODAY)
    counts.note([Unmatched("tests", "urn:lab", "K12", ("creatinine_serum",))], (), caller, TODAY)
    gap = Missing("calcium_total", UNIT_UNKNOWN, Evidence("Observation/1", "calcium_total", unit="mg%"))
    spoken = ask("lung-zol-clearance-42", parts()).findings.all[0]
    finding: Finding = structs.replace(spoken, verdict=structs.replace(spoken.verdict, missing=(gap,)))
    counts.note((), [finding], caller, TODAY - timedelta(days=27))
    counts.note((), [finding], caller, TODAY - timedelta(days=28))
    counts.close()
    text = told(watched(database))
    assert (
        "14 order codes look like bisphosphonates and match no concept (seen 105 times):\n    urn:d|013  14 times\n"
        in text
    )
    assert (
        "1 laboratory code looks like creatinine and matches no concept (seen 1 times):\n    urn:lab|K12  1 times"
        in text
    )
    assert "1 unit is not understood for calcium (seen 1 times):\n    mg%  1 times" in text  # four weeks, no more
    assert watched(database, client="other").is_quiet
    data = as_json(watched(database))
    assert (data["quiet"], data["unused"][0]["like"], data["unused"][0]["seen"]) == (False, "bisphosphonates", 105)


def test_a_long_list_is_cut(database: Database) -> None:
    counts = Sightings(database)
    for number in range(25):
        seen = Unmatched("tests", "s", f"K{number:02}", ("life_expectancy_odd",))
        counts.note([seen], (), Caller(Client("ehr")), TODAY)
    counts.close()
    text = told(watched(database))
    assert "25 laboratory codes look like life expectancy odd and match no concept" in text
    assert text.endswith("    and 5 more")


# ---- canary patients --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Parts:
    return parts()


def test_the_canaries_find_what_they_must_as_shipped(shipped: Parts) -> None:
    assert {canary.scenario: found_in(canary, shipped) for canary in canaries()} == {
        canary.scenario: canary.expected for canary in canaries()
    }
    assert Watched(lambda: [shipped]).failures() == ()
    said = {finding.split()[2] for canary in canaries() for finding in canary.expected}
    assert said == {"info", "warning", "critical"}
    assert any(not canary.expected for canary in canaries())  # silence is watched too


def test_a_lost_and_a_new_finding_are_told(shipped: Parts) -> None:
    tampered = parts(replace(EMPTY, limits=(dental("60 d"),)))
    (failure,) = Watched(lambda: [tampered]).failures()  # as if this were what ships
    assert failure == "lung-zol-all-clear under " + f"{tampered.policy_version}: new AR-DENTAL-01 fires warning overdue"
    rules = {**shipped.rules, "ZOL-CI-01": replace(shipped.rules["ZOL-CI-01"], retired="x")}
    failures = Watched(lambda: [replace(shipped, rules=rules)]).failures()
    assert "lung-zol-clearance-28: lost ZOL-CI-01 fires critical due" in failures


def test_under_a_policy_the_canaries_must_find_what_they_found_at_the_start(shipped: Parts) -> None:
    made = parts(replace(EMPTY, limits=(dental("60 d"),)))
    assert Watched(lambda: [shipped, made]).failures() == ()


def test_a_version_that_comes_into_force_is_learnt_then(shipped: Parts) -> None:
    made, used, now = parts(replace(EMPTY, limits=(dental("60 d"),))), [shipped], [0.0]
    watched = Watched(lambda: used, lambda: now[0])
    used.append(made)
    now[0] = KEPT_S
    assert watched.failures() == ()
    assert (watched.as_part().status, watched.as_part().note) == ("ok", None)


def test_the_service_is_not_ready_when_a_canary_finds_something_else(shipped: Parts) -> None:
    rules = {**shipped.rules, "ZOL-CI-01": replace(shipped.rules["ZOL-CI-01"], retired="x")}
    part = Watched(lambda: [replace(shipped, rules=rules)]).as_part()
    assert part.status == "failed"
    assert (part.note or "").startswith("Canary patients: lung-zol-clearance-28: lost ZOL-CI-01 fires critical due; ")


def test_a_check_that_breaks_is_told_even_when_it_was_broken_from_the_start(shipped: Parts) -> None:
    def broken(rule: Rule) -> Rule:
        return replace(rule, numbers=dict.fromkeys(rule.numbers))

    rules = {**shipped.rules, "ZOL-INFUS-01": broken(shipped.rules["ZOL-INFUS-01"])}
    failures = Watched(lambda: [shipped, replace(shipped, rules=rules)]).failures()
    assert failures
    assert all("new ZOL-INFUS-01 broken" in failure for failure in failures)


def test_a_canary_that_cannot_be_asked_has_found_a_fault(shipped: Parts) -> None:
    failures = Watched(lambda: [replace(shipped, speakers={})]).failures()
    assert len(failures) == len(canaries())
    assert all("KeyError broken" in failure for failure in failures)


def test_the_answer_is_kept_for_a_while(shipped: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [0.0], []
    real = canary_module.found_in
    monkeypatch.setattr(canary_module, "found_in", lambda c, p: (asked.append(c.scenario), real(c, p))[1])
    watched = Watched(lambda: [shipped], lambda: now[0])
    for moment, times in ((0.0, 1), (KEPT_S - 1, 1), (KEPT_S, 2)):
        now[0] = moment
        assert watched.failures() == ()
        assert len(asked) == times * len(canaries())


# ---- the command line -------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["watch", *arguments], prog_name="osteohooks")


@pytest.fixture
def _settled(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(Settings, "today", lambda self: TODAY)
    monkeypatch.setenv("OSTEOHOOKS_DATABASE", database.url.render_as_string(hide_password=False))


@pytest.mark.usefixtures("_settled")
def test_the_command_is_quiet_or_fails(database: Database) -> None:
    assert (run().exit_code, run().stdout) == (0, "Nothing to look at.\n")
    counts = Sightings(database)
    counts.note([Unmatched("tests", "s", "K", ("creatinine_serum",))], (), Caller(Client("ehr")), TODAY)
    counts.close()
    assert run().exit_code == 1
    assert json.loads(run("--json").stdout)["unused"][0]["codes"] == [["s|K", 1]]
    assert run("--client", "other").exit_code == 0


@pytest.mark.usefixtures("_settled")
def test_without_a_log_the_canaries_are_asked_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("OSTEOHOOKS_DATABASE", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    assert (run().exit_code, run().stdout) == (2, "")
    monkeypatch.setattr(Watched, "failures", lambda self: ("lung: lost X",))
    assert (run().exit_code, run().stdout) == (1, "Canary patients: lung: lost X\n")


# ---- wards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "default", "ward"),
    [
        ("onco-2", None, "onco-2"),
        ("onco-2", "other", "onco-2"),
        (None, "hdj", "hdj"),
        ("UF.1234_b", None, "UF.1234_b"),
        ("12345", None, "12345"),
        ("123456", None, None),  # a long number is a patient's or a stay's
        ("Mme Dupont", None, None),
        ("a" * 24, None, "a" * 24),
        ("a" * 25, "hdj", "hdj"),
        ("-x", None, None),
        ("", None, None),
        (7, None, None),
        ({"code": "x"}, "hdj", "hdj"),
        (None, "not a code", None),
    ],
)
def test_a_ward_is_a_short_code_or_nothing(sent: object, default: str | None, ward: str | None) -> None:
    extension = {} if sent is None else {WARD_EXTENSION: sent}
    assert ward_of(extension, default) == ward
