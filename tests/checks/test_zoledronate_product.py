"""ZOL-PROD-01 and the scope of ZOL-CI-01: which product is meant (P7), and in whom."""

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import clearing, said

PRODUCTS = {"aclasta": "aclasta", "zometa": "zometa", "zoledronic": "zoledronic acid"}
PRODUCT = """
product    | dose | every | disease  | outcome            | ZOL-CI-01
-----------+------+-------+----------+--------------------+----------------
aclasta    | 5 mg | 1 a   | bone     | warning due        | critical due
aclasta    | 5 mg | 1 a   | myeloma  | warning due        | critical due
aclasta    |      |       | bone     | warning due        | critical due     # the brand alone tells
aclasta    | 4 mg | 28 d  | bone     | warning due        | critical due     # brand before dose
zoledronic | 5 mg |       | bone     | warning due        | critical due
zoledronic | 5 mg | 28 d  | bone     | warning due        | critical due     # dose before interval
zoledronic |      | 300 d | bone     | warning due        | critical due
zoledronic | 4 mg | 300 d | bone     | warning due        | critical due
zoledronic | 4 mg | 299 d | bone     | not-applicable     | critical due     # the oncology product
zoledronic | 4 mg |       | bone     | not-applicable     | critical due
zoledronic | 3 mg | 28 d  | bone     | not-applicable     | critical due
zoledronic |      | 299 d | bone     | needs-data product | critical due
zoledronic |      |       | bone     | needs-data product | critical due
zoledronic | 4 mL |       | bone     | needs-data product | critical due
zometa     | 5 mg | 1 a   | bone     | not-applicable     | critical due     # Zometa stays Zometa
aclasta    | 5 mg | 1 a   | none     | not-applicable     | not-applicable   # out of scope
aclasta    |      |       | none     | not-applicable     | not-applicable
zoledronic | 5 mg |       | none     | not-applicable     | not-applicable
zoledronic |      |       | none     | not-applicable     | not-applicable
zoledronic | 4 mg |       | none     | not-applicable     | critical due     # often uncoded
zometa     | 4 mg |       | none     | not-applicable     | critical due
aclasta    | 5 mg |       | resolved | not-applicable     | not-applicable
aclasta    | 5 mg |       | refuted  | not-applicable     | not-applicable
aclasta    | 5 mg |       | ?        | needs-data bone    | needs-data bone
zoledronic |      |       | ?        | needs-data bone    | needs-data bone
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(PRODUCT), ids=name)
def test_the_osteoporosis_product_is_no_oncology_product(row: dict[str, str], edition: str) -> None:
    patient = with_bone_disease(clearing("25"), row["disease"])
    patient.drafts_order(PRODUCTS[row["product"]], row["dose"] or None, every=row["every"] or None)
    assert said(patient, "ZOL-PROD-01", edition) == row["outcome"]
    assert said(patient, "ZOL-CI-01", edition) == row["ZOL-CI-01"]


@pytest.mark.parametrize(("sent", "offered"), [(True, ["4.0 mg"]), (False, [])])
def test_the_oncology_dose_is_offered_only_where_dialysis_is_excluded(sent: bool, offered: list[str]) -> None:
    patient = with_bone_disease(clearing("80"), "bone")
    patient = patient if sent else patient.without("procedures")
    finding = patient.drafts_order("aclasta", "5 mg", every="1 a").asks("ZOL-PROD-01")
    assert finding.verdict.outcome.value == "due"
    assert [str(proposal.instead.dose) for proposal in finding.verdict.proposals] == offered


def with_bone_disease(patient: Bedside, disease: str) -> Bedside:
    """``none``, ``?`` (not sent), ``resolved``, ``refuted`` or the concept of the disease."""
    if disease == "?":
        return patient.without("conditions")
    if disease == "resolved":
        return patient.ill("bone_metastasis", status="resolved")
    if disease == "refuted":
        return patient.ill("bone_metastasis", verificationStatus={"coding": [{"code": "refuted"}]})
    concept: str | None = {"none": None, "myeloma": "multiple_myeloma", "bone": "bone_metastasis"}[disease]
    return patient.ill(concept) if concept else patient


@pytest.mark.parametrize(("product", "dose"), [("aclasta", "5 mg"), ("zoledronic acid", None)])
def test_nothing_is_said_about_the_dose_of_another_product(product: str, dose: str | None) -> None:
    patient = (
        clearing("55").ill("bone_metastasis").drafts_order(product, dose, every="14 d" if dose else None, over="5 min")
    )
    for rule in ("ZOL-DOSE-01", "ZOL-8MG-01", "ZOL-INFUS-01", "ZOL-FREQ-01", "ZOL-SPACE-01", "ZOL-PARA-01"):
        assert said(patient, rule) == "not-applicable", rule
