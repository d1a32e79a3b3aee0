"""NEPH-STOP-01: the intravenous bisphosphonate stops when clearance falls below 30 mL/min or dialysis begins."""

import pytest

from fhir_mappers.record.proposals import StopOrder
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import BORN, clearing, said

CLEARANCE = """
clearance | creatinine | weight     | outcome
----------+------------+------------+------------------
29.9      | 2026-06-01 | 2026-06-01 | warning due
29.9999   | 2026-06-01 | 2026-06-01 | warning due
30.0      | 2026-06-01 | 2026-06-01 | satisfied          # exactly 30 is not contraindicated
80        | 2026-06-01 | 2026-06-01 | satisfied
29.9      | 2026-05-04 | 2026-06-01 | warning due        # 30 d
29.9      | 2026-05-03 | 2026-06-01 | warning old_value  # 31 d: repeat
30.0      | 2026-05-03 | 2026-06-01 | satisfied
29.9      | 2026-03-05 | 2026-06-01 | warning old_value  # 90 d
29.9      | 2026-03-04 | 2026-06-01 | satisfied          # 91 d
29.9      | 2026-06-01 | 2026-03-05 | warning due        # weight of 90 d
29.9      | 2026-06-01 | 2026-03-04 | satisfied          # 91 d
          |            |            | satisfied          # AR-RENAL-01 asks at the order
"""


@pytest.mark.parametrize("row", rows(CLEARANCE), ids=name)
def test_a_running_bisphosphonate_stops_below_thirty(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"], creatinine=row["creatinine"], weight=row["weight"])
    patient.ordered("zometa", "2026-01-10", "4 mg")
    assert said(patient, "NEPH-STOP-01") == row["outcome"]
    for edition in ("aura-intermediate", "aura-earlier"):  # the chapter is not in those files
        finding = patient.asks("NEPH-STOP-01", edition)
        assert (finding.status, finding.because) == ("silent", "not-in-edition")


ORDERS = """
order           | status           | disease         | clearance | outcome
----------------+------------------+-----------------+-----------+------------------------------------
zometa          | active           |                 | 25        | warning due
zometa          | active           | bone_metastasis | 25        | warning due
zometa          | completed        | bone_metastasis | 25        | not-applicable
zometa          | stopped          | bone_metastasis | 25        | not-applicable
zometa          | on-hold          | bone_metastasis | 25        | not-applicable
zometa          | cancelled        | bone_metastasis | 25        | not-applicable
zometa          | entered-in-error | bone_metastasis | 25        | not-applicable
pamidronate     | active           | bone_metastasis | 25        | warning due
pamidronate     | active           |                 | 25        | warning due                          # oncology only
zoledronic acid | active           | bone_metastasis | 25        | warning due                          # either product
zoledronic acid | active           |                 | 25        | not-applicable
aclasta         | active           | bone_metastasis | 25        | warning due
aclasta         | active           |                 | 25        | not-applicable                       # out of scope
aclasta         | active           | ?               | 25        | needs-data bone
aclasta         | active           | ?               | 30        | needs-data bone,dialysis_dependence
alendronate     | active           | bone_metastasis | 25        | not-applicable                       # oral
xgeva           | active           | bone_metastasis | 25        | not-applicable
none            |                  | bone_metastasis | 25        | not-applicable
?               |                  | bone_metastasis | 25        | needs-data bisphosphonate_order
?               |                  | bone_metastasis | 30        | satisfied
"""


@pytest.mark.parametrize("row", rows(ORDERS), ids=name)
def test_only_a_running_order_of_an_intravenous_one_is_stopped(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"])
    if row["disease"]:
        patient.without("conditions") if row["disease"] == "?" else patient.ill(row["disease"])
    if row["order"] == "?":
        patient.without("medicationRequests")
    elif row["order"] != "none":
        patient.ordered(row["order"], "2026-01-10", status=row["status"])
    assert said(patient, "NEPH-STOP-01") == row["outcome"]


OTHER = """
what                         | clearance | outcome
-----------------------------+-----------+-------------------------------
dialysis                     | 80        | warning dialysis
dialysis                     |           | warning dialysis
dialysis                     | 25        | warning dialysis
dialysis resolved            | 80        | satisfied
session 2026-03-05           | 80        | warning dialysis                # 90 d
session 2026-03-04           | 80        | satisfied                       # 91 d
conditions unsent            | 80        | needs-data dialysis_dependence
observations unsent          |           | needs-data creatinine,weight
preliminary 400 @ 2026-06-02 | 80        | warning due                     # newer and less safe
preliminary 400 @ 2026-05-20 | 80        | satisfied                       # a final one came later
preliminary 400 @ 2026-06-02 | 0         | warning due                     # no final one at all
preliminary 100 @ 2026-06-02 | 0         | satisfied                       # never reassures, never alarms
egfr 29 @ 2026-06-01         | 0         | needs-data creatinine           # obtain what Cockcroft-Gault needs
egfr 30 @ 2026-06-01         | 0         | satisfied
egfr 29 @ 2026-06-01         | 80        | satisfied                       # Cockcroft-Gault decides (A28)
"""


@pytest.mark.parametrize("row", rows(OTHER), ids=name)
def test_dialysis_and_results_of_other_kinds(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN).ordered("zometa", "2026-01-10", "4 mg")
    if row["clearance"] == "0":
        patient.observed("body_weight", "80 kg @ 2026-06-01")
    else:
        clearing(row["clearance"], bedside=patient)
    _add(patient, row["what"])
    assert said(patient, "NEPH-STOP-01") == row["outcome"]


def _add(patient: Bedside, what: str) -> None:
    kind, _, more = what.partition(" ")
    value, _, day = more.partition(" @ ")
    if more == "unsent":
        patient.without(kind)
    elif kind == "dialysis":
        patient.ill("dialysis_dependence", status=more or "active")
    elif kind == "session":
        patient.done("dialysis_session", more)
    elif kind == "preliminary":
        patient.observed("creatinine_serum", f"{value} umol/L @ {day}", status="preliminary")
    else:
        patient.observed("egfr_ckdepi_2021", f"{value} mL/min/{{1.73_m2}} @ {day}")


def test_only_the_bisphosphonate_is_proposed_to_be_stopped() -> None:
    patient = clearing("25").ordered("zometa", "2026-01-10", "4 mg").ordered("xgeva", "2026-01-10", "120 mg")
    stop = patient.asks("NEPH-STOP-01").verdict.proposals[0]
    assert isinstance(stop, StopOrder)
    assert [order.product.substance for order in stop.orders if order.product] == ["zoledronic_acid"]


def test_a_statement_is_no_order() -> None:
    assert said(clearing("25").stated("zometa", "2026-05-20"), "NEPH-STOP-01") == "not-applicable"


def test_the_clearance_is_shown_and_a_low_egfr_is_evidence() -> None:
    shown = clearing("25").ordered("zometa", "2026-01-10").asks("NEPH-STOP-01").verdict.figures["clearance"]
    assert shown.span.low == 25
    patient = clearing("").ordered("zometa", "2026-01-10").ill("dialysis_dependence")
    assert patient.asks("NEPH-STOP-01").verdict.figures["clearance"] is None
    patient = clearing("").ordered("zometa", "2026-01-10")
    patient.observed("egfr_ckdepi_2021", "22 mL/min/{1.73_m2} @ 2026-06-01")
    assert "egfr_ckdepi_2021" in {proof.what for proof in patient.asks("NEPH-STOP-01").verdict.evidence}
