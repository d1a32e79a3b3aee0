"""Which product is meant (P7): brand first, then presentation, then dose, then interval; never the ATC code alone."""

from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.conventions import default_conventions
from fhir_mappers.record.products import Presentation, Product, Use, classify
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows

ATC = {"M05BA08", "M05BX04", "M05BA03", "M05BA06", "M05BA02", "M05BA04", "M05BA07"}

ANTIRESORPTIVES = """
drug                        | dose      | every | use          | substance
----------------------------+-----------+-------+--------------+----------------
Zometa                      |           |       | oncology     | zoledronic_acid
Zometa 4 mg/100 mL          | 4 mg      | 28 d  | oncology     | zoledronic_acid
Zometa                      | 5 mg      | 1 a   | oncology     | zoledronic_acid  # the brand decides
ZOMETA                      |           |       | oncology     | zoledronic_acid
Aclasta                     |           |       | osteoporosis | zoledronic_acid
Aclasta 5 mg/100 mL         | 4 mg      | 28 d  | osteoporosis | zoledronic_acid
Reclast                     |           |       | osteoporosis | zoledronic_acid
M05BA08                     |           |       | unidentified | zoledronic_acid  # the ATC code serves both
M05BA08                     | 4 mg      |       | oncology     | zoledronic_acid
M05BA08                     | 3 mg      | 28 d  | oncology     | zoledronic_acid
M05BA08                     | 8 mg      |       | oncology     | zoledronic_acid
M05BA08                     | 5 mg      |       | osteoporosis | zoledronic_acid
M05BA08                     | 0.005 g   |       | osteoporosis | zoledronic_acid
M05BA08                     | 5.05 mg   |       | osteoporosis | zoledronic_acid
M05BA08                     | 5.06 mg   |       | oncology     | zoledronic_acid  # a stated dose other than 5 mg
M05BA08                     | 4.95 mg   |       | osteoporosis | zoledronic_acid
M05BA08                     | 4.94 mg   |       | oncology     | zoledronic_acid
M05BA08                     |           | 300 d | osteoporosis | zoledronic_acid
M05BA08                     |           | 299 d | unidentified | zoledronic_acid
M05BA08                     | 4 mg      | 300 d | osteoporosis | zoledronic_acid
M05BA08                     | 4 mg      | 299 d | oncology     | zoledronic_acid
M05BA08                     | 4 mL      |       | unidentified | zoledronic_acid  # a volume tells nothing
Zoledronic acid 4 mg/5 mL   |           |       | oncology     | zoledronic_acid  # the presentation
Zoledronic acid 4 mg/5 mL   | 5 mg      |       | oncology     | zoledronic_acid  # whatever the dose typed
Zoledronic acid 5 mg/100 mL | 4 mg      |       | osteoporosis | zoledronic_acid
Zoledronic acid 0.8 mg/mL   |           |       | unidentified | zoledronic_acid  # a concentration
Zometa or Aclasta           |           |       | unidentified | zoledronic_acid  # two brands
Xgeva                       |           |       | oncology     | denosumab
Xgeva                       | 60 mg     |       | oncology     | denosumab
Prolia                      | 120 mg    |       | osteoporosis | denosumab
Wyost                       |           |       | oncology     | denosumab
Jubbonti                    |           |       | osteoporosis | denosumab
M05BX04                     |           |       | unidentified | denosumab
M05BX04                     | 120 mg    |       | oncology     | denosumab
M05BX04                     | 120000 ug |       | oncology     | denosumab
M05BX04                     | 60 mg     |       | osteoporosis | denosumab
M05BX04                     | 90 mg     |       | unidentified | denosumab
M05BX04                     |           | 183 d | unidentified | denosumab
Denosumab 120 mg            |           |       | oncology     | denosumab
Denosumab 60 mg/mL          |           |       | unidentified | denosumab        # a concentration
Denosumab 70 mg/mL          | 120 mg    |       | oncology     | denosumab
M05BA03                     | 90 mg     |       | oncology     | pamidronate
M05BA02                     |           |       | oncology     | clodronate
M05BA06                     |           |       | unidentified | ibandronate
Bondronat                   |           |       | oncology     | ibandronate
Bonviva                     |           |       | osteoporosis | ibandronate
M05BA04                     | 70 mg     | 7 d   | osteoporosis | alendronate
M05BA07                     |           |       | osteoporosis | risedronate
"""


@pytest.mark.parametrize("row", rows(ANTIRESORPTIVES), ids=name)
def test_the_product_meant_by_an_order(row: dict[str, str]) -> None:
    product = drafted(row["drug"], row["dose"], row["every"])
    assert product is not None
    assert (product.substance, product.use.value) == (row["substance"], row["use"])


def drafted(drug: str, dose: str = "", every: str = "", **more: Any) -> Product | None:
    """The product of a draft naming a drug in words or by its ATC code."""
    coded = {"coding": [{"system": "http://www.whocc.no/atc", "code": drug}]} if drug in ATC else {"text": drug}
    more["medicationCodeableConcept"] = coded
    patient = Bedside().drafts_order("zometa", dose or None, every=every or None, **more)
    return patient.record().drafts[0].product


@pytest.mark.parametrize("drug", ["Paracetamol", "Cisplatin", "Pembrolizumab", "M05BA", "Zometabol"])
def test_any_other_drug_is_no_antiresorptive(drug: str) -> None:
    assert drafted(drug, "4 mg") is None


ROUTES = """
drug    | route      | intravenous
--------+------------+------------
M05BA08 |            | yes
Aclasta |            | yes
M05BA03 |            | yes          # pamidronate is never oral
M05BA06 |            | no
M05BA06 | route_iv   | yes
M05BA06 | route_oral | no
M05BA04 |            | no
Xgeva   | route_sc   | no
"""


@pytest.mark.parametrize("row", rows(ROUTES), ids=name)
def test_what_is_given_into_a_vein(row: dict[str, str]) -> None:
    product = drafted(row["drug"], route=row["route"] or None)
    assert product is not None
    assert product.intravenous is (row["intravenous"] == "yes")
    assert product.is_bisphosphonate is (product.substance != "denosumab")


def test_a_dose_given_has_the_product_of_its_order() -> None:
    patient = Bedside().ordered("zometa", "2026-05-01", id="m1")
    patient.given("zoledronic acid", "2026-05-20", request={"reference": "MedicationRequest/m1"})
    patient.given("zoledronic acid", "2026-05-21")
    assert [d.product.use for d in patient.record().doses if d.product] == [Use.ONCOLOGY, Use.UNIDENTIFIED]


def test_the_brand_among_the_codes_counts_too() -> None:
    both = Presentation(("zoledronic_acid", "zoledronic_acid_5mg"), dose=Decimal(4))
    product = classify(both, default_conventions().products)
    assert product == Product("zoledronic_acid", Use.OSTEOPOROSIS, intravenous=True)
