"""AR-DENTAL-01, AR-DENTCARE-01, AR-OPG-01: the mouth before the first dose."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, reported
from tests.support.drawn import name, rows

EXAMS = """
order           | exam        | result                        | AR-DENTAL-01               | AR-DENTCARE-01 | AR-OPG-01
----------------+-------------+-------------------------------+----------------------------+----------------+---------------
zometa          |             |                               | warning due                | not-applicable | not-applicable
xgeva           |             |                               | warning due                | not-applicable | not-applicable
pamidronate     |             |                               | warning due                | not-applicable | not-applicable
zometa          | 0           |                               | satisfied                  | not-applicable | info due
zometa          | 183         |                               | satisfied                  | not-applicable | info due       # last good day
zometa          | 184         |                               | warning overdue            | not-applicable | not-applicable
xgeva           | 184         |                               | warning overdue            | not-applicable | not-applicable
zometa          | -1          |                               | warning due                | not-applicable | not-applicable # tomorrow
zometa          | 10 planned  |                               | warning due                | not-applicable | not-applicable
zometa          | 10 not-done |                               | warning due                | not-applicable | not-applicable
zometa          | 10 entered-in-error |                       | warning due                | not-applicable | not-applicable
zometa          | -7 booked   |                               | warning due                | not-applicable | not-applicable
zometa          | undated     |                               | warning due                | not-applicable | not-applicable
zometa          | 2026-01     |                               | satisfied                  | not-applicable | info due       # 123 to 153 days
zometa          | 2025-12     |                               | needs-data dental_examination | not-applicable | needs-data dental_examination # 154 to 184
zometa          | 2025-11     |                               | warning overdue            | not-applicable | not-applicable
zometa          | ?           |                               | needs-data dental_examination,dental_examination_outcome | needs-data dental_examination_outcome | needs-data dental_examination,dental_panoramic_xray
zometa          | 10          | 10 dental-treatment-needed    | warning repair             | warning due    | info due
zometa          | 10          | 10 dental-treatment-done      | satisfied                  | not-applicable | info due
zometa          | 10          | 10 dental-cleared             | satisfied                  | not-applicable | info due
zometa          | 184         | 184 dental-treatment-needed   | warning overdue            | warning due    | not-applicable
zometa          |             | 183 dental-treatment-needed   | warning repair             | warning due    | info due       # a result tells of an examination
zometa          |             | 183 dental-cleared            | satisfied                  | not-applicable | info due
zometa          |             | 184 dental-cleared            | warning overdue            | not-applicable | not-applicable
zometa          | 40          | 40 dental-treatment-needed, 10 dental-treatment-done | satisfied | not-applicable | info due
zometa          | 40          | 40 dental-treatment-done, 10 dental-treatment-needed | warning repair | warning due | info due
zometa          | 40          | 40 dental-treatment-needed, 40 dental-treatment-done | warning repair | warning due | info due # same day: not known to be later
zometa          | 10          | 10 form dental-treatment-needed | warning repair           | warning due    | info due
zometa          | 10          | 10 procedure dental-treatment-needed | warning repair      | warning due    | info due
zometa          | 40          | 40 procedure dental-treatment-needed, 10 dental-cleared | satisfied | not-applicable | info due
zometa          | 10          | 10 dental-cleared preliminary, 10 dental-treatment-needed | warning repair | warning due | info due
zometa          | 40          | 40 dental-treatment-needed, 10 dental-treatment-done preliminary | warning repair | warning due | info due
zometa          | 10          | ?                             | needs-data dental_examination_outcome | needs-data dental_examination_outcome | info due
zometa          | 40          | 40 procedure dental-treatment-needed, 10 other report | warning repair | warning due | info due # its conclusion is not about teeth
aclasta         |             |                               | not-applicable             | not-applicable | not-applicable # osteoporosis products
prolia          |             |                               | not-applicable             | not-applicable | not-applicable
zoledronic acid |             |                               | not-applicable             | not-applicable | not-applicable # cannot be told
"""


def mouth(row: dict[str, str]) -> Bedside:
    """The examination and the results of the row."""
    patient = Bedside().observed("calcium_total", f"2.40 mmol/L @ {ago(1)}")
    day, _, how = row["exam"].partition(" ")
    told = [part.split() for part in row["result"].split(", ") if part]
    if day == "?":
        patient.without("procedures")
    elif how == "booked":
        booked(patient, "dental_examination", ago(day))
    elif day:
        of_exam = next((words[-1] for words in told if "procedure" in words), "")
        outcome = {"outcome": concept(of_exam.replace("-", "_"))} if of_exam else {}
        when = None if day == "undated" else ago(day)
        patient.done("dental_examination", when, status=how.replace("planned", "preparation") or "completed", **outcome)
    for words in told:
        _tell(patient, words)
    return patient


def _tell(patient: Bedside, words: list[str]) -> None:
    day = ago(words[0]) if words[0] != "?" else ""
    if words[-1] == "report":
        reported(patient, "dental_panoramic_xray", ago(1000), conclusionCode=[concept("lung_cancer")])
        patient.resources["diagnosticReports"][-1]["effectiveDateTime"] = day
        patient.resources["diagnosticReports"][-1]["code"] = concept("bone_scan")
    elif "form" in words:
        item = {"linkId": "dental-examination-outcome", "answer": [{"valueCoding": _local(words[-1])}]}
        row: dict[str, Any] = {"status": "completed", "authored": f"{day}T10:00:00Z", "item": [item]}
        patient.add("questionnaireResponses", "QuestionnaireResponse", row)
    elif words[0] == "?":
        patient.resources["observations"].clear()
        patient.observed("calcium_total", f"2.40 mmol/L @ {ago(1)}")
        patient.resources["observations"].append({"resourceType": "Observation", "id": "x", "status": 7})
    elif "procedure" not in words:
        status = {"status": "preliminary"} if words[-1] == "preliminary" else {}
        patient.observed("dental_examination_outcome", f"{words[1]} @ {day}", **status)


def _local(code: str) -> dict[str, str]:
    coding: dict[str, str] = concept(code.replace("-", "_"))["coding"][0]
    return coding


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(EXAMS), ids=name)
def test_the_mouth_is_examined_and_repaired_before_the_first_dose(row: dict[str, str], edition: str) -> None:
    patient = mouth(row).drafts_order(row["order"])
    for rule in ("AR-DENTAL-01", "AR-DENTCARE-01", "AR-OPG-01"):
        assert (rule, patient.outcome(rule, edition)) == (rule, row[rule])


PICTURES = """
exam | panoramic        | AR-OPG-01
-----+------------------+----------------------------------
10   |                  | info due
10   | 365              | satisfied
10   | 366              | info due
10   | 365 report       | satisfied
10   | 366 report       | info due
10   | 20 preparation   | info due
10   | 20 not-done      | info due
10   | 20 registered    | info due                           # a report that is not final
10   | 2025             | needs-data dental_panoramic_xray   # 154 to 518 days
10   | ? reports        | needs-data dental_panoramic_xray
10   | 20 ? reports     | satisfied                          # found: no need to look further
184  |                  | not-applicable                     # the examination comes first
     |                  | not-applicable
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(PICTURES), ids=name)
def test_the_examination_comes_with_a_panoramic(row: dict[str, str], edition: str) -> None:
    patient = Bedside()
    if row["exam"]:
        patient.done("dental_examination", ago(row["exam"]))
    day, _, how = row["panoramic"].partition(" ")
    if "?" in row["panoramic"]:
        patient.without("diagnosticReports")
    if how in ("report", "registered"):
        reported(patient, "dental_panoramic_xray", ago(day), status="final" if how == "report" else how)
    elif day not in ("", "?"):
        patient.done("dental_panoramic_xray", ago(day), status=how.partition("?")[0].strip() or "completed")
    assert patient.drafts_order("zometa").outcome("AR-OPG-01", edition) == row["AR-OPG-01"]


def test_the_missing_examination_proposes_a_consultation_and_a_panoramic() -> None:
    finding = Bedside().drafts_order("zometa").asks("AR-DENTAL-01")
    assert finding.verdict.proposals[0].items == ("dental_consultation", "panoramic_xray")


def test_dental_repair_is_said_with_the_examination() -> None:
    patient = Bedside().observed("dental_examination_outcome", f"dental-treatment-needed @ {ago(9)}")
    assert patient.drafts_order("zometa").asks("AR-DENTCARE-01").verdict.said_by == "AR-DENTAL-01"


def test_an_emergency_or_a_running_treatment_silences_all_three() -> None:
    stat = Bedside().drafts_order("zometa", priority="stat", reason="bone_metastasis")
    renewed = Bedside().given("zometa", ago(28)).drafts_order("zometa")
    for patient in (stat, renewed):
        patient.observed("dental_examination_outcome", f"dental-treatment-needed @ {ago(9)}")
        for rule in ("AR-DENTAL-01", "AR-DENTCARE-01", "AR-OPG-01"):
            assert patient.outcome(rule) == "not-applicable"
