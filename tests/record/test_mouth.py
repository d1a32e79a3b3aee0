"""What the record knows about the mouth, asked directly; the advice drawn from it stands in tests/checks."""

import pytest

from fhir_mappers.record.answer import Answer, Known, Missing
from fhir_mappers.record.quantity import Quantity
from tests.support.bedside import TODAY, Bedside, concept
from tests.support.chart import ago, booked, reported
from tests.support.drawn import name, rows

MONTHS_3 = Quantity.of("90 d")


def said(answer: Answer) -> str:
    """``yes``, ``no`` or ``unknown`` with the reasons."""
    if answer.is_unknown:
        return f"unknown {','.join(m.why for m in answer.missing)}"
    return "yes" if answer.is_yes else "no"


def test_the_last_examination_is_the_newest_procedure_or_outcome() -> None:
    patient = Bedside().done("dental_examination", ago(40))
    reading = patient.observed("dental_examination_outcome", f"dental-cleared @ {ago(10)}").record()
    last = reading.last_dental_examination()
    assert isinstance(last, Known)
    assert last.value.when is not None
    assert last.value.when.text == ago(10)
    assert last.evidence[0].resource == "Observation/r2"


def test_an_examination_nobody_looked_for_is_not_absent() -> None:
    for kind in ("procedures", "observations"):
        reading = Bedside().without(kind).record().last_dental_examination()
        assert reading == Missing("dental_examination", "not-fetched")
    assert Bedside().record().last_dental_examination() == Missing("dental_examination", "absent")


NEEDED = """
outcomes                                             | lost         | needed
-----------------------------------------------------+--------------+--------------------
                                                     |              | no
                                                     | procedures   | unknown not-fetched
                                                     | observations | unknown not-fetched
10 dental-treatment-needed                           | procedures   | yes
10 dental-cleared                                    |              | no
10 dental-cleared                                    | procedures   | no
40 dental-treatment-needed, 10 dental-treatment-done |              | no
40 dental-treatment-needed, 10 dental-cleared        |              | no
40 dental-cleared, 10 dental-treatment-needed        |              | yes
40 dental-treatment-needed, 40 dental-cleared        |              | yes    # not known to be later
40 dental-treatment-needed, 2026 dental-cleared      |              | yes    # may be earlier
40 dental-treatment-needed, -5 dental-cleared        |              | yes    # a future word is not heard
40 dental-treatment-needed, 9 dental-cleared preliminary |          | yes    # preliminary never reassures
9 dental-treatment-needed preliminary                |              | yes    # but it may warn
"""


@pytest.mark.parametrize("row", rows(NEEDED), ids=name)
def test_whether_the_dentist_left_something_to_do(row: dict[str, str]) -> None:
    patient = Bedside()
    for one in filter(None, row["outcomes"].split(", ")):
        day, value, *status = one.split()
        extra = {"status": status[0]} if status else {}
        patient.observed("dental_examination_outcome", f"{value} @ {ago(day)}", **extra)
    if row["lost"]:
        patient.without(row["lost"])
    assert said(patient.record().dental_treatment_needed()) == row["needed"]


def test_the_conclusion_of_another_report_says_nothing_about_teeth() -> None:
    patient = Bedside().done("dental_examination", ago(40), outcome=concept("dental_treatment_needed"))
    reported(patient, "bone_scan", ago(5), conclusionCode=[concept("bone_metastasis")])
    answer = patient.record().dental_treatment_needed()
    assert (said(answer), answer.evidence[0].resource) == ("yes", "Procedure/r1")


def test_an_outcome_of_an_examination_that_was_not_done_does_not_count() -> None:
    patient = Bedside().done(
        "dental_examination", ago(4), status="not-done", outcome=concept("dental_treatment_needed")
    )
    assert said(patient.record().dental_treatment_needed()) == "no"


EXTRACTIONS = """
extractions       | lost       | reading
------------------+------------+--------------
90                |            | 90
91                |            | absent
91                | incomplete | unreadable     # a newer one may not have come
200, 30           |            | 30
30, undated       |            | 30
91, undated       |            | imprecise      # may be within the look-back
undated           |            | imprecise
                  |            | absent
                  | procedures | not-fetched
"""


@pytest.mark.parametrize("row", rows(EXTRACTIONS), ids=name)
def test_the_last_extraction_of_the_look_back(row: dict[str, str]) -> None:
    patient = Bedside()
    for one in filter(None, row["extractions"].split(", ")):
        patient.done("tooth_extraction", None if one == "undated" else ago(one))
    if row["lost"] == "incomplete":
        patient.resources["procedures"].append({"resourceType": "Procedure", "id": "broken", "status": 7})
    elif row["lost"]:
        patient.without(row["lost"])
    reading = patient.record().last_extraction(MONTHS_3)
    if isinstance(reading, Known):
        assert reading.value.when is not None
        assert reading.value.when.text == ago(row["reading"])
    else:
        assert reading.why == row["reading"]


HEALED = """
extraction | cleared | answer
-----------+---------+--------------------
           |         | yes
91         |         | yes                 # beyond the look-back
21         | 1       | yes
20         | 1       | no                  # too early
21         |         | no
undated    |         | unknown imprecise
?          |         | unknown not-fetched
"""


@pytest.mark.parametrize("row", rows(HEALED), ids=name)
def test_healed_after_an_extraction(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["extraction"] == "?":
        patient.without("procedures")
    elif row["extraction"]:
        patient.done("tooth_extraction", None if row["extraction"] == "undated" else ago(row["extraction"]))
    if row["cleared"]:
        patient.observed("dental_clearance_after_extraction", f"true @ {ago(row['cleared'])}")
    assert said(patient.record().healed_within(MONTHS_3, Quantity.of("21 d"))) == row["answer"]


def test_of_two_words_on_one_day_the_careful_one_counts() -> None:
    patient = Bedside().done("tooth_extraction", ago(40))
    for flag in ("true", "false"):
        patient.observed("dental_clearance_after_extraction", f"{flag} @ {ago(3)}")
    assert said(patient.record().healed_within(MONTHS_3, Quantity.of("21 d"))) == "no"


VISITS = """
day | status    | kind                      | booked
----+-----------+---------------------------+-------
0   | booked    | denosumab_injection_visit | yes
-7  | booked    | denosumab_injection_visit | yes
-8  | booked    | denosumab_injection_visit | no
1   | booked    | denosumab_injection_visit | no
-7  | proposed  | denosumab_injection_visit | no
-7  | cancelled | denosumab_injection_visit | no
-7  | booked    | dental_visit              | no
"""


@pytest.mark.parametrize("row", rows(VISITS), ids=name)
def test_a_visit_booked_in_the_coming_days(row: dict[str, str]) -> None:
    patient = booked(Bedside(today=TODAY), row["kind"], ago(row["day"]), status=row["status"])
    assert said(patient.record().visit_booked("denosumab_injection_visit", Quantity.of("7 d"))) == row["booked"]


def test_visits_nobody_looked_for() -> None:
    record = Bedside().without("appointments").record()
    assert said(record.visit_booked("denosumab_injection_visit", Quantity.of("7 d"))) == "unknown not-fetched"
