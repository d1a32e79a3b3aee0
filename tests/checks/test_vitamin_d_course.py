"""VITD-REPL-01: what was taken since the sample, what is running, and the course that is proposed."""

from datetime import date
from typing import Any

import pytest

from fhir_mappers.record.proposals import NewMedication, NewService, Together
from fhir_mappers.record.quantity import Quantity
from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago, missing
from tests.support.drawn import name, rows
from tests.support.vitamins import SAMPLE, calcium, handed_out, level, loading, told, took

TAKEN = """
taken                 | 2026        | earlier
----------------------+-------------+------------
7 x 50000             | warning due | satisfied     # 350,000 of 400,000 and of 300,000
8 x 50000             | satisfied   | satisfied
2 x 100000            | warning due | warning due
3 x 100000            | warning due | satisfied
4 x 100000            | satisfied   | satisfied
8 ampoule             | satisfied   | satisfied
7 ampoule             | warning due | satisfied
8 reported            | satisfied   | satisfied
59 x 1000             | warning due | warning due   # a daily supplement is no course
"""


@pytest.mark.parametrize("row", rows(TAKEN), ids=name)
def test_a_course_taken_since_the_sample_is_enough(row: dict[str, str]) -> None:
    patient = level(Bedside(), "15 ng/mL").drafts_order("zometa")
    number, how = row["taken"].split(maxsplit=1)
    if how == "ampoule":
        handed_out(patient, row["taken"])
    elif how == "reported":
        told(patient, "50000 [iU]", count=int(number), status="completed")
    else:
        took(patient, int(number), f"{how.removeprefix('x ')} [iU]", first=SAMPLE - 1)
    assert patient.outcome("VITD-REPL-01") == row["2026"]
    assert patient.outcome("VITD-REPL-01", "aura-earlier") == row["earlier"]


def test_a_running_or_drafted_course_is_to_be_finished() -> None:
    course: dict[str, Any] = loading(8, every="7 d")
    patient = took(level(Bedside(), "15 ng/mL").drafts_order("zometa"), 3)
    assert patient.outcome("VITD-REPL-01") == "warning due"
    finding = patient.ordered("cholecalciferol", ago(59), "50000 [iU]", **course).asks("VITD-REPL-01")
    assert (finding.severity, finding.verdict.case, finding.verdict.figures["given"]) == ("info", "in_progress", 3)
    assert finding.verdict.proposals == ()
    drafted = (
        level(Bedside(), "15 ng/mL").drafts_order("zometa").drafts_order("cholecalciferol", "50000 [iU]", **course)
    )
    assert drafted.outcome("VITD-REPL-01") == "info in_progress"
    assert "vitamin_d_loading" in {proof.what for proof in finding.verdict.evidence}
    high = calcium(drafted, "2.61").asks("VITD-REPL-01")
    assert (high.severity, high.verdict.case) == ("warning", "hypercalcaemia")
    assert "calcium_total" in {proof.what for proof in high.verdict.evidence}


RUNNING = """
dose  | every | count | written | VITD-REPL-01
------+-------+-------+---------+------------------
50000 | 7 d   | 8     | 59      | info in_progress
50000 | 7 d   | 8     | 60      | info in_progress   # the day of the sample
50000 | 7 d   | 8     | 61      | warning due        # begun before the sample
50000 | 30 d  | 2     | 59      | info in_progress   # counted doses are a course
50000 | 30 d  | 1     | 59      | warning due        # a single dose is none
50000 | 15 d  |       | 59      | info in_progress   # without an end, but a fortnight apart
50000 | 16 d  |       | 59      | warning due
50000 | 30 d  |       | 59      | warning due        # maintenance
49999 | 7 d   | 8     | 59      | warning due
1000  | 1 d   |       | 59      | warning due        # a daily supplement
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(RUNNING), ids=name)
def test_which_order_is_a_loading_course(row: dict[str, str], edition: str) -> None:
    patient = level(Bedside(), "15 ng/mL").drafts_order("zometa")
    course = loading(int(row["count"]) if row["count"] else None, every=row["every"])
    patient.ordered("cholecalciferol", ago(row["written"]), f"{row['dose']} [iU]", **course)
    assert patient.outcome("VITD-REPL-01", edition) == row["VITD-REPL-01"]


def test_the_course_its_maintenance_and_the_new_level_are_one_suggestion() -> None:
    patient = level(Bedside(), "15 ng/mL").drafts_order("zometa")
    assert patient.asks("VITD-REPL-01").verdict.proposals == (
        Together(
            (
                NewMedication(
                    "cholecalciferol_loading", Quantity.of("50000 [iU]"), interval=Quantity.of("7 d"), count=8
                ),
                _upkeep("50000 [iU]", "2026-08-22", "1 mo"),
                NewService(("vitamin_d_test",), on=date.fromisoformat("2026-07-29")),
            ),
            "label-vitamin-d-course",
        ),
    )
    (earlier,) = patient.asks("VITD-REPL-01", "aura-earlier").verdict.proposals
    assert [part.interval for part in earlier.parts[:2]] == [Quantity.of("15 d"), Quantity.of("3 mo")]
    assert earlier.parts[1:] == (
        _upkeep("100000 [iU]", "2026-10-03", "3 mo"),
        NewService(("vitamin_d_test",), on=date.fromisoformat("2026-07-18")),
    )


def _upkeep(dose: str, on: str, every: str) -> NewMedication:
    return NewMedication("cholecalciferol", Quantity.of(dose), on=date.fromisoformat(on), interval=Quantity.of(every))


def test_only_the_doses_left_are_proposed_and_no_second_maintenance() -> None:
    patient = took(level(Bedside(), "25 ng/mL").drafts_order("zometa"), 1)
    patient.ordered("cholecalciferol", ago(300), "50000 [iU]", every="30 d")
    (together,) = patient.asks("VITD-REPL-01").verdict.proposals
    assert [type(part) for part in together.parts] == [NewMedication, NewService]
    assert together.parts[0].count == 3


@pytest.mark.parametrize("kind", ["medicationAdministrations", "medicationStatements"])
def test_doses_that_were_not_sent_leave_it_open_without_a_course(kind: str) -> None:
    patient = level(Bedside(moment="patient-view"), "15 ng/mL").ordered("zometa", ago(40)).without(kind)
    finding = patient.asks("VITD-REPL-01")
    assert finding.status == "needs-data"
    assert finding.severity == "info"
    assert finding.verdict.proposals == ()
    assert "vitamin_d_doses" in missing(patient, "VITD-REPL-01")
