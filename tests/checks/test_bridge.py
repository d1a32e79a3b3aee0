"""BRIDGE-01 and BRIDGE-03: denosumab is being stopped, zoledronic acid follows."""

from datetime import timedelta

import pytest

from fhir_mappers.record.proposals import NewMedication
from hooks.limits import EDITIONS
from tests.support.bedside import TODAY, Bedside, concept
from tests.support.chart import ago, care_plan, order_id, stops
from tests.support.drawn import name, rows
from tests.support.renal import clearing

STOPS = """
product   | how                      | outcome
----------+--------------------------+---------------
xgeva     | stopped                  | warning due
xgeva     | cancelled                | warning due     # for a reason of stopping
xgeva     | cancelled without reason | not-applicable  # a withdrawn draft is no stop
xgeva     | entered-in-error         | not-applicable
xgeva     | do not perform           | warning due
xgeva     | discontinuation          | warning due     # a request that names no drug
xgeva     | renewal refused          | warning due
wyost     | stopped                  | warning due     # the same product by another name
denosumab | stopped by prior         | warning due     # the order it names tells the product
denosumab | stopped                  | warning due     # the only denosumab that runs
prolia    | stopped                  | not-applicable  # the osteoporosis product
zometa    | stopped                  | not-applicable
xgeva     | drafted                  | not-applicable  # a renewal is no stop
"""


def stopping(product: str = "xgeva", how: str = "stopped", patient: Bedside | None = None) -> Bedside:
    """A stop of one kind in a patient who clears 80 mL/min and had Xgeva 28 days ago under a running order."""
    patient = clearing("80", bedside=patient).ordered("xgeva", ago(200)).given("xgeva", ago(28), "120 mg")
    if how == "renewal refused":
        return patient.drafts_order(product, status="stopped", statusReason=concept("stop_renewal_refused"))
    if how == "stopped by prior":
        return stops(patient, product, prior=order_id(patient))
    if how in ("cancelled without reason", "entered-in-error"):
        return patient.drafts_order(product, status=how.split()[0])
    return patient.drafts_order(product) if how == "drafted" else stops(patient, product, how)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(STOPS), ids=name)
def test_each_way_of_stopping(row: dict[str, str], edition: str) -> None:
    assert stopping(row["product"], row["how"]).outcome("BRIDGE-01", edition) == row["outcome"]


BEGUN = """
on file                  | days | outcome
-------------------------+------+------------------------------------------------
xgeva given              | 28   | warning due
xgeva given              | 900  | warning due                                      # at least one dose, whenever
xgeva not-done           | 28   | not-applicable
xgeva statement          | 28   | warning due
prolia given             | 28   | not-applicable                                   # no oncology dose
xgeva ordered            | 34   | not-applicable
xgeva ordered            | 35   | warning due                                      # presumed treated
xgeva ordered            | 730  | warning due
xgeva ordered            | 731  | not-applicable
xgeva ordered, not given | 100  | not-applicable
                         |      | not-applicable
?                        |      | needs-data antiresorptive_doses,zoledronic_acid
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(BEGUN), ids=name)
def test_only_a_treatment_that_was_given_or_is_presumed_so_is_stopped(row: dict[str, str], edition: str) -> None:
    patient = clearing("80")
    product, _, how = row["on file"].partition(" ")
    day = ago(row["days"]) if row["days"] else ""
    if product == "?":
        patient.without("medicationAdministrations")
    elif how.startswith("ordered"):
        patient.ordered(product, day)
        if "not given" in how:
            patient.given(product, ago(20), status="not-done", request={"reference": order_id(patient)})
    elif how == "statement":
        patient.stated(product, day)
    elif product:
        patient.given(product, day, status="completed" if how == "given" else how)
    outcome = stops(patient, "xgeva").outcome("BRIDGE-01", edition)
    assert outcome == row["outcome"]


EXCEPTIONS = """
besides                     | outcome
----------------------------+-----------------------------
                            | warning due
comfort plan                | not-applicable
hospice plan                | not-applicable
comfort condition           | not-applicable
survival 2.9                | not-applicable
survival 2.9, pembrolizumab | warning due                   # under anticancer treatment: not terminal
survival 3                  | warning due
? carePlans                 | needs-data comfort_care_only
zometa drafted              | satisfied
zoledronic acid drafted     | satisfied                     # zoledronate, whichever product
aclasta drafted             | satisfied
zometa ordered              | satisfied
zometa stopped              | warning due
zometa given 27             | satisfied                     # after the last denosumab
zometa given 28             | warning due                   # the same day is not after
zometa given 40             | warning due
zometa not-done 10          | warning due
aclasta given 10            | satisfied
xgeva drafted               | not-applicable                # a renewal: not a stop
wyost drafted               | not-applicable                # a change of brand
denosumab 120 mg drafted    | not-applicable
prolia drafted              | warning due                   # not the oncology product
pamidronate ordered         | warning due                   # not the bridge
? medicationRequests        | needs-data zoledronic_acid
"""


def besides(patient: Bedside, said: str) -> Bedside:
    """One more fact."""
    first, _, rest = said.partition(" ")
    if first == "?":
        return patient.without(rest)
    if first in ("comfort", "hospice"):
        what = "hospice_care" if first == "hospice" else "comfort_care_only"
        return care_plan(patient, what) if rest == "plan" else patient.ill(what)
    if first == "survival":
        patient.observed("life_expectancy", f"{rest.split(',')[0]} mo @ {ago(3)}")
        return patient.ordered("pembrolizumab", ago(40)) if "pembrolizumab" in rest else patient
    product = "zoledronic acid" if first == "zoledronic" else first
    words = said.split()
    how, day = (words[-2], words[-1]) if words[-1].isdigit() else (words[-1], "")
    if how == "drafted":
        return patient.drafts_order(product, "120 mg" if "120" in said else None)
    if how in ("ordered", "stopped"):
        return patient.ordered(product, ago(20), status="active" if how == "ordered" else how)
    return patient.given(product, ago(day), status="completed" if how == "given" else how)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(EXCEPTIONS), ids=name)
def test_what_makes_the_bridge_needless(row: dict[str, str], edition: str) -> None:
    patient = stopping()
    if row["besides"]:
        besides(patient, row["besides"])
    finding = patient.asks("BRIDGE-01", edition)
    outcome = patient.outcome("BRIDGE-01", edition)
    assert outcome == row["outcome"] or (row["outcome"] in _SILENT and not finding.speaks)


_SILENT = ("satisfied", "not-applicable")

KIDNEY = """
clearance | creatinine | dialysis | dose   | BRIDGE-01              | BRIDGE-03
----------+------------+----------+--------+------------------------+------------
80        | 5          |          | 4.0 mg | warning due            | satisfied
42        | 5          |          | 3.3 mg | warning due            | satisfied
30        | 5          |          | 3.0 mg | warning due            | satisfied
29.9      | 5          |          |        | warning impossible     | warning due
25        | 5          |          |        | warning impossible     | warning due
80        | 5          | yes      |        | warning impossible     | warning due
42        | 30         |          | 3.3 mg | warning due            | satisfied
42        | 31         |          |        | warning kidney_unknown | needs-data
25        | 31         |          |        | warning kidney_unknown | needs-data
          |            |          |        | warning kidney_unknown | needs-data
          |            | yes      |        | warning impossible     | warning due
?         |            |          |        | warning kidney_unknown | needs-data
80        | 5          | ?        |        | warning kidney_unknown | needs-data
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(KIDNEY), ids=name)
def test_the_bridge_has_the_dose_of_the_clearance_or_none(row: dict[str, str], edition: str) -> None:
    patient = Bedside().given("xgeva", ago(28), "120 mg")
    if row["clearance"] == "?":
        patient.observed("life_expectancy", f"12 mo @ {ago(3)}").observed("creatinine_serum", f"88 @ {ago(3)}")
    elif row["clearance"]:
        clearing(row["clearance"], creatinine=ago(row["creatinine"]), weight=ago(3), bedside=patient)
    if row["dialysis"] == "?":
        patient.without("procedures")
    elif row["dialysis"]:
        patient.ill("dialysis_dependence")
    stops(patient, "xgeva")
    assert patient.outcome("BRIDGE-01", edition) == row["BRIDGE-01"]
    assert patient.outcome("BRIDGE-03", edition).startswith(row["BRIDGE-03"])
    assert patient.asks("BRIDGE-03", edition).verdict.said_by in (None, "BRIDGE-01")
    verdict = patient.asks("BRIDGE-01", edition).verdict
    doses = [str(p.dose) for p in verdict.proposals if isinstance(p, NewMedication)]
    assert doses == [row["dose"]] * bool(row["dose"])
    assert ("creatinine_test" in verdict.proposals[-1].items) == (row["BRIDGE-01"] == "warning kidney_unknown")
    assert bool(verdict.missing) == (row["BRIDGE-01"] == "warning kidney_unknown")


@pytest.mark.parametrize(("last", "day"), [(28, 62), (89, 1), (90, 0), (200, 0), (None, None)])
def test_the_day_of_the_bridge(last: int | None, day: int | None) -> None:
    patient = clearing("80").ordered("xgeva", ago(300))
    if last is not None:
        patient.given("xgeva", ago(last), "120 mg")
    verdict = stops(patient, "xgeva").asks("BRIDGE-01").verdict
    (bridge,) = (p for p in verdict.proposals if isinstance(p, NewMedication))
    assert bridge.on == (None if day is None else TODAY + timedelta(days=day))
    assert (bridge.item, bridge.reason) == ("zoledronic_acid", "denosumab_zoledronate_bridge")
    assert ("last_dose_unknown" in verdict.notes) == (last is None)


def test_what_bridge_01_says_bridge_03_does_not_repeat() -> None:
    patient = stops(clearing("25").given("xgeva", ago(28)), "xgeva")
    assert patient.asks("BRIDGE-03").verdict.said_by == "BRIDGE-01"
