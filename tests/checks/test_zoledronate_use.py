"""How zoledronic acid is given: infusion time, rhythm, spacing (ZOL-INFUS-01, ZOL-FREQ-01, ZOL-SPACE-01)."""

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, quantity
from tests.support.drawn import name, rows
from tests.support.renal import said

INFUSION = """
product | over     | aura-2026         | aura-intermediate | aura-earlier
--------+----------+-------------------+-------------------+------------------
zometa  | 5 min    | critical too_fast | critical too_fast | critical too_fast
zometa  | 14.9 min | critical too_fast | critical too_fast | critical too_fast
zometa  | 15 min   | warning short     | warning short     | satisfied          # enough in the earlier edition
zometa  | 19.9 min | warning short     | warning short     | satisfied
zometa  | 20 min   | satisfied         | satisfied         | satisfied
zometa  | 30 min   | satisfied         | satisfied         | satisfied
zometa  | 0.25 h   | warning short     | warning short     | satisfied          # 15 min
zometa  | 899 s    | critical too_fast | critical too_fast | critical too_fast
zometa  | 900 s    | warning short     | warning short     | satisfied
zometa  | 1200 s   | satisfied         | satisfied         | satisfied
zometa  |          | not-applicable    | not-applicable    | not-applicable     # printed in the order
aclasta | 5 min    | not-applicable    | not-applicable    | not-applicable
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(INFUSION), ids=name)
def test_the_infusion_is_slow_enough(row: dict[str, str], edition: str) -> None:
    patient = Bedside().ill("bone_metastasis").drafts_order(row["product"], "4 mg", over=row["over"] or None)
    assert said(patient, "ZOL-INFUS-01", edition) == row[edition]


RATE = """
dose | rate        | outcome
-----+-------------+------------------
4 mg | 0.2 mg/min  | satisfied          # 20 min
4 mg | 0.21 mg/min | warning short      # 19.0 min
4 mg | 0.27 mg/min | critical too_fast  # 14.8 min
3 mg | 0.2 mg/min  | warning short      # 15 min
4 mg | 400 mL/h    | not-applicable     # the volume is not told
"""


@pytest.mark.parametrize("row", rows(RATE), ids=name)
def test_a_rate_gives_the_infusion_time(row: dict[str, str]) -> None:
    told = {"doseQuantity": quantity(row["dose"]), "rateQuantity": quantity(row["rate"])}
    patient = Bedside().drafts_order("zometa", dosageInstruction=[{"doseAndRate": [told]}])
    assert said(patient, "ZOL-INFUS-01") == row["outcome"]


# Today is 2026-06-03.
RHYTHM = """
every  | last       | planned    | outcome
-------+------------+------------+---------------------
28 d   |            |            | satisfied
21 d   |            |            | satisfied             # three-weekly with the chemotherapy
20 d   |            |            | warning interval
20.9 d |            |            | warning interval
3 wk   |            |            | satisfied
2 wk   |            |            | warning interval
1 mo   |            |            | satisfied
       |            |            | satisfied
28 d   | 2026-05-13 |            | satisfied             # 21 d
28 d   | 2026-05-14 |            | warning too_soon      # 20 d
       | 2026-05-14 |            | warning too_soon
       | 2026-05-14 | 2026-06-04 | satisfied             # 21 d at the planned day
       | 2026-05-14 | 2026-06-03 | warning too_soon
       | 2026-06-03 | 2026-06-23 | warning too_soon      # 20 d at the planned day
       | 2026-06-03 | 2026-06-24 | satisfied
       | 2026-05-14 | 2026-05-01 | warning too_soon      # a planned day in the past is today
20 d   | 2026-05-14 |            | warning interval
       | 2026-05    |            | warning too_soon      # may have been yesterday
       | 2026-04    |            | satisfied             # 34 d at least
14 d   | ?          |            | warning interval
       | ?          |            | needs-data last_dose
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(RHYTHM), ids=name)
def test_two_infusions_lie_three_weeks_apart(row: dict[str, str], edition: str) -> None:
    patient = Bedside().drafts_order("zometa", "4 mg", every=row["every"] or None, starts=row["planned"] or None)
    if row["last"] == "?":
        patient.without("medicationAdministrations")
    elif row["last"]:
        patient.given("zometa", row["last"], "4 mg")
    assert said(patient, "ZOL-FREQ-01", edition) == row["outcome"]


COUNTS = """
what   | product         | dose   | status           | outcome
-------+-----------------+--------+------------------+-----------------
given  | zometa          | 4 mg   | completed        | warning too_soon
given  | zometa          | 4 mg   | not-done         | satisfied         # P1: never counts
given  | zometa          | 4 mg   | in-progress      | satisfied
given  | zometa          | 4 mg   | entered-in-error | satisfied
given  | zoledronic acid | 4 mg   | completed        | warning too_soon
given  | zoledronic acid |        | completed        | warning too_soon  # which product is unknown: still a dose
given  | aclasta         | 5 mg   | completed        | satisfied         # not the oncology product
given  | xgeva           | 120 mg | completed        | satisfied         # AR-DUP-01 looks at the other drug
stated | zometa          |        | completed        | warning too_soon
stated | zometa          |        | active           | satisfied         # takes it: no day of a dose
"""


@pytest.mark.parametrize("row", rows(COUNTS), ids=name)
def test_only_a_completed_dose_of_the_drug_counts(row: dict[str, str]) -> None:
    patient = Bedside().drafts_order("zometa", "4 mg", every="28 d")
    if row["what"] == "given":
        patient.given(row["product"], "2026-05-20", row["dose"] or None, status=row["status"])
    else:
        patient.stated(row["product"], "2026-05-20", status=row["status"])
    assert said(patient, "ZOL-FREQ-01") == row["outcome"]


SPACING = """
cancer | extent  | extent day | response    | every | outcome
-------+---------+------------+-------------+-------+--------------------------
lung   | oligo   | 2026-06-01 |             | 28 d  | info oligometastatic
lung   | oligo   | 2026-06-01 |             | 35 d  | info oligometastatic
lung   | oligo   | 2026-06-01 |             | 36 d  | satisfied
lung   | oligo   | 2026-06-01 |             | 90 d  | satisfied
lung   | oligo   | 2026-06-01 | stable      | 28 d  | info oligometastatic       # whatever the response
lung   | multi   | 2026-06-01 | stable      | 35 d  | satisfied
lung   | multi   | 2026-06-01 | stable      | 36 d  | info multimetastatic
lung   | multi   | 2026-06-01 | progressive | 90 d  | info multimetastatic
lung   | multi   | 2026-06-01 | partial     | 90 d  | satisfied                  # partial or better is good
lung   | multi   | 2026-06-01 | complete    | 90 d  | satisfied
lung   | multi   | 2026-06-01 |             | 90 d  | satisfied                  # response unknown: asked in the app
lung   | multi   | 2026-06-01 | stable      |       | not-applicable             # no interval stated
lung   | oligo   | 2026-02-03 |             | 28 d  | info oligometastatic       # 120 d
lung   | oligo   | 2026-02-02 |             | 28 d  | satisfied                  # 121 d
lung   | multi   | 2026-02-02 | stable      | 90 d  | satisfied
lung   |         |            | stable      | 90 d  | satisfied
lung   |         |            |             | 28 d  | satisfied
breast | oligo   | 2026-06-01 |             | 28 d  | not-applicable             # lung cancer only
breast | multi   | 2026-06-01 | stable      | 90 d  | not-applicable
lung   | oligo ? |            |             | 28 d  | needs-data disease_extent
"""
EXTENT = {"oligo": "oligometastatic", "multi": "multimetastatic"}
RESPONSE = {"stable": "stable_disease", "progressive": "progressive_disease", "partial": "good_partial_response",
            "complete": "complete_response"}  # fmt: skip


@pytest.mark.parametrize("row", rows(SPACING), ids=name)
def test_spacing_follows_extent_and_response(row: dict[str, str]) -> None:
    patient = disease(row).drafts_order("zometa", "4 mg", every=row["every"] or None)
    for edition in ("aura-2026", "aura-intermediate"):
        assert said(patient, "ZOL-SPACE-01", edition) == row["outcome"]
    finding = patient.asks("ZOL-SPACE-01", "aura-earlier")
    assert (finding.status, finding.because) == ("silent", "not-in-edition")  # monthly for all


def disease(row: dict[str, str]) -> Bedside:
    patient = Bedside().ill(f"{row['cancer']}_cancer").ill("bone_metastasis")
    if row["extent"].endswith("?"):
        return patient.without("observations")
    if row["extent"]:
        patient.observed("disease_extent", f"{EXTENT[row['extent']]} @ {row['extent day']}")
    if row["response"]:
        patient.observed("oncological_response", f"{RESPONSE[row['response']]} @ 2026-06-01")
    return patient


@pytest.mark.parametrize(("day", "outcome"), [("2026-02-03", "info multimetastatic"), ("2026-02-02", "satisfied")])
def test_a_response_is_valid_for_120_days(day: str, outcome: str) -> None:
    patient = Bedside().ill("lung_cancer").observed("disease_extent", "multimetastatic @ 2026-06-01")
    patient.observed("oncological_response", f"stable_disease @ {day}").drafts_order("zometa", "4 mg", every="90 d")
    assert said(patient, "ZOL-SPACE-01") == outcome
