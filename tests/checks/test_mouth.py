"""AR-DENTAL-01, AR-DENTCARE-01, AR-OPG-01: the mouth before the first dose."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, reported
from tests.support.drawn import name, rows

EXAMS = """
order           | exam        | AR-DENTAL-01    | AR-DENTCARE-01 | AR-OPG-01
----------------+-------------+-----------------+----------------+------------------
zometa          |             | warning due     | -              | -
xgeva           |             | warning due     | -              | -
pamidronate     |             | warning due     | -              | -
zometa          | 0           | satisfied       | -              | info due
zometa          | 183         | satisfied       | -              | info due           # last good day
zometa          | 184         | warning overdue | -              | -
xgeva           | 184         | warning overdue | -              | -
zometa          | -1          | warning due     | -              | -                  # tomorrow
zometa          | 10 planned  | warning due     | -              | -
zometa          | 10 not-done | warning due     | -              | -
zometa          | 10 error    | warning due     | -              | -
zometa          | -7 booked   | warning due     | -              | -
zometa          | undated     | warning due     | -              | -
zometa          | 2026-01     | satisfied       | -              | info due           # 123 to 153 days
zometa          | 2025-12     | ? exam          | -              | ? exam             # 154 to 184
zometa          | 2025-11     | warning overdue | -              | -
zometa          | ?           | ? exam, outcome | ? outcome      | ? exam, panoramic
aclasta         |             | -               | -              | -                  # osteoporosis products
prolia          |             | -               | -              | -
zoledronic acid |             | -               | -              | -                  # cannot be told
"""

TOLD = """
exam | result                               | AR-DENTAL-01    | AR-DENTCARE-01 | AR-OPG-01
-----+--------------------------------------+-----------------+----------------+----------
10   | 10 needed                            | warning repair  | warning due    | info due
10   | 10 done                              | satisfied       | -              | info due
10   | 10 cleared                           | satisfied       | -              | info due
184  | 184 needed                           | warning overdue | warning due    | -
     | 183 needed                           | warning repair  | warning due    | info due   # tells of an exam
     | 183 cleared                          | satisfied       | -              | info due
     | 184 cleared                          | warning overdue | -              | -
40   | 40 needed, 10 done                   | satisfied       | -              | info due
40   | 40 done, 10 needed                   | warning repair  | warning due    | info due
40   | 40 needed, 40 done                   | warning repair  | warning due    | info due   # on the same day
10   | 10 form needed                       | warning repair  | warning due    | info due
10   | 10 procedure needed                  | warning repair  | warning due    | info due
40   | 40 procedure needed, 10 cleared      | satisfied       | -              | info due
10   | 10 cleared preliminary, 10 needed    | warning repair  | warning due    | info due
40   | 40 needed, 10 done preliminary       | warning repair  | warning due    | info due
10   | ?                                    | ? outcome       | ? outcome      | info due
40   | 40 procedure needed, 10 other report | warning repair  | warning due    | info due   # not about teeth
"""
RESULTS = {"needed": "dental-treatment-needed", "done": "dental-treatment-done", "cleared": "dental-cleared"}
STATUS = {"planned": "preparation", "error": "entered-in-error"}
LACKING = {
    "exam": "dental_examination",
    "outcome": "dental_examination_outcome",
    "panoramic": "dental_panoramic_xray",
}


def mouth(row: dict[str, str]) -> Bedside:
    """The examination and the results of the row."""
    patient = Bedside().observed("calcium_total", f"2.40 mmol/L @ {ago(1)}")
    day, _, how = row["exam"].partition(" ")
    told = [[RESULTS.get(word, word) for word in part.split()] for part in row.get("result", "").split(", ") if part]
    if day == "?":
        patient.without("procedures")
    elif how == "booked":
        booked(patient, "dental_examination", ago(day))
    elif day:
        of_exam = next((words[-1] for words in told if "procedure" in words), "")
        outcome = {"outcome": concept(of_exam.replace("-", "_"))} if of_exam else {}
        when = None if day == "undated" else ago(day)
        patient.done("dental_examination", when, status=STATUS.get(how, how or "completed"), **outcome)
    for words in told:
        _tell(patient, words)
    return patient


def spelled(cell: str) -> str:
    """A cell in the words of the outcome: ``-`` is not applicable, ``?`` lacks what follows."""
    if not cell.startswith("?"):
        return "not-applicable" if cell == "-" else cell
    return f"needs-data {','.join(LACKING[word] for word in cell.removeprefix('? ').split(', '))}"


def _tell(patient: Bedside, words: list[str]) -> None:
    day = ago(words[0]) if words[0] != "?" else ""
    if words[-1] == "report":
        reported(patient, "bone_scan", day, conclusionCode=[concept("bone_metastasis")])
    elif "form" in words:
        item = {"linkId": "dental-examination-outcome", "answer": [{"valueCoding": _local(words[-1])}]}
        row: dict[str, Any] = {"status": "completed", "authored": f"{day}T10:00:00Z", "item": [item]}
        patient.add("questionnaireResponses", "QuestionnaireResponse", row)
    elif words[0] == "?":
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
        assert (rule, patient.outcome(rule, edition)) == (rule, spelled(row[rule]))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(TOLD), ids=name)
def test_what_the_dentist_concluded(row: dict[str, str], edition: str) -> None:
    patient = mouth(row).drafts_order("zometa")
    for rule in ("AR-DENTAL-01", "AR-DENTCARE-01", "AR-OPG-01"):
        assert (rule, patient.outcome(rule, edition)) == (rule, spelled(row[rule]))


PICTURES = """
exam | panoramic      | AR-OPG-01
-----+----------------+---------------------------------
10   |                | info due
10   | 365            | satisfied
10   | 366            | info due
10   | 365 report     | satisfied
10   | 366 report     | info due
10   | 20 preparation | info due
10   | 20 not-done    | info due
10   | 20 registered  | info due                          # a report that is not final
10   | 2025           | needs-data dental_panoramic_xray  # 154 to 518 days
10   | ? reports      | needs-data dental_panoramic_xray
10   | 20 ? reports   | satisfied                         # found: no need to look further
184  |                | not-applicable                    # the examination comes first
     |                | not-applicable
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


@pytest.mark.parametrize(("panoramic", "proposed"), [(None, True), (366, True), (365, False)])
def test_a_consultation_is_proposed_and_a_panoramic_unless_there_is_one(panoramic: int | None, proposed: bool) -> None:
    patient = Bedside()
    if panoramic is not None:
        patient.done("dental_panoramic_xray", ago(panoramic))
    items = patient.drafts_order("zometa").asks("AR-DENTAL-01").verdict.proposals[0].items
    assert items == ("dental_consultation", "panoramic_xray")[: 1 + proposed]


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


@pytest.mark.parametrize("kind", ["medicationStatements", "medicationAdministrations", "medicationRequests"])
def test_whether_treatment_is_presumed_started_is_not_lost_with_data_that_were_not_sent(kind: str) -> None:
    patient = Bedside().ordered("xgeva", ago(100)).done("dental_examination", ago(10)).drafts_order("xgeva", "120 mg")
    assert patient.outcome("AR-DENTAL-01") == "needs-data first_and_last_dose"
    assert patient.without(kind).outcome("AR-DENTAL-01").startswith("needs-data antiresorptive_")
    known = Bedside().given("xgeva", ago(28)).drafts_order("xgeva", "120 mg").without("medicationRequests")
    assert known.outcome("AR-DENTAL-01") == "not-applicable", "a recorded dose says that it is started"


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_presumed_line_is_information_and_replaces_every_check_before_the_start(edition: str) -> None:
    patient = Bedside().ordered("xgeva", ago(100)).done("tooth_extraction", ago(5)).ordered("prednisone", ago(5))
    patient.drafts_order("xgeva", "120 mg")
    finding = patient.asks("AR-DENTAL-01", edition)
    assert (finding.severity, finding.verdict.case) == ("info", "presumed")
    for rule in ("AR-OPG-01", "AR-EXTRACT-01", "AR-CONC-01", "AR-EMERG-01", "ZOL-PARA-01"):
        assert patient.outcome(rule, edition) == "not-applicable"
