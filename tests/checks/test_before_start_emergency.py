"""AR-EMERG-01: an emergency start defers the steps that are left, names each, and plans them."""

from datetime import date

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago, reported
from tests.support.drawn import name, rows

NAMES = {
    "dental": "dental_examination",
    "panoramic": "dental_panoramic_xray",
    "vitamin D": "vitamin_d_25oh_total",
    "extraction": "dental_clearance_after_extraction",
}
ORDERED = {
    "dental": "dental_consultation",
    "panoramic": "panoramic_xray",
    "vitamin D": "vitamin_d_test",
    "extraction": "dental_consultation",
}

STEPS = """
exam | result | panoramic | vitamin D | extraction | cleared | edition      | deferred
-----+--------+-----------+-----------+------------+---------+--------------+------------------------------
     |        |           |           |            |         |              | dental, panoramic, vitamin D
183  |        | 365       | 180       |            |         |              |
184  |        | 365       | 180       |            |         |              | dental
183  | needed | 365       | 180       |            |         |              | dental  # repair is part of the step
183  | done   | 365       | 180       |            |         |              |
183  |        | 366       | 180       |            |         |              | panoramic
183  |        | 365       | 181       |            |         |              | vitamin D
183  |        |           | 180       |            |         |              | panoramic
183  |        | 365       |           |            |         |              | vitamin D
183  |        | 365       | 180       | 90         |         |              | extraction
183  |        | 365       | 180       | 91         |         |              |
183  |        | 365       | 180       | 25         | 2       |              |
183  |        | 365       | 180       | 21         | 2       |              |
183  |        | 365       | 180       | 20         | 2       | aura-2026    | extraction  # too early, cleared or not
183  |        | 365       | 180       | 20         | 2       | aura-earlier |  # no minimum wait
183  |        | 365       | 180       | 20         |         | aura-earlier | extraction
?    |        |           | 180       |            |         |              | dental, panoramic, extraction
"""


def emergency(row: dict[str, str]) -> Bedside:
    """The mouth and the vitamin D of the row, and an emergency start."""
    patient = Bedside()
    if row["exam"] == "?":
        patient.without("procedures")
    elif row["exam"]:
        patient.done("dental_examination", ago(row["exam"]))
    if row["result"]:
        patient.observed("dental_examination_outcome", f"dental-treatment-{row['result']} @ {ago(row['exam'])}")
    if row["panoramic"]:
        patient.done("dental_panoramic_xray", ago(row["panoramic"]))
    if row["vitamin D"]:
        patient.observed("vitamin_d_25oh_total", f"35 ng/mL @ {ago(row['vitamin D'])}")
    if row["extraction"]:
        patient.done("tooth_extraction", ago(row["extraction"]))
    if row["cleared"]:
        patient.observed("dental_clearance_after_extraction", f"true @ {ago(row['cleared'])}")
    return patient.drafts_order("zometa", "4 mg", priority="stat", reason="emergency_pathological_fracture")


BY_EDITION = [(row, edition) for row in rows(STEPS) for edition in EDITIONS if row["edition"] in ("", edition)]


@pytest.mark.parametrize(
    ("row", "edition"), BY_EDITION, ids=lambda cell: name(cell) if isinstance(cell, dict) else cell
)
def test_the_steps_left_are_named_once(row: dict[str, str], edition: str) -> None:
    patient = emergency(row)
    left = [step for step in row["deferred"].split(", ") if step]
    assert patient.outcome("AR-EMERG-01", edition) == ("info due" if left else "satisfied")
    if left:
        verdict = patient.asks("AR-EMERG-01", edition).verdict
        assert verdict.figures["steps"].keys == tuple(NAMES[step] for step in left)
        assert verdict.proposals[0].items == tuple(dict.fromkeys(ORDERED[step] for step in left))
        assert verdict.proposals[0].on == date(2026, 6, 17)  # a fortnight later


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_emergency_of_a_treated_patient_defers_nothing(edition: str) -> None:
    patient = Bedside().given("zometa", ago(100))
    patient.drafts_order("zometa", "4 mg", priority="stat", reason="emergency_hypercalcaemia")
    assert patient.outcome("AR-EMERG-01", edition) == "not-applicable"


def test_a_panoramic_that_only_a_report_tells_counts_as_done() -> None:
    patient = Bedside().done("dental_examination", ago(10)).observed("vitamin_d_25oh_total", f"35 ng/mL @ {ago(9)}")
    reported(patient, "dental_panoramic_xray", ago(10))
    patient.drafts_order("zometa", "4 mg", priority="stat", reason="emergency_hypercalcaemia")
    assert patient.outcome("AR-EMERG-01") == "satisfied"
