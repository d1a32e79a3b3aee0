"""ZOL-CI-01: dialysis, severe renal failure, preliminary and stale results, other intravenous bisphosphonates."""

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import BORN, clearing, said

DIALYSIS = """
what              | day        | status           | clearance | outcome
------------------+------------+------------------+-----------+-------------------------------
dependence        |            | active           | 80        | critical dialysis
dependence        | 2020-01-01 | active           | 80        | critical dialysis               # however long ago
dependence        |            | recurrence       | 80        | critical dialysis
dependence        |            | resolved         | 80        | satisfied
dependence        |            | remission        | 80        | satisfied
dependence        |            | refuted          | 80        | satisfied
dependence        |            | entered-in-error | 80        | satisfied
dependence        |            | active           |           | critical dialysis               # no creatinine needed
dependence        |            | active           | 25        | critical dialysis
session           | 2026-03-05 | completed        | 80        | critical dialysis               # 90 d
session           | 2026-03-04 | completed        | 80        | satisfied                       # 91 d
session           | 2026-06-03 | completed        | 80        | critical dialysis
session           | 2026-06-04 | completed        | 80        | satisfied                       # tomorrow
session           | 2026-05-20 | not-done         | 80        | satisfied
session           | 2026-05-20 | entered-in-error | 80        | satisfied
session           | 2026-05-20 | preparation      | 80        | satisfied
session           | 2024-01-10 | in-progress      | 80        | critical dialysis               # a running course
session           | 2026-03    | completed        | 80        | needs-data dialysis_dependence  # 64 to 94 d
session           |            | completed        | 80        | needs-data dialysis_dependence
session           | 2026-03-04 | completed        | 25        | critical due
dialysis sample   | 2026-03-05 | final            | 80        | critical dialysis               # 90 d
dialysis sample   | 2026-03-04 | final            | 80        | satisfied                       # 91 d
conditions unsent |            |                  | 80        | needs-data dialysis_dependence
conditions unsent |            |                  | 25        | critical due
procedures unsent |            |                  | 80        | needs-data dialysis_dependence
procedures unsent |            |                  | 29.9      | critical due
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(DIALYSIS), ids=name)
def test_dialysis_contraindicates(row: dict[str, str], edition: str) -> None:
    patient = dialysed(clearing(row["clearance"]), row["what"], row["day"], row["status"])
    patient.drafts_order("zometa", "3 mg")
    assert said(patient, "ZOL-CI-01", edition) == row["outcome"]
    if row["outcome"] == "critical dialysis":
        assert said(patient, "ZOL-DOSE-01", edition) == "not-applicable"


def dialysed(patient: Bedside, what: str, day: str, status: str) -> Bedside:
    """A trace of dialysis in the record, or data that were not sent."""
    kind, _, unsent = what.partition(" ")
    if unsent == "unsent":
        return patient.without(kind)
    if what == "session":
        return patient.done("dialysis_session", day or None, status=status)
    if what == "dialysis sample":
        return patient.observed("creatinine_serum_dialysis", f"600 umol/L @ {day}", status=status)
    if status in ("refuted", "entered-in-error"):
        return patient.ill("dialysis_dependence", verificationStatus={"coding": [{"code": status}]})
    return patient.ill("dialysis_dependence", day or None, status=status)


PRELIMINARY = """
final       | preliminary   | outcome               | ZOL-DOSE-01
------------+---------------+-----------------------+----------------------
            | 400 @ 06-01   | critical provisional  | needs-data creatinine  # 18 mL/min
            | 100 @ 06-01   | needs-data creatinine | needs-data creatinine  # 71: never reassures
            | 235.7 @ 06-01 | needs-data creatinine | needs-data creatinine  # 30.004
            | 235.8 @ 06-01 | critical provisional  | needs-data creatinine  # 29.99
            | 400 @ 05-04   | critical provisional  | needs-data creatinine  # 30 d
            | 400 @ 05-03   | needs-data creatinine | needs-data creatinine  # 31 d
100 @ 06-01 | 400 @ 06-02   | critical provisional  | not-applicable
100 @ 06-01 | 400 @ 06-01   | critical provisional  | not-applicable         # the same day: the less safe
100 @ 06-02 | 400 @ 06-01   | satisfied             | satisfied              # a later final result settles it
400 @ 06-01 | 100 @ 06-02   | critical due          | not-applicable         # never reassures
100 @ 05-03 | 400 @ 06-01   | critical provisional  | needs-data creatinine  # the final one is too old
100 @ 06-01 | 150 @ 06-02   | satisfied             | warning above_table    # 47 mL/min, labelled provisional
150 @ 06-01 | 100 @ 06-02   | satisfied             | warning above_table    # the preliminary 71 is not used
100 @ 06-01 | 2001 @ 06-02  | satisfied             | satisfied              # implausible
"""


@pytest.mark.parametrize("row", rows(PRELIMINARY), ids=name)
def test_a_preliminary_creatinine_may_contraindicate_but_never_reassures(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN).observed("body_weight", "80 kg @ 2026-06-01").drafts_order("zometa", "4 mg")
    for status in ("final", "preliminary"):
        if row[status]:
            value, _, day = row[status].split()
            patient.observed("creatinine_serum", f"{value} umol/L @ 2026-{day}", status=status)
    assert said(patient, "ZOL-CI-01") == row["outcome"]
    assert said(patient, "ZOL-DOSE-01") == row["ZOL-DOSE-01"]


NOT_COMPUTABLE = """
creatinine   | weight | sex     | outcome
-------------+--------+---------+----------------------
884 umol/L   |        | male    | needs-data weight      # best case 300 kg: exactly 30
884.1 umol/L |        | male    | critical due           # below 30 in the best case
749 umol/L   |        | female  | critical due           # 29.99 in the best case
748 umol/L   |        | female  | needs-data weight
>400 umol/L  | 80 kg  | male    | critical due
>200 umol/L  | 80 kg  | male    | needs-data creatinine  # 35 or less
<400 umol/L  | 80 kg  | male    | needs-data creatinine
176.8 umol/L | 59 kg  | unknown | critical due           # 29.5 or 25.0
176.8 umol/L | 60 kg  | unknown | needs-data sex         # 30.0 or 25.4
88.4 umol/L  | 36 kg  | unknown | satisfied              # 36 or 30.5
"""


@pytest.mark.parametrize("row", rows(NOT_COMPUTABLE), ids=name)
def test_worst_and_best_case_below_thirty_contraindicate(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN, sex=row["sex"]).drafts_order("zometa", "3 mg")
    patient.observed("creatinine_serum", f"{row['creatinine']} @ 2026-06-01")
    if row["weight"]:
        patient.observed("body_weight", f"{row['weight']} @ 2026-06-01")
    assert said(patient, "ZOL-CI-01") == row["outcome"]


STALE = """
creatinine | weight     | ZOL-CI-01             | AR-RENAL-01
-----------+------------+-----------------------+-------------------
2026-05-04 | 2026-06-01 | critical due          | satisfied           # 30 d
2026-05-03 | 2026-06-01 | needs-data creatinine | warning last_below  # 31 d: quoted, not judged
2025-06-03 | 2026-06-01 | needs-data creatinine | warning last_below  # 365 d
2025-06-02 | 2026-06-01 | needs-data creatinine | warning too_old     # 366 d
"""


@pytest.mark.parametrize("row", rows(STALE), ids=name)
def test_a_stale_creatinine_below_thirty_is_quoted_not_judged(row: dict[str, str]) -> None:
    patient = clearing("25", creatinine=row["creatinine"], weight=row["weight"]).drafts_order("zometa", "3 mg")
    assert said(patient, "ZOL-CI-01") == row["ZOL-CI-01"]
    assert said(patient, "AR-RENAL-01") == row["AR-RENAL-01"]


OTHERS = """
drug        | route    | disease          | clearance | outcome
------------+----------+------------------+-----------+-----------------------------
pamidronate |          | bone_metastasis  | 29.9      | critical due
pamidronate |          | bone_metastasis  | 30.0      | satisfied
pamidronate |          | multiple_myeloma | 29.9      | critical due
pamidronate |          |                  | 29.9      | not-applicable
pamidronate |          | bone_metastasis  |           | needs-data creatinine,weight
ibandronate | route_iv | bone_metastasis  | 29.9      | critical due
ibandronate |          | bone_metastasis  | 29.9      | not-applicable                # may be oral
alendronate |          | bone_metastasis  | 29.9      | not-applicable                # oral
xgeva       |          | bone_metastasis  | 29.9      | not-applicable                # denosumab is not limited
zometa      |          |                  |           | needs-data creatinine,weight
zometa      |          |                  | 30.0      | satisfied
"""
IBANDRONATE = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "115264"}]}


@pytest.mark.parametrize("row", rows(OTHERS), ids=name)
def test_every_intravenous_bisphosphonate_is_contraindicated(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"])
    if row["disease"]:
        patient.ill(row["disease"])
    coded = {"medicationCodeableConcept": IBANDRONATE} if row["drug"] == "ibandronate" else {}
    drug = "zometa" if coded else row["drug"]
    patient.drafts_order(drug, route=row["route"] or None, **coded)
    assert said(patient, "ZOL-CI-01") == row["outcome"]


def test_no_exception_for_a_hypercalcaemic_crisis() -> None:
    patient = clearing("25").drafts_order("zometa", "4 mg", reason="emergency_hypercalcaemia", priority="stat")
    patient.observed("calcium_total", "3.60 mmol/L @ 2026-06-02").observed("albumin_serum", "40 g/L @ 2026-06-02")
    assert said(patient, "ZOL-CI-01") == "critical due"
    assert said(patient, "ZOL-DOSE-01") == "not-applicable"


def test_a_low_egfr_is_shown_when_the_clearance_is_not_known() -> None:
    patient = clearing("").ill("bone_metastasis").drafts_order("pamidronate", "90 mg")
    patient.observed("creatinine_serum", "300 umol/L @ 2026-06-01")
    patient.observed("egfr_ckdepi_2021", "22 mL/min/{1.73_m2} @ 2026-06-01")
    finding = patient.asks("ZOL-CI-01")
    assert finding.status == "needs-data"
    assert [m.what for m in finding.verdict.missing] == ["body_weight"]
    assert "egfr_ckdepi_2021" in {proof.what for proof in finding.verdict.evidence}
    known = clearing("25").drafts_order("zometa").observed("egfr_ckdepi_2021", "22 mL/min/{1.73_m2} @ 2026-06-01")
    verdict = known.asks("ZOL-CI-01").verdict
    assert verdict.figures["clearance"].span.low == 25
    assert "egfr_ckdepi_2021" not in {proof.what for proof in verdict.evidence}  # Cockcroft-Gault alone decides


# The finding that already names the gap: never two lines for one missing result.
SAID_BY = """
product     | creatinine | weight | egfr | sent | ZOL-DOSE-01 | ZOL-CI-01
------------+------------+--------+------+------+-------------+------------
zometa      |            | 80     |      | yes  | AR-RENAL-01 | AR-RENAL-01
zometa      |            | 80     | 22   | yes  | itself      | AR-RENAL-01
zometa      |            |        |      | yes  | itself      | AR-RENAL-01
zometa      | 100        |        |      | yes  | itself      | ZOL-DOSE-01
zometa      | >150       | 80     |      | yes  | itself      | ZOL-DOSE-01
zometa      |            |        |      | no   | itself      | itself
pamidronate | 100        |        |      | yes  |             | itself
"""


@pytest.mark.parametrize("row", rows(SAID_BY), ids=name)
def test_a_gap_is_named_once(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN).ill("bone_metastasis").drafts_order(row["product"], "4 mg")
    if row["creatinine"]:
        patient.observed("creatinine_serum", f"{row['creatinine']} umol/L @ 2026-06-01")
    if row["weight"]:
        patient.observed("body_weight", f"{row['weight']} kg @ 2026-06-01")
    if row["egfr"]:
        patient.observed("egfr_ckdepi_2021", f"{row['egfr']} mL/min/{{1.73_m2}} @ 2026-06-01")
    if row["sent"] == "no":
        patient.without("observations")
    for rule in ("ZOL-DOSE-01", "ZOL-CI-01"):
        finding = patient.asks(rule)
        said_by = (finding.verdict.said_by or "itself") if finding.status == "needs-data" else ""
        assert said_by == row[rule], rule
