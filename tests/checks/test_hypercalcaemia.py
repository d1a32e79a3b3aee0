"""HCAL-CRISIS-01, HCAL-WARN-01: high calcium, and what it silences."""

from typing import Any

import pytest

from fhir_mappers.conventions import default_conventions
from hooks.limits import EDITIONS
from tests.support.bedside import RULES, Bedside, quantity
from tests.support.chart import ago, lung_patient
from tests.support.drawn import name, rows

# calcium and albumin as "value unit days"; the calcium is in mmol/L, the albumin in g/L when no unit is told
BANDS = """
calcium        | albumin   | HCAL-CRISIS-01       | HCAL-WARN-01
---------------+-----------+----------------------+-------------------
               |           | silent            | silent
?              |           | needs-data calcium_total | needs-data calcium_total
2.60 0         | 40 0      | silent            | silent              # our upper limit
2.61 0         | 40 0      | silent            | info mild
2.99 0         | 40 0      | silent            | info mild
3.00 0         | 40 0      | silent            | warning marked
3.50 0         | 40 0      | silent            | warning marked         # exactly 3.50 is no crisis
3.51 0         | 40 0      | critical due         | silent
3.20 0         | 28 0      | silent            | warning marked         # 3.50 with 0.025, 3.44 with 0.02
3.20 0         | 27 0      | critical due         | silent         # 3.525
3.20 0         | 25 0      | critical due         | silent         # 3.575, and 3.50 with 0.02
2.40 0         | 32 0      | silent            | silent              # 2.60
2.41 0         | 32 0      | silent            | info mild
2.60 0         | 24 0      | silent            | warning marked         # 3.00
3.51 0         |           | critical uncorrected | silent
3.50 0         |           | silent            | warning marked         # albumin missing: total
2.61 0         |           | silent            | info mild
3.51 0         | 48 0      | critical high_albumin | silent        # corrected 3.31
3.50 0         | 48 0      | silent            | warning marked         # 3.30
2.70 0         | 46 0      | silent            | silent              # 2.55
3.20 0         | 27 7      | critical due         | silent         # albumin a week apart
3.20 0         | 27 8      | silent            | warning marked         # too far apart: total 3.20
3.60 7         | 40 7      | critical due         | silent         # last day of the window
3.60 8         | 40 8      | silent            | warning repeat_marked
3.00 8         | 40 8      | silent            | warning repeat_marked
2.99 8         | 40 8      | silent            | info repeat
2.60 8         | 40 8      | silent            | silent
2.90 90        |           | silent            | info repeat
2.90 91        |           | silent            | silent              # forgotten
3.80 2026-05   |           | silent            | warning repeat_marked  # no day: repeat
14.0 mg/dL 0   | 4.0 g/dL 0 | silent           | warning marked         # 3.493
14.1 mg/dL 0   | 4.0 g/dL 0 | critical due        | silent         # 3.518
3.9 furlong 0  |           | needs-data calcium_total | needs-data calcium_total
3.9 furlong 8  |           | silent            | silent              # unreadable, but old
"""


def sample(patient: Bedside, what: str, cell: str, **extra: Any) -> Bedside:
    """A result of a cell; nothing for a blank one."""
    if cell == "?":
        return patient.without("observations")
    if cell:
        value, *unit, day = cell.split()
        usual = "g/L" if what == "albumin_serum" else "mmol/L"
        patient.observed(what, f"{value} {' '.join(unit) or usual} @ {ago(day)}", **extra)
    return patient


def said(patient: Bedside, rule: str, edition: str = "aura-2026") -> str:
    """The outcome; ``silent`` for both that say nothing."""
    outcome = patient.outcome(rule, edition)
    return "silent" if outcome in ("satisfied", "not-applicable") else outcome


@pytest.mark.parametrize("row", rows(BANDS), ids=name)
def test_high_calcium_by_bands(row: dict[str, str]) -> None:
    patient = lung_patient()
    patient.moment = "patient-view"
    sample(patient, "calcium_total", row["calcium"])
    sample(patient, "albumin_serum", row["albumin"])
    assert {rule: said(patient, rule) for rule in row if rule.startswith("HCAL")} == {
        rule: row[rule] for rule in row if rule.startswith("HCAL")
    }


def test_only_the_2026_edition_has_the_chapter() -> None:
    assert [edition for edition in EDITIONS if edition in RULES["HCAL-CRISIS-01"].sources] == ["aura-2026"]
    patient = sample(lung_patient(), "calcium_total", "3.80 0")
    assert [said(patient, "HCAL-CRISIS-01", edition) for edition in EDITIONS[1:]] == ["silent"] * 2
    assert [said(patient, "HCAL-WARN-01", edition) for edition in EDITIONS[1:]] == ["silent"] * 2


def test_the_table_and_the_conventions_agree() -> None:
    crisis, warn = (RULES[f"HCAL-{rule}-01"].numbers["aura-2026"] for rule in ("CRISIS", "WARN"))
    shared = default_conventions().calcium
    assert (crisis.above, warn.crisis, crisis.window) == (shared.crisis, shared.crisis, shared.window)
    assert (warn.upper, warn.marked, warn.look_back) == (shared.upper, shared.with_reason, shared.history)


LIMITS = """
calcium      | upper limit | outcome
-------------+-------------+--------------
2.55 0       | 2.55        | silent
2.56 0       | 2.55        | info mild      # the laboratory's own limit counts
2.65 0       | 2.65        | silent
2.66 0       | 2.65        | info mild
10.3 mg/dL 0 | 10.3 mg/dL  | silent      # the same number is not above itself
10.4 mg/dL 0 | 10.3 mg/dL  | info mild
"""


@pytest.mark.parametrize("row", rows(LIMITS), ids=name)
def test_the_upper_limit_of_the_laboratory_replaces_ours(row: dict[str, str]) -> None:
    value, _, unit = row["upper limit"].partition(" ")
    ranges = [{"high": quantity(f"{value} {unit or 'mmol/L'}")}]
    patient = sample(lung_patient(), "calcium_total", row["calcium"], referenceRange=ranges)
    assert said(patient, "HCAL-WARN-01") == row["outcome"]


WHO = """
illness          | HCAL-CRISIS-01 | calcium | HCAL-WARN-01
-----------------+----------------+---------+---------------
                 | silent | 2.90    | silent
osteoporosis     | silent | 2.90    | silent
breast_cancer    | critical due   | 2.90    | silent  # no bone disease on record
bone_metastasis  | critical due   | 2.90    | info mild
multiple_myeloma | critical due   | 2.90    | info mild
?                | needs-data malignancy | 2.90 | needs-data bone_metastasis
"""


@pytest.mark.parametrize("row", rows(WHO), ids=name)
def test_whom_it_concerns(row: dict[str, str]) -> None:
    for rule, calcium in (("HCAL-CRISIS-01", "3.80"), ("HCAL-WARN-01", row["calcium"])):
        patient = Bedside().observed("calcium_total", f"{calcium} mmol/L @ {ago(1)}")
        patient.observed("albumin_serum", f"40 g/L @ {ago(1)}")
        if row["illness"] == "?":
            patient.without("conditions")
        elif row["illness"]:
            patient.ill(row["illness"], "2025-01-10")
        assert said(patient, rule) == row[rule]


SERIES = """
results                                          | HCAL-CRISIS-01       | HCAL-WARN-01
-------------------------------------------------+----------------------+--------------------
total 3.80 5, total 2.40 1                       | silent            | silent      # a later normal one cancels
total 3.80 20, total 2.40 10                     | silent            | silent
total 2.40 5, total 3.80 1                       | critical uncorrected | silent
total 2.40 1, preliminary 3.80 0                 | critical uncorrected | silent # preliminary when it is worse
total 3.80 1, preliminary 2.40 0                 | critical uncorrected | silent # never when it is better
preliminary 3.80 0                               | critical uncorrected | silent
total 3.80 1, corrected 3.40 1                   | silent            | warning marked # the laboratory corrected it
total 3.20 1, corrected 3.60 1                   | critical due         | silent
corrected 2.60 1, albumin 20 1                   | silent            | silent      # never corrected twice
total 3.80 2, ionised 1.25 1                     | silent            | silent      # a later normal ionised one
total 3.80 1, ionised 1.25 1                     | critical uncorrected | silent # the same day: said, not believed
total 3.80 1, ionised 1.25 2                     | critical uncorrected | silent
total 2.90 1, ionised 1.30 1                     | silent            | silent
total 2.90 1, ionised 1.31 1                     | silent            | info mild
total 2.90 1, ionised 1.30 2                     | silent            | info mild      # older than the total
"""
CODES = {"total": "calcium_total", "corrected": "calcium_corrected_albumin", "ionised": "calcium_ionised"}


@pytest.mark.parametrize("row", rows(SERIES), ids=name)
def test_of_a_series_the_newest_counts(row: dict[str, str]) -> None:
    patient = lung_patient()
    for part in row["results"].split(", "):
        kind, value, day = part.split()
        what = "albumin_serum" if kind == "albumin" else CODES.get(kind, "calcium_total")
        sample(patient, what, f"{value} {day}", status="preliminary" if kind == "preliminary" else "final")
    assert (said(patient, "HCAL-CRISIS-01"), said(patient, "HCAL-WARN-01")) == (
        row["HCAL-CRISIS-01"],
        row["HCAL-WARN-01"],
    )


def test_a_normal_ionised_calcium_of_the_same_day_is_said() -> None:
    patient = sample(lung_patient(), "calcium_total", "3.80 1")
    assert patient.asks("HCAL-CRISIS-01").verdict.notes == ()
    sample(patient, "calcium_ionised", "1.25 1")
    assert patient.asks("HCAL-CRISIS-01").verdict.notes == ("ionised_normal",)
