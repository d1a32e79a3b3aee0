"""DMAB-DOSE-01, DMAB-RENAL-01, DMAB-SPACE-01, DMAB-OLIGO-01, DMAB-PROD-01: the order itself."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.renal import clearing

DOSES = """
order     | dose      | every | route    | last dose   | planned | outcome
----------+-----------+-------+----------+-------------+---------+---------------------
xgeva     | 120 mg    | 28 d  | route_sc |             |         | satisfied
xgeva     | 119.5 mg  |       |          |             |         | satisfied             # within half a milligram
xgeva     | 119.4 mg  |       |          |             |         | warning due
xgeva     | 120.5 mg  |       |          |             |         | satisfied
xgeva     | 120.6 mg  |       |          |             |         | warning due
xgeva     | 120000 ug |       |          |             |         | satisfied
xgeva     | 120 g     |       |          |             |         | needs-data dose       # unit not in its table
xgeva     | 60 mg     |       |          |             |         | warning due  # the brand decides, the dose is wrong
xgeva     | 240 mg    |       |          |             |         | warning due
xgeva     |           |       |          |             |         | satisfied             # no dose stated
xgeva     | 120 IU    |       |          |             |         | needs-data dose       # a unit that is not a mass
wyost     | 60 mg     |       |          |             |         | warning due
denosumab | 120 mg    | 28 d  |          |             |         | satisfied
denosumab | 60 mg     |       |          |             |         | not-applicable        # the osteoporosis product
denosumab |           |       |          |             |         | not-applicable        # cannot be told
prolia    | 120 mg    |       |          |             |         | not-applicable
xgeva     | 120 mg    | 28 d  | route_iv |             |         | warning route
xgeva     | 120 mg    | 28 d  | route_im |             |         | warning route
xgeva     | 120 mg    | 21 d  |          |             |         | satisfied
xgeva     | 120 mg    | 20 d  |          |             |         | warning interval
xgeva     | 120 mg    | 3 wk  |          |             |         | satisfied
xgeva     | 120 mg    | 1 mo  |          |             |         | satisfied
xgeva     | 120 mg    | 2 wk  |          |             |         | warning interval
xgeva     | 120 mg    | 28 d  |          | 21          |         | satisfied
xgeva     | 120 mg    | 28 d  |          | 20          |         | warning too_soon
xgeva     | 120 mg    | 28 d  |          | 10          | -11     | satisfied  # planned 21 days after the last
xgeva     | 120 mg    | 28 d  |          | 10          | -10     | warning too_soon
xgeva     | 120 mg    | 28 d  |          | 10 not-done |         | satisfied
xgeva     | 120 mg    | 28 d  |          | 25 order    | -5      | satisfied             # an order is no dose
xgeva     | 120 mg    | 28 d  |          | ?           |         | needs-data last_dose
xgeva     | 60 mg     | 10 d  | route_iv | 5           |         | warning due           # one card, the dose first
"""


def denosumab(row: dict[str, str], patient: Bedside | None = None) -> Bedside:
    """The order of the row, with what was given before."""
    patient = patient or Bedside()
    day, _, how = row["last dose"].partition(" ")
    if day == "?":
        patient.without("medicationAdministrations")
    elif how == "order":
        patient.ordered("xgeva", ago(day))
    elif day:
        patient.given("xgeva", ago(day), "120 mg", status=how or "completed")
    extra: dict[str, Any] = {k: row[k] for k in ("every", "route") if row[k]}
    extra |= {"starts": ago(row["planned"])} if row["planned"] else {}
    dose = row["dose"] if not row["dose"].endswith("IU") else None
    patient.drafts_order(row["order"], dose, **extra)
    if row["dose"].endswith("IU"):
        units = {"value": 120, "unit": "IU", "system": "http://unitsofmeasure.org", "code": "[iU]"}
        patient.drafts[-1]["dosageInstruction"] = [{"doseAndRate": [{"doseQuantity": units}]}]
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(DOSES), ids=name)
def test_120_mg_under_the_skin_monthly(row: dict[str, str], edition: str) -> None:
    assert denosumab(row).outcome("DMAB-DOSE-01", edition) == row["outcome"]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("order", "changed"),
    [
        ({"dose": "60 mg"}, ("120 mg", None, None)),
        ({"dose": "120 mg", "route": "route_iv"}, (None, None, "route_sc")),
        ({"dose": "120 mg", "every": "14 d"}, (None, "28 d", None)),
    ],
)
def test_only_what_is_wrong_is_changed(order: dict[str, str], changed: tuple[str | None, ...], edition: str) -> None:
    patient = Bedside().drafts_order("xgeva", **order)
    (change,) = patient.asks("DMAB-DOSE-01", edition).verdict.proposals
    said = (change.dose and str(change.dose), change.interval and str(change.interval), change.route)
    assert said == changed


RENAL = """
dose     | clearance | DMAB-RENAL-01  | DMAB-DOSE-01
---------+-----------+----------------+-------------
60 mg    | 59.9      | info due       | warning due
60 mg    | 60.0      | satisfied      | warning due
60 mg    | 25        | info due       | warning due
60 mg    |           | satisfied      | warning due   # not known: the dose card speaks anyway
120 mg   | 25        | not-applicable | satisfied     # never a dose change
240 mg   | 25        | not-applicable | warning due
119.4 mg | 50        | info due       | warning due
119.5 mg | 50        | not-applicable | satisfied     # said inside the dose card only
         | 25        | not-applicable | satisfied
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(RENAL), ids=name)
def test_the_dose_is_not_reduced_for_the_kidney(row: dict[str, str], edition: str) -> None:
    patient = clearing(row["clearance"]).drafts_order("xgeva", row["dose"] or None)
    assert patient.outcome("DMAB-RENAL-01", edition) == row["DMAB-RENAL-01"]
    assert patient.outcome("DMAB-DOSE-01", edition) == row["DMAB-DOSE-01"]
    assert patient.asks("DMAB-RENAL-01", edition).verdict.said_by in (None, "DMAB-DOSE-01")


RHYTHM = """
tumour | every | 2026 and intermediate
-------+-------+-----------------------
lung   | 35 d  | satisfied
lung   | 36 d  | warning due
lung   | 5 wk  | satisfied
lung   | 1 mo  | satisfied
lung   | 2 mo  | warning due
lung   | 12 wk | warning due
lung   |       | not-applicable
other  | 12 wk | not-applicable          # lung cancer only
none   | 12 wk | not-applicable
?      | 12 wk | needs-data lung_cancer
?      | 28 d  | satisfied
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(RHYTHM), ids=name)
def test_denosumab_is_not_spaced_out(row: dict[str, str], edition: str) -> None:
    patient = Bedside().ill("bone_metastasis")
    if row["tumour"] == "?":
        patient.without("conditions")
    elif row["tumour"] != "none":
        patient.ill("lung_cancer" if row["tumour"] == "lung" else "breast_cancer")
    patient.drafts_order("xgeva", "120 mg", every=row["every"] or None)
    expected = "not-applicable" if edition == "aura-earlier" else row["2026 and intermediate"]
    assert patient.outcome("DMAB-SPACE-01", edition) == expected
    if expected == "warning due":
        (change,) = patient.asks("DMAB-SPACE-01", edition).verdict.proposals
        assert str(change.interval) == "28 d"


EXTENT = """
tumour | extent          | days | 2026 and intermediate
-------+-----------------+------+----------------------
lung   | oligometastatic | 120  | info due
lung   | oligometastatic | 121  | satisfied              # too old to be relied on
lung   | multimetastatic | 5    | satisfied
lung   |                 |      | satisfied              # not known is silent
lung   | ?               |      | satisfied
other  | oligometastatic | 5    | not-applicable
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(EXTENT), ids=name)
def test_few_metastases_name_quarterly_zoledronic_acid(row: dict[str, str], edition: str) -> None:
    patient = Bedside().ill("lung_cancer" if row["tumour"] == "lung" else "breast_cancer")
    if row["extent"] == "?":
        patient.without("observations")
    elif row["extent"]:
        patient.observed("disease_extent", f"{row['extent']} @ {ago(row['days'])}")
    expected = "not-applicable" if edition == "aura-earlier" else row["2026 and intermediate"]
    assert patient.drafts_order("xgeva", "120 mg").outcome("DMAB-OLIGO-01", edition) == expected


@pytest.mark.parametrize("edition", EDITIONS[:2])
@pytest.mark.parametrize(("clearance", "dose"), [("80", "4.0 mg"), ("42", "3.3 mg"), ("25", None), ("", None)])
def test_the_quarterly_alternative_has_the_dose_of_the_clearance(
    clearance: str, dose: str | None, edition: str
) -> None:
    patient = clearing(clearance).ill("lung_cancer").observed("disease_extent", f"oligometastatic @ {ago(5)}")
    proposals = patient.drafts_order("xgeva", "120 mg").asks("DMAB-OLIGO-01", edition).verdict.proposals
    offered = [(p.instead.item, str(p.instead.dose), str(p.instead.interval)) for p in proposals]
    assert offered == ([("zoledronic_acid", dose, "90 d")] if dose else [])


def test_no_quarterly_alternative_while_dialysis_is_not_known() -> None:
    patient = clearing("80").ill("lung_cancer").observed("disease_extent", f"oligometastatic @ {ago(5)}")
    finding = patient.without("procedures").drafts_order("xgeva", "120 mg").asks("DMAB-OLIGO-01")
    assert (finding.verdict.outcome.value, finding.verdict.proposals) == ("due", ())


PRODUCTS = """
order     | dose   | every | bone disease     | outcome
----------+--------+-------+------------------+---------------------------
prolia    |        |       | bone_metastasis  | warning due
prolia    | 60 mg  | 26 wk | bone_metastasis  | warning due
prolia    | 120 mg |       | bone_metastasis  | warning due                 # the brand decides
denosumab | 60 mg  |       | bone_metastasis  | warning due
denosumab | 60 mg  | 150 d | bone_metastasis  | warning due
prolia    |        |       | multiple_myeloma | warning due
denosumab |        |       | bone_metastasis  | needs-data product          # neither brand nor dose
denosumab | 90 mg  |       | bone_metastasis  | needs-data product          # a dose of neither product
denosumab |        | 26 wk | bone_metastasis  | needs-data product          # the interval does not tell
denosumab | 120 mg |       | bone_metastasis  | not-applicable
xgeva     |        |       | bone_metastasis  | not-applicable
prolia    | 60 mg  | 26 wk |                  | not-applicable              # osteoporosis: none of our business
denosumab | 60 mg  |       |                  | not-applicable
denosumab |        |       |                  | not-applicable
prolia    | 60 mg  |       | lung_cancer      | not-applicable              # a cancer without bone disease
prolia    | 60 mg  |       | ?                | needs-data bone_metastasis
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(PRODUCTS), ids=name)
def test_the_two_denosumabs_are_not_confused(row: dict[str, str], edition: str) -> None:
    patient = Bedside()
    if row["bone disease"] == "?":
        patient.without("conditions")
    elif row["bone disease"]:
        patient.ill(row["bone disease"])
    patient.drafts_order(row["order"], row["dose"] or None, every=row["every"] or None)
    assert patient.outcome("DMAB-PROD-01", edition) == row["outcome"]


@pytest.mark.parametrize("product", ["prolia", "aclasta"])
def test_an_osteoporosis_order_without_malignant_bone_disease_is_met_with_silence(product: str) -> None:
    dose = {"prolia": "60 mg", "aclasta": "5 mg"}[product]
    patient = (
        Bedside().ill("osteoporosis").drafts_order(product, dose, every="1 a" if product == "aclasta" else "26 wk")
    )
    assert patient.findings().speaking == ()
