"""SURG-HEAL-01, SURG-NADIR-01, SURG-CRP-01: time around an operation of the bone."""

from datetime import date
from typing import Any

import pytest

from fhir_mappers.record.proposals import NewService, PostponeDraft
from tests.support.acts import act, ahead, takes
from tests.support.bedside import RULES, Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows

HEALING = """
draft            | operation               | days | healed | agreed | outcome
-----------------+-------------------------+------+--------+--------+------------------------------
vinorelbine      | bone_metastasis_surgery | 14   | yes    | yes    | warning chemotherapy_early
vinorelbine      | bone_metastasis_surgery | 15   | yes    | yes    | satisfied
vinorelbine      | bone_metastasis_surgery | 15   | yes    |        | warning chemotherapy
vinorelbine      | bone_metastasis_surgery | 15   |        | yes    | warning chemotherapy
vinorelbine      | bone_metastasis_surgery | 15   | yes    | no     | warning chemotherapy
vinorelbine      | bone_metastasis_surgery | 20   |        |        | warning chemotherapy
vinorelbine      | bone_metastasis_surgery | 21   |        |        | satisfied
vinorelbine      | bone_metastasis_surgery | 0    |        |        | warning chemotherapy_early
cisplatin        | prophylactic_fixation   | 14   |        |        | warning chemotherapy_early
carboplatin      | spine_surgery           | 14   |        |        | warning chemotherapy_early
pemetrexed       | bone_metastasis_surgery | 20   |        |        | warning chemotherapy
gemcitabine      | bone_metastasis_surgery | 20   |        |        | warning chemotherapy
osimertinib      | bone_metastasis_surgery | 3    |        |        | not-applicable
pembrolizumab    | bone_metastasis_surgery | 3    |        |        | not-applicable
zometa           | bone_metastasis_surgery | 3    |        |        | not-applicable
vinorelbine      | cementoplasty           | 3    |        |        | not-applicable       # percutaneous
vinorelbine      | bone_biopsy             | 3    |        |        | not-applicable
vinorelbine      |                         |      |        |        | not-applicable
bone_radiotherapy | bone_metastasis_surgery | 14  | yes    |        | warning radiotherapy_early
bone_radiotherapy | bone_metastasis_surgery | 15  | yes    |        | satisfied
bone_radiotherapy | bone_metastasis_surgery | 15  |        |        | info skin
bone_radiotherapy | bone_metastasis_surgery | 21  |        |        | info skin
bone_radiotherapy | bone_metastasis_surgery | 22  |        |        | satisfied
bone_radiotherapy | spine_surgery          | 13   | yes    |        | warning spine_early
bone_radiotherapy | spine_surgery          | 14   | yes    |        | satisfied
bone_radiotherapy | spine_surgery          | 14   | no     |        | info skin
radiotherapy      | bone_metastasis_surgery | 14  |        |        | warning radiotherapy_early
"""


def operated(operation: str, days: str, *, healed: str = "", agreed: str = "", **extra: Any) -> Bedside:
    patient = Bedside().ill("bone_metastasis")
    if operation:
        patient.done(operation, ago(days), **extra)
    for item, said in (("wound_healed", healed), ("surgeon_agreement", agreed)):
        patient.observed(item, f"{'true' if said == 'yes' else 'false'} @ {ago(0)}") if said else None
    return patient


@pytest.mark.parametrize("row", rows(HEALING), ids=name)
def test_treatment_waits_for_healing(row: dict[str, str]) -> None:
    patient = operated(row["operation"], row["days"], healed=row["healed"], agreed=row["agreed"])
    if "radiotherapy" in row["draft"]:
        act(patient, row["draft"], "0")
    else:
        patient.drafts_order(row["draft"])
    assert patient.outcome("SURG-HEAL-01") == row["outcome"]


def test_the_planned_day_counts_and_the_order_can_be_moved() -> None:
    patient = operated("bone_metastasis_surgery", "10").drafts_order("vinorelbine", starts=ahead(10))
    assert patient.outcome("SURG-HEAL-01") == "warning chemotherapy"
    (draft,) = patient.record().drafts
    assert patient.asks("SURG-HEAL-01").verdict.proposals == (PostponeDraft(draft, date.fromisoformat(ahead(11))),)
    later = operated("bone_metastasis_surgery", "10").drafts_order("vinorelbine", starts=ahead(11))
    assert later.outcome("SURG-HEAL-01") == "satisfied"


RAYS = """
operation               | days | draft   | proposed for
------------------------+------+---------+-------------
bone_metastasis_surgery | 10   | request | 5
spine_surgery           | 10   | request | 4
bone_metastasis_surgery | 16   | request |             # the skin is looked at, nothing is moved
bone_metastasis_surgery | 10   | booking |             # moved by whoever holds the calendar
"""


@pytest.mark.parametrize("row", rows(RAYS), ids=name)
def test_radiotherapy_can_be_moved_to_the_first_day_that_is_allowed(row: dict[str, str]) -> None:
    patient = operated(row["operation"], row["days"], healed="yes" if row["proposed for"] else "")
    if row["draft"] == "booking":
        patient.moment = "appointment-book"
        verdict = proposed(patient, "bone_radiotherapy", ahead(0)).asks("SURG-HEAL-01").verdict
        assert verdict.proposals == ()
        return
    (draft,) = act(patient, "bone_radiotherapy", "0").record().drafts
    wanted = [PostponeDraft(draft, date.fromisoformat(ahead(int(row["proposed for"]))))] if row["proposed for"] else []
    assert list(patient.asks("SURG-HEAL-01").verdict.proposals) == wanted
    if wanted:
        patient.drafts.clear()
        assert act(patient, "bone_radiotherapy", row["proposed for"]).outcome("SURG-HEAL-01") == "satisfied"


def test_an_operation_that_is_booked_counts_when_it_comes_first() -> None:
    patient = booked(Bedside(), "bone_metastasis_surgery", ahead(5)).drafts_order("vinorelbine", starts=ahead(12))
    assert patient.outcome("SURG-HEAL-01") == "warning chemotherapy_early"
    before = booked(Bedside(), "bone_metastasis_surgery", ahead(5)).drafts_order("vinorelbine", starts=ahead(4))
    assert before.outcome("SURG-HEAL-01") == "not-applicable"


def test_a_word_about_healing_before_the_operation_or_preliminary_does_not_count() -> None:
    early = operated("bone_metastasis_surgery", "16").observed("wound_healed", f"true @ {ago(17)}")
    early.observed("surgeon_agreement", f"true @ {ago(1)}").drafts_order("vinorelbine")
    assert early.outcome("SURG-HEAL-01") == "warning chemotherapy"
    said = operated("bone_metastasis_surgery", "16", agreed="yes")
    said.observed("wound_healed", f"true @ {ago(1)}", status="preliminary").drafts_order("vinorelbine")
    assert said.outcome("SURG-HEAL-01") == "warning chemotherapy"


def test_radiotherapy_elsewhere_does_not_wait() -> None:
    femur = {"bodySite": [concept("site_femur")]}
    patient = operated("bone_metastasis_surgery", "5", **femur)
    assert act(patient, "bone_radiotherapy", "0", bodySite=[concept("site_rib")]).outcome("SURG-HEAL-01") == (
        "not-applicable"
    )
    here = operated("bone_metastasis_surgery", "5", **femur)
    assert act(here, "bone_radiotherapy", "0", **femur).outcome("SURG-HEAL-01") == "warning radiotherapy_early"


@pytest.mark.parametrize("draft", ["vinorelbine", "rays"])
@pytest.mark.parametrize(
    ("day", "outcome"), [("2026-05", "needs-data bone_metastasis_surgery"), (None, "needs-data bone_metastasis_surgery"),
                         ("2026-04", "satisfied")]
)  # fmt: skip
def test_a_date_that_does_not_tell_is_not_guessed(day: str | None, outcome: str, draft: str) -> None:
    patient = Bedside().done("bone_metastasis_surgery", day)
    patient = act(patient, "bone_radiotherapy", "0") if draft == "rays" else patient.drafts_order("vinorelbine")
    assert patient.outcome("SURG-HEAL-01") == outcome


def test_operations_that_were_not_sent_are_not_known() -> None:
    patient = Bedside().without("procedures").drafts_order("vinorelbine")
    assert patient.outcome("SURG-HEAL-01") == "needs-data bone_metastasis_surgery"


NADIR = """
act                     | day | vessels           | neutrophils | platelets | cytotoxic | outcome
------------------------+-----+-------------------+-------------+-----------+-----------+-----------------------------
bone_metastasis_surgery | 3   | dose -25          | 2.0         | 200       |           | warning due          # day 28
bone_metastasis_surgery | 3   | dose -26          | 2.0         | 200       |           | satisfied
bone_metastasis_surgery | 3   | active            | 2.0         | 200       |           | warning due
bone_metastasis_surgery | 3   | until -26         | 2.0         | 200       |           | satisfied
bone_metastasis_surgery | 3   |                   | 1.0         | 200       |           | satisfied
bone_metastasis_surgery | 3   |                   | 0.9         | 200       |           | warning nadir
bone_metastasis_surgery | 3   |                   | 2.0         | 50        |           | warning nadir
bone_metastasis_surgery | 3   |                   | 2.0         | 51        |           | satisfied
spine_surgery           | 3   |                   | 0.9         | 200       |           | warning nadir
bone_biopsy             | 3   |                   | 0.9         | 200       |           | warning nadir
cementoplasty           | 3   |                   | 0.9         | 200       |           | warning nadir
cementoplasty           | 3   |                   | 2.0         | 40        |           | satisfied            # CEM-HEMO-01 says it
bone_metastasis_surgery | 3   |                   |             |           |           | satisfied            # no chemotherapy lately
bone_metastasis_surgery | 3   |                   |             |           | dose -25  | needs-data neutrophil_count,platelets
cementoplasty           | 3   |                   |             |           | dose -25  | needs-data neutrophil_count
bone_metastasis_surgery | 3   |                   |             |           | dose -26  | satisfied
bone_metastasis_surgery | 8   |                   |             |           | dose -10  | satisfied            # farther than the counts
bone_metastasis_surgery | 8   | active            |             |           |           | warning due
bone_metastasis_surgery | 3   | active            | 0.9         | 200       |           | warning due
tooth_extraction        | 3   | active            | 0.9         | 200       |           | not-applicable
"""


@pytest.mark.parametrize("row", rows(NADIR), ids=name)
def test_systemic_treatment_around_an_act(row: dict[str, str]) -> None:

    patient = Bedside(moment="appointment-book")
    takes(patient, "bevacizumab", row["vessels"]) if row["vessels"] else None
    takes(patient, "cisplatin", row["cytotoxic"]) if row["cytotoxic"] else None
    for what, column in (("neutrophil_count", "neutrophils"), ("platelets", "platelets")):
        patient.observed(what, f"{row[column]} 10*9/L @ {ago(1)}") if row[column] else None
    assert proposed(patient, row["act"], ahead(row["day"])).outcome("SURG-NADIR-01") == row["outcome"]


def test_counts_and_vessels_are_said_together_and_a_count_is_offered() -> None:
    patient = Bedside(moment="appointment-book").ordered("sunitinib", ago(30))
    patient.observed("neutrophil_count", f"900 /mm3 @ {ago(1)}")
    finding = proposed(patient, "bone_metastasis_surgery", ahead(2)).asks("SURG-NADIR-01")
    assert (finding.verdict.case, finding.verdict.notes) == ("due", ("nadir",))
    assert finding.verdict.proposals == (NewService(("blood_count",)),)
    assert RULES["SURG-NADIR-01"].hooks == ("appointment-book",)
    undated = act(Bedside().ordered("sunitinib", ago(30)), "bone_metastasis_surgery", "").asks("SURG-NADIR-01")
    assert undated.verdict.notes == ("undated",)


def test_doses_that_were_not_sent_are_not_known() -> None:
    patient = proposed(Bedside().without("medicationAdministrations"), "bone_metastasis_surgery", ahead(9))
    assert patient.asks("SURG-NADIR-01").status == "needs-data"


CRP = """
operation | crp             | drafted | outcome
----------+-----------------+---------+----------------
30        | 60 mg/L         |         | info due
30        |                 | yes     | info due
31        | 60 mg/L         | yes     | not-applicable
30        | 5 mg/L          |         | not-applicable
30        | 5.1 mg/L        |         | info due
30        |                 |         | not-applicable
          | 60 mg/L         | yes     | not-applicable
"""


@pytest.mark.parametrize("row", rows(CRP), ids=name)
def test_crp_after_surgery_says_little(row: dict[str, str]) -> None:
    patient = Bedside(moment="app")
    patient.done("bone_metastasis_surgery", ago(row["operation"])) if row["operation"] else None
    patient.observed("crp", f"{row['crp']} @ {ago(1)}") if row["crp"] else None
    act(patient, "crp", "0") if row["drafted"] else None
    assert patient.outcome("SURG-CRP-01") == row["outcome"]
    assert RULES["SURG-CRP-01"].hooks == ("app",)


def test_the_limit_of_the_laboratory_counts() -> None:
    high = {"value": 10, "unit": "mg/L", "system": "http://unitsofmeasure.org", "code": "mg/L"}
    patient = Bedside().done("spine_surgery", ago(3))
    patient.observed("crp", f"9 mg/L @ {ago(1)}", referenceRange=[{"high": high}])
    assert patient.outcome("SURG-CRP-01") == "not-applicable"
