"""CA-HYPO-01: low calcium when an antiresorptive is ordered."""

import pytest

from fhir_mappers.record.proposals import HoldDraft, NewMedication, NewService
from hooks.limits import EDITIONS
from tests.checks.test_hypercalcaemia import said, sample
from tests.support.bedside import Bedside, quantity
from tests.support.chart import ago
from tests.support.drawn import name, rows

# calcium and albumin as "value unit days", in mmol/L and g/L when no unit is told
LEVELS = """
calcium       | albumin    | outcome
--------------+------------+------------------
              |            | silent                 # no calcium is asked for before a start
?             |            | needs-data calcium_total
2.20 0        | 40 0       | silent
2.19 0        | 40 0       | warning low
2.00 0        | 40 0       | warning low
1.99 0        | 40 0       | critical critical
1.98 0        | 30 0       | warning low            # 2.23 with 0.025, 2.18 with 0.02: the lower counts
2.00 0        | 30 0       | silent                 # 2.25 and 2.20
1.79 0        | 30 0       | critical critical      # 2.04 and 1.99
1.80 0        | 30 0       | warning low            # 2.05 and 2.00
2.30 0        | 45 0       | warning low            # 2.175 and 2.20: here the guideline's form is the lower
2.19 0        |            | warning low            # albumin missing: total
1.99 0        |            | critical critical
2.20 0        |            | silent
1.90 30       | 40 30      | critical critical      # last day of the window
1.90 31       | 40 31      | silent
1.90 2026-05  |            | needs-data calcium_total # 3 to 33 days ago: the month does not tell
2.40 2026-05  |            | silent
8.0 mg/dL 0   | 4.0 g/dL 0 | warning low            # 1.996 is shown and compared as 2.00
7.9 mg/dL 0   | 4.0 g/dL 0 | critical critical      # 1.97
1.9 furlong 0 |            | needs-data calcium_total
1.9 furlong 31 |           | silent
"""


@pytest.mark.parametrize("row", rows(LEVELS), ids=name)
@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("product", ["zometa", "xgeva"])
def test_low_calcium_at_the_order(row: dict[str, str], edition: str, product: str) -> None:
    patient = sample(Bedside(), "calcium_total", row["calcium"])
    sample(patient, "albumin_serum", row["albumin"]).drafts_order(product)
    assert said(patient, "CA-HYPO-01", edition) == row["outcome"]


LIMITS = """
calcium      | lower limit | outcome
-------------+-------------+------------------
2.14 0       | 2.15        | warning low        # the laboratory's own limit counts
2.15 0       | 2.15        | silent
2.24 0       | 2.25        | warning low
1.95 0       | 1.90        | critical critical  # the critical level stays
8.5 mg/dL 0  | 8.5 mg/dL   | silent
8.4 mg/dL 0  | 8.5 mg/dL   | warning low
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(LIMITS), ids=name)
def test_the_lower_limit_of_the_laboratory_replaces_ours(row: dict[str, str], edition: str) -> None:
    value, _, unit = row["lower limit"].partition(" ")
    ranges = [{"low": quantity(f"{value} {unit or 'mmol/L'}")}]
    patient = sample(Bedside(), "calcium_total", row["calcium"], referenceRange=ranges).drafts_order("zometa", "4 mg")
    assert said(patient, "CA-HYPO-01", edition) == row["outcome"]


IONISED = """
total   | ionised | outcome
--------+---------+---------------------------
1.80 1  | 1.15 1  | silent                    # the same day: measured wins
1.80 1  | 1.14 1  | warning low_ionised
1.80 1  | 1.00 0  | warning low_ionised
1.80 1  | 0.99 0  | critical critical_ionised
2.40 1  | 0.99 1  | critical critical_ionised
2.40 1  | 0.99 2  | silent                    # older than the total
1.80 1  | 1.20 2  | critical critical
        | 1.10 30 | warning low_ionised
        | 1.10 31 | silent
1.9 furlong 1 | 1.20 1 | silent
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(IONISED), ids=name)
@pytest.mark.parametrize("code", ["calcium_ionised", "calcium_ionised_ph74"])
def test_a_measured_ionised_calcium_wins(row: dict[str, str], code: str, edition: str) -> None:
    patient = sample(Bedside(), "calcium_total", row["total"])
    sample(patient, code, f"{row['ionised'].split()[0]} mmol/L {row['ionised'].split()[1]}")
    assert said(patient.drafts_order("xgeva"), "CA-HYPO-01", edition) == row["outcome"]


WHOM = """
product         | dose   | illness         | outcome
----------------+--------+-----------------+------------------
zometa          | 4 mg   |                 | critical critical
xgeva           | 120 mg |                 | critical critical
pamidronate     | 90 mg  |                 | critical critical
aclasta         | 5 mg   | bone_metastasis | silent              # osteoporosis product: ZOL-PROD-01
prolia          | 60 mg  | bone_metastasis | silent
denosumab       |        | bone_metastasis | critical critical   # cannot be told
denosumab       |        |                 | silent
zoledronic acid |        | multiple_myeloma | critical critical
paracetamol     |        | bone_metastasis | silent
"""


@pytest.mark.parametrize("row", rows(WHOM), ids=name)
def test_whom_it_concerns(row: dict[str, str]) -> None:
    patient = Bedside().observed("calcium_total", f"1.90 mmol/L @ {ago(1)}")
    if row["illness"]:
        patient.ill(row["illness"])
    assert said(patient.drafts_order(row["product"], row["dose"] or None), "CA-HYPO-01") == row["outcome"]


SERIES = """
results                              | outcome
-------------------------------------+------------------
final 1.90 20, final 2.40 2          | silent             # a later normal one cancels
final 2.40 20, final 1.90 2          | critical critical
final 2.40 2, preliminary 1.90 1     | critical critical  # preliminary when it is worse
final 1.90 2, preliminary 2.40 1     | critical critical  # never when it is better
"""


@pytest.mark.parametrize("row", rows(SERIES), ids=name)
def test_of_a_series_the_newest_counts(row: dict[str, str]) -> None:
    patient = Bedside().drafts_order("xgeva")
    for status, value, day in (part.split() for part in row["results"].split(", ")):
        sample(patient, "calcium_total", f"{value} {day}", status=status)
    assert said(patient, "CA-HYPO-01") == row["outcome"]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("day", "outcome"), [(7, "critical critical"), (8, "silent")])
def test_an_emergency_of_hypercalcaemia_outweighs_only_an_older_low_calcium(
    day: int, outcome: str, edition: str
) -> None:
    patient = Bedside().observed("calcium_total", f"1.90 mmol/L @ {ago(day)}")
    patient.drafts_order("zometa", "4 mg", priority="urgent", reason="emergency_hypercalcaemia")
    assert said(patient, "CA-HYPO-01", edition) == outcome


def test_a_critical_one_proposes_to_hold_the_order() -> None:
    patient = Bedside().observed("calcium_total", f"1.90 mmol/L @ {ago(1)}").drafts_order("xgeva")
    verdict = patient.asks("CA-HYPO-01").verdict
    assert [type(p) for p in verdict.proposals] == [HoldDraft, NewService, NewMedication]
    assert verdict.notes == ("not_corrected",)
    patient.observed("albumin_serum", f"44 g/L @ {ago(1)}").observed("calcium_total", f"2.25 mmol/L @ {ago(0)}")
    verdict = patient.asks("CA-HYPO-01").verdict
    assert [type(p) for p in verdict.proposals] == [NewService, NewMedication]
    assert (verdict.notes, str(verdict.figures["calcium"]), str(verdict.figures["other"])) == (
        (),
        "2.15 mmol/L",
        "2.17 mmol/L",
    )
